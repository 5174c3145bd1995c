//! Tables and documents in one process: `cargo run --example mixed_runtime`.
//!
//! `User` lives where `DB_CONNECTION` says, on MySQL or MariaDB; `GeoLocation` is pinned to `mongo`. Both
//! are written and asked at the same time, first as the application does, then in test mode, where the
//! same code reaches the twins `mysql_test` and `mongo_test` and nothing else. The rows of all four
//! databases are counted before and after.
//!
//! The settings are those of the process and of `.env`, and for what they lack those of `example.env`
//! beside this file. `scripts/with-servers cargo run --example mixed_runtime` starts the
//! servers and says where they are.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{LazyLock, Mutex, PoisonError};

use eloquent::prelude::*;
use eloquent::{Environment, QueryEvent};

/// Not pinned: a table of the default connection. The names of both are ours, so that none of yours is
/// dropped.
#[derive(Model, Debug)]
#[model(table = "mixed_runtime_users")]
struct User {
    id: i64,
    #[model(length = 255)]
    name: String,
}

/// Always documents.
#[derive(Model, Debug)]
#[model(document, connection = "mongo", table = "mixed_runtime_geolocations")]
struct GeoLocation {
    id: i64,
    name: String,
}

/// The four databases: those of the application, each followed by its twin.
const PLACES: [&str; 4] = ["mysql", "mysql_test", "mongo", "mongo_test"];
const TASKS: usize = 8;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/mixed_runtime/example.env");
    let environment = Environment::load()?.or(Environment::file(beside)?).test_mode(false);

    // nothing is opened yet: each connection is when a query first needs it
    let app = Db::builder().environment(environment.clone()).build()?;
    let test = Db::builder().environment(environment.test_mode(true)).build()?;
    app.on_query(note);
    test.on_query(note);

    // through the application's names all four can be reached, which is how the rows are counted
    let witness = app.clone();
    witness.scope(empty()).await?;
    let before = counts(&witness).await?;
    println!("Rows before\n{before}");

    println!("The application: `User` on `{}`, `GeoLocation` on `mongo`", app.default_connection());
    app.scope(together()).await?;
    let between = counts(&witness).await?;
    println!("\nRows after it\n{between}");

    println!("The same in test mode: `User` on `{}`", test.default_connection());
    test.scope(together()).await?;
    test.scope(async {
        let first = GeoLocation::query().order_by(|g| g.id.asc()).first().or_fail().await?;
        first.delete().await?;
        User::query().filter(|u| u.name.ge("user 6")).delete().await
    })
    .await?;
    println!("  then two users and one location are deleted");
    let after = counts(&witness).await?;
    println!("\nRows after it\n{after}");
    between.same_for_the_application(&after)?;
    println!("Test mode has changed nothing of the application.");

    witness.scope(clear()).await?;
    test.close().await?;
    app.close().await?;
    Ok(())
}

/// What a program does that knows nothing of where its models live.
async fn together() -> eloquent::Result<()> {
    let _ = statements();
    // each task writes to both databases, all tasks at the same time
    let tasks: Vec<_> = (0..TASKS)
        .map(|number| {
            Db::spawn(async move {
                let user = User::create(new!(User { name: format!("user {number}") }));
                let place =
                    GeoLocation::create(new!(GeoLocation { name: format!("place {number}") }));
                tokio::try_join!(user.into_future(), place.into_future())
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap_or_else(|_| Err(eloquent::Error::invalid("a task ended early")))?;
    }
    let (users, places) = tokio::try_join!(
        User::query().order_by(|u| u.name.asc()).into_future(),
        GeoLocation::query().filter(|g| g.name.ends_with("7")).into_future(),
    )?;
    println!(
        "  {} users, and {}, were written and read at the same time",
        users.len(),
        places[0].name
    );

    // both connections are held at once: while the transaction is open on one, the other goes on
    let transaction = Db::transaction(async {
        User::query().filter(|u| u.name.eq("user 0")).update(|u| u.name.set("Ada")).await?;
        let seen = GeoLocation::query().count().await?;
        // not part of the transaction, so it has to be said
        let refused = GeoLocation::create(new!(GeoLocation { name: "Lovelace" })).await;
        Ok((seen, refused.map_or_else(|error| error.to_string(), |_| "written".to_owned())))
    });
    let (seen, refused) = transaction.await?;
    println!("  inside a transaction of users {seen} locations are seen");
    println!("  and a write there has to be meant: {refused}");
    let ada = User::query().filter(|u| u.name.eq("Ada")).count().await?;
    println!("  committed: {ada} user called Ada");
    for (connection, number) in statements() {
        println!("  {connection:<10} {number:>3} statements");
    }
    Ok(())
}

static STATEMENTS: LazyLock<Mutex<BTreeMap<String, usize>>> = LazyLock::new(Mutex::default);

/// Counts which connection served a statement.
fn note(event: &QueryEvent<'_>) {
    let mut statements = STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner);
    *statements.entry(event.connection.to_owned()).or_default() += 1;
}

/// How many statements each connection has served since the last call.
fn statements() -> BTreeMap<String, usize> {
    std::mem::take(&mut *STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Rows of users and locations in each of the databases that have them.
struct Counts([u64; 4]);

async fn counts(db: &Db) -> eloquent::Result<Counts> {
    db.scope(async {
        let (app, app_test, places, places_test) = tokio::try_join!(
            User::query().on(PLACES[0]).count(),
            User::query().on(PLACES[1]).count(),
            GeoLocation::query().on(PLACES[2]).count(),
            GeoLocation::query().on(PLACES[3]).count(),
        )?;
        Ok(Counts([app, app_test, places, places_test]))
    })
    .await
}

impl Counts {
    fn same_for_the_application(&self, later: &Counts) -> Result<(), String> {
        let app = |counts: &Counts| (counts.0[0], counts.0[2]);
        match app(self) == app(later) {
            true => Ok(()),
            false => Err("test mode has changed what the application has".to_owned()),
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, rows) in PLACES.iter().zip(self.0) {
            writeln!(f, "  {place:<10} {rows:>3}")?;
        }
        Ok(())
    }
}

/// New tables in all four.
async fn empty() -> eloquent::Result<()> {
    clear().await?;
    for place in &PLACES[..2] {
        User::create_table().on(*place).await?;
    }
    for place in &PLACES[2..] {
        GeoLocation::create_table().on(*place).await?;
    }
    Ok(())
}

async fn clear() -> eloquent::Result<()> {
    for place in &PLACES[..2] {
        User::drop_table().on(*place).await?;
    }
    for place in &PLACES[2..] {
        GeoLocation::drop_table().on(*place).await?;
    }
    Ok(())
}
