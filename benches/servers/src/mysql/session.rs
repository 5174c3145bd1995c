//! What the contenders of both servers need to know of MariaDB.

use anyhow::Result;
use diesel_async::{AsyncMysqlConnection, RunQueryDsl};
use harness::NewUser;
use sqlx::Executor;

use super::{
    diesel_async::{DieselNewUser, users},
    sql::INSERT,
};

pub type Server = sqlx::MySql;
pub type Session = AsyncMysqlConnection;

pub async fn insert_with_sqlx<'c>(
    executor: impl Executor<'c, Database = Server>,
    user: NewUser,
) -> Result<i64> {
    let insert = sqlx::query(INSERT).bind(user.name).bind(user.hair_color);
    Ok(insert.execute(executor).await?.last_insert_id().try_into()?)
}

diesel::define_sql_function! {
    fn last_insert_id() -> diesel::sql_types::Unsigned<diesel::sql_types::BigInt>;
}

/// Two statements: Diesel does not tell what the server said of the key.
pub async fn insert_with_diesel(session: &mut Session, user: DieselNewUser) -> Result<i64> {
    diesel::insert_into(users::table).values(user).execute(session).await?;
    let key: u64 = diesel::select(last_insert_id()).get_result(session).await?;
    Ok(key.try_into()?)
}
