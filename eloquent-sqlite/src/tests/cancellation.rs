//! Futures that are dropped, after any number of polls.

use eloquent_core::row::Discard;

use super::*;

#[tokio::test]
async fn an_endless_read_ends_when_its_future_is_dropped() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    // Before the worker has begun, in the middle, and again: the flag must not be lost.
    for polls in [1, 1, 1, 2, 5, 50] {
        drop_after(polls, session.query_later(&raw(ENDLESS), &[], Box::new(Discard))).await;
        ends(session.settle()).await.unwrap();
        assert_eq!(integer(session, "SELECT 7").await, 7);
    }
}

#[tokio::test]
async fn a_count_without_a_tick_is_cancelled_or_ends() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    drop_after(1, session.query_later(&raw("SELECT count(*) FROM t"), &[], Box::new(Discard)))
        .await;
    ends(session.reset()).await.unwrap();
    assert_eq!(integer(session, "SELECT count(*) FROM t").await, 0);
}

/// Whatever is dropped and whenever, afterwards the session is as new and has done the write wholly or
/// not at all.
#[tokio::test]
async fn a_dropped_future_leaves_the_session_whole() {
    let mut fixture = Fixture::new(&[]).await;
    let mut begun = 0;
    for polls in 0..8 {
        for round in 0..12 {
            let session = &mut fixture.session;
            let select = read("SELECT id FROM t");
            let insert = raw("INSERT INTO t (name) VALUES ('x')");
            begun += match round % 6 {
                0 => i64::from(drop_after(polls, session.run(&insert, &[])).await || polls > 0),
                1 => {
                    drop_after(polls, session.query_later(&select, &[], Box::new(Discard))).await;
                    0
                }
                2 => {
                    drop_after(polls, session.batch("SELECT 1; SELECT 2")).await;
                    0
                }
                3 => {
                    drop_after(polls, session.begin(0, Default::default())).await;
                    0
                }
                4 => {
                    session.begin(0, Default::default()).await.unwrap();
                    session.run(&insert, &[]).await.unwrap();
                    drop_after(polls, session.rollback(0)).await;
                    0
                }
                _ => {
                    drop_after(polls, session.reset()).await;
                    0
                }
            };
            ends(session.reset()).await.unwrap();
            assert!(session.home.as_ref().unwrap().is_clean());
            assert_eq!(integer(session, "SELECT 7").await, 7);
        }
    }
    assert_eq!(fixture.count(), begun);
}

#[tokio::test]
async fn a_dropped_commit_is_done_or_not_and_nothing_between() {
    let mut fixture = Fixture::new(&[("inline", "off")]).await;
    for polls in 0..8 {
        let before = fixture.count();
        let session = &mut fixture.session;
        session.begin(0, Default::default()).await.unwrap();
        for _ in 0..3 {
            session.run(&raw("INSERT INTO t (name) VALUES ('x')"), &[]).await.unwrap();
        }
        let sent = drop_after(polls, session.commit(0)).await || polls > 0;
        ends(session.reset()).await.unwrap();
        assert_eq!(fixture.count() - before, if sent { 3 } else { 0 });
    }
}

#[tokio::test]
async fn a_transaction_goes_on_after_settling() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    session.begin(0, Default::default()).await.unwrap();
    execute(session, &write("INSERT INTO t (name) VALUES ('x')")).await.unwrap();
    drop_after(1, session.query_later(&raw(ENDLESS), &[], Box::new(Discard))).await;
    ends(session.settle()).await.unwrap();
    session.commit(0).await.unwrap();
    assert_eq!(fixture.count(), 1);
}

#[tokio::test]
async fn a_dropped_wait_for_a_lock_gives_up() {
    let mut fixture = Fixture::new(&[("busy_timeout_ms", "3600000")]).await;
    let stranger = fixture.stranger();
    stranger.execute_batch("BEGIN IMMEDIATE").unwrap();
    let session = &mut fixture.session;
    for polls in [1, 3, 30] {
        drop_after(polls, session.begin(0, Default::default())).await;
        ends(session.reset()).await.unwrap();
        drop_after(polls, session.run(&raw("INSERT INTO t (name) VALUES ('x')"), &[])).await;
        ends(session.reset()).await.unwrap();
    }
    stranger.execute_batch("ROLLBACK").unwrap();
    assert_eq!(fixture.count(), 0);
}

#[tokio::test]
async fn a_session_that_is_dropped_while_away_closes_its_file() {
    let mut fixture = Fixture::new(&[]).await;
    let mut other = fixture.another().await;
    drop_after(1, other.query_later(&raw(ENDLESS), &[], Box::new(Discard))).await;
    drop(other);
    drop_after(1, fixture.session.query_later(&raw(ENDLESS), &[], Box::new(Discard))).await;
    let Fixture { session, shared, path, _directory } = fixture;
    drop(session);
    // The last one that closes removes the log.
    let log = path.with_extension("sqlite-wal");
    ends(async {
        while Arc::strong_count(&shared) > 1 || log.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
