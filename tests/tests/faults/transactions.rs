//! Transactions whose steps fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{Error, ErrorKind, Result};
use eloquent_conformance::wrapper::{Fault, Step};

use crate::ground::{Ground, Item, options};

#[tokio::test]
async fn a_session_lost_in_a_transaction_voids_it() -> Result<()> {
    let ground = Ground::new(options()).await?;
    let outcome: Result<()> = ground
        .db
        .scope(
            Db::transaction(async {
                ground.add(1).await?;
                ground.wrapper.inject(Fault::lost_after(Step::Statement));
                assert_eq!(ground.add(2).await.unwrap_err().kind(), ErrorKind::ConnectionLost);
                let error = ground.add(3).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::TransactionAborted, "{error}");
                assert!(
                    error.to_string().contains("connection_lost"),
                    "with the first cause: {error}"
                );
                Ok(())
            })
            .into_future(),
        )
        .await;
    assert!(outcome.is_err(), "a commit of nothing is no success");
    ground.is_healthy().await;
    assert_eq!(ground.ids().await?, [0; 0]);
    Ok(())
}

#[tokio::test]
async fn the_outcome_of_a_commit_is_never_guessed() -> Result<()> {
    let ground = Ground::new(options()).await?;
    let hooks = Arc::new(AtomicU32::new(0));
    let cases = [
        (Fault::lost_after(Step::Commit), ErrorKind::CommitUnknown, true),
        (Fault::lost_before(Step::Commit), ErrorKind::ConnectionLost, false),
        (Fault::before(Step::Commit, ErrorKind::Busy), ErrorKind::Busy, false),
        (
            Fault::before(Step::Commit, ErrorKind::SerializationFailure),
            ErrorKind::SerializationFailure,
            false,
        ),
    ];
    for (id, (fault, kind, happened)) in (0..).zip(cases) {
        let counter = hooks.clone();
        let transaction = Db::transaction(async {
            ground.add(id).await?;
            Db::after_commit(move || {
                counter.fetch_add(1, Ordering::Relaxed);
            });
            ground.wrapper.inject(fault);
            Ok(())
        });
        let error = ground.db.scope(transaction.into_future()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        ground.is_healthy().await;
        assert_eq!(ground.ids().await?.contains(&id), happened, "{fault:?}");
    }
    assert_eq!(hooks.load(Ordering::Relaxed), 0, "no hook runs that may not");
    Ok(())
}

#[tokio::test]
async fn a_conflict_is_tried_again_and_an_unknown_commit_is_not() -> Result<()> {
    let ground = Ground::new(options()).await?;
    let attempts = AtomicU32::new(0);
    let make = || async {
        attempts.fetch_add(1, Ordering::Relaxed);
        ground.add(1).await
    };
    for step in [Step::Begin, Step::Statement, Step::Commit] {
        attempts.store(0, Ordering::Relaxed);
        Item::delete_all().on(&ground.db).await?;
        ground.wrapper.inject(Fault::before(step, ErrorKind::Deadlock));
        ground.db.scope(Db::transaction_retry(3, make).into_future()).await?;
        let expected = if step == Step::Begin { 1 } else { 2 };
        assert_eq!(attempts.load(Ordering::Relaxed), expected, "{step:?}");
        assert_eq!(ground.ids().await?, [1]);
    }
    attempts.store(0, Ordering::Relaxed);
    Item::delete_all().on(&ground.db).await?;
    ground.wrapper.inject(Fault::lost_after(Step::Commit));
    let error = ground.db.scope(Db::transaction_retry(3, make).into_future()).await.unwrap_err();
    assert_eq!((error.kind(), attempts.load(Ordering::Relaxed)), (ErrorKind::CommitUnknown, 1));
    ground.is_healthy().await;
    Ok(())
}

#[tokio::test]
async fn a_deadlock_inside_voids_the_whole_stack() -> Result<()> {
    let ground = Ground::new(options()).await?;
    let outcome: Result<()> = ground
        .db
        .scope(
            Db::transaction(async {
                ground.add(1).await?;
                let inner: Result<()> = Db::transaction(async {
                    ground.wrapper.inject(Fault::before(Step::Statement, ErrorKind::Deadlock));
                    ground.add(2).await
                })
                .await;
                assert_eq!(inner.unwrap_err().kind(), ErrorKind::Deadlock);
                ground.add(3).await
            })
            .into_future(),
        )
        .await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::TransactionAborted);
    ground.is_healthy().await;
    assert_eq!(ground.ids().await?, [0; 0]);
    Ok(())
}

#[tokio::test]
async fn a_rollback_that_fails_closes_the_session() -> Result<()> {
    let ground = Ground::new(options()).await?;
    for fault in
        [Fault::before(Step::Rollback, ErrorKind::Database), Fault::lost_before(Step::Rollback)]
    {
        let transaction = Db::transaction(async {
            ground.add(1).await?;
            ground.wrapper.inject(fault);
            Err::<(), _>(Error::invalid("the cause"))
        });
        let error = ground.db.scope(transaction.into_future()).await.unwrap_err();
        assert_eq!(error.message(), "the cause");
        ground.is_healthy().await;
        assert_eq!(ground.ids().await?, [0; 0]);
    }
    Ok(())
}

#[tokio::test]
async fn a_late_answer_is_an_answer() -> Result<()> {
    let ground = Ground::new(options()).await?;
    for step in [Step::Begin, Step::Statement, Step::Commit] {
        ground.wrapper.inject(Fault::late(step, Duration::from_millis(2)));
    }
    ground
        .db
        .scope(
            Db::transaction(async {
                Item::create(new!(Item { id: 1, label: "x" })).await.map(drop)
            })
            .into_future(),
        )
        .await?;
    ground.is_healthy().await;
    assert_eq!(ground.ids().await?, [1]);
    Ok(())
}

/// A driver may report that BEGIN failed though the database has begun, because of a deadline of its
/// own for one. What is written next must not end up in that transaction.
#[tokio::test]
async fn a_begin_that_failed_late_is_undone() -> Result<()> {
    let ground = Ground::new(options()).await?;
    ground.wrapper.inject(Fault::after(Step::Begin, ErrorKind::Timeout));
    assert_eq!(ground.db.begin().await.unwrap_err().kind(), ErrorKind::Timeout);
    ground.is_healthy().await;
    ground.add(1).await?;
    let transaction = ground.db.begin().await?;
    transaction.rollback().await?;
    assert_eq!(ground.ids().await?, [1]);
    Ok(())
}
