//! What SQL databases have in common: the compiler from [statements](crate::statement) to text, and
//! the short road to a driver.
//!
//! A SQL driver implements [`SqlSession`], which takes text and bound values, and [`Dialect`], whose
//! defaults are standard SQL. The [`Session`](crate::driver::Session) comes with them.

mod compiled;
mod dialect;
mod session;

pub use compiled::{Compiled, Cost, StatementCache};
pub use dialect::Dialect;
pub use session::SqlSession;

use crate::Result;
use crate::schema::SchemaChange;

/// The statements that make a change to the schema.
///
/// # Errors
/// What the dialect lacks.
pub fn alter(_dialect: &dyn Dialect, _change: &SchemaChange) -> Result<Vec<String>> {
    Err(crate::Error::invalid("not compiled yet"))
}
