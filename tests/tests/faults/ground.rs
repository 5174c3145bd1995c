//! What the tests have in common: a database in memory, behind a wrapper.

use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{Connection, PoolOptions, Result};
use eloquent_conformance::wrapper::Wrapper;

#[derive(Model, Debug, Clone, PartialEq)]
pub(crate) struct Item {
    #[model(key, auto = false)]
    pub(crate) id: i64,
    pub(crate) label: String,
}

pub(crate) struct Ground {
    pub(crate) db: Db,
    pub(crate) connection: Connection,
    pub(crate) wrapper: Wrapper,
}

impl Ground {
    /// A database in memory with an empty table, behind a wrapper.
    pub(crate) async fn new(options: PoolOptions) -> Result<Self> {
        let wrapper = Wrapper::around("sqlite")?;
        Self::around(wrapper, options).await
    }

    pub(crate) async fn around(wrapper: Wrapper, options: PoolOptions) -> Result<Self> {
        let config = wrapper.config("main").set("path", ":memory:");
        let db = Db::builder().driver(wrapper.entry()).connection(config).pool(options).build()?;
        Item::create_table().on(&db).await?;
        Ok(Ground { connection: db.connection("main")?, db, wrapper })
    }

    pub(crate) async fn add(&self, id: i64) -> Result<()> {
        Item::create(new!(Item { id, label: "x" })).on(&self.db).await.map(drop)
    }

    pub(crate) async fn ids(&self) -> Result<Vec<i64>> {
        Item::query().order_by(|i| i.id.asc()).select(|i| i.id).on(&self.db).await
    }

    /// Waits until nothing is in use; then everything has to be well.
    pub(crate) async fn is_healthy(&self) {
        for attempt in 0_u32.. {
            let (status, counts) = (self.connection.status(), self.wrapper.counts());
            if status.in_use == 0 && counts.in_transaction == 0 {
                break;
            }
            assert!(attempt < 10_000, "something is left in use: {status:?}, {counts:?}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(self.wrapper.pending(), 0, "every fault has happened");
        self.connection.ping().await.expect("a sign of life");
    }
}

pub(crate) fn options() -> PoolOptions {
    PoolOptions::default().max_sessions(2)
}

pub(crate) fn bounded(reset: Duration) -> PoolOptions {
    let mut options = options();
    options.reset_timeout = reset;
    options
}
