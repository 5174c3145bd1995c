//! What is this server's own, against one.

mod bulk;
mod session;
mod values;

use std::sync::Arc;

use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::{Affected, Connection, Driver as _, Session};
use eloquent_core::row::{OwnedRow, OwnedRows};
use eloquent_core::statement::{IntoBind, RawSql, Statement};
use eloquent_core::value::{Mismatch, Value};
use eloquent_core::{Error, Result};

use crate::PgDriver;

/// The server that the environment tells of.
fn config() -> ConnectionConfig {
    let hint = "run it within `scripts/with-servers`, or set PG_HOST, PG_PORT, PG_USER, PG_NAME";
    let mut config = ConnectionConfig::new("test", "pg").set("ssl_mode", "disable");
    for (key, variable) in [
        ("host", "PG_HOST"),
        ("port", "PG_PORT"),
        ("user", "PG_USER"),
        ("password", "PG_PASSWORD"),
        ("name", "PG_NAME"),
    ] {
        if let Ok(value) = std::env::var(variable) {
            config.insert(key, value);
        }
    }
    assert!(config.get("host").is_some(), "PG_HOST is not set: {hint}");
    config
}

async fn connection(config: ConnectionConfig) -> Result<Arc<dyn Connection>> {
    PgDriver.connect(&config).await
}

async fn session() -> Result<Box<dyn Session>> {
    connection(config()).await?.session().await
}

/// A session that parses each statement anew, in a database of its own: none of its settings can be set
/// when it begins.
async fn at_once(database: &str) -> Result<Box<dyn Session>> {
    let mut admin = session().await?;
    let database = format!("eloquent_pg_{database}");
    for text in [
        format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"),
        format!("CREATE DATABASE {database}"),
        format!("ALTER DATABASE {database} SET timezone = 'UTC'"),
    ] {
        run(&mut *admin, &text).await?;
    }
    connection(config().set("name", database).set("prepare", "off")).await?.session().await
}

/// A value of any type.
struct Bound(Value);

impl IntoBind for Bound {
    fn into_bind(self) -> Result<Value, Mismatch> {
        Ok(self.0)
    }
}

fn raw(text: &str, binds: &[Value]) -> Statement {
    let sql = RawSql::trusted(text.to_owned());
    Statement::Raw(binds.iter().fold(sql, |sql, value| sql.bind(Bound(value.clone()))))
}

async fn run(session: &mut dyn Session, text: &str) -> Result<Affected> {
    session.execute(&raw(text, &[])).await
}

async fn query(
    session: &mut dyn Session,
    statement: &Statement,
) -> Result<(Affected, Vec<OwnedRow>)> {
    let fetched = session.fetch(statement, Box::new(OwnedRows::default())).await?;
    let rows = fetched.sink.into_any().downcast::<OwnedRows>().map(|rows| rows.rows);
    Ok((fetched.affected, rows.map_err(|_| Error::invalid("the sink is another one"))?))
}

/// The first value of the first row.
async fn one(session: &mut dyn Session, text: &str, binds: &[Value]) -> Result<Value> {
    let (_, rows) = query(session, &raw(text, binds)).await?;
    Ok(rows[0].values()[0].clone())
}
