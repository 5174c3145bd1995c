//! Where a column's value comes from when an insert leaves it out.

use super::SchemaText;
use crate::value::Value;

/// What the database puts into a column that an insert leaves out.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ColumnDefault {
    /// A constant.
    Value(Value),
    /// The present moment, in the form of the column: a date, a time or both.
    Now,
    /// An expression in the language of the database.
    Expression(SchemaText),
}

/// What a generated column is computed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// The expression over other columns of the row.
    pub expression: SchemaText,
    /// Whether the value is kept in the row, and not computed when it is read.
    pub stored: bool,
}
