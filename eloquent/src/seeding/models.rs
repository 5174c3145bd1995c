//! Lists of models.

use std::fmt;
use std::sync::Arc;

use crate::database::{Connection, check_family};
use crate::model::{Model, ModelDef};

/// A list of models.
///
/// ```
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64 }
/// # #[derive(Model, Debug)] struct Post { id: i64 }
/// use eloquent::seeding::Models;
///
/// let models = Models::new().add::<User>().add::<Post>();
/// assert_eq!(models.definitions().map(|model| model.name).collect::<Vec<_>>(), ["User", "Post"]);
/// ```
#[derive(Clone, Default)]
pub struct Models(Vec<&'static ModelDef>);

impl Models {
    /// None yet.
    pub fn new() -> Self {
        Models::default()
    }

    /// Adds one.
    #[must_use]
    pub fn add<M: Model>(self) -> Self {
        self.and(Models(vec![M::definition()]))
    }

    /// Adds those of another list.
    #[must_use]
    pub fn and(mut self, other: Models) -> Self {
        for model in other.0 {
            if !self.0.iter().any(|known| std::ptr::eq(*known, model)) {
                self.0.push(model);
            }
        }
        self
    }

    /// Those that can be on a connection: they are of its family, and pinned to no other.
    pub fn fitting(&self, connection: &Connection) -> impl Iterator<Item = &'static ModelDef> {
        self.definitions().filter(|model| misfit(model, connection).is_none())
    }

    /// What is known of each.
    pub fn definitions(&self) -> impl Iterator<Item = &'static ModelDef> {
        self.0.iter().copied()
    }
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|model| model.name)).finish()
    }
}

/// Why a model cannot be on a connection.
pub(super) fn misfit(model: &'static ModelDef, connection: &Connection) -> Option<String> {
    let pool = connection.pool();
    if let Err(error) = check_family(model, pool.family()) {
        return Some(format!("`{}`: {}", model.name, error.message()));
    }
    let pinned = model.connection?;
    let own = connection.db().pool(Some(pinned));
    match own.is_ok_and(|own| Arc::ptr_eq(&own, pool)) {
        true => None,
        false => Some(format!("`{}` is pinned to `{pinned}`", model.name)),
    }
}
