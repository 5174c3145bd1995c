//! What the application and its command line share.

pub mod migrations;
pub mod models;
pub mod seeders;
