//! Values borrowed from where they lie.

use super::{
    DateTime, Decimal, Document, NaiveDate, NaiveDateTime, NaiveTime, ObjectId, Utc, Uuid, Value,
};

/// A borrowed value: what a driver's row gives out by position, and how binds are passed on.
///
/// The variants are those of [`Value`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)] // one line each in `Value`
pub enum ValueRef<'a> {
    Null,
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Decimal(Decimal),
    Text(&'a str),
    Bytes(&'a [u8]),
    Uuid(Uuid),
    Date(NaiveDate),
    Time(NaiveTime),
    DateTime(NaiveDateTime),
    Timestamp(DateTime<Utc>),
    Json(&'a serde_json::Value),
    Array(&'a [Value]),
    Document(&'a Document),
    ObjectId(ObjectId),
}

impl ValueRef<'_> {
    /// The same value, owned.
    pub fn to_owned(self) -> Value {
        match self {
            ValueRef::Null => Value::Null,
            ValueRef::Bool(v) => Value::Bool(v),
            ValueRef::I64(v) => Value::I64(v),
            ValueRef::U64(v) => Value::U64(v),
            ValueRef::F64(v) => Value::F64(v),
            ValueRef::Decimal(v) => Value::Decimal(v),
            ValueRef::Text(v) => Value::Text(v.to_owned()),
            ValueRef::Bytes(v) => Value::Bytes(v.to_owned()),
            ValueRef::Uuid(v) => Value::Uuid(v),
            ValueRef::Date(v) => Value::Date(v),
            ValueRef::Time(v) => Value::Time(v),
            ValueRef::DateTime(v) => Value::DateTime(v),
            ValueRef::Timestamp(v) => Value::Timestamp(v),
            ValueRef::Json(v) => Value::Json(Box::new(v.clone())),
            ValueRef::Array(v) => Value::Array(v.to_vec()),
            ValueRef::Document(v) => Value::Document(v.clone()),
            ValueRef::ObjectId(v) => Value::ObjectId(v),
        }
    }

    /// What the value is, for messages.
    pub fn type_name(self) -> &'static str {
        match self {
            ValueRef::Null => "null",
            ValueRef::Bool(_) => "a boolean",
            ValueRef::I64(_) => "an integer",
            ValueRef::U64(_) => "an unsigned integer",
            ValueRef::F64(_) => "a floating-point number",
            ValueRef::Decimal(_) => "a decimal",
            ValueRef::Text(_) => "text",
            ValueRef::Bytes(_) => "bytes",
            ValueRef::Uuid(_) => "a UUID",
            ValueRef::Date(_) => "a date",
            ValueRef::Time(_) => "a time",
            ValueRef::DateTime(_) => "a date and time",
            ValueRef::Timestamp(_) => "a timestamp",
            ValueRef::Json(_) => "JSON",
            ValueRef::Array(_) => "an array",
            ValueRef::Document(_) => "a document",
            ValueRef::ObjectId(_) => "an object id",
        }
    }
}
