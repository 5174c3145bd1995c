//! What became of seeders.

use std::time::Duration;

use eloquent_core::{Error, Result};

/// A seeder that has run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seeded {
    /// Its name.
    pub name: String,
    /// How many rows it wrote: those that it left as they were do not count.
    pub rows: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether it was a transaction: not where the database has none.
    pub in_transaction: bool,
}

/// A seeder that was left out, since a model of it cannot be on the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: String,
}

/// What seeding did, also when it failed in between.
#[derive(Debug)]
#[must_use = "it may hold an error"]
pub struct SeedOutcome {
    /// The seeders that have run, in that order.
    pub done: Vec<Seeded>,
    /// Those that were left out.
    pub skipped: Vec<Skipped>,
    /// What ended it early.
    pub error: Option<Error>,
}

impl SeedOutcome {
    /// What has run, if all went well.
    ///
    /// # Errors
    /// What ended it early.
    pub fn into_result(self) -> Result<Vec<Seeded>> {
        match self.error {
            None => Ok(self.done),
            Some(error) => Err(error),
        }
    }
}
