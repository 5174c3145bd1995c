//! Values: what a statement binds and what a row holds.
//!
//! [`Value`] owns, [`ValueRef`] borrows from a driver's row, [`ColumnValue`] ties a Rust type to both.
//!
//! # Conversions
//!
//! A driver hands a stored value over in the form that its database has. A Rust type accepts the forms
//! below and nothing else; what does not fit exactly is an [`ErrorKind::Decode`](crate::ErrorKind)
//! error that names the column. No conversion rounds, wraps, truncates or guesses.
//!
//! | Rust type | [`Value`] that it becomes | forms that it reads |
//! |---|---|---|
//! | `bool` | `Bool` | `Bool`; `I64`/`U64` of 0 or 1 |
//! | `i8` … `i64`, `u8` … `u64` | `I64`, `U64` | `I64`, `U64`, `Bool` never; in range only |
//! | `f64`, `f32` | `F64` | `F64`; `I64`/`U64` up to 2^53; `f32` only if exact |
//! | [`Decimal`] | `Decimal` | `Decimal`, `I64`, `U64`, `Text` in plain notation; `F64` of at most 15 significant digits, which a double holds exactly |
//! | `String` | `Text` | `Text` |
//! | `Vec<u8>` | `Bytes` | `Bytes` |
//! | [`Uuid`] | `Uuid` | `Uuid`, `Bytes` of 16, `Text` |
//! | [`NaiveDate`] | `Date` | `Date`, `Text` `YYYY-MM-DD`; a `DateTime` or such text at midnight |
//! | [`NaiveTime`] | `Time` | `Time`, `Text` `HH:MM:SS[.f]` |
//! | [`NaiveDateTime`] | `DateTime` | `DateTime`, `Text` `YYYY-MM-DD HH:MM:SS[.f]` without zone, `Date` |
//! | [`DateTime<Utc>`] | `Timestamp` | `Timestamp`, `Text` as above, with or without a zone (none means UTC), `DateTime` taken as UTC |
//! | [`serde_json::Value`], [`Json<T>`] | `Json` | `Json`, `Text` that parses |
//! | `Vec<T>` of scalars | `Array` | `Array`; `Json` and `Text` holding a JSON array |
//! | [`Document`] | `Document` | `Document`; `Json` and `Text` holding a JSON object |
//! | [`ObjectId`] | `ObjectId` | `ObjectId`, `Text` of 24 hexadecimal digits, `Bytes` of 12 |
//! | `Option<T>` | `Null` or as `T` | `Null`, and what `T` reads |
//!
//! Which of these a database stores natively, and how it stores the others, is each driver's page.

mod column_value;
mod document;
mod json;
mod key;
mod number;
mod time;
mod value_ref;

pub use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
pub use column_value::{ColumnValue, Element, Mismatch, Opaque};
pub use document::{Document, ObjectId};
pub use json::{JSON_DEPTH, Json, check_json_depth};
pub use key::Key;
pub use rust_decimal::Decimal;
pub use time::{format_date, format_date_time, format_time};
pub use uuid::Uuid;
pub use value_ref::ValueRef;

/// An owned value, as bound to a statement.
///
/// ```
/// use eloquent_core::value::{ColumnValue, Value};
///
/// assert_eq!(7_i64.into_value().unwrap(), Value::I64(7));
/// assert_eq!(None::<i64>.into_value().unwrap(), Value::Null);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// No value.
    Null,
    /// Truth.
    Bool(bool),
    /// A signed integer.
    I64(i64),
    /// An unsigned integer; kept apart because it reaches beyond `i64`.
    U64(u64),
    /// A double. NaN and the infinities are for each driver to accept or refuse.
    F64(f64),
    /// An exact decimal of up to 28 digits.
    Decimal(Decimal),
    /// Text in UTF-8.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A UUID.
    Uuid(Uuid),
    /// A calendar date.
    Date(NaiveDate),
    /// A time of day.
    Time(NaiveTime),
    /// A date and time without a zone.
    DateTime(NaiveDateTime),
    /// An instant, in UTC.
    Timestamp(DateTime<Utc>),
    /// A JSON value.
    Json(Box<serde_json::Value>),
    /// A list of values.
    Array(Vec<Value>),
    /// Named values in order.
    Document(Document),
    /// The twelve-byte key of document databases.
    ObjectId(ObjectId),
}

impl Value {
    /// The same value, borrowed.
    #[inline]
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Value::Null => ValueRef::Null,
            Value::Bool(v) => ValueRef::Bool(*v),
            Value::I64(v) => ValueRef::I64(*v),
            Value::U64(v) => ValueRef::U64(*v),
            Value::F64(v) => ValueRef::F64(*v),
            Value::Decimal(v) => ValueRef::Decimal(*v),
            Value::Text(v) => ValueRef::Text(v),
            Value::Bytes(v) => ValueRef::Bytes(v),
            Value::Uuid(v) => ValueRef::Uuid(*v),
            Value::Date(v) => ValueRef::Date(*v),
            Value::Time(v) => ValueRef::Time(*v),
            Value::DateTime(v) => ValueRef::DateTime(*v),
            Value::Timestamp(v) => ValueRef::Timestamp(*v),
            Value::Json(v) => ValueRef::Json(v),
            Value::Array(v) => ValueRef::Array(v),
            Value::Document(v) => ValueRef::Document(v),
            Value::ObjectId(v) => ValueRef::ObjectId(*v),
        }
    }

    /// Whether this is [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// What the value is, for messages.
    pub fn type_name(&self) -> &'static str {
        self.as_ref().type_name()
    }
}
