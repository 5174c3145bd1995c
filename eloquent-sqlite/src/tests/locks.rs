//! Several who write.

use super::*;
use crate::engine::Place;
use crate::transaction::Transaction;

#[tokio::test]
async fn a_lock_sends_a_write_away_and_it_is_done_once() {
    let mut fixture = Fixture::new(&[]).await;
    let stranger = fixture.stranger();
    let insert = write("INSERT INTO t (name) VALUES ('x') RETURNING id");
    stranger.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut sink = Rows::default();
    assert_eq!(fixture.session.query_now(&insert, &[], &mut sink).unwrap(), Now::Later);
    assert!(sink.rows.is_empty());
    stranger.execute_batch("COMMIT").unwrap();
    fixture.session.run(&insert, &[]).await.unwrap();
    // A lock is no reason to keep the statement off.
    assert!(matches!(now(&mut fixture.session, &insert).unwrap(), Now::Done(_)));
    assert_eq!(fixture.count(), 2);
}

#[tokio::test]
async fn counts_are_exact_under_a_competing_writer() {
    let mut fixture = Fixture::new(&[("busy_timeout_ms", "60000")]).await;
    fixture.session.batch("CREATE TABLE theirs (id INTEGER PRIMARY KEY)").await.unwrap();
    let stranger = fixture.stranger();
    stranger.busy_timeout(Duration::from_secs(60)).unwrap();
    let thread = std::thread::spawn(move || {
        for _ in 0..300 {
            stranger.execute("INSERT INTO theirs DEFAULT VALUES", []).unwrap();
        }
    });
    let insert = write("INSERT INTO t (name) VALUES ('x')");
    for _ in 0..1000 {
        execute(&mut fixture.session, &insert).await.unwrap();
    }
    thread.join().unwrap();
    assert_eq!(fixture.count(), 1000);
    assert_eq!(integer(&mut fixture.session, "SELECT count(*) FROM theirs").await, 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_sessions_write_and_lose_nothing() {
    for options in [
        vec![("busy_timeout_ms", "60000")],
        vec![("busy_timeout_ms", "60000"), ("path", ":memory:")],
    ] {
        let mut fixture = Fixture::new(&options).await;
        let tasks: Vec<_> = (0..8)
            .map(|_| fixture.shared.clone())
            .map(|shared| {
                tokio::spawn(async move {
                    let mut session = SqliteSession::open(shared).await.unwrap();
                    for round in 0..50 {
                        if round % 10 == 0 {
                            session.begin(0, Default::default()).await.unwrap();
                        }
                        execute(&mut session, &write("INSERT INTO t (name) VALUES ('x')"))
                            .await
                            .unwrap();
                        execute(&mut session, &read("SELECT id FROM t LIMIT 3")).await.unwrap();
                        if round % 10 == 4 {
                            session.commit(0).await.unwrap();
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            ends(task).await.unwrap();
        }
        assert_eq!(integer(&mut fixture.session, "SELECT count(*) FROM t").await, 400);
    }
}

#[tokio::test]
async fn a_lock_that_is_kept_is_an_error_after_the_timeout() {
    let mut fixture = Fixture::new(&[("busy_timeout_ms", "20")]).await;
    let stranger = fixture.stranger();
    stranger.execute_batch("BEGIN IMMEDIATE").unwrap();
    let session = &mut fixture.session;
    let insert = write("INSERT INTO t (name) VALUES ('x')");
    assert_eq!(kind(execute(session, &insert).await), eloquent_core::ErrorKind::Busy);
    assert_eq!(kind(session.begin(0, Default::default()).await), eloquent_core::ErrorKind::Busy);
    stranger.execute_batch("COMMIT").unwrap();
    execute(session, &insert).await.unwrap();
    session.begin(0, Default::default()).await.unwrap();
}

/// Waiting does not make a snapshot fresh, and doing the statement over would end in the same error or,
/// worse, in another one.
#[tokio::test]
async fn a_stale_snapshot_is_a_conflict_and_not_done_over() {
    let mut fixture = Fixture::new(&[]).await;
    let stranger = fixture.stranger();
    let engine = fixture.session.home.as_mut().unwrap();
    engine.connection.execute_batch("BEGIN DEFERRED; SELECT * FROM t").unwrap();
    engine.transaction = Some(Transaction::default());
    stranger.execute_batch("INSERT INTO t (name) VALUES ('theirs')").unwrap();
    let insert = write("INSERT INTO t (name) VALUES ('x')");
    let expected = eloquent_core::ErrorKind::SerializationFailure;
    assert_eq!(kind(now(&mut fixture.session, &insert)), expected);
    let engine = fixture.session.home.as_mut().unwrap();
    let none: &[ValueRef<'_>] = &[];
    let fault = engine.run(&insert, none, &mut Rows::default(), Place::Worker).unwrap_err();
    assert_eq!(fault.into_error(&insert).kind(), expected);
    fixture.session.rollback(0).await.unwrap();
    assert_eq!(fixture.count(), 1);
}

#[tokio::test]
async fn readers_do_not_wait_for_a_writer() {
    let mut fixture = Fixture::new(&[]).await;
    let mut reader = fixture.another().await;
    fixture.session.begin(0, Default::default()).await.unwrap();
    execute(&mut fixture.session, &write("INSERT INTO t (name) VALUES ('x')")).await.unwrap();
    let count = read("SELECT id FROM t");
    assert_eq!(now(&mut reader, &count).unwrap(), Now::Done(Affected::default()));
}

/// In memory a commit needs the readers gone. Were the statement left at the first row, its commit would
/// fail in silence.
#[tokio::test]
async fn a_write_that_the_sink_leaves_early_is_committed_or_sent_away() {
    struct First;
    impl RowSink for First {
        fn row(&mut self, _: &dyn Row) -> Result<Flow> {
            Ok(Flow::Stop)
        }
        fn reset(&mut self) {}
        fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
            self
        }
    }
    let mut fixture = Fixture::new(&[("path", ":memory:"), ("busy_timeout_ms", "60000")]).await;
    let mut reader = fixture.another().await;
    let mut options = eloquent_core::driver::TransactionOptions::default();
    options.read_only = true;
    reader.begin(0, options).await.unwrap();
    assert_eq!(integer(&mut reader, "SELECT count(*) FROM t").await, 0);
    let insert = write("INSERT INTO t (name) VALUES ('x') RETURNING id");
    let session = &mut fixture.session;
    assert_eq!(session.query_now(&insert, &[], &mut First).unwrap(), Now::Later);
    let (written, _) = tokio::join!(session.query_later(&insert, &[], Box::new(First)), async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        reader.commit(0).await.unwrap();
    });
    assert_eq!(written.unwrap().affected.rows, 1);
    assert_eq!(integer(session, "SELECT count(*) FROM t").await, 1);
}

/// SQLite cannot look at the schema past a lock, and says that there is no such table.
#[tokio::test]
async fn a_table_behind_a_lock_is_not_missing() {
    let mut fixture = Fixture::new(&[("path", ":memory:"), ("busy_timeout_ms", "60000")]).await;
    let mut other = fixture.another().await;
    assert_eq!(integer(&mut other, "SELECT count(*) FROM t").await, 0);
    let session = &mut fixture.session;
    session.batch("CREATE TABLE later (a INT)").await.unwrap();
    session.begin(0, Default::default()).await.unwrap();
    execute(session, &write("INSERT INTO later VALUES (1)")).await.unwrap();
    let read = read("SELECT a FROM later");
    assert_eq!(now(&mut other, &read).unwrap(), Now::Later);
    let (found, _) = tokio::join!(fetch(&mut other, &read), async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        session.commit(0).await.unwrap();
    });
    assert_eq!(found.unwrap(), [[Value::I64(1)]]);
}
