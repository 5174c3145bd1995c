//! Several sessions of a server that want the same rows.

use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{ErrorKind, RawSql, Transaction};
use eloquent_conformance::server::Server;

use crate::fixture::{on_servers, refused, server, within_sessions};

#[derive(Model, Debug, Clone)]
struct Tally {
    #[model(key, auto = false)]
    id: i64,
    count: i64,
}

async fn add(id: i64, on: &Transaction) -> eloquent::Result<u64> {
    Tally::query().filter(|t| t.id.eq(id)).increment(|t| t.count, 1).on(on).await
}

/// Two transactions that each wait for the other: one of them is told so.
#[tokio::main(flavor = "current_thread")]
async fn of_two_that_wait_for_each_other_one_is_told() {
    within_sessions::<Tally>(2, async || {
        Tally::insert_many([1, 2].map(|id| new!(Tally { id, count: 0 }))).await.unwrap();
        let db = Db::current().unwrap();
        let (one, two) = (db.begin().await.unwrap(), db.begin().await.unwrap());
        add(1, &one).await.unwrap();
        add(2, &two).await.unwrap();
        let (first, second) = tokio::join!(add(2, &one), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            add(1, &two).await
        });
        let error = match (first, second) {
            (Err(error), Ok(1)) | (Ok(1), Err(error)) => error,
            other => panic!("one of two: {other:?}"),
        };
        assert!(error.is_retryable());
        refused(Err::<(), _>(error), ErrorKind::Deadlock).of::<Tally>();
        let _ = (one.rollback().await, two.rollback().await); // one of them is at an end already
        let sum = Tally::query().sum(|t| t.count).await.unwrap();
        assert_eq!(sum, Some(0));
    })
    .await;
}

/// Who waits for a lock for too long is told so, and may try again.
#[tokio::main(flavor = "current_thread")]
async fn a_lock_that_is_not_let_go_is_an_error() {
    within_sessions::<Tally>(2, async || {
        Tally::insert_many([new!(Tally { id: 1, count: 0 })]).await.unwrap();
        let db = Db::current().unwrap();
        let (one, two) = (db.begin().await.unwrap(), db.begin().await.unwrap());
        add(1, &one).await.unwrap();
        let limit = if server() == Some(Server::Pg) {
            "SET LOCAL lock_timeout = '100ms'"
        } else {
            "SET SESSION innodb_lock_wait_timeout = 1"
        };
        Db::raw(RawSql::trusted(limit)).on(&two).execute().await.unwrap();
        let busy = refused(add(1, &two).await, ErrorKind::Busy).of::<Tally>();
        assert!(busy.0.is_retryable());
        let _ = two.rollback().await;
        one.commit().await.unwrap();
        assert_eq!(Tally::find(1).or_fail().await.unwrap().count, 1);
    })
    .await;
}

on_servers! {
    pg:
        of_two_that_wait_for_each_other_one_is_told
        a_lock_that_is_not_let_go_is_an_error
    ;
    mysql:
        of_two_that_wait_for_each_other_one_is_told
        a_lock_that_is_not_let_go_is_an_error
    ;
}
