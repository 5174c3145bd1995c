//! The migrations of a connection.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use eloquent_core::{Error, ErrorKind, Result};

use super::Migration;
use super::file::{self, FileMigration};

/// The migrations of a connection: types and files, in the order of their names.
///
/// ```no_run
/// # fn main() -> eloquent::Result<()> {
/// use eloquent::migration::Migrations;
///
/// let migrations = Migrations::new().directory("migrations/pg")?;
/// println!("{} migrations", migrations.len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Migrations {
    known: BTreeMap<String, Known>,
    /// Names that came twice.
    twice: Vec<String>,
}

/// One of them.
#[derive(Clone)]
pub(super) enum Known {
    Rust(Arc<dyn Migration>),
    File(Arc<FileMigration>),
}

impl Known {
    pub(super) fn migration(&self) -> &dyn Migration {
        match self {
            Known::Rust(migration) => migration.as_ref(),
            Known::File(migration) => migration.as_ref(),
        }
    }

    pub(super) fn checksum(&self) -> Option<&str> {
        match self {
            Known::Rust(_) => None,
            Known::File(file) => Some(&file.checksum),
        }
    }

    /// The file of a direction.
    pub(super) fn text(&self, down: bool) -> Option<&file::Text> {
        match self {
            Known::Rust(_) => None,
            Known::File(file) if down => file.down.as_ref(),
            Known::File(file) => Some(&file.up),
        }
    }
}

impl Migrations {
    /// None yet.
    pub fn new() -> Self {
        Migrations::default()
    }

    /// Adds one in Rust. Two of one name are an error when they are run.
    // what can be chained is easier to keep as a list
    #[allow(clippy::should_implement_trait)]
    #[must_use]
    pub fn add(mut self, migration: impl Migration) -> Self {
        self.insert(migration.name().to_owned(), Known::Rust(Arc::new(migration)));
        self
    }

    /// Adds those of a directory: `<stamp>_<name>.up.sql`, and `.down.sql` for those that can be undone.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a directory or file that cannot be read, names that are not of that form,
    /// and two with the same stamp.
    pub fn directory(mut self, path: impl AsRef<Path>) -> Result<Self> {
        for file in file::read(path.as_ref())? {
            self.insert(file.name().to_owned(), Known::File(Arc::new(file)));
        }
        Ok(self)
    }

    /// Adds those of another list.
    #[must_use]
    pub fn and(mut self, other: Migrations) -> Self {
        self.twice.extend(other.twice);
        for (name, known) in other.known {
            self.insert(name, known);
        }
        self
    }

    /// Checks a name for files of a directory: `<stamp>_<words>`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] with what is wrong.
    pub fn check_name(name: &str) -> Result<()> {
        file::check_name(name).map_err(|why| Error::invalid(format!("`{name}` {why}")))
    }

    fn insert(&mut self, name: String, known: Known) {
        if self.known.insert(name.clone(), known).is_some() {
            self.twice.push(name);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Their names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.known.get(name)
    }

    pub(super) fn check(&self) -> Result<()> {
        match self.twice.first() {
            Some(name) => {
                let message = format!("two migrations are called `{name}`");
                Err(Error::new(ErrorKind::Config, message))
            }
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Migrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
