//! diesel-async on one session, or several in a pool of ours.

use anyhow::Result;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, Queryable, Selectable,
    SelectableHelper,
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use futures_util::TryStreamExt;
use harness::{Contender, NewUser, Pool, Post, Sessions, User};

use super::session::{Session, insert_with_diesel};

/// Rows in one INSERT.
const CHUNK: usize = 1_000;

diesel::table! {
    users (id) {
        id -> BigInt,
        name -> Text,
        hair_color -> Nullable<Text>,
    }
}

diesel::table! {
    posts (id) {
        id -> BigInt,
        user_id -> BigInt,
        title -> Text,
        body -> Nullable<Text>,
    }
}

diesel::joinable!(posts -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(posts, users);

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct DieselUser {
    id: i64,
    name: String,
    hair_color: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = posts)]
pub struct DieselPost {
    id: i64,
    user_id: i64,
    title: String,
    body: Option<String>,
}

#[derive(diesel::Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct DieselNewUser {
    name: String,
    hair_color: Option<String>,
}

impl From<NewUser> for DieselNewUser {
    fn from(user: NewUser) -> Self {
        let NewUser { name, hair_color } = user;
        Self { name, hair_color }
    }
}

impl From<DieselUser> for User {
    fn from(user: DieselUser) -> Self {
        let DieselUser { id, name, hair_color } = user;
        Self { id, name, hair_color }
    }
}

impl From<DieselPost> for Post {
    fn from(post: DieselPost) -> Self {
        let DieselPost { id, user_id, title, body } = post;
        Self { id, user_id, title, body }
    }
}

pub struct DieselAsync(Session);

async fn find(connection: &mut Session, id: i64) -> QueryResult<Option<DieselUser>> {
    let find = users::table.find(id).select(DieselUser::as_select());
    find.first(connection).await.optional()
}

async fn rename(connection: &mut Session, id: i64, name: String) -> QueryResult<usize> {
    diesel::update(users::table.find(id)).set(users::name.eq(name)).execute(connection).await
}

impl Contender for DieselAsync {
    const NAME: &'static str = "diesel-async";

    type User = DieselUser;
    type Joined = (DieselUser, DieselPost);
    type Pool = DieselAsyncPool;

    async fn open(database: &str) -> Result<Self> {
        Ok(Self(Session::establish(database).await?))
    }

    async fn select(&mut self, limit: i64) -> Result<Vec<DieselUser>> {
        let select = users::table.order(users::id).limit(limit);
        Ok(select.select(DieselUser::as_select()).load(&mut self.0).await?)
    }

    async fn stream(&mut self, mut each: impl FnMut(DieselUser) + Send) -> Result<()> {
        let select = users::table.order(users::id);
        let mut rows = select.select(DieselUser::as_select()).load_stream(&mut self.0).await?;
        while let Some(user) = rows.try_next().await? {
            each(user);
        }
        Ok(())
    }

    async fn join(&mut self, hair_color: &str) -> Result<Vec<Self::Joined>> {
        let join = posts::table
            .inner_join(users::table)
            .filter(users::hair_color.eq(hair_color.to_owned()))
            .order(posts::title)
            .select((DieselUser::as_select(), DieselPost::as_select()));
        Ok(join.load(&mut self.0).await?)
    }

    fn plain((user, post): Self::Joined) -> (User, Post) {
        (user.into(), post.into())
    }

    async fn find(&mut self, id: i64) -> Result<Option<DieselUser>> {
        Ok(find(&mut self.0, id).await?)
    }

    async fn rename(&mut self, id: i64, name: String) -> Result<()> {
        rename(&mut self.0, id, name).await?;
        Ok(())
    }

    async fn insert(&mut self, user: NewUser) -> Result<i64> {
        insert_with_diesel(&mut self.0, user.into()).await
    }

    async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
        let users: Vec<_> = users.into_iter().map(DieselNewUser::from).collect();
        self.0
            .transaction(async |connection| {
                for chunk in users.chunks(CHUNK) {
                    diesel::insert_into(users::table).values(chunk).execute(connection).await?;
                }
                Ok(())
            })
            .await
    }

    async fn transaction(&mut self, id: i64, name: String) -> Result<()> {
        self.0
            .transaction(async |connection| {
                find(connection, id).await?;
                rename(connection, id, name).await?;
                Ok(())
            })
            .await
    }
}

#[derive(Clone)]
pub struct DieselAsyncPool(Sessions<Session>);

impl Pool for DieselAsyncPool {
    type User = DieselUser;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        let mut open = Vec::new();
        for _ in 0..sessions {
            open.push(Session::establish(database).await?);
        }
        Ok(Self(Sessions::new(open)))
    }

    async fn find(&self, id: i64) -> Result<Option<DieselUser>> {
        Ok(find(&mut *self.0.checkout().await?, id).await?)
    }
}
