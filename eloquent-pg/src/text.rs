//! Values as the text that the server reads: where it takes no binary form, and in lists.

use std::fmt::Write as _;

use bytes::{BufMut as _, BytesMut};
use chrono::Datelike as _;
use eloquent_core::value::{Mismatch, NaiveDate, NaiveTime, Value, ValueRef, check_json_depth};

use crate::encode::{check_nul, time};

/// Writes a value as text.
///
/// # Errors
/// When the server has no exact form for it.
pub(crate) fn write(value: ValueRef<'_>, out: &mut BytesMut) -> Result<(), Mismatch> {
    match value {
        ValueRef::Text(text) => {
            check_nul(text)?;
            out.put_slice(text.as_bytes());
        }
        other => out.put_slice(text_of(other)?.as_bytes()),
    }
    Ok(())
}

/// The text of a value.
///
/// # Errors
/// As [`write`].
pub(crate) fn text_of(value: ValueRef<'_>) -> Result<String, Mismatch> {
    Ok(match value {
        ValueRef::Null => return Err(Mismatch::because("null has no text")),
        ValueRef::Bool(v) => if v { "t" } else { "f" }.to_owned(),
        ValueRef::I64(v) => v.to_string(),
        ValueRef::U64(v) => v.to_string(),
        // the shortest text that reads back as the same double
        ValueRef::F64(v) if v.is_finite() => format!("{v:e}"),
        ValueRef::F64(v) if v.is_nan() => "NaN".to_owned(),
        ValueRef::F64(v) => if v > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        ValueRef::Decimal(v) => v.to_string(),
        ValueRef::Text(v) => {
            check_nul(v)?;
            v.to_owned()
        }
        ValueRef::Bytes(v) => v.iter().fold(String::from("\\x"), |mut text, byte| {
            let _ = write!(text, "{byte:02x}"); // writing to a `String` cannot fail
            text
        }),
        ValueRef::Uuid(v) => v.to_string(),
        ValueRef::Date(v) => date(v, ""),
        ValueRef::Time(v) => clock(v)?,
        ValueRef::DateTime(v) => date(v.date(), &clock(v.time())?),
        ValueRef::Timestamp(v) => {
            let moment = v.naive_utc();
            date(moment.date(), &(clock(moment.time())? + "Z"))
        }
        ValueRef::ObjectId(v) => v.to_string(),
        ValueRef::Json(v) => {
            check_json_depth(v)?;
            v.to_string()
        }
        ValueRef::Array(_) | ValueRef::Document(_) => value.to_json()?.to_string(),
        other => {
            let name = other.type_name();
            return Err(Mismatch::because(format!("PostgreSQL has no form for {name}")));
        }
    })
}

/// A list in the notation of the server: `{"a","b"}`.
///
/// # Errors
/// As [`write`].
pub(crate) fn list_of(values: &[Value]) -> Result<String, Mismatch> {
    let mut list = String::from("{");
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            list.push(',');
        }
        match value {
            Value::I64(v) => {
                let _ = write!(list, "{v}"); // writing to a `String` cannot fail
            }
            value => {
                list.push('"');
                for c in text_of(value.as_ref())?.chars() {
                    if matches!(c, '"' | '\\') {
                        list.push('\\');
                    }
                    list.push(c);
                }
                list.push('"');
            }
        }
    }
    list.push('}');
    Ok(list)
}

/// A day, with what stands behind it. Years before the first are counted back.
fn date(day: NaiveDate, rest: &str) -> String {
    let (year, era) = if day.year() > 0 { (day.year(), "") } else { (1 - day.year(), " BC") };
    let blank = if rest.is_empty() { "" } else { " " };
    format!("{year:04}-{:02}-{:02}{blank}{rest}{era}", day.month(), day.day())
}

fn clock(clock: NaiveTime) -> Result<String, Mismatch> {
    let micros = time(clock)?; // what the server would round is refused
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    Ok(format!("{hours:02}:{minutes:02}:{:02}.{micros:06}", seconds % 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_what_means_something() {
        let texts = ["a", "", "a\"b", "a\\b", "a,b", "{}", "NULL", "ü"];
        let list = texts.map(|text| Value::Text(text.to_owned()));
        let expected = r#"{"a","","a\"b","a\\b","a,b","{}","NULL","ü"}"#;
        assert_eq!(list_of(&list).unwrap(), expected);
        assert_eq!(list_of(&[Value::I64(1), Value::I64(-2)]).unwrap(), "{1,-2}");
        assert_eq!(list_of(&[Value::Bytes(vec![0, 255])]).unwrap(), r#"{"\\x00ff"}"#);
        assert!(list_of(&[Value::Text("\0".to_owned())]).is_err());
    }

    #[test]
    fn moments_have_eras() {
        let day = |year| NaiveDate::from_ymd_opt(year, 2, 3).unwrap();
        let text = |year| text_of(ValueRef::Date(day(year))).unwrap();
        assert_eq!((text(2024).as_str(), text(0).as_str()), ("2024-02-03", "0001-02-03 BC"));
        assert_eq!(text(12_024), "12024-02-03");
        let moment = day(0).and_hms_micro_opt(1, 2, 3, 4).unwrap();
        assert_eq!(
            text_of(ValueRef::Timestamp(moment.and_utc())).unwrap(),
            "0001-02-03 01:02:03.000004Z BC"
        );
        let fine = day(2024).and_hms_nano_opt(1, 2, 3, 4).unwrap();
        assert!(text_of(ValueRef::DateTime(fine)).is_err());
    }
}
