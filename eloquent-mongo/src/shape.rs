//! What rows hold, and rows that are read where they lie in a reply.

use std::sync::Arc;

use eloquent_core::row::{Row, no_column};
use eloquent_core::schema::ColumnType;
use eloquent_core::statement::{AggregateFunction, ArithmeticOperator, Expression};
use eloquent_core::value::{Mismatch, ValueRef};
use eloquent_core::{Error, ErrorKind, Result};
use mongodb::bson::{RawBsonRef, RawDocument};

use crate::error::error;
use crate::value::{Cell, decode};

/// What each row of a result holds, in order.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    columns: Arc<[Column]>,
    /// Whether two of them are read from one field.
    has_twins: bool,
}

#[derive(Debug, Clone)]
struct Column {
    name: String,
    /// The name of the field.
    field: String,
    ty: Option<ColumnType>,
    /// Whether a decimal may have more digits than there is room for.
    may_round: bool,
}

impl Shape {
    /// Rows of these expressions, each in the field of its column.
    pub(crate) fn of_results(fields: &[Expression]) -> Self {
        let column = |expression: &Expression| {
            let (name, field) = match expression {
                Expression::Column(column) => {
                    let field = crate::translate::field(&column.name).unwrap_or_default();
                    (column.name.clone().into_owned(), field.to_owned())
                }
                _ => ("value".to_owned(), String::new()),
            };
            let may_round = rounds(expression);
            Column { name, field, ty: expression.column_type(), may_round }
        };
        let columns: Arc<[Column]> = fields.iter().map(column).collect();
        let mut seen = std::collections::HashSet::new();
        let has_twins = !columns.iter().all(|column| seen.insert(column.field.as_str()));
        Shape { columns, has_twins }
    }

    /// The same rows, from the fields `f0`, `f1` and so on.
    pub(crate) fn numbered(&self) -> Self {
        let columns = self.columns.iter().enumerate().map(|(number, column)| {
            let field = format!("f{number}");
            Column { field, ..column.clone() }
        });
        Shape { columns: columns.collect(), has_twins: false }
    }

    /// A document as a row.
    ///
    /// # Errors
    /// When it is damaged.
    pub(crate) fn row<'r>(&'r self, document: &'r RawDocument) -> Result<DocumentRow<'r>> {
        let mut cells = Vec::with_capacity(self.columns.len());
        cells.resize_with(self.columns.len(), || Ok(Cell::Borrowed(ValueRef::Null)));
        let mut read = |at: usize, value: RawBsonRef<'r>| {
            if let (Some(cell), Some(column)) = (cells.get_mut(at), self.columns.get(at)) {
                *cell = decode(value, column.ty, column.may_round);
            }
        };
        let mut next = 0;
        for element in document {
            let (name, value) = element.map_err(|_| damaged())?;
            let name = name.as_str();
            let is_it = |at: &usize| self.columns.get(*at).is_some_and(|c| c.field == name);
            if self.has_twins {
                (0..self.columns.len()).filter(is_it).for_each(|at| read(at, value));
            } else if let Some(at) =
                Some(next).filter(is_it).or_else(|| (0..self.columns.len()).find(is_it))
            {
                read(at, value);
                next = at + 1;
            }
        }
        Ok(DocumentRow { shape: self, cells })
    }
}

/// A mean and a quotient have no end, most often.
fn rounds(expression: &Expression) -> bool {
    match expression {
        Expression::Arithmetic(left, operator, right) => {
            *operator == ArithmeticOperator::Divide || rounds(left) || rounds(right)
        }
        Expression::Aggregate(aggregate) => {
            aggregate.function == AggregateFunction::Avg
                || aggregate.argument.as_ref().is_some_and(rounds)
        }
        _ => false,
    }
}

/// The error of a reply that cannot be read.
pub(crate) fn damaged() -> Error {
    error(ErrorKind::Decode, "the reply of the server cannot be read")
}

/// A row, borrowed from a reply.
#[derive(Debug)]
pub(crate) struct DocumentRow<'r> {
    shape: &'r Shape,
    cells: Vec<Result<Cell<'r>, Mismatch>>,
}

impl Row for DocumentRow<'_> {
    fn len(&self) -> usize {
        self.cells.len()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        match self.cells.get(index) {
            Some(Ok(cell)) => Ok(cell.as_ref()),
            Some(Err(mismatch)) => Err(mismatch.clone().into_decode_error()),
            None => Err(no_column(index)),
        }
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.shape.columns.get(index).map(|column| column.name.as_str())
    }
}
