//! What tables look like, and changes to them.

mod change;
mod column;

pub use change::{Index, SchemaChange, TableDefinition};
pub use column::{Column, ColumnType};
