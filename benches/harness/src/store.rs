//! The files the contenders work on, made and mended by the bare driver.

use std::{path::Path, time::Duration};

use anyhow::Result;

use crate::data::User;

/// Users who have posts.
pub const AUTHORS: i64 = 1_000;
pub const POSTS_PER_AUTHOR: i64 = 10;

/// Every contender has a file of its own, so no one waits for another's locks or checkpoints.
pub trait Store: Send + Sync {
    /// Makes the file: tables, users and posts, in WAL mode.
    fn create(&self, database: &Path) -> Result<()>;

    /// Adds `events(id, kind, amount)`, large enough that summing it up takes a tenth of a second.
    fn create_events(&self, database: &Path) -> Result<()>;

    /// Undoes what a workload wrote and empties the write-ahead log.
    fn reset(&self, database: &Path) -> Result<()>;

    /// All users by key, to compare what was written.
    fn users(&self, database: &Path) -> Result<Vec<User>>;

    /// Holds the file's write lock for that long, after saying that it has it.
    fn hold_write_lock(
        &self,
        database: &Path,
        duration: Duration,
        locked: Box<dyn FnOnce() + Send>,
    ) -> Result<()>;
}
