//! URLs: `sqlite:app.sqlite?mode=ro`.

use eloquent_core::Result;
use eloquent_core::config::ConnectionConfig;

use crate::config::SETTINGS;

/// Reads what follows `sqlite:` into the settings.
///
/// # Errors
/// [`Config`](eloquent_core::ErrorKind::Config) saying which part is wrong, without showing it.
pub(crate) fn parse(rest: &str, config: &mut ConnectionConfig) -> Result<()> {
    let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix("//").unwrap_or(path);
    let Some(path) = decode(path).filter(|path| !path.is_empty()) else {
        return Err(config
            .error("the URL names no database file")
            .with_hint("write `sqlite:app.sqlite`, `sqlite:/absolute/path` or `sqlite::memory:`"));
    };
    config.insert("path", path);
    options.split('&').filter(|option| !option.is_empty()).try_for_each(|option| {
        let (key, value) = option
            .split_once('=')
            .ok_or_else(|| config.error("an option of the URL has no value"))?;
        set(config, key, value)
    })
}

fn set(config: &mut ConnectionConfig, key: &str, value: &str) -> Result<()> {
    let known = SETTINGS.iter().map(|setting| setting.key).filter(|key| *key != "path");
    let Some(key) = known.clone().find(|known| *known == key) else {
        let known: Vec<_> = known.collect();
        return Err(config
            .error("the URL has an option that is not known")
            .with_hint(format!("the options are: {}", known.join(", "))));
    };
    if config.get(key).is_some() {
        return Err(config.error(format!("the URL has the option `{key}` twice")));
    }
    let value = decode(value)
        .ok_or_else(|| config.error(format!("the option `{key}` is not well encoded")))?;
    config.insert(key, value);
    Ok(())
}

/// The text with its `%xx` resolved, if it is well formed.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, encoded)) = rest.split_once('%') {
        let digits = encoded.get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()))?;
        bytes.extend_from_slice(plain.as_bytes());
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &encoded[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
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
