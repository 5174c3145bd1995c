//! Transactions of the server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eloquent_core::driver::{Concerns, Isolation, TransactionOptions};
use eloquent_core::{Error, ErrorKind, Result};
use mongodb::error::{Error as ClientError, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::options::TransactionOptions as ClientOptions;
use mongodb::{Client, ClientSession};

use crate::concerns;
use crate::connection::Shared;
use crate::error::{DRIVER, code, error, is_conflict, of_commit, of_connect};

/// How long a transaction that has done nothing yet waits for another one to let go of a document. The
/// server itself does not let it wait.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// The server ended a command because of its time limit.
const MAX_TIME_EXPIRED: i32 = 50;

/// A transaction that is open.
pub(super) struct Open {
    pub(super) session: ClientSession,
    options: ClientOptions,
    read_only: bool,
    /// Whether a statement has been answered, so that it cannot be begun again unseen.
    used: bool,
    /// Whether a statement has failed: then the server has ended it.
    failed: bool,
}

impl Open {
    pub(super) async fn begin(
        shared: &Arc<Shared>,
        client: &Client,
        concerns: &Concerns,
        options: TransactionOptions,
    ) -> Result<Self> {
        if let Some(isolation @ (Isolation::ReadCommitted | Isolation::Serializable)) =
            options.isolation
        {
            let what = format!("the isolation {isolation:?}");
            return Err(Error::unsupported(&what, DRIVER).with_hint(
                "transactions of MongoDB see the data as of their start: RepeatableRead",
            ));
        }
        let mut asked = concerns::transaction(concerns)?;
        asked.max_commit_time = shared.statement_timeout;
        let session = client.start_session().await.map_err(|e| of_connect(&e))?;
        let read_only = options.read_only;
        let mut open = Open { session, options: asked, read_only, used: false, failed: false };
        open.start().await.map_err(|e| of_connect(&e))?;
        Ok(open)
    }

    async fn start(&mut self) -> mongodb::error::Result<()> {
        self.session.start_transaction().with_options(self.options.clone()).await
    }

    /// Refuses what cannot be done any more.
    ///
    /// # Errors
    /// When an earlier statement has failed, and for writes of a transaction that only reads.
    pub(super) fn ready(&self, is_write: bool) -> Result<()> {
        if self.failed {
            return Err(aborted());
        }
        if is_write && self.read_only {
            return Err(error(ErrorKind::ReadOnly, "the transaction only reads"));
        }
        Ok(())
    }

    /// After a statement was answered.
    pub(super) fn note(&mut self, is_success: bool) {
        self.used = true;
        self.failed |= !is_success;
    }

    /// After a statement failed: begins again, if it was the first one and only met another transaction.
    pub(super) async fn begins_again(
        &mut self,
        failed: &ClientError,
        patience: &mut Patience,
    ) -> bool {
        if self.used || !is_conflict(failed) || !patience.wait().await {
            return false;
        }
        // what the server has ended cannot be ended again
        let _ = self.session.abort_transaction().await;
        self.start().await.is_ok()
    }

    pub(super) async fn commit(mut self) -> Result<()> {
        if self.failed {
            self.abort().await;
            return Err(aborted());
        }
        let mut patience = Patience::new();
        loop {
            let Err(failed) = self.session.commit_transaction().await else { return Ok(()) };
            if !failed.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) {
                return Err(of_commit(&failed));
            }
            // to commit again is to ask what became of it; one that took too long would do so again
            if code(&failed) == Some(MAX_TIME_EXPIRED) || !patience.wait().await {
                return Err(error(
                    ErrorKind::CommitUnknown,
                    "the commit was sent, and its outcome is not known",
                ));
            }
        }
    }

    pub(super) async fn abort(mut self) {
        // the server ends by itself what it is not told to
        let _ = self.session.abort_transaction().await;
    }
}

fn aborted() -> Error {
    error(
        ErrorKind::TransactionAborted,
        "an earlier statement has failed, which ended the transaction",
    )
    .with_hint("roll back, and run all of it again")
}

pub(super) fn no_replica_set() -> Error {
    Error::unsupported("a transaction", DRIVER).with_hint(
        "a standalone server has none; make it a replica set of one: `mongod --replSet rs0`, then \
         `rs.initiate()`",
    )
}

/// How often and how long to try again.
pub(super) struct Patience {
    until: Instant,
    pause: Duration,
}

impl Patience {
    pub(super) fn new() -> Self {
        Patience { until: Instant::now() + LOCK_WAIT, pause: Duration::from_millis(1) }
    }

    /// Waits a little. Says whether there is time left.
    pub(super) async fn wait(&mut self) -> bool {
        if Instant::now() + self.pause > self.until {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(Duration::from_millis(50));
        true
    }
}
