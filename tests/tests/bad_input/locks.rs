//! Several sessions at once: in memory and in files, waiting for each other or not.

use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{ErrorKind, PoolOptions};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::fixture::{CONNECTION, Folder, file, healthy, refused, rows};

#[derive(Model, Debug, Clone, PartialEq)]
struct Tally {
    id: i64,
    count: i64,
}

const IMPATIENT: &[(&str, &str)] = &[("busy_timeout_ms", "20")];

async fn prepare(db: &Db) {
    Tally::create_table().on(db).await.unwrap();
    Tally::create(new!(Tally { count: 0 })).on(db).await.unwrap();
}

async fn counted(db: &Db) -> i64 {
    Tally::find(1).on(db).or_fail().await.unwrap().count
}

/// Reads, thinks, and writes: what is lost when two do so at once.
async fn add_one() -> eloquent::Result<()> {
    let mut tally = Tally::find(1).or_fail().await?;
    tokio::task::yield_now().await;
    tally.update(|t| t.count += 1).await?;
    Ok(())
}

async fn many_add(dbs: &[Db]) {
    let mut tasks = JoinSet::new();
    for task in 0..16 {
        let db = dbs[task % dbs.len()].clone();
        tasks.spawn(async move {
            for _ in 0..5 {
                db.scope(async { Db::transaction(add_one()).await }).await?;
                let add = Tally::query().filter(|t| t.id.eq(1)).increment(|t| t.count, 1);
                add.on(&db).await?;
            }
            eloquent::Result::<()>::Ok(())
        });
    }
    for outcome in tasks.join_all().await {
        outcome.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_share_one_database_in_memory() {
    let db = Db::builder().url(CONNECTION, "sqlite::memory:").build().unwrap();
    prepare(&db).await;
    many_add(std::slice::from_ref(&db)).await;
    assert_eq!(counted(&db).await, 160);
    // Sessions that are open at the same time all see the same rows.
    let held: Vec<_> = [db.begin().await.unwrap()].into();
    assert_eq!(Tally::query().on(&held[0]).count().await.unwrap(), 1);
    drop(held);
    db.scope(healthy()).await;
}

#[tokio::test]
async fn two_databases_in_memory_are_two() {
    let [one, other] =
        [(), ()].map(|()| Db::builder().url(CONNECTION, "sqlite::memory:").build().unwrap());
    prepare(&one).await;
    refused(Tally::query().on(&other).await, ErrorKind::InvalidInput).of::<Tally>();
    let both =
        Db::builder().url("a", "sqlite::memory:").url("b", "sqlite::memory:").build().unwrap();
    both.scope(async {
        Tally::create_table().on("a").await.unwrap();
        assert!(Tally::query().on("b").await.is_err());
    })
    .await;
}

/// A transaction that reads first and writes later takes its lock at the start: no other one can come
/// in between, and none fails for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_one_file_wait_for_each_other_and_lose_nothing() {
    let folder = Folder::new();
    let path = folder.at("app.db");
    let patient: &[_] = &[("busy_timeout_ms", "60000")];
    let dbs = [file(&path, patient), file(&path, patient), file(&path, patient)];
    prepare(&dbs[0]).await;
    many_add(&dbs).await;
    for db in &dbs {
        assert_eq!(counted(db).await, 160);
        db.scope(healthy()).await;
    }
}

#[tokio::test]
async fn a_second_writer_goes_on_when_the_first_is_done() {
    let folder = Folder::new();
    let path = folder.at("app.db");
    let (first, second) = (file(&path, &[]), file(&path, &[("busy_timeout_ms", "60000")]));
    prepare(&first).await;
    let transaction = first.begin().await.unwrap();
    let add = || Tally::query().filter(|t| t.id.eq(1)).increment(|t| t.count, 1);
    add().on(&transaction).await.unwrap();
    let (started, begun) = oneshot::channel();
    let waiter = tokio::spawn(async move {
        started.send(()).unwrap();
        add().on(&second).await
    });
    begun.await.unwrap();
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(!waiter.is_finished(), "it waits for as long as the lock is held");
    }
    transaction.commit().await.unwrap();
    assert_eq!(waiter.await.unwrap().unwrap(), 1);
    assert_eq!(counted(&first).await, 2);
}

#[tokio::test]
async fn a_lock_that_is_not_let_go_is_an_error_and_nothing_is_written() {
    let folder = Folder::new();
    let path = folder.at("app.db");
    let (first, second) = (file(&path, &[]), file(&path, IMPATIENT));
    prepare(&first).await;
    let transaction = first.begin().await.unwrap();
    Tally::create(new!(Tally { count: 7 })).on(&transaction).await.unwrap();
    second
        .scope(async {
            let busy = |outcome| {
                let refusal = refused::<()>(outcome, ErrorKind::Busy);
                assert!(refusal.0.is_retryable());
                refusal.says("busy_timeout_ms")
            };
            let mut tally = Tally::find(1).or_fail().await.unwrap();
            busy(Tally::create(new!(Tally { count: 1 })).await.map(drop)).of::<Tally>();
            let batch = (0..300).map(|count| new!(Tally { count }));
            busy(Tally::insert_many(batch).await.map(drop)).of::<Tally>();
            busy(tally.update(|t| t.count = 9).await.map(drop)).of::<Tally>();
            busy(Tally::delete_all().await.map(drop)).of::<Tally>();
            busy(Tally::drop_table().await.map(drop)).of::<Tally>();
            busy(Db::raw("DELETE FROM tallies").execute().await.map(drop));
            busy(Db::current().unwrap().begin().await.map(drop));
            let mut attempts = 0;
            let retried = Db::transaction_retry(3, || {
                attempts += 1;
                async { Ok(()) }
            });
            busy(retried.await);
            assert_eq!(tally.count, 0, "the struct is as before");
            assert_eq!(rows::<Tally>().await, 1, "reading goes on, and sees what is committed");
            let reading = Db::transaction(async { Tally::query().count().await }).read_only();
            assert_eq!(reading.await.unwrap(), 1);
        })
        .await;
    transaction.commit().await.unwrap();
    second
        .scope(async {
            assert_eq!(rows::<Tally>().await, 2);
            Tally::create(new!(Tally { count: 1 })).await.unwrap();
            healthy().await;
        })
        .await;
}

#[tokio::test]
async fn a_session_of_the_same_database_waits_like_any_other() {
    let folder = Folder::new();
    let path = folder.at("app.db");
    for db in [
        file(&path, IMPATIENT),
        Db::builder().url("main", "sqlite::memory:?busy_timeout_ms=20").build().unwrap(),
    ] {
        prepare(&db).await;
        let transaction = db.begin().await.unwrap();
        Tally::create(new!(Tally { count: 7 })).on(&transaction).await.unwrap();
        let outside = Tally::create(new!(Tally { count: 1 })).on(&db).await;
        refused(outside, ErrorKind::Busy).of::<Tally>();
        transaction.rollback().await.unwrap();
        Tally::create(new!(Tally { count: 1 })).on(&db).await.unwrap();
        assert_eq!(Tally::query().on(&db).count().await.unwrap(), 2);
    }
}

#[tokio::test]
async fn a_transaction_that_only_reads_writes_nothing() {
    let folder = Folder::new();
    let db = file(&folder.at("app.db"), &[]);
    prepare(&db).await;
    db.scope(async {
        let wrong = Db::transaction(async {
            assert_eq!(rows::<Tally>().await, 1);
            Tally::create(new!(Tally { count: 1 })).await
        });
        refused(wrong.read_only().await, ErrorKind::ReadOnly).of::<Tally>();
        let raw = Db::transaction(async { Db::raw("DELETE FROM tallies").execute().await });
        refused(raw.read_only().await, ErrorKind::ReadOnly);
        assert_eq!(rows::<Tally>().await, 1);
        healthy().await;
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_only_reads_changes_no_table() {
    let folder = Folder::new();
    let db = file(&folder.at("app.db"), &[]);
    prepare(&db).await;
    db.scope(async {
        let raw = Db::transaction(async { Db::raw("DROP TABLE tallies").execute().await });
        refused(raw.read_only().await, ErrorKind::ReadOnly);
        let table = Db::transaction(async { Tally::drop_table().await });
        refused(table.read_only().await, ErrorKind::ReadOnly).of::<Tally>();
        assert_eq!(rows::<Tally>().await, 1);
        healthy().await;
    })
    .await;
}

/// Had it only a lock to read, it could not write after the other one has written.
#[tokio::test]
async fn a_transaction_that_has_read_can_still_write() {
    let folder = Folder::new();
    let path = folder.at("app.db");
    let (first, second) = (file(&path, &[]), file(&path, IMPATIENT));
    prepare(&first).await;
    let transaction = first.begin().await.unwrap();
    assert_eq!(Tally::query().on(&transaction).count().await.unwrap(), 1);
    let add = || Tally::query().filter(|t| t.id.eq(1)).increment(|t| t.count, 1);
    refused(add().on(&second).await, ErrorKind::Busy).of::<Tally>();
    assert_eq!(add().on(&transaction).await.unwrap(), 1);
    transaction.commit().await.unwrap();
    add().on(&second).await.unwrap();
    assert_eq!(counted(&first).await, 2);
}

#[tokio::test]
async fn a_transaction_that_reads_sees_one_state_throughout() {
    let folder = Folder::new();
    let path = folder.at("app.db");
    let (reader, writer) = (file(&path, &[]), file(&path, &[]));
    prepare(&writer).await;
    reader
        .scope(async {
            let seen = Db::transaction(async {
                let before = rows::<Tally>().await;
                Tally::create(new!(Tally { count: 1 })).on(&writer).await?;
                assert_eq!(rows::<Tally>().await, before);
                Ok(before)
            });
            assert_eq!(seen.read_only().await.unwrap(), 1);
            assert_eq!(rows::<Tally>().await, 2);
        })
        .await;
}

#[tokio::test]
async fn a_second_session_that_cannot_be_had_is_an_error() {
    let options = PoolOptions::default().max_sessions(1).acquire_timeout(Duration::from_millis(20));
    let db = Db::builder().url(CONNECTION, "sqlite::memory:").pool(options).build().unwrap();
    prepare(&db).await;
    let transaction = db.begin().await.unwrap();
    let refusal = refused(Tally::query().on(&db).await, ErrorKind::PoolTimeout);
    refusal.of::<Tally>().says("max_sessions");
    transaction.commit().await.unwrap();
    assert_eq!(counted(&db).await, 0);
    let none = Db::builder()
        .url(CONNECTION, "sqlite::memory:")
        .pool(PoolOptions::default().max_sessions(0));
    crate::fixture::refused_at_once(none.build(), ErrorKind::Config);
}

#[tokio::test]
async fn a_database_that_was_closed_says_so() {
    let folder = Folder::new();
    let db = file(&folder.at("app.db"), &[]);
    prepare(&db).await;
    db.close().await.unwrap();
    refused(Tally::query().on(&db).await, ErrorKind::Connect).of::<Tally>().says("closed");
    refused(db.begin().await, ErrorKind::Connect).says("closed");
    let again = file(&folder.at("app.db"), &[]);
    assert_eq!(counted(&again).await, 0);
}
