//! What the tests have in common.

use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

use eloquent::prelude::*;
use eloquent::{ConnectionConfig, PoolOptions, RawSql, Result};

/// How long to wait for what has to happen: many times what it takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The addresses that a variable says.
pub(crate) fn addresses(variable: &str) -> Vec<String> {
    let text = env::var(variable).expect("the variable is set");
    text.split(',').map(str::to_owned).collect()
}

/// The settings of a database on a server that the scripts have started.
pub(crate) fn config(driver: &str, address: &str, database: &str) -> ConnectionConfig {
    let (host, port) = address.split_once(':').expect("an address with a port");
    ConnectionConfig::new("main", driver)
        .set("host", host)
        .set("port", port)
        .set("user", "eloquent")
        .set("password", "eloquent")
        .set("name", database)
        .set("ssl_mode", "disable")
}

pub(crate) fn options(sessions: usize) -> PoolOptions {
    let mut options = PoolOptions::default()
        .max_sessions(sessions)
        .acquire_timeout(Duration::from_secs(20))
        .statement_timeout(Duration::from_secs(20));
    options.connect_timeout = Duration::from_secs(5);
    options
}

pub(crate) fn open(config: ConnectionConfig, sessions: usize) -> Result<Db> {
    Db::builder().connection(config).pool(options(sessions)).build()
}

/// Creates a database of this name; each test has one.
pub(crate) async fn create_database(driver: &str, address: &str, name: &str) -> Result<()> {
    let db = open(config(driver, address, "eloquent"), 1)?;
    for text in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")] {
        Db::raw(RawSql::trusted(text)).on(&db).execute().await?;
    }
    db.close().await
}

/// Tries until something is so.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Runs `scripts/instance` and returns what it prints.
pub(crate) async fn instance(arguments: &[&str]) -> String {
    try_instance(arguments).await.unwrap_or_else(|said| panic!("{said}"))
}

/// The same; if it fails, what it said.
pub(crate) async fn try_instance(arguments: &[&str]) -> Result<String, String> {
    let program = env::var_os("ELOQUENT_TEST_INSTANCE").expect("ELOQUENT_TEST_INSTANCE is set");
    let mut command = Command::new(program);
    command.args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.expect("no panic").expect("scripts/instance can be run");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

pub(crate) fn port(address: &str) -> &str {
    address.split_once(':').expect("an address with a port").1
}
