//! What became of migrations.

use std::time::Duration;

use eloquent_core::value::{DateTime, Utc};
use eloquent_core::{Error, Result};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The change is made.
    Up,
    /// It is undone.
    Down,
}

/// A migration that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Done {
    /// Its name.
    pub name: String,
    /// Which way.
    pub direction: Direction,
    /// The batch that it belongs to.
    pub batch: i64,
    /// How many of its steps were done by an earlier run that stopped.
    pub resumed_behind: usize,
    /// How long it took.
    pub elapsed: Duration,
}

/// What a run did, also when it failed in between.
#[derive(Debug)]
#[must_use = "it may hold an error"]
pub struct Outcome {
    /// What was run, in that order.
    pub done: Vec<Done>,
    /// What ended it early.
    pub error: Option<Error>,
}

impl Outcome {
    pub(super) fn new(done: Vec<Done>, outcome: Result<()>) -> Self {
        Outcome { done, error: outcome.err() }
    }

    /// What was run, if all went well.
    ///
    /// # Errors
    /// What ended the run early.
    pub fn into_result(self) -> Result<Vec<Done>> {
        match self.error {
            None => Ok(self.done),
            Some(error) => Err(error),
        }
    }
}

/// What a migration would send.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pretended {
    /// Its name.
    pub name: String,
    /// Which way.
    pub direction: Direction,
    /// The texts, without bound values.
    pub statements: Vec<String>,
}

/// Where a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MigrationState {
    /// It has run.
    Applied,
    /// It has not run yet.
    Pending,
    /// It has not run, but one behind it has.
    Late,
    /// It has run, and its file has changed since.
    Changed,
    /// It has run, and is not known any more.
    Missing,
    /// It was stopped on its way up.
    Interrupted,
    /// It was stopped on its way down.
    Reverting,
}

impl MigrationState {
    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            MigrationState::Applied => "applied",
            MigrationState::Pending => "pending",
            MigrationState::Late => "late",
            MigrationState::Changed => "changed",
            MigrationState::Missing => "missing",
            MigrationState::Interrupted => "interrupted",
            MigrationState::Reverting => "reverting",
        }
    }
}

/// What is known of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationStatus {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: MigrationState,
    /// The batch in which it ran.
    pub batch: Option<i64>,
    /// When it ran, by the clock of the server.
    pub applied_at: Option<DateTime<Utc>>,
    /// How long that took.
    pub duration: Option<Duration>,
    /// Where it was stopped: "at step 3 of 5".
    pub place: Option<String>,
    /// What stopped it.
    pub problem: Option<String>,
    /// What somebody has settled about it, and why.
    pub note: Option<String>,
}
