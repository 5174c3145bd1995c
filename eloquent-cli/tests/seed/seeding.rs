//! What holds of seeders.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use eloquent::Result;
use eloquent::migration::Stop;
use eloquent::prelude::*;
use eloquent::seeding::{Models, Seeder, Seeders, async_trait};

use crate::ground::Ground;
use crate::project::{
    GeoLocationSeeder, PinnedSeeder, ProjectSeeder, SilentSeeder, User, UserSeeder,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_fails_leaves_what_others_wrote() {
    static FAILS: AtomicBool = AtomicBool::new(true);
    let ground = Ground::whole("fails").await;
    let seeders = || Seeders::new().add(ProjectSeeder { fails: &FAILS });
    ground.run("eloquent migrate:run --all-connections", seeders()).await.expect(0, &[]);
    for name in ["mysql", "pg", "sqlite", "mongo"] {
        let line = format!("eloquent db:seed --{name}");
        FAILS.store(true, Ordering::Relaxed);
        ground
            .run(&line, seeders())
            .await
            .expect(1, &["the seeder `ProjectSeeder`: told to fail", "failed, 1 seeder, 3 rows"]);
        assert_eq!(ground.count(name, "users").await, 3, "{name}: its own row is rolled back");
        FAILS.store(false, Ordering::Relaxed);
        ground.run(&line, seeders()).await.expect(0, &["2 seeders, 1 rows"]);
        assert_eq!(ground.count(name, "users").await, 4, "{name}");
        ground.run(&line, seeders()).await.expect(0, &["2 seeders, 0 rows"]);
    }
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_for_elsewhere_is_told_before_anything_is_written() {
    let ground = Ground::whole("elsewhere").await;
    let all = || Seeders::new().add(UserSeeder).add(PinnedSeeder).add(GeoLocationSeeder);
    ground.run("eloquent migrate:run --all-connections", all()).await.expect(0, &[]);
    let run = async |line: &str| ground.run(&format!("eloquent {line}"), all()).await;
    run("db:seed --sqlite --class PinnedSeeder").await.expect(1, &["`Pinned` is pinned to `pg`"]);
    run("db:seed --sqlite --class GeoLocationSeeder").await.expect(
        1,
        &["a document model cannot live in a relational database", "nothing was written"],
    );
    run("db:seed --mongo --class PinnedSeeder").await.expect(1, &["a relational model"]);
    run("db:seed --pg --class Nobody")
        .await
        .expect(1, &["there is no seeder `Nobody`", "UserSeeder, PinnedSeeder, GeoLocationSeeder"]);
    for name in ["mysql", "pg", "sqlite"] {
        assert_eq!(ground.count(name, "users").await, 0, "{name}");
    }
    // all of them: those that fit
    run("db:seed --sqlite")
        .await
        .expect(0, &["1 seeder, 3 rows", "skipped", "`Pinned` is pinned to `pg`"]);
    assert_eq!(ground.count("pg", "users").await, 0);
    run("db:seed --pg").await.expect(0, &["2 seeders, 4 rows"]);
    // what was not told is refused when it is written
    for name in ["sqlite", "mongo"] {
        let line = format!("eloquent db:seed --{name}");
        ground
            .run(&line, Seeders::new().add(SilentSeeder))
            .await
            .expect(1, &["the seeder `SilentSeeder`", "`pg`"]);
    }
    assert_eq!(ground.count("pg", "users").await, 4);
    ground.end().await;
}

/// Calls itself by way of another.
struct Round;

#[async_trait]
impl Seeder for Round {
    fn models(&self) -> Models {
        Models::new()
    }

    fn calls(&self) -> Seeders {
        Seeders::new().add(Trip)
    }

    async fn run(&self) -> Result<()> {
        Ok(())
    }
}

struct Trip;

#[async_trait]
impl Seeder for Trip {
    fn models(&self) -> Models {
        Models::new()
    }

    fn calls(&self) -> Seeders {
        Seeders::new().add(Round)
    }

    async fn run(&self) -> Result<()> {
        Ok(())
    }
}

/// Writes a row, and then waits for long.
struct Slow;

#[async_trait]
impl Seeder for Slow {
    fn models(&self) -> Models {
        Models::new().add::<User>()
    }

    async fn run(&self) -> Result<()> {
        User::create(new!(User { email: "slow@example.org", name: "slow" })).await?;
        tokio::time::sleep(Duration::from_secs(60)).await;
        Ok(())
    }
}

/// Panics behind a row.
struct Panics;

#[async_trait]
impl Seeder for Panics {
    fn models(&self) -> Models {
        Models::new().add::<User>()
    }

    async fn run(&self) -> Result<()> {
        User::create(new!(User { email: "panics@example.org", name: "panics" })).await?;
        panic!("told to panic")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn circles_stops_and_panics_leave_nothing() {
    let ground = Ground::small();
    ground.run("eloquent migrate:run", Seeders::new()).await.expect(0, &[]);
    ground
        .run("eloquent db:seed", Seeders::new().add(Round))
        .await
        .expect(1, &["seeders call each other: Round, Trip, Round"]);
    ground
        .run("eloquent db:seed", Seeders::new())
        .await
        .expect(1, &["has no seeders", "Cli::new()"]);

    let stop = Stop::default();
    let cli = ground.cli(Seeders::new().add(Slow)).stop(stop.clone());
    let asked = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(700)).await;
        stop.ask();
    });
    let stopped = ground.answered(&cli, "eloquent db:seed", None).await;
    stopped.expect(6, &["migration_interrupted", "the seeder `Slow`"]);
    asked.await.unwrap();
    assert_eq!(ground.count("sqlite", "users").await, 0, "it is rolled back");

    let cli = ground.cli(Seeders::new().add(Panics));
    let path = ground.migrations().display().to_string();
    let ended = tokio::spawn(async move {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = eloquent_cli::Console::new(&mut out, &mut err);
        cli.run_with(["eloquent", "db:seed", "--path", &path], &mut console).await
    });
    assert!(ended.await.unwrap_err().is_panic());
    assert_eq!(ground.count("sqlite", "users").await, 0, "it is rolled back");
    ground.run("eloquent db:seed", Seeders::new().add(UserSeeder)).await.expect(0, &["3 rows"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_not_there_is_told() {
    let mut ground = Ground::small();
    let seeders = || Seeders::new().add(UserSeeder);
    // no table yet
    ground.run("eloquent db:seed", seeders()).await.expect(1, &["the seeder `UserSeeder`"]);
    ground
        .run("eloquent db:seed:precheck", seeders())
        .await
        .expect(1, &["`20260101000000_users` is pending", "there is no table `users` for `User`"]);
    ground.set("SQLITE_PATH", "/nowhere/at/all.sqlite");
    ground.run("eloquent db:seed", seeders()).await.expect(1, &["connection `sqlite`"]);
}

/// Listens to the database that it seeds, and writes a row.
struct ListeningSeeder(&'static AtomicUsize);

#[async_trait]
impl Seeder for ListeningSeeder {
    fn models(&self) -> Models {
        Models::new().add::<User>()
    }

    async fn run(&self) -> Result<()> {
        let heard = self.0;
        Db::current()?.on_query(move |event| {
            if event.sql.contains("INSERT") {
                heard.fetch_add(1, Ordering::Relaxed);
            }
        });
        let row = new!(User { email: "heard@example.org", name: "heard" });
        User::upsert([row]).unique_by(|u| u.email).ignore().await.map(drop)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listeners_hear_nothing_when_events_are_muted() {
    static HEARD: AtomicUsize = AtomicUsize::new(0);
    let ground = Ground::small();
    let seeders = || Seeders::new().add(ListeningSeeder(&HEARD));
    ground.run("eloquent migrate:run", seeders()).await.expect(0, &[]);
    ground.run("eloquent db:seed --without-events", seeders()).await.expect(0, &["1 rows"]);
    assert_eq!(HEARD.load(Ordering::Relaxed), 0);
    ground.run("eloquent db:seed", seeders()).await.expect(0, &["0 rows"]);
    assert_eq!(HEARD.load(Ordering::Relaxed), 1);
    ground.run("eloquent db:seed:fresh --without-events", seeders()).await.expect(0, &["1 rows"]);
    assert_eq!(HEARD.load(Ordering::Relaxed), 1);
}
