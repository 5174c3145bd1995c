//! What statements do and say.

use eloquent_core::ErrorKind;
use eloquent_core::driver::Session;
use eloquent_core::statement::{Insert, RawSql, Statement};

use super::*;

fn insert(values: Vec<Value>) -> Statement {
    Statement::Insert(Insert {
        table: "t".into(),
        columns: vec!["id".into(), "name".into()],
        values,
        conflict: None,
        returning: None,
    })
}

#[tokio::test]
async fn what_was_written_is_counted() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    let cases = [
        ("INSERT INTO t (id) VALUES (5), (7)", 2, Some(7)),
        (
            "INSERT INTO t (id, name) VALUES (5, 'x') ON CONFLICT (id) DO UPDATE SET name = 'x'",
            1,
            None,
        ),
        ("INSERT OR IGNORE INTO t (id) VALUES (5)", 0, None),
        ("UPDATE t SET name = 'y'", 2, None),
        ("CREATE TABLE u (a INT)", 0, None),
        ("UPDATE t SET name = 'y' WHERE id = 99", 0, None),
        ("DROP TABLE u", 0, None),
        ("PRAGMA user_version = 3", 0, None),
        ("DELETE FROM t", 2, None),
    ];
    for (sql, rows, last_id) in cases {
        let affected = execute(session, &raw(sql)).await.unwrap();
        assert_eq!(affected, Affected { rows, last_id }, "{sql}");
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_stored_names_its_column() {
    let mut fixture = Fixture::new(&[]).await;
    let statement =
        insert(vec![Value::I64(1), Value::Text("a".into()), Value::U64(u64::MAX), Value::Null]);
    let here = Session::try_now(&mut fixture.session, &statement, &mut Rows::default());
    let away = Session::execute(&mut fixture.session, &statement).await;
    for error in [here.map(drop).unwrap_err(), away.map(drop).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Encode);
        assert_eq!((error.table(), error.column()), (Some("t"), Some("id")));
        assert_eq!(error.driver(), Some("sqlite"));
    }
    assert_eq!(fixture.count(), 0);
}

#[tokio::test]
async fn a_violation_names_table_and_column_on_both_ways() {
    let mut fixture = Fixture::new(&[]).await;
    let statement = insert(vec![Value::I64(1), Value::Text("canary".into())]);
    Session::execute(&mut fixture.session, &statement).await.unwrap();
    let here = Session::try_now(&mut fixture.session, &statement, &mut Rows::default());
    let away = Session::execute(&mut fixture.session, &statement).await;
    for error in [here.map(drop).unwrap_err(), away.map(drop).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert_eq!((error.table(), error.column()), (Some("t"), Some("id")));
        assert!(!error.to_string().contains("canary"));
    }
}

#[tokio::test]
async fn raw_text_is_one_statement_with_as_many_values() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    for sql in
        ["SELECT 1; DELETE FROM t", "SELECT 1 \0; DELETE", "SELECT ?", "", "-- nothing", "SELEC 1"]
    {
        assert_eq!(kind(execute(session, &raw(sql)).await), ErrorKind::InvalidInput, "{sql:?}");
    }
    let raw = Statement::Raw(RawSql::new("SELECT ? + 1").bind(1_i64));
    let fetched = Session::fetch(session, &raw, Box::new(Rows::default())).await.unwrap();
    assert_eq!(fetched.sink.into_any().downcast::<Rows>().unwrap().rows, [[Value::I64(2)]]);
}

#[tokio::test]
async fn an_upsert_that_nothing_decides_names_the_columns() {
    let mut fixture = Fixture::new(&[]).await;
    let sql = r#"INSERT INTO "t" ("id") VALUES (1) ON CONFLICT ("name") DO NOTHING"#;
    let error = execute(&mut fixture.session, &write(sql)).await.unwrap_err();
    assert_eq!((error.kind(), error.constraint()), (ErrorKind::InvalidInput, Some("name")));
}

#[tokio::test]
async fn a_pragma_acts_each_time() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    for _ in 0..3 {
        for (pragma, stands) in [("PRAGMA cache_size = 77", 77), ("PRAGMA cache_size = 99", 99)] {
            execute(session, &raw(pragma)).await.unwrap();
            let rows = fetch(session, &raw("PRAGMA cache_size")).await.unwrap();
            assert_eq!(rows, [[Value::I64(stands)]]);
        }
    }
}

#[tokio::test]
async fn a_changed_schema_is_seen_by_prepared_statements() {
    let mut fixture = Fixture::new(&[]).await;
    let all = read("SELECT * FROM t");
    execute(&mut fixture.session, &write("INSERT INTO t VALUES (1, 'a')")).await.unwrap();
    let mut sink = Rows::default();
    fixture.session.query_now(&all, &[], &mut sink).unwrap();
    fixture.stranger().execute_batch("ALTER TABLE t ADD COLUMN more INT DEFAULT 7").unwrap();
    fixture.session.query_now(&all, &[], &mut sink).unwrap();
    let widths: Vec<_> = sink.rows.iter().map(Vec::len).collect();
    assert_eq!(widths, [2, 3]);
}

#[tokio::test]
async fn a_plan_is_a_tree() {
    let mut fixture = Fixture::new(&[]).await;
    let statement = raw("SELECT * FROM t WHERE id IN (SELECT id FROM t WHERE name = ?)");
    let plan = SqlSession::explain(&mut fixture.session, &statement, &[ValueRef::Text("x")])
        .await
        .unwrap();
    let lines: Vec<_> = plan.lines().collect();
    assert!(lines.len() >= 3 && lines[0].starts_with("SEARCH t"), "{plan}");
    assert!(lines.iter().any(|line| line.starts_with("  ")), "{plan}");
}

#[tokio::test]
async fn deep_expressions_are_an_error_and_no_crash() {
    let mut fixture = Fixture::new(&[]).await;
    let deep = format!("SELECT {}1{}", "(1 + ".repeat(5000), ")".repeat(5000));
    assert_eq!(kind(execute(&mut fixture.session, &raw(&deep)).await), ErrorKind::InvalidInput);
    let long = format!("SELECT {}", vec!["1"; 5000].join(" + "));
    assert_eq!(kind(execute(&mut fixture.session, &raw(&long)).await), ErrorKind::InvalidInput);
}
