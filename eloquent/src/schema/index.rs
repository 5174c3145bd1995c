//! Indexes in the making.

use std::time::Duration;

use eloquent_core::Name;
use eloquent_core::schema::{Index, IndexKind, IndexPart, SchemaText};

use super::names::conventional;

/// An index in the making: [`Table::index`](super::Table::index), [`Table::unique`](super::Table::unique).
#[derive(Debug, Clone)]
pub struct IndexBuilder {
    index: Index,
}

impl IndexBuilder {
    pub(super) fn new(table: &Name, columns: Vec<Name>, unique: bool) -> Self {
        let name = conventional(if unique { "uq" } else { "idx" }, table, &columns);
        let columns = columns.into_iter().map(IndexPart::Column).collect();
        let index = Index { name, table: table.clone(), columns, unique, ..Index::default() };
        IndexBuilder { index }
    }

    pub(super) fn of_kind(mut self, kind: IndexKind) -> Self {
        self.index.kind = kind;
        self
    }

    pub(super) fn over(table: &Name, name: Name, expression: SchemaText, unique: bool) -> Self {
        let columns = vec![IndexPart::Expression(expression)];
        let index = Index { name, table: table.clone(), columns, unique, ..Index::default() };
        IndexBuilder { index }
    }

    /// Its name, in place of the one made of the table and the columns.
    pub fn name(&mut self, name: impl Into<Name>) -> &mut Self {
        self.index.name = name.into();
        self
    }

    /// Holds only the rows that meet a condition in the language of the database.
    pub fn where_raw(&mut self, condition: impl Into<SchemaText>) -> &mut Self {
        self.index.filter = Some(condition.into());
        self
    }

    /// Leaves documents out that have none of its fields. Only of documents.
    pub fn sparse(&mut self) -> &mut Self {
        self.index.sparse = true;
        self
    }

    /// Has the database remove a document this long after the moment in its column. Only of documents, and
    /// of an index over one column.
    pub fn expires_after(&mut self, after: Duration) -> &mut Self {
        self.index.expires_after = Some(after);
        self
    }

    pub(super) fn build(&self) -> Index {
        self.index.clone()
    }
}
