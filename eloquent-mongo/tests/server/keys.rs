//! Keys: numbers, object ids, and those of other columns.

use eloquent_core::ErrorKind;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{Projection, Statement};
use eloquent_core::value::Value;

use crate::ground::{ID, collection, column, connection, insert, rows, session, text, things};

const NUMBERED: &[Column] =
    &[Column::new("id", ID).auto_increment(), Column::new("code", ColumnType::Text)];

#[tokio::test]
async fn numbers_follow_each_other_for_all_sessions() {
    let connection = connection().await;
    let mut session = connection.session().await.unwrap();
    let table = things(&mut *session).await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let (mut session, table) = (connection.session().await.unwrap(), table.clone());
        writers.spawn(async move {
            for n in 0..5 {
                let rows = [[Value::I64(writer * 10 + n)], [Value::I64(-n)]];
                session.execute(&Statement::Insert(insert(&table, ["n"], rows))).await.unwrap();
            }
        });
    }
    while let Some(outcome) = writers.join_next().await {
        outcome.unwrap();
    }
    let expected: Vec<Value> = (1..=40).map(Value::I64).collect();
    assert_eq!(column(&mut *session, &table, "id").await, expected);
}

/// A collection that something else made has no counter; what is asked for tells that its key is a number.
#[tokio::test]
async fn numbers_go_on_behind_those_that_are_there() {
    let mut session = session().await;
    let table = eloquent_core::Name::from("made_by_writing");
    let given = insert(&table, ["id", "code"], [[Value::I64(7), text("given")]]);
    session.execute(&Statement::Insert(given)).await.unwrap();
    let mut new = insert(&table, ["code"], [[text("a")], [text("b")]]);
    new.returning = Some(Projection::Columns(NUMBERED));
    let stored = rows(&mut *session, Statement::Insert(new)).await.unwrap();
    assert_eq!(stored, [[Value::I64(8), text("a")], [Value::I64(9), text("b")]]);
}

#[tokio::test]
async fn a_key_that_is_an_object_id_is_made() {
    const COLUMNS: &[Column] =
        &[Column::new("id", ColumnType::ObjectId), Column::new("code", ColumnType::Text)];
    let mut session = session().await;
    let table = collection(&mut *session, COLUMNS.to_vec(), &["id"]).await.unwrap();
    for returning in [Some(Projection::Columns(COLUMNS)), None] {
        let mut new = insert(&table, ["code"], [[text("a")], [text("b")]]);
        new.returning = returning;
        rows(&mut *session, Statement::Insert(new)).await.unwrap();
    }
    let ids = column(&mut *session, &table, "id").await;
    assert!(ids.len() == 4 && ids.iter().all(|id| matches!(id, Value::ObjectId(_))), "{ids:?}");
    // text is no object id, whatever the field is called
    let given = insert(&table, ["id"], [[text("65f1c0ffee65f1c0ffee65f1")]]);
    session.execute(&Statement::Insert(given)).await.unwrap();
    let ids = column(&mut *session, &table, "id").await;
    assert!(ids.contains(&text("65f1c0ffee65f1c0ffee65f1")), "{ids:?}");
}

#[tokio::test]
async fn a_column_id_is_the_key_or_is_refused() {
    let mut session = session().await;
    let columns = vec![Column::new("id", ID), Column::new("code", ColumnType::Text)];
    for key in [&["code"][..], &["id", "code"]] {
        let error = collection(&mut *session, columns.clone(), key).await.unwrap_err();
        assert_eq!((error.kind(), error.column()), (ErrorKind::Unsupported, Some("id")), "{error}");
    }
}
