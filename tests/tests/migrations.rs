//! Migrations in Rust, and the lock of databases that have none: on SQLite as it is, and with all its
//! abilities taken away.

#![allow(clippy::expect_used, clippy::panic)] // in a test it is the message of a failure

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use eloquent::migration::{
    Done, Migration, MigrationContext, MigrationState, Migrations, Migrator, Reach, Resolution,
    Rollback, Stop, async_trait,
};
use eloquent::{Capabilities, Db, Error, ErrorKind, Result};
use eloquent_conformance::wrapper::{Fault, Step, Wrapper};
use tokio::task::JoinHandle;

/// A database in a file of its own.
struct Ground {
    db: Db,
    path: std::path::PathBuf,
}

impl Ground {
    /// With everything, or with nothing but statements.
    fn new(bare: bool) -> Ground {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("eloquent-migrations-{}-{number}.sqlite", std::process::id());
        let path = std::env::temp_dir().join(name);
        let wrapper = Wrapper::around("sqlite").expect("a linked driver");
        if bare {
            wrapper.limit(|capabilities| {
                let mut bare = Capabilities::minimal(capabilities.family);
                bare.max_binds = capabilities.max_binds;
                bare
            });
        }
        let config = wrapper.config("main").set("path", path.display().to_string());
        // tests need not outlive a power cut, and a slow disk must not outlast a lease
        let config = config.set("synchronous", "off");
        let db = Db::builder().driver(wrapper.entry()).connection(config).build();
        Ground { db: db.expect("a database"), path }
    }

    fn migrator(&self, migrations: Migrations) -> Migrator {
        let connection = self.db.connection("main").expect("a connection");
        Migrator::new(&connection, migrations).wait(Duration::from_secs(30))
    }

    async fn count(&self, table: &'static str) -> i64 {
        let sql = eloquent::RawSql::trusted(format!("SELECT COUNT(*) FROM {table}"));
        Db::raw(sql).on(&self.db).scalar().await.expect("a number").expect("a row")
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.path.display()));
        }
    }
}

/// Creates a table, writes a row, fails if it is told to, and writes another row.
#[derive(Clone)]
struct Steps {
    name: &'static str,
    table: &'static str,
    fails: Arc<AtomicBool>,
}

fn steps(name: &'static str, table: &'static str) -> Steps {
    Steps { name, table, fails: Arc::default() }
}

#[async_trait]
impl Migration for Steps {
    fn name(&self) -> &str {
        self.name
    }

    async fn up(&self, db: &MigrationContext) -> Result<()> {
        let table = self.table;
        db.script(&format!("CREATE TABLE {table} (id INTEGER); INSERT INTO {table} VALUES (1);"))
            .await?;
        if self.fails.load(Ordering::Relaxed) {
            return Err(Error::invalid("told to fail"));
        }
        let insert = eloquent::RawSql::trusted(format!("INSERT INTO {table} VALUES (?)"));
        db.execute(insert.bind(2_i64)).await?;
        Ok(())
    }

    async fn down(&self, db: &MigrationContext) -> Result<()> {
        db.schema().drop(self.table).await
    }
}

#[tokio::test]
async fn a_migration_in_rust_runs_once_and_goes_on() {
    for bare in [false, true] {
        let ground = Ground::new(bare);
        let (first, second) = (steps("01_a", "ta"), steps("02_b", "tb"));
        second.fails.store(true, Ordering::Relaxed);
        let migrator = ground.migrator(Migrations::new().add(second.clone()).add(first));
        let outcome = migrator.run().await;
        assert_eq!(outcome.done.len(), 1, "{:?}", outcome.error);
        let error = outcome.error.expect("it fails");
        assert!(error.message().contains("`02_b`: told to fail"), "{error}");
        assert_eq!(error.connection(), Some("main"));
        let states = |all: Vec<eloquent::migration::MigrationStatus>| {
            all.into_iter().map(|one| one.state).collect::<Vec<_>>()
        };
        let status = states(migrator.status().await.expect("a status"));
        let stopped = if bare { MigrationState::Interrupted } else { MigrationState::Pending };
        assert_eq!(status, [MigrationState::Applied, stopped]);
        second.fails.store(false, Ordering::Relaxed);
        let done = migrator.run().await.into_result().expect("it goes on");
        assert_eq!((done.len(), done[0].resumed_behind), (1, if bare { 2 } else { 0 }));
        assert_eq!(ground.count("tb").await, 2, "no step twice");
        assert!(migrator.run().await.into_result().expect("nothing to do").is_empty());
        let undone = migrator.rollback(Rollback::All).await.into_result().expect("undone");
        assert_eq!(undone.len(), 2);
        assert_eq!(ground.count("eloquent_migrations").await, 0);
    }
}

#[tokio::test]
async fn several_at_once_run_each_step_once() {
    for bare in [false, true] {
        let ground = Ground::new(bare);
        let migrations = || Migrations::new().add(steps("01_a", "ta")).add(steps("02_b", "tb"));
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let migrator = ground.migrator(migrations());
                tokio::spawn(async move { migrator.run().await.into_result() })
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            done += task.await.expect("no panic").expect("it runs").len();
        }
        assert_eq!(done, 2);
        assert_eq!((ground.count("ta").await, ground.count("tb").await), (2, 2));
    }
}

/// Holds on until it is let go.
struct Slow(Arc<AtomicBool>);

#[async_trait]
impl Migration for Slow {
    fn name(&self) -> &str {
        "01_slow"
    }

    async fn up(&self, db: &MigrationContext) -> Result<()> {
        db.execute("CREATE TABLE slow (id INTEGER)").await?;
        while !self.0.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        db.execute("INSERT INTO slow VALUES (1)").await.map(drop)
    }

    async fn down(&self, _: &MigrationContext) -> Result<()> {
        Ok(())
    }

    fn is_reversible(&self) -> bool {
        false
    }
}

/// Waits until the first step of a run is done. A run that has ended never gets there.
async fn behind_step_1(migrator: &Migrator, running: &mut JoinHandle<Result<Vec<Done>>>) {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        let place = migrator.status().await.expect("a status").swap_remove(0).place;
        if place.as_deref() == Some("behind step 1") {
            return;
        }
        if running.is_finished() {
            panic!("it ended before its first step: {:?}", running.await);
        }
        assert!(Instant::now() < until, "it is not behind its first step: {place:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_lease_is_waited_for_names_its_holder_and_ends_by_itself() {
    let ground = Ground::new(true);
    let go = Arc::new(AtomicBool::new(false));
    let slow = || Migrations::new().add(Slow(go.clone()));
    let first = ground.migrator(slow()).actor("ada");
    let mut running = tokio::spawn(async move { first.run().await.into_result() });
    behind_step_1(&ground.migrator(slow()), &mut running).await;
    let second = ground.migrator(slow()).wait(Duration::from_millis(300));
    let began = Instant::now();
    let error = second.run().await.into_result().expect_err("it is locked");
    assert_eq!(error.kind(), ErrorKind::MigrationLocked);
    assert!(error.message().contains("ada, process"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let error = second.unlock().await.expect_err("it is alive");
    assert_eq!(error.kind(), ErrorKind::MigrationLocked);
    // its owner goes without a word
    running.abort();
    assert!(running.await.is_err());
    go.store(true, Ordering::Relaxed);
    let outcome = ground.migrator(slow()).run().await;
    let done = outcome.into_result().expect("it goes on behind the first step");
    assert_eq!(done[0].resumed_behind, 1);
    assert_eq!(ground.count("slow").await, 1);
}

#[tokio::test]
async fn who_is_overtaken_writes_nothing_more() {
    let ground = Ground::new(true);
    let go = Arc::new(AtomicBool::new(false));
    let migrator = ground.migrator(Migrations::new().add(Slow(go.clone())));
    let first = migrator.clone();
    let mut running = tokio::spawn(async move { first.run().await.into_result() });
    behind_step_1(&migrator, &mut running).await;
    // as if it had slept through the end of its lease, and somebody else had taken it
    let take = "UPDATE eloquent_migration_lock SET owner = 'other', fence = fence + 1";
    Db::raw(take).on(&ground.db).execute().await.expect("taken");
    go.store(true, Ordering::Relaxed);
    let error = running.await.expect("no panic").expect_err("it was overtaken");
    assert_eq!(error.kind(), ErrorKind::MigrationLocked, "{error}");
    assert_eq!(ground.count("slow").await, 0);
}

#[tokio::test]
async fn a_run_stops_when_it_is_asked() {
    for bare in [false, true] {
        let ground = Ground::new(bare);
        let go = Arc::new(AtomicBool::new(false));
        let stop = Stop::default();
        let migrator = ground.migrator(Migrations::new().add(Slow(go.clone()))).stop(stop.clone());
        let asks = stop.clone();
        let goes = go.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            asks.ask();
            goes.store(true, Ordering::Relaxed);
        });
        let error = migrator.run().await.into_result().expect_err("it stops");
        assert_eq!(error.kind(), ErrorKind::MigrationInterrupted, "{error}");
        let migrator = ground.migrator(Migrations::new().add(Slow(go)));
        let done = migrator.run().await.into_result().expect("it goes on");
        assert_eq!(done[0].resumed_behind, usize::from(bare));
        assert_eq!(ground.count("slow").await, 1);
        let error = migrator.rollback(Rollback::All).await.into_result().expect_err("stays");
        assert!(error.message().contains("cannot be undone"), "{error}");
    }
}

struct Reads;

#[async_trait]
impl Migration for Reads {
    fn name(&self) -> &str {
        "02_reads"
    }

    async fn up(&self, db: &MigrationContext) -> Result<()> {
        db.execute("CREATE TABLE seen (id INTEGER)").await?;
        let count: Option<i64> = Db::raw("SELECT COUNT(*) FROM ta").scalar().await?;
        assert!(count.is_some());
        Ok(())
    }

    async fn down(&self, _: &MigrationContext) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn pretending_shows_and_writes_nothing() {
    for bare in [false, true] {
        let ground = Ground::new(bare);
        let shown = ground.migrator(Migrations::new().add(Slow(Arc::new(true.into()))));
        let shown = shown.pretend(Reach::All).await.expect("it is shown");
        assert_eq!(
            shown[0].statements,
            ["CREATE TABLE slow (id INTEGER)", "INSERT INTO slow VALUES (1)"]
        );
        let reads = ground.migrator(Migrations::new().add(Reads));
        let error = reads.pretend(Reach::All).await.expect_err("it reads");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert_eq!(ground.count("sqlite_schema").await, 0);
    }
}

#[tokio::test]
async fn two_of_one_name_are_refused_and_a_history_can_be_begun() {
    let ground = Ground::new(false);
    let twice = Migrations::new().add(steps("01_a", "ta")).add(steps("01_a", "tb"));
    let error = ground.migrator(twice).run().await.into_result().expect_err("twice");
    assert!(error.message().contains("two migrations are called `01_a`"), "{error}");
    let migrator = ground.migrator(Migrations::new().add(steps("01_a", "ta")));
    migrator.resolve("01_a", Resolution::Applied, "made by hand").await.expect("noted");
    assert!(migrator.run().await.into_result().expect("nothing to do").is_empty());
    let status = migrator.status().await.expect("a status");
    assert!(status[0].note.as_ref().is_some_and(|note| note.contains("made by hand")));
    migrator.resolve("01_a", Resolution::Reverted, "").await.expect("removed");
    assert_eq!(migrator.run().await.into_result().expect("it runs").len(), 1);
}

/// Makes a collection and writes two documents, each in a step of its own.
#[derive(Default)]
struct Documents(Arc<AtomicBool>);

#[async_trait]
impl Migration for Documents {
    fn name(&self) -> &str {
        "01_documents"
    }

    async fn up(&self, db: &MigrationContext) -> Result<()> {
        let made = db.schema().create("places", |t| {
            t.string("name", 20);
        });
        made.await?;
        db.script(r#"{"insert": "places", "documents": [{"_id": 1}]}"#).await?;
        if self.0.load(Ordering::Relaxed) {
            return Err(Error::invalid("told to fail"));
        }
        db.script(r#"{"insert": "places", "documents": [{"_id": 2}]}"#).await
    }

    async fn down(&self, db: &MigrationContext) -> Result<()> {
        db.schema().drop("places").await
    }
}

/// As on a server of documents that is no replica set: what is written is asked about where it cannot be known.
#[tokio::test]
async fn documents_without_transactions_are_recorded_step_by_step() {
    let hint = "MONGO_URI is not set: run this with scripts/test or scripts/with-servers";
    let uri = std::env::var("MONGO_URI").expect(hint);
    let wrapper = Wrapper::around("mongo").expect("a linked driver");
    wrapper.limit(|capabilities| {
        let mut alone = capabilities;
        alone.transactions = false;
        alone.savepoints = false;
        alone
    });
    let database = format!("migrations_{}", std::process::id());
    let config = wrapper.config("main").set("uri", uri).set("db", database);
    let db = Db::builder().driver(wrapper.entry()).connection(config).build().expect("a database");
    let on = db.connection("main").expect("a connection");
    let schema = eloquent::Schema::on(&on);
    let fails = Arc::new(AtomicBool::new(true));
    let migrator = Migrator::new(&on, Migrations::new().add(Documents(fails.clone())));
    migrator.wipe().await.expect("it is empty");

    // what fails between two steps stays behind the first of them
    let error = migrator.run().await.into_result().expect_err("it fails");
    assert!(error.message().contains("told to fail"), "{error}");
    let status = migrator.status().await.expect("a status").swap_remove(0);
    assert_eq!(status.place.as_deref(), Some("behind step 2"));
    fails.store(false, Ordering::Relaxed);

    // the reply to the third is lost: it may have taken effect or not
    wrapper.inject(Fault::lost_after(Step::Alter));
    let error = migrator.run().await.into_result().expect_err("the reply is lost");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert_eq!(wrapper.pending(), 0);
    let error = migrator.run().await.into_result().expect_err("it is asked");
    assert_eq!(error.kind(), ErrorKind::MigrationInterrupted, "{error}");
    assert!(error.message().contains("interrupted at step 3"), "{error}");
    assert_eq!(schema.count("places").await.expect("a number"), 2, "it is not sent again");
    migrator.resolve("01_documents", Resolution::Skip, "looked").await.expect("settled");
    let done = migrator.run().await.into_result().expect("it goes on");
    assert_eq!((done[0].resumed_behind, schema.count("places").await.expect("a number")), (3, 2));
    migrator.rollback(Rollback::All).await.into_result().expect("undone");
    assert!(!schema.has_table("places").await.expect("it is known"));
    migrator.wipe().await.expect("it is empty");
    db.close().await.expect("closes");
}
