//! Sessions that cannot be opened, do not come back as new, or are not enough.

use std::sync::Arc;
use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{Error, ErrorKind, PoolOptions, Result};
use eloquent_conformance::wrapper::{Fault, Step, Wrapper};

use crate::ground::{Ground, Item, bounded, options};

/// A session that cannot be made as new within its bound is closed, and another one can be had.
#[tokio::test]
async fn a_reset_that_fails_or_hangs_costs_the_session() -> Result<()> {
    let ground = Ground::new(bounded(Duration::from_millis(30))).await?;
    let faults = [Fault::never(Step::Reset), Fault::before(Step::Reset, ErrorKind::Database)];
    for (fault, closed) in faults.into_iter().zip(1..) {
        let transaction = ground.db.begin().await?;
        Item::create(new!(Item { id: 1, label: "x" })).on(&transaction).await?;
        ground.wrapper.inject(fault);
        drop(transaction);
        ground.is_healthy().await;
        assert_eq!(ground.wrapper.counts().closed, closed);
        assert_eq!(ground.ids().await?, [0; 0]);
    }
    Ok(())
}

#[tokio::test]
async fn opening_is_tried_again_by_the_next_caller() -> Result<()> {
    let wrapper = Wrapper::around("sqlite")?;
    for step in [Step::Connect, Step::Open] {
        wrapper.inject(Fault::before(step, ErrorKind::Connect));
    }
    let config = wrapper.config("main").set("path", ":memory:");
    let db = Db::builder().driver(wrapper.entry()).connection(config).build()?;
    for _ in 0..2 {
        let error = Item::create_table().on(&db).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.connection()),
            (ErrorKind::Connect, Some("main")),
            "{error}"
        );
    }
    Item::create_table().on(&db).await?;
    assert_eq!(db.connection("main")?.status().in_use, 0);
    Ok(())
}

/// A server with no connection left is asked again for as long as callers wait for a session.
#[tokio::test]
async fn opening_waits_for_a_server_that_is_full() -> Result<()> {
    let wrapper = Wrapper::around("sqlite")?;
    for step in [Step::Connect, Step::Connect, Step::Open, Step::Open, Step::Open] {
        wrapper.inject(Fault::before(step, ErrorKind::Full));
    }
    let config = wrapper.config("main").set("path", ":memory:");
    let options = options().acquire_timeout(Duration::from_millis(500));
    let db = Db::builder().driver(wrapper.entry()).connection(config).pool(options).build()?;
    Item::create_table().on(&db).await?;
    assert_eq!(wrapper.pending(), 0, "every fault has happened");
    // not for ever
    let transaction = db.begin().await?;
    for _ in 0..100 {
        wrapper.inject(Fault::before(Step::Open, ErrorKind::Full));
    }
    let started = std::time::Instant::now();
    let error = Item::query().on(&db).get().await.unwrap_err();
    assert_eq!((error.kind(), error.connection()), (ErrorKind::Full, Some("main")), "{error}");
    assert!(started.elapsed() < Duration::from_secs(2));
    // a session that comes back in the meantime serves as well
    let items = Item::query().on(&db);
    let (items, ()) = tokio::join!(items.get(), async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        drop(transaction);
    });
    assert_eq!(items?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn opening_has_a_bound() -> Result<()> {
    let wrapper = Wrapper::around("sqlite")?;
    wrapper.inject(Fault::never(Step::Connect));
    wrapper.inject(Fault::never(Step::Open));
    let mut options = options();
    options.connect_timeout = Duration::from_millis(30);
    let config = wrapper.config("main").set("path", ":memory:");
    let db = Db::builder().driver(wrapper.entry()).connection(config).pool(options).build()?;
    for _ in 0..2 {
        let error = Item::query().get().await.err();
        assert!(error.is_some(), "no database is in scope");
        let error = Item::query().on(&db).get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert_eq!(db.connection("main")?.status().in_use, 0, "the permit is back");
    }
    Item::create_table().on(&db).await
}

#[tokio::test]
async fn a_silent_session_is_pinged_and_replaced() -> Result<()> {
    let wrapper = Wrapper::around("sqlite")?;
    wrapper.set_ping_after(Duration::ZERO);
    let ground = Ground::around(wrapper, options()).await?;
    ground.wrapper.listen();
    ground.add(1).await?;
    let steps: Vec<Step> = ground.wrapper.calls().iter().map(|call| call.step).collect();
    assert_eq!(steps[0], Step::Ping);
    for fault in
        [Fault::lost_before(Step::Ping), Fault::before(Step::Ping, ErrorKind::ConnectionLost)]
    {
        let before = ground.wrapper.counts();
        ground.wrapper.inject(fault);
        ground.ids().await?;
        let after = ground.wrapper.counts();
        assert_eq!(
            (after.opened, after.closed),
            (before.opened + 1, before.closed + 1),
            "{fault:?}"
        );
    }
    assert_eq!(ground.ids().await?, [1]);
    Ok(())
}

#[tokio::test]
async fn an_empty_pool_says_who_to_look_for() -> Result<()> {
    let options = PoolOptions::default().max_sessions(1).acquire_timeout(Duration::from_millis(30));
    let ground = Ground::new(options).await?;
    let transaction = ground.db.begin().await?;
    let error = ground.ids().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.connection()),
        (ErrorKind::PoolTimeout, Some("main")),
        "{error}"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("transaction")), "{error}");
    // what takes part in the transaction needs no second one
    transaction.scope(ground.add(1)).await?;
    transaction.commit().await?;
    ground.is_healthy().await;
    assert_eq!(ground.ids().await?, [1]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_wait_half_may_leave() -> Result<()> {
    let ground = Arc::new(Ground::new(PoolOptions::default().max_sessions(1)).await?);
    ground.wrapper.set_pauses(2);
    let held = ground.db.begin().await?;
    assert_eq!(ground.connection.status().in_use, 1);
    let tasks: Vec<_> = (0..2_000)
        .map(|_| {
            let task = ground.clone();
            tokio::spawn(async move { task.ids().await })
        })
        .collect();
    while ground.connection.status().waiting < 1_000 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for task in tasks.iter().step_by(2) {
        task.abort();
    }
    drop(held);
    for (n, task) in tasks.into_iter().enumerate() {
        match task.await {
            Ok(ids) => assert_eq!(ids?, [0; 0]),
            Err(error) => assert!(error.is_cancelled() && n % 2 == 0, "{error}"),
        }
    }
    ground.is_healthy().await;
    let status = ground.connection.status();
    assert_eq!((status.in_use, status.waiting), (0, 0));
    Ok(())
}

/// A runtime may end while a transaction is open, and the guard may be dropped outside of any.
#[test]
fn a_runtime_that_ends() -> Result<()> {
    let runtime = || tokio::runtime::Runtime::new().expect("a runtime");
    let (ground, transaction) = {
        let first = runtime();
        let ground = first.block_on(Ground::new(options()))?;
        let transaction = first.block_on(async {
            let transaction = ground.db.begin().await?;
            Item::create(new!(Item { id: 1, label: "x" })).on(&transaction).await?;
            Ok::<_, Error>(transaction)
        })?;
        let db = ground.db.clone();
        first.spawn(async move {
            let rows = Item::query().on(&db).get().await;
            drop(rows);
            std::future::pending::<()>().await;
        });
        (ground, transaction)
    };
    drop(transaction);
    runtime().block_on(async {
        ground.is_healthy().await;
        assert_eq!(ground.ids().await?, [0; 0]);
        ground.add(2).await?;
        assert_eq!(ground.ids().await?, [2]);
        ground.db.close().await
    })
}

/// Not even opened: a file would be created that nobody closes.
#[tokio::test]
async fn what_was_closed_before_its_first_use_is_not_opened() -> Result<()> {
    let wrapper = Wrapper::around("sqlite")?;
    wrapper.listen();
    let config = wrapper.config("main").set("path", ":memory:");
    let db = Db::builder().driver(wrapper.entry()).connection(config).build()?;
    db.close().await?;
    let error = Item::query().on(&db).get().await.unwrap_err();
    assert_eq!((error.kind(), error.connection()), (ErrorKind::Connect, Some("main")), "{error}");
    assert!(db.capabilities().await.is_err());
    assert_eq!(wrapper.calls(), []);
    Ok(())
}

/// What is being opened while all is closed is waited for, and closed as well.
#[tokio::test]
async fn closing_waits_for_what_is_being_opened() -> Result<()> {
    let wrapper = Wrapper::around("sqlite")?;
    wrapper.inject(Fault::late(Step::Connect, Duration::from_millis(50)));
    wrapper.listen();
    let config = wrapper.config("main").set("path", ":memory:");
    let db = Db::builder().driver(wrapper.entry()).connection(config).build()?;
    let connection = db.connection("main")?;
    let opening = tokio::spawn({
        let connection = connection.clone();
        async move { connection.ping().await }
    });
    tokio::task::yield_now().await;
    db.close().await?;
    // who waited for it may have had its turn before
    let _ = opening.await.expect("no panic");
    assert_eq!(wrapper.calls().last().map(|call| call.step), Some(Step::Close));
    assert_eq!(wrapper.counts().opened, wrapper.counts().closed);
    assert_eq!(connection.ping().await.unwrap_err().kind(), ErrorKind::Connect);
    Ok(())
}
