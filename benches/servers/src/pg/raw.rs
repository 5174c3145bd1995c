//! Bare tokio-postgres: what everyone else is measured against.

use std::{collections::HashMap, pin::pin};

use anyhow::{Context, Result};
use futures_util::TryStreamExt;
use harness::{BITS, Contender, Distinct, NewUser, Pool, Post, Sessions, User};
use tokio_postgres::{
    Client, RowStream, Statement,
    types::{BorrowToSql, ToSql},
};

use super::{
    sql::{FIND, INSERT, JOIN, RENAME, parameter},
    store::{connect, user},
};
use crate::sql::{self, STREAM};

/// Rows in one INSERT.
const CHUNK: usize = 1_000;

/// A session and its prepared statements, by their text; none is ever closed.
pub struct Raw {
    client: Client,
    statements: HashMap<String, Statement>,
    inserts: HashMap<usize, Statement>,
}

impl Raw {
    async fn connect(database: &str) -> Result<Self> {
        let client = connect(database).await?;
        Ok(Self { client, statements: HashMap::new(), inserts: HashMap::new() })
    }

    async fn statement(&mut self, text: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(text) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(text).await?;
        self.statements.insert(text.to_owned(), statement.clone());
        Ok(statement)
    }

    /// The statement that inserts so many rows.
    async fn insert_of(&mut self, rows: usize) -> Result<Statement> {
        if let Some(statement) = self.inserts.get(&rows) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(&sql::insert(rows, parameter)).await?;
        self.inserts.insert(rows, statement.clone());
        Ok(statement)
    }

    /// Rows as they arrive, without collecting them first.
    async fn rows<P: BorrowToSql>(
        &mut self,
        text: &str,
        parameters: impl IntoIterator<Item = P, IntoIter: ExactSizeIterator>,
    ) -> Result<RowStream> {
        let statement = self.statement(text).await?;
        Ok(self.client.query_raw(&statement, parameters).await?)
    }

    async fn find(&mut self, id: i64) -> Result<Option<User>> {
        let find = self.statement(FIND).await?;
        self.client.query_opt(&find, &[&id]).await?.as_ref().map(user).transpose()
    }

    async fn rename(&mut self, id: i64, name: &str) -> Result<()> {
        let rename = self.statement(RENAME).await?;
        self.client.execute(&rename, &[&name, &id]).await?;
        Ok(())
    }
}

const NONE: [&(dyn ToSql + Sync); 0] = [];

impl Contender for Raw {
    const NAME: &'static str = "tokio-postgres";

    type User = User;
    type Joined = (User, Post);
    type Pool = RawPool;

    async fn open(database: &str) -> Result<Self> {
        Self::connect(database).await
    }

    async fn select(&mut self, limit: i64) -> Result<Vec<User>> {
        let mut rows = pin!(self.rows(sql::select(limit), NONE).await?);
        let mut users = Vec::new();
        while let Some(row) = rows.try_next().await? {
            users.push(user(&row)?);
        }
        Ok(users)
    }

    async fn stream(&mut self, mut each: impl FnMut(User) + Send) -> Result<()> {
        let mut rows = pin!(self.rows(STREAM, NONE).await?);
        while let Some(row) = rows.try_next().await? {
            each(user(&row)?);
        }
        Ok(())
    }

    async fn join(&mut self, hair_color: &str) -> Result<Vec<Self::Joined>> {
        let mut rows = pin!(self.rows(JOIN, [hair_color]).await?);
        let mut pairs = Vec::new();
        while let Some(row) = rows.try_next().await? {
            let post = Post {
                id: row.try_get(3)?,
                user_id: row.try_get(4)?,
                title: row.try_get(5)?,
                body: row.try_get(6)?,
            };
            pairs.push((user(&row)?, post));
        }
        Ok(pairs)
    }

    fn plain((user, post): Self::Joined) -> (User, Post) {
        (user, post)
    }

    async fn find(&mut self, id: i64) -> Result<Option<User>> {
        Self::find(self, id).await
    }

    async fn rename(&mut self, id: i64, name: String) -> Result<()> {
        Self::rename(self, id, &name).await
    }

    async fn insert(&mut self, user: NewUser) -> Result<i64> {
        let insert = self.statement(INSERT).await?;
        let row = self.client.query_one(&insert, &[&user.name, &user.hair_color]).await?;
        Ok(row.try_get(0)?)
    }

    async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
        self.client.batch_execute("BEGIN").await?;
        for users in users.chunks(CHUNK) {
            let insert = self.insert_of(users.len()).await?;
            let mut values = Vec::<&(dyn ToSql + Sync)>::with_capacity(2 * users.len());
            for user in users {
                values.push(&user.name);
                values.push(&user.hair_color);
            }
            self.client.execute(&insert, &values).await?;
        }
        Ok(self.client.batch_execute("COMMIT").await?)
    }

    async fn transaction(&mut self, id: i64, name: String) -> Result<()> {
        self.client.batch_execute("BEGIN").await?;
        Self::find(self, id).await?.context("no such user")?;
        Self::rename(self, id, &name).await?;
        Ok(self.client.batch_execute("COMMIT").await?)
    }
}

impl Distinct for Raw {
    async fn find_by_bits(&mut self, id: i64, bits: [bool; BITS]) -> Result<Option<User>> {
        let find = self.statement(&sql::find_by_bits(bits, parameter)).await?;
        let bounds = sql::bounds(bits);
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&id];
        values.extend(bounds.iter().map(|bound| bound as &(dyn ToSql + Sync)));
        self.client.query_opt(&find, &values).await?.as_ref().map(user).transpose()
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
