//! What the futures work on, and what must hold of it after each drop.

use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{Connection, ConnectionConfig, PoolOptions, Result};
use eloquent_conformance::cancellation::{Moment, drop_everywhere};
use eloquent_conformance::server::Server;
use eloquent_conformance::wrapper::Wrapper;

use crate::scenarios::{Databases, Scenario};

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

/// Where the database is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// In a file, with what runs on the calling task.
    File(&'static str),
    /// On a server.
    #[cfg_attr(not(any(feature = "mongo", feature = "pg", feature = "mysql")), allow(dead_code))]
    Server(Server),
}

/// How the database is used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) place: Place,
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
    pub(crate) config: ConnectionConfig,
    pub(crate) url: String,
}

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A database whose every step waits, and another connection to it that watches from outside.
pub(crate) struct Ground {
    pub(crate) db: Db,
    connection: Connection,
    wrapper: Wrapper,
    place: Place,
    /// The path of the file, or the name of the database.
    name: String,
    config: ConnectionConfig,
    url: String,
    /// Another connection to the same database. It waits for no lock in a file.
    probe: Db,
    next: AtomicI64,
    checks: AtomicU32,
    /// What was acknowledged: the block and its state.
    acknowledged: Mutex<Vec<(i64, String)>>,
}

impl Ground {
    pub(crate) async fn new(setup: Setup) -> Result<Ground> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cancellation_{}_{number}", std::process::id());
        let (wrapper, name, config, url, probe) = match setup.place {
            Place::File(inline) => {
                let path = format!("{}/{name}.sqlite", env!("CARGO_TARGET_TMPDIR"));
                remove(&path);
                let wrapper = Wrapper::around("sqlite")?;
                let config = wrapper.config("main").set("path", &path).set("inline", inline);
                let probe = ConnectionConfig::new("probe", "sqlite").set("path", &path);
                let url = format!("sqlite:{path}");
                (wrapper, path, config, url, probe.set("busy_timeout_ms", "0"))
            }
            Place::Server(server) => {
                server.make(&name).await?;
                let wrapper = Wrapper::around(server.driver())?;
                let config = server.reach(wrapper.config("main"), &name);
                let probe = server.reach(ConnectionConfig::new("probe", server.driver()), &name);
                let url = server.url(&name);
                (wrapper, name, config, url, probe.set("statement_timeout_ms", "5000"))
            }
        };
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
        let probe = Db::builder().connection(probe).build()?;
        Row::create_table().on(&probe).await?;
        Whole::create_table().on(&probe).await?;
        Row::create(new!(Row { id: -1, label: "0" })).on(&probe).await?;
        let db = Db::builder().driver(wrapper.entry()).connection(config.clone()).pool(options);
        let db = db.build()?;
        let connection = db.connection("main")?;
        let (next, checks, acknowledged) = (AtomicI64::new(0), AtomicU32::new(0), Mutex::default());
        let place = setup.place;
        Ok(Ground {
            db,
            connection,
            wrapper,
            place,
            name,
            config,
            url,
            probe,
            next,
            checks,
            acknowledged,
        })
    }

    /// Whether the database has what the scenario is about.
    pub(crate) fn has(&self, scenario: &Scenario) -> bool {
        let is_document = matches!(self.place, Place::Server(server) if server.driver() == "mongo");
        match scenario.on {
            Databases::All => true,
            Databases::Relational => !is_document,
            Databases::Document => is_document,
        }
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
            config: self.config.clone(),
            url: self.url.clone(),
        }
    }

    /// A new block of numbers.
    pub(crate) async fn block(&self) -> Result<i64> {
        let base = self.next.fetch_add(10, Ordering::Relaxed);
        if base % (10 * BLOCKS) == 0 {
            let rows = (0..BLOCKS).map(|n| new!(Row { id: base + 10 * n + 5, label: "old" }));
            Row::insert_many(rows).on(&self.probe).await?;
        }
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
        // nothing is locked: a writer that does not wait for long can write
        let one = Row::query().filter(|r| r.id.eq(-1).or(r.id.between(base, base + 9)));
        let written = one.update(|r| r.label.set(r.label)).on(&self.probe);
        assert!(written.await.unwrap_or_else(|error| panic!("{name}: {error}")) >= 1);
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
            self.see_transactions(name).await;
            self.take_all(name).await;
        }
    }

    /// The server knows of no open transaction either.
    async fn see_transactions(&self, name: &str) {
        let open = match self.place {
            Place::File(_) => return,
            Place::Server(Server::Pg) => {
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND state LIKE 'idle in transaction%'"
            }
            Place::Server(Server::Mysql) => {
                "SELECT COUNT(*) FROM information_schema.innodb_trx t \
                 JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id \
                 WHERE p.db = DATABASE() AND p.id <> CONNECTION_ID()"
            }
            // its transactions lock what they write: the write before this one would have been refused
            #[cfg(feature = "mongo")]
            Place::Server(Server::Mongo) => return,
        };
        // the server has to notice first that a session was closed
        for attempt in 0_u32.. {
            let left = Db::raw(open).on(&self.probe).scalar::<i64>().await.expect("a count");
            if left == Some(0) {
                return;
            }
            assert!(attempt < 500, "{name}: {left:?} sessions are in a transaction");
            tokio::time::sleep(Duration::from_millis(10)).await;
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
        self.see_transactions("at last").await;
        self.take_all("at last").await;
        self.db.close().await.expect("nothing is in use");
        let counts = self.wrapper.counts();
        assert_eq!((counts.in_transaction, counts.opened), (0, counts.closed), "{counts:?}");
        self.probe.close().await.expect("nothing is in use");
        match self.place {
            Place::File(_) => remove(&self.name),
            Place::Server(server) => server.remove(&self.name).await.expect("a database"),
        }
    }
}

/// How many blocks are made ready at once.
const BLOCKS: i64 = 64;

/// What a block holds before an attempt.
pub(crate) const BEFORE: &str = "5=old";

fn remove(path: &str) {
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{path}{end}"));
    }
}
