//! URLs: `postgres://user:password@host:port/database?ssl_mode=require`.

use eloquent_core::Result;
use eloquent_core::config::ConnectionConfig;
use eloquent_core::config::url::ServerUrl;

use crate::config::SETTINGS;

/// Reads what follows the scheme into the settings.
///
/// # Errors
/// [`Config`](eloquent_core::ErrorKind::Config) saying which part is wrong, without showing it.
pub(crate) fn parse(rest: &str, config: &mut ConnectionConfig) -> Result<()> {
    ServerUrl::parse(rest, config)?.apply(SETTINGS, config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(rest: &str) -> Result<ConnectionConfig> {
        let mut config = ConnectionConfig::new("main", "pg");
        parse(rest, &mut config).map(|()| config)
    }

    #[test]
    fn parts_become_settings() {
        let config =
            parsed("//ada:p%40ss@[::1]:5433/app%2Fdb?sslmode=require&prepare=off").unwrap();
        let expected = [
            ("user", "ada"),
            ("password", "p@ss"),
            ("host", "::1"),
            ("port", "5433"),
            ("name", "app/db"),
            ("ssl_mode", "require"),
            ("prepare", "off"),
        ];
        for (key, value) in expected {
            assert_eq!(config.get(key), Some(value), "{key}");
        }
    }

    #[test]
    fn a_socket_is_named_in_either_place() {
        for rest in ["//ada@/app?host=/var/run/postgresql", "//ada@%2Fvar%2Frun%2Fpostgresql/app"] {
            let config = parsed(rest).unwrap();
            assert_eq!(config.get("host"), Some("/var/run/postgresql"), "{rest}");
            assert_eq!((config.get("user"), config.get("name")), (Some("ada"), Some("app")));
        }
    }

    #[test]
    fn what_is_wrong_is_not_shown() {
        for rest in ["canary", "//canary:1:2@h/d", "//h:canary/d", "//h/d?canary=1", "//h/d?port"] {
            let error = parsed(rest).unwrap_err();
            assert_eq!(error.kind(), eloquent_core::ErrorKind::Config, "{rest}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
}
