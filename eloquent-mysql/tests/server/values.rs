//! Types of tables that others have made.

use eloquent_core::ErrorKind;
use eloquent_core::value::{Decimal, NaiveDate, NaiveTime, Value};

use super::ground::{connection, execute, fetch, session, values};

#[tokio::test]
async fn types_of_other_tables_are_read() {
    let mut session = session().await;
    let session = &mut *session;
    execute(
        session,
        "CREATE TABLE foreign_types (
            tiny TINYINT(1) UNSIGNED, small SMALLINT, medium MEDIUMINT UNSIGNED, big BIGINT UNSIGNED,
            bits BIT(10), year YEAR, kind ENUM('a', 'b'), flags SET('x', 'y'), single FLOAT,
            price DECIMAL(30, 10), folded VARCHAR(10) CHARACTER SET latin1, dull VARCHAR(10) COLLATE
            utf8mb4_general_ci, fixed BINARY(3), moment TIMESTAMP(3) NULL, day DATE, clock TIME(6),
            document JSON, nothing INT)",
    )
    .await
    .unwrap();
    execute(
        session,
        "INSERT INTO foreign_types VALUES (200, -5, 16777215, 18446744073709551615, b'1000000001',
            2024, 'b', 'x,y', 0.5, 1.10, 'é', 'Ü', 'abc', '2024-02-29 12:00:00.125', '2024-02-29',
            '23:59:59.000001', '{\"a\": [1]}', NULL)",
    )
    .await
    .unwrap();
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let text = |text: &str| Value::Text(text.to_owned());
    let expected = [
        Value::I64(200),
        Value::I64(-5),
        Value::I64(16_777_215),
        Value::U64(u64::MAX),
        Value::I64(513),
        Value::I64(2024),
        text("b"),
        text("x,y"),
        Value::F64(0.5),
        Value::Decimal(Decimal::new(11, 1)),
        text("é"),
        text("Ü"),
        Value::Bytes(b"abc".to_vec()),
        Value::Timestamp(day.and_hms_milli_opt(12, 0, 0, 125).unwrap().and_utc()),
        Value::Date(day),
        Value::Time(NaiveTime::from_hms_micro_opt(23, 59, 59, 1).unwrap()),
        text("{\"a\": [1]}"),
        Value::Null,
    ];
    assert_eq!(values(session, "SELECT * FROM foreign_types").await.unwrap(), expected);
}

#[tokio::test]
async fn what_is_computed_has_the_type_that_it_should() {
    let mut session = session().await;
    let session = &mut *session;
    let third: Decimal = "0.3333333333333333333333333333".parse().unwrap();
    let computed = values(
        session,
        "SELECT 7 DIV 2, CAST(1 AS DECIMAL(10, 2)) / 3, SUM(n), AVG(n), COUNT(*), 'a' = 'a ',
            NULL, 1e0 / 8 FROM (SELECT 1 AS n UNION ALL SELECT 2) AS numbers",
    );
    let expected = [
        Value::I64(3),
        Value::Decimal(third),
        Value::I64(3),
        Value::Decimal(Decimal::new(15, 1)),
        Value::I64(2),
        Value::I64(0),
        Value::Null,
        Value::F64(0.125),
    ];
    assert_eq!(computed.await.unwrap(), expected);
}

#[tokio::test]
async fn zero_dates_are_an_error_or_null() {
    let mut strict = session().await;
    execute(&mut *strict, "CREATE TABLE zeros (id INT, day DATE, at DATETIME(6), part DATE)")
        .await
        .unwrap();
    let zero = "INSERT INTO zeros VALUES (1, '0000-00-00', '0000-00-00 00:00:00', '2024-00-00')";
    let error = execute(&mut *strict, zero).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CheckViolation, "new ones are refused: {error}");
    execute(&mut *strict, "SET sql_mode = ''").await.unwrap();
    execute(&mut *strict, zero).await.unwrap();
    for column in ["day", "at", "part"] {
        let error = fetch(&mut *strict, &format!("SELECT {column} FROM zeros")).await.unwrap_err();
        assert_eq!((error.kind(), error.column()), (ErrorKind::Decode, Some(column)), "{error}");
    }
    let lenient = connection(&[("zero_dates", "null")]).await;
    let mut lenient = lenient.session().await.unwrap();
    let read = values(&mut *lenient, "SELECT day, at, part FROM zeros").await.unwrap();
    assert_eq!(read, [Value::Null, Value::Null, Value::Null]);
}

#[tokio::test]
async fn spans_of_time_are_no_times() {
    let mut session = session().await;
    let session = &mut *session;
    for span in ["TIME('-01:00:00')", "TIME('24:00:00')", "TIME('100:00:00')"] {
        let error = fetch(session, &format!("SELECT {span} AS span")).await.unwrap_err();
        assert_eq!((error.kind(), error.column()), (ErrorKind::Decode, Some("span")), "{error}");
    }
    let noon = values(session, "SELECT TIME('12:00:00'), TIME('00:00:00')").await.unwrap();
    let at = |hour| Value::Time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap());
    assert_eq!(noon, [at(12), at(0)]);
}
