//! The ORM on a driver: what applications do, with models that live in tables and collections alike.

mod aggregates;
mod chunks;
mod create;
mod cursors;
mod documents;
mod embedded;
mod filters;
mod find;
mod joins;
mod log;
mod mass;
pub(crate) mod models;
mod nesting;
mod pages;
mod raw;
mod schema;
mod scopes;
mod select;
mod streams;
mod transactions;
mod update;
mod upsert;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use eloquent::{Db, Result};
use eloquent_core::driver::Capabilities;
use tokio::sync::OwnedMutexGuard;

use crate::Target;
use crate::case::{Bench, Case};

/// The cases by module.
pub(crate) const MODULES: &[(&str, &[Case<Orm>])] = &[
    ("create", create::CASES),
    ("find", find::CASES),
    ("filters", filters::CASES),
    ("select", select::CASES),
    ("aggregates", aggregates::CASES),
    ("joins", joins::CASES),
    ("pages", pages::CASES),
    ("cursors", cursors::CASES),
    ("chunks", chunks::CASES),
    ("streams", streams::CASES),
    ("update", update::CASES),
    ("mass", mass::CASES),
    ("upsert", upsert::CASES),
    ("transactions", transactions::CASES),
    ("nesting", nesting::CASES),
    ("scopes", scopes::CASES),
    ("raw", raw::CASES),
    ("log", log::CASES),
    ("schema", schema::CASES),
    ("embedded", embedded::CASES),
    ("documents", documents::CASES),
    ("documents::keys", documents::keys::CASES),
    ("documents::changes", documents::changes::CASES),
];

/// What a case of the ORM runs on: a database that is in scope. The tables of models have fixed names,
/// so that one case at a time runs on a target.
#[derive(Debug, Clone)]
pub struct Orm {
    /// The database.
    pub db: Db,
    /// What it was built from, for a case that builds another one.
    pub target: Target,
    capabilities: Capabilities,
    _alone: Arc<OwnedMutexGuard<()>>,
}

impl Bench for Orm {
    const SUITE: &'static str = "orm";

    async fn open(target: &Target) -> Result<Self> {
        let alone = turn(target.name()).lock_owned().await;
        let db = target.db()?.build()?;
        let capabilities = db.capabilities().await?;
        Ok(Orm { db, target: target.clone(), capabilities, _alone: Arc::new(alone) })
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    async fn scope<F: Future + Send>(&self, case: F) -> F::Output {
        self.db.scope(case).await
    }

    async fn close(self) -> Result<()> {
        models::drop_tables(&self.db).await?;
        self.db.close().await
    }
}

fn turn(target: &str) -> Arc<tokio::sync::Mutex<()>> {
    static TURNS: Mutex<Option<HashMap<String, Arc<tokio::sync::Mutex<()>>>>> = Mutex::new(None);
    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    turns.get_or_insert_default().entry(target.to_owned()).or_default().clone()
}

/// What the statements of the log begin with, in lower case, of those that are not a step of a
/// transaction.
pub(crate) fn verbs(log: &[String]) -> Vec<String> {
    let first = |text: &String| text.split_whitespace().next().unwrap_or_default().to_lowercase();
    log.iter().map(first).collect()
}
