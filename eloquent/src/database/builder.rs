//! Putting connections together in code.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::{Driver, DriverEntry, Registry};
use eloquent_core::{Error, ErrorKind, Result};

use super::{Db, Environment, Events, Pool, PoolOptions, Replicas, replicas};

/// Puts the named connections of a [`Db`] together. Nothing is opened before it is used.
///
/// ```
/// # fn main() -> eloquent::Result<()> {
/// use eloquent::{ConnectionConfig, Db};
///
/// let db = Db::builder()
///     .connection(ConnectionConfig::new("app", "sqlite").set("path", "app.sqlite"))
///     .url("cache", "sqlite::memory:")
///     .default_connection("app")
///     .build()?;
/// assert_eq!(db.connection_names().collect::<Vec<_>>(), ["app", "cache"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct DbBuilder {
    connections: Vec<Added>,
    /// A call that is about the connection added last, when there was none.
    misplaced: Option<&'static str>,
    default: Option<String>,
    drivers: Vec<DriverEntry>,
    slow_query: Option<Duration>,
    environment: Option<Environment>,
}

/// A connection, with all that is said about it.
#[derive(Debug)]
struct Added {
    source: Source,
    pool: PoolOptions,
    replicas: Vec<Source>,
    sticky: Option<Duration>,
}

enum Source {
    Config(ConnectionConfig),
    Url { name: String, url: String },
}

/// A URL may hold a password.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Config(config) => config.fmt(f),
            Source::Url { name, .. } => {
                f.debug_struct("Url").field("name", name).finish_non_exhaustive()
            }
        }
    }
}

impl DbBuilder {
    /// Adds a connection.
    #[must_use]
    pub fn connection(self, config: ConnectionConfig) -> Self {
        self.add(Source::Config(config))
    }

    /// Adds a connection by URL.
    #[must_use]
    pub fn url(self, name: impl Into<String>, url: impl Into<String>) -> Self {
        self.add(Source::Url { name: name.into(), url: url.into() })
    }

    fn add(mut self, source: Source) -> Self {
        let (pool, replicas, sticky) = (PoolOptions::default(), Vec::new(), None);
        self.connections.push(Added { source, pool, replicas, sticky });
        self
    }

    /// Changes the connection added last.
    fn of_last(mut self, call: &'static str, change: impl FnOnce(&mut Added)) -> Self {
        match self.connections.last_mut() {
            Some(last) => change(last),
            None => self.misplaced = self.misplaced.or(Some(call)),
        }
        self
    }

    /// Sets how the sessions of the connection added last are kept, and of each of its replicas.
    #[must_use]
    pub fn pool(self, options: PoolOptions) -> Self {
        self.of_last("pool", |last| last.pool = options)
    }

    /// Adds a replica of the connection added last: reads outside of transactions go to the replicas in
    /// turn, all else to the connection itself, the writer. The driver is the same; the name in
    /// `config` does not matter.
    ///
    /// A replica may lag behind, so whoever has written reads from the writer
    /// [for a while](Self::sticky). One that cannot be reached, or has lost a session, is left alone for five
    /// seconds; when none can be reached, the writer answers.
    /// [`Connection::writer`](crate::Connection::writer) always reads from the writer.
    ///
    /// ```
    /// # fn main() -> eloquent::Result<()> {
    /// use std::time::Duration;
    /// use eloquent::{ConnectionConfig, Db};
    ///
    /// let writer = ConnectionConfig::new("shop", "sqlite").set("path", "shop.sqlite");
    /// let db = Db::builder()
    ///     .connection(writer.clone())
    ///     .replica(writer.clone().set("path", "copy-1.sqlite"))
    ///     .replica(writer.set("path", "copy-2.sqlite"))
    ///     .sticky(Duration::from_secs(2))
    ///     .build()?;
    /// assert_eq!(db.connection("shop")?.replicas(), 2);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn replica(self, config: ConnectionConfig) -> Self {
        self.of_last("replica", |last| last.replicas.push(Source::Config(config)))
    }

    /// As [`replica`](Self::replica), by URL.
    #[must_use]
    pub fn replica_url(self, url: impl Into<String>) -> Self {
        let source = Source::Url { name: String::new(), url: url.into() };
        self.of_last("replica_url", |last| last.replicas.push(source))
    }

    /// How long whoever has written to the connection added last reads from its writer, and not from a
    /// replica that may not have the write yet: the task, or all that runs in one [`Db::scope`]. Five
    /// seconds when not set; zero for never.
    ///
    /// Longer than the replicas lag behind, it makes everyone see their own writes. Others may see them
    /// later.
    #[must_use]
    pub fn sticky(self, after_write: Duration) -> Self {
        self.of_last("sticky", |last| last.sticky = Some(after_write))
    }

    /// Names the default connection; without it, the one added first.
    #[must_use]
    pub fn default_connection(mut self, name: impl Into<String>) -> Self {
        self.default = Some(name.into());
        self
    }

    /// Takes what is not added here from an environment: the connections that the linked drivers bring, and
    /// the default. A connection added here goes before one of the same name there. Its block is read
    /// when it is first used.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Registers a driver by value, for programs in which constructors do not run.
    #[must_use]
    pub fn driver(mut self, driver: DriverEntry) -> Self {
        self.drivers.push(driver);
        self
    }

    /// After how long a statement is reported as slow: a warning through `tracing`. Half a second when
    /// not set.
    #[must_use]
    pub fn slow_query(mut self, after: Duration) -> Self {
        self.slow_query = Some(after);
        self
    }

    /// Checks all of it, but for the blocks of an environment.
    ///
    /// # Errors
    /// No connection, two of one name, a default that is none of them, a driver that is not linked, a
    /// URL or a setting that is wrong, a replica of no connection or of another driver; `DB_CONNECTION`
    /// with more than one name, or an unknown one.
    pub fn build(self) -> Result<Db> {
        if let Some(call) = self.misplaced {
            let message =
                format!("`{call}(..)` is about the connection added last, and there is none");
            return Err(Error::new(ErrorKind::Config, message)
                .with_hint("call it after `connection(..)` or `url(..)`"));
        }
        let registry = Registry::linked_and(&self.drivers)?;
        let events = Arc::new(Events::new(self.slow_query.unwrap_or(Duration::from_millis(500))));
        let mut connections = BTreeMap::new();
        let mut first = None;
        for added in self.connections {
            let pool = added.open(&registry)?;
            let name = pool.name().to_owned();
            first.get_or_insert_with(|| name.clone());
            if connections.insert(name.clone(), Arc::new(pool)).is_some() {
                let message = format!("two connections are called `{name}`");
                return Err(Error::new(ErrorKind::Config, message).with_connection(name));
            }
        }
        let known: Vec<&str> = connections.keys().map(String::as_str).collect();
        let default = match (&self.environment, self.default) {
            (_, Some(name)) => Some(name),
            (Some(environment), None) => environment.selected(&registry, &known)?,
            (None, None) => first,
        };
        if self.environment.is_none() {
            let name = default.as_deref().ok_or_else(|| {
                Error::new(ErrorKind::Config, "there is no connection")
                    .with_hint("add one with `connection(..)` or `url(..)`")
            })?;
            if !known.contains(&name) {
                let message = format!("the default `{name}` is no connection");
                return Err(Error::new(ErrorKind::ConnectionUnknown, message)
                    .with_hint(format!("the connections are: {}", known.join(", "))));
            }
        }
        Db::assemble(registry, connections, self.environment, default, events)
    }
}

impl Source {
    /// The settings, and the driver that they are for.
    fn read(self, registry: &Registry) -> Result<(ConnectionConfig, &'static dyn Driver)> {
        let config = match self {
            Source::Config(config) => config,
            Source::Url { name, url } => registry.parse_url(name, &url)?,
        };
        let driver = registry.driver(config.driver());
        let driver = driver.map_err(|error| error.with_connection(config.name().to_owned()))?;
        Ok((config, driver))
    }
}

impl Added {
    fn open(self, registry: &Registry) -> Result<Pool> {
        let (config, driver) = self.source.read(registry)?;
        driver.check(&config)?;
        let mut pools = Vec::with_capacity(self.replicas.len());
        for source in self.replicas {
            let name = replicas::name(config.name(), pools.len());
            let replica =
                source.read(registry).map_err(|error| error.with_connection(name.clone()));
            let (replica, its_driver) = replica?;
            let replica = replica.renamed(name);
            if its_driver.name() != driver.name() {
                let message =
                    format!("a replica is of the driver of its writer, `{}`", driver.name());
                return Err(replica.error(message));
            }
            driver.check(&replica)?;
            pools.push(Arc::new(Pool::new(replica, driver, self.pool)?));
        }
        let writer = Pool::new(config, driver, self.pool)?;
        Ok(writer.with_replicas(Replicas::new(pools, self.sticky)))
    }
}
