//! The work that stands beside the ticker.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde::Serialize;
use tokio::{sync::oneshot, task::JoinSet};

use super::Held;
use crate::{data::USERS, report::median, store::HeldStore, workload::TASKS};

const FINDS: i64 = 400;
const TOTALS: u32 = 4;
const LOCKS: u32 = 3;
const LOCKED: Duration = Duration::from_millis(100);
const SUSTAINED: Duration = Duration::from_millis(1_500);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Case {
    Finds,
    Totals,
    Locked,
    Inserts,
}

/// Times of operations that are asked for at once, so that a longer list is not copied beside the ticker.
const ROOM: usize = 1 << 18;

/// What the work itself has to say, besides the gaps it made. Nothing is worked out beside the ticker.
#[derive(Debug)]
pub struct Work {
    pub took: Duration,
    /// Of each operation.
    times: Vec<Duration>,
}

impl Case {
    pub const ALL: [Self; 4] = [Self::Finds, Self::Totals, Self::Locked, Self::Inserts];

    pub fn label(self) -> &'static str {
        match self {
            Self::Finds => "16 tasks x 400 finds by key",
            Self::Totals => "a long aggregate, 4 times",
            Self::Locked => "an insert while another holds the lock 100 ms, 3 times",
            Self::Inserts => "1 kB inserts for 1.5 s",
        }
    }

    pub async fn work<H: Held>(
        self,
        pool: H,
        store: Arc<dyn HeldStore>,
        database: String,
    ) -> Result<Work> {
        match self {
            Self::Finds => finds(pool).await,
            Self::Totals => totals(pool).await,
            Self::Locked => locked(pool, store, database).await,
            Self::Inserts => inserts(pool).await,
        }
    }
}

async fn finds<H: Held>(pool: H) -> Result<Work> {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS as i64 {
        let pool = pool.clone();
        tasks.spawn(async move {
            let mut times = Vec::new();
            for turn in 0..FINDS {
                let start = Instant::now();
                let user = pool.find((task * FINDS + turn) % USERS + 1).await?;
                user.context("no such user")?;
                times.push(start.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(task) = tasks.join_next().await {
        times.extend(task??);
    }
    Ok(Work { took: start.elapsed(), times })
}

async fn totals<H: Held>(pool: H) -> Result<Work> {
    let start = Instant::now();
    let mut times = Vec::new();
    for _ in 0..TOTALS {
        let start = Instant::now();
        pool.total().await?;
        times.push(start.elapsed());
    }
    Ok(Work { took: start.elapsed(), times })
}

/// The insert's time is counted from the moment the other session has the lock.
async fn locked<H: Held>(pool: H, store: Arc<dyn HeldStore>, database: String) -> Result<Work> {
    let start = Instant::now();
    let mut times = Vec::new();
    for _ in 0..LOCKS {
        let (say, hear) = oneshot::channel();
        let (store, database) = (Arc::clone(&store), database.clone());
        let holder = tokio::task::spawn_blocking(move || {
            store.hold_write_lock(&database, LOCKED, Box::new(|| _ = say.send(())))
        });
        hear.await?;
        let start = Instant::now();
        pool.note("beside a lock".to_owned()).await?;
        times.push(start.elapsed());
        holder.await??;
    }
    Ok(Work { took: start.elapsed(), times })
}

async fn inserts<H: Held>(pool: H) -> Result<Work> {
    let start = Instant::now();
    let body = "x".repeat(1_000);
    let mut times = Vec::with_capacity(ROOM);
    while start.elapsed() < SUSTAINED {
        let body = body.clone();
        let start = Instant::now();
        pool.note(body).await?;
        times.push(start.elapsed());
    }
    Ok(Work { took: start.elapsed(), times })
}

impl Work {
    pub fn operations(&self) -> usize {
        self.times.len()
    }

    /// Of one operation, in seconds.
    pub fn median(&self) -> f64 {
        median(self.times.iter().map(Duration::as_secs_f64))
    }
}
