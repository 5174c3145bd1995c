//! Sessions: one conversation with the server.
//!
//! The client library keeps what was asked in order, also when the future that waited for the answer is
//! gone: whoever speaks next sends what is left of it and passes over its answer. So a dropped future
//! leaves the conversation sound, and only the session does not know how it went on: that is what `settle`
//! and `reset` find out.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use eloquent_core::driver::{Affected, Fetched, TransactionOptions};
use eloquent_core::row::RowSink;
use eloquent_core::schema::{TableInfo, TableSummary};
use eloquent_core::sql::{Compiled, Dialect, SqlSession, StatementCache};
use eloquent_core::value::ValueRef;
use eloquent_core::{Error, ErrorKind, Result, async_trait};
use tokio::time::timeout;

use crate::connection::Shared;
use crate::dialect::PgDialect;
use crate::error::{ABORTED, NO_TRANSACTION, code, error, lost, translate};
use crate::inspect;
use crate::open::Opened;
use crate::prepared::Statements;

/// How long what is in flight may take to end by itself before it is cancelled.
const GRACE: Duration = Duration::from_millis(50);
/// The same in a transaction, which is void when something in it is cancelled. It leaves time for the
/// cancelling within the second that a pool gives a session to settle.
const GRACE_IN_TRANSACTION: Duration = Duration::from_millis(500);
/// So many statements may be left behind on the server by futures that were dropped while preparing.
const MOST_STRAYS: u32 = 16;
/// What a reset undoes. Statements stay prepared.
const AS_NEW: &str = "ROLLBACK; CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; \
                      SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";
/// Fails outside of a transaction, and in one in which a statement has failed.
const PROBE: &str = "SAVEPOINT eloquent_probe";
const PROBED: &str = "RELEASE SAVEPOINT eloquent_probe";

/// One conversation with a server.
#[derive(Debug)]
pub(crate) struct PgSession {
    pub(crate) shared: Arc<Shared>,
    pub(crate) opened: Opened,
    pub(crate) statements: Statements,
    /// Something was sent whose end has not been seen.
    pub(crate) in_flight: bool,
    /// A statement was being prepared when something was dropped.
    pub(crate) preparing: bool,
    /// So many inserts are not to be copies.
    pub(crate) shy: u32,
    strays: u32,
    transaction: Transaction,
}

/// What is known of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    None,
    Open,
    /// A statement has failed: the server refuses all further ones, and would take a commit for a
    /// rollback without a word.
    Failed,
}

impl PgSession {
    /// Opens a session.
    ///
    /// # Errors
    /// Those of [`Opener::open`](crate::open::Opener::open).
    pub(crate) async fn open(shared: Arc<Shared>) -> Result<Self> {
        let opened = shared.opener.open().await?;
        let statements = Statements::new(shared.opener.settings().statement_cache);
        Ok(PgSession {
            shared,
            opened,
            statements,
            in_flight: false,
            preparing: false,
            shy: 0,
            strays: 0,
            transaction: Transaction::None,
        })
    }

    pub(crate) fn is_in_transaction(&self) -> bool {
        self.transaction != Transaction::None
    }

    /// Sees the end of something that was sent.
    pub(crate) fn end<T>(
        &mut self,
        outcome: Result<T, tokio_postgres::Error>,
    ) -> Result<T, tokio_postgres::Error> {
        self.in_flight = false;
        self.preparing = false;
        if let Err(cause) = &outcome
            && self.transaction == Transaction::Open
            && cause.as_db_error().is_some()
        {
            self.transaction = Transaction::Failed;
        }
        outcome
    }

    /// Goes back to before what may have failed.
    pub(crate) async fn undo(&mut self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.send(sql).await?;
        if self.transaction == Transaction::Failed {
            self.transaction = Transaction::Open;
        }
        Ok(())
    }

    /// Sends text that binds and returns nothing.
    pub(crate) async fn send(&mut self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.in_flight = true;
        let Opened { client, line, .. } = &self.opened;
        let outcome = line.run(pin!(client.batch_execute(sql))).await;
        self.end(outcome)
    }

    /// Waits until nothing is in flight. What takes too long is cancelled.
    async fn quiet(&mut self, grace: Duration) -> Result<()> {
        if !self.in_flight {
            return Ok(());
        }
        if self.preparing {
            self.preparing = false;
            self.strays += 1;
            if self.strays > MOST_STRAYS {
                return Err(error(
                    ErrorKind::ConnectionLost,
                    "too many statements were cancelled while they were prepared",
                ));
            }
        }
        // answered behind everything that was sent before
        let Opened { client, line, address, .. } = &self.opened;
        let mut question = pin!(client.batch_execute(""));
        let outcome = match timeout(grace, line.run(question.as_mut())).await {
            Ok(outcome) => outcome,
            Err(_) => {
                self.shared.opener.cancel(client.cancel_token(), address).await;
                line.run(question).await
            }
        };
        if client.is_closed() {
            return Err(lost());
        }
        match outcome {
            // the cancelling may hit the question itself
            Err(cause) if cause.as_db_error().is_none() => Err(translate(&cause)),
            _ => {
                self.in_flight = false;
                Ok(())
            }
        }
    }

    fn failed(&self) -> Error {
        error(ErrorKind::TransactionAborted, "an earlier statement of the transaction has failed")
    }
}

#[async_trait]
impl SqlSession for PgSession {
    fn dialect(&self) -> &'static dyn Dialect {
        &PgDialect
    }

    fn statements(&self) -> &StatementCache {
        &self.shared.statements
    }

    async fn query_later(
        &mut self,
        statement: &Arc<Compiled>,
        binds: &[ValueRef<'_>],
        mut sink: Box<dyn RowSink>,
    ) -> Result<Fetched> {
        let affected = self.query(statement, binds, Some(&mut *sink)).await?;
        Ok(Fetched { affected, sink })
    }

    async fn run(&mut self, statement: &Arc<Compiled>, binds: &[ValueRef<'_>]) -> Result<Affected> {
        self.query(statement, binds, None).await
    }

    async fn batch(&mut self, sql: &str) -> Result<()> {
        self.send(sql).await.map_err(|cause| translate(&cause))
    }

    async fn inspect_tables(&mut self) -> Result<Vec<TableSummary>> {
        inspect::tables(self).await
    }

    async fn inspect_table(&mut self, name: &str) -> Result<Option<TableInfo>> {
        inspect::table(self, name).await
    }

    async fn begin(&mut self, depth: u32, options: TransactionOptions) -> Result<()> {
        match (depth, self.transaction) {
            (0, Transaction::None) => {}
            (0, _) => return Err(error(ErrorKind::InvalidInput, "a transaction is open already")),
            (_, Transaction::None) => {
                return Err(error(ErrorKind::InvalidInput, "no transaction is open"));
            }
            _ => {}
        }
        let sql = PgDialect.begin(depth, options)?;
        self.batch(&sql).await?;
        self.transaction = Transaction::Open;
        Ok(())
    }

    async fn commit(&mut self, depth: u32) -> Result<()> {
        match self.transaction {
            Transaction::None => {
                return Err(error(ErrorKind::InvalidInput, "no transaction is open"));
            }
            Transaction::Failed if depth == 0 => {
                SqlSession::rollback(self, 0).await?;
                return Err(self.failed());
            }
            Transaction::Failed => return Err(self.failed()),
            Transaction::Open => {}
        }
        let outcome = self.send(&PgDialect.commit(depth)).await;
        if depth > 0 {
            return outcome.map_err(|cause| translate(&cause));
        }
        // whatever the answer is, the transaction is over
        self.transaction = Transaction::None;
        outcome.map_err(|cause| {
            let is_answer = cause.as_db_error().is_some();
            match translate(&cause) {
                told if is_answer && told.kind() != ErrorKind::ConnectionLost => told,
                _ => error(
                    ErrorKind::CommitUnknown,
                    "the connection was lost during the commit, and whether it took effect is unknown",
                ),
            }
        })
    }

    async fn rollback(&mut self, depth: u32) -> Result<()> {
        if self.transaction == Transaction::None {
            return match depth {
                0 => Ok(()),
                _ => Err(error(ErrorKind::InvalidInput, "no transaction is open")),
            };
        }
        self.batch(&PgDialect.rollback(depth)).await?;
        self.transaction = if depth == 0 { Transaction::None } else { Transaction::Open };
        Ok(())
    }

    async fn settle(&mut self) -> Result<()> {
        if !self.in_flight {
            return Ok(());
        }
        self.quiet(GRACE_IN_TRANSACTION).await?;
        self.transaction = match self.send(PROBE).await {
            Ok(()) => {
                self.batch(PROBED).await?;
                Transaction::Open
            }
            Err(cause) => match code(&cause) {
                Some(NO_TRANSACTION) => Transaction::None,
                Some(ABORTED) => Transaction::Failed,
                _ => return Err(translate(&cause)),
            },
        };
        Ok(())
    }

    async fn reset(&mut self) -> Result<()> {
        self.quiet(GRACE).await?;
        self.transaction = Transaction::None;
        let as_new = if self.shared.opener.settings().prepare { AS_NEW } else { "ROLLBACK" };
        self.batch(as_new).await
    }

    async fn ping(&mut self) -> Result<()> {
        self.batch("").await
    }

    fn is_broken(&self) -> bool {
        self.opened.line.look();
        self.opened.client.is_closed()
    }

    async fn explain(
        &mut self,
        statement: &Arc<Compiled>,
        binds: &[ValueRef<'_>],
    ) -> Result<String> {
        self.plan(statement, binds.len()).await
    }
}

/// Dropping a session closes it. What is in flight is ended on the server as well, which would else go
/// on with it and hold its locks.
impl Drop for PgSession {
    fn drop(&mut self) {
        if !self.in_flight || self.opened.client.is_closed() {
            return;
        }
        self.opened.line.cut();
        let (shared, token) = (self.shared.clone(), self.opened.client.cancel_token());
        let address = self.opened.address.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { shared.opener.cancel(token, &address).await });
        }
    }
}
