//! Named connections.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use eloquent_core::driver::{Capabilities, Connection, Session, Transport};
use eloquent_core::sql::{Dialect as _, StatementCache};
use eloquent_core::{Error, ErrorKind, Result, async_trait};
use tokio::sync::oneshot;

use crate::busy::Gate;
use crate::checkpoint::Log;
use crate::config::{Place, Settings};
use crate::dialect::SqliteDialect;
use crate::error::{error, translate};
use crate::open;
use crate::session::SqliteSession;
use crate::worker::Worker;

/// How long closing waits for sessions that are on their way out.
const CLOSING: Duration = Duration::from_secs(5);

/// What the sessions of a connection have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) statements: StatementCache,
    pub(crate) log: Arc<Log>,
    pub(crate) gate: Arc<Gate>,
    /// The name under which the sessions share a database in memory.
    pub(crate) memory_name: String,
    /// Keeps the database in memory alive while no session is open.
    anchor: Mutex<Option<rusqlite::Connection>>,
    sessions: Arc<Sessions>,
}

impl Shared {
    fn new(settings: Settings) -> Self {
        static DATABASES: AtomicU64 = AtomicU64::new(0);
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        Shared {
            settings,
            statements: StatementCache::default(),
            log: Arc::default(),
            gate: Arc::default(),
            memory_name: format!("eloquent-{number}"),
            anchor: Mutex::default(),
            sessions: Arc::default(),
        }
    }

    /// A session of an empty database with the same settings.
    async fn look(&self) -> Result<SqliteSession> {
        let settings = Settings { place: Place::Memory, ..self.settings.clone() };
        SqliteSession::open(Arc::new(Shared::new(settings))).await
    }

    /// Counts a session that is about to open. The first one anchors a database in memory.
    ///
    /// # Errors
    /// When SQLite refuses the anchor.
    pub(crate) fn presence(&self) -> Result<Presence> {
        if self.settings.place == Place::Memory {
            let mut anchor = lock(&self.anchor);
            if anchor.is_none() {
                *anchor = Some(open::memory(&self.memory_name).map_err(|cause| translate(&cause))?);
            }
        }
        *lock(&self.sessions.open) += 1;
        Ok(Presence(self.sessions.clone()))
    }
}

/// The sessions that are open.
#[derive(Debug, Default)]
struct Sessions {
    open: Mutex<usize>,
    fewer: Condvar,
    closing: Mutex<()>,
}

impl Sessions {
    /// Waits until none is open, or for as long as closing waits.
    fn wait_for_none(&self) {
        let end = Instant::now() + CLOSING;
        let mut open = lock(&self.open);
        while *open > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            (open, _) = self.fewer.wait_timeout(open, left).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A session that is open, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Presence(Arc<Sessions>);

impl Presence {
    /// Closes the connection of the session. Two that close at once would each take the other for one
    /// that stays, and leave the log behind; so they take turns.
    pub(crate) fn close(self, connection: rusqlite::Connection) {
        let _turn = lock(&self.0.closing);
        drop(connection);
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        *lock(&self.0.open) -= 1;
        self.0.fewer.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A database in a file or in memory.
#[derive(Debug)]
pub(crate) struct SqliteConnection {
    shared: Arc<Shared>,
    /// The session that was opened to see whether one can be.
    first: Mutex<Option<SqliteSession>>,
    max_binds: usize,
}

impl SqliteConnection {
    /// Opens a session, to see whether the database is there and what it can do.
    ///
    /// # Errors
    /// Those of opening a session.
    pub(crate) async fn open(settings: Settings) -> Result<Self> {
        let shared = Arc::new(Shared::new(settings));
        // a file that is not there is made by the first session that may write to it
        let is_there = open::is_there(&shared.settings)?;
        let first = match is_there {
            true => SqliteSession::open(shared.clone()).await?,
            false => shared.look().await?,
        };
        let max_binds = first.facts().map_or(0, |facts| facts.max_binds);
        let first = Mutex::new(is_there.then_some(first));
        Ok(SqliteConnection { shared, first, max_binds })
    }

    /// What its sessions have in common.
    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

#[async_trait]
impl Connection for SqliteConnection {
    fn capabilities(&self) -> Capabilities {
        let mut capabilities = SqliteDialect.capabilities();
        capabilities.max_binds = self.max_binds;
        capabilities
    }

    async fn session(&self) -> Result<Box<dyn Session>> {
        let first = lock(&self.first).take();
        Ok(match first {
            Some(session) => Box::new(session),
            None => Box::new(SqliteSession::open(self.shared.clone()).await?),
        })
    }

    async fn session_to_look(&self) -> Result<Box<dyn Session>> {
        match open::is_there(&self.shared.settings)? {
            true => self.session().await,
            false => Ok(Box::new(self.shared.look().await?)),
        }
    }

    fn transport(&self) -> Option<Transport> {
        Some(Transport::Local)
    }

    fn server_version(&self) -> Option<String> {
        Some(format!("SQLite {}", rusqlite::version()))
    }

    fn ping_after(&self) -> Option<Duration> {
        None
    }

    /// Waits until the files are closed: sessions close on threads of their own.
    async fn close(&self) -> Result<()> {
        drop(lock(&self.first).take());
        let (shared, worker) = (self.shared.clone(), Worker::default());
        let (closed, receiver) = oneshot::channel();
        worker.ready()?.put(move || {
            shared.sessions.wait_for_none();
            drop(lock(&shared.anchor).take());
            let _ = closed.send(());
        });
        receiver.await.map_err(|_| lost())
    }
}

/// The error of a session whose connection to SQLite is gone.
pub(crate) fn lost() -> Error {
    error(ErrorKind::ConnectionLost, "the session lost its connection")
}
