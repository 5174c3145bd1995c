//! The databases the contenders work on, made and mended by the bare driver.

use std::{path::Path, time::Duration};

use anyhow::Result;

use crate::data::User;

/// Users who have posts.
pub const AUTHORS: i64 = 1_000;
pub const POSTS_PER_AUTHOR: i64 = 10;

/// Every contender has a database of its own, so no one waits for another's locks or checkpoints.
pub trait Store: Send + Sync {
    /// What a contender is told of its database: the path of a file in the folder, which is deleted
    /// in the end, or a URL.
    fn address(&self, folder: &Path, contender: &str) -> String;

    /// Makes the database: tables, users and posts.
    fn create(&self, database: &str) -> Result<()>;

    /// Undoes what a workload wrote, and what it left for later work: a log, dead rows.
    fn reset(&self, database: &str) -> Result<()>;

    /// All users by key, to compare what was written.
    fn users(&self, database: &str) -> Result<Vec<User>>;

    /// Removes what is not in the folder.
    fn remove(&self, database: &str) -> Result<()>;
}

/// A store for `runtime-held`.
pub trait HeldStore: Store {
    /// Adds `events(id, kind, amount)`, large enough that summing it up takes a tenth of a second.
    fn create_events(&self, database: &str) -> Result<()>;

    /// Holds the write lock for that long, after saying that it has it.
    fn hold_write_lock(
        &self,
        database: &str,
        duration: Duration,
        locked: Box<dyn FnOnce() + Send>,
    ) -> Result<()>;
}
