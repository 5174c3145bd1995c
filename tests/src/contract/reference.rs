//! What predicates mean: an evaluation in plain Rust, to compare databases with.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use eloquent_core::statement::{CompareOperator, Expression, Predicate};
use eloquent_core::value::Value;

/// A row by the names of its columns.
pub(super) type Row = BTreeMap<&'static str, Value>;

/// Whether the predicate holds; `None` when it is unknown, because a null is compared.
pub(super) fn holds(predicate: &Predicate, row: &Row) -> Option<bool> {
    match predicate {
        Predicate::Constant(truth) => Some(*truth),
        Predicate::IsTrue(expression) => match read(expression, row) {
            Value::Bool(truth) => Some(truth),
            _ => None,
        },
        Predicate::Compare(left, operator, right) => {
            let (left, right) = (read(left, row), read(right, row));
            match (right.is_null(), operator) {
                (true, CompareOperator::Equal) => Some(left.is_null()),
                (true, _) => Some(!left.is_null()),
                (false, operator) => order(&left, &right).map(|order| fits(*operator, order)),
            }
        }
        Predicate::In { expression, values, negated } => {
            let needle = read(expression, row);
            if values.is_empty() {
                return Some(*negated);
            }
            let found = values.iter().any(|v| order(&needle, v) == Some(Ordering::Equal));
            (!needle.is_null()).then_some(found != *negated)
        }
        Predicate::Between { expression, low, high, negated } => {
            let value = read(expression, row);
            let low = order(&value, &read(low, row))?;
            let high = order(&value, &read(high, row))?;
            Some((low.is_ge() && high.is_le()) != *negated)
        }
        Predicate::IsNull { expression, negated } => {
            Some(read(expression, row).is_null() != *negated)
        }
        Predicate::Like { expression, pattern, negated } => {
            let (Value::Text(text), Value::Text(pattern)) = (read(expression, row), pattern) else {
                return None;
            };
            let (text, pattern) = (text.chars().collect::<Vec<_>>(), pattern.chars());
            Some(like(&text, &pattern.collect::<Vec<_>>()) != *negated)
        }
        Predicate::And(all) => all.iter().map(|one| holds(one, row)).fold(Some(true), and),
        Predicate::Or(any) => any
            .iter()
            .map(|one| holds(one, row).map(|truth| !truth))
            .fold(Some(true), and)
            .map(|t| !t),
        Predicate::Not(inner) => holds(inner, row).map(|truth| !truth),
        other => panic!("the reference does not know {other:?}"),
    }
}

fn and(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn read(expression: &Expression, row: &Row) -> Value {
    match expression {
        Expression::Column(column) => row[&*column.name].clone(),
        Expression::Value(value) => value.clone(),
        other => panic!("the reference does not know {other:?}"),
    }
}

/// The order of two values of one type; `None` when one is null.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::I64(a), Value::I64(b)) => Some(a.cmp(b)),
        (Value::F64(a), Value::F64(b)) => a.partial_cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Uuid(a), Value::Uuid(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(b)),
        other => panic!("the reference does not compare {other:?}"),
    }
}

fn fits(operator: CompareOperator, order: Ordering) -> bool {
    match operator {
        CompareOperator::Equal => order.is_eq(),
        CompareOperator::NotEqual => order.is_ne(),
        CompareOperator::Less => order.is_lt(),
        CompareOperator::LessOrEqual => order.is_le(),
        CompareOperator::Greater => order.is_gt(),
        CompareOperator::GreaterOrEqual => order.is_ge(),
    }
}

fn like(text: &[char], pattern: &[char]) -> bool {
    match (text, pattern) {
        ([], []) => true,
        (_, ['%', rest @ ..]) => (0..=text.len()).any(|skipped| like(&text[skipped..], rest)),
        ([_, text @ ..], ['_', rest @ ..]) => like(text, rest),
        ([c, text @ ..], ['\\', escaped, rest @ ..]) => c == escaped && like(text, rest),
        ([c, text @ ..], [p, rest @ ..]) => c == p && like(text, rest),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let is_like = |text: &str, pattern: &str| {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            like(&chars(text), &chars(pattern))
        };
        assert!(is_like("abc", "a%") && is_like("abc", "_b_") && is_like("a%", "a\\%"));
        assert!(!is_like("abc", "b%") && !is_like("abc", "__") && !is_like("ab", "a\\%"));
        assert!(is_like("", "%") && !is_like("", "_"));
    }
}
