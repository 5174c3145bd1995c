//! Variables, and where each comes from.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use eloquent_core::{Error, ErrorKind, Result};

/// Where a variable comes from. Printed as `the process`, `.env:3` or `the program`.
///
/// ```
/// use eloquent::Environment;
///
/// let environment: Environment = [("DB_CONNECTION", "sqlite")].into_iter().collect();
/// let origin = environment.origin("DB_CONNECTION").map(ToString::to_string);
/// assert_eq!(origin.as_deref(), Some("the program"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The environment of the process.
    Process,
    /// A line of a file.
    File {
        /// The file.
        path: Arc<Path>,
        /// The line, counted from 1.
        line: usize,
    },
    /// The program itself.
    Program,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Process => f.write_str("the process"),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Program => f.write_str("the program"),
        }
    }
}

#[derive(Clone)]
pub(super) struct Variable {
    pub(super) value: String,
    pub(super) origin: Origin,
    pub(super) fault: Option<Fault>,
}

/// Why a variable cannot be used. It matters only if it is.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    /// It is not text.
    NotText,
    /// A later line of the file has it too.
    Twice { other: usize },
}

impl Variable {
    /// The value, with where it comes from; `None` when it is empty.
    pub(super) fn read(&self, key: &str) -> Result<Option<(&str, &Origin)>> {
        let origin = &self.origin;
        match self.fault {
            Some(Fault::NotText) => Err(Error::new(
                ErrorKind::Config,
                format!("the variable `{key}` of {origin} is not UTF-8"),
            )),
            Some(Fault::Twice { other }) => Err(Error::new(
                ErrorKind::Config,
                format!("`{key}` stands twice: in {origin} and in line {other}"),
            )
            .with_hint("remove one of the two")),
            None if self.value.is_empty() => Ok(None),
            None => Ok(Some((&self.value, origin))),
        }
    }
}
