//! Exact arithmetic on the numbers that SQLite stores: integers, and decimals as text.

use std::cmp::Ordering;

use eloquent_core::value::{ColumnValue, ValueRef as CoreRef};
use rusqlite::types::{Value, ValueRef};
use rust_decimal::Decimal;

/// A number as SQLite stores it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    /// An integer.
    Integer(i64),
    /// A decimal, from text or from a double that holds it exactly.
    Decimal(Decimal),
}

/// Why there is no result.
pub(crate) type Refusal = &'static str;

const OVERFLOW: Refusal = "integer overflow";
const NOT_EXACT: Refusal = "the result has more digits than a decimal holds";
const DIVISION: Refusal = "division by zero";
const NO_NUMBER: Refusal = "arithmetic on a value that is no exact number";

/// The text that a decimal is stored as: equal decimals have equal text.
pub(crate) fn canonical(decimal: Decimal) -> String {
    decimal.normalize().to_string()
}

impl Number {
    /// Reads a stored value; null is none.
    pub(crate) fn read(value: ValueRef<'_>) -> Result<Option<Number>, Refusal> {
        let decimal = |value: CoreRef<'_>| Decimal::from_value(value).map_err(|_| NO_NUMBER);
        Ok(Some(match value {
            ValueRef::Null => return Ok(None),
            ValueRef::Integer(integer) => Number::Integer(integer),
            ValueRef::Real(real) => Number::Decimal(decimal(CoreRef::F64(real))?),
            ValueRef::Text(text) => {
                let text = std::str::from_utf8(text).map_err(|_| NO_NUMBER)?;
                Number::Decimal(decimal(CoreRef::Text(text))?)
            }
            ValueRef::Blob(_) => return Err(NO_NUMBER),
        }))
    }

    /// The number as it is stored.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Number::Integer(integer) => Value::Integer(integer),
            Number::Decimal(decimal) => Value::Text(canonical(decimal)),
        }
    }

    pub(crate) fn add(self, other: Number) -> Result<Number, Refusal> {
        match (self, other) {
            (Number::Integer(a), Number::Integer(b)) => integer(a.checked_add(b)),
            (a, b) => decimal(a.exact().add(b.exact())),
        }
    }

    pub(crate) fn subtract(self, other: Number) -> Result<Number, Refusal> {
        match (self, other) {
            (Number::Integer(a), Number::Integer(b)) => integer(a.checked_sub(b)),
            (a, b) => decimal(a.exact().add(b.exact().negated())),
        }
    }

    pub(crate) fn multiply(self, other: Number) -> Result<Number, Refusal> {
        match (self, other) {
            (Number::Integer(a), Number::Integer(b)) => integer(a.checked_mul(b)),
            (a, b) => decimal(a.exact().multiply(b.exact())),
        }
    }

    /// Integers divide to an integer, towards zero, as SQLite's own operator does. A quotient of
    /// decimals is rounded to 28 digits, since most have no end.
    pub(crate) fn divide(self, other: Number) -> Result<Number, Refusal> {
        match (self, other) {
            (_, Number::Integer(0)) => Err(DIVISION),
            (_, Number::Decimal(b)) if b.is_zero() => Err(DIVISION),
            (Number::Integer(a), Number::Integer(b)) => integer(a.checked_div(b)),
            (a, b) => quotient(a.decimal(), b.decimal()).map(Number::Decimal),
        }
    }

    pub(crate) fn exact(self) -> Exact {
        match self {
            Number::Integer(integer) => Exact { mantissa: integer.into(), scale: 0 },
            Number::Decimal(decimal) => {
                let decimal = decimal.normalize();
                Exact { mantissa: decimal.mantissa(), scale: decimal.scale() }
            }
        }
    }

    fn decimal(self) -> Decimal {
        match self {
            Number::Integer(integer) => integer.into(),
            Number::Decimal(decimal) => decimal,
        }
    }
}

fn integer(result: Option<i64>) -> Result<Number, Refusal> {
    result.map(Number::Integer).ok_or(OVERFLOW)
}

fn decimal(result: Option<Exact>) -> Result<Number, Refusal> {
    result.and_then(Exact::into_decimal).map(Number::Decimal).ok_or(NOT_EXACT)
}

/// The quotient, rounded to 28 digits.
pub(crate) fn quotient(dividend: Decimal, divisor: Decimal) -> Result<Decimal, Refusal> {
    dividend.checked_div(divisor).ok_or(NOT_EXACT)
}

/// `mantissa / 10^scale`. [`Decimal`] rounds what it cannot hold; this does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Exact {
    mantissa: i128,
    scale: u32,
}

impl Exact {
    /// The sum, unless it has too many digits.
    pub(crate) fn add(self, other: Exact) -> Option<Exact> {
        let scale = self.scale.max(other.scale);
        let mantissa = self.scaled(scale)?.checked_add(other.scaled(scale)?)?;
        Some(Exact { mantissa, scale })
    }

    /// The decimal of this value, unless it has too many digits.
    pub(crate) fn into_decimal(mut self) -> Option<Decimal> {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        Decimal::try_from_i128_with_scale(self.mantissa, self.scale).ok()
    }

    /// The part in front of the point, and the part behind it in units of the last digit that a decimal
    /// can have. Their sums stay apart, so that a sum may be longer on the way than it is in the end.
    pub(crate) fn split(self) -> (i128, i128) {
        let unit = 10_i128.pow(self.scale.min(Decimal::MAX_SCALE));
        let behind =
            self.mantissa % unit * 10_i128.pow(Decimal::MAX_SCALE.saturating_sub(self.scale));
        (self.mantissa / unit, behind)
    }

    /// The value of two such parts, unless it has too many digits.
    pub(crate) fn join(whole: i128, behind: i128) -> Option<Exact> {
        let unit = 10_i128.pow(Decimal::MAX_SCALE);
        let whole = whole.checked_add(behind / unit)?;
        let mut behind = Exact { mantissa: behind % unit, scale: Decimal::MAX_SCALE };
        while behind.scale > 0 && behind.mantissa % 10 == 0 {
            behind.mantissa /= 10;
            behind.scale -= 1;
        }
        Exact { mantissa: whole, scale: 0 }.add(behind)
    }

    fn negated(self) -> Exact {
        Exact { mantissa: -self.mantissa, ..self }
    }

    fn multiply(self, other: Exact) -> Option<Exact> {
        let mantissa = self.mantissa.checked_mul(other.mantissa)?;
        Some(Exact { mantissa, scale: self.scale + other.scale })
    }

    fn scaled(self, scale: u32) -> Option<i128> {
        self.mantissa.checked_mul(10_i128.checked_pow(scale - self.scale)?)
    }
}

/// Orders decimals by their value, of any length; other text comes after them, in the order of its
/// bytes.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    match (Digits::parse(left), Digits::parse(right)) {
        (Some(left), Some(right)) => left.compare(right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => left.cmp(right),
    }
}

/// The digits of a decimal, without the zeros that do not count.
#[derive(Clone, Copy)]
struct Digits<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
}

impl<'t> Digits<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Digits { negative: negative && !zero, whole, fraction })
    }

    fn compare(self, other: Self) -> Ordering {
        let size = |a: Self, b: Self| {
            let whole = a.whole.len().cmp(&b.whole.len()).then(a.whole.cmp(b.whole));
            whole.then(a.fraction.cmp(b.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => size(self, other),
            (true, true) => size(other, self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::read(ValueRef::Text(text.as_bytes())).unwrap().unwrap()
    }

    fn text(result: Result<Number, Refusal>) -> String {
        match result.unwrap().into_value() {
            Value::Text(text) => text,
            other => panic!("no decimal: {other:?}"),
        }
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(text(number("0.1").add(number("0.2"))), "0.3");
        assert_eq!(text(number("1.10").subtract(number("1.1"))), "0");
        assert_eq!(text(number("1.5").multiply(number("-2"))), "-3");
        assert_eq!(text(number("0.1").add(Number::Integer(i64::MAX))), "9223372036854775807.1");
        assert_eq!(number("79228162514264337593543950335").add(number("0.1")), Err(NOT_EXACT));
        let fine = number("0.0000000000000000000000000001");
        assert_eq!(fine.multiply(fine), Err(NOT_EXACT));
        assert_eq!(text(number("1").divide(number("8"))), "0.125");
        assert_eq!(number("1").divide(number("0.0")), Err(DIVISION));
    }

    #[test]
    fn parts_of_a_decimal_make_it_whole() {
        for case in ["0", "-0.5", "1.0000000000000000000000000001", "79228162514264337593543950335"]
        {
            let exact = number(case).exact();
            let (whole, behind) = exact.split();
            assert_eq!(Exact::join(whole, behind), Some(exact), "{case}");
        }
        let tenth = 10_i128.pow(27);
        let sum = Exact::join(3, -5 * tenth).and_then(Exact::into_decimal);
        assert_eq!(sum, "2.5".parse().ok());
        assert_eq!(Exact::join(0, 25 * tenth).and_then(Exact::into_decimal), "2.5".parse().ok());
    }

    #[test]
    fn integers_never_wrap() {
        let (least, most) = (Number::Integer(i64::MIN), Number::Integer(i64::MAX));
        let one = Number::Integer(1);
        assert_eq!(most.add(one), Err(OVERFLOW));
        assert_eq!(least.subtract(one), Err(OVERFLOW));
        assert_eq!(most.multiply(most), Err(OVERFLOW));
        assert_eq!(least.divide(Number::Integer(-1)), Err(OVERFLOW));
        assert_eq!(one.divide(Number::Integer(0)), Err(DIVISION));
        assert_eq!(Number::Integer(-7).divide(Number::Integer(2)), Ok(Number::Integer(-3)));
        assert_eq!(most.add(Number::Integer(-1)), Ok(Number::Integer(i64::MAX - 1)));
    }

    #[test]
    fn what_is_no_exact_number_is_refused() {
        assert!(Number::read(ValueRef::Text(b"ten")).is_err());
        assert!(Number::read(ValueRef::Text(b"\xff")).is_err());
        assert!(Number::read(ValueRef::Blob(b"1")).is_err());
        assert!(Number::read(ValueRef::Real(0.1 + 0.2)).is_err());
        assert_eq!(Number::read(ValueRef::Real(0.5)), Ok(Some(number("0.5"))));
        assert_eq!(Number::read(ValueRef::Null), Ok(None));
    }

    #[test]
    fn decimal_text_is_ordered_by_value() {
        let ordered = [
            "-100000000000000000000000000000000000000000.5",
            "-10",
            "-9.99",
            "-0.5",
            "0",
            "0.05",
            "0.5",
            "9",
            "10",
            "10.0000000000000000000000000000000000000000001",
            "11",
            "",
            "abc",
            "b",
        ];
        for (i, left) in ordered.iter().enumerate() {
            for (j, right) in ordered.iter().enumerate() {
                assert_eq!(compare(left, right), i.cmp(&j), "{left} and {right}");
            }
        }
        for (left, right) in
            [("1.10", "1.1"), ("-0", "0.0"), ("007", "7"), ("+1", "1"), (".5", "0.5")]
        {
            assert_eq!(compare(left, right), Ordering::Equal);
        }
    }
}
