//! Prax, on its own pool of one session, or eight where tasks share.

use anyhow::Result;
use harness::{Contender, NewUser, Pool, Post, Workload};
use prax_orm::{Model, PraxClient, client};
use prax_postgres::{PgEngine, PgPoolBuilder};
use prax_query::{error::QueryResult, filter::FilterValue, types::OrderByField};

/// Rows in one INSERT.
const CHUNK: usize = 1_000;

#[derive(Model, Debug)]
#[prax(table = "users")]
pub struct User {
    #[prax(id, auto)]
    pub id: i64,
    pub name: String,
    pub hair_color: Option<String>,
}

client!(User);

impl From<User> for harness::User {
    fn from(user: User) -> Self {
        let User { id, name, hair_color } = user;
        Self { id, name, hair_color }
    }
}

async fn connect(database: &str, sessions: usize) -> Result<PraxClient<PgEngine>> {
    let pool = PgPoolBuilder::new().url(database).max_connections(sessions).build().await?;
    Ok(PraxClient::new(PgEngine::new(pool)))
}

async fn find(client: &PraxClient<PgEngine>, id: i64) -> QueryResult<Option<User>> {
    client.user().find_unique().r#where(user::id::equals(id)).exec_optional().await
}

async fn rename(client: &PraxClient<PgEngine>, id: i64, name: String) -> QueryResult<u64> {
    client.user().update_many().r#where(user::id::equals(id)).set("name", name).exec().await
}

fn value(text: Option<String>) -> FilterValue {
    text.map_or(FilterValue::Null, FilterValue::String)
}

pub struct Prax(PraxClient<PgEngine>);

impl Contender for Prax {
    const NAME: &'static str = "prax";
    /// Only has-many relations can be loaded, and those neither filtered nor ordered.
    const CANNOT: &'static [Workload] = &[Workload::Stream10000, Workload::Join];

    type User = User;
    type Joined = (harness::User, Post);
    type Pool = PraxPool;

    async fn open(database: &str) -> Result<Self> {
        Ok(Self(connect(database, 1).await?))
    }

    async fn select(&mut self, limit: i64) -> Result<Vec<User>> {
        let users = self.0.user().find_many().order_by(OrderByField::asc("id"));
        Ok(users.take(u64::try_from(limit)?).exec().await?)
    }

    async fn stream(&mut self, _: impl FnMut(User) + Send) -> Result<()> {
        anyhow::bail!("Prax has no stream")
    }

    async fn join(&mut self, _: &str) -> Result<Vec<Self::Joined>> {
        anyhow::bail!("Prax has no join")
    }

    fn plain(pair: Self::Joined) -> (harness::User, Post) {
        pair
    }

    async fn find(&mut self, id: i64) -> Result<Option<User>> {
        Ok(find(&self.0, id).await?)
    }

    async fn rename(&mut self, id: i64, name: String) -> Result<()> {
        rename(&self.0, id, name).await?;
        Ok(())
    }

    async fn insert(&mut self, user: NewUser) -> Result<i64> {
        let create = self.0.user().create().set("name", user.name);
        Ok(create.set("hair_color", value(user.hair_color)).exec().await?.id)
    }

    async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
        let insert = |client: PraxClient<PgEngine>| async move {
            let mut users = users.into_iter().peekable();
            while users.peek().is_some() {
                let rows = users.by_ref().take(CHUNK);
                let rows = rows.map(|user| [user.name.into(), value(user.hair_color)]);
                let create = client.user().create_many().columns(["name", "hair_color"]);
                create.rows(rows).exec().await?;
            }
            Ok(())
        };
        Ok(self.0.transaction(insert).await?)
    }

    async fn transaction(&mut self, id: i64, name: String) -> Result<()> {
        let work = move |client: PraxClient<PgEngine>| async move {
            find(&client, id).await?;
            rename(&client, id, name).await?;
            Ok(())
        };
        Ok(self.0.transaction(work).await?)
    }
}

#[derive(Clone)]
pub struct PraxPool(PraxClient<PgEngine>);

impl Pool for PraxPool {
    type User = User;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        Ok(Self(connect(database, sessions).await?))
    }

    async fn find(&self, id: i64) -> Result<Option<User>> {
        Ok(find(&self.0, id).await?)
    }
}
