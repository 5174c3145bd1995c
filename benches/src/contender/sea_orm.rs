//! SeaORM, on its own pool of one session, or eight where tasks share.

use anyhow::{Context, Result};
use futures_util::TryStreamExt;
use harness::{Contender, NewUser, Pool, Post, User};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection,
    EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait, sea_query::Expr,
};

use crate::connect;

/// Rows in one INSERT.
const CHUNK: usize = 5_000;

mod user {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub hair_color: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::post::Entity")]
        Posts,
    }

    impl Related<super::post::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Posts.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}

    impl From<Model> for harness::User {
        fn from(user: Model) -> Self {
            Self { id: user.id, name: user.name, hair_color: user.hair_color }
        }
    }
}

mod post {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "posts")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub user_id: i64,
        pub title: String,
        pub body: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::user::Entity",
            from = "Column::UserId",
            to = "super::user::Column::Id"
        )]
        User,
    }

    impl Related<super::user::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}

    impl From<Model> for harness::Post {
        fn from(post: Model) -> Self {
            Self { id: post.id, user_id: post.user_id, title: post.title, body: post.body }
        }
    }
}

fn active(user: NewUser) -> user::ActiveModel {
    user::ActiveModel {
        name: Set(user.name),
        hair_color: Set(user.hair_color),
        ..Default::default()
    }
}

async fn rename(connection: &impl ConnectionTrait, id: i64, name: String) -> Result<()> {
    user::Entity::update_many()
        .col_expr(user::Column::Name, Expr::value(name))
        .filter(user::Column::Id.eq(id))
        .exec(connection)
        .await?;
    Ok(())
}

pub struct SeaOrm {
    connection: DatabaseConnection,
}

impl Contender for SeaOrm {
    const NAME: &'static str = "sea-orm";

    type User = user::Model;
    type Joined = (user::Model, post::Model);
    type Pool = SeaOrmPool;

    async fn open(database: &str) -> Result<Self> {
        let connection = connect::sea_orm(database, 1).await?;
        Ok(Self { connection })
    }

    async fn select(&mut self, limit: i64) -> Result<Vec<user::Model>> {
        let select = user::Entity::find().order_by_asc(user::Column::Id);
        let limit = u64::try_from(limit)?;
        Ok(select.limit(limit).all(&self.connection).await?)
    }

    async fn stream(&mut self, mut each: impl FnMut(user::Model) + Send) -> Result<()> {
        let select = user::Entity::find().order_by_asc(user::Column::Id);
        let mut users = select.stream(&self.connection).await?;
        while let Some(user) = users.try_next().await? {
            each(user);
        }
        Ok(())
    }

    async fn join(&mut self, hair_color: &str) -> Result<Vec<Self::Joined>> {
        let rows = post::Entity::find()
            .find_also_related(user::Entity)
            .filter(user::Column::HairColor.eq(hair_color))
            .order_by_asc(post::Column::Title)
            .all(&self.connection)
            .await?;
        rows.into_iter()
            .map(|(post, user)| Ok((user.context("a post has an author")?, post)))
            .collect()
    }

    fn plain((user, post): Self::Joined) -> (User, Post) {
        (user.into(), post.into())
    }

    async fn find(&mut self, id: i64) -> Result<Option<user::Model>> {
        Ok(user::Entity::find_by_id(id).one(&self.connection).await?)
    }

    async fn rename(&mut self, id: i64, name: String) -> Result<()> {
        rename(&self.connection, id, name).await
    }

    async fn insert(&mut self, user: NewUser) -> Result<i64> {
        Ok(active(user).insert(&self.connection).await?.id)
    }

    async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
        let transaction = self.connection.begin().await?;
        let mut users = users.into_iter().map(active).peekable();
        while users.peek().is_some() {
            user::Entity::insert_many(users.by_ref().take(CHUNK)).exec(&transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn transaction(&mut self, id: i64, name: String) -> Result<()> {
        let transaction = self.connection.begin().await?;
        user::Entity::find_by_id(id).one(&transaction).await?;
        rename(&transaction, id, name).await?;
        Ok(transaction.commit().await?)
    }
}

#[derive(Clone)]
pub struct SeaOrmPool(DatabaseConnection);

impl Pool for SeaOrmPool {
    type User = user::Model;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        Ok(Self(connect::sea_orm(database, u32::try_from(sessions)?).await?))
    }

    async fn find(&self, id: i64) -> Result<Option<user::Model>> {
        Ok(user::Entity::find_by_id(id).one(&self.0).await?)
    }
}
