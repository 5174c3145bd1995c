//! The driver as Eloquent uses it: found in the registry, connected, asked, closed.

use std::any::Any;
use std::path::Path;
use std::sync::Arc;

use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::{Connection, Now, Registry, Session};
use eloquent_core::row::{Flow, OwnedRow, Row, RowSink};
use eloquent_core::schema::{Column, ColumnType, SchemaChange, TableDefinition};
use eloquent_core::statement::{Insert, Projection, RawSql, Select, Statement};
use eloquent_core::value::{ColumnValue, Decimal, Json, NaiveDate, ObjectId, Uuid, Value};
use eloquent_core::{Error, ErrorKind, Result};
use eloquent_sqlite as _;

#[derive(Default)]
struct Rows(Vec<OwnedRow>, Option<Arc<[String]>>);

impl RowSink for Rows {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.0.push(OwnedRow::copy(row, &mut self.1)?);
        Ok(Flow::Continue)
    }

    fn reset(&mut self) {
        self.0.clear();
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

async fn connect(url: &str) -> Result<Arc<dyn Connection>> {
    let config = Registry::linked()?.parse_url("main", url)?;
    Registry::linked()?.driver(config.driver())?.connect(&config).await
}

fn url(path: &Path, options: &str) -> String {
    format!("sqlite:{}{options}", path.display())
}

/// Both ways of running a statement, in the order in which Eloquent tries them.
async fn rows(session: &mut dyn Session, statement: &Statement) -> Result<Vec<OwnedRow>> {
    let mut here = Rows::default();
    if let Now::Done(_) = session.try_now(statement, &mut here)? {
        return Ok(here.0);
    }
    let fetched = session.fetch(statement, Box::new(Rows::default())).await?;
    let sink = fetched.sink.into_any().downcast::<Rows>();
    sink.map(|rows| rows.0).map_err(|_| Error::invalid("another sink came back"))
}

async fn raw(session: &mut dyn Session, sql: &'static str) -> Result<Vec<OwnedRow>> {
    rows(session, &Statement::Raw(RawSql::new(sql))).await
}

#[tokio::test]
async fn memory_lives_as_long_as_its_connection_and_is_its_own() {
    let (one, other) =
        (connect("sqlite::memory:").await.unwrap(), connect("sqlite::memory:").await.unwrap());
    let mut session = one.session().await.unwrap();
    raw(&mut *session, "CREATE TABLE t (a INT)").await.unwrap();
    raw(&mut *session, "INSERT INTO t VALUES (7)").await.unwrap();
    drop(session);
    let (mut first, mut second) = (one.session().await.unwrap(), one.session().await.unwrap());
    for session in [&mut first, &mut second] {
        let found = raw(&mut **session, "SELECT a FROM t").await.unwrap();
        assert_eq!(found[0].read::<i64>("a").unwrap(), 7);
    }
    let mut stranger = other.session().await.unwrap();
    let error = raw(&mut *stranger, "SELECT a FROM t").await.unwrap_err();
    assert_eq!((error.kind(), error.table()), (ErrorKind::InvalidInput, Some("t")));
}

#[tokio::test]
async fn closing_leaves_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.sqlite");
    let connection = connect(&url(&path, "")).await.unwrap();
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(connection.session().await.unwrap());
    }
    raw(&mut *sessions[0], "CREATE TABLE t (a INT)").await.unwrap();
    assert!(directory.path().read_dir().unwrap().count() > 1);
    drop(sessions);
    connection.close().await.unwrap();
    let left: Vec<_> = directory.path().read_dir().unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(left, [path]);
}

#[tokio::test]
async fn a_file_is_made_only_when_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.sqlite");
    for mode in ["?mode=rw", "?mode=ro"] {
        let error = connect(&url(&path, mode)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert!(!path.exists());
    }
    let writer = connect(&url(&path, "")).await.unwrap();
    writer.session_to_look().await.unwrap();
    assert!(!path.exists(), "looking makes nothing");
    writer.session().await.unwrap();
    writer.close().await.unwrap();
    assert!(path.exists());
    let reader = connect(&url(&path, "?mode=ro")).await.unwrap();
    let mut session = reader.session().await.unwrap();
    let error = raw(&mut *session, "CREATE TABLE t (a INT)").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
    session.begin(0, Default::default()).await.unwrap();
    let error = raw(&mut *session, "CREATE TABLE t (a INT)").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
    session.rollback(0).await.unwrap();
}

#[tokio::test]
async fn a_failed_connect_may_be_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("later").join("app.sqlite");
    assert_eq!(connect(&url(&path, "")).await.unwrap_err().kind(), ErrorKind::Connect);
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    connect(&url(&path, "")).await.unwrap();
}

#[tokio::test]
async fn unknown_settings_are_refused() {
    let config = ConnectionConfig::new("main", "sqlite").set("path", ":memory:").set("sslmod", "x");
    let driver = Registry::linked().unwrap().driver("sqlite").unwrap();
    let error = driver.connect(&config).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("sslmod"));
}

#[tokio::test]
async fn the_limit_of_binds_is_the_one_that_holds() {
    let connection = connect("sqlite::memory:").await.unwrap();
    let mut session = connection.session().await.unwrap();
    for (binds, fits) in [(0, true), (1, false)] {
        let binds = connection.capabilities().max_binds + binds;
        let list = vec!["?"; binds].join(", ");
        let mut raw = RawSql::trusted(format!("SELECT 1 IN ({list})"));
        for _ in 0..binds {
            raw = raw.bind(1_i64);
        }
        let result = rows(&mut *session, &Statement::Raw(raw)).await;
        assert_eq!(result.is_ok(), fits, "{binds}: {result:?}");
    }
}

/// One column of each type, in a table that the driver makes.
#[tokio::test]
async fn every_column_type_holds_its_values() {
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let moment = day.and_hms_nano_opt(23, 59, 59, 123_456_789).unwrap();
    let json = serde_json::json!({"a": [1, "Ü", null]});
    let values: Vec<(ColumnType, Value)> = vec![
        (ColumnType::Bool, Value::Bool(true)),
        (ColumnType::I8, Value::I64(-128)),
        (ColumnType::U32, Value::U64(u64::from(u32::MAX))),
        (ColumnType::I64, Value::I64(i64::MIN)),
        (ColumnType::U64, Value::U64(i64::MAX.unsigned_abs())),
        (ColumnType::F64, Value::F64(f64::MAX)),
        (
            ColumnType::Decimal { precision: 28, scale: 10 },
            Value::Decimal(Decimal::new(-1_234_567_890_123_456_789, 10)),
        ),
        (ColumnType::Text, Value::Text("a\0b\u{1F600}".to_owned())),
        (ColumnType::Bytes, Value::Bytes(vec![0, 255])),
        (ColumnType::Uuid, Value::Uuid(Uuid::from_u128(7))),
        (ColumnType::Date, Value::Date(day)),
        (ColumnType::Time, Value::Time(moment.time())),
        (ColumnType::DateTime, Value::DateTime(moment)),
        (ColumnType::Timestamp, Value::Timestamp(moment.and_utc())),
        (ColumnType::Json, Value::Json(Box::new(json.clone()))),
        (ColumnType::ObjectId, Value::ObjectId(ObjectId::from_bytes([7; 12]))),
    ];
    let names: Vec<String> = (0..values.len()).map(|index| format!("c{index}")).collect();
    let columns: Vec<_> = values
        .iter()
        .zip(&names)
        .map(|((ty, _), name)| {
            let mut column = Column::new("", *ty);
            column.name = name.clone().into();
            column
        })
        .collect();
    let connection = connect("sqlite::memory:").await.unwrap();
    let mut session = connection.session().await.unwrap();
    let table = TableDefinition {
        name: "every".into(),
        columns: columns.clone(),
        key: Vec::new(),
        indexes: Vec::new(),
        if_not_exists: false,
        ..Default::default()
    };
    session.alter(&SchemaChange::CreateTable(table)).await.unwrap();
    let insert = Statement::Insert(Insert {
        table: "every".into(),
        columns: names.iter().map(|name| name.clone().into()).collect(),
        values: values.iter().map(|(_, value)| value.clone()).collect(),
        conflict: None,
        returning: None,
    });
    rows(&mut *session, &insert).await.unwrap();
    let select = Select::new("every", Projection::Columns(columns.leak()));
    let found = rows(&mut *session, &Statement::Select(select)).await.unwrap();
    let row = &found[0];

    macro_rules! check {
        ($($column:literal: $type:ty,)+) => {$(
            let read = row.read::<$type>($column).unwrap().into_value().unwrap();
            assert_eq!(read, values[$column[1..].parse::<usize>().unwrap()].1, "{}", $column);
        )+};
    }
    check! {
        "c0": bool,
        "c1": i8,
        "c2": u32,
        "c3": i64,
        "c4": u64,
        "c5": f64,
        "c6": Decimal,
        "c7": String,
        "c8": Vec<u8>,
        "c9": Uuid,
        "c10": NaiveDate,
        "c11": eloquent_core::value::NaiveTime,
        "c12": eloquent_core::value::NaiveDateTime,
        "c13": eloquent_core::value::DateTime<eloquent_core::value::Utc>,
        "c14": Json<serde_json::Value>,
        "c15": ObjectId,
    }
}
