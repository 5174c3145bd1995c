//! Servers that are stopped or killed, and come back.

use std::time::{Duration, Instant};

use eloquent::prelude::*;
use eloquent::{ErrorKind, Result};
use tokio::net::TcpStream;

use crate::ground::{Ground, Item, PATIENCE, options};
use crate::server::{Instance, Kind};

on_servers!(recovery, what_a_crash_leaves);

const RESTARTS: u32 = 10;

/// Asks until it is answered, and says how long that took from when the port was open.
async fn recovers(ground: &Ground, address: &str) -> Duration {
    let began = Instant::now();
    while TcpStream::connect(address).await.is_err() {
        assert!(began.elapsed() < PATIENCE, "the port does not open");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let open = Instant::now();
    while let Err(error) = Item::query().on(&ground.db).count().await {
        assert!(open.elapsed() < PATIENCE, "no answer: {error}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    open.elapsed()
}

async fn recovery(kind: &'static Kind) -> Result<()> {
    let instance = Instance::new(kind).await;
    let ground = Ground::on(kind, &instance, options()).await?;
    let mut slowest = Duration::ZERO;
    for restart in 0..RESTARTS {
        ground.warm_up().await?;
        instance.control(if restart % 2 == 0 { "stop" } else { "kill" }).await;
        let error = ground.add(-1).await.expect_err("there is no server");
        let kinds = [ErrorKind::ConnectionLost, ErrorKind::Connect];
        assert!(kinds.contains(&error.kind()), "{error}");
        let address = instance.address();
        let (took, ()) = tokio::join!(recovers(&ground, &address), instance.control("start"));
        slowest = slowest.max(took);
        ground.add(i64::from(restart)).await?;
        ground.full_capacity().await;
    }
    println!(
        "{}: slowest of {RESTARTS} recoveries: {slowest:?} after the port opened",
        kind.driver
    );
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    // the other sessions of this test have seen the server go, too
    let tags = read(&ground).await?;
    assert_eq!(tags, (0..i64::from(RESTARTS)).collect::<Vec<_>>());
    drop(ground);
    Ok(())
}

/// In the middle of statements and transactions: errors, and nothing by halves.
async fn what_a_crash_leaves(kind: &'static Kind) -> Result<()> {
    let instance = Instance::new(kind).await;
    let ground = Ground::on(kind, &instance, options()).await?;
    ground.add(1).await?;
    let transaction = ground.db.begin().await?;
    Item::create(new!(Item { tag: 2, text: "x" })).on(&transaction).await?;
    let (db, sleep) = (ground.db.clone(), kind.sleep);
    let running = tokio::spawn(async move { Db::raw(sleep).on(&db).rows().await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    instance.control("kill").await;
    let error = running.await.expect("no panic").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    instance.control("start").await;
    let error = Item::create(new!(Item { tag: 3, text: "x" })).on(&transaction).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert!(transaction.commit().await.is_err());
    ground.full_capacity().await;
    ground.add(4).await?;
    assert_eq!(read(&ground).await?, [1, 4]);
    drop(ground);
    Ok(())
}

async fn read(ground: &Ground) -> Result<Vec<i64>> {
    Item::query().order_by(|i| i.tag.asc()).select(|i| i.tag).on(&ground.db).await
}
