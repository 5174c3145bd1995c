//! Values as BSON: exactly, or not at all.

use chrono::{Datelike as _, NaiveDateTime, NaiveTime, Timelike as _};
use eloquent_core::value::{
    Document as Fields, Mismatch, Value, format_date, format_date_time, format_time,
};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::raw::{BindRawBsonRef as _, CStr};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Document, RawBson, RawBsonRef, RawDocumentBuf};

/// Documents have at most 100 levels, the outermost included.
const LEVELS: usize = 99;

/// Documents have at most so many bytes, and so does each of their values.
const LARGEST: usize = 16 << 20;

/// A value as BSON. Null is null, also that of JSON.
///
/// # Errors
/// When it cannot be stored exactly.
pub(crate) fn encode(value: &Value) -> Result<Bson, Mismatch> {
    match value {
        Value::Json(json) => super::json::encode(json, LEVELS),
        Value::Array(items) => {
            let depth = deeper(LEVELS)?;
            items.iter().map(|item| element(item, depth)).collect::<Result<_, _>>().map(Bson::Array)
        }
        Value::Document(fields) => document(fields, LEVELS),
        scalar => self::scalar(scalar),
    }
}

/// A value inside of a document as BSON.
///
/// # Errors
/// Those of [`encode`].
pub(crate) fn encode_inside(value: &Value) -> Result<Bson, Mismatch> {
    inner(value, LEVELS)
}

/// Appends a field to a document, without a copy where the value is none of others.
///
/// # Errors
/// Those of [`encode`].
pub(crate) fn append(
    document: &mut RawDocumentBuf,
    name: &CStr,
    value: &Value,
) -> Result<(), Mismatch> {
    match value {
        Value::Text(text) => {
            check_length(text.len())?;
            document.append(name, text.as_str());
        }
        Value::Json(_) | Value::Array(_) | Value::Document(_) => {
            let encoded = RawBson::try_from(encode(value)?)
                .map_err(|_| Mismatch::because("a name of a field holds a NUL character"))?;
            encoded.bind(|encoded: RawBsonRef<'_>| document.append(name, encoded));
        }
        other => match scalar(other)? {
            Bson::Int64(integer) => document.append(name, integer),
            Bson::Boolean(truth) => document.append(name, truth),
            Bson::Double(double) => document.append(name, double),
            Bson::DateTime(time) => document.append(name, time),
            Bson::Decimal128(decimal) => document.append(name, decimal),
            Bson::ObjectId(id) => document.append(name, id),
            Bson::Binary(binary) => document.append(name, RawBson::Binary(binary)),
            Bson::String(text) => document.append(name, text.as_str()),
            _ => document.append(name, RawBson::Null),
        },
    }
    Ok(())
}

fn scalar(value: &Value) -> Result<Bson, Mismatch> {
    Ok(match value {
        Value::Null => Bson::Null,
        Value::Bool(truth) => Bson::Boolean(*truth),
        Value::I64(integer) => Bson::Int64(*integer),
        Value::U64(integer) => Bson::Int64(i64::try_from(*integer).map_err(|_| {
            Mismatch::because("MongoDB has no integers beyond 9223372036854775807")
        })?),
        Value::F64(double) => Bson::Double(*double),
        Value::Decimal(decimal) => Bson::Decimal128(super::decimal::encode(*decimal)),
        Value::Text(text) => {
            check_length(text.len())?;
            Bson::String(text.clone())
        }
        Value::Bytes(bytes) => {
            check_length(bytes.len())?;
            Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: bytes.clone() })
        }
        Value::Uuid(uuid) => {
            Bson::Binary(Binary { subtype: BinarySubtype::Uuid, bytes: uuid.as_bytes().to_vec() })
        }
        Value::Date(date) => Bson::DateTime(instant(date.and_time(NaiveTime::MIN))?),
        Value::Time(time) => Bson::String(format_time(*time)?),
        Value::DateTime(time) => Bson::DateTime(instant(*time)?),
        Value::Timestamp(time) => Bson::DateTime(instant(time.naive_utc())?),
        Value::ObjectId(id) => Bson::ObjectId(ObjectId::from_bytes(id.bytes())),
        other => {
            let reason = format!("{} has no form here", other.type_name());
            return Err(Mismatch::because(reason));
        }
    })
}

/// Refuses what no document can hold before it is copied, and before its length leaves the range of BSON.
pub(super) fn check_length(bytes: usize) -> Result<(), Mismatch> {
    match bytes <= LARGEST {
        true => Ok(()),
        false => {
            Err(Mismatch::because("the value is larger than the 16 MB that a document may have"))
        }
    }
}

/// A value in a list.
fn element(value: &Value, depth: usize) -> Result<Bson, Mismatch> {
    match value {
        Value::Array(items) => {
            let depth = deeper(depth)?;
            items.iter().map(|item| element(item, depth)).collect::<Result<_, _>>().map(Bson::Array)
        }
        Value::Document(fields) => document(fields, depth),
        Value::Json(json) => super::json::encode(json, depth),
        scalar => self::scalar(scalar),
    }
}

/// What is in a document has no column that tells its type: a date without a time or a zone would come
/// back as an instant, so it is text.
fn inner(value: &Value, depth: usize) -> Result<Bson, Mismatch> {
    match value {
        Value::Date(date) => format_date(*date).map(Bson::String),
        Value::DateTime(time) => format_date_time(*time).map(Bson::String),
        Value::Array(items) => {
            let depth = deeper(depth)?;
            items.iter().map(|item| inner(item, depth)).collect::<Result<_, _>>().map(Bson::Array)
        }
        other => element(other, depth),
    }
}

fn document(fields: &Fields, depth: usize) -> Result<Bson, Mismatch> {
    let depth = deeper(depth)?;
    let fields =
        fields.iter().map(|(name, value)| Ok((field(name)?.to_owned(), inner(value, depth)?)));
    fields.collect::<Result<Document, Mismatch>>().map(Bson::Document)
}

pub(super) fn deeper(depth: usize) -> Result<usize, Mismatch> {
    depth.checked_sub(1).ok_or(Mismatch::because("the value is nested deeper than 100 levels"))
}

/// Refuses names that mean something else than a field, wherever they come from.
pub(super) fn field(name: &str) -> Result<&str, Mismatch> {
    let reason = match name {
        "" => "a field inside the value has an empty name",
        _ if name.starts_with('$') => "the name of a field inside the value begins with `$`",
        _ if name.contains('.') => "the name of a field inside the value has a `.` in it",
        _ if name.contains('\0') => "the name of a field inside the value has a NUL character",
        _ => return Ok(name),
    };
    Err(Mismatch::because(reason))
}

/// The last moment that can be stored before one that is too fine for that.
pub(crate) fn floor(value: &Value) -> Option<Value> {
    let floor = |time: NaiveDateTime| {
        let nanos = time.nanosecond();
        let is_fine = nanos < 1_000_000_000 && !nanos.is_multiple_of(1_000_000);
        is_fine.then(|| time.with_nanosecond(nanos - nanos % 1_000_000)).flatten()
    };
    match value {
        Value::DateTime(time) => floor(*time).map(Value::DateTime),
        Value::Timestamp(time) => {
            floor(time.naive_utc()).map(|time| Value::Timestamp(time.and_utc()))
        }
        _ => None,
    }
}

fn instant(time: NaiveDateTime) -> Result<DateTime, Mismatch> {
    if !(1..=9999).contains(&time.year()) {
        return Err(Mismatch::because("only the years 1 to 9999 can be stored"));
    }
    let nanos = time.nanosecond();
    if nanos >= 1_000_000_000 {
        return Err(Mismatch::because("a leap second cannot be stored"));
    }
    if !nanos.is_multiple_of(1_000_000) {
        return Err(Mismatch::because("the time is finer than a millisecond; round it first"));
    }
    Ok(DateTime::from_millis(time.and_utc().timestamp_millis()))
}
