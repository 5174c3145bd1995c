//! How one database spells SQL.

use std::fmt::Debug;

use crate::Result;
use crate::driver::{Capabilities, TransactionOptions};

/// How one database spells SQL. The defaults are standard SQL.
pub trait Dialect: Debug + Send + Sync + 'static {
    /// The name of the driver, for errors.
    fn driver(&self) -> &'static str;

    /// What the database can do.
    fn capabilities(&self) -> Capabilities;

    /// Begins a transaction (depth 0) or sets a savepoint.
    ///
    /// # Errors
    /// For options that the database lacks.
    fn begin(&self, depth: u32, options: TransactionOptions) -> Result<String>;

    /// Commits a transaction (depth 0) or releases a savepoint.
    fn commit(&self, depth: u32) -> String;

    /// Rolls a transaction (depth 0) back, or to a savepoint, which is then gone.
    fn rollback(&self, depth: u32) -> String;
}
