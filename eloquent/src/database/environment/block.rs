//! The variables of one connection, in the order in which they count.

use std::collections::BTreeMap;

use eloquent_core::config::{ConnectionConfig, Setting};
use eloquent_core::driver::{Driver, Registry};
use eloquent_core::{Error, ErrorKind, Result};

use super::keys::{self, URL};
use super::{Environment, Origin};

/// The settings that a URL has a place for, beside the database.
const PLACES: &[&str] = &["host", "port", "user", "password", "socket"];

/// A value and where it comes from.
pub(super) struct Found {
    pub(super) value: String,
    pub(super) variable: String,
    pub(super) origin: Origin,
    pub(super) in_url: bool,
    /// It is the application's, and the connection a twin.
    pub(super) is_fallback: bool,
}

/// The variables with one prefix.
type Layer = BTreeMap<&'static str, Found>;

/// The variables of one connection.
pub(super) struct Block<'e> {
    pub(super) environment: &'e Environment,
    pub(super) driver: &'static dyn Driver,
    pub(super) connection: String,
    pub(super) is_test: bool,
    /// What counts more comes first.
    layers: Vec<Layer>,
    /// How many of them are not the application's, when this is a twin.
    own: usize,
}

impl<'e> Block<'e> {
    /// Reads the variables of a driver, or of its twin.
    pub(super) fn read(
        environment: &'e Environment,
        registry: &Registry,
        driver: &'static dyn Driver,
        is_test: bool,
        role: super::Role,
    ) -> Result<Self> {
        let suffix = if is_test { super::selector::TWIN } else { "" };
        let connection = format!("{}{suffix}", driver.name());
        let mut block =
            Block { environment, driver, connection, is_test, layers: Vec::new(), own: 0 };
        let both = if is_test { &[true, false][..] } else { &[false] };
        for twin in both {
            let prefix = keys::block(driver, *twin);
            for prefix in [keys::role_block(&prefix, role), prefix] {
                let layer = block.layer(registry, &prefix, is_test && !twin)?;
                block.layers.push(layer);
            }
            block.own = if block.own == 0 { block.layers.len() } else { block.own };
        }
        Ok(block)
    }

    fn layer(&self, registry: &Registry, prefix: &str, is_fallback: bool) -> Result<Layer> {
        let mut layer = Layer::new();
        for setting in self.driver.settings() {
            if let Some(found) = self.variable(prefix, setting.key, is_fallback)? {
                layer.insert(setting.key, found);
            }
        }
        if layer.contains_key(URL) {
            return Ok(layer); // the driver has a setting of that name
        }
        let Some(url) = self.variable(prefix, URL, is_fallback)? else { return Ok(layer) };
        let config = registry.parse_url(self.connection.clone(), &url.value).map_err(|error| {
            let message = format!("`{}` ({}): {}", url.variable, url.origin, error.message());
            let found = self.error_of(error.kind(), message);
            match error.hint() {
                Some(hint) => found.with_hint(hint.to_owned()),
                None => found,
            }
        })?;
        if config.driver() != self.driver.name() {
            return Err(self.error(format!(
                "`{}` ({}) is a URL of the driver `{}`",
                url.variable,
                url.origin,
                config.driver()
            )));
        }
        for setting in self.driver.settings() {
            let has_place = setting.is_database || PLACES.contains(&setting.key);
            let value = config.get(setting.key);
            if let Some(set) = layer.get(setting.key).filter(|_| has_place || value.is_some()) {
                return Err(self.both(&url, set));
            }
            if let Some(value) = value {
                let (variable, origin) = (url.variable.clone(), url.origin.clone());
                let found =
                    Found { value: value.to_owned(), variable, origin, in_url: true, is_fallback };
                layer.insert(setting.key, found);
            }
        }
        Ok(layer)
    }

    fn both(&self, url: &Found, set: &Found) -> Error {
        let message = format!(
            "`{}` ({}) and `{}` ({}) are both set",
            url.variable, url.origin, set.variable, set.origin
        );
        self.error(message).with_hint("a URL stands in place of the single settings: remove one")
    }

    fn variable(&self, prefix: &str, key: &str, is_fallback: bool) -> Result<Option<Found>> {
        let variable = keys::variable(prefix, key);
        let read = self.environment.read(&variable).map_err(|error| {
            error.with_connection(self.connection.clone()).with_driver(self.driver.name())
        })?;
        Ok(read.map(|(value, origin)| Found {
            value: value.to_owned(),
            origin: origin.clone(),
            variable,
            in_url: false,
            is_fallback,
        }))
    }

    /// Where a setting is read from.
    pub(super) fn find(&self, setting: &Setting) -> Option<&Found> {
        // a twin never takes the application's database
        let layers = if setting.is_database { &self.layers[..self.own] } else { &self.layers[..] };
        if matches!(setting.key, "host" | "socket") {
            // one of the two leads to the server: the other, where it counts less, must not come in between
            let decisive =
                |layer: &&Layer| ["host", "socket"].iter().any(|key| layer.contains_key(key));
            return layers.iter().find(decisive)?.get(setting.key);
        }
        layers.iter().find_map(|layer| layer.get(setting.key))
    }

    /// A variable beside the settings; that of a twin may be the application's.
    pub(super) fn shared(&self, key: &str) -> Result<Option<Found>> {
        match self.own(key)? {
            None if self.is_test => self.variable(&keys::block(self.driver, false), key, true),
            own => Ok(own),
        }
    }

    /// A variable beside the settings, which a twin has for itself.
    pub(super) fn own(&self, key: &str) -> Result<Option<Found>> {
        self.variable(&keys::block(self.driver, self.is_test), key, false)
    }

    /// The variable to set for a setting.
    pub(super) fn name_of(&self, key: &str) -> String {
        keys::variable(&keys::block(self.driver, self.is_test), key)
    }

    /// The setting that says which database is meant.
    pub(super) fn database(&self) -> Option<&'static Setting> {
        self.driver.settings().iter().find(|setting| setting.is_database)
    }

    /// The settings, each with the variable that it comes from, or the one to set.
    pub(super) fn config(&self) -> ConnectionConfig {
        let mut config = ConnectionConfig::new(self.connection.clone(), self.driver.name());
        for setting in self.driver.settings() {
            match self.find(setting) {
                Some(found) => {
                    config.insert(setting.key, found.value.clone());
                    config.set_variable(setting.key, found.variable.clone());
                }
                None => config.set_variable(setting.key, self.name_of(setting.key)),
            }
        }
        config
    }

    pub(super) fn error(&self, message: String) -> Error {
        self.error_of(ErrorKind::Config, message)
    }

    fn error_of(&self, kind: ErrorKind, message: String) -> Error {
        Error::new(kind, message)
            .with_connection(self.connection.clone())
            .with_driver(self.driver.name())
    }
}
