//! Bare mysql_async: what everyone else is measured against.

use std::collections::HashMap;

use anyhow::{Context, Result};
use futures_util::TryStreamExt;
use harness::{BITS, Contender, Distinct, NewUser, Pool, Post, Sessions, User};
use mysql_async::{Conn, Params, Statement, Value, prelude::Queryable};

use super::{
    sql::{FIND, INSERT, JOIN, RENAME, parameter},
    store::{Columns, connect, user},
};
use crate::sql::{self, STREAM};

/// Rows in one INSERT.
const CHUNK: usize = 1_000;

/// A session and its prepared statements, by their text; none is ever closed.
pub struct Raw {
    session: Conn,
    statements: HashMap<String, Statement>,
    inserts: HashMap<usize, Statement>,
}

impl Raw {
    async fn connect(database: &str) -> Result<Self> {
        let session = connect(database).await?;
        Ok(Self { session, statements: HashMap::new(), inserts: HashMap::new() })
    }

    async fn statement(&mut self, text: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(text) {
            return Ok(statement.clone());
        }
        let statement = self.session.prep(text).await?;
        self.statements.insert(text.to_owned(), statement.clone());
        Ok(statement)
    }

    /// The statement that inserts so many rows.
    async fn insert_of(&mut self, rows: usize) -> Result<Statement> {
        if let Some(statement) = self.inserts.get(&rows) {
            return Ok(statement.clone());
        }
        let statement = self.session.prep(sql::insert(rows, parameter)).await?;
        self.inserts.insert(rows, statement.clone());
        Ok(statement)
    }

    async fn find(&mut self, id: i64) -> Result<Option<User>> {
        let find = self.statement(FIND).await?;
        Ok(self.session.exec_first(&find, (id,)).await?.map(user))
    }

    async fn rename(&mut self, id: i64, name: String) -> Result<()> {
        let rename = self.statement(RENAME).await?;
        Ok(self.session.exec_drop(&rename, (name, id)).await?)
    }
}

impl Contender for Raw {
    const NAME: &'static str = "mysql_async";

    type User = User;
    type Joined = (User, Post);
    type Pool = RawPool;

    async fn open(database: &str) -> Result<Self> {
        Self::connect(database).await
    }

    async fn select(&mut self, limit: i64) -> Result<Vec<User>> {
        let select = self.statement(sql::select(limit)).await?;
        Ok(self.session.exec_map(&select, (), user).await?)
    }

    async fn stream(&mut self, mut each: impl FnMut(User) + Send) -> Result<()> {
        let select = self.statement(STREAM).await?;
        let mut rows = self.session.exec_stream::<Columns, _, _>(&select, ()).await?;
        while let Some(columns) = rows.try_next().await? {
            each(user(columns));
        }
        Ok(())
    }

    async fn join(&mut self, hair_color: &str) -> Result<Vec<Self::Joined>> {
        let join = self.statement(JOIN).await?;
        let pair = |(id, name, hair_color, post, user_id, title, body)| {
            (User { id, name, hair_color }, Post { id: post, user_id, title, body })
        };
        Ok(self.session.exec_map(&join, (hair_color,), pair).await?)
    }

    fn plain((user, post): Self::Joined) -> (User, Post) {
        (user, post)
    }

    async fn find(&mut self, id: i64) -> Result<Option<User>> {
        Self::find(self, id).await
    }

    async fn rename(&mut self, id: i64, name: String) -> Result<()> {
        Self::rename(self, id, name).await
    }

    async fn insert(&mut self, user: NewUser) -> Result<i64> {
        let insert = self.statement(INSERT).await?;
        self.session.exec_drop(&insert, (user.name, user.hair_color)).await?;
        Ok(self.session.last_insert_id().context("no key was told")?.try_into()?)
    }

    async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
        self.session.query_drop("BEGIN").await?;
        let mut users = users.into_iter();
        while users.len() > 0 {
            let rows = users.len().min(CHUNK);
            let insert = self.insert_of(rows).await?;
            let mut values = Vec::with_capacity(2 * rows);
            for NewUser { name, hair_color } in users.by_ref().take(rows) {
                values.push(Value::from(name));
                values.push(Value::from(hair_color));
            }
            self.session.exec_drop(&insert, Params::Positional(values)).await?;
        }
        Ok(self.session.query_drop("COMMIT").await?)
    }

    async fn transaction(&mut self, id: i64, name: String) -> Result<()> {
        self.session.query_drop("BEGIN").await?;
        Self::find(self, id).await?.context("no such user")?;
        Self::rename(self, id, name).await?;
        Ok(self.session.query_drop("COMMIT").await?)
    }
}

impl Distinct for Raw {
    async fn find_by_bits(&mut self, id: i64, bits: [bool; BITS]) -> Result<Option<User>> {
        let find = self.statement(&sql::find_by_bits(bits, parameter)).await?;
        let mut values = vec![Value::from(id)];
        values.extend(sql::bounds(bits).map(Value::from));
        Ok(self.session.exec_first(&find, Params::Positional(values)).await?.map(user))
    }
}

/// Bare sessions in a pool of ours.
#[derive(Clone)]
pub struct RawPool(Sessions<Raw>);

impl Pool for RawPool {
    type User = User;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        let mut open = Vec::new();
        for _ in 0..sessions {
            open.push(Raw::connect(database).await?);
        }
        Ok(Self(Sessions::new(open)))
    }

    async fn find(&self, id: i64) -> Result<Option<User>> {
        Raw::find(&mut *self.0.checkout().await?, id).await
    }
}
