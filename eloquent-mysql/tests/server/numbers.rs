//! The numbers of new rows.

use eloquent_core::driver::{Affected, Session};
use eloquent_core::statement::{Insert, Statement};
use eloquent_core::value::Value;

use super::ground::{execute, scalar, session};

fn insert(table: &'static str, columns: &[&'static str], rows: &[&[i64]]) -> Statement {
    Statement::Insert(Insert {
        table: table.into(),
        columns: columns.iter().map(|column| (*column).into()).collect(),
        values: rows.iter().copied().flatten().map(|n| Value::I64(*n)).collect(),
        conflict: None,
        returning: None,
    })
}

async fn run(session: &mut dyn Session, statement: Statement) -> Affected {
    session.execute(&statement).await.unwrap()
}

#[tokio::test]
async fn the_server_tells_the_numbers_that_it_gives() {
    let mut session = session().await;
    let session = &mut *session;
    execute(session, "CREATE TABLE told (id BIGINT PRIMARY KEY AUTO_INCREMENT, n INT)")
        .await
        .unwrap();
    let one = insert("told", &["n"], &[&[7]]);
    for id in 1..4 {
        assert_eq!(run(session, one.clone()).await, Affected { rows: 1, last_id: Some(id) });
    }
    let three = run(session, insert("told", &["n"], &[&[1], &[2], &[3]])).await;
    assert_eq!(three, Affected { rows: 3, last_id: Some(6) });
    // a number that was given by hand is not the server's
    let by_hand = run(session, insert("told", &["id", "n"], &[&[50, 1]])).await;
    assert_eq!(by_hand, Affected { rows: 1, last_id: None });
}

/// A table that the server does not number by itself has its numbers given back.
#[tokio::test]
async fn numbers_of_a_sequence_or_a_trigger_are_given_back() {
    let mut session = session().await;
    let session = &mut *session;
    execute(session, "CREATE SEQUENCE steps START WITH 100 INCREMENT BY 5 CACHE 10").await.unwrap();
    let text = "CREATE TABLE stepped (id BIGINT PRIMARY KEY DEFAULT (NEXTVAL(steps)), n INT)";
    execute(session, text).await.unwrap();
    for (n, id) in [(1, 100), (2, 105)] {
        let affected = run(session, insert("stepped", &["n"], &[&[n]])).await;
        assert_eq!(affected, Affected { rows: 1, last_id: Some(id) });
    }
    let two = run(session, insert("stepped", &["n"], &[&[3], &[4]])).await;
    assert_eq!(two, Affected { rows: 2, last_id: Some(115) });
    let by_hand = run(session, insert("stepped", &["id", "n"], &[&[1, 5]])).await;
    assert_eq!(by_hand, Affected { rows: 1, last_id: None });
    // a trigger that has its own idea of the number
    execute(session, "CREATE TABLE odd (id BIGINT PRIMARY KEY AUTO_INCREMENT, n INT)")
        .await
        .unwrap();
    let trigger =
        "CREATE TRIGGER odd_id BEFORE INSERT ON odd FOR EACH ROW SET NEW.id = 1000 + NEW.n";
    execute(session, trigger).await.unwrap();
    let one = run(session, insert("odd", &["n"], &[&[7]])).await;
    assert_eq!(one, Affected { rows: 1, last_id: Some(1007) });
    assert_eq!(scalar::<i64>(session, "SELECT id FROM odd").await.unwrap(), 1007);
}

#[tokio::test]
async fn whether_numbers_follow_is_known_or_denied() {
    let mut session = session().await;
    let session = &mut *session;
    let key = "id BIGINT PRIMARY KEY AUTO_INCREMENT, n INT";
    for (table, end) in [
        ("plain", ""),
        ("`odd``name'`", ""),
        ("other_engine", "ENGINE = Aria"),
        ("in_parts", "PARTITION BY HASH (id) PARTITIONS 2"),
        ("triggered", ""),
    ] {
        execute(session, &format!("CREATE TABLE {table} ({key}) {end}")).await.unwrap();
    }
    execute(session, "CREATE VIEW seen AS SELECT * FROM plain").await.unwrap();
    let trigger = "CREATE TRIGGER t BEFORE INSERT ON triggered FOR EACH ROW SET NEW.n = 1";
    execute(session, trigger).await.unwrap();
    for (table, follow) in [
        ("plain", true),
        ("odd`name'", true),
        ("other_engine", false),
        ("in_parts", false),
        ("triggered", false),
        ("seen", false),
        ("missing", false),
        ("plain", true),
    ] {
        session.begin(0, Default::default()).await.unwrap();
        assert_eq!(session.ids_follow(table).await.unwrap(), follow, "{table}");
        session.rollback(0).await.unwrap();
    }
    execute(session, "SET auto_increment_increment = 2").await.unwrap();
    assert!(!session.ids_follow("plain").await.unwrap(), "they come in steps");
}
