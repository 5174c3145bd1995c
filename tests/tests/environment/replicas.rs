//! Reads go to replicas, and stay with the writer after a write.

use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{Db, DriverEntry, Environment, Result};
use eloquent_conformance::wrapper::{Fault, Step, Wrapper};

use crate::hosted::{HOSTED, environment, folder};

#[derive(Model, Debug)]
struct Place {
    id: i64,
    name: String,
}

/// A writer and two replicas, each with one row that says which it is. Nothing is replicated.
async fn places(hosts: &str, sticky: &str) -> Result<Db> {
    open(HOSTED, "HO", hosts, sticky, &rows().await?)
}

/// The same with one replica, through a wrapper.
async fn wrapped(wrapper: &Wrapper, sticky: &str) -> Result<Db> {
    let prefix = wrapper.entry().driver.name().to_uppercase().replace('-', "_");
    open(wrapper.entry(), &prefix, "one", sticky, &rows().await?)
}

/// The folder with the databases.
async fn rows() -> Result<String> {
    let folder = folder().display().to_string();
    for host in ["writer", "one", "two"] {
        let variables = [
            ("HO_HOST", host),
            ("HO_NAME", "app"),
            ("HO_FOLDER", folder.as_str()),
            ("DB_CONNECTION", "hosted"),
        ];
        let db = Db::builder().environment(environment(&variables)).driver(HOSTED).build()?;
        Place::create_table().on(&db).await?;
        Place::create(new!(Place { name: host })).on(&db).await?;
        db.close().await?;
    }
    Ok(folder)
}

fn open(driver: DriverEntry, prefix: &str, hosts: &str, sticky: &str, folder: &str) -> Result<Db> {
    let settings = [
        ("HOST", "writer"),
        ("NAME", "app"),
        ("FOLDER", folder),
        ("READ_HOST", hosts),
        ("READ_STICKY_MS", sticky),
    ];
    let variables = settings.map(|(key, value)| (format!("{prefix}_{key}"), value));
    let environment = variables.into_iter().collect::<Environment>();
    let environment = environment.set("DB_CONNECTION", driver.driver.name());
    Db::builder().environment(environment).driver(driver).build()
}

async fn answers(db: &Db) -> Result<String> {
    Ok(Place::query().order_by(|p| p.id.asc()).first().on(db).or_fail().await?.name)
}

#[tokio::test]
async fn reads_take_turns() -> Result<()> {
    let db = places("one, two", "").await?;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(answers(&db).await?);
    }
    assert_eq!(seen, ["one", "two", "one", "two"]);
    let writer = db.connection("hosted")?.writer();
    assert_eq!(Place::query().first().on(&writer).or_fail().await?.name, "writer");
    Ok(())
}

#[tokio::test]
async fn the_statements_say_who_answered() -> Result<()> {
    let db = places("one", "").await?;
    let (told, heard) = std::sync::mpsc::channel();
    db.on_query(move |event| told.send(event.connection.to_owned()).expect("a listener"));
    answers(&db).await?;
    Place::query().filter(|p| p.id.eq(1)).update(|p| p.name.set("writer")).on(&db).await?;
    assert_eq!(heard.try_iter().collect::<Vec<_>>(), ["hosted (replica 1)", "hosted"]);
    Ok(())
}

#[tokio::test]
async fn whoever_has_written_reads_from_the_writer() -> Result<()> {
    let db = places("one", "60000").await?;
    let elsewhere = db.clone();
    assert_eq!(answers(&db).await?, "one");
    Place::create(new!(Place { name: "new" })).on(&db).await?;
    assert_eq!(answers(&db).await?, "writer");
    // another task has not written
    let other = tokio::spawn(async move { answers(&elsewhere).await });
    assert_eq!(other.await.expect("no panic")?, "one");
    // a scope counts for all that runs in it
    let in_scope = db.scope(async {
        Db::spawn(Place::create(new!(Place { name: "newer" })).into_future())
            .await
            .expect("no panic")?;
        answers(&Db::current()?).await
    });
    assert_eq!(in_scope.await?, "writer");
    Ok(())
}

#[tokio::test]
async fn after_a_while_replicas_are_read_again() -> Result<()> {
    let db = places("one", "50").await?;
    Place::create(new!(Place { name: "new" })).on(&db).await?;
    assert_eq!(answers(&db).await?, "writer");
    tokio::time::sleep(Duration::from_millis(80)).await;
    assert_eq!(answers(&db).await?, "one");
    Ok(())
}

#[tokio::test]
async fn a_transaction_is_the_writers() -> Result<()> {
    let db = places("one", "0").await?;
    let name = db.scope(async { Db::transaction(async { answers(&Db::current()?).await }).await });
    assert_eq!(name.await?, "writer");
    assert_eq!(answers(&db).await?, "one");
    Ok(())
}

#[tokio::test]
async fn a_replica_that_is_down_is_left_out() -> Result<()> {
    let db = places("down,two", "").await?;
    for _ in 0..3 {
        assert_eq!(answers(&db).await?, "two");
    }
    let db = places("down", "").await?;
    assert_eq!(answers(&db).await?, "writer");
    Ok(())
}

#[tokio::test]
async fn rows_are_streamed_from_replicas_too() -> Result<()> {
    let db = places("one", "").await?;
    let mut rows = Place::query().on(&db).stream();
    assert_eq!(rows.next().await.expect("a row")?.name, "one");
    Ok(())
}

#[tokio::test]
async fn a_replica_that_lost_a_session_is_left_out() -> Result<()> {
    let wrapper = Wrapper::of(HOSTED.driver);
    let db = wrapped(&wrapper, "0").await?;
    assert_eq!(answers(&db).await?, "one");
    let (told, heard) = std::sync::mpsc::channel();
    db.on_query(move |event| told.send(event.connection.to_owned()).expect("a listener"));
    wrapper.inject(Fault::lost_before(Step::Statement));
    assert_eq!(answers(&db).await?, "writer", "the read is run again, elsewhere");
    assert_eq!(answers(&db).await?, "writer");
    let heard: Vec<String> = heard.try_iter().collect();
    assert!(heard[0].ends_with("(replica 1)") && heard.len() == 3, "{heard:?}");
    Ok(())
}
