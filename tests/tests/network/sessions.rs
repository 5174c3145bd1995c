//! Sessions that the server ends, and pools that are too small.

use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{ErrorKind, RawSql, Result};
use eloquent_conformance::proxy::End;

use crate::ground::{Ground, Item, PATIENCE, SESSIONS, impatient, options};
use crate::server::Kind;

on_servers!(
    idle_sessions_that_are_killed,
    idle_sessions_whose_network_is_cut,
    a_session_that_is_killed_in_a_transaction,
    a_server_that_is_impatient,
    two_runtimes_share_a_pool,
    a_statement_that_takes_too_long,
    a_second_session_inside_a_transaction,
    refused_connections,
);

/// Long enough for the end of a stream to arrive.
const A_MOMENT: Duration = Duration::from_millis(200);

async fn idle_sessions_that_are_killed(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options().max_sessions(1)).await?;
    let mut last = ground.session().await?;
    for tag in 0..10 {
        Db::raw(RawSql::trusted(kind.kill(last))).on(&ground.direct).execute().await?;
        tokio::time::sleep(A_MOMENT).await;
        ground.add(tag).await?;
        let next = ground.session().await?;
        assert_ne!(last, next);
        last = next;
    }
    assert_eq!(ground.tags().await?, (0..10).collect::<Vec<_>>());
    ground.finish().await
}

async fn idle_sessions_whose_network_is_cut(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options()).await?;
    for (tag, end) in (0..).zip([End::Reset, End::Close]) {
        ground.warm_up().await?;
        assert_eq!(ground.connection.status().idle, SESSIONS);
        ground.proxy.disconnect(end);
        tokio::time::sleep(A_MOMENT).await;
        ground.add(tag).await?;
    }
    assert_eq!(ground.tags().await?, [0, 1]);
    ground.finish().await
}

/// The server ends what is idle for too long: between statements, and inside a transaction.
async fn a_server_that_is_impatient(kind: &'static Kind) -> Result<()> {
    const LONGER: Duration = Duration::from_millis(1_600);
    let ground = Ground::new(kind, options().max_sessions(1)).await?;
    let [between, inside] = kind.impatience();
    Db::raw(between).on(&ground.db).execute().await?;
    tokio::time::sleep(LONGER).await;
    assert_eq!(Item::query().on(&ground.db).count().await?, 0, "the read is run again");
    Db::raw(between).on(&ground.db).execute().await?;
    tokio::time::sleep(LONGER).await;
    ground.add(1).await?;
    let transaction = ground.db.begin().await?;
    Db::raw(inside).on(&transaction).execute().await?;
    Item::create(new!(Item { tag: 2, text: "x" })).on(&transaction).await?;
    tokio::time::sleep(LONGER).await;
    let error = Item::query().on(&transaction).get().await.expect_err("it is over");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert!(transaction.commit().await.is_err());
    ground.add(3).await?;
    assert_eq!(ground.tags().await?, [1, 3]);
    ground.finish().await
}

/// Sessions belong to the runtime that opened them: with it, they end.
async fn two_runtimes_share_a_pool(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options().max_sessions(2)).await?;
    ground.add(0).await?;
    for round in 1..4 {
        let db = ground.db.clone();
        let elsewhere = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async {
                let held = [db.begin().await?, db.begin().await?];
                for transaction in held {
                    transaction.rollback().await?;
                }
                Item::create(new!(Item { tag: round, text: "x" })).on(&db).await
            })
        });
        let elsewhere = tokio::task::spawn_blocking(|| elsewhere.join().expect("no panic"));
        elsewhere.await.expect("no panic")?;
        // the other runtime is gone, with a session that it opened
        assert_eq!(ground.tags().await?, (0..=round).collect::<Vec<_>>());
        let count = Item::query().on(&ground.db).count().await?;
        assert_eq!(i64::try_from(count), Ok(round + 1));
        ground.is_idle().await;
    }
    ground.full_capacity().await;
    ground.finish().await
}

async fn a_session_that_is_killed_in_a_transaction(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options().max_sessions(1)).await?;
    let transaction = ground.db.begin().await?;
    Item::create(new!(Item { tag: 1, text: "x" })).on(&transaction).await?;
    let session = Db::raw(kind.session).on(&transaction).scalar::<i64>().await?.expect("a row");
    Db::raw(RawSql::trusted(kind.kill(session))).on(&ground.direct).execute().await?;
    tokio::time::sleep(A_MOMENT).await;
    let error = Item::create(new!(Item { tag: 2, text: "x" })).on(&transaction).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert!(transaction.commit().await.is_err());
    ground.add(3).await?;
    assert_eq!(ground.tags().await?, [3], "the whole transaction is lost");
    ground.finish().await
}

/// The statement ends on the server as well, or its session does.
async fn a_statement_that_takes_too_long(kind: &'static Kind) -> Result<()> {
    let options = options().max_sessions(1).statement_timeout(Duration::from_millis(100));
    let ground = Ground::new(kind, options).await?;
    ground.add(1).await?;
    for _ in 0..3 {
        let error = Db::raw(kind.sleep).on(&ground.db).rows().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert_eq!(Item::query().on(&ground.db).count().await?, 1);
    }
    ground.finish().await
}

async fn a_second_session_inside_a_transaction(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, impatient().max_sessions(1)).await?;
    let transaction = ground.db.begin().await?;
    let query = tokio::time::timeout(PATIENCE, Item::query().on(&ground.db).get());
    let error = query.await.expect("an end in time").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolTimeout, "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("transaction")), "{error}");
    transaction.scope(ground.add(1)).await?;
    transaction.commit().await?;
    assert_eq!(ground.tags().await?, [1]);
    ground.finish().await
}

async fn refused_connections(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options()).await?;
    ground.proxy.refuse().await;
    for _ in 0..3 {
        let error = Item::query().on(&ground.db).get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
        ground.is_idle().await;
    }
    ground.proxy.heal().await;
    ground.add(1).await?;
    // sessions that are open go on
    ground.proxy.refuse().await;
    ground.add(2).await?;
    assert_eq!(ground.tags().await?, [1, 2]);
    ground.proxy.heal().await;
    ground.finish().await
}
