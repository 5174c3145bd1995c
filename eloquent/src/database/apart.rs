//! A session beside those of the pool, and what migrations do with sessions.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eloquent_core::driver::{Affected, Object, Question, Session};
use eloquent_core::row::OwnedRow;
use eloquent_core::schema::{SchemaChange, TableInfo, TableSummary};
use eloquent_core::statement::{ScriptPart, Statement};
use eloquent_core::{Error, ErrorKind, Result};

use super::executor::Executor;
use super::pool::{Pool, within};
use super::target::Connection;

/// How long a question may take: it reads nothing that others lock.
const PATIENCE: Duration = Duration::from_secs(30);

/// A session that nobody else uses and that is closed when this is dropped, whatever happens.
pub(crate) struct Apart {
    pool: Arc<Pool>,
    session: Box<dyn Session>,
}

impl Apart {
    pub(crate) async fn open(connection: &Connection) -> Result<Apart> {
        let pool = connection.pool().clone();
        Ok(Apart { session: pool.session_beside(false).await?, pool })
    }

    /// The same to look only: nothing is made by it, not even a database that is not there.
    pub(crate) async fn open_to_look(connection: &Connection) -> Result<Apart> {
        let pool = connection.pool().clone();
        Ok(Apart { session: pool.session_beside(true).await?, pool })
    }

    pub(crate) async fn ask(&mut self, question: Question<'_>) -> Result<Vec<OwnedRow>> {
        let step = within(Some(PATIENCE), self.session.ask(question)).await;
        self.ended(step)
    }

    pub(crate) async fn execute(&mut self, statement: &Statement) -> Result<Affected> {
        let step = within(Some(PATIENCE), self.session.execute(statement)).await;
        self.ended(step)
    }

    pub(crate) fn split(&self, script: &str) -> Result<Vec<ScriptPart>> {
        self.session.split(script).map_err(|error| self.pool.locate(error))
    }

    pub(crate) fn render_change(&self, change: &SchemaChange) -> Result<Vec<String>> {
        self.session.render_change(change).map_err(|error| self.pool.locate(error))
    }

    pub(crate) fn render(&self, statement: &Statement) -> Result<String> {
        self.session.render(statement).map_err(|error| self.pool.locate(error))
    }

    pub(crate) async fn inspect_tables(&mut self) -> Result<Vec<TableSummary>> {
        let step = within(Some(PATIENCE), self.session.inspect_tables()).await;
        self.ended(step)
    }

    pub(crate) async fn inspect_table(&mut self, name: &str) -> Result<Option<TableInfo>> {
        let step = within(Some(PATIENCE), self.session.inspect_table(name)).await;
        self.ended(step)
    }

    pub(crate) fn drop_all(&self, objects: &[Object]) -> Result<Vec<String>> {
        self.session.drop_all(objects).map_err(|error| self.pool.locate(error))
    }

    fn ended<T>(&self, step: Result<Result<T>, Duration>) -> Result<T> {
        match step {
            Ok(outcome) => outcome.map_err(|error| self.pool.locate(error)),
            Err(bound) => {
                let message = format!("the server gave no answer within {bound:?}");
                Err(self.pool.locate(Error::new(ErrorKind::Timeout, message)))
            }
        }
    }
}

impl fmt::Debug for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Apart").field("connection", &self.pool.name()).finish_non_exhaustive()
    }
}

impl Executor {
    /// Runs one statement of a script as it stands, without a bound on its time.
    pub(crate) async fn run_text(&self, text: &str) -> Result<()> {
        if let Executor::Pretence(_, pretence) = self {
            pretence.note(text);
            return Ok(());
        }
        let mut lent = self.lend(false).await?;
        let started = Instant::now();
        let lease = lent.lease()?;
        let outcome = within(None, lease.start()?.run_text(text)).await;
        let outcome = lease.finish(outcome);
        let counted = outcome.as_ref().map(|()| 0);
        let connection = self.connection();
        let name = (connection.pool().name(), connection.pool().driver());
        connection.db().events().report(name, started.elapsed(), counted, || text.to_owned());
        outcome
    }

    /// Readies the session for migrations.
    pub(crate) async fn ready_to_migrate(&self, in_transaction: bool) -> Result<()> {
        let mut lent = self.lend(false).await?;
        let lease = lent.lease()?;
        let outcome = within(Some(PATIENCE), lease.start()?.ready_to_migrate(in_transaction)).await;
        lease.finish(outcome)
    }

    /// Asks the session of the transaction in scope.
    pub(crate) async fn ask(&self, question: Question<'_>) -> Result<Vec<OwnedRow>> {
        let mut lent = self.lend(false).await?;
        let lease = lent.lease()?;
        let outcome = within(Some(PATIENCE), lease.start()?.ask(question)).await;
        lease.finish(outcome)
    }
}
