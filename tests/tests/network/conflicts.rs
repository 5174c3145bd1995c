//! Transactions in each other's way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use eloquent::prelude::*;
use eloquent::{ErrorKind, Result};
use tokio::sync::Barrier;

use crate::ground::{Ground, Item, PATIENCE, options};
use crate::server::Kind;

on_servers!(a_deadlock_has_one_victim, a_deadlock_is_tried_again);

/// Adds to two items in this order; at first, waits until the other transaction has its first one too.
async fn add_to(items: [i64; 2], meet: &Barrier, attempt: u32) -> Result<()> {
    for (n, id) in items.into_iter().enumerate() {
        Item::query().filter(|i| i.id.eq(id)).increment(|i| i.tag, 1).await?;
        if n == 0 && attempt == 0 {
            let _ = tokio::time::timeout(PATIENCE, meet.wait()).await;
        }
    }
    Ok(())
}

/// Two transactions that lock two items in turn; how each of them ended, and all attempts.
async fn cross(ground: &Ground, attempts: u32) -> Result<(Vec<Result<()>>, u32)> {
    let mut ids = Vec::new();
    for tag in [0, 0] {
        ids.push(Item::create(new!(Item { tag, text: "x" })).on(&ground.db).await?.id);
    }
    let meet = Arc::new(Barrier::new(2));
    let total = Arc::new(AtomicU32::new(0));
    let tasks = [[ids[0], ids[1]], [ids[1], ids[0]]].map(|items| {
        let (db, meet, total) = (ground.db.clone(), meet.clone(), total.clone());
        tokio::spawn(async move {
            let mine = AtomicU32::new(0);
            let make = || async {
                total.fetch_add(1, Ordering::Relaxed);
                add_to(items, &meet, mine.fetch_add(1, Ordering::Relaxed)).await
            };
            db.scope(Db::transaction_retry(attempts, make).into_future()).await
        })
    });
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.expect("no panic"));
    }
    Ok((outcomes, total.load(Ordering::Relaxed)))
}

async fn a_deadlock_has_one_victim(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options()).await?;
    let (outcomes, _) = cross(&ground, 1).await?;
    let errors: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].kind(), ErrorKind::Deadlock, "{}", errors[0]);
    assert_eq!(ground.tags().await?, [1, 1]);
    ground.finish().await
}

async fn a_deadlock_is_tried_again(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options()).await?;
    let (outcomes, attempts) = cross(&ground, 5).await?;
    for outcome in outcomes {
        outcome?;
    }
    assert!(attempts > 2, "there was a deadlock");
    assert_eq!(ground.tags().await?, [2, 2]);
    ground.finish().await
}
