//! Finished parts of the text of a statement, as a dialect is handed them.

use crate::Name;
use crate::schema::{Column, ColumnInfo, ColumnType};
use crate::statement::{AggregateFunction, ArithmeticOperator};
use crate::value::Value;

/// Two numbers combined.
#[derive(Debug)]
pub struct ArithmeticCall<'a> {
    /// How.
    pub operator: ArithmeticOperator,
    /// The type of the result, where it is known.
    pub ty: Option<ColumnType>,
    /// The text of the left one.
    pub left: &'a str,
    /// The text of the right one.
    pub right: &'a str,
}

/// A value inside of a column of JSON.
#[derive(Debug)]
pub struct PathCall<'a> {
    /// The text of the column.
    pub column: &'a str,
    /// The names of the fields that lead to it, at least one. They have none of `"`, `'`, `\\`, `.`, `$`
    /// and control characters in them.
    pub fields: &'a [Name],
    /// The type of the value, where it is known.
    pub ty: Option<ColumnType>,
}

impl PathCall<'_> {
    /// The path as many databases write it, with quotes around: `'$."a"."b"'`.
    pub fn json_path(&self) -> String {
        json_path(self.fields)
    }
}

/// Changes inside of a column of JSON.
#[derive(Debug)]
pub struct PathChanges<'a> {
    /// The text of the column.
    pub column: &'a str,
    /// What is done, one after the other. None of it looks at what another one has written.
    pub steps: &'a [PathStep<'a>],
}

/// A change inside of a column of JSON. The names of fields are as in [`PathCall`].
#[derive(Debug)]
pub enum PathStep<'a> {
    /// There is an object: the one that is there already, or an empty one where there is nothing or null.
    Object(&'a [Name]),
    /// The place holds this: the text of a bound value, which is [`Json`](crate::value::Value::Json).
    Set(&'a [Name], String),
    /// There is nothing any more.
    Remove(&'a [Name]),
}

impl PathChanges<'_> {
    /// Whether it is enough to remove, so that nothing has to be there.
    pub fn only_removes(&self) -> bool {
        self.steps.iter().all(|step| matches!(step, PathStep::Remove(_)))
    }

    /// The column with its changes, for databases whose `JSON_SET` and `JSON_REMOVE` take many paths:
    /// `object` gives the text of the object at a path, or of an empty one, and `json` that of a text as
    /// JSON.
    pub fn with_functions(
        &self,
        object: impl Fn(&str) -> String,
        json: impl Fn(&str) -> String,
    ) -> String {
        let (mut set, mut removed) = (String::new(), String::new());
        for step in self.steps {
            match step {
                PathStep::Object(fields) => {
                    let path = json_path(fields);
                    let object = json(&object(&path));
                    set.extend([", ", &path, ", ", &object]);
                }
                PathStep::Set(fields, value) => {
                    set.extend([", ", &json_path(fields), ", ", &json(value)]);
                }
                PathStep::Remove(fields) => removed.extend([", ", &json_path(fields)]),
            }
        }
        let whole = match self.only_removes() {
            true => self.column.to_owned(),
            false => format!("JSON_SET(COALESCE({}, '{{}}'){set})", self.column),
        };
        match removed.is_empty() {
            true => whole,
            false => format!("JSON_REMOVE({whole}{removed})"),
        }
    }
}

fn json_path(fields: &[Name]) -> String {
    let fields = fields.iter().map(|field| format!(".\"{field}\""));
    format!("'${}'", fields.collect::<String>())
}

/// A function over the rows of a group.
#[derive(Debug)]
pub struct AggregateCall<'a> {
    /// The function.
    pub function: AggregateFunction,
    /// Whether equal values count once.
    pub distinct: bool,
    /// The type of the argument, where it is known.
    pub ty: Option<ColumnType>,
    /// The text of the argument, [comparable](super::Dialect::comparable) where that matters; a count
    /// of rows has none.
    pub argument: Option<&'a str>,
}

/// One side of a comparison, or a term of an order, a group or distinct rows.
#[derive(Debug)]
pub struct Operand<'a> {
    /// The text.
    pub text: &'a str,
    /// What it is.
    pub kind: OperandKind,
    /// Whether it is the left side or stands alone.
    pub leads: bool,
}

/// What an operand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperandKind {
    /// A column of the very type that is compared.
    Stored,
    /// A bound value.
    Bound,
    /// Anything else, a column of another type included.
    Computed,
}

/// A list that is sent as one value.
#[derive(Debug, Clone, PartialEq)]
pub struct PackedList {
    /// The value to bind.
    pub value: Value,
    /// A number of the dialect's own for the text that takes the value apart.
    pub form: u8,
}

/// Which part of the rows of a select is wanted.
#[derive(Debug)]
pub struct Page<'a> {
    /// The text of how many at most.
    pub limit: Option<&'a str>,
    /// The text of how many are passed over first.
    pub offset: Option<&'a str>,
    /// Whether the select has an order.
    pub ordered: bool,
}

/// The parts of an insert. All names are quoted.
#[derive(Debug)]
pub struct InsertParts<'a> {
    /// The table.
    pub table: &'a str,
    /// The columns; with none, the row is all defaults.
    pub columns: &'a [String],
    /// The rows, as in `(?, ?), (?, ?)`; empty without columns.
    pub rows: &'a str,
    /// What happens to a row that exists already.
    pub conflict: Option<ConflictParts<'a>>,
    /// What is given back.
    pub returning: Option<&'a str>,
}

/// What an insert does about a row that exists already. All names are quoted.
#[derive(Debug)]
pub struct ConflictParts<'a> {
    /// The columns that decide, at least one.
    pub target: &'a [String],
    /// The new values, as in `"a" = excluded."a"`; without, the row stays as it is.
    pub update: Option<&'a str>,
}

/// The parts of an update. All names are quoted.
#[derive(Debug)]
pub struct UpdateParts<'a> {
    /// The table.
    pub table: &'a str,
    /// The new values, as in `"a" = ?, "b" = ?`.
    pub assignments: &'a str,
    /// Which rows.
    pub filter: Option<&'a str>,
    /// What is given back.
    pub returning: Option<&'a str>,
}

/// The parts of a delete. All names are quoted.
#[derive(Debug)]
pub struct DeleteParts<'a> {
    /// The table.
    pub table: &'a str,
    /// Which rows.
    pub filter: Option<&'a str>,
    /// What is given back.
    pub returning: Option<&'a str>,
}

/// The kinds of writes that give rows back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WriteKind {
    /// An insert.
    Insert,
    /// An update.
    Update,
    /// A delete.
    Delete,
}

/// The parts of the creation of a table. All names are quoted.
#[derive(Debug)]
pub struct TableParts<'a> {
    /// The table.
    pub table: &'a str,
    /// Whether an existing table is left alone.
    pub if_not_exists: bool,
    /// Columns and constraints, separated by commas.
    pub body: &'a str,
}

/// The parts of the creation of an index. All names are quoted.
#[derive(Debug)]
pub struct IndexParts<'a> {
    /// The name.
    pub name: &'a str,
    /// The table.
    pub table: &'a str,
    /// The columns, and expressions in parentheses, separated by commas.
    pub columns: &'a str,
    /// Whether no two rows may share the values.
    pub unique: bool,
    /// Whether an existing index is left alone.
    pub if_not_exists: bool,
    /// Which rows it holds.
    pub filter: Option<&'a str>,
}

/// The parts of the new definition of a column. All names are quoted.
#[derive(Debug)]
pub struct ColumnParts<'a> {
    /// The table.
    pub table: &'a str,
    /// The name.
    pub name: &'a str,
    /// The definition as it would stand in the creation of the table, without keys.
    pub definition: &'a str,
    /// The type, with its collation.
    pub ty: &'a str,
    /// The default.
    pub default: Option<&'a str>,
    /// The condition that belongs to the type.
    pub check: Option<&'a str>,
    /// The comment, as a constant.
    pub comment: Option<&'a str>,
    /// The column.
    pub column: &'a Column,
    /// What is known of it before the change.
    pub known: Option<&'a ColumnInfo>,
}
