//! Changes to the schema, as data. A driver spells them.

use super::Column;
use crate::Name;

/// One change to the schema.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SchemaChange {
    /// Creates a table or collection with its indexes.
    CreateTable(TableDefinition),
    /// Drops a table or collection.
    DropTable {
        /// Its name.
        table: Name,
        /// Whether its absence is fine.
        if_exists: bool,
    },
    /// Creates an index.
    CreateIndex(Index),
    /// Drops an index.
    DropIndex {
        /// The table that it belongs to.
        table: Name,
        /// Its name.
        name: Name,
        /// Whether its absence is fine.
        if_exists: bool,
    },
}

/// A table to create.
#[derive(Debug, Clone, PartialEq)]
pub struct TableDefinition {
    /// Its name.
    pub name: Name,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// The columns of the primary key.
    pub key: Vec<Name>,
    /// Further indexes, over those that single columns ask for.
    pub indexes: Vec<Index>,
    /// Whether an existing table of that name is left alone.
    pub if_not_exists: bool,
}

/// An index over columns of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    /// Its name.
    pub name: Name,
    /// The table.
    pub table: Name,
    /// The columns in order.
    pub columns: Vec<Name>,
    /// Whether no two rows may share the values.
    pub unique: bool,
    /// Whether an existing index of that name is left alone.
    pub if_not_exists: bool,
}
