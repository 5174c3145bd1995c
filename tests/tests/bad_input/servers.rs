//! What PostgreSQL and MariaDB keep, and what only they refuse.

use eloquent::ErrorKind;
use eloquent::prelude::*;
use eloquent::value::{Document, Value};
use eloquent_conformance::server::Server;

use crate::fixture::{
    CANARY, Refusal, execute, on_servers, refused, rows, server, within, within_settings,
};

#[derive(Model, Debug, Clone, PartialEq)]
struct Note {
    id: i64,
    #[model(length = 5, unique)]
    title: String,
    body: Option<String>,
    data: Option<Vec<u8>>,
}

#[derive(Model, Debug, Clone, PartialEq)]
struct Counter {
    #[model(key, auto = false)]
    id: i64,
    #[model(default)]
    small: i32,
    #[model(default)]
    wide: i64,
    #[model(default)]
    big: u64,
    #[model(decimal(6, 2), default)]
    amount: Decimal,
    ratio: Option<f64>,
}

#[derive(Model, Debug, Clone, PartialEq)]
struct Sheet {
    id: i64,
    fields: Option<Document>,
}

async fn raw_texts(sql: &'static str) -> Vec<String> {
    let rows = Db::raw(sql).rows().await.unwrap();
    rows.iter().map(|row| row.read::<String>("text").unwrap()).collect()
}

fn is_pg() -> bool {
    server() == Some(Server::Pg)
}

/// PostgreSQL has no NUL in text: it says so before anything is sent.
#[test]
fn text_with_nul_has_to_run_on_a_server() {
    // the cases below are called by the modules of the servers only
    assert_eq!(server(), None);
}

fn block_on(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(test);
}
