//! Putting connections together in code.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::{DriverEntry, Registry};
use eloquent_core::{Error, ErrorKind, Result};

use super::{Db, Environment, Events, Pool, PoolOptions};

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
    connections: Vec<(Source, PoolOptions)>,
    default: Option<String>,
    drivers: Vec<DriverEntry>,
    slow_query: Option<Duration>,
    environment: Option<Environment>,
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
    pub fn connection(mut self, config: ConnectionConfig) -> Self {
        self.connections.push((Source::Config(config), PoolOptions::default()));
        self
    }

    /// Adds a connection by URL.
    #[must_use]
    pub fn url(mut self, name: impl Into<String>, url: impl Into<String>) -> Self {
        let source = Source::Url { name: name.into(), url: url.into() };
        self.connections.push((source, PoolOptions::default()));
        self
    }

    /// Sets how the sessions of the connection added last are kept.
    #[must_use]
    pub fn pool(mut self, options: PoolOptions) -> Self {
        if let Some((_, last)) = self.connections.last_mut() {
            *last = options;
        }
        self
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
    /// URL or a setting that is wrong; `DB_CONNECTION` with more than one name, or an unknown one.
    pub fn build(self) -> Result<Db> {
        let registry = Registry::linked_and(&self.drivers)?;
        let events = Arc::new(Events::new(self.slow_query.unwrap_or(Duration::from_millis(500))));
        let mut connections = BTreeMap::new();
        let mut first = None;
        for (source, options) in self.connections {
            let config = match source {
                Source::Config(config) => config,
                Source::Url { name, url } => registry.parse_url(name, &url)?,
            };
            let name = config.name().to_owned();
            let driver = registry
                .driver(config.driver())
                .map_err(|error| error.with_connection(name.clone()))?;
            driver.check(&config)?;
            let pool = Arc::new(Pool::new(config, driver, options)?);
            first.get_or_insert_with(|| name.clone());
            if connections.insert(name.clone(), pool).is_some() {
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
