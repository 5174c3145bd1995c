//! The connections of a `Db`, by name.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use eloquent_core::config::ConnectionConfig;
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
        let configured = environment.as_ref().map(|found| found.configured(&registry));
        let mut configured = configured.unwrap_or_default();
        configured.retain(|name| !given.contains_key(name));
        let used = RwLock::new(Some(BTreeMap::new()));
        let named = Named { registry, given, environment, is_test, configured, used };
        named.check_given()?;
        Ok(named)
    }

    /// Refuses a twin that was added in code and leads to what the application has.
    fn check_given(&self) -> Result<()> {
        let Some(environment) = &self.environment else { return Ok(()) };
        for (name, twin) in &self.given {
            let Some(app) = environment::twin_of(name) else { continue };
            twin.configs().try_for_each(|config| {
                self.check_apart(twin.driver(), &config.renamed(name.as_str()))
            })?;
            // what is wrong with the application's block is told when that is used
            let theirs = environment.config(&self.registry, app).ok();
            if theirs.is_some_and(|app| twin.leads_to(app.driver(), &app)) {
                return Err(same(twin.config(), app));
            }
        }
        Ok(())
    }

    /// Refuses a twin that leads to what a connection added in code leads to.
    fn check_apart(&self, driver: &str, twin: &ConnectionConfig) -> Result<()> {
        let app = environment::twin_of(twin.name()).and_then(|app| self.given.get(app));
        match app {
            Some(app) if app.leads_to(driver, twin) => Err(same(twin, app.name())),
            _ => Ok(()),
        }
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
        self.check_apart(resolved.driver.name(), &resolved.config)?;
        for replica in &resolved.replicas {
            let replica = replica.renamed(name);
            self.check_apart(resolved.driver.name(), &replica)?;
        }
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

fn same(twin: &ConnectionConfig, app: &str) -> Error {
    let message = format!(
        "`{}` leads to the same database as `{app}`: tests must not touch what the application has",
        twin.name()
    );
    twin.error(message).with_hint("give the tests a database of their own")
}

fn open(resolved: Resolved) -> Result<Pool> {
    let Resolved { driver, config, pool, replicas, sticky } = resolved;
    let replicas = replicas
        .into_iter()
        .map(|config| Ok(Arc::new(Pool::new(config, driver, pool)?)))
        .collect::<Result<Vec<_>>>()?;
    Ok(Pool::new(config, driver, pool)?.with_replicas(Replicas::new(replicas, sticky)))
}
