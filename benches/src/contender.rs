//! The contenders, a file each.

mod diesel;
mod diesel_async;
mod eloquent;
mod eloquent_held;
mod raw;
mod sea_orm;
mod sqlx;

pub use self::{
    diesel::Diesel,
    diesel_async::DieselAsync,
    eloquent::{Eloquent, EloquentPool},
    raw::{Raw, RawPool},
    sea_orm::SeaOrm,
    sqlx::{Sqlx, SqlxPool},
};
