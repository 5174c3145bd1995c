//! sqlx: one bare session, or several in a pool of ours; and as a contender of its own, its pool.

use anyhow::Result;
use futures_util::TryStreamExt;
use harness::{BITS, Contender, Distinct, NewUser, Pool, Post, Sessions, User};
use sqlx::{
    AssertSqlSafe, Connection, Database, Executor, FromRow, QueryBuilder, Row, pool::PoolOptions,
};

use super::{
    session::{Server, insert_with_sqlx},
    sql::{FIND, JOIN, RENAME, parameter},
};
use crate::{
    connect::of_sqlx,
    sql::{self, STREAM},
};

/// Rows in one INSERT.
const CHUNK: usize = 1_000;

type Session = <Server as Database>::Connection;
type ServerRow = <Server as Database>::Row;

pub struct SqlxUser(User);

impl From<SqlxUser> for User {
    fn from(user: SqlxUser) -> Self {
        user.0
    }
}

impl FromRow<'_, ServerRow> for SqlxUser {
    fn from_row(row: &ServerRow) -> sqlx::Result<Self> {
        Ok(Self(User { id: row.try_get(0)?, name: row.try_get(1)?, hair_color: row.try_get(2)? }))
    }
}

pub struct Pair(SqlxUser, Post);

impl FromRow<'_, ServerRow> for Pair {
    fn from_row(row: &ServerRow) -> sqlx::Result<Self> {
        let post = Post {
            id: row.try_get(3)?,
            user_id: row.try_get(4)?,
            title: row.try_get(5)?,
            body: row.try_get(6)?,
        };
        Ok(Self(SqlxUser::from_row(row)?, post))
    }
}

async fn find<'c>(
    executor: impl Executor<'c, Database = Server>,
    id: i64,
) -> Result<Option<SqlxUser>> {
    Ok(sqlx::query_as(FIND).bind(id).fetch_optional(executor).await?)
}

async fn rename<'c>(
    executor: impl Executor<'c, Database = Server>,
    id: i64,
    name: String,
) -> Result<()> {
    sqlx::query(RENAME).bind(name).bind(id).execute(executor).await?;
    Ok(())
}

/// What both contenders do, on whatever they get a session from.
macro_rules! contender {
    ($name:literal, $pool:ty) => {
        const NAME: &'static str = $name;

        type User = SqlxUser;
        type Joined = Pair;
        type Pool = $pool;

        async fn select(&mut self, limit: i64) -> Result<Vec<SqlxUser>> {
            let select = sqlx::query_as(sql::select(limit));
            Ok(select.fetch_all(self.executor()).await?)
        }

        async fn stream(&mut self, mut each: impl FnMut(SqlxUser) + Send) -> Result<()> {
            let mut users = sqlx::query_as(STREAM).fetch(self.executor());
            while let Some(user) = users.try_next().await? {
                each(user);
            }
            Ok(())
        }

        async fn join(&mut self, hair_color: &str) -> Result<Vec<Pair>> {
            Ok(sqlx::query_as(JOIN).bind(hair_color).fetch_all(self.executor()).await?)
        }

        fn plain(Pair(user, post): Pair) -> (User, Post) {
            (user.into(), post)
        }

        async fn find(&mut self, id: i64) -> Result<Option<SqlxUser>> {
            find(self.executor(), id).await
        }

        async fn rename(&mut self, id: i64, name: String) -> Result<()> {
            rename(self.executor(), id, name).await
        }

        async fn insert(&mut self, user: NewUser) -> Result<i64> {
            insert_with_sqlx(self.executor(), user).await
        }

        async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
            let mut transaction = self.executor().begin().await?;
            let mut users = users.into_iter().peekable();
            while users.peek().is_some() {
                let mut insert =
                    QueryBuilder::<Server>::new("INSERT INTO users (name, hair_color) ");
                insert.push_values(users.by_ref().take(CHUNK), |mut row, user| {
                    row.push_bind(user.name).push_bind(user.hair_color);
                });
                insert.build().execute(&mut *transaction).await?;
            }
            Ok(transaction.commit().await?)
        }

        async fn transaction(&mut self, id: i64, name: String) -> Result<()> {
            let mut transaction = self.executor().begin().await?;
            find(&mut *transaction, id).await?;
            rename(&mut *transaction, id, name).await?;
            Ok(transaction.commit().await?)
        }
    };
}

pub struct Sqlx(Session);

impl Sqlx {
    fn executor(&mut self) -> &mut Session {
        &mut self.0
    }
}

impl Contender for Sqlx {
    contender!("sqlx", SqlxSessions);

    async fn open(database: &str) -> Result<Self> {
        Ok(Self(Session::connect(&of_sqlx(database)).await?))
    }
}

impl Distinct for Sqlx {
    async fn find_by_bits(&mut self, id: i64, bits: [bool; BITS]) -> Result<Option<SqlxUser>> {
        let find = AssertSqlSafe(sql::find_by_bits(bits, parameter));
        let mut find = sqlx::query_as(find).bind(id);
        for bound in sql::bounds(bits) {
            find = find.bind(bound);
        }
        Ok(find.fetch_optional(&mut self.0).await?)
    }
}

#[derive(Clone)]
pub struct SqlxSessions(Sessions<Session>);

impl Pool for SqlxSessions {
    type User = SqlxUser;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        let mut open = Vec::new();
        for _ in 0..sessions {
            open.push(Session::connect(&of_sqlx(database)).await?);
        }
        Ok(Self(Sessions::new(open)))
    }

    async fn find(&self, id: i64) -> Result<Option<SqlxUser>> {
        find(&mut *self.0.checkout().await?, id).await
    }
}

/// sqlx's pool with its defaults, of one session or as many as are asked for.
#[derive(Clone)]
pub struct SqlxPooled(sqlx::Pool<Server>);

impl SqlxPooled {
    fn executor(&self) -> &sqlx::Pool<Server> {
        &self.0
    }
}

impl Contender for SqlxPooled {
    contender!("sqlx-pool", Self);

    async fn open(database: &str) -> Result<Self> {
        <Self as Pool>::open(database, 1).await
    }
}

impl Pool for SqlxPooled {
    type User = SqlxUser;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        let size = u32::try_from(sessions)?;
        let pool = PoolOptions::new().max_connections(size).min_connections(size);
        Ok(Self(pool.connect(&of_sqlx(database)).await?))
    }

    async fn find(&self, id: i64) -> Result<Option<SqlxUser>> {
        find(&self.0, id).await
    }
}
