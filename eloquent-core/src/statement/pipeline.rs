//! Pipelines: what a database of documents is asked for in its own language.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::ColumnRef;
use crate::Name;

/// The stages of a pipeline, in the form of one driver. Only that driver can look into them.
///
/// The crate of a driver makes them of its own types, and its session takes them out again:
///
/// ```
/// use eloquent_core::statement::Stages;
///
/// let stages = Stages::new("memory", vec!["match", "sort"], true);
/// assert_eq!(stages.get::<Vec<&str>>().map(Vec::len), Some(2));
/// assert_eq!(stages.get::<String>(), None);
/// ```
#[derive(Clone)]
pub struct Stages {
    driver: &'static str,
    stages: Arc<dyn Any + Send + Sync>,
    only_read: bool,
}

impl Stages {
    /// Stages for the driver of this name. `only_read` says that no stage writes anything.
    pub fn new<T: Any + Send + Sync>(driver: &'static str, stages: T, only_read: bool) -> Self {
        Stages { driver, stages: Arc::new(stages), only_read }
    }

    /// The driver that they are for.
    pub fn driver(&self) -> &'static str {
        self.driver
    }

    /// Whether no stage writes anything.
    pub fn only_read(&self) -> bool {
        self.only_read
    }

    /// The stages, for the driver that made them.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.stages.downcast_ref()
    }
}

/// The stages hold values, and are left out.
impl fmt::Debug for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stages").field("driver", &self.driver).finish_non_exhaustive()
    }
}

/// The same stages, not equal ones: only their driver could compare those.
impl PartialEq for Stages {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.stages, &other.stages)
    }
}

/// Runs the documents of a collection through stages.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// The collection.
    pub table: Name,
    /// What is done with its documents.
    pub stages: Stages,
    /// What is read of each document that comes out, in order, with the types that are expected.
    pub columns: Vec<ColumnRef>,
}
