//! The bare client with a typed collection: what everyone else is measured against.

use std::convert::Infallible;

use anyhow::{Context, Result, bail};
use futures_util::TryStreamExt;
use harness::{Contender, NewUser, Pool, Post, Workload};
use mongodb::{ClientSession, Collection, bson::doc};

use super::Keys;
use crate::store::{User, users};

pub struct Raw {
    users: Collection<User>,
    keys: Keys,
}

impl Raw {
    async fn session(&self) -> Result<ClientSession> {
        let mut session = self.users.client().start_session().await?;
        session.start_transaction().await?;
        Ok(session)
    }

    /// A new user as a document.
    fn document(&mut self, user: NewUser) -> User {
        let NewUser { name, hair_color } = user;
        User { id: self.keys.next(), name, hair_color }
    }
}

impl Contender for Raw {
    const NAME: &'static str = "mongodb";
    const CANNOT: &'static [Workload] = &[Workload::Join];

    type User = User;
    type Joined = Infallible;
    type Pool = RawPool;

    async fn open(database: &str) -> Result<Self> {
        Ok(Self { users: users(database, 1).await?, keys: Keys::new() })
    }

    fn restart(&mut self) {
        self.keys = Keys::new();
    }

    async fn select(&mut self, limit: i64) -> Result<Vec<User>> {
        let users = self.users.find(doc! {}).sort(doc! { "_id": 1 }).limit(limit);
        Ok(users.await?.try_collect().await?)
    }

    async fn stream(&mut self, mut each: impl FnMut(User) + Send) -> Result<()> {
        let mut users = self.users.find(doc! {}).sort(doc! { "_id": 1 }).await?;
        while let Some(user) = users.try_next().await? {
            each(user);
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
        Ok(self.users.find_one(doc! { "_id": id }).await?)
    }

    async fn rename(&mut self, id: i64, name: String) -> Result<()> {
        let rename = doc! { "$set": { "name": name } };
        self.users.update_one(doc! { "_id": id }, rename).await?;
        Ok(())
    }

    async fn insert(&mut self, user: NewUser) -> Result<i64> {
        let user = self.document(user);
        self.users.insert_one(&user).await?;
        Ok(user.id)
    }

    async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
        let users: Vec<_> = users.into_iter().map(|user| self.document(user)).collect();
        let mut session = self.session().await?;
        self.users.insert_many(&users).session(&mut session).await?;
        Ok(session.commit_transaction().await?)
    }

    async fn transaction(&mut self, id: i64, name: String) -> Result<()> {
        let mut session = self.session().await?;
        let user = self.users.find_one(doc! { "_id": id }).session(&mut session).await?;
        user.context("no such user")?;
        let rename = doc! { "$set": { "name": name } };
        self.users.update_one(doc! { "_id": id }, rename).session(&mut session).await?;
        Ok(session.commit_transaction().await?)
    }
}

#[derive(Clone)]
pub struct RawPool(Collection<User>);

impl Pool for RawPool {
    type User = User;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        Ok(Self(users(database, u32::try_from(sessions)?).await?))
    }

    async fn find(&self, id: i64) -> Result<Option<User>> {
        Ok(self.0.find_one(doc! { "_id": id }).await?)
    }
}
