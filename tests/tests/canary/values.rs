//! Errors about bound values, and about what is stored.

use eloquent::prelude::*;
use eloquent::{ConnectionConfig, RawSql, Result};
use eloquent_conformance::server::Server;

use crate::capture::{CANARY, Captured};

#[derive(Model, Debug, Clone, PartialEq)]
#[model(table = "logins")]
struct Login {
    #[model(key, length = 50)]
    name: String,
    #[model(length = 20)]
    password: String,
    #[model(unique, length = 50)]
    token: Option<String>,
}

/// The same rows, read as what they are not.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(table = "logins")]
struct Number {
    #[model(key, auto = false)]
    name: i64,
    password: i64,
}

/// Rows that the table does not take, though the model does.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(table = "logins")]
struct Lax {
    #[model(key)]
    name: String,
    password: Option<String>,
    token: Option<String>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(table = "sessions")]
struct Session {
    #[model(key)]
    owner: String,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(table = "owners")]
struct Owner {
    #[model(key)]
    name: String,
}

pub(crate) async fn capture(captured: &mut Captured) -> Result<()> {
    let sqlite = ConnectionConfig::new("main", "sqlite").set("path", ":memory:");
    on(captured, sqlite).await?;
    for server in [Server::Pg, Server::Mysql] {
        let database = format!("canary_values_{}", std::process::id());
        server.make(&database).await?;
        let config = ConnectionConfig::new("main", server.driver());
        on(captured, server.reach(config, &database)).await?;
        server.remove(&database).await?;
    }
    Ok(())
}

async fn on(captured: &mut Captured, config: ConnectionConfig) -> Result<()> {
    let db = Db::builder().connection(config).build()?;
    let outcome = db.scope(violations(captured)).await;
    db.close().await?;
    outcome
}

fn draft() -> LoginDraft {
    new!(Login { name: CANARY, password: CANARY, token: CANARY.to_owned() })
}

async fn violations(captured: &mut Captured) -> Result<()> {
    Login::create_table().await?;
    for sql in [
        "CREATE TABLE owners (name VARCHAR(50) PRIMARY KEY)",
        "CREATE TABLE sessions (owner VARCHAR(50) PRIMARY KEY, FOREIGN KEY (owner) REFERENCES owners (name))",
        "CREATE TABLE checked (name VARCHAR(50) CHECK (name = 'x'), age INT NOT NULL)",
    ] {
        Db::raw(sql).execute().await?;
    }
    let mut login = Login::create(draft()).await?;
    // twice the same
    captured.refused("create", Login::create(draft()).await);
    let same = || new!(Login { name: "x", password: CANARY, token: CANARY.to_owned() });
    captured.refused("create", Login::create(same()).await);
    captured.refused("create_many", Login::create_many([same(), same()]).await);
    captured.refused("insert_many", Login::insert_many([draft(), draft()]).await);
    captured.refused("upsert", Login::upsert([same()]).unique_by(|l| l.name).await);
    Login::create(new!(Login { name: "other", password: "x" })).await?;
    let other = || Login::query().filter(|l| l.name.eq("other"));
    let taken = other().update(|l| (l.name.set(CANARY), l.token.set(Some(CANARY.to_owned()))));
    captured.refused("update", taken.await);
    // too long, null, refers to nothing, not as it has to be
    let long = CANARY.repeat(9);
    captured.refused(
        "too long",
        Login::create(new!(Login { name: long.as_str(), password: "x" })).await,
    );
    captured.refused("too long", other().update(|l| l.password.set(long.as_str())).await);
    captured.refused("too long", login.update(|l| l.password = long.clone()).await);
    captured.refused("too long", Lax::create(new!(Lax { name: "y", password: long })).await);
    captured.refused("null", Lax::create(new!(Lax { name: CANARY })).await);
    captured.refused("refers to nothing", Session::create(new!(Session { owner: CANARY })).await);
    let owner = Owner::create(new!(Owner { name: CANARY })).await?;
    Session::create(new!(Session { owner: CANARY })).await?;
    captured.debug("delete", &owner.clone().delete());
    captured.refused("is referred to", owner.delete().await);
    for sql in [
        "INSERT INTO checked (name, age) VALUES (?, 1)",
        "INSERT INTO checked (name) VALUES (?)",
        "INSERT INTO checked (name, age, more) VALUES (?, 1, 2)",
        "SELECT * FROM nowhere WHERE name = ?",
        "SELECT nothing FROM logins WHERE name = ?",
        "SELECT FROM WHERE ?",
    ] {
        captured.refused(sql, Db::raw(sql).bind(CANARY.to_owned()).rows().await);
    }
    let text = RawSql::new("name = ? AND nothing = 1").bind(CANARY.to_owned());
    captured.refused("raw", Login::query().filter(|_| raw::<bool>(text)).get().await);
    // stored as what it is not read as
    captured.refused("read", Number::query().get().await);
    captured.refused("read", Number::query().first().await);
    captured.refused("read", Number::query().select(|n| n.password).await);
    captured.refused("read", Number::query().stream().next().await.expect("a row"));
    captured.refused("read", Db::raw("SELECT name FROM logins").scalar::<i64>().await);
    captured.refused("read", Db::raw("SELECT name FROM logins").scalar::<Uuid>().await);
    captured.refused("read", Db::raw("SELECT name FROM logins").scalar::<Decimal>().await);
    captured.refused("read", Db::raw("SELECT name FROM logins").scalar::<DateTime<Utc>>().await);
    captured.refused("read", Db::raw("SELECT name FROM logins").scalar::<bool>().await);
    captured.refused("or_fail", Login::find(format!("{CANARY}x")).or_fail().await);
    captured.refused("sole", Login::query().filter(|l| l.name.eq("4n4ry-7f3a")).sole().await);
    captured.refused(
        "cursor",
        Login::query().order_by(|l| l.name.asc()).cursor_paginate(2, Some(CANARY)).await,
    );
    // in a transaction, which fails with it
    let outcome: Result<()> = Db::transaction(async {
        let _ = Login::create(draft()).await;
        Login::query().count().await.map(drop)
    })
    .await;
    if let Err(error) = outcome {
        captured.error("transaction", error);
    }
    // what waits to be run
    let some = || Login::query().filter(|l| l.password.eq(CANARY));
    captured.debug("Query", &some());
    captured.debug("One", &some().first());
    captured.debug("Selected", &some().select(|l| l.name));
    captured.debug("Running", &some().into_future());
    captured.debug("Rows", &some().stream());
    captured.debug("MassWrite", &some().update(|l| l.password.set(CANARY)));
    captured.debug("Create", &Login::create(draft()));
    captured.debug("RawQuery", &Db::raw("SELECT ?").bind(CANARY.to_owned()));
    captured.text("to_sql", some().to_sql().await?);
    captured.text("explain", some().explain().await?);
    captured.text("to_sql", some().delete().to_sql().await?);
    Db::raw("DROP TABLE sessions").execute().await.map(drop)
}
