//! Transactions.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{Error, ErrorKind, Isolation, Result};

use super::Orm;
use super::models::{Item, items};
use crate::cancellation::{Moment, poll_times};
use crate::case::{Bench, Outcome, cases};

cases![Orm:
    what_succeeds_is_kept[TRANSACTIONS], what_fails_is_undone[TRANSACTIONS],
    what_panics_is_undone[TRANSACTIONS], what_is_dropped_is_undone[TRANSACTIONS],
    errors_of_ones_own[TRANSACTIONS], explicit_transactions[TRANSACTIONS],
    a_dropped_guard_rolls_back[TRANSACTIONS], an_error_inside_is_no_end[TRANSACTIONS],
    conflicts_are_tried_again[TRANSACTIONS], other_errors_are_not[TRANSACTIONS],
    options_are_passed_on[TRANSACTIONS], others_wait_or_see_the_old[TRANSACTIONS],
    many_at_once[TRANSACTIONS], transactions_are_refused[NO_TRANSACTIONS],
];

async fn add(id: i64) -> Result<()> {
    Item::create(new!(Item { id, label: "x" })).await.map(drop)
}

async fn ids() -> Result<Vec<i64>> {
    Item::query().order_by(|i| i.id.asc()).pluck(|i| i.id).await
}

async fn what_succeeds_is_kept(_: Orm) -> Outcome {
    items([]).await?;
    let seen = Db::transaction(async {
        add(1).await?;
        add(2).await?;
        ids().await
    });
    assert_eq!(seen.await?, [1, 2]);
    assert_eq!(ids().await?, [1, 2]);
    Ok(())
}

async fn what_fails_is_undone(_: Orm) -> Outcome {
    items(0..2).await?;
    let outcome: Result<()> = Db::transaction(async {
        add(5).await?;
        Item::query().filter(|i| i.id.eq(0)).delete().await?;
        add(1).await
    })
    .await;
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.kind(), error.model()),
        (ErrorKind::UniqueViolation, Some("Item")),
        "{error}"
    );
    assert_eq!(ids().await?, [0, 1]);
    Ok(())
}

async fn what_panics_is_undone(cx: Orm) -> Outcome {
    items(0..1).await?;
    let task = Db::spawn(
        Db::transaction(async {
            add(5).await?;
            if ids().await?.len() == 2 {
                panic!("the transaction panics, as it should");
            }
            Ok::<(), eloquent::Error>(())
        })
        .into_future(),
    );
    assert!(task.await.is_err_and(|error| error.is_panic()));
    add(6).await?;
    assert_eq!(ids().await?, [0, 6]);
    is_healthy(&cx).await
}

async fn what_is_dropped_is_undone(cx: Orm) -> Outcome {
    items(0..1).await?;
    let never = Db::transaction(async {
        add(5).await?;
        std::future::pending::<Result<()>>().await
    });
    let within = tokio::time::timeout(Duration::from_millis(50), never.into_future());
    assert!(within.await.is_err());
    add(6).await?;
    assert_eq!(ids().await?, [0, 6]);
    for polls in 0..10 {
        let transaction = Db::transaction(async {
            add(100).await?;
            tokio::task::yield_now().await;
            Err::<(), _>(Error::invalid("never kept"))
        });
        drop(poll_times(polls, Moment::Waiting, transaction.into_future()).await);
        assert_eq!(ids().await?, [0, 6]);
    }
    is_healthy(&cx).await
}

/// No session is left in use, and as many as there may be can be had.
async fn is_healthy(cx: &Orm) -> Outcome {
    let connection = cx.db.connection(cx.db.default_connection())?;
    for _ in 0..10_000 {
        if connection.status().in_use == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!((connection.status().in_use, connection.status().waiting), (0, 0));
    connection.ping().await?;
    Ok(())
}

#[derive(Debug)]
enum Refused {
    Poor,
    Database(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Refused::Database(error)
    }
}

async fn errors_of_ones_own(_: Orm) -> Outcome {
    items(0..1).await?;
    let outcome = Db::transaction_with(async {
        add(5).await?;
        Err::<(), Refused>(Refused::Poor)
    });
    assert!(matches!(outcome.await, Err(Refused::Poor)));
    let outcome = Db::transaction_with(async { Ok::<(), Refused>(add(0).await?) }).await;
    let Err(Refused::Database(error)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    let carried: Result<()> = Db::transaction(async {
        add(5).await?;
        Err(Error::custom(std::io::Error::other("mine")))
    })
    .await;
    let own = carried.unwrap_err().downcast::<std::io::Error>().expect("the error that went in");
    assert_eq!(own.to_string(), "mine");
    assert_eq!(ids().await?, [0]);
    Ok(())
}

async fn explicit_transactions(cx: Orm) -> Outcome {
    items([]).await?;
    let item = |id| Item::create(new!(Item { id, label: "x" }));
    let transaction = cx.db.begin().await?;
    item(1).on(&transaction).await?;
    assert_eq!(Item::query().on(&transaction).count().await?, 1);
    transaction.commit().await?;
    let transaction = cx.db.connection(cx.db.default_connection())?.begin().await?;
    item(2).on(&transaction).await?;
    transaction.rollback().await?;
    let transaction = cx.db.begin().await?;
    transaction.scope(add(3)).await?;
    transaction.commit().await?;
    assert_eq!(ids().await?, [1, 3]);
    Ok(())
}

async fn a_dropped_guard_rolls_back(cx: Orm) -> Outcome {
    items([]).await?;
    for id in 0..20 {
        let transaction = cx.db.begin().await?;
        Item::create(new!(Item { id, label: "x" })).on(&transaction).await?;
        drop(transaction);
    }
    assert_eq!(ids().await?, [0; 0]);
    add(1).await?;
    assert_eq!(ids().await?, [1]);
    is_healthy(&cx).await
}

/// A statement that failed can be seen to, where the database lets one.
async fn an_error_inside_is_no_end(cx: Orm) -> Outcome {
    items(0..1).await?;
    if !cx.capabilities().savepoints {
        return Ok(());
    }
    Db::transaction(async {
        let again: Result<()> = Db::transaction(add(0)).await;
        assert_eq!(again.unwrap_err().kind(), ErrorKind::UniqueViolation);
        add(1).await
    })
    .await?;
    assert_eq!(ids().await?, [0, 1]);
    Ok(())
}

async fn conflicts_are_tried_again(_: Orm) -> Outcome {
    items([]).await?;
    for kind in [ErrorKind::Deadlock, ErrorKind::SerializationFailure, ErrorKind::Busy] {
        let attempts = AtomicU32::new(0);
        let attempt = || async {
            add(i64::from(attempts.fetch_add(1, Ordering::Relaxed))).await?;
            match attempts.load(Ordering::Relaxed) {
                3 => Ok("done"),
                _ => Err(Error::new(kind, "another transaction was faster")),
            }
        };
        assert_eq!(Db::transaction_retry(5, attempt).await?, "done");
        assert_eq!(ids().await?, [2], "only the last attempt is kept");
        Item::delete_all().await?;
        attempts.store(0, Ordering::Relaxed);
        let error = Db::transaction_retry(2, attempt).await.unwrap_err();
        assert_eq!((error.kind(), attempts.load(Ordering::Relaxed)), (kind, 2));
        assert_eq!(ids().await?, [0; 0]);
    }
    Ok(())
}

async fn other_errors_are_not(_: Orm) -> Outcome {
    items(0..1).await?;
    let attempts = AtomicU32::new(0);
    let outcome = Db::transaction_retry(5, || async {
        attempts.fetch_add(1, Ordering::Relaxed);
        add(0).await
    });
    assert_eq!(outcome.await.unwrap_err().kind(), ErrorKind::UniqueViolation);
    // inside another transaction it is that one which has to be run again
    let inside = Db::transaction(async {
        Db::transaction_retry(5, || async {
            attempts.fetch_add(1, Ordering::Relaxed);
            Err::<(), _>(Error::new(ErrorKind::Deadlock, "a deadlock"))
        })
        .await
    });
    assert!(inside.await.is_err());
    assert!(attempts.load(Ordering::Relaxed) <= 2);
    Ok(())
}

async fn options_are_passed_on(cx: Orm) -> Outcome {
    items(0..2).await?;
    let read = Db::transaction(ids()).read_only().on(&cx.db);
    assert_eq!(read.await?, [0, 1]);
    let strict = Db::transaction(add(2)).isolation(Isolation::Serializable);
    if let Err(error) = strict.await {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        return Ok(());
    }
    assert_eq!(ids().await?, [0, 1, 2]);
    Ok(())
}

/// What is not committed is seen by nobody else.
async fn others_wait_or_see_the_old(cx: Orm) -> Outcome {
    items([]).await?;
    let transaction = cx.db.begin().await?;
    Item::create(new!(Item { id: 1, label: "x" })).on(&transaction).await?;
    match ids().await {
        Ok(seen) => assert_eq!(seen, [0; 0]),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Busy, "{error}"),
    }
    transaction.commit().await?;
    assert_eq!(ids().await?, [1]);
    Ok(())
}

async fn many_at_once(cx: Orm) -> Outcome {
    items([]).await?;
    let mut tasks = Vec::new();
    for task in 0..12_i64 {
        tasks.push(Db::spawn(async move {
            for step in 0..5 {
                let id = task * 100 + step * 2;
                let pair = Db::transaction_retry(10, || async move {
                    add(id).await?;
                    add(id + 1).await?;
                    match step {
                        4 => Err(Error::invalid("not this one")),
                        _ => Ok(()),
                    }
                });
                if let Err(error) = pair.await {
                    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
                }
            }
        }));
    }
    for task in tasks {
        task.await.expect("no panic");
    }
    let ids = ids().await?;
    assert_eq!(ids.len(), 12 * 4 * 2);
    assert!(ids.chunks(2).all(|pair| pair[0] + 1 == pair[1]), "{ids:?}");
    is_healthy(&cx).await
}

async fn transactions_are_refused(cx: Orm) -> Outcome {
    items([]).await?;
    let error = Db::transaction(add(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.driver().is_some() && error.connection().is_some(), "{error}");
    assert_eq!(cx.db.begin().await.unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(ids().await?, [0; 0], "nothing was done outside instead");
    Ok(())
}
