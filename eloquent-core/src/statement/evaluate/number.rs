//! Arithmetic: exact, or an error.

use std::cmp::Ordering;

use rust_decimal::prelude::ToPrimitive;

use super::wrong;
use crate::statement::ArithmeticOperator;
use crate::value::{ColumnValue, Decimal, Value, ValueRef};
use crate::{Error, ErrorKind, Result};

/// A number of any type.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Integer(i128),
    Decimal(Decimal),
    Double(f64),
}

impl Number {
    /// The number that a value is, if it is one.
    pub(super) fn of(value: &Value) -> Option<Number> {
        match value {
            Value::I64(integer) => Some(Number::Integer((*integer).into())),
            Value::U64(integer) => Some(Number::Integer((*integer).into())),
            Value::Decimal(decimal) => Some(Number::Decimal(*decimal)),
            Value::F64(double) => Some(Number::Double(*double)),
            _ => None,
        }
    }

    /// The order, unless one is not a number.
    pub(super) fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Integer(left), Number::Integer(right)) => Some(left.cmp(&right)),
            (Number::Double(left), Number::Double(right)) => left.partial_cmp(&right),
            (Number::Integer(left), Number::Double(right)) => with_double(left, right),
            (Number::Double(left), Number::Integer(right)) => {
                with_double(right, left).map(Ordering::reverse)
            }
            (left, right) => match (left.decimal(), right.decimal()) {
                (Ok(left), Ok(right)) => Some(left.cmp(&right)),
                _ => left.double().partial_cmp(&right.double()),
            },
        }
    }

    /// The order; what is not a number comes last.
    pub(super) fn total(self, other: Number) -> Ordering {
        self.compare(other).unwrap_or_else(|| self.double().is_nan().cmp(&other.double().is_nan()))
    }

    fn decimal(self) -> Result<Decimal> {
        match self {
            Number::Integer(integer) => exact(Some(integer), 0),
            Number::Decimal(decimal) => Ok(decimal),
            Number::Double(double) => Decimal::from_value(ValueRef::F64(double))
                .map_err(|mismatch| mismatch.into_encode_error()),
        }
    }

    fn double(self) -> f64 {
        match self {
            #[allow(clippy::cast_precision_loss)] // as databases turn integers to doubles
            Number::Integer(integer) => integer as f64,
            Number::Decimal(decimal) => decimal.to_f64().unwrap_or(f64::NAN),
            Number::Double(double) => double,
        }
    }
}

/// The order of an integer and a double, to the last digit.
fn with_double(integer: i128, double: f64) -> Option<Ordering> {
    #[allow(clippy::cast_possible_truncation)] // what is larger than all integers stays so
    let whole = double.floor() as i128;
    let behind = if double.fract() == 0.0 { Ordering::Equal } else { Ordering::Less };
    (!double.is_nan()).then(|| integer.cmp(&whole).then(behind))
}

/// Two numbers combined, as the type that [`Expression::column_type`] gives the result.
///
/// [`Expression::column_type`]: crate::statement::Expression::column_type
pub(super) fn combine(left: &Value, operator: ArithmeticOperator, right: &Value) -> Result<Value> {
    if left.is_null() || right.is_null() {
        return Ok(Value::Null);
    }
    let number = |value: &Value| Number::of(value).ok_or_else(|| wrong("a number", value));
    match (number(left)?, number(right)?) {
        (Number::Integer(a), Number::Integer(b)) => {
            let result = match operator {
                ArithmeticOperator::Add => a.checked_add(b),
                ArithmeticOperator::Subtract => a.checked_sub(b),
                ArithmeticOperator::Multiply => a.checked_mul(b),
                ArithmeticOperator::Divide if b == 0 => return Err(refuse(DIVISION)),
                ArithmeticOperator::Divide => a.checked_div(b),
            };
            integer(result, matches!(left, Value::U64(_)))
        }
        (a @ Number::Decimal(_), b) | (a, b @ Number::Decimal(_)) => {
            decimals(a.decimal()?, operator, b.decimal()?).map(Value::Decimal)
        }
        (a, b) => {
            let (a, b) = (a.double(), b.double());
            let result = match operator {
                ArithmeticOperator::Add => a + b,
                ArithmeticOperator::Subtract => a - b,
                ArithmeticOperator::Multiply => a * b,
                ArithmeticOperator::Divide if b == 0.0 => return Err(refuse(DIVISION)),
                ArithmeticOperator::Divide => a / b,
            };
            double(result)
        }
    }
}

/// The sum of numbers; null when there is none.
pub(super) fn sum(values: &[Value]) -> Result<Value> {
    match (values.first(), integers(values)) {
        (None, _) => Ok(Value::Null),
        // only the end has to be in range
        (Some(first), Some(sum)) => integer(Some(sum), matches!(first, Value::U64(_))),
        _ => {
            let add = |sum, value| combine(&sum, ArithmeticOperator::Add, value);
            values.iter().try_fold(Value::I64(0), add)
        }
    }
}

/// The mean of numbers, null when there is none: of integers a double, of decimals a decimal that is
/// rounded to 28 digits.
pub(super) fn mean(values: &[Value]) -> Result<Value> {
    if values.is_empty() {
        return Ok(Value::Null);
    }
    let sum = match integers(values) {
        Some(sum) => Value::F64(Number::Integer(sum).double()),
        None => sum(values)?,
    };
    combine(&sum, ArithmeticOperator::Divide, &Value::U64(values.len() as u64))
}

/// The sum, if all of them are integers.
fn integers(values: &[Value]) -> Option<i128> {
    values.iter().try_fold(0_i128, |sum, value| match Number::of(value) {
        Some(Number::Integer(integer)) => sum.checked_add(integer),
        _ => None,
    })
}

fn decimals(a: Decimal, operator: ArithmeticOperator, b: Decimal) -> Result<Decimal> {
    let (a, b) = (a.normalize(), b.normalize());
    let scale = a.scale().max(b.scale());
    let scaled = |decimal: Decimal| {
        decimal.mantissa().checked_mul(10_i128.checked_pow(scale - decimal.scale())?)
    };
    let both = scaled(a).zip(scaled(b));
    match operator {
        ArithmeticOperator::Add => exact(both.and_then(|(a, b)| a.checked_add(b)), scale),
        ArithmeticOperator::Subtract => exact(both.and_then(|(a, b)| a.checked_sub(b)), scale),
        ArithmeticOperator::Multiply => {
            exact(a.mantissa().checked_mul(b.mantissa()), a.scale() + b.scale())
        }
        ArithmeticOperator::Divide if b.is_zero() => Err(refuse(DIVISION)),
        // most quotients have no end: they are rounded to 28 digits
        ArithmeticOperator::Divide => a.checked_div(b).ok_or_else(|| refuse(DIGITS)),
    }
}

/// `mantissa / 10^scale`. [`Decimal`] would round what it cannot hold.
fn exact(mantissa: Option<i128>, mut scale: u32) -> Result<Decimal> {
    let mut mantissa = mantissa.ok_or_else(|| refuse(DIGITS))?;
    while scale > 0 && mantissa % 10 == 0 {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| refuse(DIGITS))
}

fn integer(result: Option<i128>, unsigned: bool) -> Result<Value> {
    let value = result.and_then(|result| match unsigned {
        true => u64::try_from(result).ok().map(Value::U64),
        false => i64::try_from(result).ok().map(Value::I64),
    });
    value.ok_or_else(|| refuse(RANGE))
}

fn double(result: f64) -> Result<Value> {
    if result.is_finite() { Ok(Value::F64(result)) } else { Err(refuse(RANGE)) }
}

const RANGE: &str = "the result is out of the range of its type";
const DIGITS: &str = "the result has more digits than a decimal holds";
const DIVISION: &str = "division by zero";

fn refuse(reason: &'static str) -> Error {
    Error::new(ErrorKind::Encode, reason)
}

#[cfg(test)]
mod tests {
    use super::ArithmeticOperator::{Add, Divide, Multiply, Subtract};
    use super::*;

    fn decimal(text: &str) -> Value {
        Value::Decimal(text.parse().unwrap())
    }

    #[test]
    fn integers_do_not_wrap() {
        let most = Value::I64(i64::MAX);
        for (left, operator, right) in [
            (&most, Add, 1),
            (&most, Multiply, 2),
            (&Value::I64(i64::MIN), Subtract, 1),
            (&Value::I64(i64::MIN), Divide, -1),
            (&Value::U64(1), Subtract, 2),
            (&Value::I64(1), Divide, 0),
        ] {
            let error = combine(left, operator, &Value::I64(right)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Encode);
        }
        assert_eq!(combine(&Value::I64(-7), Divide, &Value::I64(2)).unwrap(), Value::I64(-3));
        assert_eq!(combine(&Value::U64(7), Add, &Value::I64(-2)).unwrap(), Value::U64(5));
    }

    #[test]
    fn decimals_are_exact() {
        let combined = |a, operator, b| combine(&decimal(a), operator, &decimal(b));
        assert_eq!(combined("0.1", Add, "0.2").unwrap(), decimal("0.3"));
        assert_eq!(combined("1.5", Multiply, "0.02").unwrap(), decimal("0.03"));
        assert_eq!(combined("1", Divide, "8").unwrap(), decimal("0.125"));
        assert!(combined("1", Divide, "0.0").is_err());
        assert!(combined("79228162514264337593543950335", Add, "0.1").is_err());
        assert!(combined("0.00000000000001", Multiply, "0.000000000000001").is_err());
        let sum = combine(&decimal("0.5"), Add, &Value::I64(1)).unwrap();
        assert_eq!(sum, decimal("1.5"));
    }

    #[test]
    fn doubles_stay_finite() {
        assert_eq!(combine(&Value::F64(0.5), Divide, &Value::F64(4.0)).unwrap(), Value::F64(0.125));
        assert!(combine(&Value::F64(f64::MAX), Multiply, &Value::F64(2.0)).is_err());
        assert!(combine(&Value::F64(1.0), Divide, &Value::F64(0.0)).is_err());
    }

    #[test]
    fn null_stays_unknown_and_text_is_no_number() {
        assert_eq!(combine(&Value::Null, Add, &Value::I64(1)).unwrap(), Value::Null);
        assert!(combine(&Value::Text("1".into()), Add, &Value::I64(1)).is_err());
    }

    #[test]
    fn sums_and_means() {
        let numbers = [i64::MAX, 1, -1].map(Value::I64);
        assert_eq!(sum(&numbers).unwrap(), Value::I64(i64::MAX), "only the end counts");
        assert!(sum(&numbers[..2]).is_err());
        assert_eq!(sum(&[]).unwrap(), Value::Null);
        assert_eq!(mean(&[7, 10].map(Value::I64)).unwrap(), Value::F64(8.5));
        assert_eq!(mean(&[decimal("0.1"), decimal("0.2")]).unwrap(), decimal("0.15"));
        assert!(sum(&[Value::Bool(true)]).is_err());
    }

    #[test]
    fn numbers_of_two_types_are_compared() {
        let order = |left: Value, right: Value| {
            Number::of(&left).unwrap().compare(Number::of(&right).unwrap())
        };
        assert_eq!(order(Value::U64(u64::MAX), Value::I64(-1)), Some(Ordering::Greater));
        assert_eq!(order(decimal("0.10"), Value::F64(0.1)), Some(Ordering::Equal));
        assert_eq!(order(Value::I64(2), decimal("1.9")), Some(Ordering::Greater));
        let large = 1_i64 << 53;
        assert_eq!(order(Value::I64(large + 1), Value::F64(large as f64)), Some(Ordering::Greater));
        assert_eq!(order(Value::F64(-1.5), Value::I64(-1)), Some(Ordering::Less));
        assert_eq!(order(Value::F64(f64::INFINITY), Value::U64(1)), Some(Ordering::Greater));
        assert_eq!(order(Value::F64(f64::NAN), Value::I64(1)), None);
    }
}
