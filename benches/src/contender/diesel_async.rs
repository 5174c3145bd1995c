//! diesel-async, whose SQLite session hands every statement to Tokio's blocking threads.

use anyhow::Result;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper};
use diesel_async::{
    AsyncConnection, RunQueryDsl, SimpleAsyncConnection,
    sync_connection_wrapper::SyncConnectionWrapper,
};
use futures_util::TryStreamExt;
use harness::{Contender, NewUser, Pool, Post, Sessions, User};

use super::diesel::{DieselNewUser, DieselPost, DieselUser, PRAGMAS, insert_many, posts, users};

type Session = SyncConnectionWrapper<diesel::SqliteConnection>;

pub struct DieselAsync {
    connection: Session,
}

impl DieselAsync {
    async fn connect(database: &str) -> Result<Self> {
        let mut connection = Session::establish(database).await?;
        connection.batch_execute(PRAGMAS).await?;
        Ok(Self { connection })
    }
}

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
        Self::connect(database).await
    }

    async fn select(&mut self, limit: i64) -> Result<Vec<DieselUser>> {
        let select = users::table.order(users::id).limit(limit);
        Ok(select.select(DieselUser::as_select()).load(&mut self.connection).await?)
    }

    async fn stream(&mut self, mut each: impl FnMut(DieselUser) + Send) -> Result<()> {
        let select = users::table.order(users::id);
        let mut rows =
            select.select(DieselUser::as_select()).load_stream(&mut self.connection).await?;
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
        Ok(join.load(&mut self.connection).await?)
    }

    fn plain((user, post): Self::Joined) -> (User, Post) {
        (user.into(), post.into())
    }

    async fn find(&mut self, id: i64) -> Result<Option<DieselUser>> {
        Ok(find(&mut self.connection, id).await?)
    }

    async fn rename(&mut self, id: i64, name: String) -> Result<()> {
        rename(&mut self.connection, id, name).await?;
        Ok(())
    }

    async fn insert(&mut self, user: NewUser) -> Result<i64> {
        let insert = diesel::insert_into(users::table).values(DieselNewUser::from(user));
        Ok(insert.returning(users::id).get_result(&mut self.connection).await?)
    }

    async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
        let insert = |connection: &mut _| insert_many(connection, users);
        Ok(self.connection.spawn_blocking(insert).await?)
    }

    async fn transaction(&mut self, id: i64, name: String) -> Result<()> {
        self.connection
            .transaction(async |connection| {
                find(connection, id).await?;
                rename(connection, id, name).await?;
                Ok(())
            })
            .await
    }
}

#[derive(Clone)]
pub struct DieselAsyncPool(Sessions<DieselAsync>);

impl Pool for DieselAsyncPool {
    type User = DieselUser;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        let mut open = Vec::new();
        for _ in 0..sessions {
            open.push(DieselAsync::connect(database).await?);
        }
        Ok(Self(Sessions::new(open)))
    }

    async fn find(&self, id: i64) -> Result<Option<DieselUser>> {
        let mut session = self.0.checkout().await?;
        Ok(find(&mut session.connection, id).await?)
    }
}
