//! How the contenders that the program for SQLite has too are put on a server.

use ::eloquent::{Connection, PoolOptions, prelude::*};
use anyhow::Result;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use toasty::Db as ToastyDb;

use crate::{
    contender::{ToastyPost, ToastyUser},
    mysql,
};

pub fn eloquent(database: &str, sessions: usize) -> Result<Connection> {
    let url = match mysql::has(database) {
        true => format!("{database}?ssl_mode=disable"),
        false => database.to_owned(),
    };
    let pool = PoolOptions::default().max_sessions(sessions);
    let db = Db::builder().url("bench", url).pool(pool).build()?;
    Ok(db.connection("bench")?)
}

pub async fn sea_orm(database: &str, sessions: u32) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(of_sqlx(database));
    options.max_connections(sessions).min_connections(sessions).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

pub async fn toasty(database: &str, sessions: usize) -> Result<ToastyDb> {
    let db = ToastyDb::builder()
        .models(toasty::models!(ToastyUser, ToastyPost))
        .max_pool_size(sessions)
        .connect(&of_sqlx(database).replacen(mysql::SCHEME, "mariadb", 1))
        .await?;
    Ok(db)
}

/// The URL as sqlx reads it, by which SeaORM and Toasty connect to MariaDB.
pub fn of_sqlx(database: &str) -> String {
    match mysql::has(database) {
        true => format!("{database}?ssl-mode=disabled"),
        false => database.to_owned(),
    }
}
