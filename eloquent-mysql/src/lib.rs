//! The MySQL and MariaDB driver of Eloquent.

mod client;
mod config;
mod connection;
mod dialect;
mod driver;
mod error;
mod flavour;
mod open;
mod query;
mod row;
mod session;
mod upsert;
mod value;
mod verb;

pub use driver::MySqlDriver;

eloquent_core::register_driver!(MySqlDriver);
