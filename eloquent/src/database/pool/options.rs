//! How the sessions of a connection are kept.

use std::time::Duration;

/// How the sessions of a connection are kept.
///
/// ```
/// # fn main() -> eloquent::Result<()> {
/// use std::time::Duration;
/// use eloquent::{Db, PoolOptions};
///
/// let mut options = PoolOptions::default()
///     .max_sessions(20)
///     .acquire_timeout(Duration::from_secs(2))
///     .statement_timeout(Duration::from_secs(30));
/// options.connect_timeout = Duration::from_secs(5);
/// let db = Db::builder().url("app", "sqlite:app.sqlite").pool(options).build()?;
/// assert_eq!(db.connection("app")?.status().max_sessions, 20);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolOptions {
    /// How many sessions at most; 8 by default.
    pub max_sessions: usize,
    /// How long to wait for a session; 10 seconds by default.
    pub acquire_timeout: Duration,
    /// How long opening a session may take; 10 seconds by default.
    pub connect_timeout: Duration,
    /// How long a session may take to become as new after a future was dropped; 1 second by default.
    pub reset_timeout: Duration,
    /// How long a statement may take; no limit by default.
    pub statement_timeout: Option<Duration>,
    /// After how long a session is replaced by a new one; never by default.
    pub max_lifetime: Option<Duration>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        PoolOptions {
            max_sessions: 8,
            acquire_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
            reset_timeout: Duration::from_secs(1),
            statement_timeout: None,
            max_lifetime: None,
        }
    }
}

impl PoolOptions {
    /// Sets how many sessions there are at most.
    #[must_use]
    pub fn max_sessions(mut self, most: usize) -> Self {
        self.max_sessions = most;
        self
    }

    /// Sets how long to wait for a session.
    #[must_use]
    pub fn acquire_timeout(mut self, bound: Duration) -> Self {
        self.acquire_timeout = bound;
        self
    }

    /// Sets how long a statement may take.
    #[must_use]
    pub fn statement_timeout(mut self, bound: Duration) -> Self {
        self.statement_timeout = Some(bound);
        self
    }

    /// Sets after how long a session is replaced.
    #[must_use]
    pub fn max_lifetime(mut self, bound: Duration) -> Self {
        self.max_lifetime = Some(bound);
        self
    }
}
