//! The MongoDB driver of Eloquent.
mod command;
mod config;
mod connection;
mod driver;
mod error;
mod explain;
mod session;
mod shape;
mod translate;
mod value;
mod worker;

pub use driver::MongoDriver;

eloquent_core::register_driver!(MongoDriver);
