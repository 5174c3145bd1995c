//! The databases, made and mended through the bare client.

use std::{env, path::Path};

use anyhow::{Context, Result};
use futures_util::TryStreamExt;
use harness::{NewUser, Store, USERS};
use mongodb::{Client, Collection, bson::doc, options::ClientOptions};
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

/// A document of the typed collection. What is none is not stored, as Eloquent does it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    #[serde(rename = "_id")]
    pub id: i64,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hair_color: Option<String>,
}

impl From<User> for harness::User {
    fn from(user: User) -> Self {
        let User { id, name, hair_color } = user;
        Self { id, name, hair_color }
    }
}

/// The collection of users, over so many connections at most.
pub async fn users(database: &str, connections: u32) -> Result<Collection<User>> {
    let mut options = ClientOptions::parse(database).await?;
    options.max_pool_size = Some(connections);
    let client = Client::with_options(options)?;
    let database = client.default_database().context("the URI names a database")?;
    Ok(database.collection("users"))
}

pub struct Mongo {
    /// All of the URI before the name of the database, and all after it.
    uri: (String, String),
    runtime: Runtime,
}

impl Mongo {
    /// Reads `MONGO_URI`.
    pub fn from_env() -> Result<Self> {
        let uri = env::var("MONGO_URI")
            .ok()
            .context("MONGO_URI is not set; `scripts/with-servers` starts a server and sets it")?;
        let (servers, options) = uri.split_once('?').unwrap_or((&uri, ""));
        let (scheme, servers) = servers.split_once("://").context("MONGO_URI has no scheme")?;
        let servers = servers.split('/').next().unwrap_or_default();
        let options = match options {
            "" => String::new(),
            options => format!("?{options}"),
        };
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { uri: (format!("{scheme}://{servers}/"), options), runtime })
    }

    fn with<T>(
        &self,
        database: &str,
        work: impl AsyncFnOnce(Collection<User>) -> mongodb::error::Result<T>,
    ) -> Result<T> {
        self.runtime.block_on(async {
            let users = users(database, 1).await?;
            let client = users.client().clone();
            let outcome = work(users).await;
            client.shutdown().immediate(true).await;
            Ok(outcome?)
        })
    }
}

fn numbered(id: i64) -> User {
    let NewUser { name, hair_color } = NewUser::numbered(id);
    User { id, name, hair_color }
}

impl Store for Mongo {
    fn address(&self, _folder: &Path, contender: &str) -> String {
        let (servers, options) = &self.uri;
        format!("{servers}eloquent_bench_{contender}{options}")
    }

    fn create(&self, database: &str) -> Result<()> {
        self.remove(database)?;
        self.with(database, async |users| {
            users.insert_many((1..=USERS).map(numbered)).await.map(drop)
        })
    }

    fn reset(&self, database: &str) -> Result<()> {
        self.with(database, async |users| {
            users.delete_many(doc! { "_id": { "$gt": USERS } }).await?;
            let renamed = doc! { "name": { "$not": { "$regex": "^User " } } };
            let renamed: Vec<User> = users.find(renamed).await?.try_collect().await?;
            for User { id, .. } in renamed {
                users.replace_one(doc! { "_id": id }, numbered(id)).await?;
            }
            Ok(())
        })
    }

    fn users(&self, database: &str) -> Result<Vec<harness::User>> {
        self.with(database, async |users| {
            let users = users.find(doc! {}).sort(doc! { "_id": 1 }).await?;
            users.map_ok(harness::User::from).try_collect().await
        })
    }

    fn remove(&self, database: &str) -> Result<()> {
        self.with(database, async |users| {
            users.client().database(&users.namespace().db).drop().await
        })
    }
}
