//! Which database a query goes to, and tasks that are spawned.

use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{ErrorKind, PoolOptions, Result};

use super::Orm;
use super::models::{Item, items};
use crate::case::{Bench, Outcome, cases};

cases![Orm:
    a_query_goes_where_it_is_told, a_scope_can_be_entered, unknown_connections_are_named,
    a_spawned_task_leaves_the_scope, a_spawned_task_can_stay[TRANSACTIONS],
    a_task_that_outlives_its_transaction[TRANSACTIONS], siblings_take_turns[TRANSACTIONS],
    sessions_are_bounded, a_pool_that_is_empty_lends_what_comes_back[TRANSACTIONS],
    closing_is_for_good, sessions_grow_old,
];

async fn add(id: i64) -> Result<()> {
    Item::create(new!(Item { id, label: "x" })).await.map(drop)
}

async fn a_query_goes_where_it_is_told(cx: Orm) -> Outcome {
    items(0..3).await?;
    let name = cx.db.default_connection().to_owned();
    let connection = cx.db.connection(&name)?;
    assert_eq!(cx.db.connection_names().collect::<Vec<_>>(), [name.as_str()]);
    assert_eq!(Item::query().on(name.as_str()).count().await?, 3);
    assert_eq!(Item::query().on(name).count().await?, 3);
    assert_eq!(Item::query().on(&connection).count().await?, 3);
    assert_eq!(Item::query().on(&cx.db).count().await?, 3);
    assert_eq!(Item::find(1).on(&connection).or_fail().await?.id, 1);
    connection.ping().await?;
    assert_eq!(connection.capabilities().await?, cx.capabilities());
    Ok(())
}

async fn a_scope_can_be_entered(cx: Orm) -> Outcome {
    items(0..3).await?;
    let db = cx.db.clone();
    let outside = tokio::spawn(async move {
        let nowhere = Db::current().is_err();
        (nowhere, db.scope(Item::query().count()).await)
    });
    let (nowhere, count) = outside.await.expect("no panic");
    assert!(nowhere, "a spawned task has no database");
    assert_eq!(count?, 3);
    Ok(())
}

async fn unknown_connections_are_named(cx: Orm) -> Outcome {
    let error = Item::query().on("nowhere").get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionUnknown, "{error}");
    let name = cx.db.default_connection();
    assert!(error.hint().is_some_and(|hint| hint.contains(name)), "{error}");
    assert!(cx.db.connection("nowhere").is_err());
    Ok(())
}

async fn a_spawned_task_leaves_the_scope(_: Orm) -> Outcome {
    items(0..1).await?;
    let left = tokio::spawn(async { Item::query().count().await });
    let error = left.await.expect("no panic").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    let stayed = Db::spawn(async { Item::query().count().await });
    assert_eq!(stayed.await.expect("no panic")?, 1);
    Ok(())
}

async fn a_spawned_task_can_stay(_: Orm) -> Outcome {
    items([]).await?;
    let outcome: Result<()> = Db::transaction(async {
        Db::spawn(add(1)).await.expect("no panic")?;
        assert_eq!(Item::query().count().await?, 1);
        Err(eloquent::Error::invalid("undone"))
    })
    .await;
    assert!(outcome.is_err());
    assert_eq!(Item::query().count().await?, 0, "the task took part in the transaction");
    Ok(())
}

async fn a_task_that_outlives_its_transaction(_: Orm) -> Outcome {
    items([]).await?;
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let late = Db::transaction(async {
        add(1).await?;
        Ok::<_, eloquent::Error>(Db::spawn(async move {
            wait.await.expect("a signal");
            add(2).await
        }))
    });
    let late = late.await?;
    go.send(()).expect("a listener");
    let error = late.await.expect("no panic").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TransactionAborted, "{error}");
    assert_eq!(Item::query().count().await?, 1);
    Ok(())
}

/// Statements of several tasks in one transaction run one after the other.
async fn siblings_take_turns(_: Orm) -> Outcome {
    items([]).await?;
    Db::transaction(async {
        let tasks: Vec<_> = (0..20).map(|id| Db::spawn(add(id))).collect();
        for task in tasks {
            task.await.expect("no panic")?;
        }
        Ok::<(), eloquent::Error>(())
    })
    .await?;
    assert_eq!(Item::query().count().await?, 20);
    Ok(())
}

async fn sessions_are_bounded(cx: Orm) -> Outcome {
    items(0..10).await?;
    let connection = cx.db.connection(cx.db.default_connection())?;
    let most = connection.status().max_sessions;
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let connection = connection.clone();
            Db::spawn(async move {
                let count = Item::query().count().await?;
                let status = connection.status();
                assert!(status.in_use <= status.max_sessions && status.idle <= status.max_sessions);
                Ok::<_, eloquent::Error>((n, count))
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.expect("no panic")?.1, 10);
    }
    let status = connection.status();
    assert_eq!((status.in_use, status.waiting, status.max_sessions), (0, 0, most));
    Ok(())
}

async fn a_pool_that_is_empty_lends_what_comes_back(cx: Orm) -> Outcome {
    items(0..1).await?;
    // as many transactions as there are sessions, and one more
    let connection = cx.db.connection(cx.db.default_connection())?;
    let most = connection.status().max_sessions;
    let mut held = Vec::new();
    for _ in 0..most {
        let transaction = Db::transaction(async {
            Item::query().count().await?;
            std::future::pending::<Result<()>>().await
        });
        held.push(Db::spawn(transaction.read_only().into_future()));
    }
    for _ in 0..10_000 {
        if connection.status().in_use == most {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!((connection.status().in_use, connection.status().idle), (most, 0));
    let further = Db::spawn(Item::query().into_future());
    while connection.status().waiting == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let one = held.pop().expect("a transaction");
    one.abort();
    assert_eq!(further.await.expect("no panic")?.len(), 1, "what is given back is lent again");
    for held in held {
        held.abort();
    }
    for _ in 0..10_000 {
        if connection.status().in_use == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("a session is still in use: {:?}", connection.status());
}

async fn closing_is_for_good(cx: Orm) -> Outcome {
    let options = PoolOptions::default().max_sessions(1).acquire_timeout(Duration::from_secs(5));
    let db = cx.target.db()?.pool(options).build()?;
    let connection = db.connection(db.default_connection())?;
    connection.ping().await?;
    let status = connection.status();
    assert_eq!((status.max_sessions, status.in_use, status.idle), (1, 0, 1));
    db.close().await?;
    let error = connection.ping().await.unwrap_err();
    assert_eq!((error.kind(), error.connection()), (ErrorKind::Connect, Some(connection.name())));
    assert!(Item::query().on(&db).get().await.is_err());
    // one that was never opened can be closed as well, and stays closed
    let unused = cx.target.db()?.build()?;
    unused.close().await?;
    assert!(Item::query().on(&unused).get().await.is_err());
    Ok(())
}

/// A session is replaced when it has lived long enough.
async fn sessions_grow_old(cx: Orm) -> Outcome {
    let options = PoolOptions::default().max_lifetime(Duration::ZERO);
    let db = cx.target.db()?.pool(options).build()?;
    let connection = db.connection(db.default_connection())?;
    for _ in 0..3 {
        connection.ping().await?;
        assert_eq!((connection.status().in_use, connection.status().idle), (0, 0));
    }
    db.close().await?;
    Ok(())
}
