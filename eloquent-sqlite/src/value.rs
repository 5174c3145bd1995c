//! Values on their way in and out. The [crate's page](crate) has the table.

use std::borrow::Cow;

use eloquent_core::row::{Row, no_column};
use eloquent_core::value::{
    Mismatch, ValueRef, check_json_depth, format_date, format_date_time, format_time,
};
use eloquent_core::{ErrorKind, Result};
use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef as Stored};

use crate::decimal::canonical;
use crate::error::error;

/// The stored form of a value.
///
/// # Errors
/// When SQLite has none that is exact.
pub(crate) fn store(value: ValueRef<'_>) -> Result<ToSqlOutput<'_>, Mismatch> {
    let borrowed = |value| Ok(ToSqlOutput::Borrowed(value));
    let text = |text: String| Ok(ToSqlOutput::Owned(Owned::Text(text)));
    match value {
        ValueRef::Null => borrowed(Stored::Null),
        ValueRef::Bool(v) => borrowed(Stored::Integer(v.into())),
        ValueRef::I64(v) => borrowed(Stored::Integer(v)),
        ValueRef::U64(v) => match i64::try_from(v) {
            Ok(v) => borrowed(Stored::Integer(v)),
            Err(_) => {
                Err(Mismatch::because("the integer is beyond the 63 bits that SQLite stores"))
            }
        },
        ValueRef::F64(v) if v.is_nan() => Err(Mismatch::because("SQLite would store NaN as null")),
        ValueRef::F64(v) => borrowed(Stored::Real(v)),
        ValueRef::Decimal(v) => text(canonical(v)),
        ValueRef::Text(v) => borrowed(Stored::Text(v.as_bytes())),
        ValueRef::Bytes(v) => borrowed(Stored::Blob(v)),
        ValueRef::Uuid(v) => text(v.to_string()),
        ValueRef::Date(v) => text(format_date(v)?),
        ValueRef::Time(v) => text(format_time(v)?),
        ValueRef::DateTime(v) => text(format_date_time(v)?),
        ValueRef::Timestamp(v) => text(format_date_time(v.naive_utc())?),
        ValueRef::Json(v) => {
            check_json_depth(v)?;
            text(v.to_string())
        }
        ValueRef::Array(_) | ValueRef::Document(_) => text(value.to_json()?.to_string()),
        ValueRef::ObjectId(v) => text(v.to_string()),
        other => Err(Mismatch::because(format!("SQLite has no form for {}", other.type_name()))),
    }
}

/// A row of SQLite's, where it lies.
pub(crate) struct SqliteRow<'r, 's>(pub(crate) &'r rusqlite::Row<'s>);

impl Row for SqliteRow<'_, '_> {
    fn len(&self) -> usize {
        self.0.as_ref().column_count()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        match self.0.get_ref(index).map_err(|_| no_column(index))? {
            Stored::Null => Ok(ValueRef::Null),
            Stored::Integer(v) => Ok(ValueRef::I64(v)),
            Stored::Real(v) => Ok(ValueRef::F64(v)),
            Stored::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(ValueRef::Text(text)),
                Err(_) => Err(self.not_utf8(index)),
            },
            Stored::Blob(bytes) => Ok(ValueRef::Bytes(bytes)),
        }
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.0.as_ref().column_name(index).ok()
    }
}

impl SqliteRow<'_, '_> {
    #[cold]
    fn not_utf8(&self, index: usize) -> eloquent_core::Error {
        let column = self
            .name(index)
            .map_or_else(|| Cow::from(format!("#{index}")), |name| Cow::from(name.to_owned()));
        error(ErrorKind::Decode, "the stored text is not UTF-8").with_column(column)
    }
}

#[cfg(test)]
mod tests {
    use eloquent_core::value::{ColumnValue, Decimal, Document, NaiveDate, ObjectId, Uuid, Value};

    use super::*;

    /// Stores a value in a column without a type and reads it back as `T`.
    fn there_and_back<T: ColumnValue>(value: T) -> (T, &'static str) {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let mut statement = connection.prepare("SELECT ?1, typeof(?1)").unwrap();
        let bound = value.into_value().unwrap();
        statement.raw_bind_parameter(1, store(bound.as_ref()).unwrap()).unwrap();
        let mut rows = statement.raw_query();
        let row = rows.next().unwrap().unwrap();
        let row = SqliteRow(row);
        let ValueRef::Text(ty) = row.get(1).unwrap() else { panic!("no text") };
        let ty =
            ["null", "integer", "real", "text", "blob"].into_iter().find(|t| *t == ty).unwrap();
        ((&row as &dyn Row).read(0).unwrap(), ty)
    }

    #[test]
    fn every_type_comes_back_as_it_was() {
        macro_rules! check {
            ($($value:expr => $ty:literal,)+) => {$({
                let value = $value;
                assert_eq!(there_and_back(value.clone()), (value, $ty));
            })+};
        }
        let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
        let moment = day.and_hms_nano_opt(23, 59, 59, 123_456_789).unwrap();
        check! {
            true => "integer",
            i64::MIN => "integer",
            u64::MAX >> 1 => "integer",
            f64::MIN_POSITIVE => "real",
            f64::NEG_INFINITY => "real",
            "7922816251426433759354395033.5".parse::<Decimal>().unwrap() => "text",
            "a\0b Ü".to_owned() => "text",
            vec![0_u8, 255] => "blob",
            Vec::<u8>::new() => "blob",
            Uuid::from_u128(7) => "text",
            day => "text",
            moment.time() => "text",
            moment => "text",
            moment.and_utc() => "text",
            serde_json::json!({"a": [1, null]}) => "text",
            vec![1_i64, 2] => "text",
            [("a".to_owned(), Value::I64(1))].into_iter().collect::<Document>() => "text",
            ObjectId::from_bytes([7; 12]) => "text",
            None::<i64> => "null",
        }
    }

    #[test]
    fn equal_decimals_have_equal_text() {
        let stored = |text: &str| store(ValueRef::Decimal(text.parse().unwrap())).unwrap();
        assert_eq!(stored("1.10"), stored("1.1"));
        assert_eq!(stored("-0.00"), ToSqlOutput::Owned(Owned::Text("0".to_owned())));
    }

    #[test]
    fn what_sqlite_would_bend_is_refused() {
        let deep = (0..200).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
        for value in [
            ValueRef::U64(u64::MAX),
            ValueRef::F64(f64::NAN),
            ValueRef::Json(&deep),
            ValueRef::Array(&[Value::Bytes(vec![])]),
            ValueRef::Date(NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap()),
        ] {
            assert!(store(value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn text_that_is_no_utf8_names_its_column() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let mut statement = connection.prepare("SELECT CAST(x'ff41' AS TEXT) AS name").unwrap();
        let mut rows = statement.query([]).unwrap();
        let row = SqliteRow(rows.next().unwrap().unwrap());
        let error = row.get(0).unwrap_err();
        assert_eq!((error.kind(), error.column()), (ErrorKind::Decode, Some("name")));
        assert!(row.get(1).is_err());
    }
}
