//! From variables to the settings of a connection, with what has to hold of them.

use std::time::Duration;

use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::{Driver, Registry};
use eloquent_core::{Error, Result};

use super::block::Block;
use super::keys::{self, READ_HOST, URL};
use super::{Environment, Role, notes, pool, selector};
use crate::database::{PoolOptions, replicas};

/// All that a connection is opened with.
pub(in crate::database) struct Resolved {
    pub(in crate::database) driver: &'static dyn Driver,
    pub(in crate::database) config: ConnectionConfig,
    pub(in crate::database) pool: PoolOptions,
    pub(in crate::database) replicas: Vec<ConnectionConfig>,
    /// How long reads avoid the replicas after a write, if it is set.
    pub(in crate::database) sticky: Option<Duration>,
}

impl Environment {
    pub(in crate::database) fn resolve(
        &self,
        registry: &Registry,
        connection: &str,
    ) -> Result<Resolved> {
        keys::prefixes(registry)?;
        let (driver, is_test) = selector::find(registry, connection)
            .ok_or_else(|| selector::unknown(registry, connection))?;
        let block = Block::read(self, registry, driver, is_test, self.role()?)?;
        check_database(&block)?;
        let config = block.config();
        check_port(&block, &config)?;
        driver.check(&config).map_err(|error| self.with_near_miss(&block, error))?;
        let replicas = read_replicas(&block, &config)?;
        if is_test {
            self.check_apart(registry, &block, &config, &replicas)?;
        }
        let (pool, sticky) = (pool::options(&block)?, pool::sticky(&block)?);
        Ok(Resolved { driver, config, pool, replicas, sticky })
    }

    /// Refuses a twin whose database is the application's, in any role.
    fn check_apart(
        &self,
        registry: &Registry,
        twin: &Block<'_>,
        config: &ConnectionConfig,
        replicas: &[ConnectionConfig],
    ) -> Result<()> {
        for role in Role::ALL {
            let app = Block::read(self, registry, twin.driver, false, role)?;
            let app_config = app.config();
            let app_replicas = read_replicas(&app, &app_config)?;
            for ours in std::iter::once(config).chain(replicas) {
                for theirs in std::iter::once(&app_config).chain(&app_replicas) {
                    if twin.driver.same_database(ours, theirs) {
                        return Err(same(twin, &app));
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds a variable that is nearly the one that an error is about.
    fn with_near_miss(&self, block: &Block<'_>, error: Error) -> Error {
        let missing =
            block.driver.settings().iter().filter(|setting| block.find(setting).is_none());
        let near = missing
            .filter(|setting| error.message().contains(&format!("`{}`", setting.key)))
            .find_map(|setting| notes::near(self, block.driver, &block.name_of(setting.key)));
        let error = error.with_connection(block.connection.clone());
        match near {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

/// Refuses a connection that does not say which database is meant.
fn check_database(block: &Block<'_>) -> Result<()> {
    let Some(setting) = block.database() else {
        return match block.is_test {
            true => Err(block.error(
                "the driver does not say which of its settings is the database, so that nothing keeps \
                 tests apart from the application"
                    .to_owned(),
            )),
            false => Ok(()),
        };
    };
    let has_default = setting.default.is_some() && !block.is_test;
    if has_default || block.find(setting).is_some() {
        return Ok(());
    }
    let (variable, url) = (block.name_of(setting.key), block.name_of(URL));
    let near = notes::near(block.environment, block.driver, &variable);
    let message = match block.is_test {
        true => format!("the tests have no database of their own: `{variable}` is not set"),
        false => format!("`{variable}` is not set"),
    };
    let app = keys::variable(&keys::block(block.driver, false), setting.key);
    let remedy = match block.is_test {
        true => format!(
            "set it, or `{url}`, to another database than `{app}`: it is never taken from the application"
        ),
        false => format!("set it, or `{url}`"),
    };
    Err(block.error(message).with_hint(near.unwrap_or(remedy)))
}

fn same(twin: &Block<'_>, app: &Block<'_>) -> Error {
    let named = |block: &Block<'_>| {
        let setting = block.database();
        let found = setting.and_then(|setting| block.find(setting));
        match (found, setting) {
            (Some(found), _) => format!("`{}` ({})", found.variable, found.origin),
            (None, Some(setting)) => format!("`{}`", block.name_of(setting.key)),
            (None, None) => "the application".to_owned(),
        }
    };
    let message = format!(
        "{} leads to the same database as {}: tests must not touch what the application has",
        named(twin),
        named(app)
    );
    twin.error(message).with_hint("give the tests a database of their own")
}

fn check_port(block: &Block<'_>, config: &ConnectionConfig) -> Result<()> {
    let port = config
        .get("port")
        .filter(|_| block.driver.settings().iter().any(|setting| setting.key == "port"));
    match port {
        Some(port) if !is_port(port) => {
            Err(block.error(format!("{} is not a number from 1 to 65535", config.label("port"))))
        }
        _ => Ok(()),
    }
}

fn is_port(text: &str) -> bool {
    text.trim().parse::<u16>().is_ok_and(|port| port != 0)
}

/// The settings of each replica: those of the connection, at another host.
fn read_replicas(block: &Block<'_>, config: &ConnectionConfig) -> Result<Vec<ConnectionConfig>> {
    let Some(found) = block.own(READ_HOST)? else { return Ok(Vec::new()) };
    let has = |key: &str| block.driver.settings().iter().any(|setting| setting.key == key);
    let wrong = |what: &str| block.error(format!("`{}` ({}) {what}", found.variable, found.origin));
    if !has("host") {
        return Err(wrong("is set, and this driver knows no hosts"));
    }
    let mut replicas = Vec::new();
    for place in found.value.split(',').map(str::trim).filter(|place| !place.is_empty()) {
        let (host, port) = split(place).ok_or_else(|| wrong("has a host that is not one"))?;
        if port.is_some_and(|port| !is_port(port) || !has("port")) {
            return Err(wrong("has a port that is not a number from 1 to 65535"));
        }
        let name = replicas::name(config.name(), replicas.len());
        let mut replica = config.renamed(name).set("host", host);
        replica.set_variable("host", found.variable.clone());
        if has("socket") {
            replica.insert("socket", "");
        }
        if let Some(port) = port {
            replica.insert("port", port);
        }
        replicas.push(replica);
    }
    Ok(replicas)
}

/// Host and port of `host`, `host:port`, `[::1]`, `[::1]:port` and `::1`.
fn split(place: &str) -> Option<(&str, Option<&str>)> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            match port {
                "" => (host, None),
                port => (host, Some(port.strip_prefix(':')?)),
            }
        }
        None if place.matches(':').count() > 1 => (place, None),
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let is_host = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control());
    is_host.then_some((host, port))
}
