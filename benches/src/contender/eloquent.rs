//! Eloquent, on its own pool of one session, or eight where tasks share.

use ::eloquent::Connection;
use ::eloquent::prelude::*;
use anyhow::Result;
use harness::{BITS, Contender, Distinct, NewUser, Pool};

use crate::connect;

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

impl From<User> for harness::User {
    fn from(user: User) -> Self {
        let User { id, name, hair_color } = user;
        Self { id, name, hair_color }
    }
}

pub struct Eloquent {
    connection: Connection,
}

impl Contender for Eloquent {
    const NAME: &'static str = "eloquent";

    type User = User;
    type Joined = (User, Post);
    type Pool = EloquentPool;

    async fn open(database: &str) -> Result<Self> {
        Ok(Self { connection: connect::eloquent(database, 1)? })
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
pub struct EloquentPool(pub Connection);

impl Pool for EloquentPool {
    type User = User;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        Ok(Self(connect::eloquent(database, sessions)?))
    }

    async fn find(&self, id: i64) -> Result<Option<User>> {
        Ok(User::find(id).on(&self.0).await?)
    }
}

impl Distinct for Eloquent {
    async fn find_by_bits(&mut self, id: i64, bits: [bool; BITS]) -> Result<Option<User>> {
        let mut user = User::query().on(&self.connection).filter(|u| u.id.eq(id));
        for bit in bits {
            user = match bit {
                true => user.filter(|u| u.id.gt(0)),
                false => user.filter(|u| u.id.ne(0)),
            };
        }
        Ok(user.first().await?)
    }
}
