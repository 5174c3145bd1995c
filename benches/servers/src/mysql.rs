//! MariaDB.

#[path = "contender/diesel_async.rs"]
mod diesel_async;
mod raw;
mod session;
mod sql;
#[path = "contender/sqlx.rs"]
mod sqlx;
mod store;

pub use self::{
    diesel_async::DieselAsync,
    raw::Raw,
    sqlx::{Sqlx, SqlxPooled},
    store::Mariadb,
};

pub const SCHEME: &str = "mysql";

/// Whether the URL is that of a database here.
pub fn has(database: &str) -> bool {
    database.starts_with(SCHEME)
}
