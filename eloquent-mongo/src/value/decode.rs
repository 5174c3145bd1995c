//! BSON as values.

use chrono::{DateTime, NaiveTime, Utc};
use eloquent_core::schema::ColumnType;
use eloquent_core::value::{Document, Mismatch, ObjectId, Uuid, Value, ValueRef};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{RawArray, RawBsonRef, RawDocument};

/// A value of a row: borrowed from the reply, or made of it.
#[derive(Debug)]
pub(crate) enum Cell<'r> {
    Borrowed(ValueRef<'r>),
    Owned(Value),
}

impl Cell<'_> {
    pub(crate) fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Cell::Borrowed(value) => *value,
            Cell::Owned(value) => value.as_ref(),
        }
    }
}

/// What is stored in a column of this type. `may_round` says whether a decimal may lose digits that a
/// [`Decimal`](eloquent_core::value::Decimal) has no room for.
///
/// # Errors
/// When it has no form here.
pub(crate) fn decode<'r>(
    stored: RawBsonRef<'r>,
    ty: Option<ColumnType>,
    may_round: bool,
) -> Result<Cell<'r>, Mismatch> {
    if ty == Some(ColumnType::Json) {
        return super::json::decode(stored).map(|json| Cell::Owned(Value::Json(Box::new(json))));
    }
    Ok(match stored {
        RawBsonRef::Array(items) => Cell::Owned(Value::Array(array(items, false)?)),
        RawBsonRef::Document(fields) => Cell::Owned(Value::Document(document(fields)?)),
        RawBsonRef::Double(double) => Cell::Borrowed(double_as(double, ty)?),
        RawBsonRef::DateTime(time) => {
            let time = moment(time)?;
            let is_day = time.time() == NaiveTime::MIN;
            Cell::Borrowed(match ty {
                Some(ColumnType::Date) if is_day => ValueRef::Date(time.date_naive()),
                Some(ColumnType::Date | ColumnType::DateTime) => {
                    ValueRef::DateTime(time.naive_utc())
                }
                _ => ValueRef::Timestamp(time),
            })
        }
        RawBsonRef::Decimal128(decimal) => {
            Cell::Borrowed(ValueRef::Decimal(super::decimal::decode(decimal, may_round)?))
        }
        other => Cell::Borrowed(scalar(other)?),
    })
}

fn scalar(stored: RawBsonRef<'_>) -> Result<ValueRef<'_>, Mismatch> {
    Ok(match stored {
        RawBsonRef::Null | RawBsonRef::Undefined => ValueRef::Null,
        RawBsonRef::Boolean(truth) => ValueRef::Bool(truth),
        RawBsonRef::Int32(integer) => ValueRef::I64(integer.into()),
        RawBsonRef::Int64(integer) => ValueRef::I64(integer),
        RawBsonRef::String(text) | RawBsonRef::Symbol(text) => ValueRef::Text(text),
        RawBsonRef::ObjectId(id) => ValueRef::ObjectId(ObjectId::from_bytes(id.bytes())),
        RawBsonRef::Binary(binary) => match binary.subtype {
            BinarySubtype::Uuid => {
                ValueRef::Uuid(Uuid::from_slice(binary.bytes).map_err(|_| damaged())?)
            }
            _ => ValueRef::Bytes(binary.bytes),
        },
        RawBsonRef::Decimal128(decimal) => {
            ValueRef::Decimal(super::decimal::decode(decimal, false)?)
        }
        RawBsonRef::Double(double) => ValueRef::F64(double),
        other => return Err(foreign(other)),
    })
}

/// Programs in JavaScript write whole numbers as doubles. A sum that left the range of integers is a
/// double as well, and is none of them.
fn double_as<'r>(double: f64, ty: Option<ColumnType>) -> Result<ValueRef<'r>, Mismatch> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if ty.is_none_or(|ty| ty.integer_range().is_none()) {
        return Ok(ValueRef::F64(double));
    }
    if double.fract() != 0.0 || double.abs() > EXACT {
        return Err(Mismatch::because("the number is no integer, or out of their range"));
    }
    #[allow(clippy::cast_possible_truncation)] // whole, and in range
    Ok(ValueRef::I64(double as i64))
}

/// The elements of a list. In a document a date is an instant; in a column of a list it may as well be a
/// day or a time without a zone, which all types read.
fn array(items: &RawArray, in_document: bool) -> Result<Vec<Value>, Mismatch> {
    items.into_iter().map(|item| inner(item.map_err(|_| damaged())?, in_document)).collect()
}

fn document(fields: &RawDocument) -> Result<Document, Mismatch> {
    fields
        .into_iter()
        .map(|field| {
            let (name, value) = field.map_err(|_| damaged())?;
            Ok((name.as_str().to_owned(), inner(value, true)?))
        })
        .collect()
}

fn inner(stored: RawBsonRef<'_>, in_document: bool) -> Result<Value, Mismatch> {
    Ok(match stored {
        RawBsonRef::Array(items) => Value::Array(array(items, in_document)?),
        RawBsonRef::Document(fields) => Value::Document(document(fields)?),
        RawBsonRef::DateTime(time) if in_document => Value::Timestamp(moment(time)?),
        RawBsonRef::DateTime(time) => Value::DateTime(moment(time)?.naive_utc()),
        other => scalar(other)?.to_owned(),
    })
}

pub(super) fn moment(time: mongodb::bson::DateTime) -> Result<DateTime<Utc>, Mismatch> {
    DateTime::from_timestamp_millis(time.timestamp_millis())
        .ok_or(Mismatch::because("the stored date is beyond the calendar"))
}

pub(super) fn damaged() -> Mismatch {
    Mismatch::because("the stored value is damaged")
}

pub(super) fn foreign(stored: RawBsonRef<'_>) -> Mismatch {
    Mismatch::because(format!(
        "a value of the BSON type {:?} cannot be read here",
        stored.element_type()
    ))
}
