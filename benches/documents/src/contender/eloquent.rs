//! Eloquent, with a document model.

use std::convert::Infallible;

use ::eloquent::{Connection, PoolOptions, prelude::*};
use anyhow::{Result, bail};
use harness::{Contender, NewUser, Pool, Post, Workload};

use super::Keys;

#[derive(Model, Debug, Clone)]
#[model(document, timestamps = false)]
pub struct User {
    #[model(key, auto = false)]
    pub id: i64,
    pub name: String,
    pub hair_color: Option<String>,
}

impl From<User> for harness::User {
    fn from(user: User) -> Self {
        let User { id, name, hair_color } = user;
        Self { id, name, hair_color }
    }
}

/// As many connections as the bare client has.
fn connect(database: &str, sessions: usize) -> Result<Connection> {
    let pool = PoolOptions::default().max_sessions(sessions);
    let db = Db::builder().url("bench", database).pool(pool).build()?;
    Ok(db.connection("bench")?)
}

pub struct Eloquent {
    connection: Connection,
    keys: Keys,
}

impl Contender for Eloquent {
    const NAME: &'static str = "eloquent";
    const CANNOT: &'static [Workload] = &[Workload::Join];

    type User = User;
    type Joined = Infallible;
    type Pool = EloquentPool;

    async fn open(database: &str) -> Result<Self> {
        Ok(Self { connection: connect(database, 1)?, keys: Keys::new() })
    }

    fn restart(&mut self) {
        self.keys = Keys::new();
    }

    async fn select(&mut self, limit: i64) -> Result<Vec<User>> {
        let users = User::query().on(&self.connection).order_by(|u| u.id.asc());
        Ok(users.limit(u64::try_from(limit)?).await?)
    }

    async fn stream(&mut self, mut each: impl FnMut(User) + Send) -> Result<()> {
        let users = User::query().on(&self.connection).order_by(|u| u.id.asc());
        let mut users = users.stream();
        while let Some(user) = users.next().await {
            each(user?);
        }
        Ok(())
    }

    async fn join(&mut self, _: &str) -> Result<Vec<Infallible>> {
        bail!("nobody takes part")
    }

    fn plain(joined: Infallible) -> (harness::User, Post) {
        match joined {}
    }

    async fn find(&mut self, id: i64) -> Result<Option<User>> {
        Ok(User::find(id).on(&self.connection).await?)
    }

    async fn rename(&mut self, id: i64, name: String) -> Result<()> {
        let user = User::query().on(&self.connection).filter(|u| u.id.eq(id));
        user.update(|u| u.name.set(name)).await?;
        Ok(())
    }

    async fn insert(&mut self, user: NewUser) -> Result<i64> {
        let NewUser { name, hair_color } = user;
        let id = self.keys.next();
        let user = User::create(new!(User { id, name, hair_color }));
        Ok(user.on(&self.connection).await?.id)
    }

    async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
        let users = users.into_iter().map(|user| {
            let NewUser { name, hair_color } = user;
            let id = self.keys.next();
            new!(User { id, name, hair_color })
        });
        User::insert_many(users).on(&self.connection).await?;
        Ok(())
    }

    async fn transaction(&mut self, id: i64, name: String) -> Result<()> {
        let transaction = self.connection.begin().await?;
        User::find(id).on(&transaction).await?;
        let user = User::query().on(&transaction).filter(|u| u.id.eq(id));
        user.update(|u| u.name.set(name)).await?;
        Ok(transaction.commit().await?)
    }
}

#[derive(Clone)]
pub struct EloquentPool(Connection);

impl Pool for EloquentPool {
    type User = User;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        Ok(Self(connect(database, sessions)?))
    }

    async fn find(&self, id: i64) -> Result<Option<User>> {
        Ok(User::find(id).on(&self.0).await?)
    }
}
