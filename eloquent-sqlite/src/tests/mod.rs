//! Sessions put to the test, with a view of where the connection is.

mod cancellation;
mod checkpoints;
mod ids;
mod inline;
mod locks;
mod sinks;
mod statements;
mod transactions;

use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::{Affected, Now};
use eloquent_core::row::{Flow, Row, RowSink};
use eloquent_core::sql::{Compiled, Cost, SqlSession};
use eloquent_core::value::{Value, ValueRef};
use eloquent_core::{Error, Result};

use crate::config::Settings;
use crate::connection::SqliteConnection;
use crate::session::SqliteSession;

/// The stored form, owned.
pub(crate) fn owned(value: ValueRef<'_>) -> rusqlite::types::Value {
    match crate::value::store(value).unwrap() {
        rusqlite::types::ToSqlOutput::Borrowed(value) => value.try_into().unwrap(),
        rusqlite::types::ToSqlOutput::Owned(value) => value,
        other => panic!("{other:?}"),
    }
}

/// A read that never ends by itself.
const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

/// A database in a file of its own, and one session.
struct Fixture {
    session: SqliteSession,
    shared: Arc<crate::connection::Shared>,
    path: std::path::PathBuf,
    _directory: tempfile::TempDir,
}

impl Fixture {
    async fn new(options: &[(&str, &str)]) -> Fixture {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.sqlite");
        let config = ConnectionConfig::new("main", "sqlite").set("path", path.to_str().unwrap());
        let config = options.iter().fold(config, |config, (key, value)| config.set(*key, *value));
        let connection = SqliteConnection::open(Settings::read(&config).unwrap()).await.unwrap();
        let shared = connection.shared().clone();
        let mut session = SqliteSession::open(shared.clone()).await.unwrap();
        session.batch("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT) STRICT").await.unwrap();
        Fixture { session, shared, path, _directory: directory }
    }

    /// A further session on the same database.
    async fn another(&self) -> SqliteSession {
        SqliteSession::open(self.shared.clone()).await.unwrap()
    }

    /// A connection to the same file that knows nothing of us.
    fn stranger(&self) -> rusqlite::Connection {
        let stranger = rusqlite::Connection::open(&self.path).unwrap();
        stranger.busy_timeout(Duration::from_secs(10)).unwrap();
        stranger
    }

    fn count(&self) -> i64 {
        self.stranger().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }
}

/// Keeps the values of each row, and counts how often it was told to forget them.
#[derive(Debug, Default)]
struct Rows {
    rows: Vec<Vec<Value>>,
    resets: usize,
}

impl RowSink for Rows {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let values: Result<_> =
            (0..row.len()).map(|i| row.get(i).map(ValueRef::to_owned)).collect();
        self.rows.push(values?);
        Ok(Flow::Continue)
    }

    fn reset(&mut self) {
        self.rows.clear();
        self.resets += 1;
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

fn statement(sql: &str, cost: Cost) -> Arc<Compiled> {
    Arc::new(Compiled::raw(sql).with_cost(cost))
}

fn read(sql: &str) -> Arc<Compiled> {
    statement(sql, Cost::Read)
}

fn write(sql: &str) -> Arc<Compiled> {
    statement(sql, Cost::BoundedWrite)
}

fn raw(sql: &str) -> Arc<Compiled> {
    statement(sql, Cost::Unknown)
}

/// What an attempt on the calling task comes to, however slow this machine was the last time.
fn now(session: &mut SqliteSession, statement: &Arc<Compiled>) -> Result<Now> {
    statement.mark().store(0, Ordering::Relaxed);
    session.query_now(statement, &[], &mut Rows::default())
}

/// Runs a statement as Eloquent does: at once if possible, else on the worker.
async fn execute(session: &mut SqliteSession, statement: &Arc<Compiled>) -> Result<Affected> {
    match now(session, statement)? {
        Now::Done(affected) => Ok(affected),
        Now::Later => session.run(statement, &[]).await,
    }
}

/// The rows of a statement that runs on the worker.
async fn fetch(session: &mut SqliteSession, statement: &Arc<Compiled>) -> Result<Vec<Vec<Value>>> {
    let fetched = session.query_later(statement, &[], Box::new(Rows::default())).await?;
    Ok(fetched.sink.into_any().downcast::<Rows>().unwrap().rows)
}

async fn integer(session: &mut SqliteSession, sql: &str) -> i64 {
    match fetch(session, &read(sql)).await.unwrap()[0][0] {
        Value::I64(value) => value,
        ref other => panic!("{other:?}"),
    }
}

/// Polls a future so often and drops it. Whether it was done before.
async fn drop_after<F: Future>(polls: usize, future: F) -> bool {
    let mut future = Box::pin(future);
    for _ in 0..polls {
        let ready =
            std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_ready()));
        if ready.await {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

/// A bound for what must end. Generous: it is here so that a test that hangs fails.
async fn ends<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("does not end")
}

fn kind(result: Result<impl Sized, Error>) -> eloquent_core::ErrorKind {
    match result {
        Ok(_) => panic!("no error"),
        Err(error) => {
            assert_eq!(error.driver(), Some("sqlite"), "{error}");
            error.kind()
        }
    }
}
