//! Changes to the schema, as data. A driver spells them.

use super::{Check, Column, ForeignKey, Index, SchemaText};
use crate::Name;

/// One change to the schema.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SchemaChange {
    /// Creates a table or collection with its indexes.
    CreateTable(TableDefinition),
    /// Changes a table, step by step. Where the database can, all of it or nothing happens.
    AlterTable {
        /// Its name.
        table: Name,
        /// The steps in order.
        changes: Vec<TableChange>,
    },
    /// Gives a table or collection another name. What refers to it follows.
    RenameTable {
        /// The name that it has.
        from: Name,
        /// The name that it gets.
        to: Name,
    },
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
    /// Creates a view.
    CreateView(ViewDefinition),
    /// Drops a view.
    DropView {
        /// Its name.
        view: Name,
        /// Whether its absence is fine.
        if_exists: bool,
    },
}

impl SchemaChange {
    /// The table, collection or view that the change is about.
    pub fn table(&self) -> &Name {
        match self {
            SchemaChange::CreateTable(table) => &table.name,
            SchemaChange::RenameTable { from: table, .. }
            | SchemaChange::AlterTable { table, .. }
            | SchemaChange::DropTable { table, .. }
            | SchemaChange::DropIndex { table, .. }
            | SchemaChange::DropView { view: table, .. } => table,
            SchemaChange::CreateIndex(index) => &index.table,
            SchemaChange::CreateView(view) => &view.name,
        }
    }

    /// The indexes that the change makes.
    pub fn indexes(&self) -> Vec<&Index> {
        match self {
            SchemaChange::CreateTable(table) => table.indexes.iter().collect(),
            SchemaChange::CreateIndex(index) => vec![index],
            _ => self.steps().iter().filter_map(TableChange::index).collect(),
        }
    }

    /// The columns that the change defines.
    pub fn columns(&self) -> Vec<&Column> {
        match self {
            SchemaChange::CreateTable(table) => table.columns.iter().collect(),
            _ => self.steps().iter().filter_map(TableChange::column).collect(),
        }
    }

    /// The steps of the change of a table; none of another change.
    pub fn steps(&self) -> &[TableChange] {
        match self {
            SchemaChange::AlterTable { changes, .. } => changes,
            _ => &[],
        }
    }
}

impl TableChange {
    /// The column that the step defines.
    pub fn column(&self) -> Option<&Column> {
        match self {
            TableChange::AddColumn(column) | TableChange::AlterColumn(column) => Some(column),
            _ => None,
        }
    }

    /// The index that the step makes.
    pub fn index(&self) -> Option<&Index> {
        match self {
            TableChange::AddIndex(index) => Some(index),
            _ => None,
        }
    }
}

/// One step of the change of a table.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TableChange {
    /// Adds a column behind the others.
    AddColumn(Column),
    /// Defines a column anew: its type, whether it may be null, its default, comment and collation. What
    /// the new definition does not say is gone. Keys, indexes, foreign keys and checks with a name stay.
    AlterColumn(Column),
    /// Gives a column another name. What refers to it follows.
    RenameColumn {
        /// The name that it has.
        from: Name,
        /// The name that it gets.
        to: Name,
    },
    /// Drops a column.
    DropColumn(Name),
    /// Adds the primary key.
    AddKey(Vec<Name>),
    /// Drops the primary key.
    DropKey,
    /// Creates an index.
    AddIndex(Index),
    /// Drops an index.
    DropIndex(Name),
    /// Gives an index another name.
    RenameIndex {
        /// The name that it has.
        from: Name,
        /// The name that it gets.
        to: Name,
    },
    /// Adds a foreign key. Rows that violate it are an error.
    AddForeignKey(ForeignKey),
    /// Drops a foreign key.
    DropForeignKey(Name),
    /// Adds a check. Rows that violate it are an error.
    AddCheck(Check),
    /// Drops a check.
    DropCheck(Name),
    /// Says what the table is for, or no longer does.
    SetComment(Option<Name>),
    /// Says what a document has to look like, or no longer does. Documents that are there already stay.
    SetValidator(Option<Validator>),
}

/// What a document has to look like to be written. Only of documents: tables have types, columns that may
/// not be null, and checks.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Validator {
    /// As these columns say: what they hold, and whether it may be missing. Other fields are free.
    Columns(Vec<Column>),
    /// As a condition in the language of the database says.
    Text(SchemaText),
}

/// A table to create.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableDefinition {
    /// Its name.
    pub name: Name,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// The columns of the primary key.
    pub key: Vec<Name>,
    /// Further indexes, over those that single columns ask for.
    pub indexes: Vec<Index>,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Its checks.
    pub checks: Vec<Check>,
    /// What it is for.
    pub comment: Option<Name>,
    /// What its documents have to look like.
    pub validator: Option<Validator>,
    /// Whether an existing table of that name is left alone.
    pub if_not_exists: bool,
}

/// A view to create.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewDefinition {
    /// Its name.
    pub name: Name,
    /// The query that it stands for.
    pub query: SchemaText,
    /// Whether it takes the place of an existing view of that name.
    pub or_replace: bool,
}
