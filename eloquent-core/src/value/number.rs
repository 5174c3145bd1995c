//! Numbers: in range and exact, or an error.

use super::{ColumnValue, Decimal, Element, Mismatch, Value, ValueRef};
use crate::schema::ColumnType;

macro_rules! integers {
    ($($type:ty, $column:ident, $variant:ident($wide:ty);)+) => {$(
        impl ColumnValue for $type {
            type Plain = Self;
            type Inside = crate::value::Opaque;
            const TYPE: ColumnType = ColumnType::$column;

            fn into_value(self) -> Result<Value, Mismatch> {
                Ok(Value::$variant(<$wide>::from(self)))
            }

            fn to_value(&self) -> Result<Value, Mismatch> {
                self.into_value()
            }

            #[inline]
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                let out_of_range = || {
                    Mismatch::because(concat!("the stored integer is out of the range of ", stringify!($type)))
                };
                match value {
                    ValueRef::I64(v) => Self::try_from(v).map_err(|_| out_of_range()),
                    ValueRef::U64(v) => Self::try_from(v).map_err(|_| out_of_range()),
                    other => Err(Mismatch::wrong_type("an integer", other)),
                }
            }
        }
    )+};
}

integers! {
    i8, I8, I64(i64);
    i16, I16, I64(i64);
    i32, I32, I64(i64);
    i64, I64, I64(i64);
    u8, U8, U64(u64);
    u16, U16, U64(u64);
    u32, U32, U64(u64);
    u64, U64, U64(u64);
}

// Not `u8`: a `Vec<u8>` is bytes.
impl Element for i16 {}
impl Element for i32 {}
impl Element for i64 {}
impl Element for u32 {}
impl Element for u64 {}
impl Element for f64 {}
impl Element for Decimal {}

/// The integers that a double holds exactly reach to 2^53.
const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

impl ColumnValue for f64 {
    type Plain = Self;
    type Inside = crate::value::Opaque;
    const TYPE: ColumnType = ColumnType::F64;

    fn into_value(self) -> Result<Value, Mismatch> {
        Ok(Value::F64(self))
    }

    fn to_value(&self) -> Result<Value, Mismatch> {
        Ok(Value::F64(*self))
    }

    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        let inexact =
            || Mismatch::because("the stored integer has more digits than a double holds");
        match value {
            ValueRef::F64(v) => Ok(v),
            #[allow(clippy::cast_precision_loss)] // guarded: exact up to 2^53
            ValueRef::I64(v) if v.unsigned_abs() <= EXACT => Ok(v as f64),
            #[allow(clippy::cast_precision_loss)]
            ValueRef::U64(v) if v <= EXACT => Ok(v as f64),
            ValueRef::I64(_) | ValueRef::U64(_) => Err(inexact()),
            other => Err(Mismatch::wrong_type("a floating-point number", other)),
        }
    }
}

impl ColumnValue for f32 {
    type Plain = Self;
    type Inside = crate::value::Opaque;
    const TYPE: ColumnType = ColumnType::F32;

    fn into_value(self) -> Result<Value, Mismatch> {
        Ok(Value::F64(f64::from(self)))
    }

    fn to_value(&self) -> Result<Value, Mismatch> {
        self.into_value()
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        let wide = f64::from_value(value)?;
        #[allow(clippy::cast_possible_truncation)] // compared right below
        let narrow = wide as f32;
        if f64::from(narrow) == wide || wide.is_nan() {
            Ok(narrow)
        } else {
            Err(Mismatch::because("the stored number has more digits than an f32 holds"))
        }
    }
}

impl ColumnValue for Decimal {
    type Plain = Self;
    type Inside = crate::value::Opaque;
    const TYPE: ColumnType = ColumnType::Decimal { precision: 0, scale: 0 };

    fn into_value(self) -> Result<Value, Mismatch> {
        Ok(Value::Decimal(self))
    }

    fn to_value(&self) -> Result<Value, Mismatch> {
        Ok(Value::Decimal(*self))
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Decimal(v) => Ok(v),
            ValueRef::I64(v) => Ok(v.into()),
            ValueRef::U64(v) => Ok(v.into()),
            ValueRef::Text(v) => Decimal::from_str_exact(v).map_err(|_| match is_number(v) {
                true => Mismatch::because(
                    "the number has more than the 28 digits that a decimal holds: cast it to text in the \
                     query, and read it as a `String`",
                ),
                false => {
                    Mismatch::because("expected a decimal of at most 28 digits, found other text")
                }
            }),
            ValueRef::F64(v) => decimal_of_double(v),
            other => Err(Mismatch::wrong_type("a decimal", other)),
        }
    }
}

/// Whether a text is a number in plain notation.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// The decimal that was meant when it was stored as a double: a double keeps every decimal of up to
/// 15 significant digits apart (`f64::DIGITS`), so its shortest form is that decimal.
fn decimal_of_double(double: f64) -> Result<Decimal, Mismatch> {
    let refuse = || {
        Mismatch::because(
            "expected a decimal, found a floating-point number of over 15 digits: it is not exact",
        )
    };
    let text = double.to_string(); // shortest text that reads back as the same double, no exponent
    let digits = text.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0').count();
    let significant = digits - trailing_zeros_of_integer(&text);
    if !double.is_finite() || significant > f64::DIGITS as usize {
        return Err(refuse());
    }
    Decimal::from_str_exact(&text).map_err(|_| refuse())
}

fn trailing_zeros_of_integer(text: &str) -> usize {
    if text.contains('.') || text.trim_start_matches('-') == "0" {
        return 0;
    }
    text.len() - text.trim_end_matches('0').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_never_wrap() {
        assert_eq!(i32::from_value(ValueRef::I64(i64::from(i32::MIN))), Ok(i32::MIN));
        assert!(i32::from_value(ValueRef::I64(1 << 31)).is_err());
        assert!(u64::from_value(ValueRef::I64(-1)).is_err());
        assert!(i64::from_value(ValueRef::U64(u64::MAX)).is_err());
        assert_eq!(u64::from_value(ValueRef::U64(u64::MAX)), Ok(u64::MAX));
        assert!(i64::from_value(ValueRef::F64(1.0)).is_err());
    }

    #[test]
    fn doubles_take_only_exact_integers() {
        assert_eq!(f64::from_value(ValueRef::I64(1 << 53)), Ok(9_007_199_254_740_992.0));
        assert!(f64::from_value(ValueRef::I64((1 << 53) + 1)).is_err());
        assert!(f32::from_value(ValueRef::F64(0.1)).is_err());
        assert_eq!(f32::from_value(ValueRef::F64(0.5)), Ok(0.5));
    }

    #[test]
    fn a_double_is_a_decimal_only_while_exact() {
        assert_eq!(Decimal::from_value(ValueRef::F64(0.99)), Ok(Decimal::new(99, 2)));
        assert_eq!(
            Decimal::from_value(ValueRef::F64(-1234567.25)),
            Ok(Decimal::new(-123_456_725, 2))
        );
        assert_eq!(Decimal::from_value(ValueRef::F64(0.0)), Ok(Decimal::ZERO));
        assert_eq!(
            Decimal::from_value(ValueRef::F64(2e20)),
            Ok(Decimal::new(2, 0) * Decimal::from(10_u64.pow(19)) * Decimal::TEN)
        );
        assert!(Decimal::from_value(ValueRef::F64(0.1 + 0.2)).is_err());
        assert!(Decimal::from_value(ValueRef::F64(f64::NAN)).is_err());
        assert!(Decimal::from_value(ValueRef::F64(1e300)).is_err());
    }

    #[test]
    fn decimal_text_is_never_rounded() {
        assert_eq!(Decimal::from_value(ValueRef::Text("1.10")), Ok(Decimal::new(110, 2)));
        let too_long = "0.12345678901234567890123456789012345678";
        assert!(Decimal::from_value(ValueRef::Text(too_long)).is_err());
        assert!(Decimal::from_value(ValueRef::Text("1e100000")).is_err());
    }
}
