//! Tables: made, changed and looked at, by hand or from models.

mod alter;
mod builder;
mod column;
mod foreign;
mod index;
mod names;
mod size;
mod steps;
mod table;

pub use alter::Alter;
pub use builder::Schema;
pub use column::ColumnBuilder;
pub use eloquent_core::schema::{
    CheckInfo, Column, ColumnDefault, ColumnInfo, ColumnType, ForeignAction, ForeignKeyInfo,
    Generated, IndexInfo, IndexKind, IndexPart, KeyInfo, SchemaText, TableInfo, TableKind,
    TableSummary, Validator,
};
pub use foreign::ForeignKeyBuilder;
pub use index::IndexBuilder;
pub use names::{IntoNames, Named};
pub(crate) use steps::Steps;
pub use table::Table;
