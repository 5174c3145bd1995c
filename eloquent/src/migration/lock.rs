//! One migrator at a time.
//!
//! | the database has | the lock |
//! |---|---|
//! | locks by name | [`named`]: on a session of its own, so that it goes with the process |
//! | one writer at a time | [`turns`]: each migration is a transaction that looks at the history again |
//! | neither, or a pooler in between | [`lease`]: a row with an owner and an end |

mod lease;
mod named;
mod turns;

use std::fmt;
use std::time::{Duration, Instant};

use eloquent_core::value::Uuid;
use eloquent_core::{Error, ErrorKind, Result, async_trait};
use tokio::sync::Mutex;

use super::stop::Stop;
use crate::database::{Apart, Connection};

pub(super) use lease::{TABLE, unlock};

/// What is locked.
const NAME: &str = "eloquent_migrations";

/// A lock that is held. Dropping it gives it up without saying so, which for a lease takes until its end.
#[async_trait]
trait Lock: Send + fmt::Debug {
    /// Whether it is still held.
    async fn verify(&mut self) -> Result<()>;

    /// Gives it back.
    async fn release(self: Box<Self>) -> Result<()>;
}

/// How to wait for a lock.
pub(super) struct Wait {
    pub(super) until: Instant,
    pub(super) bound: Duration,
    pub(super) stop: Stop,
    /// Who waits, for others to read.
    pub(super) actor: String,
    /// A word that nobody else has.
    pub(super) run: String,
}

impl Wait {
    pub(super) fn new(bound: Duration, stop: Stop, actor: &str) -> Self {
        let actor = match actor {
            "" => format!("process {}", std::process::id()),
            actor => format!("{actor}, process {}", std::process::id()),
        };
        let until = Instant::now() + bound;
        Wait { until, bound, stop, actor, run: Uuid::now_v7().to_string() }
    }

    /// Waits a little; false when the time is over.
    async fn pause(&self, round: u32) -> Result<bool> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        let pause = Duration::from_millis(20 << round.min(4)).min(left);
        self.stop
            .cuts(async {
                tokio::time::sleep(pause).await;
                Ok(true)
            })
            .await
    }

    /// The error of a wait that is over.
    fn over(&self, connection: &Connection, holder: &str, remedy: &str) -> Error {
        let message = format!(
            "another migrator has the database, after {:.1?} of waiting: {holder}",
            self.bound
        );
        let error = Error::new(ErrorKind::MigrationLocked, message);
        connection.pool().locate(error).with_hint(remedy.to_owned())
    }
}

/// A lock that is held.
#[derive(Debug)]
pub(super) struct Held(Mutex<Box<dyn Lock>>);

impl Held {
    fn new(lock: impl Lock + 'static) -> Self {
        Held(Mutex::new(Box::new(lock)))
    }

    /// Whether it is still held.
    pub(super) async fn verify(&self) -> Result<()> {
        self.0.lock().await.verify().await
    }

    pub(super) async fn release(self) -> Result<()> {
        self.0.into_inner().release().await
    }
}

/// Waits for the lock. `apart` says that something is to be done outside of transactions.
pub(super) async fn acquire(connection: &Connection, wait: &Wait, apart: bool) -> Result<Held> {
    let capabilities = connection.capabilities().await?;
    let mut session = Apart::open(connection).await?;
    if capabilities.named_locks {
        match named::acquire(connection, session, wait).await? {
            Some(lock) => return Ok(Held::new(lock)),
            None => session = Apart::open(connection).await?,
        }
    } else if capabilities.single_writer
        && !apart
        && !super::tracker::exists(&mut session, lease::TABLE).await?
    {
        return Ok(Held::new(turns::Turns));
    }
    Ok(Held::new(lease::acquire(connection, session, wait).await?))
}

/// The error of a lock that is gone.
fn lost(connection: &Connection) -> Error {
    let message = "the lock was lost while the run went on";
    connection
        .pool()
        .locate(Error::new(ErrorKind::MigrationLocked, message))
        .with_hint("the server or something between has ended its session; run again")
}
