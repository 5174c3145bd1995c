//! How busy a pool is.

/// How many sessions there are, and where. See [`Connection::status`](crate::Connection::status).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> eloquent::Result<()> {
/// # let db = eloquent::Db::connect("sqlite::memory:").await?;
/// let transaction = db.begin().await?;
/// let status = db.connection("sqlite")?.status();
/// assert_eq!((status.in_use, status.waiting), (1, 0));
/// transaction.rollback().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatus {
    /// How many there may be.
    pub max_sessions: usize,
    /// How many are lent out, being opened or being reset.
    pub in_use: usize,
    /// How many are ready.
    pub idle: usize,
    /// How many callers wait for one.
    pub waiting: usize,
}
