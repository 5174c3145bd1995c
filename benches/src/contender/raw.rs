//! Bare rusqlite: what everyone else is measured against.

use anyhow::Result;
use harness::{Contender, Held, NewUser, Pool, Post, Sessions, User};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    sql::{self, FIND, INSERT, JOIN, NOTE, RENAME, STREAM, TOTAL},
    store::{connect, user},
};

pub struct Raw {
    connection: Connection,
}

impl Raw {
    fn find(&self, id: i64) -> Result<Option<User>> {
        let mut find = self.connection.prepare_cached(FIND)?;
        Ok(find.query_row([id], user).optional()?)
    }

    fn rename(&self, id: i64, name: &str) -> Result<()> {
        let mut rename = self.connection.prepare_cached(RENAME)?;
        rename.execute(params![id, name])?;
        Ok(())
    }

    fn execute(&self, statement: &str) -> Result<()> {
        self.connection.prepare_cached(statement)?.execute([])?;
        Ok(())
    }
}

impl Contender for Raw {
    const NAME: &'static str = "rusqlite";

    type User = User;
    type Joined = (User, Post);
    type Pool = RawPool;

    async fn open(database: &str) -> Result<Self> {
        let connection = connect(database)?;
        Ok(Self { connection })
    }

    async fn select(&mut self, limit: i64) -> Result<Vec<User>> {
        let mut select = self.connection.prepare_cached(sql::select(limit))?;
        let users = select.query_map([], user)?.collect::<Result<_, _>>()?;
        Ok(users)
    }

    async fn stream(&mut self, mut each: impl FnMut(User) + Send) -> Result<()> {
        let mut select = self.connection.prepare_cached(STREAM)?;
        for user in select.query_map([], user)? {
            each(user?);
        }
        Ok(())
    }

    async fn join(&mut self, hair_color: &str) -> Result<Vec<Self::Joined>> {
        let mut join = self.connection.prepare_cached(JOIN)?;
        let rows = join.query_map([hair_color], |row| {
            let post = Post {
                id: row.get(3)?,
                user_id: row.get(4)?,
                title: row.get(5)?,
                body: row.get(6)?,
            };
            Ok((user(row)?, post))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn plain((user, post): Self::Joined) -> (User, Post) {
        (user, post)
    }

    async fn find(&mut self, id: i64) -> Result<Option<User>> {
        Self::find(self, id)
    }

    async fn rename(&mut self, id: i64, name: String) -> Result<()> {
        Self::rename(self, id, &name)
    }

    async fn insert(&mut self, user: NewUser) -> Result<i64> {
        let mut insert = self.connection.prepare_cached(INSERT)?;
        insert.execute(params![user.name, user.hair_color])?;
        Ok(self.connection.last_insert_rowid())
    }

    async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
        self.execute("BEGIN")?;
        {
            let mut insert = self.connection.prepare_cached(INSERT)?;
            for user in users {
                insert.execute(params![user.name, user.hair_color,])?;
            }
        }
        self.execute("COMMIT")
    }

    async fn transaction(&mut self, id: i64, name: String) -> Result<()> {
        self.execute("BEGIN")?;
        Self::find(self, id)?;
        Self::rename(self, id, &name)?;
        self.execute("COMMIT")
    }
}

/// Bare sessions, each used on the task that holds it.
#[derive(Clone)]
pub struct RawPool(Sessions<Raw>);

impl Pool for RawPool {
    type User = User;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        let open = |_| {
            let connection = connect(database)?;
            Ok(Raw { connection })
        };
        let sessions = (0..sessions).map(open).collect::<Result<_>>()?;
        Ok(Self(Sessions::new(sessions)))
    }

    async fn find(&self, id: i64) -> Result<Option<User>> {
        let session = self.0.checkout().await?;
        Raw::find(&session, id)
    }
}

impl Held for RawPool {
    async fn total(&self) -> Result<i64> {
        let session = self.0.checkout().await?;
        let mut total = session.connection.prepare_cached(TOTAL)?;
        Ok(total.query_row([], |row| row.get(0))?)
    }

    async fn note(&self, body: String) -> Result<()> {
        let session = self.0.checkout().await?;
        let mut insert = session.connection.prepare_cached(NOTE)?;
        insert.execute([body])?;
        Ok(())
    }
}
