//! Running statements: on a session of the pool, or on that of the transaction in scope.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eloquent_core::driver::{Affected, Capabilities, Concerns, Fetched, Now};
use eloquent_core::row::{Discard, RowSink};
use eloquent_core::schema::{SchemaChange, TableInfo, TableSummary};
use eloquent_core::statement::Statement;
use eloquent_core::{Error, ErrorKind, Result};
use tracing::level_filters::LevelFilter;
use tracing::{Instrument as _, Span};

use super::pool::{Lease, Pool, within};
use super::pretence::Pretence;
use super::scope;
use super::target::Connection;
use super::transaction::{Entered, Tx};
use super::{pretence, turn};
use crate::model::ModelDef;

/// Where statements of one query run.
#[derive(Debug, Clone)]
pub(crate) enum Executor {
    /// A connection; with that of the transaction in scope, when it is another one and nobody has said
    /// that this is meant.
    Connection(Connection, Option<Arc<Pool>>),
    Transaction(Tx),
    /// A connection whose writes are noted down and not sent.
    Pretence(Connection, Arc<Pretence>),
}

/// A session on loan, from the pool or from a transaction.
pub(crate) enum Lent {
    Pool(Lease),
    Transaction(Entered),
}

impl Lent {
    /// The pool that the session is of: that of a replica, it may be.
    fn pool<'l>(&'l self, connection: &'l Connection) -> &'l Pool {
        match self {
            Lent::Pool(lease) => lease.pool(),
            Lent::Transaction(_) => connection.pool(),
        }
    }

    pub(super) fn lease(&mut self) -> Result<&mut Lease> {
        match self {
            Lent::Pool(lease) => Ok(lease),
            Lent::Transaction(entered) => entered.lease(),
        }
    }

    fn note(&mut self, error: &Error) {
        if let Lent::Transaction(entered) = self {
            entered.note(error);
        }
    }
}

/// A write that is not part of the transaction around it most likely should be.
pub(super) fn refuse_outside(connection: &Connection, inside: Option<&Pool>) -> Result<()> {
    let Some(inside) = inside else { return Ok(()) };
    let (here, there) = (connection.name(), inside.name());
    if scope::is_seeding() {
        let message = format!("`{there}` is being seeded, and this writes to `{here}`");
        let hint = format!("seed `{here}`, or say that it is meant with `.on(\"{here}\")`");
        return Err(connection.pool().locate(Error::invalid(message)).with_hint(hint));
    }
    let message = format!(
        "a write to `{here}` inside a transaction of `{there}` would not be part of it, and would stay if \
         that is rolled back"
    );
    Err(connection.pool().locate(Error::invalid(message)).with_hint(format!(
        "say so with `.on(\"{here}\")`, run it in a transaction of `{here}`, or write after the \
         transaction, for example with `Db::after_commit`"
    )))
}

/// What came of a synchronous attempt.
pub(crate) enum Tried {
    Done(Result<Affected>),
    /// The asynchronous way is to be taken: with this session, or with one that is still to be had.
    Later(Option<Lent>),
}

impl Executor {
    pub(crate) fn connection(&self) -> &Connection {
        match self {
            Executor::Connection(connection, _) | Executor::Pretence(connection, _) => connection,
            Executor::Transaction(tx) => tx.connection(),
        }
    }

    /// What the database can do.
    pub(crate) async fn capabilities(&self) -> Result<Capabilities> {
        self.connection().pool().capabilities().await
    }

    pub(super) async fn lend(&self, is_read: bool) -> Result<Lent> {
        match self {
            Executor::Connection(connection, inside) => {
                if is_read && !connection.reads_from_writer() {
                    if let Some(mut lease) = connection.pool().replicas().acquire().await {
                        lease.set_concerns(connection.concerns())?;
                        return Ok(Lent::Pool(lease));
                    }
                } else if !is_read {
                    refuse_outside(connection, inside.as_deref())?;
                    connection.pool().replicas().note_write();
                }
                let mut lease = connection.pool().acquire().await?;
                lease.set_concerns(connection.concerns())?;
                Ok(Lent::Pool(lease))
            }
            Executor::Transaction(tx) => Ok(Lent::Transaction(tx.enter(is_read).await?)),
            Executor::Pretence(connection, _) => Err(connection.pool().locate(pretence::refused())),
        }
    }

    /// A session, if there is one that nothing has to be done for.
    fn lend_now(&self, is_read: bool) -> Option<Lent> {
        match self {
            Executor::Connection(connection, None)
                if connection.pool().replicas().is_empty()
                    && *connection.concerns() == Concerns::new() =>
            {
                connection.pool().try_acquire().map(Lent::Pool)
            }
            Executor::Connection(..) | Executor::Pretence(..) => None,
            Executor::Transaction(tx) => tx.try_enter(is_read).map(Lent::Transaction),
        }
    }

    /// Runs a statement and gives the sink back with its rows.
    // The asynchronous way is in a box of its own, so that the future of the other stays small.
    pub(crate) async fn fetch<S: RowSink + 'static>(
        &self,
        statement: &Statement,
        mut sink: S,
    ) -> Result<(Affected, S)> {
        match self.now(statement, &mut sink) {
            Tried::Done(outcome) => Ok((outcome?, sink)),
            Tried::Later(lent) => Box::pin(self.fetch_later(statement, sink, lent)).await,
        }
    }

    pub(crate) async fn fetch_later<S: RowSink + 'static>(
        &self,
        statement: &Statement,
        mut sink: S,
        lent: Option<Lent>,
    ) -> Result<(Affected, S)> {
        let mut lent = match lent {
            Some(lent) => lent,
            None => match self.again(statement, &mut sink).await? {
                Tried::Later(Some(lent)) => lent,
                Tried::Done(outcome) => return Ok((outcome?, sink)),
                Tried::Later(None) => return Err(no_session()),
            },
        };
        let fetched = self.boxed(&mut lent, statement, Box::new(sink), Instant::now()).await?;
        match fetched.sink.into_any().downcast::<S>() {
            Ok(sink) => Ok((fetched.affected, *sink)),
            Err(_) => Err(Error::new(ErrorKind::Database, "the driver gave another sink back")),
        }
    }

    /// Whether a statement that failed in this way is to be run once more: a read outside of a
    /// transaction, whose session turned out to be dead. Whether a write has happened nobody knows.
    pub(crate) fn runs_again(&self, statement: &Statement, error: &Error) -> bool {
        let again = error.kind() == ErrorKind::ConnectionLost
            && matches!(self, Executor::Connection(..))
            && statement.is_repeatable();
        if again {
            tracing::warn!(
                target: "eloquent",
                connection = error.connection(),
                driver = error.driver(),
                "a session was lost; its read is run again on another one"
            );
        }
        again
    }

    /// Runs a statement whose rows nobody wants.
    pub(crate) async fn execute(&self, statement: &Statement) -> Result<Affected> {
        match self.now(statement, &mut Discard) {
            Tried::Done(outcome) => outcome,
            Tried::Later(lent) => Box::pin(self.execute_later(statement, lent)).await,
        }
    }

    pub(crate) async fn execute_later(
        &self,
        statement: &Statement,
        lent: Option<Lent>,
    ) -> Result<Affected> {
        if let Executor::Pretence(_, pretence) = self {
            return pretence.note_statement(statement).await;
        }
        let mut lent = match lent {
            Some(lent) => lent,
            None => match self.again(statement, &mut Discard).await? {
                Tried::Later(Some(lent)) => lent,
                Tried::Done(outcome) => return outcome,
                Tried::Later(None) => return Err(no_session()),
            },
        };
        let started = Instant::now();
        let lease = lent.lease()?;
        let step = lease.start()?.execute(statement);
        let outcome = self.bounded(statement, step).await;
        let outcome = lease.finish(outcome);
        self.report(&mut lent, statement, started.elapsed(), &outcome, |affected| affected.rows);
        outcome
    }

    /// The synchronous attempt, if it is this thread's turn and a session is at hand.
    pub(crate) fn now(&self, statement: &Statement, sink: &mut dyn RowSink) -> Tried {
        if turn::is_over() {
            return Tried::Later(None);
        }
        match self.lend_now(statement.is_read()) {
            Some(lent) => self.attempt(lent, statement, sink),
            None => Tried::Later(None),
        }
    }

    /// The same, after waiting for both.
    async fn again(&self, statement: &Statement, sink: &mut dyn RowSink) -> Result<Tried> {
        // in a box, so that the future of those who need not wait stays small
        let wait = Box::pin(async {
            turn::take().await;
            self.lend(statement.is_read()).await
        });
        let lent = wait.await?;
        Ok(self.attempt(lent, statement, sink))
    }

    /// Runs a statement whose sink hands rows on while it runs.
    pub(crate) async fn stream(
        &self,
        statement: &Statement,
        sink: Box<dyn RowSink>,
    ) -> Result<Fetched> {
        let mut lent = self.lend(statement.is_read()).await?;
        self.boxed(&mut lent, statement, sink, Instant::now()).await
    }

    fn attempt(&self, mut lent: Lent, statement: &Statement, sink: &mut dyn RowSink) -> Tried {
        let started = Instant::now();
        let span = self.span(statement);
        let attempt = span
            .in_scope(|| lent.lease().and_then(|lease| lease.session()?.try_now(statement, sink)));
        let outcome = match attempt {
            Ok(Now::Later) => return Tried::Later(Some(lent)),
            Ok(Now::Done(affected)) => Ok(affected),
            Err(error) => Err(self.connection().pool().locate(error)),
        };
        let elapsed = started.elapsed();
        turn::spend(elapsed);
        self.report(&mut lent, statement, elapsed, &outcome, |affected| affected.rows);
        Tried::Done(outcome)
    }

    async fn boxed(
        &self,
        lent: &mut Lent,
        statement: &Statement,
        sink: Box<dyn RowSink>,
        started: Instant,
    ) -> Result<Fetched> {
        let lease = lent.lease()?;
        let step = lease.start()?.fetch(statement, sink);
        let outcome = self.bounded(statement, step).await;
        let outcome = lease.finish(outcome);
        self.report(lent, statement, started.elapsed(), &outcome, |fetched| fetched.affected.rows);
        outcome
    }

    /// Awaits a statement within its bound, and in its span if somebody looks.
    async fn bounded<F: Future>(
        &self,
        statement: &Statement,
        step: F,
    ) -> Result<F::Output, Duration> {
        let bound = self.statement_timeout();
        match self.span(statement) {
            span if span.is_none() => within(bound, step).await,
            span => Box::pin(within(bound, step.instrument(span))).await,
        }
    }

    /// The span of a statement, for tracing. Where nobody looks there is none: the client libraries have
    /// `tracing` hand what it is told to the crate `log`, which makes even a disabled span dear.
    fn span(&self, statement: &Statement) -> Span {
        if LevelFilter::current() < LevelFilter::DEBUG {
            return Span::none();
        }
        let pool = self.connection().pool();
        tracing::debug_span!(
            target: "eloquent",
            "statement",
            connection = pool.name(),
            driver = pool.driver(),
            table = statement.table()
        )
    }

    fn statement_timeout(&self) -> Option<Duration> {
        self.connection().pool().options().statement_timeout
    }

    fn report<T>(
        &self,
        lent: &mut Lent,
        statement: &Statement,
        elapsed: Duration,
        outcome: &Result<T>,
        rows: impl FnOnce(&T) -> u64,
    ) {
        let connection = self.connection();
        let counted = outcome.as_ref().map(rows);
        if !statement.is_read() {
            // from its end on, too
            connection.pool().replicas().note_write();
            scope::wrote(connection.pool(), counted.as_ref().copied().unwrap_or_default());
        }
        let events = connection.db().events();
        if events.are_wanted(elapsed) {
            let pool = lent.pool(connection);
            let (name, driver) = (pool.name().to_owned(), pool.driver());
            let text = lent.lease().and_then(|lease| lease.session()?.render(statement));
            let text = text.unwrap_or_else(|error| format!("({})", error.message()));
            events.report((&name, driver), elapsed, counted, || text);
        }
        if let Err(error) = outcome {
            lent.note(error);
            if let Lent::Pool(lease) = lent {
                connection.pool().replicas().note_error(lease.pool(), error);
            }
        }
    }

    /// The text that would be sent.
    pub(crate) async fn render(&self, statement: &Statement) -> Result<String> {
        let mut lent = self.lend(true).await?;
        lent.lease()?
            .session()?
            .render(statement)
            .map_err(|error| self.connection().pool().locate(error))
    }

    /// How the database would run the statement.
    pub(crate) async fn explain(&self, statement: &Statement) -> Result<String> {
        let mut lent = self.lend(true).await?;
        let lease = lent.lease()?;
        let outcome = within(self.statement_timeout(), lease.start()?.explain(statement)).await;
        lease.finish(outcome)
    }

    /// See [`Session::ids_follow`](eloquent_core::driver::Session::ids_follow).
    pub(crate) async fn ids_follow(&self, table: &str) -> Result<bool> {
        let mut lent = self.lend(true).await?;
        let lease = lent.lease()?;
        let outcome = within(self.statement_timeout(), lease.start()?.ids_follow(table)).await;
        lease.finish(outcome)
    }

    /// Changes the schema.
    pub(crate) async fn alter(&self, change: &SchemaChange) -> Result<()> {
        if let Executor::Pretence(_, pretence) = self {
            return pretence.note_change(change).await;
        }
        let mut lent = self.lend(false).await?;
        let started = Instant::now();
        let lease = lent.lease()?;
        let outcome = within(None, lease.start()?.alter(change)).await;
        let outcome = lease.finish(outcome);
        let connection = self.connection();
        let pool = connection.pool();
        let counted = outcome.as_ref().map(|()| 0);
        let name = (pool.name(), pool.driver());
        connection.db().events().report(name, started.elapsed(), counted, || describe(change));
        outcome
    }

    /// What tables and views there are.
    pub(crate) async fn inspect_tables(&self) -> Result<Vec<TableSummary>> {
        if let Executor::Pretence(_, pretence) = self {
            return pretence.inspect_tables().await;
        }
        let mut lent = self.lend_writer().await?;
        let lease = lent.lease()?;
        let outcome = within(self.statement_timeout(), lease.start()?.inspect_tables()).await;
        lease.finish(outcome)
    }

    /// What a table or view looks like.
    pub(crate) async fn inspect_table(&self, name: &str) -> Result<Option<TableInfo>> {
        if let Executor::Pretence(_, pretence) = self {
            return pretence.inspect_table(name).await;
        }
        let mut lent = self.lend_writer().await?;
        let lease = lent.lease()?;
        let outcome = within(self.statement_timeout(), lease.start()?.inspect_table(name)).await;
        lease.finish(outcome)
    }

    /// A session that knows the schema as it is: a replica may be behind.
    async fn lend_writer(&self) -> Result<Lent> {
        Ok(match self {
            Executor::Connection(connection, _) | Executor::Pretence(connection, _) => {
                Lent::Pool(connection.pool().acquire().await?)
            }
            Executor::Transaction(tx) => Lent::Transaction(tx.enter(true).await?),
        })
    }
}

/// What the log says of a change to the schema: the change, not any database's spelling of it.
fn describe(change: &SchemaChange) -> String {
    let table = change.table();
    match change {
        SchemaChange::CreateTable(_) => format!("CREATE TABLE {table}"),
        SchemaChange::RenameTable { to, .. } => format!("RENAME TABLE {table} TO {to}"),
        SchemaChange::DropTable { .. } => format!("DROP TABLE {table}"),
        SchemaChange::CreateIndex(index) => format!("CREATE INDEX {} ON {table}", index.name),
        SchemaChange::DropIndex { name, .. } => format!("DROP INDEX {name}"),
        SchemaChange::CreateView(_) => format!("CREATE VIEW {table}"),
        SchemaChange::DropView { .. } => format!("DROP VIEW {table}"),
        _ => format!("ALTER TABLE {table}"),
    }
}

fn no_session() -> Error {
    Error::new(ErrorKind::ConnectionLost, "there is no session")
}

/// Adds the model and its table to errors.
pub(crate) trait Located {
    fn locate(self, definition: &'static ModelDef) -> Self;
}

impl<T> Located for Result<T> {
    fn locate(self, definition: &'static ModelDef) -> Self {
        self.map_err(|error| definition.locate(error))
    }
}
