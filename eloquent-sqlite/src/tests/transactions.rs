//! Transactions and savepoints.

use eloquent_core::ErrorKind;
use eloquent_core::driver::TransactionOptions;

use super::*;

fn read_only() -> TransactionOptions {
    let mut options = TransactionOptions::default();
    options.read_only = true;
    options
}

#[tokio::test]
async fn savepoints_are_kept_or_undone_by_themselves() {
    for inline in ["reads_and_writes", "off"] {
        let mut fixture = Fixture::new(&[("inline", inline)]).await;
        let session = &mut fixture.session;
        let insert = write("INSERT INTO t (name) VALUES ('x')");
        session.begin(0, Default::default()).await.unwrap();
        execute(session, &insert).await.unwrap();
        for (depth, kept) in [(1, true), (1, false), (2, false)] {
            session.begin(1, Default::default()).await.unwrap();
            if depth == 2 {
                session.begin(2, Default::default()).await.unwrap();
            }
            execute(session, &insert).await.unwrap();
            if depth == 2 {
                session.rollback(2).await.unwrap();
                session.commit(1).await.unwrap();
            } else if kept {
                session.commit(1).await.unwrap();
            } else {
                session.rollback(1).await.unwrap();
            }
        }
        session.commit(0).await.unwrap();
        assert_eq!(fixture.count(), 2);
    }
}

#[tokio::test]
async fn a_rolled_back_transaction_leaves_nothing() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    session.begin(0, Default::default()).await.unwrap();
    for _ in 0..300 {
        execute(session, &write("INSERT INTO t (name) VALUES ('x')")).await.unwrap();
    }
    session.rollback(0).await.unwrap();
    assert_eq!(fixture.count(), 0);
}

#[tokio::test]
async fn a_transaction_that_only_reads_refuses_writes_and_keeps_its_view() {
    let mut fixture = Fixture::new(&[]).await;
    let stranger = fixture.stranger();
    let session = &mut fixture.session;
    session.begin(0, read_only()).await.unwrap();
    assert_eq!(integer(session, "SELECT count(*) FROM t").await, 0);
    stranger.execute("INSERT INTO t (name) VALUES ('theirs')", []).unwrap();
    assert_eq!(integer(session, "SELECT count(*) FROM t").await, 0);
    for refused in [write("INSERT INTO t (name) VALUES ('x')"), raw("DELETE FROM t")] {
        assert_eq!(kind(execute(session, &refused).await), ErrorKind::ReadOnly);
    }
    assert_eq!(kind(session.batch("DROP TABLE t").await), ErrorKind::ReadOnly);
    session.commit(0).await.unwrap();
    execute(session, &write("INSERT INTO t (name) VALUES ('x')")).await.unwrap();
    assert_eq!(fixture.count(), 2);
}

/// After this, each statement would be committed by itself.
#[tokio::test]
async fn a_transaction_that_sqlite_rolled_back_is_over() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    let insert = write("INSERT INTO t (id) VALUES (1)");
    for end_by_commit in [true, false] {
        session.begin(0, Default::default()).await.unwrap();
        execute(session, &insert).await.unwrap();
        let clash = raw("INSERT OR ROLLBACK INTO t (id) VALUES (1)");
        assert_eq!(kind(execute(session, &clash).await), ErrorKind::UniqueViolation);
        for next in [&insert, &read("SELECT 1"), &raw("DELETE FROM t")] {
            assert_eq!(kind(execute(session, next).await), ErrorKind::TransactionAborted);
        }
        assert_eq!(kind(session.begin(1, Default::default()).await), ErrorKind::TransactionAborted);
        if end_by_commit {
            assert_eq!(kind(session.commit(0).await), ErrorKind::TransactionAborted);
        } else {
            session.rollback(1).await.unwrap();
            session.rollback(0).await.unwrap();
        }
    }
    assert_eq!(fixture.count(), 0);
}

#[tokio::test]
async fn a_commit_that_a_constraint_refuses_can_be_rolled_back() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    session
        .batch("CREATE TABLE child (t_id INT REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)")
        .await
        .unwrap();
    session.begin(0, Default::default()).await.unwrap();
    execute(session, &write("INSERT INTO child VALUES (7)")).await.unwrap();
    assert_eq!(kind(session.commit(0).await), ErrorKind::ForeignKeyViolation);
    session.rollback(0).await.unwrap();
    session.begin(0, Default::default()).await.unwrap();
    session.commit(0).await.unwrap();
    assert_eq!(integer(session, "SELECT count(*) FROM child").await, 0);
}

#[tokio::test]
async fn raw_text_neither_begins_nor_ends_one() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    for begin in ["BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT mine"] {
        assert_eq!(kind(execute(session, &raw(begin)).await), ErrorKind::InvalidInput);
        execute(session, &write("INSERT INTO t (name) VALUES ('x')")).await.unwrap();
    }
    session.begin(0, Default::default()).await.unwrap();
    assert_eq!(kind(execute(session, &raw("COMMIT")).await), ErrorKind::TransactionAborted);
    assert_eq!(kind(execute(session, &read("SELECT 1")).await), ErrorKind::TransactionAborted);
    session.rollback(0).await.unwrap();
    assert_eq!(fixture.count(), 3);
}

#[tokio::test]
async fn steps_out_of_turn_are_refused() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    assert_eq!(kind(session.commit(0).await), ErrorKind::InvalidInput);
    assert_eq!(kind(session.begin(1, Default::default()).await), ErrorKind::InvalidInput);
    session.rollback(0).await.unwrap();
    session.begin(0, Default::default()).await.unwrap();
    assert_eq!(kind(session.begin(0, Default::default()).await), ErrorKind::InvalidInput);
    assert_eq!(kind(session.commit(3).await), ErrorKind::TransactionAborted);
    session.commit(0).await.unwrap();
}

#[tokio::test]
async fn a_reset_makes_the_session_as_new() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    execute(session, &raw("PRAGMA foreign_keys = OFF")).await.unwrap();
    execute(session, &raw("PRAGMA query_only = ON")).await.unwrap();
    execute(session, &raw("PRAGMA busy_timeout = 0")).await.unwrap();
    session.reset().await.unwrap();
    session.begin(0, Default::default()).await.unwrap();
    execute(session, &write("INSERT INTO t (name) VALUES ('x')")).await.unwrap();
    session.reset().await.unwrap();
    assert_eq!(integer(session, "SELECT count(*) FROM t").await, 0);
    let foreign_keys = fetch(session, &raw("PRAGMA foreign_keys")).await.unwrap();
    assert_eq!(foreign_keys, [[Value::I64(1)]]);
}

#[tokio::test]
async fn a_full_database_is_told_and_the_session_goes_on() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    execute(session, &raw("PRAGMA max_page_count = 10")).await.unwrap();
    for in_transaction in [false, true] {
        if in_transaction {
            session.begin(0, Default::default()).await.unwrap();
            execute(session, &write("INSERT INTO t (name) VALUES ('x')")).await.unwrap();
        }
        let big = write("INSERT INTO t (name) VALUES (hex(zeroblob(100000)))");
        assert_eq!(kind(execute(session, &big).await), ErrorKind::Full);
        if in_transaction {
            session.rollback(0).await.unwrap();
        }
        assert_eq!(integer(session, "SELECT count(*) FROM t").await, 0);
    }
}
