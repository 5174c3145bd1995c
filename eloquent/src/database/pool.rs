//! The pool: sessions that are lent out and come back.
//!
//! A session is marked uncertain before anything is sent that could be cut off, and cleared after the
//! reply. One that comes back uncertain, or with a transaction open, is reset within a bound on a task
//! of its own; where that fails it is closed. The permit travels with it, so that the bound on sessions
//! holds, and comes back in any case.

mod lease;
mod options;
mod pace;
mod patience;
mod status;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::{Capabilities, Connection, Driver, Session, Transport};
use eloquent_core::{Error, ErrorKind, Result};
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::timeout;

pub(crate) use lease::Lease;
pub use options::PoolOptions;
use pace::Pace;
use patience::Patience;
pub use status::PoolStatus;

use super::Replicas;

/// The sessions of one named connection.
pub(crate) struct Pool {
    config: ConnectionConfig,
    driver: &'static dyn Driver,
    options: PoolOptions,
    opened: OnceCell<Opened>,
    permits: Semaphore,
    idle: Mutex<Vec<Idle>>,
    waiting: AtomicUsize,
    pace: Pace,
    closed: AtomicBool,
    replicas: Replicas,
}

struct Opened {
    connection: Arc<dyn Connection>,
    capabilities: Capabilities,
    ping_after: Option<Duration>,
    max_sessions: usize,
}

impl Opened {
    /// Whether a session has to show a sign of life: it has been idle for long, or another one was lost.
    fn is_silent(&self, idle: &Idle) -> bool {
        match (self.ping_after, idle.since) {
            _ if idle.is_doubted => true,
            (Some(after), Some(since)) => since.elapsed() >= after,
            _ => false,
        }
    }
}

struct Idle {
    session: Box<dyn Session>,
    /// When it was opened; kept only if its lifetime is bounded.
    born: Option<Instant>,
    /// When it came back; kept only if it may have to be pinged.
    since: Option<Instant>,
    /// A session was lost since it came back.
    is_doubted: bool,
}

impl Pool {
    pub(crate) fn new(
        config: ConnectionConfig,
        driver: &'static dyn Driver,
        options: PoolOptions,
    ) -> Result<Self> {
        if !(1..=Semaphore::MAX_PERMITS).contains(&options.max_sessions) {
            return Err(config.error("a pool needs at least one session"));
        }
        Ok(Pool {
            config,
            driver,
            options,
            opened: OnceCell::new(),
            permits: Semaphore::new(0),
            idle: Mutex::default(),
            waiting: AtomicUsize::new(0),
            pace: Pace::default(),
            closed: AtomicBool::new(false),
            replicas: Replicas::new(Vec::new(), None),
        })
    }

    /// Adds where reads may go.
    pub(super) fn with_replicas(mut self, replicas: Replicas) -> Self {
        self.replicas = replicas;
        self
    }

    pub(super) fn replicas(&self) -> &Replicas {
        &self.replicas
    }

    pub(crate) fn name(&self) -> &str {
        self.config.name()
    }

    /// The settings of the connection, and of its replicas.
    pub(super) fn configs(&self) -> impl Iterator<Item = &ConnectionConfig> {
        std::iter::once(&self.config).chain(self.replicas.pools().map(|pool| &pool.config))
    }

    /// Whether it leads to the database that these settings lead to, or one of its replicas does.
    pub(super) fn leads_to(&self, driver: &str, config: &ConnectionConfig) -> bool {
        self.driver.name() == driver
            && self.configs().any(|own| self.driver.same_database(own, config))
    }

    pub(super) fn config(&self) -> &ConnectionConfig {
        &self.config
    }

    pub(crate) fn driver(&self) -> &'static str {
        self.driver.name()
    }

    pub(crate) fn family(&self) -> eloquent_core::driver::Family {
        self.driver.family()
    }

    pub(crate) fn options(&self) -> &PoolOptions {
        &self.options
    }

    /// Adds the connection and its driver to an error.
    pub(crate) fn locate(&self, error: Error) -> Error {
        error.with_connection(self.name().to_owned()).with_driver(self.driver())
    }

    /// Opens the connection, once: callers that come at the same time wait for the one attempt, and the
    /// next caller tries again after it failed.
    pub(crate) async fn open(&self) -> Result<()> {
        self.opened().await.map(drop)
    }

    pub(crate) async fn capabilities(&self) -> Result<Capabilities> {
        Ok(self.opened().await?.capabilities)
    }

    pub(crate) async fn server_version(&self) -> Result<Option<String>> {
        Ok(self.opened().await?.connection.server_version())
    }

    pub(crate) async fn transport(&self) -> Result<Option<Transport>> {
        Ok(self.opened().await?.connection.transport())
    }

    /// What the driver opened.
    pub(super) async fn connection(&self) -> Result<Arc<dyn Connection>> {
        Ok(self.opened().await?.connection.clone())
    }

    async fn opened(&self) -> Result<&Opened> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        // in a box, so that the future of those who find it open stays small
        Box::pin(self.opened.get_or_try_init(|| self.connect())).await
    }

    async fn connect(&self) -> Result<Opened> {
        if self.closed.load(Ordering::Acquire) {
            return Err(self.has_been_closed());
        }
        let bound = self.options.connect_timeout;
        let mut patience = Patience::new(self.options.acquire_timeout);
        let connection = loop {
            match timeout(bound, self.driver.connect(&self.config)).await {
                Ok(Ok(connection)) => break connection,
                Ok(Err(error)) if patience.bears(&error).await => {}
                Ok(Err(error)) => return Err(self.locate(error)),
                Err(_) => return Err(self.late("opening the database", bound)),
            }
        };
        let max_sessions = connection
            .max_sessions()
            .map_or(self.options.max_sessions, |most| most.min(self.options.max_sessions));
        self.permits.add_permits(max_sessions);
        Ok(Opened {
            capabilities: connection.capabilities(),
            ping_after: connection.ping_after(),
            max_sessions,
            connection,
        })
    }

    /// Lends a session out that is ready, without waiting, opening or asking for a sign of life.
    pub(crate) fn try_acquire(self: &Arc<Self>) -> Option<Lease> {
        let opened = self.opened.get()?;
        self.permits.try_acquire().ok()?.forget();
        let mut lease = Lease::empty(self);
        let mut sessions = self.lock();
        while let Some(idle) = sessions.pop() {
            if opened.is_silent(&idle) {
                sessions.push(idle);
                break;
            }
            if !idle.session.is_broken() && !self.is_old(idle.born) {
                drop(sessions);
                lease.session = Some(idle.session);
                lease.born = idle.born;
                return Some(lease);
            }
        }
        None
    }

    /// Lends a session out.
    pub(crate) async fn acquire(self: &Arc<Self>) -> Result<Lease> {
        let opened = self.opened().await?;
        match self.permits.try_acquire() {
            Ok(permit) => permit.forget(),
            Err(_) => self.wait(opened).await?,
        }
        let mut lease = Lease::empty(self);
        let mut patience = Patience::new(self.options.acquire_timeout);
        loop {
            if self.fill_with_idle(opened, &mut lease).await {
                return Ok(lease);
            }
            let bound = self.options.connect_timeout;
            match timeout(bound, opened.connection.session()).await {
                Ok(Ok(session)) => lease.session = Some(session),
                // one that comes back in the meantime serves as well
                Ok(Err(error)) if patience.bears(&error).await => continue,
                Ok(Err(error)) => return Err(self.locate(error)),
                Err(_) => return Err(self.late("opening a session", bound)),
            }
            lease.born = self.options.max_lifetime.map(|_| Instant::now());
            return Ok(lease);
        }
    }

    /// Puts a session into the lease that is ready and shows a sign of life.
    async fn fill_with_idle(&self, opened: &Opened, lease: &mut Lease) -> bool {
        while let Some(mut idle) = self.pop() {
            if idle.session.is_broken() || self.is_old(idle.born) {
                continue;
            }
            if !opened.is_silent(&idle)
                || matches!(
                    timeout(self.options.reset_timeout, idle.session.ping()).await,
                    Ok(Ok(()))
                )
            {
                lease.session = Some(idle.session);
                lease.born = idle.born;
                return true;
            }
            // what has happened to this one has happened to the others: not each is waited for
            let silent: Vec<Idle> =
                self.lock().extract_if(.., |other| opened.is_silent(other)).collect();
            drop(silent);
        }
        false
    }

    /// Opens a session beside those of the pool; one that only looks, if that is all.
    pub(crate) async fn session_beside(&self, only_looks: bool) -> Result<Box<dyn Session>> {
        let opened = self.opened().await?;
        let bound = self.options.connect_timeout;
        let opens = match only_looks {
            true => opened.connection.session_to_look(),
            false => opened.connection.session(),
        };
        match timeout(bound, opens).await {
            Ok(session) => session.map_err(|error| self.locate(error)),
            Err(_) => Err(self.late("opening a session", bound)),
        }
    }

    async fn wait(&self, opened: &Opened) -> Result<()> {
        struct Waiting<'p>(&'p AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        if self.closed.load(Ordering::Acquire) {
            return Err(self.has_been_closed());
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        self.pace.want();
        let bound = self.options.acquire_timeout;
        match timeout(bound, self.permits.acquire()).await {
            Ok(Ok(permit)) => {
                permit.forget();
                Ok(())
            }
            Ok(Err(_)) => Err(self.has_been_closed()),
            Err(_) => {
                let message = format!(
                    "no session became free within {bound:?}: all {} are in use, {} callers wait",
                    opened.max_sessions,
                    self.waiting.load(Ordering::Relaxed),
                );
                let hint = "raise `max_sessions`, or look for a transaction or stream that is held open \
                            while its task asks for a second session";
                Err(self.locate(Error::new(ErrorKind::PoolTimeout, message)).with_hint(hint))
            }
        }
    }

    pub(crate) fn status(&self) -> PoolStatus {
        let max_sessions =
            self.opened.get().map_or(self.options.max_sessions, |opened| opened.max_sessions);
        let free =
            if self.opened.initialized() { self.permits.available_permits() } else { max_sessions };
        PoolStatus {
            max_sessions,
            in_use: max_sessions.saturating_sub(free),
            idle: self.lock().len(),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    pub(crate) async fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::Release);
        // one that is being opened is waited for, and closed as well
        let opened = self.opened.get_or_try_init(|| async { Err(self.has_been_closed()) }).await;
        let Ok(opened) = opened else {
            self.permits.close();
            return Ok(());
        };
        let all = u32::try_from(opened.max_sessions).unwrap_or(u32::MAX);
        let returned = timeout(self.options.acquire_timeout, self.permits.acquire_many(all)).await;
        self.permits.close();
        let sessions = std::mem::take(&mut *self.lock());
        drop(sessions);
        opened.connection.close().await.map_err(|error| self.locate(error))?;
        match returned {
            Ok(_) => Ok(()),
            Err(_) => Err(self.late("waiting for sessions in use", self.options.acquire_timeout)),
        }
    }

    fn has_been_closed(&self) -> Error {
        self.locate(Error::new(ErrorKind::Connect, "the connection has been closed"))
    }

    fn late(&self, step: &str, bound: Duration) -> Error {
        self.locate(Error::new(ErrorKind::Timeout, format!("{step} took longer than {bound:?}")))
    }

    fn is_old(&self, born: Option<Instant>) -> bool {
        match (self.options.max_lifetime, born) {
            (Some(most), Some(born)) => born.elapsed() >= most,
            _ => false,
        }
    }

    fn pop(&self) -> Option<Idle> {
        self.lock().pop()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a session back; its permit follows.
    fn keep(&self, session: Box<dyn Session>, born: Option<Instant>) {
        if !session.is_broken() && !self.is_old(born) && !self.closed.load(Ordering::Acquire) {
            let pinged = self.opened.get().is_some_and(|opened| opened.ping_after.is_some());
            let since = pinged.then(Instant::now);
            self.lock().push(Idle { session, born, since, is_doubted: false });
        }
    }

    /// A session was lost: what has happened to it may have happened to those that are idle.
    fn doubt(&self) {
        self.lock().iter_mut().for_each(|idle| idle.is_doubted = true);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("config", &self.config)
            .field("status", &self.status())
            .finish()
    }
}

/// Awaits a step within its bound.
pub(crate) async fn within<F: Future>(
    bound: Option<Duration>,
    step: F,
) -> Result<F::Output, Duration> {
    match bound {
        None => Ok(step.await),
        // in a box, so that the future of those without a bound has no room for a timer
        Some(bound) => Box::pin(timeout(bound, step)).await.map_err(|_| bound),
    }
}
