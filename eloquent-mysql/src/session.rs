//! Sessions: a connection that is at home, or away in a conversation.
//!
//! The conversation is kept here and not in the future that waits for it, so that a dropped future
//! leaves nothing half read: the next use brings the conversation to its end and throws its result
//! away.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use eloquent_core::driver::{Affected, Fetched, TransactionOptions};
use eloquent_core::row::{Discard, RowSink};
use eloquent_core::schema::{TableInfo, TableSummary};
use eloquent_core::sql::{Compiled, Dialect, SqlSession, StatementCache};
use eloquent_core::value::ValueRef;
use eloquent_core::{Error, ErrorKind, Result, async_trait};
use tokio::time::timeout;

use crate::client::{Client, Done, Flight, Orders, Outcome, Step, batch, ping};
use crate::connection::Shared;
use crate::dialect::IF_NEEDED;
use crate::error::{error, lost};
use crate::inspect;
use crate::numbers;
use crate::open::kill;
use crate::query::{self, Query};
use crate::value::encode;
use crate::verb::{Verb, schema_in_transaction};

/// How long a statement that nobody waits for may take to end by itself.
const PATIENCE: Duration = Duration::from_millis(100);
/// How much longer than the server a session waits for a statement to run into its bound.
const GRACE: Duration = Duration::from_millis(500);
/// How long a statement may take to end after it was told to.
const ENDING: Duration = Duration::from_secs(5);

/// One conversation with a database.
pub(crate) struct ServerSession {
    shared: Arc<Shared>,
    home: Option<Client>,
    away: Option<Flight>,
    transaction: Transaction,
    /// Whether text was sent that may have changed the settings of the session.
    touched: bool,
}

/// Where the session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    None,
    Open,
    /// The server has ended it by itself, and would take what follows for statements on their own.
    Ended,
}

impl std::fmt::Debug for ServerSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerSession")
            .field("home", &self.home)
            .field("away", &self.away.as_ref().map(|flight| flight.step))
            .field("transaction", &self.transaction)
            .finish_non_exhaustive()
    }
}

impl ServerSession {
    /// A session on a connection that is set up.
    pub(crate) fn new(shared: Arc<Shared>, client: Client) -> Self {
        ServerSession {
            shared,
            home: Some(client),
            away: None,
            transaction: Transaction::None,
            touched: false,
        }
    }

    /// Sends the connection into a conversation. It has to be at home.
    fn send<F>(&mut self, step: Step, talk: impl FnOnce(Client, Arc<Orders>) -> F) -> Result<()>
    where
        F: Future<Output = Done> + Send + 'static,
    {
        let client = self.home.take().ok_or_else(lost)?;
        let (id, orders) = (client.id, Arc::new(Orders::default()));
        let talk = talk(client, orders.clone());
        self.away = Some(Flight::new(step, id, orders, talk));
        Ok(())
    }

    /// Waits for the conversation to end. Whoever drops this in between can call it again.
    async fn arrival(&mut self) -> Result<Outcome> {
        let Some(flight) = &mut self.away else { return Err(lost()) };
        let step = flight.step;
        let done = flight.await;
        self.away = None;
        self.home = done.client;
        if done.ended && self.transaction == Transaction::Open {
            self.transaction = Transaction::Ended;
        }
        match (step, &done.result) {
            (Step::Begin, Ok(_)) => self.transaction = Transaction::Open,
            (Step::Commit | Step::Rollback, Ok(_)) => self.transaction = Transaction::None,
            (Step::Commit, Err(_)) => self.transaction = Transaction::Ended,
            _ => {}
        }
        match done.result {
            Err(error) if step == Step::Commit && self.home.is_none() => Err(unknown(error)),
            result => result,
        }
    }

    /// The same within the bound of statements.
    async fn bounded_arrival(&mut self) -> Result<Outcome> {
        match self.shared.settings.statement_timeout {
            None => self.arrival().await,
            Some(bound) => Box::pin(self.arrival_within(bound)).await,
        }
    }

    async fn arrival_within(&mut self, bound: Duration) -> Result<Outcome> {
        if let Ok(outcome) = timeout(bound + GRACE, self.arrival()).await {
            return outcome;
        }
        match self.end().await {
            // it came to its end in the last moment
            Ok(Some(Ok(outcome))) => Ok(outcome),
            Ok(_) => {
                let message = format!("the statement took longer than {bound:?}");
                Err(error(ErrorKind::Timeout, message))
            }
            Err(error) => Err(error),
        }
    }

    /// Tells the statement that runs to end, and waits for it.
    async fn end(&mut self) -> Result<Option<Result<Outcome>>> {
        let Some(flight) = &self.away else { return Ok(None) };
        let id = flight.id;
        flight.orders.abandoned.store(true, Ordering::Relaxed);
        flight.orders.killed.store(true, Ordering::Relaxed);
        let killed = kill(&self.shared.settings, &self.shared.options, id).await;
        let ended = match killed {
            Ok(()) => timeout(ENDING, self.arrival()).await.ok(),
            Err(_) => None,
        };
        match ended {
            Some(outcome) => Ok(Some(outcome)),
            None => {
                // closes the connection, which rolls back what it did
                self.away = None;
                Err(lost())
            }
        }
    }

    /// Brings what is left of a dropped future to its end, and throws its result away.
    async fn come_home(&mut self) -> Result<()> {
        if self.away.is_some() {
            Box::pin(self.end_abandoned()).await?;
        }
        match self.home {
            Some(_) => Ok(()),
            None => Err(lost()),
        }
    }

    async fn end_abandoned(&mut self) -> Result<()> {
        let Some(flight) = &self.away else { return Ok(()) };
        let can_end = flight.step == Step::Statement;
        flight.orders.abandoned.store(true, Ordering::Relaxed);
        if !can_end {
            let _ = self.arrival().await;
        } else if timeout(PATIENCE, self.arrival()).await.is_err() {
            self.end().await.map(drop)?;
        }
        Ok(())
    }

    /// Takes a new connection, if the session is as new and there is one to be had.
    async fn renew(&mut self) {
        if self.transaction != Transaction::None || self.touched {
            return;
        }
        let Ok(client) = self.shared.client().await else { return };
        if let Some(old) = self.home.replace(client) {
            tokio::spawn(take_leave(old));
        }
    }

    /// Refuses what would not be a part of the transaction any more.
    fn check(&self) -> Result<()> {
        match self.transaction {
            Transaction::Ended => Err(error(
                ErrorKind::TransactionAborted,
                "the server has rolled the transaction back, after an earlier error",
            )),
            Transaction::None | Transaction::Open => Ok(()),
        }
    }

    fn is_open(&self) -> bool {
        self.transaction == Transaction::Open
    }

    /// Sends text without binds.
    async fn text(&mut self, step: Step, sql: Arc<str>) -> Result<()> {
        self.send(step, |client, _| batch(client, sql, None))?;
        self.arrival().await.map(drop)
    }

    async fn query(
        &mut self,
        statement: &Arc<Compiled>,
        binds: &[ValueRef<'_>],
        sink: Box<dyn RowSink>,
    ) -> Result<Fetched> {
        let arguments = encode(statement, binds, self.shared.settings.uuid)?;
        self.come_home().await?;
        self.check()?;
        if statement.table().is_none() {
            Verb::of(statement).check(statement.sql(), self.is_open())?;
            self.touched = true;
        }
        if self.home.as_ref().is_some_and(|client| client.is_full_for(&statement.shared_sql())) {
            Box::pin(self.renew()).await;
        }
        let (shared, statement) = (self.shared.clone(), statement.clone());
        self.send(Step::Statement, |client, orders| {
            Query { shared, orders, statement, arguments, sink }.run(client)
        })?;
        match self.bounded_arrival().await? {
            Outcome::Fetched(fetched) => Ok(fetched),
            _ => Err(mixed_up()),
        }
    }
}

/// Closes a connection.
async fn take_leave(client: Client) {
    let close = sqlx::Connection::close(client.connection);
    let _ = timeout(Duration::from_secs(1), close).await;
}

/// The error of a commit whose answer was lost.
fn unknown(cause: Error) -> Error {
    let message = "the connection was lost while the transaction was committed: it may be or not";
    error(ErrorKind::CommitUnknown, message).with_source(cause)
}

fn mixed_up() -> Error {
    error(ErrorKind::Database, "the session gave the answer of another task")
}

fn no_transaction() -> Error {
    error(ErrorKind::InvalidInput, "there is no transaction")
}

#[async_trait]
impl SqlSession for ServerSession {
    fn dialect(&self) -> &'static dyn Dialect {
        self.shared.dialect
    }

    fn statements(&self) -> &StatementCache {
        &self.shared.statements
    }

    async fn query_later(
        &mut self,
        statement: &Arc<Compiled>,
        binds: &[ValueRef<'_>],
        sink: Box<dyn RowSink>,
    ) -> Result<Fetched> {
        self.query(statement, binds, sink).await
    }

    async fn run(&mut self, statement: &Arc<Compiled>, binds: &[ValueRef<'_>]) -> Result<Affected> {
        Ok(self.query(statement, binds, Box::new(Discard)).await?.affected)
    }

    /// Changes to the schema.
    async fn batch(&mut self, sql: &str) -> Result<()> {
        self.come_home().await?;
        self.check()?;
        if self.is_open() {
            return Err(schema_in_transaction());
        }
        // a server without the words for it says that the index exists, or does not
        let fine = sql.strip_prefix(IF_NEEDED).map(|change| match change.starts_with("DROP") {
            true => 1091,
            false => 1061,
        });
        let sql: Arc<str> = sql.into();
        self.send(Step::Other, |client, _| batch(client, sql, fine))?;
        self.arrival().await.map(drop)
    }

    async fn inspect_tables(&mut self) -> Result<Vec<TableSummary>> {
        inspect::tables(self).await
    }

    async fn inspect_table(&mut self, name: &str) -> Result<Option<TableInfo>> {
        let flavour = self.shared.dialect.flavour();
        inspect::table(self, name, flavour).await
    }

    /// A statement of a script.
    async fn run_text(&mut self, text: &str) -> Result<()> {
        self.come_home().await?;
        self.check()?;
        Verb::of(&Compiled::raw(text)).check(text, self.is_open())?;
        self.touched = true;
        let text: Arc<str> = text.into();
        self.send(Step::Statement, |client, _| batch(client, text, None))?;
        self.arrival().await.map(drop)
    }

    async fn begin(&mut self, depth: u32, options: TransactionOptions) -> Result<()> {
        let sql = self.shared.dialect.begin(depth, options)?;
        self.come_home().await?;
        self.check()?;
        match (depth, self.is_open()) {
            (0, true) => Err(error(ErrorKind::InvalidInput, "a transaction is open already")),
            (0, false) => self.text(Step::Begin, sql.into()).await,
            (_, false) => Err(no_transaction()),
            (_, true) => self.text(Step::Other, sql.into()).await,
        }
    }

    async fn commit(&mut self, depth: u32) -> Result<()> {
        let sql = self.shared.dialect.commit(depth);
        self.come_home().await?;
        self.check()?;
        if !self.is_open() {
            return Err(no_transaction());
        }
        let step = if depth == 0 { Step::Commit } else { Step::Other };
        self.text(step, sql.into()).await
    }

    async fn rollback(&mut self, depth: u32) -> Result<()> {
        let sql = self.shared.dialect.rollback(depth);
        self.come_home().await?;
        match (depth, self.transaction) {
            (_, Transaction::None) => Err(no_transaction()),
            // the savepoint went with the transaction
            (1.., Transaction::Ended) => Ok(()),
            (0, _) => self.text(Step::Rollback, sql.into()).await,
            (_, Transaction::Open) => self.text(Step::Other, sql.into()).await,
        }
    }

    async fn ids_follow(&mut self, table: &str) -> Result<bool> {
        self.come_home().await?;
        let (shared, table) = (self.shared.clone(), table.to_owned());
        self.send(Step::Statement, |client, _| numbers::ids_follow(client, shared, table))?;
        match self.bounded_arrival().await? {
            Outcome::Truth(truth) => Ok(truth),
            _ => Err(mixed_up()),
        }
    }

    async fn settle(&mut self) -> Result<()> {
        self.come_home().await
    }

    async fn reset(&mut self) -> Result<()> {
        self.come_home().await?;
        if self.transaction != Transaction::None {
            self.text(Step::Rollback, "ROLLBACK".into()).await?;
        }
        if self.touched {
            let sql = format!("UNLOCK TABLES; DO RELEASE_ALL_LOCKS(); {}", self.shared.setup);
            self.text(Step::Other, sql.into()).await?;
            self.touched = false;
        }
        Ok(())
    }

    async fn ping(&mut self) -> Result<()> {
        self.come_home().await?;
        self.send(Step::Other, |client, _| ping(client))?;
        self.arrival().await.map(drop)
    }

    fn is_broken(&self) -> bool {
        self.home.is_none() && self.away.is_none()
    }

    async fn explain(
        &mut self,
        statement: &Arc<Compiled>,
        binds: &[ValueRef<'_>],
    ) -> Result<String> {
        let arguments = encode(statement, binds, self.shared.settings.uuid)?;
        self.come_home().await?;
        self.check()?;
        let statement = statement.clone();
        self.send(Step::Statement, |client, _| query::explain(client, statement, arguments))?;
        match self.bounded_arrival().await? {
            Outcome::Text(text) => Ok(text),
            _ => Err(mixed_up()),
        }
    }
}

impl Drop for ServerSession {
    /// Takes leave of the server. A conversation that still runs is cut off, which the server rolls
    /// back; a statement is told to end, or it would hold its locks until it does.
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if let Some(client) = self.home.take() {
            runtime.spawn(take_leave(client));
        } else if let Some(flight) = self.away.take().filter(|one| one.step == Step::Statement) {
            let (shared, id) = (self.shared.clone(), flight.id);
            drop(flight);
            runtime.spawn(async move { kill(&shared.settings, &shared.options, id).await });
        }
    }
}
