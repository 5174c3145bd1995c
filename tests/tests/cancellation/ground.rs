//! What the futures work on, and what must hold of it after each drop.

use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{Connection, PoolOptions, Result};
use eloquent_conformance::cancellation::{Moment, drop_everywhere};
use eloquent_conformance::wrapper::Wrapper;

use crate::scenarios::Scenario;

/// The rows that futures write. Each attempt has ten numbers of its own.
#[derive(Model, Debug, Clone)]
#[model(portable, table = "cancelled_rows")]
pub(crate) struct Row {
    #[model(key, auto = false)]
    pub(crate) id: i64,
    pub(crate) label: String,
}

/// A table for what concerns all rows of one.
#[derive(Model, Debug)]
#[model(portable, table = "cancelled_whole")]
pub(crate) struct Whole {
    #[model(key, auto = false)]
    pub(crate) id: i64,
    pub(crate) number: i64,
}

/// How the database is used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    /// What runs on the calling task.
    pub(crate) inline: &'static str,
    /// How often each step waits.
    pub(crate) pauses: usize,
    /// Whether each statement gets a session of its own.
    pub(crate) fresh_sessions: bool,
}

/// Where a future writes.
#[derive(Debug, Clone)]
pub(crate) struct At {
    /// The first of its numbers. The sixth has a row already, labelled `old`.
    pub(crate) base: i64,
    pub(crate) db: Db,
    pub(crate) connection: Connection,
    pub(crate) wrapper: Wrapper,
    pub(crate) path: String,
}

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A file, a database whose every step waits, and another one that watches from outside.
pub(crate) struct Ground {
    pub(crate) db: Db,
    connection: Connection,
    wrapper: Wrapper,
    path: String,
    /// Another connection to the same file. It waits for no lock.
    probe: Db,
    next: AtomicI64,
    checks: AtomicU32,
    /// What was acknowledged: the block and its state.
    acknowledged: Mutex<Vec<(i64, String)>>,
}

impl Ground {
    pub(crate) async fn new(setup: Setup) -> Result<Ground> {
        static FILES: AtomicU32 = AtomicU32::new(0);
        let file = FILES.fetch_add(1, Ordering::Relaxed);
        let folder = env!("CARGO_TARGET_TMPDIR");
        let path = format!("{folder}/cancellation-{}-{file}.sqlite", std::process::id());
        remove(&path);
        let wrapper = Wrapper::around("sqlite")?;
        wrapper.set_pauses(setup.pauses);
        wrapper.limit(|mut capabilities| {
            // so that a few rows are several statements
            capabilities.insert_rows = 2;
            capabilities
        });
        let mut options = PoolOptions::default().max_sessions(2);
        if setup.fresh_sessions {
            options = options.max_lifetime(Duration::ZERO);
        }
        let config = wrapper.config("main").set("path", path.clone()).set("inline", setup.inline);
        let db = Db::builder().driver(wrapper.entry()).connection(config).pool(options).build()?;
        let probe = Db::connect(&format!("sqlite:{path}?busy_timeout_ms=0")).await?;
        Row::create_table().on(&probe).await?;
        Whole::create_table().on(&probe).await?;
        Row::create(new!(Row { id: -1, label: "0" })).on(&probe).await?;
        let connection = db.connection("main")?;
        let (next, checks, acknowledged) = (AtomicI64::new(0), AtomicU32::new(0), Mutex::default());
        Ok(Ground { db, connection, wrapper, path, probe, next, checks, acknowledged })
    }

    /// Drops a scenario at each of its awaits.
    pub(crate) async fn drop_everywhere(&self, scenario: &Scenario, moment: Moment) -> usize {
        let block = Mutex::new(self.block().await.expect("a block"));
        drop_everywhere(
            moment,
            || self.db.scope((scenario.run)(self.at(*block.lock().expect("no panic")))),
            |outcome: Option<Result<()>>| async {
                let base = *block.lock().expect("no panic");
                self.settle().await;
                self.check(scenario, base, outcome).await;
                *block.lock().expect("no panic") = self.block().await.expect("a block");
            },
        )
        .await
    }

    fn at(&self, base: i64) -> At {
        At {
            base,
            db: self.db.clone(),
            connection: self.connection.clone(),
            wrapper: self.wrapper.clone(),
            path: self.path.clone(),
        }
    }

    /// A new block of numbers.
    pub(crate) async fn block(&self) -> Result<i64> {
        let base = self.next.fetch_add(10, Ordering::Relaxed);
        Row::create(new!(Row { id: base + 5, label: "old" })).on(&self.probe).await?;
        Ok(base)
    }

    /// What a block holds, as everybody sees it: `0=x 5=old`.
    pub(crate) async fn state(&self, base: i64) -> Result<String> {
        let rows = Row::query().filter(|r| r.id.between(base, base + 9)).order_by(|r| r.id.asc());
        let rows = rows.on(&self.probe).await?;
        let rows: Vec<_> =
            rows.iter().map(|row| format!("{}={}", row.id - base, row.label)).collect();
        Ok(rows.join(" "))
    }

    /// Waits until what was dropped has been cleared away.
    pub(crate) async fn settle(&self) {
        for attempt in 0_u32.. {
            let (status, counts) = (self.connection.status(), self.wrapper.counts());
            if status.in_use == 0 && status.waiting == 0 && counts.in_transaction == 0 {
                return;
            }
            assert!(attempt < 20_000, "something is left in use: {status:?}, {counts:?}");
            match attempt {
                0..50 => tokio::task::yield_now().await,
                _ => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    }

    async fn check(&self, scenario: &Scenario, base: i64, outcome: Option<Result<()>>) {
        let name = scenario.covers;
        let status = self.connection.status();
        assert!(status.idle <= status.max_sessions, "{name}: {status:?}");
        // nothing is locked: a writer that does not wait can write
        let written =
            Row::query().filter(|r| r.id.eq(-1)).update(|r| r.label.set("1")).on(&self.probe);
        assert_eq!(written.await.unwrap_or_else(|error| panic!("{name}: {error}")), 1);
        let state = self.state(base).await.expect("a state");
        match outcome {
            None => {
                let possible = [&[BEFORE, scenario.after], scenario.between].concat();
                assert!(
                    possible.contains(&state.as_str()),
                    "{name}: {state:?} is none of {possible:?}"
                );
            }
            Some(outcome) => {
                outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(state, scenario.after, "{name}: acknowledged, and not so");
                self.acknowledged.lock().expect("no panic").push((base, state));
            }
        }
        if self.checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(16) {
            self.take_all(name).await;
        }
    }

    /// Takes as many sessions as there may be.
    async fn take_all(&self, name: &str) {
        let mut held = Vec::new();
        for _ in 0..self.connection.status().max_sessions {
            let begun = self.connection.ping().await;
            begun.unwrap_or_else(|error| panic!("{name}: {error}"));
            held.push(Row::query().limit(1).on(&self.connection).stream());
        }
        for rows in &mut held {
            let first = rows.next().await.expect("a row");
            first.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        drop(held);
        self.settle().await;
    }

    /// What was acknowledged is still there, and nothing else is left.
    pub(crate) async fn finish(self) {
        let acknowledged = std::mem::take(&mut *self.acknowledged.lock().expect("no panic"));
        for (base, state) in acknowledged {
            assert_eq!(self.state(base).await.expect("a state"), state);
        }
        self.take_all("at last").await;
        self.db.close().await.expect("nothing is in use");
        let counts = self.wrapper.counts();
        assert_eq!((counts.in_transaction, counts.opened), (0, counts.closed), "{counts:?}");
        self.probe.close().await.expect("nothing is in use");
        remove(&self.path);
    }
}

/// What a block holds before an attempt.
pub(crate) const BEFORE: &str = "5=old";

fn remove(path: &str) {
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{path}{end}"));
    }
}
