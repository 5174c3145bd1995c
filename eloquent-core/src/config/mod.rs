//! How a named connection is reached: settings as data, with secrets that do not print.

mod same;
pub mod url;

use std::collections::BTreeMap;
use std::fmt;

use crate::{Error, ErrorKind, Result};

pub(crate) use same::same_database;

/// A setting that a driver takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its name, in lower case: `path`, `host`, `password`.
    pub key: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
    /// Its value when it is not set.
    pub default: Option<&'static str>,
    /// Whether its value is never shown.
    pub secret: bool,
    /// Whether it says which database of the server is meant, or where the file of the database is: what
    /// tests must have another of than the application has.
    pub is_database: bool,
}

impl Setting {
    /// A setting without a default.
    pub const fn new(key: &'static str, about: &'static str) -> Self {
        Setting { key, about, default: None, secret: false, is_database: false }
    }

    /// With a default.
    #[must_use]
    pub const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    /// Never shown.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Says which database is meant. A driver marks one of its settings so.
    #[must_use]
    pub const fn database(mut self) -> Self {
        self.is_database = true;
        self
    }
}

/// The settings of one named connection.
///
/// Its `Debug` text shows the keys and no value: a path or URL may hold a secret as well.
///
/// ```
/// use eloquent_core::config::ConnectionConfig;
///
/// let config = ConnectionConfig::new("main", "sqlite").set("path", "app.sqlite");
/// assert_eq!(config.get("path"), Some("app.sqlite"));
/// assert_eq!(format!("{config:?}"), r#"ConnectionConfig { name: "main", driver: "sqlite", keys: ["path"] }"#);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionConfig {
    name: String,
    driver: String,
    values: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
}

impl ConnectionConfig {
    /// A connection of this name through the driver of that name.
    pub fn new(name: impl Into<String>, driver: impl Into<String>) -> Self {
        ConnectionConfig {
            name: name.into(),
            driver: driver.into(),
            values: BTreeMap::new(),
            variables: BTreeMap::new(),
        }
    }

    /// Sets a value.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.insert(key, value);
        self
    }

    /// Sets a value in place.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.values.insert(key.into(), value.into());
    }

    /// Notes which environment variable a setting is read from, for errors to name it.
    pub fn set_variable(&mut self, key: impl Into<String>, variable: impl Into<String>) {
        self.variables.insert(key.into(), variable.into());
    }

    /// How errors name a setting: `` the setting `port` ``, with the variable that it is read from.
    pub fn label(&self, key: &str) -> String {
        match self.variables.get(key) {
            Some(variable) => format!("the setting `{key}` (`{variable}`)"),
            None => format!("the setting `{key}`"),
        }
    }

    /// The name of the connection.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same settings for a connection of another name.
    #[must_use]
    pub fn renamed(&self, name: impl Into<String>) -> Self {
        ConnectionConfig { name: name.into(), ..self.clone() }
    }

    /// The name of the driver.
    pub fn driver(&self) -> &str {
        &self.driver
    }

    /// A value, if it is set. Empty counts as not set.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A value that has to be there.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the key.
    pub fn require(&self, key: &str) -> Result<&str> {
        self.get(key).ok_or_else(|| self.error(format!("{} is missing", self.label(key))))
    }

    /// A value in the form that `parse` takes, or the default.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the key and what is expected, not the value.
    pub fn parsed<T: std::str::FromStr>(&self, key: &str, expected: &str, default: T) -> Result<T> {
        match self.get(key) {
            None => Ok(default),
            Some(text) => text
                .trim()
                .parse()
                .map_err(|_| self.error(format!("{} is not {expected}", self.label(key)))),
        }
    }

    /// Refuses keys that the driver does not know.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the key and the known ones.
    pub fn check_keys(&self, settings: &[Setting]) -> Result<()> {
        for key in self.values.keys() {
            if !settings.iter().any(|setting| setting.key == key) {
                let known: Vec<_> = settings.iter().map(|setting| setting.key).collect();
                return Err(self
                    .error(format!("there is no setting `{key}`"))
                    .with_hint(format!("the settings are: {}", known.join(", "))));
            }
        }
        Ok(())
    }

    /// Refuses a `host` that cannot be one: most likely a login or a URL has come along with it, and a
    /// message about a host that does not answer would show it. The directory of a socket may be one.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the setting, not its value.
    pub fn check_host(&self) -> Result<()> {
        let Some(host) = self.get("host") else { return Ok(()) };
        let is_directory = host.starts_with('/');
        let is_odd = |c: char| {
            c.is_whitespace() || c.is_control() || c == '@' || (c == '/' && !is_directory)
        };
        if !host.contains(is_odd) {
            return Ok(());
        }
        Err(self.error(format!("{} is not the name or address of a server", self.label("host"))).with_hint(
            "user, password and port have settings of their own, and a URL takes the place of all of them",
        ))
    }

    /// An error about these settings.
    pub fn error(&self, message: impl Into<String>) -> Error {
        let error = Error::new(ErrorKind::Config, message.into()).with_driver(self.driver.clone());
        // while a URL is taken apart, the connection may not have a name yet
        if self.name.is_empty() { error } else { error.with_connection(self.name.clone()) }
    }
}

impl fmt::Debug for ConnectionConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionConfig")
            .field("name", &self.name)
            .field("driver", &self.driver)
            .field("keys", &self.values.keys().collect::<Vec<_>>())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &[Setting] =
        &[Setting::new("path", "the file"), Setting::new("password", "").secret()];

    #[test]
    fn no_value_is_ever_printed() {
        let config =
            ConnectionConfig::new("main", "x").set("password", "canary").set("port", "canary");
        let errors = [
            config.require("path").unwrap_err(),
            config.parsed::<u16>("port", "a number", 1).unwrap_err(),
            config.check_keys(SETTINGS).unwrap_err(),
        ];
        for error in errors {
            assert!(!error.to_string().contains("canary"));
            assert_eq!((error.kind(), error.connection()), (ErrorKind::Config, Some("main")));
        }
        assert!(!format!("{config:?}").contains("canary"));
    }

    #[test]
    fn a_login_is_no_host() {
        let check = |host: &str| ConnectionConfig::new("main", "x").set("host", host).check_host();
        for host in ["root:canary@db", "x://canary", "canary/db", "ca nary"] {
            assert!(!check(host).unwrap_err().to_string().contains("canary"), "{host}");
        }
        for host in ["db", "db.example.org", "::1", "10.0.0.1", "/run/postgresql"] {
            assert!(check(host).is_ok(), "{host}");
        }
    }

    #[test]
    fn errors_name_the_variable_that_a_setting_is_read_from() {
        let mut config = ConnectionConfig::new("main", "x").set("port", "y");
        config.set_variable("port", "X_PORT");
        let error = config.parsed::<u16>("port", "a number", 1).unwrap_err();
        assert_eq!(error.message(), "the setting `port` (`X_PORT`) is not a number");
    }

    #[test]
    fn empty_counts_as_unset() {
        let config = ConnectionConfig::new("main", "x").set("path", "");
        assert_eq!(config.get("path"), None);
        assert!(config.require("path").is_err());
    }
}
