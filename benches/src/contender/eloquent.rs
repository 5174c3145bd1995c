//! Eloquent, on its own pool of one session, or eight where tasks share.

use std::path::Path;

use ::eloquent::prelude::*;
use ::eloquent::{Connection, PoolOptions};
use anyhow::Result;
use harness::{Contender, Held, NewUser, Pool};

#[derive(Model, Debug, Clone)]
#[model(timestamps = false)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub hair_color: Option<String>,
}

#[derive(Model, Debug, Clone)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
    pub title: String,
    pub body: Option<String>,
}

#[derive(Model, Debug, Clone)]
pub struct Event {
    pub id: i64,
    pub kind: String,
    pub amount: i64,
}

#[derive(Model, Debug, Clone)]
pub struct Note {
    pub id: i64,
    pub body: String,
}

impl From<User> for harness::User {
    fn from(user: User) -> Self {
        let User { id, name, hair_color } = user;
        Self { id, name, hair_color }
    }
}

async fn connect(database: &Path, sessions: usize) -> Result<Connection> {
    let db = Db::builder()
        .url("bench", format!("sqlite:{}", database.display()))
        .pool(PoolOptions::default().max_sessions(sessions))
        .build()?;
    Ok(db.connection("bench")?)
}

pub struct Eloquent {
    connection: Connection,
}

impl Contender for Eloquent {
    const NAME: &'static str = "eloquent";

    type User = User;
    type Joined = (User, Post);
    type Pool = EloquentPool;

    async fn open(database: &Path) -> Result<Self> {
        Ok(Self { connection: connect(database, 1).await? })
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

    async fn join(&mut self, hair_color: &str) -> Result<Vec<(User, Post)>> {
        let posts = Post::query()
            .on(&self.connection)
            .join::<User, _>(|(p, u)| p.user_id.eq(u.id))
            .filter(|(_, u)| u.hair_color.eq(hair_color))
            .order_by(|(p, _)| p.title.asc());
        Ok(posts.select(|(p, u)| (u, p)).await?)
    }

    fn plain((user, post): (User, Post)) -> (harness::User, harness::Post) {
        let Post { id, user_id, title, body } = post;
        (user.into(), harness::Post { id, user_id, title, body })
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
        let user = User::create(new!(User { name, hair_color }));
        Ok(user.on(&self.connection).await?.id)
    }

    async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
        let users = users.into_iter().map(|user| {
            let NewUser { name, hair_color } = user;
            new!(User { name, hair_color })
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

    async fn open(database: &Path, sessions: usize) -> Result<Self> {
        Ok(Self(connect(database, sessions).await?))
    }

    async fn find(&self, id: i64) -> Result<Option<User>> {
        Ok(User::find(id).on(&self.0).await?)
    }
}

impl Held for EloquentPool {
    async fn total(&self) -> Result<i64> {
        let sales = Event::query().on(&self.0).filter(|e| e.kind.eq("sale"));
        Ok(sales.sum(|e| e.amount).await?.unwrap_or_default())
    }

    async fn note(&self, body: String) -> Result<()> {
        Note::create(new!(Note { body })).on(&self.0).await?;
        Ok(())
    }
}
