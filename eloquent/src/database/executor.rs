//! Running statements: on a session of the pool, or on that of the transaction in scope.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eloquent_core::driver::{Affected, Capabilities, Fetched, Now};
use eloquent_core::row::{Discard, RowSink};
use eloquent_core::schema::SchemaChange;
use eloquent_core::statement::Statement;
use eloquent_core::{Error, ErrorKind, Result};
use tracing::{Instrument as _, Span};

use super::pool::{Lease, within};
use super::target::{Connection, Place, Target};
use super::transaction::{Entered, Tx};
use super::{Db, check_family, scope};
use crate::model::ModelDef;

/// Where statements of one query run.
#[derive(Debug, Clone)]
pub(crate) enum Executor {
    Connection(Connection),
    Transaction(Tx),
}

/// A session on loan, from the pool or from a transaction.
enum Lent {
    Pool(Lease),
    Transaction(Entered),
}

impl Lent {
    fn lease(&mut self) -> Result<&mut Lease> {
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

impl Executor {
    /// Finds where a query runs: `on(..)`, else the model's connection, else the default; the
    /// transaction in scope, if it is of that connection.
    pub(crate) fn resolve(
        target: Option<&Target>,
        definition: Option<&ModelDef>,
    ) -> Result<Executor> {
        let pinned = definition.and_then(|definition| definition.connection);
        let connection = match target.map(|target| &target.0) {
            Some(Place::Transaction(tx)) => {
                return Executor::Transaction(tx.clone()).checked(definition);
            }
            Some(Place::Connection(connection)) => connection.clone(),
            Some(Place::Db(db)) => Connection::new(db.clone(), db.pool(pinned)?),
            Some(Place::Name(name)) => Db::current()?.connection(name)?,
            None => {
                let db = Db::current()?;
                let pool = db.pool(pinned).map_err(|error| match definition {
                    Some(definition) => definition.locate(error),
                    None => error,
                })?;
                Connection::new(db, pool)
            }
        };
        match scope::transaction() {
            Some(tx) if Arc::ptr_eq(tx.connection().pool(), connection.pool()) => {
                Executor::Transaction(tx).checked(definition)
            }
            _ => Executor::Connection(connection).checked(definition),
        }
    }

    fn checked(self, definition: Option<&ModelDef>) -> Result<Self> {
        let pool = self.connection().pool();
        match definition.map_or(Ok(()), |definition| check_family(definition, pool.family())) {
            Ok(()) => Ok(self),
            Err(error) => Err(pool.locate(error)),
        }
    }

    pub(crate) fn connection(&self) -> &Connection {
        match self {
            Executor::Connection(connection) => connection,
            Executor::Transaction(tx) => tx.connection(),
        }
    }

    /// What the database can do.
    pub(crate) async fn capabilities(&self) -> Result<Capabilities> {
        self.connection().pool().capabilities().await
    }

    async fn lend(&self, is_read: bool) -> Result<Lent> {
        match self {
            Executor::Connection(connection) => Ok(Lent::Pool(connection.pool().acquire().await?)),
            Executor::Transaction(tx) => Ok(Lent::Transaction(tx.enter(is_read).await?)),
        }
    }

    /// Runs a statement and gives the sink back with its rows.
    pub(crate) async fn fetch<S: RowSink + 'static>(
        &self,
        statement: &Statement,
        mut sink: S,
    ) -> Result<(Affected, S)> {
        take_turn().await;
        let mut lent = self.lend(statement.is_read()).await?;
        let started = Instant::now();
        if let Some(outcome) = self.attempt(&mut lent, statement, &mut sink, started) {
            return Ok((outcome?, sink));
        }
        let fetched = self.boxed(&mut lent, statement, Box::new(sink), started).await?;
        match fetched.sink.into_any().downcast::<S>() {
            Ok(sink) => Ok((fetched.affected, *sink)),
            Err(_) => Err(Error::new(ErrorKind::Database, "the driver gave another sink back")),
        }
    }

    /// Runs a statement whose rows nobody wants.
    pub(crate) async fn execute(&self, statement: &Statement) -> Result<Affected> {
        take_turn().await;
        let mut lent = self.lend(statement.is_read()).await?;
        let started = Instant::now();
        if let Some(outcome) = self.attempt(&mut lent, statement, &mut Discard, started) {
            return outcome;
        }
        let lease = lent.lease()?;
        let bound = self.statement_timeout();
        let step = lease.start()?.execute(statement).instrument(self.span(statement));
        let outcome = within(bound, step).await;
        let outcome = lease.finish(outcome);
        self.report(&mut lent, statement, started, &outcome, |affected| affected.rows);
        outcome
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

    /// The synchronous attempt; `None` when the asynchronous way is to be taken.
    fn attempt(
        &self,
        lent: &mut Lent,
        statement: &Statement,
        sink: &mut dyn RowSink,
        started: Instant,
    ) -> Option<Result<Affected>> {
        let span = self.span(statement);
        let attempt = span
            .in_scope(|| lent.lease().and_then(|lease| lease.session()?.try_now(statement, sink)));
        let outcome = match attempt {
            Ok(Now::Later) => return None,
            Ok(Now::Done(affected)) => Ok(affected),
            Err(error) => Err(self.connection().pool().locate(error)),
        };
        spend_turn(started.elapsed());
        self.report(lent, statement, started, &outcome, |affected| affected.rows);
        Some(outcome)
    }

    async fn boxed(
        &self,
        lent: &mut Lent,
        statement: &Statement,
        sink: Box<dyn RowSink>,
        started: Instant,
    ) -> Result<Fetched> {
        let bound = self.statement_timeout();
        let lease = lent.lease()?;
        let step = lease.start()?.fetch(statement, sink).instrument(self.span(statement));
        let outcome = within(bound, step).await;
        let outcome = lease.finish(outcome);
        self.report(lent, statement, started, &outcome, |fetched| fetched.affected.rows);
        outcome
    }

    /// The span of a statement, for tracing; nearly free when nobody looks.
    fn span(&self, statement: &Statement) -> Span {
        let pool = self.connection().pool();
        let (connection, driver, table) = (pool.name(), pool.driver(), statement.table());
        tracing::debug_span!(target: "eloquent", "statement", connection, driver, table)
    }

    fn statement_timeout(&self) -> Option<Duration> {
        self.connection().pool().options().statement_timeout
    }

    fn report<T>(
        &self,
        lent: &mut Lent,
        statement: &Statement,
        started: Instant,
        outcome: &Result<T>,
        rows: impl FnOnce(&T) -> u64,
    ) {
        let connection = self.connection();
        let pool = connection.pool();
        let counted = outcome.as_ref().map(rows);
        connection.db().events().report((pool.name(), pool.driver()), started, counted, || {
            let text = lent.lease().and_then(|lease| lease.session()?.render(statement));
            text.unwrap_or_else(|error| format!("({})", error.message()))
        });
        if let Err(error) = outcome {
            lent.note(error);
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
        let mut lent = self.lend(false).await?;
        let started = Instant::now();
        let lease = lent.lease()?;
        let outcome = within(None, lease.start()?.alter(change)).await;
        let outcome = lease.finish(outcome);
        let connection = self.connection();
        let pool = connection.pool();
        let counted = outcome.as_ref().map(|()| 0);
        let name = (pool.name(), pool.driver());
        connection.db().events().report(name, started, counted, || describe(change));
        outcome
    }
}

/// What the log says of a change to the schema: the change, not any database's spelling of it.
fn describe(change: &SchemaChange) -> String {
    match change {
        SchemaChange::CreateTable(table) => format!("CREATE TABLE {}", table.name),
        SchemaChange::DropTable { table, .. } => format!("DROP TABLE {table}"),
        SchemaChange::CreateIndex(index) => {
            format!("CREATE INDEX {} ON {}", index.name, index.table)
        }
        SchemaChange::DropIndex { name, .. } => format!("DROP INDEX {name}"),
        _ => "ALTER".to_owned(),
    }
}

thread_local! {
    /// Statements and time that this thread has answered without a pause.
    static SPENT: Cell<(u32, Duration)> = const { Cell::new((0, Duration::ZERO)) };
}

/// How much a thread answers before other tasks get their turn. Without a pause a loop of statements
/// that are all answered at once would hold the thread for as long as it runs.
const TURN: (u32, Duration) = (16, Duration::from_micros(100));

fn spend_turn(elapsed: Duration) {
    SPENT.with(|spent| {
        let (statements, time) = spent.get();
        spent.set((statements + 1, time + elapsed));
    });
}

/// Lets other tasks run, if this thread has answered enough. Before a statement, not after it: a future
/// that is dropped here has not done anything yet.
async fn take_turn() {
    let (statements, time) = SPENT.get();
    if statements >= TURN.0 || time >= TURN.1 {
        SPENT.set((0, Duration::ZERO));
        tokio::task::yield_now().await;
    }
}

/// Adds to an error that came up before anything was sent where it would have been sent to.
pub(crate) fn at_target(
    target: Option<&Target>,
    definition: &'static ModelDef,
) -> impl FnOnce(Error) -> Error {
    move |error| match Executor::resolve(target, Some(definition)) {
        Ok(executor) => executor.connection().pool().locate(error),
        Err(_) => error,
    }
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
