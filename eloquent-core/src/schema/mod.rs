//! What tables look like, changes to them, and what a database tells of its own.

mod change;
mod column;
mod constraint;
mod default;
mod index;
mod inspect;
mod text;

pub use change::{SchemaChange, TableChange, TableDefinition, Validator, ViewDefinition};
pub use column::{Column, ColumnType};
pub use constraint::{Check, ForeignAction, ForeignKey};
pub use default::{ColumnDefault, Generated};
pub use index::{Index, IndexKind, IndexPart, conventional_name, shorten_name};
pub use inspect::{
    CheckInfo, ColumnInfo, ForeignKeyInfo, IndexInfo, KeyInfo, TableInfo, TableKind, TableSummary,
};
pub use text::SchemaText;
