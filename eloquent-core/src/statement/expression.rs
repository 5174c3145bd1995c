//! Expressions: what yields a value.

use super::{Change, Path, Predicate, RawSql};
use crate::Name;
use crate::schema::ColumnType;
use crate::value::{Mismatch, Value};

/// One of the tables of a statement: 0 is the first, joins count up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Source(pub u16);

/// A column of one of the tables of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnRef {
    /// The table.
    pub source: Source,
    /// The name of the column.
    pub name: Name,
    /// Its type, where it is known: databases that store a type in another form compare by it.
    pub ty: Option<ColumnType>,
}

/// What yields a value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Expression {
    /// A column.
    Column(ColumnRef),
    /// A value inside of a column.
    Path(Box<Path>),
    /// The number of elements of a list; null of what is none.
    Size(Box<Expression>),
    /// The column that is assigned, with changes inside of it: only as what an update assigns.
    Changed(Vec<Change>),
    /// A bound value.
    Value(Value),
    /// Two numbers combined.
    Arithmetic(Box<Expression>, ArithmeticOperator, Box<Expression>),
    /// A function over the rows of a group.
    Aggregate(Box<Aggregate>),
    /// The value that an insert would have written, inside the update of an upsert.
    Excluded(ColumnRef),
    /// A predicate as a value.
    Predicate(Box<Predicate>),
    /// Text in the language of the database.
    Raw(RawSql),
    /// A value that has no stored form. A driver refuses the statement with this reason.
    Invalid(Mismatch),
}

impl Expression {
    /// The type that the expression yields, where it is known.
    pub fn column_type(&self) -> Option<ColumnType> {
        match self {
            Expression::Column(column) | Expression::Excluded(column) => column.ty,
            Expression::Path(path) => path.ty,
            Expression::Size(_) => Some(ColumnType::I64),
            Expression::Value(Value::Decimal(_)) => {
                Some(ColumnType::Decimal { precision: 0, scale: 0 })
            }
            Expression::Value(Value::F64(_)) => Some(ColumnType::F64),
            Expression::Value(Value::I64(_)) => Some(ColumnType::I64),
            Expression::Value(Value::U64(_)) => Some(ColumnType::U64),
            Expression::Arithmetic(left, _, right) => {
                match (left.column_type(), right.column_type()) {
                    (Some(ty), _) if ty.is_decimal() => Some(ty),
                    (_, Some(ty)) if ty.is_decimal() => Some(ty),
                    (Some(ty), _) | (_, Some(ty)) if ty.is_float() => Some(ty),
                    (Some(ty), _) => Some(ty),
                    (None, ty) => ty,
                }
            }
            Expression::Aggregate(aggregate) => match (aggregate.function, &aggregate.argument) {
                (AggregateFunction::Count, _) => Some(ColumnType::I64),
                (AggregateFunction::Avg, Some(argument)) => match argument.column_type() {
                    Some(ty) if ty.integer_range().is_some() => Some(ColumnType::F64),
                    ty => ty,
                },
                (_, Some(argument)) => argument.column_type(),
                (_, None) => None,
            },
            Expression::Value(_)
            | Expression::Changed(_)
            | Expression::Predicate(_)
            | Expression::Raw(_)
            | Expression::Invalid(_) => None,
        }
    }
}

/// How two numbers are combined. The result is exact or an error: a database that would wrap or turn
/// to floating point is made to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArithmeticOperator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// A function over the rows of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// The function.
    pub function: AggregateFunction,
    /// Whether equal values count once.
    pub distinct: bool,
    /// What it is taken over; a count of rows has none.
    pub argument: Option<Expression>,
}

/// The functions over the rows of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateFunction {
    /// The number of rows, or of values that are not null.
    Count,
    /// The sum.
    Sum,
    /// The mean.
    Avg,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
}
