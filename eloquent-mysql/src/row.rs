//! Rows on their way out: read where the client keeps them, each column by the form that the server
//! sends it in. The forms are looked up once for a result.

use std::borrow::Cow;

use eloquent_core::row::{Row, no_column};
use eloquent_core::value::{Decimal, NaiveDate, NaiveDateTime, NaiveTime, ValueRef};
use eloquent_core::{Error, ErrorKind, Result};
use sqlx::mysql::{MySqlColumn, MySqlRow, MySqlTypeInfo};
use sqlx::{Column as _, ColumnOrigin, Decode, MySql, Row as _, TypeInfo as _};

use crate::config::ZeroDates;
use crate::error::error;
use crate::value::malformed;

/// The most digits that a decimal of the ORM has behind its point.
const MAX_SCALE: usize = 28;

/// The form in which the values of a column come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Signed,
    Unsigned,
    Float,
    Double,
    /// As text; `computed` ones are not from a column.
    Decimal {
        computed: bool,
    },
    Date,
    Time,
    DateTime,
    Timestamp,
    /// Most significant byte first.
    Bits,
    Text,
    Bytes,
}

/// The forms of the columns of a result.
pub(crate) fn forms(row: &MySqlRow) -> Vec<Form> {
    row.columns().iter().map(form).collect()
}

fn form(column: &MySqlColumn) -> Form {
    let ty = column.type_info();
    match ty.name() {
        "BIGINT" | "INT" => Form::Signed,
        "BIGINT UNSIGNED" => Form::Unsigned,
        _ if <str as sqlx::Type<MySql>>::compatible(ty) => Form::Text,
        "FLOAT" => Form::Float,
        "DOUBLE" => Form::Double,
        "DECIMAL" => {
            let computed = !matches!(column.origin(), ColumnOrigin::Table(_));
            Form::Decimal { computed }
        }
        "DATE" => Form::Date,
        "TIME" => Form::Time,
        "DATETIME" => Form::DateTime,
        "TIMESTAMP" => Form::Timestamp,
        "BIT" => Form::Bits,
        "JSON" => Form::Text,
        "YEAR" => Form::Unsigned,
        "GEOMETRY" => Form::Bytes,
        name if is_integer(name) => {
            if is_unsigned(ty) {
                Form::Unsigned
            } else {
                Form::Signed
            }
        }
        _ => Form::Bytes,
    }
}

fn is_integer(name: &str) -> bool {
    name == "BOOLEAN" || name.split(' ').next().is_some_and(|word| word.ends_with("INT"))
}

fn is_unsigned(ty: &MySqlTypeInfo) -> bool {
    <u64 as sqlx::Type<MySql>>::compatible(ty)
}

/// A row of the client's, where it lies.
pub(crate) struct ServerRow<'r> {
    pub(crate) row: &'r MySqlRow,
    pub(crate) forms: &'r [Form],
    pub(crate) zero_dates: ZeroDates,
}

impl Row for ServerRow<'_> {
    fn len(&self) -> usize {
        self.forms.len()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        let form = *self.forms.get(index).ok_or_else(|| no_column(index))?;
        let raw = self.row.try_get_raw(index).map_err(|_| no_column(index))?;
        // its only error is that there is no value
        let Ok(bytes) = <&[u8] as Decode<MySql>>::decode(raw) else { return Ok(ValueRef::Null) };
        read(form, bytes, self.zero_dates).map_err(|error| self.at(index, error))
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.row.columns().get(index).map(|column| column.name())
    }
}

impl ServerRow<'_> {
    #[cold]
    fn at(&self, index: usize, error: Error) -> Error {
        let column = self
            .name(index)
            .map_or_else(|| Cow::from(format!("#{index}")), |name| Cow::from(name.to_owned()));
        error.with_column(column)
    }
}

fn read(form: Form, bytes: &[u8], zero_dates: ZeroDates) -> Result<ValueRef<'_>> {
    Ok(match form {
        Form::Signed => ValueRef::I64(signed(bytes)?),
        Form::Unsigned => number(unsigned(bytes)?),
        Form::Float => ValueRef::F64(f64::from(f32::from_le_bytes(array(bytes)?))),
        Form::Double => ValueRef::F64(f64::from_le_bytes(array(bytes)?)),
        Form::Decimal { computed } => decimal(text(bytes)?, computed)?,
        Form::Text => ValueRef::Text(text(bytes)?),
        Form::Bytes => ValueRef::Bytes(bytes),
        Form::Bits => number(bits(bytes)?),
        Form::Time => ValueRef::Time(time(bytes)?),
        Form::Date | Form::DateTime | Form::Timestamp => match moment(bytes)? {
            Moment::Zero if zero_dates == ZeroDates::Null => ValueRef::Null,
            Moment::Zero => return Err(zero()),
            Moment::At(moment) => match form {
                Form::Date => ValueRef::Date(moment.date()),
                Form::DateTime => ValueRef::DateTime(moment),
                _ => ValueRef::Timestamp(moment.and_utc()),
            },
        },
    })
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| malformed("a number came in another length than its type has"))
}

fn signed(bytes: &[u8]) -> Result<i64> {
    Ok(match bytes.len() {
        1 => i8::from_le_bytes(array(bytes)?).into(),
        2 => i16::from_le_bytes(array(bytes)?).into(),
        4 => i32::from_le_bytes(array(bytes)?).into(),
        _ => i64::from_le_bytes(array(bytes)?),
    })
}

fn unsigned(bytes: &[u8]) -> Result<u64> {
    Ok(match bytes.len() {
        1 => u8::from_le_bytes(array(bytes)?).into(),
        2 => u16::from_le_bytes(array(bytes)?).into(),
        4 => u32::from_le_bytes(array(bytes)?).into(),
        _ => u64::from_le_bytes(array(bytes)?),
    })
}

fn bits(bytes: &[u8]) -> Result<u64> {
    if bytes.len() > 8 {
        return Err(malformed("a bit field came with more than 64 bits"));
    }
    Ok(bytes.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
}

/// Unsigned only where it has to be.
fn number(number: u64) -> ValueRef<'static> {
    i64::try_from(number).map_or(ValueRef::U64(number), ValueRef::I64)
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| malformed("the stored text is not UTF-8"))
}

/// A decimal without the zeros that its column fills it up with. One that was computed from integers
/// is an integer. The session lets quotients and means have more digits behind the point than a decimal
/// holds, and only those are rounded.
fn decimal(text: &str, computed: bool) -> Result<ValueRef<'static>> {
    let too_long = || {
        error(ErrorKind::Decode, "the number has more than the 28 digits that a decimal holds")
            .with_hint("give it out as text: `CAST(column AS CHAR)`")
    };
    let Some((_, fraction)) = text.split_once('.') else {
        if computed {
            if let Ok(integer) = text.parse() {
                return Ok(ValueRef::I64(integer));
            }
            if let Ok(integer) = text.parse() {
                return Ok(ValueRef::U64(integer));
            }
        }
        return Decimal::from_str_exact(text).map(ValueRef::Decimal).map_err(|_| too_long());
    };
    let short = text.trim_end_matches('0').trim_end_matches('.');
    let exact = Decimal::from_str_exact(short);
    if exact.is_err() && computed && fraction.len() > MAX_SCALE {
        return short.parse().map(ValueRef::Decimal).map_err(|_| too_long());
    }
    exact.map(ValueRef::Decimal).map_err(|_| too_long())
}

/// A date, with or without a time of day.
enum Moment {
    At(NaiveDateTime),
    /// Zeros in the place of a year, month or day.
    Zero,
}

/// The length, then year, month and day, hour, minute and second, microseconds, as far as they are not
/// zero.
fn moment(bytes: &[u8]) -> Result<Moment> {
    let wrong = || malformed("a date came in a form that is not known");
    let (length, rest) = bytes.split_first().ok_or_else(wrong)?;
    if usize::from(*length) != rest.len() {
        return Err(wrong());
    }
    let (date, clock) = match rest {
        [] => return Ok(Moment::Zero),
        [y0, y1, month, day] => ((u16::from_le_bytes([*y0, *y1]), *month, *day), &[][..]),
        [y0, y1, month, day, clock @ ..] => ((u16::from_le_bytes([*y0, *y1]), *month, *day), clock),
        _ => return Err(wrong()),
    };
    let (year, month, day) = date;
    if month == 0 || day == 0 {
        return Ok(Moment::Zero);
    }
    let date = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into()).ok_or_else(wrong)?;
    Ok(Moment::At(date.and_time(clock_time(clock).ok_or_else(wrong)?)))
}

/// The length, a sign, days, then hour, minute and second, microseconds, as far as they are not zero.
fn time(bytes: &[u8]) -> Result<NaiveTime> {
    let wrong = || malformed("a time came in a form that is not known");
    match bytes {
        [0] => Ok(NaiveTime::MIN),
        [_, 0, 0, 0, 0, 0, clock @ ..] => clock_time(clock).ok_or_else(wrong),
        [8 | 12, ..] => Err(error(
            ErrorKind::Decode,
            "the stored time is a span of time that is negative or longer than a day",
        )),
        _ => Err(wrong()),
    }
}

fn clock_time(clock: &[u8]) -> Option<NaiveTime> {
    let (hour, minute, second, micros) = match clock {
        [] => return Some(NaiveTime::MIN),
        [hour, minute, second] => (hour, minute, second, 0),
        [hour, minute, second, micros @ ..] => {
            (hour, minute, second, u32::from_le_bytes(micros.try_into().ok()?))
        }
        _ => return None,
    };
    let (hour, minute, second) = (u32::from(*hour), u32::from(*minute), u32::from(*second));
    NaiveTime::from_hms_micro_opt(hour, minute, second, micros)
}

#[cold]
fn zero() -> Error {
    error(ErrorKind::Decode, "the stored date is a zero date, which no calendar has")
        .with_hint("set `zero_dates` to `null` to read it as null")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(form: Form, bytes: &[u8]) -> Result<ValueRef<'_>> {
        read(form, bytes, ZeroDates::Error)
    }

    #[test]
    fn numbers_keep_their_sign_and_width() {
        assert_eq!(get(Form::Signed, &[0x80]).unwrap(), ValueRef::I64(-128));
        assert_eq!(get(Form::Unsigned, &[0x80]).unwrap(), ValueRef::I64(128));
        assert_eq!(get(Form::Signed, &[0xfe, 0xff]).unwrap(), ValueRef::I64(-2));
        assert_eq!(get(Form::Unsigned, &[0xff; 8]).unwrap(), ValueRef::U64(u64::MAX));
        assert_eq!(get(Form::Bits, &[1, 2]).unwrap(), ValueRef::I64(258));
        assert_eq!(get(Form::Double, &0.1_f64.to_le_bytes()).unwrap(), ValueRef::F64(0.1));
        assert!(get(Form::Signed, &[1, 2, 3]).is_err());
        assert!(get(Form::Double, &[1]).is_err());
    }

    #[test]
    fn decimals_are_exact_unless_they_are_quotients() {
        let stored = |text: &str| decimal(text, false).map(ValueRef::to_owned);
        let computed = |text: &str| decimal(text, true).map(ValueRef::to_owned);
        let value = |text: &str| eloquent_core::value::Value::Decimal(text.parse().unwrap());
        assert_eq!(stored("1.10").unwrap(), value("1.1"));
        assert_eq!(stored("100").unwrap(), value("100"));
        assert_eq!(stored("-0.000").unwrap(), value("0"));
        let most = "79228162514264337593543950335";
        assert_eq!(stored(&format!("{most}.{}", "0".repeat(28))).unwrap(), value(most));
        assert!(stored(&format!("{most}.5")).is_err());
        assert!(stored(&"9".repeat(40)).is_err());
        assert_eq!(computed("17").unwrap(), eloquent_core::value::Value::I64(17));
        assert!(matches!(
            computed(&"9".repeat(25)).unwrap(),
            eloquent_core::value::Value::Decimal(_)
        ));
        assert_eq!(
            computed(&format!("0.{}", "3".repeat(30))).unwrap(),
            value("0.3333333333333333333333333333")
        );
        assert_eq!(computed(&format!("0.125{}", "0".repeat(27))).unwrap(), value("0.125"));
        assert!(computed("123456789012345678901234567890.5").is_err());
    }

    #[test]
    fn moments_come_in_several_lengths() {
        let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
        let date = [4, 0xe8, 7, 2, 29];
        assert_eq!(get(Form::Date, &date).unwrap(), ValueRef::Date(day));
        assert_eq!(
            get(Form::DateTime, &date).unwrap(),
            ValueRef::DateTime(day.and_time(NaiveTime::MIN))
        );
        let full = [11, 0xe8, 7, 2, 29, 23, 59, 58, 1, 0, 0, 0];
        let moment = day.and_hms_micro_opt(23, 59, 58, 1).unwrap();
        assert_eq!(get(Form::Timestamp, &full).unwrap(), ValueRef::Timestamp(moment.and_utc()));
        assert!(get(Form::Date, &[4, 0xe8, 7, 2, 30]).is_err(), "no such day");
        assert!(get(Form::Date, &[9, 0xe8]).is_err());
    }

    #[test]
    fn zero_dates_are_an_error_or_null() {
        for zero in [&[0][..], &[4, 0, 0, 0, 0], &[4, 0xe8, 7, 0, 0]] {
            let error = get(Form::Date, zero).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode);
            assert!(error.hint().is_some_and(|hint| hint.contains("zero_dates")));
            assert_eq!(read(Form::DateTime, zero, ZeroDates::Null).unwrap(), ValueRef::Null);
        }
    }

    #[test]
    fn a_span_of_time_is_no_time_of_day() {
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap();
        assert_eq!(get(Form::Time, &[0]).unwrap(), ValueRef::Time(NaiveTime::MIN));
        assert_eq!(get(Form::Time, &[8, 0, 0, 0, 0, 0, 12, 0, 0]).unwrap(), ValueRef::Time(noon));
        for span in [[8, 1, 0, 0, 0, 0, 12, 0, 0], [8, 0, 1, 0, 0, 0, 0, 0, 0]] {
            assert_eq!(get(Form::Time, &span).unwrap_err().kind(), ErrorKind::Decode);
        }
    }
}
