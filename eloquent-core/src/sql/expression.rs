//! Expressions as text.

use super::compiler::Compiler;
use super::parts::{AggregateCall, ArithmeticCall, Operand, OperandKind};
use crate::schema::ColumnType;
use crate::statement::{
    Aggregate, AggregateFunction, ColumnRef, Expression, From, JoinKind, Projection, Root, Select,
};
use crate::value::Value;
use crate::{Error, Name, Result};

impl Compiler<'_> {
    /// Writes an expression that stands for itself: a term of a list, the argument of a function.
    pub(super) fn expression(&mut self, expression: &Expression) -> Result<()> {
        match expression {
            Expression::Column(column) => self.column(column),
            Expression::Value(value) => {
                let placeholder = self.placeholder()?;
                self.dialect.bound(&mut self.sql, &placeholder, type_of(value));
                Ok(())
            }
            Expression::Arithmetic(left, operator, right) => {
                let about = subject(left).or_else(|| subject(right)).or(self.about.as_ref());
                let about = about.cloned();
                let (left, right) = self.about(about.as_ref(), |compiler| {
                    let left = compiler.part(|compiler| compiler.operand(left))?;
                    Ok((left, compiler.part(|compiler| compiler.operand(right))?))
                })?;
                let ty = expression.column_type();
                let call = ArithmeticCall { operator: *operator, ty, left: &left, right: &right };
                self.dialect.arithmetic(&mut self.sql, &call)
            }
            Expression::Aggregate(aggregate) => self.aggregate(aggregate),
            Expression::Excluded(column) => self.excluded(column),
            Expression::Predicate(predicate) => {
                let predicate = self.part(|compiler| compiler.predicate(predicate))?;
                self.dialect.truth(&mut self.sql, &predicate);
                Ok(())
            }
            Expression::Path(path) => self.path(path),
            Expression::Size(_) => Err(self.lacks("the size of a list")),
            Expression::Changed(_) => Err(self.lacks("a change inside of a column")),
            Expression::Raw(raw) => self.raw_fragment(raw),
            Expression::Invalid(mismatch) => Err(mismatch.clone().into_encode_error()),
        }
    }

    /// The error of what documents have and tables have not.
    pub(super) fn lacks(&self, feature: &str) -> Error {
        Error::unsupported(feature, self.dialect.driver())
            .with_hint("it is for document models; read the column, and write it as a whole")
    }

    /// Writes an expression next to an operator.
    pub(super) fn operand(&mut self, expression: &Expression) -> Result<()> {
        match expression {
            Expression::Raw(raw) => {
                self.push("(");
                self.raw_fragment(raw)?;
                self.push(")");
                Ok(())
            }
            other => self.expression(other),
        }
    }

    /// Writes an expression next to what tells the type of a bound value.
    pub(super) fn untyped(&mut self, expression: &Expression) -> Result<()> {
        match expression {
            Expression::Value(_) => {
                self.bind();
                Ok(())
            }
            other => self.operand(other),
        }
    }

    /// The place of the next bind, as a part.
    fn placeholder(&mut self) -> Result<String> {
        self.part(|compiler| {
            compiler.bind();
            Ok(())
        })
    }

    /// Writes an operand of a comparison of values of type `ty`; the one that `leads` decides how.
    pub(super) fn comparable(
        &mut self,
        expression: &Expression,
        ty: Option<ColumnType>,
        leads: bool,
    ) -> Result<()> {
        let Some(ty) = ty else { return self.untyped(expression) };
        let kind = match expression {
            Expression::Column(ColumnRef { ty: Some(own), .. })
                if *own == ty || (own.is_decimal() && ty.is_decimal()) =>
            {
                OperandKind::Stored
            }
            Expression::Value(_) => OperandKind::Bound,
            _ => OperandKind::Computed,
        };
        let text = self.part(|compiler| compiler.untyped(expression))?;
        self.dialect.comparable(&mut self.sql, ty, &Operand { text: &text, kind, leads });
        Ok(())
    }

    /// Writes terms of GROUP BY.
    pub(super) fn groups(&mut self, terms: &[Expression]) -> Result<()> {
        self.list(", ", terms, Self::term)
    }

    /// Writes terms of ORDER BY.
    pub(super) fn orders(&mut self, select: &Select) -> Result<()> {
        self.list(", ", &select.order_by, |compiler, order| {
            compiler.term(&order.expression)?;
            if order.descending {
                compiler.push(" DESC");
            }
            if may_be_null(&order.expression, select) {
                compiler.push(compiler.dialect.nulls_first(order.descending));
            }
            Ok(())
        })
    }

    fn term(&mut self, expression: &Expression) -> Result<()> {
        match expression {
            // Raw text may be more than an operand: a direction, a collation.
            Expression::Raw(raw) => self.raw_fragment(raw),
            other => self.comparable(other, other.column_type(), true),
        }
    }

    fn aggregate(&mut self, aggregate: &Aggregate) -> Result<()> {
        self.aggregate = true;
        let argument = match &aggregate.argument {
            None if aggregate.function != AggregateFunction::Count || aggregate.distinct => {
                return Err(Error::invalid("only a count of rows goes without an argument"));
            }
            None => None,
            Some(argument) => Some(self.part(|compiler| {
                let ordered =
                    matches!(aggregate.function, AggregateFunction::Min | AggregateFunction::Max);
                match argument.column_type() {
                    Some(ty) if ordered || aggregate.distinct => {
                        compiler.comparable(argument, Some(ty), true)
                    }
                    _ => compiler.expression(argument),
                }
            })?),
        };
        let call = AggregateCall {
            function: aggregate.function,
            distinct: aggregate.distinct,
            ty: aggregate.argument.as_ref().and_then(Expression::column_type),
            argument: argument.as_deref(),
        };
        self.dialect.aggregate(&mut self.sql, &call)
    }

    fn excluded(&mut self, column: &ColumnRef) -> Result<()> {
        if !self.in_conflict {
            return Err(Error::invalid(
                "the value of an insert can be named in the update of an upsert only",
            )
            .with_column(column.name.clone()));
        }
        let name = self.part(|compiler| compiler.ident(&column.name))?;
        self.dialect.excluded(&mut self.sql, &name);
        Ok(())
    }
}

/// The type that a bound value is of by itself. It belongs to the shape of a statement.
fn type_of(value: &Value) -> Option<ColumnType> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => ColumnType::Bool,
        Value::I64(_) => ColumnType::I64,
        Value::U64(_) => ColumnType::U64,
        Value::F64(_) => ColumnType::F64,
        Value::Decimal(_) => ColumnType::Decimal { precision: 0, scale: 0 },
        Value::Text(_) => ColumnType::Text,
        Value::Bytes(_) => ColumnType::Bytes,
        Value::Uuid(_) => ColumnType::Uuid,
        Value::Date(_) => ColumnType::Date,
        Value::Time(_) => ColumnType::Time,
        Value::DateTime(_) => ColumnType::DateTime,
        Value::Timestamp(_) => ColumnType::Timestamp,
        Value::Json(_) => ColumnType::Json,
        Value::Array(_) => ColumnType::Array,
        Value::Document(_) => ColumnType::Document,
        Value::ObjectId(_) => ColumnType::ObjectId,
    })
}

/// The column that an expression is about.
pub(super) fn subject(expression: &Expression) -> Option<&Name> {
    match expression {
        Expression::Column(column) | Expression::Excluded(column) => Some(&column.name),
        Expression::Path(path) => match &path.root {
            Root::Column(column) => Some(&column.name),
            Root::Element(_) => None,
        },
        Expression::Arithmetic(left, _, right) => subject(left).or_else(|| subject(right)),
        Expression::Aggregate(aggregate) => aggregate.argument.as_ref().and_then(subject),
        _ => None,
    }
}

/// Whether what rows are ordered by may be null, for all that the statement tells. Raw text says for itself
/// where nulls come.
fn may_be_null(expression: &Expression, select: &Select) -> bool {
    match (expression, &select.projection) {
        (Expression::Raw(_) | Expression::Predicate(_) | Expression::Value(_), _) => false,
        (Expression::Aggregate(aggregate), _) => aggregate.function != AggregateFunction::Count,
        (Expression::Column(column), Projection::Columns(columns)) => {
            let own =
                matches!(&select.from, From::Table { source, .. } if *source == column.source);
            let kept = select.joins.iter().all(|join| join.kind != JoinKind::Right);
            let known = columns.iter().find(|known| known.name == column.name);
            !(own && kept && known.is_some_and(|known| !known.nullable))
        }
        _ => true,
    }
}
