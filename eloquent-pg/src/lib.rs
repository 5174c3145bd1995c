//! x
mod config;
mod connection;
mod decode;
mod dialect;
mod driver;
mod encode;
mod error;
mod explain;
mod form;
mod list;
mod numeric;
mod open;
mod prepared;
mod query;
mod session;
mod show;
mod shown;
mod socket;
mod text;
mod tls;
mod url;
mod verb;

pub use driver::PgDriver;

eloquent_core::register_driver!(PgDriver);
