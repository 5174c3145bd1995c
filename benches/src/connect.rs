//! How the contenders that the servers' program has too are put on a file.

use ::eloquent::{Connection, PoolOptions, prelude::*};
use anyhow::Result;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use sqlx::sqlite::SqliteSynchronous;

pub fn eloquent(database: &str, sessions: usize) -> Result<Connection> {
    let db = Db::builder()
        .url("bench", format!("sqlite:{database}"))
        .pool(PoolOptions::default().max_sessions(sessions))
        .build()?;
    Ok(db.connection("bench")?)
}

pub async fn sea_orm(database: &str, sessions: u32) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(format!("sqlite://{database}"));
    options
        .max_connections(sessions)
        .min_connections(sessions)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|options| {
            options.synchronous(SqliteSynchronous::Normal).foreign_keys(true)
        });
    Ok(Database::connect(options).await?)
}
