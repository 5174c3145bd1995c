//! Replicas that are added in code, without any environment.

use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{ConnectionConfig, Environment, ErrorKind, PoolOptions, Result};
use eloquent_conformance::wrapper::Wrapper;

use crate::hosted::{HOSTED, folder};

#[derive(Model, Debug)]
struct Place {
    id: i64,
    name: String,
}

/// A database with one row that says which it is.
async fn place(name: &str, folder: &str) -> Result<ConnectionConfig> {
    let path = format!("{folder}/{name}.sqlite");
    let config = ConnectionConfig::new("main", "sqlite").set("path", path);
    let db = Db::builder().connection(config.clone()).build()?;
    Place::create_table().on(&db).await?;
    Place::create(new!(Place { name })).on(&db).await?;
    db.close().await?;
    Ok(config)
}

/// A writer and two replicas. Nothing is replicated.
async fn places() -> Result<[ConnectionConfig; 3]> {
    let folder = folder().display().to_string();
    Ok([
        place("writer", &folder).await?,
        place("one", &folder).await?,
        place("two", &folder).await?,
    ])
}

async fn answers(db: &Db) -> Result<String> {
    Ok(Place::query().order_by(|p| p.id.asc()).first().on(db).or_fail().await?.name)
}

#[tokio::test]
async fn reads_take_turns_until_somebody_writes() -> Result<()> {
    let [writer, one, two] = places().await?;
    let url = format!("sqlite:{}", two.get("path").unwrap_or_default());
    let db = Db::builder().connection(writer).replica(one).replica_url(url).build()?;
    let connection = db.connection("main")?;
    assert_eq!(connection.replicas(), 2);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(answers(&db).await?);
    }
    assert_eq!(seen, ["one", "two", "one", "two"]);
    let name = Place::query().first().on(&connection.writer()).or_fail().await?.name;
    assert_eq!(name, "writer");
    Place::create(new!(Place { name: "new" })).on(&db).await?;
    assert_eq!(answers(&db).await?, "writer", "five seconds have not gone by");
    let elsewhere = db.clone();
    let other = tokio::spawn(async move { answers(&elsewhere).await });
    assert_eq!(other.await.expect("no panic")?, "one", "another task has not written");
    db.close().await?;
    assert!(answers(&db).await.is_err(), "its replicas are closed as well");
    Ok(())
}

#[tokio::test]
async fn whoever_has_written_stays_with_the_writer_for_as_long_as_is_said() -> Result<()> {
    let [writer, one, _] = places().await?;
    let open = |sticky| {
        Db::builder().connection(writer.clone()).replica(one.clone()).sticky(sticky).build()
    };
    let write = async |db: &Db| Place::create(new!(Place { name: "new" })).on(db).await.map(drop);
    let never = open(Duration::ZERO)?;
    write(&never).await?;
    assert_eq!(answers(&never).await?, "one");
    let briefly = open(Duration::from_millis(60))?;
    write(&briefly).await?;
    assert_eq!(answers(&briefly).await?, "writer");
    tokio::time::sleep(Duration::from_millis(90)).await;
    assert_eq!(answers(&briefly).await?, "one");
    Ok(())
}

#[tokio::test]
async fn each_connection_has_its_own() -> Result<()> {
    let [writer, one, two] = places().await?;
    let db = Db::builder()
        .connection(writer)
        .replica(one)
        .pool(PoolOptions::default().max_sessions(1))
        .connection(two.renamed("other"))
        .build()?;
    assert_eq!(answers(&db).await?, "one");
    let other = db.connection("other")?;
    assert_eq!((other.replicas(), db.connection("main")?.replicas()), (0, 1));
    assert_eq!(Place::query().first().on(&other).or_fail().await?.name, "two");
    // the options are those of its replicas, too: a second session cannot be had of either
    let mut rows = Place::query().on(&db).stream();
    assert_eq!(rows.next().await.expect("a row")?.name, "one");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_is_said() {
    let main = || ConnectionConfig::new("main", "sqlite").set("path", ":memory:");
    let refused = |builder: eloquent::DbBuilder| builder.build().expect_err("it is wrong");
    let error = refused(Db::builder().replica(main()).connection(main()));
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("`replica(..)`"), "{error}");
    let error = refused(Db::builder().sticky(Duration::ZERO));
    assert!(error.message().contains("`sticky(..)`"), "{error}");
    // of another driver
    let wrapper = Wrapper::of(HOSTED.driver);
    let other = wrapper.config("x").set("host", "one");
    let error = refused(Db::builder().driver(wrapper.entry()).connection(main()).replica(other));
    assert_eq!(error.connection(), Some("main (replica 1)"));
    assert!(error.message().contains("`sqlite`"), "{error}");
    // with a mistake in it
    let wrong = main().set("canary", "c4nary");
    let error = refused(Db::builder().connection(main()).replica(main()).replica(wrong));
    assert_eq!(error.connection(), Some("main (replica 2)"), "{error}");
    let error = refused(Db::builder().connection(main()).replica_url("nonsense:c4nary"));
    assert_eq!(error.connection(), Some("main (replica 1)"), "{error}");
    assert!(!error.to_string().contains("c4nary"), "{error}");
}

#[tokio::test]
async fn a_twin_does_not_lead_to_a_replica() -> Result<()> {
    let [writer, one, two] = places().await?;
    let environment = Environment::default().test_mode(true);
    let builder = || Db::builder().environment(environment.clone()).default_connection("main_test");
    let app = || builder().connection(writer.clone()).replica(one.clone());
    let twin = |config: &ConnectionConfig| config.renamed("main_test");
    let error = app().connection(twin(&one)).build().expect_err("it is the application's");
    assert!(error.message().contains("same database"), "{error}");
    let error = app().connection(twin(&two)).replica(twin(&one)).build();
    assert!(error.expect_err("it is the application's").message().contains("same database"));
    app().connection(twin(&two)).build()?;
    Ok(())
}
