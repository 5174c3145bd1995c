//! The connections of a `Db`, by name.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use eloquent_core::driver::Registry;
use eloquent_core::{Error, ErrorKind, Result};

use super::environment::{self, Environment, Resolved};
use super::{Pool, Replicas};

/// Connections that were added in code, and those of an environment.
pub(super) struct Named {
    registry: Registry,
    given: BTreeMap<String, Arc<Pool>>,
    environment: Option<Environment>,
    is_test: bool,
    /// The names that the environment has variables for.
    configured: Vec<String>,
    /// Those of the environment that have been used. `None` once all are closed.
    used: RwLock<Option<BTreeMap<String, Arc<Pool>>>>,
}

impl Named {
    pub(super) fn new(
        registry: Registry,
        given: BTreeMap<String, Arc<Pool>>,
        environment: Option<Environment>,
    ) -> Result<Self> {
        let is_test = environment.as_ref().map_or(Ok(false), Environment::is_test)?;
        let reports = environment.as_ref().map(|found| found.report(&registry)).unwrap_or_default();
        let reports = reports.into_iter().filter(|report| report.is_configured());
        let configured = reports.map(|report| report.name().to_owned());
        let configured = configured.filter(|name| !given.contains_key(name)).collect();
        let used = RwLock::new(Some(BTreeMap::new()));
        Ok(Named { registry, given, environment, is_test, configured, used })
    }

    pub(super) fn is_test(&self) -> bool {
        self.is_test
    }

    pub(super) fn environment(&self) -> Option<&Environment> {
        self.environment.as_ref()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.given.keys().chain(&self.configured).map(String::as_str)
    }

    /// The connection of that name; in test mode, its twin.
    pub(super) fn pool(&self, name: &str) -> Result<Arc<Pool>> {
        let twin;
        let name = match self.is_test {
            true => {
                twin = environment::twin(name);
                &twin
            }
            false => name,
        };
        if let Some(pool) = self.given.get(name) {
            return Ok(pool.clone());
        }
        let Some(environment) = &self.environment else { return Err(self.unknown(name)) };
        {
            let used = self.used.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(pool) = used.as_ref().and_then(|used| used.get(name)) {
                return Ok(pool.clone());
            }
        }
        let resolved = environment.resolve(&self.registry, name).map_err(|error| {
            let is_ours = error.kind() == ErrorKind::ConnectionUnknown && !self.given.is_empty();
            if is_ours { self.unknown(name) } else { error }
        })?;
        let pool = Arc::new(open(resolved)?);
        let mut used = self.used.write().unwrap_or_else(PoisonError::into_inner);
        match &mut *used {
            Some(used) => Ok(used.entry(name.to_owned()).or_insert(pool).clone()),
            None => Err(Error::new(ErrorKind::Connect, "the connections have been closed")
                .with_connection(name.to_owned())),
        }
    }

    /// All that may have been opened. None is given out any more.
    pub(super) fn close(&self) -> Vec<Arc<Pool>> {
        let used = self.used.write().unwrap_or_else(PoisonError::into_inner).take();
        self.given
            .values()
            .cloned()
            .chain(used.into_iter().flat_map(BTreeMap::into_values))
            .collect()
    }

    fn unknown(&self, name: &str) -> Error {
        let known: Vec<&str> = self.names().collect();
        let shown: String = name.chars().take(64).collect();
        Error::new(ErrorKind::ConnectionUnknown, format!("there is no connection `{shown}`"))
            .with_hint(format!("the connections are: {}", known.join(", ")))
    }

    /// The error of a query that needs a default when none is named.
    pub(super) fn no_default(&self) -> Error {
        let variable = if self.is_test { "DB_TEST_CONNECTION" } else { "DB_CONNECTION" };
        let known: Vec<&str> = self.names().collect();
        let message = format!("no connection is the default: `{variable}` is not set");
        let hint = match known.is_empty() {
            true => format!("set `{variable}` to the name of a connection, such as a driver's"),
            false => format!("set it to one of: {}", known.join(", ")),
        };
        Error::new(ErrorKind::Config, message).with_hint(hint)
    }
}

fn open(resolved: Resolved) -> Result<Pool> {
    let Resolved { driver, config, pool, replicas, sticky } = resolved;
    let replicas = replicas
        .into_iter()
        .map(|config| Ok(Arc::new(Pool::new(config, driver, pool)?)))
        .collect::<Result<Vec<_>>>()?;
    Ok(Pool::new(config, driver, pool)?.with_replicas(Replicas::new(replicas, sticky)))
}
