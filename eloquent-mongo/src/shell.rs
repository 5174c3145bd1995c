//! `mongosh`, for people to type in.

use std::fmt::Write as _;

use eloquent_core::Result;
use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::Shell;

use crate::config::{Settings, wants_tls};

/// The variable from which the shell takes the URI, which may hold a password.
const URI: &str = "ELOQUENT_SHELL_URI";

/// How it is started on a connection.
///
/// # Errors
/// Settings that are wrong.
pub(crate) fn of(config: &ConnectionConfig) -> Result<Vec<Shell>> {
    let settings = Settings::read(config)?;
    Ok(vec![
        Shell::new("mongosh")
            .argument("--nodb")
            .argument("--shell")
            .argument("--eval")
            .argument(format!("db = connect(process.env.{URI}); delete process.env.{URI};"))
            .variable(URI, Some(uri(&settings))),
    ])
}

/// The URI with all that stands beside it in the settings.
fn uri(settings: &Settings) -> String {
    let (scheme, rest) = settings.uri.split_once("://").unwrap_or(("mongodb", &settings.uri));
    let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let login = match &settings.login {
        Some((user, Some(password))) => format!("{}:{}@", encoded(user), encoded(password)),
        Some((user, None)) => format!("{}@", encoded(user)),
        None if login.is_empty() => String::new(),
        None => format!("{login}@"),
    };
    let mut options: Vec<String> =
        options.split('&').filter(|option| !option.is_empty()).map(str::to_owned).collect();
    let mut set = |name: &str, value: String| {
        let is_other = |option: &String| {
            !option.split('=').next().unwrap_or_default().eq_ignore_ascii_case(name)
        };
        options.retain(is_other);
        options.push(format!("{name}={value}"));
    };
    if let Some(source) = &settings.auth_source {
        set("authSource", encoded(source));
    }
    if settings.tls.is_some() || wants_tls(settings) {
        set("tls", wants_tls(settings).to_string());
    }
    if let Some(path) = &settings.tls_ca_file {
        set("tlsCAFile", encoded(&path.to_string_lossy()));
    }
    format!("{scheme}://{login}{hosts}/{}?{}", encoded(&settings.db), options.join("&"))
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte.into());
            }
            _ => {
                let _ = write!(out, "%{byte:02X}"); // writing to a text does not fail
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(uri: &str, more: &[(&str, &str)]) -> Shell {
        let config = ConnectionConfig::new("main", "mongo").set("uri", uri).set("db", "app");
        let config = more.iter().fold(config, |config, (key, value)| config.set(*key, *value));
        of(&config).unwrap().remove(0)
    }

    #[test]
    fn the_uri_has_all_settings_and_stands_in_no_argument() {
        type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], &'c str);
        let cases: [Case<'_>; 3] = [
            ("mongodb://127.0.0.1:27018", &[], "mongodb://127.0.0.1:27018/app?"),
            (
                "mongodb://u:canary@localhost/other?w=1",
                &[("auth_source", "admin")],
                "mongodb://u:canary@localhost/app?w=1&authSource=admin",
            ),
            (
                "mongodb://db.example.org",
                &[("user", "a@b"), ("password", "c/anary")],
                "mongodb://a%40b:c%2Fanary@db.example.org/app?tls=true",
            ),
        ];
        for (uri, more, expected) in cases {
            let shell = shell(uri, more);
            assert_eq!(shell.variables, [(URI, expected.to_owned())]);
            assert!(!shell.arguments.concat().contains("anary"));
        }
    }
}
