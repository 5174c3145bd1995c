//! Upserts and what else is peculiar to writes.

use eloquent_core::driver::Session;
use eloquent_core::schema::{Column, ColumnType, SchemaChange, TableDefinition};
use eloquent_core::statement::{
    Assignment, ColumnRef, Conflict, ConflictAction, Expression, Insert, Source, Statement,
};
use eloquent_core::value::Value;
use eloquent_core::{ErrorKind, Name, Result};

use super::ground::{execute, fetch, scalar, session};

fn reference(name: &'static str) -> ColumnRef {
    ColumnRef { source: Source(0), name: name.into(), ty: None }
}

async fn table(session: &mut dyn Session, name: &'static str) -> Name {
    let text = ColumnType::String { length: 20 };
    let table = TableDefinition {
        name: name.into(),
        columns: vec![
            Column::new("id", ColumnType::I64),
            Column::new("email", text).nullable(true).unique(),
            Column::new("phone", text).nullable(true).unique(),
            Column::new("n", ColumnType::I64),
        ],
        key: vec!["id".into()],
        indexes: Vec::new(),
        if_not_exists: false,
        ..Default::default()
    };
    session.alter(&SchemaChange::CreateTable(table)).await.unwrap();
    name.into()
}

fn row(id: i64, email: Option<&str>, n: i64) -> [Value; 3] {
    let email = email.map_or(Value::Null, |email| Value::Text(email.to_owned()));
    [Value::I64(id), email, Value::I64(n)]
}

fn upsert(
    table: &Name,
    target: &[&'static str],
    update: &[&'static str],
    rows: &[[Value; 3]],
) -> Statement {
    let taken = |name: &&'static str| Assignment {
        column: reference(name),
        value: Expression::Excluded(reference(name)),
    };
    let action = match update {
        [] => ConflictAction::Ignore,
        names => ConflictAction::Update(names.iter().map(taken).collect()),
    };
    let target = target.iter().map(|name| (*name).into()).collect();
    Statement::Insert(Insert {
        table: table.clone(),
        columns: ["id", "email", "n"].map(Name::from).to_vec(),
        values: rows.iter().flatten().cloned().collect(),
        conflict: Some(Conflict { target, action }),
        returning: None,
    })
}

async fn numbers(session: &mut dyn Session, table: &Name) -> Result<Vec<i64>> {
    let rows = fetch(session, &format!("SELECT n FROM {table} ORDER BY id")).await?;
    rows.iter().map(|row| row.read("n")).collect()
}

#[tokio::test]
async fn upserts_count_what_was_written() {
    let mut session = session().await;
    let session = &mut *session;
    let table = table(session, "counted").await;
    let rows = [row(1, Some("a"), 1), row(2, Some("b"), 2)];
    let ignore = |rows: &[[Value; 3]]| upsert(&table, &["email"], &[], rows);
    assert_eq!(session.execute(&ignore(&rows)).await.unwrap().rows, 2);
    assert_eq!(session.execute(&ignore(&rows)).await.unwrap().rows, 0);
    let mixed = [row(3, Some("a"), 9), row(4, Some("d"), 4), row(5, Some("b"), 9)];
    assert_eq!(session.execute(&ignore(&mixed)).await.unwrap().rows, 1);
    assert_eq!(numbers(session, &table).await.unwrap(), [1, 2, 4]);
    let take = upsert(&table, &["email"], &["n"], &mixed);
    assert_eq!(session.execute(&take).await.unwrap().rows, 3);
    assert_eq!(numbers(session, &table).await.unwrap(), [9, 9, 4]);
    // a failure does not leave the count behind
    let clash = [row(6, Some("a"), 9), row(1, Some("e"), 9)];
    assert!(session.execute(&ignore(&clash)).await.is_err());
    assert_eq!(session.execute(&ignore(&mixed)).await.unwrap().rows, 0);
}

#[tokio::test]
async fn only_the_columns_that_were_named_decide() {
    let mut session = session().await;
    let session = &mut *session;
    let table = table(session, "decided").await;
    let first = upsert(&table, &["email"], &["n"], &[row(1, None, 1)]);
    session.execute(&first).await.unwrap();
    // another key is in the way, though the column is null in both rows
    for update in [&["n"][..], &[]] {
        let clash = upsert(&table, &["email"], update, &[row(1, None, 7)]);
        let error = session.execute(&clash).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
        assert_eq!(error.table(), Some("decided"));
        assert_eq!((error.constraint(), error.column()), (Some("PRIMARY"), Some("id")));
    }
    let by_key = upsert(&table, &["id"], &["n", "email"], &[row(1, Some("x"), 7)]);
    session.execute(&by_key).await.unwrap();
    // the column that decides may be written as well
    let both = upsert(&table, &["email"], &["email", "n"], &[row(9, Some("x"), 8)]);
    session.execute(&both).await.unwrap();
    assert_eq!(numbers(session, &table).await.unwrap(), [8]);
}

#[tokio::test]
async fn columns_that_are_not_unique_decide_nothing() {
    let mut session = session().await;
    let session = &mut *session;
    let table = table(session, "undecided").await;
    for target in [&["n"][..], &["email", "n"], &["email", "phone"]] {
        let wrong = upsert(&table, target, &["n"], &[row(1, Some("a"), 1)]);
        let error = session.execute(&wrong).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.message().contains("unique"), "{error}");
    }
    assert_eq!(numbers(session, &table).await.unwrap(), [0; 0]);
    let missing = upsert(&"nowhere".into(), &["email"], &["n"], &[row(1, Some("a"), 1)]);
    let error = session.execute(&missing).await.unwrap_err();
    assert_eq!((error.kind(), error.table()), (ErrorKind::InvalidInput, Some("nowhere")));
}

/// A number of 0 is 0, and not a wish for the next one.
#[tokio::test]
async fn zero_is_a_number() {
    let mut session = session().await;
    let session = &mut *session;
    let text = "CREATE TABLE from_zero (id BIGINT PRIMARY KEY AUTO_INCREMENT, n INT)";
    execute(session, text).await.unwrap();
    execute(session, "INSERT INTO from_zero (id, n) VALUES (0, 1)").await.unwrap();
    assert_eq!(scalar::<i64>(session, "SELECT id FROM from_zero").await.unwrap(), 0);
}

/// An update that changes nothing has found its row.
#[tokio::test]
async fn rows_that_are_found_are_counted() {
    let mut session = session().await;
    let session = &mut *session;
    execute(session, "CREATE TABLE found (id INT PRIMARY KEY, n INT)").await.unwrap();
    execute(session, "INSERT INTO found VALUES (1, 5)").await.unwrap();
    let same = execute(session, "UPDATE found SET n = 5 WHERE id = 1").await.unwrap();
    assert_eq!((same.rows, same.last_id), (1, None));
}
