//! Values on their way in. The [crate's page](crate) has the table.

use chrono::{Datelike as _, Timelike as _};
use eloquent_core::sql::Compiled;
use eloquent_core::value::{
    Mismatch, NaiveDate, NaiveDateTime, NaiveTime, ValueRef, check_json_depth,
};
use eloquent_core::{Error, Result};
use sqlx::mysql::MySqlArguments;
use sqlx::{Arguments as _, Encode, MySql, Type};

use crate::config::UuidForm;
use crate::error::error;

/// The binds of a statement, as they are sent.
///
/// # Errors
/// For a value that the server would bend, naming its column.
pub(crate) fn encode(
    statement: &Compiled,
    binds: &[ValueRef<'_>],
    uuid: UuidForm,
) -> Result<MySqlArguments> {
    let mut arguments = MySqlArguments::default();
    // a number is as long as its bytes, most texts are not much longer
    arguments.reserve(binds.len(), 16 * binds.len());
    for (index, value) in binds.iter().enumerate() {
        bind(&mut arguments, *value, uuid).map_err(|why| unbound(why, statement, index))?;
    }
    Ok(arguments)
}

/// The error of a bind, counted from 0.
#[cold]
fn unbound(why: Mismatch, statement: &Compiled, bind: usize) -> Error {
    let error = why.into_encode_error().with_driver(crate::error::DRIVER);
    let error = match statement.column_of(bind) {
        Some(column) => error.with_column(column.clone()),
        None => error,
    };
    match statement.table() {
        Some(table) => error.with_table(table.clone()),
        None => error,
    }
}

fn bind(
    arguments: &mut MySqlArguments,
    value: ValueRef<'_>,
    uuid: UuidForm,
) -> Result<(), Mismatch> {
    match value {
        ValueRef::Null => add(arguments, None::<&str>),
        ValueRef::Bool(v) => add(arguments, i64::from(v)),
        ValueRef::I64(v) => add(arguments, v),
        // as a signed one it does not make the result of a subtraction unsigned
        ValueRef::U64(v) => match i64::try_from(v) {
            Ok(v) => add(arguments, v),
            Err(_) => add(arguments, v),
        },
        ValueRef::F64(v) if v.is_finite() => add(arguments, v),
        ValueRef::F64(_) => {
            Err(Mismatch::because("NaN and infinities have no form in this database"))
        }
        ValueRef::Decimal(v) => add(arguments, v),
        ValueRef::Text(v) => add(arguments, v),
        ValueRef::Bytes(v) => add(arguments, v),
        ValueRef::Uuid(v) => match uuid {
            UuidForm::Binary => add(arguments, &v.as_bytes()[..]),
            UuidForm::Text => add(arguments, v.to_string()),
        },
        ValueRef::Date(v) => add(arguments, date(v)?),
        ValueRef::Time(v) => add(arguments, time(v)?),
        ValueRef::DateTime(v) => add(arguments, date_time(v)?),
        // the session's zone is UTC
        ValueRef::Timestamp(v) => add(arguments, date_time(v.naive_utc())?),
        ValueRef::Json(v) => {
            check_json_depth(v)?;
            add(arguments, v.to_string())
        }
        ValueRef::Array(_) | ValueRef::Document(_) => add(arguments, value.to_json()?.to_string()),
        ValueRef::ObjectId(v) => add(arguments, v.to_string()),
        other => Err(Mismatch::because(format!("there is no form for {}", other.type_name()))),
    }
}

fn add<'v, T>(arguments: &mut MySqlArguments, value: T) -> Result<(), Mismatch>
where
    T: Encode<'v, MySql> + Type<MySql>,
{
    arguments.add(value).map_err(|_| Mismatch::because("the value cannot be sent"))
}

fn date(date: NaiveDate) -> Result<NaiveDate, Mismatch> {
    if (1..=9999).contains(&date.year()) {
        Ok(date)
    } else {
        Err(Mismatch::because("only the years 1 to 9999 can be stored"))
    }
}

/// The server would round what is finer than it keeps.
fn time(time: NaiveTime) -> Result<NaiveTime, Mismatch> {
    match time.nanosecond() {
        1_000_000_000.. => Err(Mismatch::because("a leap second cannot be stored")),
        nanos if nanos % 1000 != 0 => {
            Err(Mismatch::because("the time is finer than a microsecond; round it first"))
        }
        _ => Ok(time),
    }
}

fn date_time(moment: NaiveDateTime) -> Result<NaiveDateTime, Mismatch> {
    date(moment.date())?;
    time(moment.time())?;
    Ok(moment)
}

/// The error of a value that came in a form that its column does not have.
#[cold]
pub(crate) fn malformed(what: &'static str) -> Error {
    error(eloquent_core::ErrorKind::Decode, what)
}

#[cfg(test)]
mod tests {
    use eloquent_core::ErrorKind;
    use eloquent_core::value::{Decimal, Document, Uuid, Value};

    use super::*;

    fn refused(value: ValueRef<'_>) -> bool {
        let statement = Compiled::raw("SELECT ?");
        match encode(&statement, &[value], UuidForm::Binary) {
            Ok(_) => false,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
                true
            }
        }
    }

    #[test]
    fn what_the_server_would_bend_is_refused() {
        let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
        let at = |nanos| day.and_hms_nano_opt(23, 59, 59, nanos).unwrap();
        let deep = (0..200).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
        for value in [
            ValueRef::F64(f64::NAN),
            ValueRef::F64(f64::NEG_INFINITY),
            ValueRef::Json(&deep),
            ValueRef::Array(&[Value::Bytes(vec![])]),
            ValueRef::Date(NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap()),
            ValueRef::Date(NaiveDate::from_ymd_opt(0, 1, 1).unwrap()),
            ValueRef::DateTime(at(1)),
            ValueRef::Timestamp(at(1_500_000_000).and_utc()),
            ValueRef::Time(at(999).time()),
        ] {
            assert!(refused(value), "{value:?}");
        }
    }

    #[test]
    fn the_rest_is_sent() {
        let day = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
        let moment = day.and_hms_micro_opt(23, 59, 59, 999_999).unwrap();
        let document = Document::new();
        for value in [
            ValueRef::Null,
            ValueRef::U64(u64::MAX),
            ValueRef::F64(-0.0),
            ValueRef::Decimal(Decimal::MAX),
            ValueRef::Text("a\0b"),
            ValueRef::Bytes(&[]),
            ValueRef::Uuid(Uuid::nil()),
            ValueRef::Date(day),
            ValueRef::Time(moment.time()),
            ValueRef::DateTime(moment),
            ValueRef::Document(&document),
        ] {
            assert!(!refused(value), "{value:?}");
        }
    }
}
