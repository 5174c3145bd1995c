//! What statements mean, in memory: on rows that are at hand, in plain Rust.
//!
//! A driver whose database is a list of documents answers with it, and what databases answer can be
//! compared with it. Null is unknown where it is compared or computed with, and comes first in orders.
//! Numbers are exact or an error. Text is compared by code points, in a pattern as well: `a` is not `A`.

mod inside;
mod number;
mod order;
mod pattern;
mod select;
mod write;

use super::{Aggregate, ColumnRef, CompareOperator, Expression, Predicate};
use crate::value::{Document, Mismatch, Value};
use crate::{Error, ErrorKind, Result};

/// A row that expressions read.
pub trait Record {
    /// The value of a column.
    ///
    /// # Errors
    /// When there is no such column.
    fn field(&self, column: &ColumnRef) -> Result<&Value>;

    /// The element of a list that a condition looks at.
    ///
    /// # Errors
    /// When it looks at none of this number, which is the default.
    fn element(&self, _number: u16) -> Result<&Value> {
        Err(Error::invalid("a condition speaks of an element of a list that it does not look at"))
    }

    /// The value of a function over the rows that this one stands for.
    ///
    /// # Errors
    /// When it stands for none but itself, which is the default, or the value cannot be computed.
    fn aggregate(&self, _aggregate: &Aggregate) -> Result<Value> {
        Err(Error::invalid("a function over the rows of a group stands outside of groups"))
    }
}

/// A field that a document lacks is null.
impl Record for Document {
    fn field(&self, column: &ColumnRef) -> Result<&Value> {
        Ok(self.get(&column.name).unwrap_or(&Value::Null))
    }
}

impl Expression {
    /// The value for a row.
    ///
    /// ```
    /// use eloquent_core::statement::{ArithmeticOperator, Expression};
    /// use eloquent_core::value::{Document, Value};
    ///
    /// let one = || Box::new(Expression::Value(Value::I64(1)));
    /// let sum = Expression::Arithmetic(one(), ArithmeticOperator::Add, one());
    /// assert_eq!(sum.evaluate(&Document::new()).unwrap(), Value::I64(2));
    /// ```
    ///
    /// # Errors
    /// Those of [`Record`]; [`ErrorKind::Encode`] for a result that is not exact or out of range;
    /// [`ErrorKind::Unsupported`] for raw text.
    pub fn evaluate(&self, record: &dyn Record) -> Result<Value> {
        match self {
            Expression::Column(column) => record.field(column).cloned(),
            Expression::Value(value) => Ok(value.clone()),
            Expression::Arithmetic(left, operator, right) => {
                let (left, right) = (left.evaluate(record)?, right.evaluate(record)?);
                number::combine(&left, *operator, &right)
            }
            Expression::Aggregate(aggregate) => record.aggregate(aggregate),
            Expression::Predicate(predicate) => {
                Ok(predicate.holds(record)?.map_or(Value::Null, Value::Bool))
            }
            Expression::Invalid(mismatch) => Err(mismatch.clone().into_encode_error()),
            Expression::Raw(_) => Err(unsupported("raw text")),
            Expression::Excluded(_) => Err(unsupported("an upsert")),
            Expression::Path(path) => Ok(inside::find(path, record)?.unwrap_or(Value::Null)),
            Expression::Size(list) => inside::size(&list.evaluate(record)?),
            Expression::Changed(_) => Err(unsupported("a change inside of a column")
                .with_hint("read the column, and write it as a whole")),
        }
    }

    fn is_null(&self) -> bool {
        matches!(self, Expression::Value(Value::Null))
    }
}

impl Predicate {
    /// Whether it holds for a row; `None` when that is unknown.
    ///
    /// ```
    /// use eloquent_core::statement::{CompareOperator, Expression, Predicate};
    /// use eloquent_core::value::{Document, Value};
    ///
    /// let one = || Expression::Value(Value::I64(1));
    /// let equal = Predicate::Compare(one(), CompareOperator::Equal, one());
    /// assert_eq!(equal.holds(&Document::new()).unwrap(), Some(true));
    /// ```
    ///
    /// # Errors
    /// Those of [`Expression::evaluate`], and [`ErrorKind::InvalidInput`] when values of different
    /// kinds are compared.
    pub fn holds(&self, record: &dyn Record) -> Result<Option<bool>> {
        Ok(match self {
            Predicate::Constant(truth) => Some(*truth),
            Predicate::IsTrue(expression) => match expression.evaluate(record)? {
                Value::Bool(truth) => Some(truth),
                Value::Null => None,
                other => return Err(wrong("a boolean", &other)),
            },
            Predicate::Compare(left, operator, right) => compare(left, *operator, right, record)?,
            Predicate::In { expression, values, negated } => {
                if values.iter().any(Value::is_null) {
                    let error = Error::invalid("a list to look in cannot hold null");
                    return Err(error.with_hint("ask for null in a predicate of its own"));
                }
                let value = expression.evaluate(record)?;
                let mut found = false;
                for other in values {
                    found |= order::compare(&value, other)?.is_some_and(|order| order.is_eq());
                }
                // nothing is in an empty list, not even an unknown value
                let known = !value.is_null() || values.is_empty();
                known.then_some(found != *negated)
            }
            Predicate::Between { expression, low, high, negated } => {
                if low.is_null() || high.is_null() {
                    return Err(Error::invalid("a range cannot end at null"));
                }
                let value = expression.evaluate(record)?;
                let low = order::compare(&value, &low.evaluate(record)?)?;
                let high = order::compare(&value, &high.evaluate(record)?)?;
                let inside = and(low.map(|order| order.is_ge()), high.map(|order| order.is_le()));
                inside.map(|inside| inside != *negated)
            }
            Predicate::IsNull { expression, negated } => {
                Some(expression.evaluate(record)?.is_null() != *negated)
            }
            Predicate::Like { expression, pattern, negated } => {
                match (expression.evaluate(record)?, pattern) {
                    (Value::Text(text), Value::Text(pattern)) => {
                        Some(pattern::matches(pattern, &text) != *negated)
                    }
                    (Value::Null, _) => None,
                    (other, _) => return Err(wrong("text", &other)),
                }
            }
            Predicate::And(all) => Predicate::all_hold(all, record)?,
            Predicate::Or(any) => {
                let mut none = Some(true);
                for one in any {
                    none = and(none, one.holds(record)?.map(|truth| !truth));
                }
                none.map(|none| !none)
            }
            Predicate::Not(inner) => inner.holds(record)?.map(|truth| !truth),
            Predicate::Raw(_) => return Err(unsupported("raw text")),
            Predicate::Exists { expression, negated } => {
                Some(inside::exists(expression, record)? != *negated)
            }
            Predicate::List(asked) => inside::asked(asked, record)?,
        })
    }

    /// Whether all of them hold, as those of a filter have to; true when there is none. Each is looked
    /// at, also behind one that does not hold.
    ///
    /// # Errors
    /// As [`holds`](Self::holds).
    pub fn all_hold(all: &[Predicate], record: &dyn Record) -> Result<Option<bool>> {
        let mut truth = Some(true);
        for one in all {
            truth = and(truth, one.holds(record)?);
        }
        Ok(truth)
    }
}

fn and(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn compare(
    left: &Expression,
    operator: CompareOperator,
    right: &Expression,
    record: &dyn Record,
) -> Result<Option<bool>> {
    let asks_for_null = left.is_null() || right.is_null();
    let (left, right) = (left.evaluate(record)?, right.evaluate(record)?);
    if asks_for_null {
        let both = left.is_null() && right.is_null();
        return match operator {
            CompareOperator::Equal => Ok(Some(both)),
            CompareOperator::NotEqual => Ok(Some(!both)),
            _ => Err(Error::invalid("null is neither less nor greater than a value")),
        };
    }
    let order = order::compare(&left, &right)?;
    Ok(order.map(|order| match operator {
        CompareOperator::Equal => order.is_eq(),
        CompareOperator::NotEqual => order.is_ne(),
        CompareOperator::Less => order.is_lt(),
        CompareOperator::LessOrEqual => order.is_le(),
        CompareOperator::Greater => order.is_gt(),
        CompareOperator::GreaterOrEqual => order.is_ge(),
    }))
}

fn unsupported(feature: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{feature} is not supported in memory"))
}

fn wrong(expected: &'static str, found: &Value) -> Error {
    Error::invalid(Mismatch::wrong_type(expected, found.as_ref()).reason().to_owned())
}

#[cfg(test)]
mod tests;
