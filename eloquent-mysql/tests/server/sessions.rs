//! Sessions: their settings, futures that are dropped, bounds, and transactions that the server ends.

use std::time::{Duration, Instant};

use eloquent_core::ErrorKind;
use eloquent_core::driver::{Session, TransactionOptions};
use tokio::time::timeout;

use super::ground::{Collect, connection, execute, fetch, raw, scalar, session};

async fn id(session: &mut dyn Session) -> i64 {
    scalar(session, "SELECT CONNECTION_ID()").await.unwrap()
}

async fn begin(session: &mut dyn Session) {
    session.begin(0, TransactionOptions::default()).await.unwrap();
}

#[tokio::test]
async fn a_reset_brings_the_settings_back() {
    let mut session = session().await;
    let session = &mut *session;
    let settings = "SELECT CONCAT(@@sql_mode, @@time_zone, @@autocommit, @@collation_connection)";
    let before: String = scalar(session, settings).await.unwrap();
    assert!(before.contains("STRICT_ALL_TABLES") && before.contains("+00:00"), "{before}");
    execute(session, "SET sql_mode = '', time_zone = '+05:00', NAMES latin1").await.unwrap();
    assert_ne!(scalar::<String>(session, settings).await.unwrap(), before);
    session.reset().await.unwrap();
    assert_eq!(scalar::<String>(session, settings).await.unwrap(), before);
}

/// The statement is ended on the server, and the session goes on.
#[tokio::test]
async fn a_dropped_statement_is_ended() {
    let mut session = session().await;
    let session = &mut *session;
    let own = id(session).await;
    let sleep = raw("SELECT SLEEP(60)");
    let started = Instant::now();
    for _ in 0..3 {
        let nap = timeout(Duration::from_millis(50), session.execute(&sleep)).await;
        assert!(nap.is_err(), "it sleeps");
        session.reset().await.unwrap();
        assert_eq!(id(session).await, own, "the session is the same");
    }
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_dropped_statement_leaves_the_transaction_open() {
    let mut session = session().await;
    let session = &mut *session;
    execute(session, "CREATE TABLE kept_open (id INT PRIMARY KEY)").await.unwrap();
    begin(session).await;
    execute(session, "INSERT INTO kept_open VALUES (1)").await.unwrap();
    let slow = raw("INSERT INTO kept_open SELECT 2 + SLEEP(60)");
    assert!(timeout(Duration::from_millis(50), session.execute(&slow)).await.is_err());
    session.settle().await.unwrap();
    execute(session, "INSERT INTO kept_open VALUES (3)").await.unwrap();
    session.commit(0).await.unwrap();
    let rows = fetch(session, "SELECT id FROM kept_open ORDER BY id").await.unwrap();
    let ids: Vec<i64> = rows.iter().map(|row| row.read("id").unwrap()).collect();
    assert!(ids.contains(&1) && ids.contains(&3) && !ids.contains(&2), "{ids:?}");
}

#[tokio::test]
async fn rows_that_nobody_wants_are_not_all_read() {
    let mut session = session().await;
    let session = &mut *session;
    let own = id(session).await;
    let endless = raw("SELECT a.seq FROM seq_1_to_100000 a CROSS JOIN seq_1_to_100000 b");
    let started = Instant::now();
    let fetched = session.fetch(&endless, Collect::new(3)).await.unwrap();
    assert_eq!(fetched.affected.rows, 3);
    assert_eq!(id(session).await, own);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn statements_have_a_bound() {
    let connection = connection(&[("statement_timeout_ms", "300")]).await;
    let mut session = connection.session().await.unwrap();
    let session = &mut *session;
    let own = id(session).await;
    let started = Instant::now();
    let error = execute(session, "SELECT SLEEP(60)").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    // where the server does not mind its own clock, the session does
    execute(session, "SET max_statement_time = 0").await.unwrap();
    let error = execute(session, "SELECT SLEEP(60)").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(id(session).await, own);
}

#[tokio::test]
async fn a_deadlock_voids_the_transaction() {
    let (mut first, mut second) = (session().await, session().await);
    let (first, second) = (&mut *first, &mut *second);
    execute(first, "CREATE TABLE deadlocked (id INT PRIMARY KEY, n INT)").await.unwrap();
    execute(first, "INSERT INTO deadlocked VALUES (1, 0), (2, 0)").await.unwrap();
    begin(first).await;
    begin(second).await;
    let change = |id: i64| format!("UPDATE deadlocked SET n = n + 1 WHERE id = {id}");
    execute(first, &change(1)).await.unwrap();
    execute(second, &change(2)).await.unwrap();
    let (waiting, clashing) = (change(2), change(1));
    let (one, other) = tokio::join!(execute(first, &waiting), execute(second, &clashing));
    let (victim, error) = match (one, other) {
        (Err(error), Ok(_)) => (first, error),
        (Ok(_), Err(error)) => (second, error),
        both => panic!("one of the two is the victim: {both:?}"),
    };
    assert_eq!(error.kind(), ErrorKind::Deadlock, "{error}");
    // outside of a transaction it would be there for good
    let error = execute(victim, "INSERT INTO deadlocked VALUES (3, 0)").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TransactionAborted, "{error}");
    assert!(victim.commit(0).await.is_err());
    victim.rollback(0).await.unwrap();
    let rows = fetch(victim, "SELECT id FROM deadlocked WHERE id = 3").await.unwrap();
    assert_eq!(rows.len(), 0);
}

#[tokio::test]
async fn transactions_are_not_ended_by_the_way() {
    let mut session = session().await;
    let session = &mut *session;
    execute(session, "CREATE TABLE not_ended (id INT PRIMARY KEY)").await.unwrap();
    for text in ["BEGIN", "/* x */ commit", "SET autocommit = 0", "START TRANSACTION"] {
        let error = execute(session, text).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}: {error}");
    }
    begin(session).await;
    execute(session, "INSERT INTO not_ended VALUES (1)").await.unwrap();
    for text in ["CREATE TABLE another (id INT)", "TRUNCATE not_ended"] {
        let error = execute(session, text).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{text}: {error}");
    }
    session.rollback(0).await.unwrap();
    assert_eq!(fetch(session, "SELECT id FROM not_ended").await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_lost_connection_is_seen() {
    let (mut session, mut other) = (session().await, self::session().await);
    let (session, other) = (&mut *session, &mut *other);
    let own = id(session).await;
    begin(session).await;
    execute(other, &format!("KILL CONNECTION {own}")).await.unwrap();
    let error = session.commit(0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error}");
    assert!(session.is_broken());
    assert!(session.reset().await.is_err());
    let error = execute(session, "SELECT 1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
}

/// More statements than are kept prepared.
#[tokio::test]
async fn the_statement_cache_may_be_small() {
    let connection = connection(&[("statement_cache", "2")]).await;
    let mut session = connection.session().await.unwrap();
    for round in 0..2 {
        for number in 0..5_i64 {
            let text = format!("SELECT {number}");
            assert_eq!(scalar::<i64>(&mut *session, &text).await.unwrap(), number, "{round}");
        }
    }
}
