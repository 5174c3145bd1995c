//! The tie between a Rust type and the values of a column.

use std::borrow::Cow;

use super::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, ObjectId, Utc, Uuid, Value, ValueRef};
use crate::schema::ColumnType;
use crate::{Error, ErrorKind};

/// A Rust type that a column can hold.
///
/// Implemented for the types of the [conversion table](super#conversions). `#[derive(ColumnValue)]`
/// implements it for enums without data and for newtypes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a column",
    label = "not a column type",
    note = "add `#[derive(ColumnValue)]` to an enum or a newtype, `#[derive(Embedded)]` to a struct; for other data, use `Json<{Self}>`"
)]
pub trait ColumnValue: Sized + Send + Sync + 'static {
    /// The column that a table gets for this type, unless the model says otherwise.
    const TYPE: ColumnType;
    /// Whether null is one of the values.
    const NULLABLE: bool = false;
    /// The type without null: `T` for `Option<T>`, else the type itself.
    type Plain: ColumnValue;
    /// What paths lead into: the type itself for a struct whose fields are known, else [`Opaque`].
    type Inside: 'static;

    /// The value to bind.
    ///
    /// # Errors
    /// When the value has no stored form, for example JSON of a map whose keys are not text.
    fn into_value(self) -> Result<Value, Mismatch>;

    /// The value to bind, from a borrow.
    ///
    /// # Errors
    /// As [`into_value`](Self::into_value).
    fn to_value(&self) -> Result<Value, Mismatch>;

    /// The Rust value of a stored one.
    ///
    /// # Errors
    /// When the stored value is not of an accepted form or does not fit exactly.
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch>;
}

/// What no path leads into.
#[derive(Debug, Clone, Copy)]
pub struct Opaque;

/// The types of which a column can hold a list, as `Vec<T>`: scalars, and structs that become documents.
pub trait Element: ColumnValue {}

/// A value and a type that do not fit together; whoever knows the column makes an [`Error`] of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch(Cow<'static, str>);

impl Mismatch {
    /// `expected` names the Rust type, `found` the form that came instead.
    #[cold]
    pub fn wrong_type(expected: &'static str, found: ValueRef<'_>) -> Self {
        Mismatch(format!("expected {expected}, found {}", found.type_name()).into())
    }

    /// Any other reason. It must not contain the value.
    pub fn because(reason: impl Into<Cow<'static, str>>) -> Self {
        Mismatch(reason.into())
    }

    /// The reason, without the value.
    pub fn reason(&self) -> &str {
        &self.0
    }

    /// The error of a value that cannot be written.
    pub fn into_encode_error(self) -> Error {
        Error::new(ErrorKind::Encode, self.0)
    }

    /// The error of a value that cannot be read.
    pub fn into_decode_error(self) -> Error {
        Error::new(ErrorKind::Decode, self.0)
    }
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

/// Types whose value is copied or cloned into one variant: type, column type, variant, and the forms
/// that are read.
macro_rules! column_values {
    ($($type:ty, $name:literal, $column:expr, $variant:ident { $($form:pat => $read:expr,)+ })+) => {$(
        impl ColumnValue for $type {
            type Plain = Self;
            type Inside = Opaque;
            const TYPE: ColumnType = $column;
            #[inline]
            fn into_value(self) -> Result<Value, Mismatch> { Ok(Value::$variant(self)) }
            fn to_value(&self) -> Result<Value, Mismatch> { Ok(Value::$variant(self.clone())) }
            #[inline] // into the model's own code: once per column of each row
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                match value {
                    $($form => $read,)+
                    other => Err(Mismatch::wrong_type($name, other)),
                }
            }
        }
        impl Element for $type {}
    )+};
}

column_values! {
    bool, "a boolean", ColumnType::Bool, Bool {
        ValueRef::Bool(v) => Ok(v),
        ValueRef::I64(v @ (0 | 1)) => Ok(v == 1),
        ValueRef::U64(v @ (0 | 1)) => Ok(v == 1),
    }
    String, "text", ColumnType::Text, Text {
        ValueRef::Text(v) => Ok(v.to_owned()),
    }
    Uuid, "a UUID", ColumnType::Uuid, Uuid {
        ValueRef::Uuid(v) => Ok(v),
        ValueRef::Bytes(v) => Uuid::from_slice(v).map_err(|_| Mismatch::because("expected a UUID, found bytes of another length than 16")),
        ValueRef::Text(v) => Uuid::try_parse(v).map_err(|_| Mismatch::because("expected a UUID, found text that is none")),
    }
    NaiveDate, "a date", ColumnType::Date, Date {
        ValueRef::Date(v) => Ok(v),
        ValueRef::DateTime(v) => super::time::midnight(v),
        ValueRef::Text(v) => super::time::parse_date(v),
    }
    NaiveTime, "a time", ColumnType::Time, Time {
        ValueRef::Time(v) => Ok(v),
        ValueRef::Text(v) => super::time::parse_time(v),
    }
    NaiveDateTime, "a date and time", ColumnType::DateTime, DateTime {
        ValueRef::DateTime(v) => Ok(v),
        ValueRef::Date(v) => Ok(v.and_time(NaiveTime::MIN)),
        ValueRef::Text(v) => super::time::parse_date_time(v),
    }
    DateTime<Utc>, "a timestamp", ColumnType::Timestamp, Timestamp {
        ValueRef::Timestamp(v) => Ok(v),
        ValueRef::DateTime(v) => Ok(v.and_utc()),
        ValueRef::Text(v) => super::time::parse_timestamp(v),
    }
    ObjectId, "an object id", ColumnType::ObjectId, ObjectId {
        ValueRef::ObjectId(v) => Ok(v),
        ValueRef::Text(v) => v.parse(),
        ValueRef::Bytes(v) => ObjectId::from_slice(v),
    }
}

impl ColumnValue for Vec<u8> {
    type Plain = Self;
    type Inside = Opaque;
    const TYPE: ColumnType = ColumnType::Bytes;

    fn into_value(self) -> Result<Value, Mismatch> {
        Ok(Value::Bytes(self))
    }

    fn to_value(&self) -> Result<Value, Mismatch> {
        Ok(Value::Bytes(self.clone()))
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Bytes(v) => Ok(v.to_owned()),
            other => Err(Mismatch::wrong_type("bytes", other)),
        }
    }
}

impl<T: ColumnValue> ColumnValue for Option<T> {
    type Plain = T::Plain;
    type Inside = T::Inside;
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = true;

    #[inline]
    fn into_value(self) -> Result<Value, Mismatch> {
        self.map_or(Ok(Value::Null), T::into_value)
    }

    fn to_value(&self) -> Result<Value, Mismatch> {
        self.as_ref().map_or(Ok(Value::Null), T::to_value)
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

impl<T: Element> ColumnValue for Vec<T> {
    type Plain = Self;
    type Inside = Opaque;
    const TYPE: ColumnType = ColumnType::Array;

    fn into_value(self) -> Result<Value, Mismatch> {
        self.into_iter().map(T::into_value).collect::<Result<_, _>>().map(Value::Array)
    }

    fn to_value(&self) -> Result<Value, Mismatch> {
        self.iter().map(T::to_value).collect::<Result<_, _>>().map(Value::Array)
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Array(items) => {
                items.iter().map(|item| T::from_value(item.as_ref())).collect()
            }
            ValueRef::Json(serde_json::Value::Array(items)) => {
                items.iter().map(|item| T::from_value(super::json::scalar(item))).collect()
            }
            ValueRef::Text(text) => match super::json::parse(text)? {
                array @ serde_json::Value::Array(_) => Self::from_value(ValueRef::Json(&array)),
                _ => Err(Mismatch::because("expected an array, found other JSON")),
            },
            other => Err(Mismatch::wrong_type("an array", other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bool_reads_only_truth() {
        assert_eq!(bool::from_value(ValueRef::I64(1)), Ok(true));
        assert!(bool::from_value(ValueRef::I64(2)).is_err());
        assert!(bool::from_value(ValueRef::Text("true")).is_err());
    }

    #[test]
    fn null_is_read_by_options_only() {
        assert_eq!(Option::<String>::from_value(ValueRef::Null), Ok(None));
        let error = String::from_value(ValueRef::Null).unwrap_err();
        assert_eq!(error.reason(), "expected text, found null");
    }

    #[test]
    fn arrays_are_read_from_json_text() {
        assert_eq!(Vec::<i64>::from_value(ValueRef::Text("[1, 2]")), Ok(vec![1, 2]));
        assert_eq!(Vec::<String>::from_value(ValueRef::Text("[\"a\"]")), Ok(vec!["a".to_owned()]));
        assert!(Vec::<i64>::from_value(ValueRef::Text("[1.5]")).is_err());
        assert!(Vec::<i64>::from_value(ValueRef::Text("{}")).is_err());
    }

    #[test]
    fn a_mismatch_never_shows_the_value() {
        let error = Uuid::from_value(ValueRef::Text("hunter2")).unwrap_err();
        assert!(!error.reason().contains("hunter2"));
    }
}
