//! How values are ordered: where they are compared, and in results.

use std::cmp::Ordering;

use super::number::Number;
use crate::value::Value;
use crate::{Error, Result};

/// The order of two values; `None` when one is null or not a number.
///
/// # Errors
/// When they are of different kinds, or of one that has no order.
pub(super) fn compare(left: &Value, right: &Value) -> Result<Option<Ordering>> {
    if left.is_null() || right.is_null() {
        return Ok(None);
    }
    if let (Some(left), Some(right)) = (Number::of(left), Number::of(right)) {
        return Ok(left.compare(right));
    }
    scalars(left, right).map(Some).ok_or_else(|| {
        let (left, right) = (left.type_name(), right.type_name());
        Error::invalid(format!("{left} cannot be compared with {right}"))
    })
}

/// The order of two values of one kind, unless they are numbers.
fn scalars(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Bytes(left), Value::Bytes(right)) => left.cmp(right),
        (Value::Uuid(left), Value::Uuid(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Time(left), Value::Time(right)) => left.cmp(right),
        (Value::DateTime(left), Value::DateTime(right)) => left.cmp(right),
        (Value::Timestamp(left), Value::Timestamp(right)) => left.cmp(right),
        (Value::ObjectId(left), Value::ObjectId(right)) => left.cmp(right),
        _ => return None,
    })
}

/// The order of values in a result, for all of them: null, then one kind after the other. What is equal
/// here is one value to groups, to `distinct` and to unique columns.
pub(super) fn total(left: &Value, right: &Value) -> Ordering {
    rank(left).cmp(&rank(right)).then_with(|| match (left, right) {
        (Value::Array(left), Value::Array(right)) => all(left, right),
        (Value::Json(left), Value::Json(right)) => left.to_string().cmp(&right.to_string()),
        (Value::Document(left), Value::Document(right)) => {
            let names = left.iter().map(|(name, _)| name);
            let values = left.iter().zip(right.iter());
            names.cmp(right.iter().map(|(name, _)| name)).then_with(|| {
                let mut orders = values.map(|((_, left), (_, right))| total(left, right));
                orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
            })
        }
        _ => match (Number::of(left), Number::of(right)) {
            (Some(left), Some(right)) => left.total(right),
            _ => scalars(left, right).unwrap_or(Ordering::Equal),
        },
    })
}

/// [`total`] of one value after the other.
fn all(left: &[Value], right: &[Value]) -> Ordering {
    let mut orders = left.iter().zip(right).map(|(left, right)| total(left, right));
    let first = orders.find(|order| order.is_ne());
    first.unwrap_or_else(|| left.len().cmp(&right.len()))
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::I64(_) | Value::U64(_) | Value::F64(_) | Value::Decimal(_) => 2,
        Value::Text(_) => 3,
        Value::Bytes(_) => 4,
        Value::Uuid(_) => 5,
        Value::ObjectId(_) => 6,
        Value::Date(_) => 7,
        Value::Time(_) => 8,
        Value::DateTime(_) => 9,
        Value::Timestamp(_) => 10,
        Value::Json(_) => 11,
        Value::Array(_) => 12,
        Value::Document(_) => 13,
    }
}

/// Values that are found by their order.
#[derive(Debug)]
pub(super) struct Ordered(pub(super) Vec<Value>);

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        all(&self.0, &other.0)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}
