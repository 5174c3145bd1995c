//! URLs: `sqlite:app.sqlite?mode=ro`.

use eloquent_core::Result;
use eloquent_core::config::{ConnectionConfig, url};

use crate::config::SETTINGS;

/// Reads what follows `sqlite:` into the settings.
///
/// # Errors
/// [`Config`](eloquent_core::ErrorKind::Config) saying which part is wrong, without showing it.
pub(crate) fn parse(rest: &str, config: &mut ConnectionConfig) -> Result<()> {
    let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
    if path.strip_prefix("//").is_some_and(has_login) {
        return Err(config
            .error("the URL has a user and a password, and a database file has neither")
            .with_hint("write `sqlite:app.sqlite`; an `@` in the name of a file is `%40`"));
    }
    let path = path.strip_prefix("//").unwrap_or(path);
    let Some(path) = url::decode(path).filter(|path| !path.is_empty()) else {
        return Err(config
            .error("the URL names no database file")
            .with_hint("write `sqlite:app.sqlite`, `sqlite:/absolute/path` or `sqlite::memory:`"));
    };
    config.insert("path", path);
    let options = url::options(options, config)?;
    url::apply_options(options, SETTINGS, &["path"], config)
}

/// Whether it begins like the URL of a server: with a login, which messages about the file would show.
fn has_login(place: &str) -> bool {
    let first = place.split('/').next().unwrap_or_default();
    first.rsplit_once('@').is_some_and(|(login, _)| login.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(rest: &str) -> Result<ConnectionConfig> {
        let mut config = ConnectionConfig::new("main", "sqlite");
        parse(rest, &mut config).map(|()| config)
    }

    #[test]
    fn paths_are_read_in_every_spelling() {
        let cases = [
            ("app.sqlite", "app.sqlite"),
            ("//app.sqlite", "app.sqlite"),
            ("///var/app.sqlite", "/var/app.sqlite"),
            ("/var/app.sqlite", "/var/app.sqlite"),
            ("../x.db", "../x.db"),
            (":memory:", ":memory:"),
            ("//:memory:", ":memory:"),
            ("//a@b.sqlite", "a@b.sqlite"),
            ("//a%3Ab%40c.sqlite", "a:b@c.sqlite"),
            ("//x/a:b@c.sqlite", "x/a:b@c.sqlite"),
            ("a%20b%3F.db", "a b?.db"),
            ("%C3%9C.db", "Ü.db"),
        ];
        for (rest, path) in cases {
            assert_eq!(parsed(rest).unwrap().get("path"), Some(path), "{rest}");
        }
    }

    #[test]
    fn options_are_settings() {
        let config = parsed("app.sqlite?mode=ro&busy_timeout_ms=10").unwrap();
        assert_eq!((config.get("mode"), config.get("busy_timeout_ms")), (Some("ro"), Some("10")));
    }

    #[test]
    fn what_is_wrong_is_not_shown() {
        for rest in [
            "",
            "//",
            "?mode=ro",
            "canary%zz",
            "canary%ff",
            "canary%",
            "//app:canary@host/app.sqlite",
            "//:canary@host",
            "x?canary",
            "x?sslmod=canary",
            "x?path=canary",
            "x?mode=%zcanary",
            "x?mode=ro&mode=canary",
        ] {
            let error = parsed(rest).unwrap_err();
            assert_eq!(error.kind(), eloquent_core::ErrorKind::Config, "{rest}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
}
