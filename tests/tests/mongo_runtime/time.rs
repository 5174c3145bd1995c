//! How long a statement may take, and what becomes of one that nobody waits for.

use std::time::{Duration, Instant};

use eloquent::mongo::bson::doc;
use eloquent::mongo::pipeline;
use eloquent::prelude::*;
use eloquent::{ErrorKind, Result};
use eloquent_conformance::proxy::{Cut, Lane, Proxy, Way};

use crate::ground::{Ground, Order, address, config, order};

async fn behind_a_proxy(settings: &[(&str, &str)]) -> Result<(Ground, Proxy)> {
    let proxy = Proxy::to(&address()).await.expect("a port");
    let uri = format!("mongodb://127.0.0.1:{}/?directConnection=true", proxy.port());
    let mut config = config("shop").set("uri", uri);
    for (key, value) in settings {
        config.insert(*key, *value);
    }
    Ok((Ground::with(config).await?, proxy))
}

/// The server is told, so that it ends the statement itself.
#[tokio::test]
async fn the_limit_is_sent_to_the_server() -> Result<()> {
    let (ground, proxy) = behind_a_proxy(&[("statement_timeout_ms", "4321")]).await?;
    let limit = [b"maxTimeMS\0".as_slice(), &4321_i32.to_le_bytes()].concat();
    let steps: [(&str, eloquent_core::Result<()>); 2] = [
        ("find", {
            proxy.cut(Cut::at_text(limit.clone()));
            Order::query().on(&ground.db).get().await.map(drop)
        }),
        ("aggregate", {
            assert_eq!(proxy.pending(), 0, "find");
            proxy.cut(Cut::at_text(limit));
            Order::aggregate(pipeline([doc! { "$match": {} }])).on(&ground.db).await.map(drop)
        }),
    ];
    assert_eq!(proxy.pending(), 0, "aggregate");
    for (what, outcome) in steps {
        outcome.unwrap_or_else(|error| panic!("{what}: a read is run again: {error}"));
    }
    Ok(())
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended() -> Result<()> {
    let ground = Ground::with(config("shop").set("statement_timeout_ms", "200")).await?;
    for id in 0..300 {
        Order::create(order(id, "ada", id)).on(&ground.db).await?;
    }
    let began = Instant::now();
    let every = doc! { "from": "orders", "as": "o", "pipeline": [] };
    let stages = pipeline([
        doc! { "$lookup": every.clone() },
        doc! { "$unwind": "$o" },
        doc! { "$lookup": every },
        doc! { "$unwind": "$o" },
    ]);
    let error = Order::aggregate(stages).on(&ground.db).await.unwrap_err();
    assert_eq!((error.kind(), error.table()), (ErrorKind::Timeout, Some("orders")), "{error}");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert_eq!(Order::query().on(&ground.db).count().await?, 300);
    ground.finish().await
}

/// A write whose answer does not come in time is an error, and what follows in its transaction is, too.
#[tokio::test]
async fn a_write_without_an_answer_ends_in_time() -> Result<()> {
    let (ground, proxy) = behind_a_proxy(&[("statement_timeout_ms", "500")]).await?;
    proxy.set(Way::ToClient, Lane::black_hole());
    let began = Instant::now();
    let error = Order::create(order(1, "ada", 1)).on(&ground.db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("statement_timeout_ms")), "{error}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    Ok(())
}

/// The cursor of a stream that is dropped is closed on the server.
#[tokio::test]
async fn a_dropped_stream_closes_its_cursor() -> Result<()> {
    let (ground, proxy) = behind_a_proxy(&[]).await?;
    let orders = (0..500).map(|id| order(id, "ada", id));
    Order::create_many(orders).on(&ground.db).await?;
    let mut rows = Order::query().on(&ground.db).stream();
    assert!(rows.next().await.is_some());
    proxy.cut(Cut::at_text("killCursors"));
    drop(rows);
    let began = Instant::now();
    while proxy.pending() > 0 {
        assert!(began.elapsed() < Duration::from_secs(10), "no cursor is closed");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(Order::query().on(&ground.db).count().await?, 500);
    Ok(())
}
