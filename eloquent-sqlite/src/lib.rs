//! The SQLite driver of [Eloquent](https://docs.rs/eloquent).
mod busy;
mod checkpoint;
mod config;
mod connection;
mod decimal;
mod dialect;
mod driver;
mod engine;
mod error;
mod explain;
mod functions;
mod inline;
mod open;
mod session;
mod show;
mod task;
#[cfg(test)]
mod tests;
mod transaction;
mod url;
mod value;
mod verb;
mod watch;
mod worker;

pub use driver::SqliteDriver;

eloquent_core::register_driver!(SqliteDriver);
