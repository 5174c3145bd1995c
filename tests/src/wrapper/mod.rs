//! A driver around another one, which listens, counts and injects faults.
//!
//! ```no_run
//! # async fn example() -> eloquent::Result<()> {
//! use eloquent::{Db, ErrorKind};
//! use eloquent_conformance::wrapper::{Fault, Step, Wrapper};
//!
//! let wrapper = Wrapper::around("sqlite")?;
//! let db = Db::builder()
//!     .driver(wrapper.entry())
//!     .connection(wrapper.config("main").set("path", ":memory:"))
//!     .build()?;
//! wrapper.inject(Fault::before(Step::Commit, ErrorKind::Busy));
//! let transaction = db.begin().await?;
//! assert_eq!(transaction.commit().await.unwrap_err().kind(), ErrorKind::Busy);
//! assert_eq!(wrapper.counts().in_transaction, 0);
//! # Ok(())
//! # }
//! ```

mod fault;
mod limits;
mod session;
mod state;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use eloquent_core::config::{ConnectionConfig, Setting};
use eloquent_core::driver::{
    Capabilities, Connection, Driver, DriverEntry, Family, Feed, Registry, Session, Watched,
};
use eloquent_core::{Result, async_trait};

pub use fault::{Fault, Step};
pub use state::{Call, Counts};

use session::Wrapped;
use state::State;

/// A driver around another one. Cheap to clone; all clones are the same.
#[derive(Debug, Clone)]
pub struct Wrapper {
    driver: &'static WrappingDriver,
}

impl Wrapper {
    /// Wraps the linked driver of that name.
    ///
    /// # Errors
    /// When no linked driver is called so.
    pub fn around(driver: &str) -> Result<Self> {
        Ok(Self::of(Registry::linked()?.driver(driver)?))
    }

    /// Wraps a driver.
    ///
    /// A driver lives as long as the process does, so each wrapper costs a little memory for good.
    pub fn of(inner: &'static dyn Driver) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = Box::leak(format!("{}-wrapped-{number}", inner.name()).into_boxed_str());
        let driver = WrappingDriver { name, inner, state: Arc::default() };
        Wrapper { driver: Box::leak(Box::new(driver)) }
    }

    /// The driver, to be registered by value.
    pub fn entry(&self) -> DriverEntry {
        DriverEntry {
            driver: self.driver,
            package: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// Settings of a connection of this name, to which those of the wrapped driver are added.
    pub fn config(&self, connection: &str) -> ConnectionConfig {
        ConnectionConfig::new(connection, self.driver.name)
    }

    /// Adds a fault at the end of the queue. The one at its head waits for its step.
    pub fn inject(&self, fault: Fault) {
        self.driver.state.inject(fault);
    }

    /// How many faults wait for their step.
    pub fn pending(&self) -> usize {
        self.driver.state.pending()
    }

    /// Pauses so many times in front of each step and as often behind it. With any, nothing is answered
    /// at once, so that a future has awaits to be dropped at.
    pub fn set_pauses(&self, pauses: usize) {
        self.driver.state.set_pauses(pauses);
    }

    /// Asks sessions for a sign of life when they have not been used for so long, whatever the wrapped
    /// driver says. To be called before the connection is opened.
    pub fn set_ping_after(&self, silence: Duration) {
        self.driver.state.set_ping_after(silence);
    }

    /// Takes capabilities away: what is given back must not be more than what was there. To be called
    /// before the connection is opened.
    pub fn limit(&self, limit: fn(Capabilities) -> Capabilities) {
        self.driver.state.set_limit(limit);
    }

    /// Starts to keep what the driver is asked for, to be read with [`calls`](Self::calls).
    pub fn listen(&self) {
        self.driver.state.listen();
    }

    /// Gives out what the driver was asked for since [`listen`](Self::listen) or the last call.
    pub fn calls(&self) -> Vec<Call> {
        self.driver.state.take_calls()
    }

    /// How many sessions there were and are.
    pub fn counts(&self) -> Counts {
        self.driver.state.counts()
    }
}

struct WrappingDriver {
    name: &'static str,
    inner: &'static dyn Driver,
    state: Arc<State>,
}

impl std::fmt::Debug for WrappingDriver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WrappingDriver").field("inner", &self.inner).finish_non_exhaustive()
    }
}

#[async_trait]
impl Driver for WrappingDriver {
    fn name(&self) -> &'static str {
        self.name
    }

    fn family(&self) -> Family {
        self.inner.family()
    }

    fn settings(&self) -> &'static [Setting] {
        self.inner.settings()
    }

    fn parse_url(&self, rest: &str, config: &mut ConnectionConfig) -> Result<()> {
        self.inner.parse_url(rest, config)
    }

    async fn connect(&self, config: &ConnectionConfig) -> Result<Arc<dyn Connection>> {
        let step = self.state.step(Step::Connect, 0, String::new);
        let inner = step.around(self.inner.connect(config)).await.outcome?;
        Ok(Arc::new(WrappingConnection { name: self.name, inner, state: self.state.clone() }))
    }
}

#[derive(Debug)]
struct WrappingConnection {
    name: &'static str,
    inner: Arc<dyn Connection>,
    state: Arc<State>,
}

#[async_trait]
impl Connection for WrappingConnection {
    fn capabilities(&self) -> Capabilities {
        self.state.limited(self.inner.capabilities())
    }

    async fn session(&self) -> Result<Box<dyn Session>> {
        let step = self.state.step(Step::Open, 0, String::new);
        let inner = step.around(self.inner.session()).await.outcome?;
        Ok(Box::new(Wrapped::new(inner, self.state.clone(), self.name, self.capabilities())))
    }

    fn max_sessions(&self) -> Option<usize> {
        self.inner.max_sessions()
    }

    fn server_version(&self) -> Option<String> {
        self.inner.server_version()
    }

    fn ping_after(&self) -> Option<Duration> {
        self.state.ping_after().or_else(|| self.inner.ping_after())
    }

    async fn watch(&self, watched: Watched) -> Result<Box<dyn Feed>> {
        self.state.step(Step::Open, 0, String::new).around(self.inner.watch(watched)).await.outcome
    }

    fn native(&self) -> Option<&(dyn std::any::Any + Send + Sync)> {
        self.inner.native()
    }

    async fn close(&self) -> Result<()> {
        self.state.step(Step::Close, 0, String::new).around(self.inner.close()).await.outcome
    }
}
