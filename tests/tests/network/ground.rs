//! What the tests have in common: a database of their own, behind a proxy.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use eloquent::prelude::*;
use eloquent::{Connection, ConnectionConfig, PoolOptions, RawSql, Result, Transaction};
use eloquent_conformance::proxy::Proxy;
use eloquent_conformance::wrapper::Wrapper;

use crate::server::{Instance, Kind};

/// How long a test may take before it counts as hung.
const DEADLINE: Duration = Duration::from_secs(240);

/// How long to wait for what has to happen: many times what it takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const ACQUIRE: Duration = Duration::from_secs(2);

/// As many sessions as the pools have.
pub(crate) const SESSIONS: usize = 4;

pub(crate) async fn within_minutes(test: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::time::timeout(DEADLINE, test).await.expect("the test hangs")
}

#[derive(Model, Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) id: i64,
    pub(crate) tag: i64,
    pub(crate) text: String,
}

pub(crate) struct Ground {
    pub(crate) kind: &'static Kind,
    pub(crate) db: Db,
    pub(crate) connection: Connection,
    pub(crate) proxy: Proxy,
    /// Past the proxy.
    pub(crate) direct: Db,
    database: String,
    shared: Option<Db>,
    config: ConnectionConfig,
}

/// Bounds that nothing runs into which is answered at all.
pub(crate) fn options() -> PoolOptions {
    let mut options = PoolOptions::default()
        .max_sessions(SESSIONS)
        .acquire_timeout(PATIENCE)
        .statement_timeout(PATIENCE);
    options.connect_timeout = PATIENCE;
    options
}

/// Bounds for those who wait for a silent server.
pub(crate) fn impatient() -> PoolOptions {
    let mut options = options().acquire_timeout(ACQUIRE).statement_timeout(Duration::from_secs(1));
    options.connect_timeout = Duration::from_secs(2);
    options.reset_timeout = Duration::from_millis(500);
    options
}

impl Ground {
    /// A database of its own on the shared server, with an empty table.
    pub(crate) async fn new(kind: &'static Kind, options: PoolOptions) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let database = format!("network_{}_{number}", std::process::id());
        let shared = open(kind.config("shared").set("name", kind.database()))?;
        Db::raw(RawSql::trusted(format!("CREATE DATABASE {database}")))
            .on(&shared)
            .execute()
            .await?;
        let config = kind.config("main").set("name", &database);
        Self::through(kind, config, &kind.address(), database, Some(shared), options).await
    }

    /// A server of its own.
    pub(crate) async fn on(
        kind: &'static Kind,
        instance: &Instance,
        options: PoolOptions,
    ) -> Result<Self> {
        let database = Instance::DATABASE.to_owned();
        let config = instance.config(kind).set("name", &database);
        Self::through(kind, config, &instance.address(), database, None, options).await
    }

    async fn through(
        kind: &'static Kind,
        config: ConnectionConfig,
        server: &str,
        database: String,
        shared: Option<Db>,
        options: PoolOptions,
    ) -> Result<Self> {
        let proxy = Proxy::to(server).await.expect("a port");
        let direct = open(config.clone())?;
        Item::create_table().on(&direct).await?;
        let config = config.set("host", "127.0.0.1").set("port", proxy.port().to_string());
        let db = Db::builder().connection(config.clone()).pool(options).build()?;
        let connection = db.connection("main")?;
        Ok(Ground { kind, db, connection, proxy, direct, database, shared, config })
    }

    /// The same database through a wrapper, as the connection `wrapped`.
    pub(crate) fn around(&self, wrapper: &Wrapper, options: PoolOptions) -> Result<Db> {
        let mut config = wrapper.config("wrapped");
        for key in ["host", "port", "user", "password", "name", "ssl_mode"] {
            if let Some(value) = self.config.get(key) {
                config.insert(key, value);
            }
        }
        Db::builder().driver(wrapper.entry()).connection(config).pool(options).build()
    }

    /// Closes everything. Without it, the database of the test stays until the servers are dropped.
    pub(crate) async fn finish(self) -> Result<()> {
        self.is_idle().await;
        drop(self.proxy);
        self.direct.close().await?;
        let Some(shared) = self.shared else { return Ok(()) };
        // the server may not have noticed yet that its clients are gone
        let force = if self.kind.driver == "pg" { " WITH (FORCE)" } else { "" };
        Db::raw(RawSql::trusted(format!("DROP DATABASE {}{force}", self.database)))
            .on(&shared)
            .execute()
            .await?;
        shared.close().await
    }

    pub(crate) async fn add(&self, tag: i64) -> Result<()> {
        Item::create(new!(Item { tag, text: "x" })).on(&self.db).await.map(drop)
    }

    /// The tags that are there, seen past the proxy.
    pub(crate) async fn tags(&self) -> Result<Vec<i64>> {
        Item::query().order_by(|i| i.tag.asc()).select(|i| i.tag).on(&self.direct).await
    }

    /// Opens all sessions and gives them back.
    pub(crate) async fn warm_up(&self) -> Result<()> {
        let mut held = Vec::new();
        for _ in 0..self.connection.status().max_sessions {
            let transaction = self.db.begin().await?;
            Item::query().on(&transaction).count().await?;
            held.push(transaction);
        }
        for transaction in held {
            transaction.rollback().await?;
        }
        Ok(())
    }

    /// Waits until no session is in use.
    pub(crate) async fn is_idle(&self) {
        let began = Instant::now();
        while self.connection.status().in_use > 0 {
            let status = self.connection.status();
            assert!(began.elapsed() < PATIENCE, "a permit does not come back: {status:?}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until all sessions can be used at the same time, and says how long that took. Callers that
    /// fail try again.
    pub(crate) async fn full_capacity(&self) -> Duration {
        let began = Instant::now();
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..self.connection.status().max_sessions {
            let db = self.db.clone();
            attempts.spawn(async move {
                loop {
                    match usable(&db).await {
                        Ok(transaction) => return transaction,
                        Err(error) => {
                            assert!(began.elapsed() < PATIENCE, "no session can be had: {error}");
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                    }
                }
            });
        }
        let held = attempts.join_all().await;
        let took = began.elapsed();
        assert_eq!(self.connection.status().in_use, held.len());
        for transaction in held {
            transaction.rollback().await.expect("a session in order");
        }
        took
    }

    /// The number that the server gives the session which is used next.
    pub(crate) async fn session(&self) -> Result<i64> {
        let number = Db::raw(self.kind.session).on(&self.db).scalar::<i64>().await?;
        Ok(number.expect("a row"))
    }
}

/// A transaction in which something has been asked.
async fn usable(db: &Db) -> Result<Transaction> {
    let transaction = db.begin().await?;
    Item::query().on(&transaction).count().await?;
    Ok(transaction)
}

fn open(config: ConnectionConfig) -> Result<Db> {
    Db::builder().connection(config).pool(PoolOptions::default().max_sessions(4)).build()
}
