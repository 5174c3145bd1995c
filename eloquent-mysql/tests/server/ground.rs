//! What the tests stand on: a database of their own, and short ways to ask it.

use std::any::Any;
use std::sync::Arc;

use eloquent_core::Result;
use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::{Affected, Connection, Driver as _, Session};
use eloquent_core::row::{Flow, OwnedRow, Row, RowSink};
use eloquent_core::statement::{RawSql, Statement};
use eloquent_core::value::{ColumnValue, Value};
use eloquent_mysql::MySqlDriver;
use tokio::sync::OnceCell;

/// Several of these tests may run against one server, each in a process of its own.
pub(crate) fn database() -> String {
    format!("eloquent_mysql_driver_{}", std::process::id())
}

const HINT: &str = "run it within `scripts/with-servers`, or set DB_HOST, DB_PORT, DB_USER and \
                    DB_PASSWORD to a server that may be written to";

/// The server, without a database.
pub(crate) fn server() -> ConnectionConfig {
    let keys = [("host", "DB_HOST"), ("port", "DB_PORT"), ("user", "DB_USER")];
    let keys = keys.into_iter().chain([("password", "DB_PASSWORD")]);
    let config = ConnectionConfig::new("test", "mysql").set("host", "127.0.0.1");
    keys.fold(config, |config, (key, variable)| match std::env::var(variable) {
        Ok(value) => config.set(key, value),
        Err(_) => config,
    })
}

/// The settings of the database of the tests.
pub(crate) async fn config() -> ConnectionConfig {
    static MADE: OnceCell<()> = OnceCell::const_new();
    MADE.get_or_init(|| async {
        let connection = MySqlDriver.connect(&server()).await.expect(HINT);
        let mut session = connection.session().await.expect(HINT);
        for text in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
            execute(&mut *session, &format!("{text} {}", database())).await.expect("rights");
        }
    })
    .await;
    server().set("name", database())
}

pub(crate) async fn connection(settings: &[(&str, &str)]) -> Arc<dyn Connection> {
    let config =
        settings.iter().fold(config().await, |config, (key, value)| config.set(*key, *value));
    MySqlDriver.connect(&config).await.expect("a connection")
}

pub(crate) async fn session() -> Box<dyn Session> {
    connection(&[]).await.session().await.expect("a session")
}

pub(crate) fn raw(text: &str) -> Statement {
    Statement::Raw(RawSql::trusted(text.to_owned()))
}

pub(crate) async fn execute(session: &mut dyn Session, text: &str) -> Result<Affected> {
    session.execute(&raw(text)).await
}

/// Collects rows, up to a number of them.
pub(crate) struct Collect {
    pub(crate) rows: Vec<OwnedRow>,
    names: Option<Arc<[String]>>,
    most: usize,
}

impl Collect {
    pub(crate) fn new(most: usize) -> Box<Self> {
        Box::new(Collect { rows: Vec::new(), names: None, most })
    }
}

impl RowSink for Collect {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.rows.push(OwnedRow::copy(row, &mut self.names)?);
        Ok(if self.rows.len() < self.most { Flow::Continue } else { Flow::Stop })
    }

    fn reset(&mut self) {
        self.rows.clear();
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

pub(crate) async fn fetch(session: &mut dyn Session, text: &str) -> Result<Vec<OwnedRow>> {
    let fetched = session.fetch(&raw(text), Collect::new(usize::MAX)).await?;
    Ok(fetched.sink.into_any().downcast::<Collect>().expect("the sink").rows)
}

/// The values of the only row.
pub(crate) async fn values(session: &mut dyn Session, text: &str) -> Result<Vec<Value>> {
    Ok(fetch(session, text).await?.remove(0).values().to_vec())
}

/// The first value of the only row.
pub(crate) async fn scalar<T: ColumnValue>(session: &mut dyn Session, text: &str) -> Result<T> {
    let rows = fetch(session, text).await?;
    (&rows[0] as &dyn Row).read(0)
}
