//! Toasty, on its own pool of one session, or eight where tasks share.

use anyhow::Result;
use harness::{Contender, NewUser, Pool, Workload};
use toasty::{Db, Executor};

use crate::connect;

/// Rows in one INSERT.
const CHUNK: usize = 1_000;

/// Keys are unsigned: a subquery over signed ones panics in Toasty 0.11.
#[derive(Debug, toasty::Model)]
#[table = "users"]
pub struct User {
    #[key]
    #[auto]
    id: u64,
    name: String,
    hair_color: Option<String>,
}

#[derive(Debug, toasty::Model)]
#[table = "posts"]
pub struct Post {
    #[key]
    #[auto]
    id: u64,
    #[index]
    user_id: u64,
    #[belongs_to(key = user_id, references = id)]
    user: toasty::Deferred<User>,
    title: String,
    body: Option<String>,
}

impl From<User> for harness::User {
    fn from(user: User) -> Self {
        let User { id, name, hair_color } = user;
        Self { id: signed(id), name, hair_color }
    }
}

fn signed(key: u64) -> i64 {
    key.cast_signed()
}

fn unsigned(key: i64) -> u64 {
    key.cast_unsigned()
}

async fn find(executor: &mut dyn Executor, id: i64) -> Result<Option<User>> {
    Ok(User::filter_by_id(unsigned(id)).first().exec(executor).await?)
}

async fn rename(executor: &mut dyn Executor, id: i64, name: String) -> Result<()> {
    Ok(User::filter_by_id(unsigned(id)).update().name(name).exec(executor).await?)
}

pub struct Toasty {
    db: Db,
}

impl Contender for Toasty {
    const NAME: &'static str = "toasty";
    const CANNOT: &'static [Workload] = &[Workload::Stream10000];

    type User = User;
    type Joined = Post;
    type Pool = ToastyPool;

    async fn open(database: &str) -> Result<Self> {
        Ok(Self { db: connect::toasty(database, 1).await? })
    }

    async fn select(&mut self, limit: i64) -> Result<Vec<User>> {
        let select = User::all().order_by(User::fields().id().asc());
        Ok(select.limit(usize::try_from(limit)?).exec(&mut self.db).await?)
    }

    async fn stream(&mut self, _: impl FnMut(User) + Send) -> Result<()> {
        anyhow::bail!("Toasty has no stream")
    }

    /// Two statements: posts by a subquery on their authors, then the authors.
    async fn join(&mut self, hair_color: &str) -> Result<Vec<Post>> {
        let author = Post::fields().user();
        let posts = Post::filter(author.hair_color().eq(hair_color))
            .include(Post::fields().user())
            .order_by(Post::fields().title().asc());
        Ok(posts.exec(&mut self.db).await?)
    }

    fn plain(post: Post) -> (harness::User, harness::Post) {
        let user = post.user.get();
        let user = harness::User {
            id: signed(user.id),
            name: user.name.clone(),
            hair_color: user.hair_color.clone(),
        };
        let Post { id, user_id, title, body, .. } = post;
        (user, harness::Post { id: signed(id), user_id: signed(user_id), title, body })
    }

    async fn find(&mut self, id: i64) -> Result<Option<User>> {
        find(&mut self.db, id).await
    }

    async fn rename(&mut self, id: i64, name: String) -> Result<()> {
        rename(&mut self.db, id, name).await
    }

    async fn insert(&mut self, user: NewUser) -> Result<i64> {
        let insert = toasty::create!(User { name: user.name, hair_color: user.hair_color });
        Ok(signed(insert.exec(&mut self.db).await?.id))
    }

    async fn insert_many(&mut self, users: Vec<NewUser>) -> Result<()> {
        let mut transaction = self.db.transaction().await?;
        let mut users = users.into_iter().peekable();
        while users.peek().is_some() {
            let mut insert = User::create_many();
            for user in users.by_ref().take(CHUNK) {
                insert =
                    insert.with_item(|create| create.name(user.name).hair_color(user.hair_color));
            }
            insert.exec(&mut transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn transaction(&mut self, id: i64, name: String) -> Result<()> {
        let mut transaction = self.db.transaction().await?;
        find(&mut transaction, id).await?;
        rename(&mut transaction, id, name).await?;
        Ok(transaction.commit().await?)
    }
}

#[derive(Clone)]
pub struct ToastyPool(Db);

impl Pool for ToastyPool {
    type User = User;

    async fn open(database: &str, sessions: usize) -> Result<Self> {
        Ok(Self(connect::toasty(database, sessions).await?))
    }

    async fn find(&self, id: i64) -> Result<Option<User>> {
        find(&mut self.0.clone(), id).await
    }
}
