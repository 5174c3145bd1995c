//! Faults, and the steps at which they happen.

use std::time::Duration;

use eloquent_core::{Error, ErrorKind};

/// What a driver is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// To open a connection.
    Connect,
    /// To open a session.
    Open,
    /// To run a statement.
    Statement,
    /// To change the schema.
    Alter,
    /// To begin a transaction or set a savepoint.
    Begin,
    /// To commit.
    Commit,
    /// To roll back.
    Rollback,
    /// To wait until nothing is in flight.
    Settle,
    /// To become as new.
    Reset,
    /// For a sign of life.
    Ping,
    /// For a plan, or anything else that is asked about a statement or table.
    Explain,
    /// To close the connection.
    Close,
}

/// Something that goes wrong at a step.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    pub(super) step: Step,
    pub(super) effect: Effect,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Effect {
    Before(ErrorKind),
    After(ErrorKind),
    LostBefore,
    LostAfter,
    Late(Duration),
    Never,
    Panic,
}

impl Fault {
    /// Fails, and nothing has happened.
    pub fn before(step: Step, kind: ErrorKind) -> Self {
        Fault { step, effect: Effect::Before(kind) }
    }

    /// Fails, though it has happened.
    pub fn after(step: Step, kind: ErrorKind) -> Self {
        Fault { step, effect: Effect::After(kind) }
    }

    /// Loses the session before anything has happened.
    pub fn lost_before(step: Step) -> Self {
        Fault { step, effect: Effect::LostBefore }
    }

    /// Loses the session after it has happened: the reply is not seen.
    pub fn lost_after(step: Step) -> Self {
        Fault { step, effect: Effect::LostAfter }
    }

    /// Takes so long before anything happens.
    pub fn late(step: Step, delay: Duration) -> Self {
        Fault { step, effect: Effect::Late(delay) }
    }

    /// Is never answered, and nothing happens.
    pub fn never(step: Step) -> Self {
        Fault { step, effect: Effect::Never }
    }

    /// Panics on the calling task, before anything has happened.
    pub fn panic(step: Step) -> Self {
        Fault { step, effect: Effect::Panic }
    }

    /// The error of a step whose session is lost.
    pub(super) fn lost(self) -> Error {
        let kind = match (self.step, self.effect) {
            (Step::Commit, Effect::LostAfter) => ErrorKind::CommitUnknown,
            _ => ErrorKind::ConnectionLost,
        };
        Error::new(kind, "the wrapper lost the session")
    }
}
