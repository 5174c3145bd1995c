//! What a library must be able to do to take part.

use anyhow::Result;

use crate::{
    data::{NewUser, Post, User},
    workload::Workload,
};

/// One library, on one session (or a pool of one, where it has nothing less).
///
/// Rows are the library's own types and are converted only when answers are compared, never while
/// the clock runs. Inputs arrive owned: they were made before the clock started.
pub trait Contender: Sized + Send + 'static {
    const NAME: &'static str;
    /// What the library cannot express.
    const CANNOT: &'static [Workload] = &[];

    type User: Into<User> + Send + 'static;
    /// A post and its author, in whatever shape the library gives them.
    type Joined: Send + 'static;
    type Pool: Pool;

    /// `database` is what the store gave as its address.
    fn open(database: &str) -> impl Future<Output = Result<Self>> + Send;

    /// The database is in its first state: for libraries that give keys themselves.
    fn restart(&mut self) {}

    /// The first `limit` users by key.
    fn select(&mut self, limit: i64) -> impl Future<Output = Result<Vec<Self::User>>> + Send;

    /// All users by key, one at a time, without collecting them.
    fn stream(
        &mut self,
        each: impl FnMut(Self::User) + Send,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Posts and their authors, for authors with this hair color, by title.
    fn join(&mut self, hair_color: &str) -> impl Future<Output = Result<Vec<Self::Joined>>> + Send;

    fn plain(joined: Self::Joined) -> (User, Post);

    fn find(&mut self, id: i64) -> impl Future<Output = Result<Option<Self::User>>> + Send;

    /// Names the user with this key, in the cheapest form the library offers.
    fn rename(&mut self, id: i64, name: String) -> impl Future<Output = Result<()>> + Send;

    /// Inserts one user and tells its key.
    fn insert(&mut self, user: NewUser) -> impl Future<Output = Result<i64>> + Send;

    /// Inserts all or none, in the fastest form the library offers.
    fn insert_many(&mut self, users: Vec<NewUser>) -> impl Future<Output = Result<()>> + Send;

    /// Begins, finds the user, names it, commits: four steps from the calling task.
    fn transaction(&mut self, id: i64, name: String) -> impl Future<Output = Result<()>> + Send;
}

/// Several sessions of one library, shared by tasks.
pub trait Pool: Clone + Send + Sync + 'static {
    type User: Into<User> + Send + 'static;

    fn open(database: &str, sessions: usize) -> impl Future<Output = Result<Self>> + Send;

    fn find(&self, id: i64) -> impl Future<Output = Result<Option<Self::User>>> + Send;
}
