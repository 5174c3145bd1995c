//! The driver.

use std::sync::Arc;

use eloquent_core::config::url::ServerUrl;
use eloquent_core::config::{ConnectionConfig, Setting};
use eloquent_core::driver::{Connection, Driver, Family, Shell};
use eloquent_core::{Result, async_trait};

use crate::config::{SETTINGS, Settings};
use crate::connection::ServerConnection;
use crate::error::DRIVER as NAME;
use crate::shell;

/// MySQL and MariaDB. See the [crate's page](crate).
#[derive(Debug, Clone, Copy, Default)]
pub struct MySqlDriver;

#[async_trait]
impl Driver for MySqlDriver {
    fn name(&self) -> &'static str {
        NAME
    }

    fn family(&self) -> Family {
        Family::Relational
    }

    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }

    fn prefix(&self) -> Option<&'static str> {
        Some("DB")
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["mariadb"]
    }

    fn parse_url(&self, rest: &str, config: &mut ConnectionConfig) -> Result<()> {
        let mut url = ServerUrl::parse(rest, config)?;
        // a path in the place of the host is that of a socket
        if let Some(path) = url.host.take_if(|host| host.starts_with('/')) {
            config.insert("socket", path);
        }
        url.apply(SETTINGS, config)
    }

    fn check(&self, config: &ConnectionConfig) -> Result<()> {
        Settings::read(config).map(drop)
    }

    fn shells(&self, config: &ConnectionConfig) -> Result<Vec<Shell>> {
        shell::of(config)
    }

    async fn connect(&self, config: &ConnectionConfig) -> Result<Arc<dyn Connection>> {
        let settings = Settings::read(config)?;
        Ok(Arc::new(ServerConnection::open(settings).await?))
    }
}

#[cfg(test)]
mod tests {
    use eloquent_core::ErrorKind;

    use super::*;

    fn parsed(rest: &str) -> Result<ConnectionConfig> {
        let mut config = ConnectionConfig::new("main", "mysql");
        MySqlDriver.parse_url(rest, &mut config).map(|()| config)
    }

    #[test]
    fn a_url_names_all_there_is() {
        let config =
            parsed("//ada:p%40ss@[::1]:3307/app?ssl_mode=verify-ca&zero-dates=null").unwrap();
        let expected = [
            ("user", "ada"),
            ("password", "p@ss"),
            ("host", "::1"),
            ("port", "3307"),
            ("name", "app"),
            ("ssl_mode", "verify-ca"),
            ("zero_dates", "null"),
        ];
        for (key, value) in expected {
            assert_eq!(config.get(key), Some(value), "{key}");
        }
        let config = parsed("//root@%2Frun%2Fmysqld%2Fmysqld.sock/app").unwrap();
        assert_eq!(config.get("socket"), Some("/run/mysqld/mysqld.sock"));
        assert_eq!(config.get("host"), None);
        assert_eq!(parsed("//root@h/app?socket=/tmp/s").unwrap().get("socket"), Some("/tmp/s"));
    }

    #[test]
    fn a_wrong_url_is_not_shown() {
        for rest in ["//canary@h:99999/x", "canary", "//h/x?canary=1", "//u:canary@h/x?ssl_mode"] {
            let error = parsed(rest).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
}
