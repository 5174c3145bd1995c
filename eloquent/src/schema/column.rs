//! Columns in the making.

use eloquent_core::Name;
use eloquent_core::schema::{Column, ColumnDefault, ColumnType, Generated, SchemaText};
use eloquent_core::statement::IntoBind;
use eloquent_core::value::Mismatch;

use super::foreign::ForeignKeyBuilder;

/// A column in the making: [`Table::string`](super::Table::string) and its kin.
#[derive(Debug, Clone)]
pub struct ColumnBuilder {
    table: Name,
    pub(super) column: Column,
    pub(super) primary: bool,
    pub(super) unique: bool,
    pub(super) index: bool,
    pub(super) change: bool,
    pub(super) foreign: Vec<ForeignKeyBuilder>,
    /// Why the default has no stored form.
    pub(super) mismatch: Option<Mismatch>,
}

impl ColumnBuilder {
    pub(super) fn new(table: &Name, name: Name, ty: ColumnType) -> Self {
        let mut column = Column::new("", ty);
        column.name = name;
        ColumnBuilder {
            table: table.clone(),
            column,
            primary: false,
            unique: false,
            index: false,
            change: false,
            foreign: Vec::new(),
            mismatch: None,
        }
    }

    /// May be null.
    pub fn nullable(&mut self) -> &mut Self {
        self.column.nullable = true;
        self
    }

    /// Is this value when an insert leaves it out.
    pub fn default(&mut self, value: impl IntoBind) -> &mut Self {
        match value.into_bind() {
            Ok(value) => self.column.default = Some(ColumnDefault::Value(value)),
            Err(mismatch) => self.mismatch = Some(mismatch),
        }
        self
    }

    /// Is the present moment when an insert leaves it out.
    pub fn use_current(&mut self) -> &mut Self {
        self.column.default = Some(ColumnDefault::Now);
        self
    }

    /// Is the value of an expression in the language of the database when an insert leaves it out.
    pub fn default_raw(&mut self, expression: impl Into<SchemaText>) -> &mut Self {
        self.column.default = Some(ColumnDefault::Expression(expression.into()));
        self
    }

    /// Is computed from other columns of the row when that is written.
    pub fn stored_as(&mut self, expression: impl Into<SchemaText>) -> &mut Self {
        self.column.generated = Some(Generated { expression: expression.into(), stored: true });
        self
    }

    /// Is computed from other columns of the row when that is read.
    pub fn virtual_as(&mut self, expression: impl Into<SchemaText>) -> &mut Self {
        self.column.generated = Some(Generated { expression: expression.into(), stored: false });
        self
    }

    /// Is numbered by the database.
    pub fn auto_increment(&mut self) -> &mut Self {
        self.column.auto_increment = true;
        self
    }

    /// Takes no other numbers than those of the database.
    pub fn always(&mut self) -> &mut Self {
        self.column.identity_always = true;
        self
    }

    /// Is the primary key, or with others that say so a part of it.
    pub fn primary(&mut self) -> &mut Self {
        self.primary = true;
        self
    }

    /// Holds each value once: gets a unique index, `uq_<table>_<column>`.
    pub fn unique(&mut self) -> &mut Self {
        self.unique = true;
        self
    }

    /// Gets an index, `idx_<table>_<column>`.
    pub fn index(&mut self) -> &mut Self {
        self.index = true;
        self
    }

    /// Holds no negative numbers.
    pub fn unsigned(&mut self) -> &mut Self {
        self.column.ty = match self.column.ty {
            ColumnType::I8 => ColumnType::U8,
            ColumnType::I16 => ColumnType::U16,
            ColumnType::I32 => ColumnType::U32,
            ColumnType::I64 => ColumnType::U64,
            other => other,
        };
        self
    }

    /// Keeps so many digits behind the seconds, 6 at most.
    pub fn precision(&mut self, digits: u8) -> &mut Self {
        self.column.precision = Some(digits);
        self
    }

    /// Compares its text in the way of this collation of the database.
    pub fn collation(&mut self, name: impl Into<Name>) -> &mut Self {
        self.column.collation = Some(name.into());
        self
    }

    /// Says what it is for.
    pub fn comment(&mut self, text: impl Into<Name>) -> &mut Self {
        self.column.comment = Some(text.into());
        self
    }

    /// Refers to the `id` of this table; what comes back is the foreign key.
    pub fn constrained(&mut self, table: impl Into<Name>) -> &mut ForeignKeyBuilder {
        let at = self.foreign.len();
        let mut key = ForeignKeyBuilder::new(&self.table, vec![self.column.name.clone()]);
        key.on(table);
        self.foreign.push(key);
        &mut self.foreign[at]
    }

    /// Defines a column that exists anew, in place of adding one: what is not said here is gone from it,
    /// but for keys, indexes and checks with a name.
    pub fn change(&mut self) -> &mut Self {
        self.change = true;
        self
    }
}
