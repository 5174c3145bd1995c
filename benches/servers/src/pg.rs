//! PostgreSQL.

#[path = "contender/diesel_async.rs"]
mod diesel_async;
mod prax;
mod raw;
mod session;
mod sql;
#[path = "contender/sqlx.rs"]
mod sqlx;
mod store;

pub use self::{
    diesel_async::DieselAsync,
    prax::Prax,
    raw::Raw,
    sqlx::{Sqlx, SqlxPooled},
    store::Postgres,
};
