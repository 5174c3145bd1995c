//! Three servers that all take writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use eloquent::prelude::*;
use eloquent::{ErrorKind, RawSql, Result};
use eloquent_conformance::proxy::Proxy;

use crate::ground::{
    PATIENCE, addresses, config, create_database, eventually, instance, open, port, try_instance,
};

crate::tests!["galera":
    a_conflict_is_retryable, conflicts_that_are_tried_again_lose_nothing, reads_after_writes_elsewhere,
    a_killed_node_costs_nothing_that_was_acknowledged,
];

#[derive(Model, Debug, Clone, PartialEq)]
struct Counter {
    #[model(key, auto = false)]
    id: i64,
    value: i64,
}

/// A database with a counter at 0, seen from each node.
async fn nodes(database: &str) -> Result<Vec<Db>> {
    nodes_at(&addresses("ELOQUENT_TEST_GALERA"), database).await
}

async fn nodes_at(addresses: &[String], database: &str) -> Result<Vec<Db>> {
    create_database("mysql", &addresses[0], database).await?;
    let nodes: Vec<Db> = addresses
        .iter()
        .map(|address| open(config("mysql", address, database), 4))
        .collect::<Result<_>>()?;
    Counter::create_table().on(&nodes[0]).await?;
    Counter::create(new!(Counter { id: 1, value: 0 })).on(&nodes[0]).await?;
    for node in &nodes {
        eventually("the row is on every node", async || {
            Counter::query().on(node).count().await.is_ok_and(|count| count == 1)
        })
        .await;
    }
    Ok(nodes)
}

/// The second node is told at its COMMIT, or before.
async fn a_conflict_is_retryable() -> Result<()> {
    let nodes = nodes("cluster_conflict").await?;
    let set = async |node: &Db, value| -> Result<_> {
        let transaction = node.begin().await?;
        Counter::query()
            .filter(|c| c.id.eq(1))
            .on(&transaction)
            .update(|c| c.value.set(value))
            .await?;
        Ok(transaction)
    };
    let first = set(&nodes[0], 1).await?;
    let second = set(&nodes[1], 2).await?;
    first.commit().await?;
    let error = second.commit().await.expect_err("the first one has won");
    assert_eq!(error.kind(), ErrorKind::Deadlock, "{error}");
    assert!(error.is_retryable());
    assert_eq!(value(&nodes[0]).await?, 1);
    Ok(())
}

async fn conflicts_that_are_tried_again_lose_nothing() -> Result<()> {
    const TIMES: i64 = 40;
    let nodes = nodes("cluster_retry").await?;
    let attempts = Arc::new(AtomicU32::new(0));
    let tasks: Vec<_> = nodes
        .iter()
        .map(|node| {
            let (node, attempts) = (node.clone(), attempts.clone());
            tokio::spawn(async move {
                for _ in 0..TIMES {
                    let increment = || async {
                        attempts.fetch_add(1, Ordering::Relaxed);
                        Counter::query().filter(|c| c.id.eq(1)).increment(|c| c.value, 1).await
                    };
                    node.scope(Db::transaction_retry(100, increment).into_future()).await?;
                }
                Ok::<_, eloquent::Error>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic")?;
    }
    let expected = TIMES * i64::try_from(nodes.len()).expect("a few");
    for node in &nodes {
        eventually("all nodes agree", async || value(node).await.is_ok_and(|now| now == expected))
            .await;
    }
    println!("galera: {expected} increments in {} attempts", attempts.load(Ordering::Relaxed));
    Ok(())
}

async fn reads_after_writes_elsewhere() -> Result<()> {
    let nodes = nodes("cluster_reads").await?;
    for now in 1..=50 {
        Counter::query().filter(|c| c.id.eq(1)).on(&nodes[0]).update(|c| c.value.set(now)).await?;
        // one after the other they take the same session; inside a transaction the server would not wait
        Db::raw("SET SESSION wsrep_sync_wait = 1").on(&nodes[2]).execute().await?;
        let seen = Counter::query().select(|c| c.value).on(&nodes[2]).await?;
        assert_eq!(seen, [now]);
    }
    Ok(())
}

/// In a cluster of its own, because the others need all nodes of theirs.
async fn a_killed_node_costs_nothing_that_was_acknowledged() -> Result<()> {
    let mut group = Vec::new();
    for _ in 0..3 {
        group.push(instance(&["port"]).await);
    }
    let mut addresses = Vec::new();
    for (own, word) in group.iter().zip(["first", "join", "join"]) {
        let made = instance(&["new", "galera", word, own, &group[0], &group[1], &group[2]]).await;
        addresses.push(format!("127.0.0.1:{made}"));
    }
    let database = "cluster_killed";
    let nodes = nodes_at(&addresses, database).await?;
    let proxy = Proxy::to(&addresses[2]).await.expect("a port");
    let db = open(config("mysql", &format!("127.0.0.1:{}", proxy.port()), database), 2)?;
    let (mut done, mut unknown) = (vec![1], Vec::new());
    for id in 2..200 {
        if id == 100 {
            instance(&["kill", port(&addresses[2])]).await;
            proxy.redirect(&addresses[1]);
        }
        match Counter::create(new!(Counter { id, value: id })).on(&db).await {
            Ok(_) => done.push(id),
            Err(error) => {
                unknown.push((id, error.to_string()));
                // until the others agree that the node is gone, they may refuse statements at once
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
    assert!(unknown.len() <= 20, "the other node takes over: {unknown:?}");
    // what another node has acknowledged reaches this one a moment later
    let mut lost = done.clone();
    let mut stored = 0;
    let began = Instant::now();
    while !lost.is_empty() && began.elapsed() < PATIENCE {
        if let Ok(ids) = Counter::query().select(|c| c.id).on(&nodes[0]).await {
            lost.retain(|id| !ids.contains(id));
            stored = ids.len() as u64;
        }
    }
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    println!("galera: {} acknowledged, {} unknown, 0 lost", done.len(), unknown.len());
    restart(port(&addresses[2])).await;
    eventually("the node is back", async || {
        Counter::query().on(&nodes[2]).count().await.is_ok_and(|count| count == stored)
    })
    .await;
    for address in &addresses {
        instance(&["drop", port(address)]).await;
    }
    Ok(())
}

/// Starts a node that was killed. One that comes back before the others have let it go ends again.
async fn restart(port: &str) {
    for _ in 0..2 {
        if try_instance(&["start", port]).await.is_ok() {
            return;
        }
    }
    instance(&["start", port]).await;
}

async fn value(node: &Db) -> Result<i64> {
    let value = Db::raw(RawSql::new("SELECT value FROM counters WHERE id = 1")).on(node);
    Ok(value.scalar::<i64>().await?.expect("a row"))
}
