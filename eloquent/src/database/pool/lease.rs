//! Sessions on loan, and their way back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eloquent_core::driver::{Concerns, Session};
use eloquent_core::{Error, ErrorKind, Result};
use tokio::time::timeout;

use super::Pool;

/// A session on loan.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    pub(super) session: Option<Box<dyn Session>>,
    pub(super) born: Option<Instant>,
    /// Something was sent whose reply has not been seen.
    uncertain: bool,
    /// A transaction is open.
    open: bool,
    /// The session is not used again.
    closing: bool,
    /// What is asked of the members of a cluster is not as the connection says.
    has_concerns: bool,
}

impl Lease {
    /// Holds a permit, which comes back when the lease is dropped.
    pub(super) fn empty(pool: &Arc<Pool>) -> Self {
        Lease {
            pool: pool.clone(),
            session: None,
            born: None,
            uncertain: false,
            open: false,
            closing: false,
            has_concerns: false,
        }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) fn is_uncertain(&self) -> bool {
        self.uncertain
    }

    /// Notes whether a transaction is open.
    pub(crate) fn set_open(&mut self, open: bool) {
        self.open = open;
    }

    /// Has the session closed when it comes back.
    pub(crate) fn close_afterwards(&mut self) {
        self.closing = true;
    }

    /// Has the session ask this of the members of a cluster for as long as it is on loan.
    pub(crate) fn set_concerns(&mut self, concerns: &Concerns) -> Result<()> {
        if *concerns == Concerns::new() && !self.has_concerns {
            return Ok(());
        }
        self.has_concerns = true;
        let outcome = self.session()?.set_concerns(concerns);
        outcome.map_err(|error| self.pool.locate(error))
    }

    /// The session, for what cannot be cut off.
    pub(crate) fn session(&mut self) -> Result<&mut dyn Session> {
        match self.session.as_deref_mut() {
            Some(session) => Ok(session),
            None => Err(Error::new(ErrorKind::ConnectionLost, "the session has been given up")),
        }
    }

    /// The session, for a step that can be cut off: by its bound, or because the future is dropped.
    /// The session is uncertain until [`finish`](Self::finish).
    pub(crate) fn start(&mut self) -> Result<&mut dyn Session> {
        self.uncertain = true;
        self.session()
    }

    /// Ends what [`start`](Self::start) began, with the reply or the bound that it ran into. After the
    /// latter the session stays uncertain: it will be reset, which also stops what runs.
    pub(crate) fn finish<T>(&mut self, outcome: Result<Result<T>, Duration>) -> Result<T> {
        match outcome {
            Ok(outcome) => {
                self.uncertain = false;
                outcome.map_err(|error| {
                    if let ErrorKind::ConnectionLost | ErrorKind::CommitUnknown = error.kind() {
                        self.closing = true;
                        self.pool.doubt();
                    }
                    self.pool.locate(error)
                })
            }
            Err(bound) => Err(self.pool.late("the statement", bound)),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let permit = Permit(&*self.pool);
        let Some(mut session) = self.session.take() else {
            return;
        };
        if self.has_concerns && session.set_concerns(&Concerns::new()).is_err() {
            return; // nobody else is to have them
        }
        if self.closing {
            // closing it undoes what is open, and stops what runs
            drop(session);
            return;
        }
        if !self.uncertain && !self.open {
            self.pool.keep(session, self.born);
            return;
        }
        std::mem::forget(permit);
        let (pool, born) = (self.pool.clone(), self.born);
        let permit = Permit(pool.clone());
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if !session.is_broken() => {
                runtime.spawn(async move {
                    let reset = timeout(pool.options.reset_timeout, session.reset()).await;
                    if matches!(reset, Ok(Ok(()))) {
                        pool.keep(session, born);
                    }
                    drop(permit);
                });
            }
            // without a runtime nothing can be awaited: dropping the session closes it
            _ => drop(session),
        }
    }
}

/// A permit that comes back when it is dropped, also when the task that holds it never runs.
struct Permit<P: std::ops::Deref<Target = Pool>>(P);

impl<P: std::ops::Deref<Target = Pool>> Drop for Permit<P> {
    fn drop(&mut self) {
        self.0.permits.add_permits(1);
    }
}
