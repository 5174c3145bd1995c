//! Values on their way to the server. The [crate's page](crate) has the table.

use std::error::Error as StdError;
use std::fmt;

use bytes::{BufMut as _, BytesMut};
use chrono::{NaiveDateTime, NaiveTime, Timelike as _};
use eloquent_core::value::{
    Decimal, Mismatch, NaiveDate, Value, ValueRef, check_json_depth, format_date, format_date_time,
    format_time,
};
use tokio_postgres::types::{Format, IsNull, ToSql, Type};

use crate::form::{Form, Scalar};
use crate::{numeric, text};

/// The first day of the server's calendar.
pub(crate) const EPOCH: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// A value, and where it goes.
pub(crate) struct Bind<'b> {
    pub(crate) index: usize,
    pub(crate) value: ValueRef<'b>,
    /// What the server takes there; unknown when it decides only after it got the value.
    pub(crate) form: Option<Form>,
}

/// The client library may print what it sends.
impl fmt::Debug for Bind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}

/// A bind that the server has no exact form for.
#[derive(Debug)]
pub(crate) struct Unbound {
    pub(crate) index: usize,
    pub(crate) why: Mismatch,
}

impl fmt::Display for Unbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why.reason())
    }
}

impl StdError for Unbound {}

impl Bind<'_> {
    /// The form in which the value is sent in binary; without, it is sent as text.
    fn binary(&self) -> Option<Form> {
        match (self.value, self.form?) {
            (ValueRef::Text(_), form @ Form::Scalar(scalar)) => takes_text(scalar).then_some(form),
            (ValueRef::Text(_), _) | (_, Form::Range(_)) => None,
            (_, form) => Some(form),
        }
    }
}

/// Whether a value of this kind is sent in the binary form of a type.
pub(crate) fn is_binary(value: ValueRef<'_>, scalar: Scalar) -> bool {
    !matches!(value, ValueRef::Text(_)) || takes_text(scalar)
}

/// Whether text is a value of the type, and not only a way to write one.
pub(crate) fn takes_text(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::Text | Scalar::Json | Scalar::Jsonb | Scalar::Bytea)
}

impl ToSql for Bind<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        if let ValueRef::Null = self.value {
            return Ok(IsNull::Yes);
        }
        let written = match self.binary() {
            Some(Form::Scalar(scalar)) => put(self.value, scalar, out),
            Some(Form::Array { element, oid }) => put_list(self.value, element, oid, out),
            _ => text::write(self.value, out),
        };
        match written {
            Ok(()) => Ok(IsNull::No),
            Err(why) => Err(Box::new(Unbound { index: self.index, why })),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.to_sql(ty, out)
    }

    fn encode_format(&self, _: &Type) -> Format {
        if self.binary().is_some() { Format::Binary } else { Format::Text }
    }
}

/// Writes a value in the binary form of a type.
fn put(value: ValueRef<'_>, scalar: Scalar, out: &mut BytesMut) -> Result<(), Mismatch> {
    match (value, scalar) {
        (ValueRef::Bool(v), Scalar::Bool) => out.put_u8(v.into()),
        (ValueRef::I64(v), scalar) => return put_integer(v.into(), scalar, out),
        (ValueRef::U64(v), scalar) => return put_integer(v.into(), scalar, out),
        (ValueRef::F64(v), Scalar::Float8) => out.put_f64(v),
        (ValueRef::F64(v), Scalar::Float4) => out.put_f32(single(v)?),
        (ValueRef::Decimal(v), Scalar::Numeric | Scalar::Unsigned) => numeric::encode(v, out),
        (ValueRef::Decimal(v), scalar) if v.is_integer() => {
            return put_integer(v.trunc().normalize().mantissa(), scalar, out);
        }
        (ValueRef::Text(v), Scalar::Text | Scalar::Json | Scalar::Jsonb) => {
            return put_text(v, scalar, out);
        }
        (ValueRef::Bytes(v), Scalar::Bytea) => out.put_slice(v),
        (ValueRef::Uuid(v), Scalar::Uuid) => out.put_slice(v.as_bytes()),
        (ValueRef::Date(v), Scalar::Date) => out.put_i32(days(v)?),
        (ValueRef::Date(v), Scalar::Timestamp) => out.put_i64(moment(v.and_time(NaiveTime::MIN))?),
        (ValueRef::Time(v), Scalar::Time) => out.put_i64(time(v)?),
        (ValueRef::DateTime(v), Scalar::Timestamp | Scalar::Timestamptz) => out.put_i64(moment(v)?),
        (ValueRef::Timestamp(v), Scalar::Timestamp | Scalar::Timestamptz) => {
            out.put_i64(moment(v.naive_utc())?);
        }
        // what reads back from text as it was may be kept as text
        (ValueRef::Uuid(v), Scalar::Text) => out.put_slice(v.to_string().as_bytes()),
        (ValueRef::ObjectId(v), Scalar::Text) => out.put_slice(v.to_string().as_bytes()),
        (ValueRef::Date(v), Scalar::Text) => out.put_slice(format_date(v)?.as_bytes()),
        (ValueRef::Time(v), Scalar::Text) => out.put_slice(format_time(v)?.as_bytes()),
        (ValueRef::DateTime(v), Scalar::Text) => out.put_slice(format_date_time(v)?.as_bytes()),
        (ValueRef::Timestamp(v), Scalar::Text) => {
            out.put_slice(format_date_time(v.naive_utc())?.as_bytes());
        }
        (ValueRef::Json(v), Scalar::Text | Scalar::Json | Scalar::Jsonb) => {
            check_json_depth(v)?;
            return put_text(&v.to_string(), scalar, out);
        }
        (
            ValueRef::Array(_) | ValueRef::Document(_),
            Scalar::Text | Scalar::Json | Scalar::Jsonb,
        ) => return put_text(&value.to_json()?.to_string(), scalar, out),
        (value, Scalar::Other | Scalar::Inet | Scalar::Macaddr | Scalar::Interval) => {
            return Err(Mismatch::because(format!(
                "the server takes a type here that is written as text, not {}",
                value.type_name()
            )));
        }
        (value, scalar) => return Err(wrong(value, scalar)),
    }
    Ok(())
}

#[cold]
fn wrong(value: ValueRef<'_>, scalar: Scalar) -> Mismatch {
    let expected = match scalar {
        Scalar::Bool => "a boolean",
        Scalar::Int2 | Scalar::Int4 | Scalar::Int8 | Scalar::Oid | Scalar::Unsigned => "an integer",
        Scalar::Float4 | Scalar::Float8 => "a floating-point number",
        Scalar::Numeric => "a decimal",
        Scalar::Text => "text",
        Scalar::Bytea => "bytes",
        Scalar::Uuid => "a UUID",
        Scalar::Date => "a date",
        Scalar::Time => "a time",
        Scalar::Timestamp => "a date and time",
        Scalar::Timestamptz => "a timestamp",
        Scalar::Json | Scalar::Jsonb => "JSON",
        _ => "text",
    };
    Mismatch::because(format!("the server takes {expected} here, not {}", value.type_name()))
}

fn put_integer(value: i128, scalar: Scalar, out: &mut BytesMut) -> Result<(), Mismatch> {
    let range = || Mismatch::because("the integer is out of the range of its type");
    match scalar {
        Scalar::Int2 => out.put_i16(value.try_into().map_err(|_| range())?),
        Scalar::Int4 => out.put_i32(value.try_into().map_err(|_| range())?),
        Scalar::Int8 => out.put_i64(value.try_into().map_err(|_| range())?),
        Scalar::Oid => out.put_u32(value.try_into().map_err(|_| range())?),
        Scalar::Numeric | Scalar::Unsigned => {
            let decimal = Decimal::try_from_i128_with_scale(value, 0).map_err(|_| range())?;
            numeric::encode(decimal, out);
        }
        Scalar::Float8 => out.put_f64(double(value, f64::MANTISSA_DIGITS)?),
        Scalar::Float4 => out.put_f32(single(double(value, f32::MANTISSA_DIGITS)?)?),
        scalar => return Err(wrong(ValueRef::I64(0), scalar)),
    }
    Ok(())
}

/// The integer as a number of so many bits of precision.
fn double(value: i128, bits: u32) -> Result<f64, Mismatch> {
    if value.unsigned_abs() > 1 << bits {
        return Err(Mismatch::because("the integer has more digits than its type holds"));
    }
    #[allow(clippy::cast_precision_loss)] // exact up to 2^53
    Ok(value as f64)
}

fn single(value: f64) -> Result<f32, Mismatch> {
    #[allow(clippy::cast_possible_truncation)] // compared right below
    let single = value as f32;
    if f64::from(single) == value || value.is_nan() {
        Ok(single)
    } else {
        Err(Mismatch::because("the number has more digits than a single holds"))
    }
}

fn put_text(text: &str, scalar: Scalar, out: &mut BytesMut) -> Result<(), Mismatch> {
    check_nul(text)?;
    if scalar == Scalar::Jsonb {
        out.put_u8(1); // the version of the form
    }
    out.put_slice(text.as_bytes());
    Ok(())
}

/// The server keeps no NUL in text.
pub(crate) fn check_nul(text: &str) -> Result<(), Mismatch> {
    match text.as_bytes().contains(&0) {
        true => Err(Mismatch::because("PostgreSQL keeps no NUL character in text")),
        false => Ok(()),
    }
}

/// Days since the first of 2000. The calendar of the server begins 4714 years BC.
fn days(date: NaiveDate) -> Result<i32, Mismatch> {
    const FIRST: i32 = -2_451_545;
    let days = i32::try_from(date.signed_duration_since(EPOCH).num_days()).ok();
    days.filter(|days| *days >= FIRST)
        .ok_or(Mismatch::because("the date is before the calendar of PostgreSQL"))
}

/// Microseconds since midnight.
pub(crate) fn time(time: NaiveTime) -> Result<i64, Mismatch> {
    let nanos = time.nanosecond();
    if nanos >= 1_000_000_000 {
        return Err(Mismatch::because("a leap second cannot be stored"));
    }
    if !nanos.is_multiple_of(1000) {
        return Err(Mismatch::because("PostgreSQL keeps microseconds and nothing finer"));
    }
    Ok(i64::from(time.num_seconds_from_midnight()) * 1_000_000 + i64::from(nanos / 1000))
}

/// Microseconds since the first of 2000.
fn moment(moment: NaiveDateTime) -> Result<i64, Mismatch> {
    const DAY: i64 = 86_400_000_000;
    let day = i64::from(days(moment.date())?).checked_mul(DAY);
    let within = time(moment.time())?;
    day.and_then(|day| day.checked_add(within))
        .ok_or(Mismatch::because("the moment is beyond the calendar of PostgreSQL"))
}

/// Writes a list: its dimensions, and each element behind its length.
fn put_list(
    value: ValueRef<'_>,
    element: Scalar,
    oid: u32,
    out: &mut BytesMut,
) -> Result<(), Mismatch> {
    let ValueRef::Array(items) = value else {
        return Err(Mismatch::because(format!(
            "the server takes a list here, not {}",
            value.type_name()
        )));
    };
    let length =
        |items: usize| i32::try_from(items).map_err(|_| Mismatch::because("the list is too long"));
    out.put_i32(i32::from(!items.is_empty()));
    out.put_i32(i32::from(items.iter().any(Value::is_null)));
    out.put_u32(oid);
    if items.is_empty() {
        return Ok(());
    }
    out.put_i32(length(items.len())?);
    out.put_i32(1);
    for item in items {
        put_element(item.as_ref(), element, out)?;
    }
    Ok(())
}

/// Writes an element of a list behind its length.
pub(crate) fn put_element(
    item: ValueRef<'_>,
    element: Scalar,
    out: &mut BytesMut,
) -> Result<(), Mismatch> {
    let too_long = || Mismatch::because("an element of the list is too long");
    match (item, element) {
        (ValueRef::Null, _) => {
            out.put_i32(-1);
            return Ok(());
        }
        // most of what is inserted in bulk: its length is known before it is written
        (ValueRef::Text(text), Scalar::Text) => {
            out.put_i32(i32::try_from(text.len()).map_err(|_| too_long())?);
            return put_text(text, element, out);
        }
        _ => {}
    }
    let start = out.len();
    out.put_i32(0);
    put(item, element, out)?;
    let length = i32::try_from(out.len() - start - 4).map_err(|_| too_long())?;
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}
