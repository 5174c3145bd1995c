//! What the contenders of both servers need to know of PostgreSQL.

use anyhow::Result;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use harness::NewUser;
use sqlx::Executor;

use super::{
    diesel_async::{DieselNewUser, users},
    sql::INSERT,
};

pub type Server = sqlx::Postgres;
pub type Session = AsyncPgConnection;

pub async fn insert_with_sqlx<'c>(
    executor: impl Executor<'c, Database = Server>,
    user: NewUser,
) -> Result<i64> {
    let insert = sqlx::query_scalar(INSERT).bind(user.name).bind(user.hair_color);
    Ok(insert.fetch_one(executor).await?)
}

pub async fn insert_with_diesel(session: &mut Session, user: DieselNewUser) -> Result<i64> {
    let insert = diesel::insert_into(users::table).values(user).returning(users::id);
    Ok(insert.get_result(session).await?)
}
