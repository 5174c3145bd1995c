//! sqlx: one bare session, and its own pool where tasks share.

use anyhow::Result;
use futures_util::TryStreamExt;
use harness::{Contender, Held, NewUser, Pool, Post, User};
use sqlx::{
    Connection, Executor, FromRow, QueryBuilder, Row, Sqlite, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow, SqliteSynchronous},
};

use crate::sql::{self, FIND, INSERT, JOIN, NOTE, RENAME, STREAM, TOTAL};

/// Rows in one INSERT.
const CHUNK: usize = 5_000;

pub struct SqlxUser(User);

impl From<SqlxUser> for User {
    fn from(user: SqlxUser) -> Self {
        user.0
    }
}

impl FromRow<'_, SqliteRow> for SqlxUser {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(User { id: row.try_get(0)?, name: row.try_get(1)?, hair_color: row.try_get(2)? }))
    }
}

struct Pair(SqlxUser, Post);

impl FromRow<'_, SqliteRow> for Pair {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let post = Post {
            id: row.try_get(3)?,
            user_id: row.try_get(4)?,
            title: row.try_get(5)?,
            body: row.try_get(6)?,
        };
        Ok(Self(SqlxUser::from_row(row)?, post))
    }
}

pub struct Sqlx {
    connection: SqliteConnection,
}

fn options(database: &str) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(database)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
}

async fn find<'c>(
    executor: impl Executor<'c, Database = Sqlite>,
    id: i64,
) -> Result<Option<SqlxUser>> {
    Ok(sqlx::query_as(FIND).bind(id).fetch_optional(executor).await?)
}

async fn rename<'c>(
    executor: impl Executor<'c, Database = Sqlite>,
    id: i64,
    name: String,
) -> Result<()> {
    sqlx::query(RENAME).bind(id).bind(name).execute(executor).await?;
    Ok(())
}

impl Contender for Sqlx {
    const NAME: &'static str = "sqlx";

    type User = SqlxUser;
    type Joined = (SqlxUser, Post);
    type Pool = SqlxPool;

    async fn open(database: &str) -> Result<Self> {
        let connection = SqliteConnection::connect_with(&options(database)).await?;
        Ok(Self { connection })
    }

    async fn select(&mut self, limit: i64) -> Result<Vec<SqlxUser>> {
        let select = sqlx::query_as(sql::select(limit));
        Ok(select.fetch_all(&mut self.connection).await?)
    }

    async fn stream(&mut self, mut each: impl FnMut(SqlxUser) + Send) -> Result<()> {
        let mut users = sqlx::query_as(STREAM).fetch(&mut self.connection);
        while let Some(user) = users.try_next().await? {
            each(user);
        }
        Ok(())
    }

    async fn join(&mut self, hair_color: &str) -> Result<Vec<Self::Joined>> {
        let pairs: Vec<Pair> =
            sqlx::query_as(JOIN).bind(hair_color).fetch_all(&mut self.connection).await?;
        Ok(pairs.into_iter().map(|Pair(user, post)| (user, post)).collect())
    }

    fn plain((user, post): Self::Joined) -> (User, Post) {
        (user.into(), post)
    }

    async fn find(&mut self, id: i64) -> Result<Option<SqlxUser>> {
        find(&mut self.connection, id).await
    }

    async fn rename(&mut self, id: i64, name: String) -> Result<()> {
        rename(&mut self.connection, id, name).await
    }

    async fn insert(&mut self, user: NewUser) -> Result<i64> {
        let inserted = sqlx::query(INSERT)
            .bind(user.name)
            .bind(user.hair_color)
            .execute(&mut self.connection)
            .await?;
        Ok(inserted.last_insert_rowid())
    }

    async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
        let mut transaction = self.connection.begin().await?;
        let mut users = users.into_iter().peekable();
        while users.peek().is_some() {
            let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO users (name, hair_color) ");
            insert.push_values(users.by_ref().take(CHUNK), |mut row, user| {
                row.push_bind(user.name).push_bind(user.hair_color);
            });
            insert.build().execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn transaction(&mut self, id: i64, name: String) -> Result<()> {
        let mut transaction = self.connection.begin().await?;
        find(&mut *transaction, id).await?;
        rename(&mut *transaction, id, name).await?;
        Ok(transaction.commit().await?)
    }
}

#[derive(Clone)]
pub struct SqlxPool(SqlitePool);

impl Pool for SqlxPool {
    type User = SqlxUser;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        let size = u32::try_from(sessions)?;
        let pool = SqlitePoolOptions::new()
            .max_connections(size)
            .min_connections(size)
            .connect_with(options(database))
            .await?;
        Ok(Self(pool))
    }

    async fn find(&self, id: i64) -> Result<Option<SqlxUser>> {
        find(&self.0, id).await
    }
}

impl Held for SqlxPool {
    async fn total(&self) -> Result<i64> {
        let total = sqlx::query_scalar(TOTAL);
        Ok(total.fetch_one(&self.0).await?)
    }

    async fn note(&self, body: String) -> Result<()> {
        let insert = sqlx::query(NOTE);
        insert.bind(body).execute(&self.0).await?;
        Ok(())
    }
}
