//! Diesel, sync, on the calling task; its schema and models are diesel-async's too.

use anyhow::Result;
use diesel::{connection::SimpleConnection, prelude::*, sqlite::Sqlite};
use harness::{Contender, NewUser, Pool, Post, Sessions, User};

/// Rows in one INSERT.
const CHUNK: usize = 5_000;

pub const PRAGMAS: &str =
    "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000";

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
#[diesel(table_name = users, check_for_backend(Sqlite))]
pub struct DieselUser {
    id: i64,
    name: String,
    hair_color: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = posts, check_for_backend(Sqlite))]
pub struct DieselPost {
    id: i64,
    user_id: i64,
    title: String,
    body: Option<String>,
}

/// With `None` as NULL, many rows fit in one statement; as "the default" they would go one by one.
#[derive(Insertable)]
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

pub struct Diesel {
    connection: SqliteConnection,
}

impl Diesel {
    fn connect(database: &str) -> Result<Self> {
        let mut connection = SqliteConnection::establish(database)?;
        connection.batch_execute(PRAGMAS)?;
        Ok(Self { connection })
    }

    fn find(connection: &mut SqliteConnection, id: i64) -> QueryResult<Option<DieselUser>> {
        let find = users::table.find(id).select(DieselUser::as_select());
        find.first(connection).optional()
    }

    fn rename(connection: &mut SqliteConnection, id: i64, name: String) -> QueryResult<usize> {
        diesel::update(users::table.find(id)).set(users::name.eq(name)).execute(connection)
    }
}

/// Needs the sync session: diesel-async has no batch insert for SQLite.
pub fn insert_many(connection: &mut SqliteConnection, users: Vec<NewUser>) -> QueryResult<()> {
    let users: Vec<_> = users.into_iter().map(DieselNewUser::from).collect();
    connection.transaction(|connection| {
        for chunk in users.chunks(CHUNK) {
            diesel::insert_into(users::table).values(chunk).execute(connection)?;
        }
        Ok(())
    })
}

impl Contender for Diesel {
    const NAME: &'static str = "diesel";

    type User = DieselUser;
    type Joined = (DieselUser, DieselPost);
    type Pool = DieselPool;

    async fn open(database: &str) -> Result<Self> {
        Self::connect(database)
    }

    async fn select(&mut self, limit: i64) -> Result<Vec<DieselUser>> {
        let select = users::table.order(users::id).limit(limit);
        Ok(select.select(DieselUser::as_select()).load(&mut self.connection)?)
    }

    async fn stream(&mut self, mut each: impl FnMut(DieselUser) + Send) -> Result<()> {
        let select = users::table.order(users::id);
        let rows = select.select(DieselUser::as_select()).load_iter(&mut self.connection)?;
        for user in rows {
            each(user?);
        }
        Ok(())
    }

    async fn join(&mut self, hair_color: &str) -> Result<Vec<Self::Joined>> {
        let join = posts::table
            .inner_join(users::table)
            .filter(users::hair_color.eq(hair_color))
            .order(posts::title)
            .select((DieselUser::as_select(), DieselPost::as_select()));
        Ok(join.load(&mut self.connection)?)
    }

    fn plain((user, post): Self::Joined) -> (User, Post) {
        (user.into(), post.into())
    }

    async fn find(&mut self, id: i64) -> Result<Option<DieselUser>> {
        Ok(Self::find(&mut self.connection, id)?)
    }

    async fn rename(&mut self, id: i64, name: String) -> Result<()> {
        Self::rename(&mut self.connection, id, name)?;
        Ok(())
    }

    async fn insert(&mut self, user: NewUser) -> Result<i64> {
        let insert = diesel::insert_into(users::table).values(DieselNewUser::from(user));
        Ok(insert.returning(users::id).get_result(&mut self.connection)?)
    }

    async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
        Ok(insert_many(&mut self.connection, users)?)
    }

    async fn transaction(&mut self, id: i64, name: String) -> Result<()> {
        self.connection.transaction(|connection| {
            Self::find(connection, id)?;
            Self::rename(connection, id, name)?;
            Ok(())
        })
    }
}

/// Diesel's sessions, each used on the task that holds it.
#[derive(Clone)]
pub struct DieselPool(Sessions<Diesel>);

impl Pool for DieselPool {
    type User = DieselUser;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        let open = |_| Diesel::connect(database);
        let sessions = (0..sessions).map(open).collect::<Result<_>>()?;
        Ok(Self(Sessions::new(sessions)))
    }

    async fn find(&self, id: i64) -> Result<Option<DieselUser>> {
        let mut session = self.0.checkout().await?;
        Ok(Diesel::find(&mut session.connection, id)?)
    }
}
