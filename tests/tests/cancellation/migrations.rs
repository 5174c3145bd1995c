//! Migrators that are dropped: the history tells the truth, and the next one goes on.

use std::sync::atomic::{AtomicU32, Ordering};

use eloquent::migration::{
    Migration, MigrationContext, MigrationState, Migrations, Migrator, Reach, Resolution, Rollback,
    async_trait,
};
use eloquent::prelude::*;
use eloquent::{RawSql, Result};
use eloquent_conformance::cancellation::{Moment, drop_everywhere};
use eloquent_conformance::wrapper::Wrapper;

/// What is dropped here, as in [`Scenario::covers`](crate::scenarios::Scenario).
pub(crate) const COVERS: &str = "Migrator::run Migrator::run_to Migrator::rollback Migrator::fresh Migrator::wipe \
     Migrator::pretend_wipe Migrator::pretend Migrator::pretend_rollback Migrator::status Migrator::resolve Migrator::unlock \
     MigrationContext::execute MigrationContext::script";

/// Makes a table of its name, step by step.
struct Steps(&'static str);

#[async_trait]
impl Migration for Steps {
    fn name(&self) -> &str {
        self.0
    }

    async fn up(&self, db: &MigrationContext) -> Result<()> {
        let create = db.schema().create(self.0, |t| {
            t.big_integer("id").primary();
        });
        create.await?;
        db.execute(RawSql::trusted(format!("INSERT INTO {} VALUES (1)", self.0))).await?;
        let index = db.schema().table(self.0, |t| {
            t.index("id");
        });
        index.await
    }

    async fn down(&self, db: &MigrationContext) -> Result<()> {
        db.schema().drop(self.0).await
    }
}

/// The same as a script.
struct Script(&'static str);

#[async_trait]
impl Migration for Script {
    fn name(&self) -> &str {
        self.0
    }

    async fn up(&self, db: &MigrationContext) -> Result<()> {
        let name = self.0;
        db.script(&format!("CREATE TABLE {name} (id INTEGER); INSERT INTO {name} VALUES (1);"))
            .await
    }

    async fn down(&self, db: &MigrationContext) -> Result<()> {
        db.schema().drop(self.0).await
    }
}

const NAMES: [&str; 2] = ["a_steps", "b_script"];

/// A new database whose every step waits.
struct Fresh {
    db: Db,
    wrapper: Wrapper,
    path: String,
}

impl Fresh {
    fn new() -> Fresh {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (folder, process) = (env!("CARGO_TARGET_TMPDIR"), std::process::id());
        let path = format!("{folder}/migrators-{process}-{number}.sqlite");
        let wrapper = Wrapper::around("sqlite").expect("a linked driver");
        wrapper.set_pauses(1);
        let config = wrapper.config("main").set("path", &path);
        let db = Db::builder().driver(wrapper.entry()).connection(config).build();
        Fresh { db: db.expect("a database"), wrapper, path }
    }

    fn migrator(&self) -> Migrator {
        let connection = self.db.connection("main").expect("a connection");
        Migrator::new(&connection, Migrations::new().add(Steps(NAMES[0])).add(Script(NAMES[1])))
    }

    /// Waits until what was dropped has been cleared away.
    async fn settle(&self) {
        for attempt in 0_u32.. {
            let (status, counts) =
                (self.db.connection("main").expect("a connection").status(), self.wrapper.counts());
            if status.in_use == 0 && counts.in_transaction == 0 {
                return;
            }
            assert!(attempt < 5_000, "something is left in use: {status:?}, {counts:?}");
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    /// What is written down of the migrations is so. What was sent before it was dropped may still come to
    /// its end between two looks.
    async fn tells_the_truth(&self, migrator: &Migrator) {
        for attempt in 0_u32.. {
            let status = migrator.status().await.expect("a status");
            let mut is_so = true;
            for migration in &status {
                let rows = (migration.state == MigrationState::Applied).then_some(1);
                is_so &= self.rows(&migration.name).await == rows;
            }
            if is_so {
                return;
            }
            assert!(attempt < 50, "it is not so: {status:?}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// How many rows a table has; none without the table.
    async fn rows(&self, table: &str) -> Option<i64> {
        let count = RawSql::trusted(format!("SELECT COUNT(*) FROM {table}"));
        Db::raw(count).on(&self.db).scalar().await.ok().flatten()
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.path));
        }
    }
}

async fn runs(migrator: Migrator) -> Result<()> {
    migrator.pretend(Reach::All).await?;
    migrator.run_to(Reach::Steps(1)).await.into_result()?;
    migrator.run().await.into_result()?;
    migrator.status().await?;
    migrator.pretend_rollback(Rollback::LastBatch).await?;
    migrator.rollback(Rollback::LastBatch).await.into_result()?;
    migrator.fresh().await.into_result()?;
    migrator.pretend_wipe().await?;
    migrator.wipe().await
}

async fn settles(migrator: Migrator) -> Result<()> {
    migrator.resolve(NAMES[0], Resolution::Applied, "a test").await?;
    migrator.resolve(NAMES[0], Resolution::Reverted, "a test").await?;
    migrator.unlock().await.map(drop)
}

/// Drops a future of a migrator everywhere. Each attempt has a database of its own.
async fn drops<F: Future<Output = Result<()>>>(future: fn(Migrator) -> F, is_true: bool) -> usize {
    let mut drops = 0;
    for moment in [Moment::Waiting, Moment::Woken] {
        let fresh = std::cell::RefCell::new(None);
        let make = || {
            let new = Fresh::new();
            let migrator = new.migrator();
            fresh.replace(Some(new));
            future(migrator)
        };
        let check = |outcome: Option<Result<()>>| {
            let left = fresh.take().expect("one was made");
            async move {
                if let Some(outcome) = outcome {
                    outcome.expect("nothing was dropped");
                }
                left.settle().await;
                let migrator = left.migrator();
                if is_true {
                    left.tells_the_truth(&migrator).await;
                }
                let outcome = if is_true { migrator.run().await } else { migrator.fresh().await };
                outcome.into_result().expect("the next one goes on");
                for name in NAMES {
                    assert_eq!(left.rows(name).await, Some(1));
                }
            }
        };
        drops += drop_everywhere(moment, make, check).await;
    }
    drops
}

#[tokio::test]
async fn a_migrator_that_is_dropped_leaves_the_truth() {
    let drops = (drops(runs, true).await, drops(settles, false).await);
    assert!(drops.0 > 100 && drops.1 > 20, "{drops:?}");
}
