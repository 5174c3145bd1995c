//! What the tests have in common: a database of their own on the server.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eloquent::mongo::bson::doc;
use eloquent::prelude::*;
use eloquent::{Connection, ConnectionConfig, PoolOptions, Result};

#[derive(Model, Debug, Clone, PartialEq)]
#[model(document, table = "orders")]
pub(crate) struct Order {
    #[model(key, auto = false)]
    pub(crate) id: i64,
    pub(crate) customer: String,
    pub(crate) cents: i64,
    pub(crate) placed_at: Option<DateTime<Utc>>,
}

pub(crate) fn order(id: i64, customer: &str, cents: i64) -> <Order as Model>::Draft {
    new!(Order { id, customer, cents })
}

pub(crate) struct Ground {
    pub(crate) db: Db,
    pub(crate) connection: Connection,
    pub(crate) config: ConnectionConfig,
}

pub(crate) fn uri() -> String {
    let hint = "MONGO_URI is not set: run this with scripts/test or scripts/with-servers";
    std::env::var("MONGO_URI").expect(hint)
}

/// The host and port of the server, for a proxy.
pub(crate) fn address() -> String {
    let uri = uri();
    let rest = uri.split_once("://").map_or(uri.as_str(), |(_, rest)| rest);
    let rest = rest.split(['/', '?']).next().unwrap_or_default();
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let place = place.split(',').next().unwrap_or_default();
    if place.contains(':') { place.to_owned() } else { format!("{place}:27017") }
}

pub(crate) fn config(name: &str) -> ConnectionConfig {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let database = format!("eloquent_runtime_{}_{number}", std::process::id());
    ConnectionConfig::new(name, "mongo").set("uri", uri()).set("db", database)
}

impl Ground {
    pub(crate) async fn new() -> Result<Ground> {
        Self::with(config("shop")).await
    }

    pub(crate) async fn with(config: ConnectionConfig) -> Result<Ground> {
        let options = PoolOptions::default().acquire_timeout(Duration::from_secs(10));
        let db = Db::builder().connection(config.clone()).pool(options).build()?;
        Order::create_table().on(&db).await?;
        Ok(Ground { connection: db.connection("shop")?, db, config })
    }

    pub(crate) async fn fill(&self) -> Result<()> {
        let orders = [
            order(1, "ada", 500),
            order(2, "ada", 700),
            order(3, "grace", 900),
            order(4, "$cents", 1),
        ];
        Order::create_many(orders).on(&self.db).await.map(drop)
    }

    pub(crate) async fn finish(self) -> Result<()> {
        eloquent::mongo::run_command(&self.connection, doc! { "dropDatabase": 1 }).await?;
        self.db.close().await
    }
}
