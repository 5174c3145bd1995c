//! The write-ahead log stays short, and no commit on the calling task copies it.

use super::*;

#[tokio::test]
async fn the_log_stays_short_under_sustained_writing() {
    let mut fixture = Fixture::new(&[]).await;
    let log = fixture.path.with_extension("sqlite-wal");
    let name = "n".repeat(1000);
    let insert = write("INSERT INTO t (name) VALUES (?)");
    let (mut here, mut longest) = (0, 0);
    for round in 0..12_000 {
        insert.mark().store(0, Ordering::Relaxed);
        let binds = [ValueRef::Text(&name)];
        match fixture.session.query_now(&insert, &binds, &mut Rows::default()).unwrap() {
            Now::Done(_) => here += 1,
            Now::Later => {
                fixture.session.run(&insert, &binds).await.unwrap();
            }
        }
        if round % 100 == 0 {
            longest = longest.max(std::fs::metadata(&log).unwrap().len());
        }
    }
    assert_eq!(fixture.count(), 12_000);
    // A thousand pages trigger the copy; what is written while it runs comes on top.
    assert!(longest < 8 * 1024 * 1024, "{longest}");
    assert!(here > 11_000, "only {here} on the calling task");
}

#[tokio::test]
async fn a_reader_that_stays_does_not_make_the_log_grow_for_ever() {
    let mut fixture = Fixture::new(&[]).await;
    let log = fixture.path.with_extension("sqlite-wal");
    let stranger = fixture.stranger();
    stranger.execute_batch("BEGIN; SELECT * FROM t").unwrap();
    let name = "n".repeat(3000);
    let insert = write("INSERT INTO t (name) VALUES (?)");
    let fill = async |fixture: &mut Fixture, rows| {
        for _ in 0..rows {
            let binds = [ValueRef::Text(&name)];
            match fixture.session.query_now(&insert, &binds, &mut Rows::default()).unwrap() {
                Now::Done(_) => {}
                Now::Later => {
                    fixture.session.run(&insert, &binds).await.unwrap();
                }
            }
        }
    };
    fill(&mut fixture, 4000).await;
    let grown = std::fs::metadata(&log).unwrap().len();
    assert!(grown > 8 * 1024 * 1024, "the reader keeps nothing: {grown}");
    // Once the reader is gone, the log starts over and is filled again from its beginning.
    stranger.execute_batch("COMMIT").unwrap();
    fill(&mut fixture, 4000).await;
    let after = std::fs::metadata(&log).unwrap().len();
    assert!(after < grown + 8 * 1024 * 1024, "{grown} and then {after}");
    assert_eq!(fixture.count(), 8000);
}

#[tokio::test]
async fn the_first_write_after_a_copy_is_sent_away() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    let insert = write("INSERT INTO t (name) VALUES ('x')");
    assert!(matches!(now(session, &insert).unwrap(), Now::Done(_)));
    session.home.as_mut().unwrap().pages = 1000;
    session.tend();
    assert!(session.home.is_none(), "the copy is not under way");
    assert_eq!(now(session, &insert).unwrap(), Now::Later);
    session.settle().await.unwrap();
    assert_eq!(now(session, &insert).unwrap(), Now::Later);
    session.run(&insert, &[]).await.unwrap();
    assert!(matches!(now(session, &insert).unwrap(), Now::Done(_)));
    assert_eq!(fixture.count(), 3);
}

#[tokio::test]
async fn the_first_commit_after_a_copy_is_sent_away() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    session.home.as_mut().unwrap().pages = 1000;
    session.tend();
    session.begin(0, Default::default()).await.unwrap();
    let insert = write("INSERT INTO t (name) VALUES ('x')");
    // In a transaction nothing reaches the log before the commit.
    assert!(matches!(now(session, &insert).unwrap(), Now::Done(_)));
    let control = crate::transaction::Control::Commit(0);
    let policy = crate::config::Inline::Writes;
    let engine = session.home.as_ref().unwrap();
    assert!(!engine.may_control_here(control, policy) && engine.may_control_here(control, policy));
    session.commit(0).await.unwrap();
    assert_eq!(fixture.count(), 1);
}
