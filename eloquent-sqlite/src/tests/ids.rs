//! Numbers that follow each other.

use eloquent_core::ErrorKind;
use eloquent_core::driver::TransactionOptions;
use eloquent_core::sql::SqlSession;

use super::{Fixture, execute, integer, kind, write};

async fn follow(fixture: &mut Fixture, table: &str) -> bool {
    fixture.session.begin(0, TransactionOptions::default()).await.unwrap();
    let follow = fixture.session.ids_follow(table).await.unwrap();
    fixture.session.rollback(0).await.unwrap();
    follow
}

#[tokio::test]
async fn an_ordinary_table_numbers_in_turn() {
    let mut fixture = Fixture::new(&[]).await;
    assert!(follow(&mut fixture, "t").await);
    assert!(follow(&mut fixture, "T").await);
}

#[tokio::test]
async fn a_trigger_may_add_rows_in_between() {
    let mut fixture = Fixture::new(&[]).await;
    let trigger = "CREATE TRIGGER more AFTER INSERT ON t BEGIN SELECT 1; END";
    fixture.session.batch(trigger).await.unwrap();
    assert!(!follow(&mut fixture, "t").await);
    assert!(!follow(&mut fixture, "T").await);
}

#[tokio::test]
async fn a_change_of_the_schema_is_seen_by_who_has_asked_before() {
    let mut fixture = Fixture::new(&[]).await;
    for schema in ["", "TEMP "] {
        for _ in 0..3 {
            assert!(follow(&mut fixture, "t").await);
        }
        let trigger = format!("CREATE {schema}TRIGGER more AFTER INSERT ON t BEGIN SELECT 1; END");
        fixture.session.batch(&trigger).await.unwrap();
        for _ in 0..3 {
            assert!(!follow(&mut fixture, "t").await, "{trigger}");
        }
        fixture.session.batch("DROP TRIGGER more").await.unwrap();
    }
    let other = fixture.stranger();
    assert!(follow(&mut fixture, "t").await);
    other.execute_batch("CREATE TRIGGER more AFTER INSERT ON t BEGIN SELECT 1; END").unwrap();
    assert!(!follow(&mut fixture, "t").await);
    other.execute_batch("DROP TRIGGER more").unwrap();
    assert!(follow(&mut fixture, "t").await);
}

#[tokio::test]
async fn a_table_may_leave_rows_out() {
    let mut fixture = Fixture::new(&[]).await;
    let table = "CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT UNIQUE ON CONFLICT IGNORE)";
    fixture.session.batch(table).await.unwrap();
    assert!(!follow(&mut fixture, "u").await);
}

#[tokio::test]
async fn after_the_greatest_number_they_are_random() {
    let mut fixture = Fixture::new(&[]).await;
    fixture.session.batch("INSERT INTO t (id) VALUES (9223372036854775807)").await.unwrap();
    assert!(!follow(&mut fixture, "t").await);
    fixture
        .session
        .batch("CREATE TRIGGER more AFTER INSERT ON t BEGIN SELECT 1; END")
        .await
        .unwrap();
    fixture.session.batch("DELETE FROM t").await.unwrap();
    assert!(!follow(&mut fixture, "t").await);
}

#[tokio::test]
async fn where_there_are_no_numbers_it_is_not_certain() {
    let mut fixture = Fixture::new(&[]).await;
    fixture.session.batch("CREATE TABLE w (id TEXT PRIMARY KEY) WITHOUT ROWID").await.unwrap();
    fixture.session.batch("CREATE VIEW v AS SELECT 1 AS id").await.unwrap();
    for table in ["w", "v", "missing", "we\"ird"] {
        assert!(!follow(&mut fixture, table).await, "{table}");
    }
}

/// Adds the rows 1, 2 and 1 again, and says how many of them stay.
async fn stay(fixture: &mut Fixture) -> i64 {
    let sql = "INSERT INTO t (id) VALUES (1), (2), (1)";
    let refused = execute(&mut fixture.session, &write(sql)).await;
    assert_eq!(kind(refused), ErrorKind::UniqueViolation);
    integer(&mut fixture.session, "SELECT count(*) FROM t").await
}

#[tokio::test]
async fn a_statement_of_the_insert_is_undone_by_its_savepoint_and_any_other_one_by_itself() {
    let mut fixture = Fixture::new(&[]).await;
    fixture.session.begin(0, TransactionOptions::default()).await.unwrap();
    assert_eq!(stay(&mut fixture).await, 0);
    fixture.session.begin(1, TransactionOptions::default()).await.unwrap();
    assert!(fixture.session.ids_follow("t").await.unwrap());
    assert_eq!(stay(&mut fixture).await, 2);
    fixture.session.rollback(1).await.unwrap();
    assert_eq!(stay(&mut fixture).await, 0);
    fixture.session.begin(1, TransactionOptions::default()).await.unwrap();
    assert!(fixture.session.ids_follow("t").await.unwrap());
    fixture.session.commit(1).await.unwrap();
    assert_eq!(stay(&mut fixture).await, 0);
    fixture.session.rollback(0).await.unwrap();
}

#[tokio::test]
async fn outside_of_a_transaction_somebody_may_come_in_between() {
    let mut fixture = Fixture::new(&[]).await;
    assert!(!fixture.session.ids_follow("t").await.unwrap());
}
