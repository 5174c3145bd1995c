//! Values on their way there and back.

use std::slice::from_ref;

use eloquent_core::ErrorKind;
use eloquent_core::value::{NaiveDate, Uuid};

use super::*;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse().unwrap())
}

/// Types, and values that they hold exactly.
fn kept() -> Vec<(&'static str, Vec<Value>)> {
    let day = |year| NaiveDate::from_ymd_opt(year, 2, 28).unwrap();
    let moment = |year| day(year).and_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    let years = [-4712, 0, 1, 1999, 2024, 9999, 12_024];
    vec![
        ("boolean", vec![Value::Bool(true), Value::Bool(false)]),
        ("smallint", vec![Value::I64(i16::MIN.into()), Value::I64(i16::MAX.into())]),
        ("integer", vec![Value::I64(i32::MIN.into()), Value::I64(i32::MAX.into())]),
        ("bigint", vec![Value::I64(i64::MIN), Value::I64(-1), Value::I64(i64::MAX)]),
        ("numeric(20, 0)", vec![Value::U64(0), Value::U64(u64::MAX)]),
        ("real", vec![Value::F64(0.5), Value::F64(f32::MAX.into()), Value::F64(f64::INFINITY)]),
        ("double precision", vec![Value::F64(0.1), Value::F64(-0.0), Value::F64(f64::MAX)]),
        (
            "numeric",
            [
                "0",
                "0.00",
                "-1.10",
                "79228162514264337593543950335",
                "0.0000000000000000000000000001",
            ]
            .map(decimal)
            .into(),
        ),
        ("numeric(10, 2)", vec![decimal("99999999.99"), decimal("-0.01")]),
        ("text", ["", "ü€😀", "a\\b'c\"d", "\u{1}"].map(text).into()),
        ("varchar(3)", ["abc", "ü€😀"].map(text).into()),
        ("bytea", vec![Value::Bytes(vec![]), Value::Bytes((0..=255).collect())]),
        ("uuid", vec![Value::Uuid(Uuid::nil()), Value::Uuid(Uuid::max())]),
        ("date", years.map(|year| Value::Date(day(year))).into()),
        ("time", vec![Value::Time(moment(1).time())]),
        ("timestamp", years.map(|year| Value::DateTime(moment(year))).into()),
        ("timestamptz", years.map(|year| Value::Timestamp(moment(year).and_utc())).into()),
        ("inet", ["127.0.0.1", "10.0.0.0/8", "::1"].map(text).into()),
        ("macaddr", vec![text("08:00:2b:01:02:03")]),
        ("interval", ["1 year 2 mons", "-3 days", "00:00:01.5"].map(text).into()),
        ("timetz", ["12:00:00+02", "01:02:03.5-03:30"].map(text).into()),
        ("bit varying", ["", "1", "101010101"].map(text).into()),
        ("int4range", ["empty", "[1,5)", "(,)", "[3,)"].map(text).into()),
        ("oid", vec![Value::I64(u32::MAX.into())]),
        ("xml", vec![text("<a>1</a>")]),
        (
            "integer[]",
            vec![
                Value::Array(vec![]),
                Value::Array(vec![Value::I64(1), Value::Null, Value::I64(-3)]),
            ],
        ),
        ("text[]", vec![Value::Array(["a,b", "", "\"", "NULL"].map(text).into())]),
    ]
}

async fn there_and_back(session: &mut dyn Session, lists: bool) {
    for (ty, values) in kept() {
        for value in values {
            if !lists && matches!(value, Value::Array(_)) {
                continue;
            }
            let back = one(session, &format!("SELECT ?::{ty}"), from_ref(&value)).await;
            let back = back.unwrap_or_else(|error| panic!("{ty} {value:?}: {error}"));
            match (&value, &back) {
                // what says that a number has no sign is the column, and this is none
                (Value::U64(_), Value::Decimal(_)) => {
                    let column = "SELECT a FROM pg_temp.unsigned WHERE a = ?";
                    run(session, "CREATE TEMP TABLE IF NOT EXISTS unsigned (a numeric(20, 0))")
                        .await
                        .unwrap();
                    let insert = raw("INSERT INTO unsigned VALUES (?)", from_ref(&value));
                    session.execute(&insert).await.unwrap();
                    assert_eq!(one(session, column, from_ref(&value)).await.unwrap(), value);
                }
                (Value::F64(there), Value::F64(back)) => {
                    assert_eq!(there.to_bits(), back.to_bits(), "{ty}");
                }
                (Value::Decimal(there), Value::Decimal(back)) => {
                    assert_eq!(there.to_string(), back.to_string(), "{ty}");
                }
                _ => assert_eq!(value, back, "{ty}"),
            }
            let null = one(session, &format!("SELECT ?::{ty}"), &[Value::Null]).await.unwrap();
            assert_eq!(null, Value::Null, "{ty}");
        }
    }
}

#[tokio::test]
async fn values_come_back_as_they_were() -> Result<()> {
    there_and_back(&mut *session().await?, true).await;
    Ok(())
}

#[tokio::test]
async fn values_come_back_as_they_were_when_they_go_as_text() -> Result<()> {
    there_and_back(&mut *at_once("values").await?, false).await;
    Ok(())
}

#[tokio::test]
async fn enums_and_domains_are_text_and_what_they_are_made_of() -> Result<()> {
    let mut session = session().await?;
    let session = &mut *session;
    session.begin(0, Default::default()).await?;
    run(session, "CREATE TYPE mood AS ENUM ('sad', 'happy')").await?;
    run(session, "CREATE DOMAIN positive AS bigint CHECK (VALUE > 0)").await?;
    assert_eq!(one(session, "SELECT ?::mood", &[text("happy")]).await?, text("happy"));
    assert_eq!(one(session, "SELECT ?::positive", &[Value::I64(5)]).await?, Value::I64(5));
    let error = one(session, "SELECT ?::positive", &[Value::I64(-5)]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CheckViolation, "{error}");
    session.rollback(0).await
}

#[tokio::test]
async fn raw_values_are_what_they_are() -> Result<()> {
    let mut session = session().await?;
    let session = &mut *session;
    // the same text, for which the server would take all of them for text
    for value in
        [Value::I64(1), text("a"), Value::Bool(true), Value::Null, decimal("1.5"), text("b")]
    {
        assert_eq!(one(session, "SELECT ?", from_ref(&value)).await?, value);
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_read_is_text_or_names_its_column() -> Result<()> {
    let mut session = session().await?;
    let session = &mut *session;
    for (sql, shown) in [
        ("SELECT 'NaN'::numeric", "NaN"),
        ("SELECT 1e40::numeric", "10000000000000000000000000000000000000000"),
        ("SELECT (1e-40::numeric)", "0.0000000000000000000000000000000000000001"),
    ] {
        assert_eq!(one(session, sql, &[]).await?, text(shown), "{sql}");
    }
    for expression in [
        "'infinity'::date",
        "'-infinity'::timestamptz",
        "'294276-01-01'::timestamp",
        "'(1,2)'::point",
    ] {
        let error = one(session, &format!("SELECT {expression} AS a"), &[]).await.unwrap_err();
        assert_eq!((error.kind(), error.column()), (ErrorKind::Decode, Some("a")), "{expression}");
    }
    // the session goes on
    assert_eq!(one(session, "SELECT 1::bigint", &[]).await?, Value::I64(1));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_without_its_value() -> Result<()> {
    let mut session = session().await?;
    let session = &mut *session;
    let fine = NaiveDate::MIN.and_hms_nano_opt(1, 2, 3, 4).unwrap();
    for (ty, value) in [
        ("text", text("canary\0")),
        ("smallint", Value::I64(4_711_000)),
        ("bigint", Value::U64(u64::MAX)),
        ("integer", text("canary")),
        ("real", Value::F64(0.1)),
        ("time", Value::Time(fine.time())),
        ("date", Value::Date(NaiveDate::MIN)),
        ("timestamp", Value::DateTime(fine)),
        ("uuid", text("canary")),
        ("integer[]", Value::Array(vec![text("canary")])),
        ("boolean", Value::I64(4_711_000)),
    ] {
        let outcome = one(session, &format!("SELECT ?::{ty}"), &[value]).await;
        let error = outcome.expect_err(ty);
        assert_eq!(error.kind(), ErrorKind::Encode, "{ty}: {error}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary") && !shown.contains("4711"), "{shown}");
    }
    Ok(())
}
