//! The settings of a connection.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use eloquent_core::Result;
use eloquent_core::config::{ConnectionConfig, Setting};
use eloquent_core::driver::Transport;

/// The settings that a connection takes.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("host", "the server: a name, an address, or the directory of its socket"),
    Setting::new("port", "its port").default("5432"),
    Setting::new("user", "who logs in"),
    Setting::new("password", "with what").secret(),
    Setting::new("name", "the database").database(),
    Setting::new("ssl_mode", "`disable`, `require`, `verify-ca`, `verify-full`"),
    Setting::new("ssl_root_cert", "a file with the certificates to trust, in PEM"),
    Setting::new("connect_timeout_ms", "how long opening a session may take").default("10000"),
    Setting::new("statement_timeout_ms", "how long a statement may take; 0 is without limit")
        .default("0"),
    Setting::new("statement_cache", "how many statements a session keeps prepared").default("256"),
    Setting::new("prepare", "`off` keeps nothing between statements, for a pooler in between")
        .default("on"),
    Setting::new("application_name", "what the server calls the session").default("eloquent"),
    Setting::new("search_path", "the schemas in which names are looked up"),
];

/// The settings, read.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) place: Place,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: Option<Secret>,
    pub(crate) name: String,
    pub(crate) ssl_mode: SslMode,
    pub(crate) ssl_root_cert: Option<PathBuf>,
    pub(crate) connect_timeout: Duration,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) statement_cache: usize,
    /// Whether statements stay prepared from one use to the next.
    pub(crate) prepare: bool,
    pub(crate) application_name: String,
    pub(crate) search_path: Option<String>,
}

/// Where the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// At a name or an address.
    Host(String),
    /// Behind a socket in this directory.
    Socket(PathBuf),
}

/// Text that does not print.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}

/// How the connection is encrypted, and who may be at its other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SslMode {
    /// Not at all.
    Disable,
    /// Encrypted; anybody may be at the other end.
    Require,
    /// The certificate is by somebody who is trusted.
    VerifyCa,
    /// And it is for this host.
    VerifyFull,
}

impl FromStr for SslMode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "disable" => Ok(SslMode::Disable),
            "require" => Ok(SslMode::Require),
            "verify-ca" => Ok(SslMode::VerifyCa),
            "verify-full" => Ok(SslMode::VerifyFull),
            _ => Err(()),
        }
    }
}

struct Switch(bool);

impl FromStr for Switch {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "on" => Ok(Switch(true)),
            "off" => Ok(Switch(false)),
            _ => Err(()),
        }
    }
}

impl Settings {
    /// Reads the settings of a connection.
    ///
    /// # Errors
    /// [`Config`](eloquent_core::ErrorKind::Config) naming the key that is unknown, missing or wrong.
    pub(crate) fn read(config: &ConnectionConfig) -> Result<Self> {
        config.check_keys(SETTINGS)?;
        config.check_host()?;
        for setting in SETTINGS {
            // the protocol ends each of them at a NUL
            if config.get(setting.key).is_some_and(|value| value.contains('\0')) {
                let key = setting.key;
                return Err(config.error(format!("the setting `{key}` holds a NUL character")));
            }
        }
        let place = match config.require("host")? {
            path if path.starts_with('/') => Place::Socket(path.into()),
            host => Place::Host(host.to_owned()),
        };
        let milliseconds = "a number of milliseconds";
        let connect_timeout = config.parsed("connect_timeout_ms", milliseconds, 10_000_u32)?;
        if connect_timeout == 0 {
            return Err(config.error("the setting `connect_timeout_ms` is 0"));
        }
        let statement_timeout = config.parsed("statement_timeout_ms", milliseconds, 0_u32)?;
        // the server counts in 31 bits
        if i32::try_from(statement_timeout).is_err() {
            return Err(config.error("the setting `statement_timeout_ms` is too great"));
        }
        let settings = Settings {
            port: port(config)?,
            user: config.require("user")?.to_owned(),
            password: config.get("password").map(|text| Secret(text.to_owned())),
            name: config.require("name")?.to_owned(),
            ssl_mode: ssl_mode(config, &place)?,
            ssl_root_cert: config.get("ssl_root_cert").map(PathBuf::from),
            connect_timeout: Duration::from_millis(connect_timeout.into()),
            statement_timeout: (statement_timeout > 0)
                .then(|| Duration::from_millis(statement_timeout.into())),
            statement_cache: config.parsed("statement_cache", "a number", 256)?,
            prepare: config.parsed("prepare", "`on` or `off`", Switch(true))?.0,
            application_name: config.get("application_name").unwrap_or("eloquent").to_owned(),
            search_path: config.get("search_path").map(str::to_owned),
            place,
        };
        let of_sessions = [
            ("search_path", settings.search_path.is_some()),
            ("statement_timeout", settings.statement_timeout.is_some()),
        ];
        if let Some((name, _)) = of_sessions.iter().find(|(_, is_set)| !settings.prepare && *is_set)
        {
            return Err(config
                .error(format!(
                    "`{name}` belongs to a session, and with `prepare=off` there is none"
                ))
                .with_hint(format!("set it for the user: `ALTER ROLE … SET {name} = …`")));
        }
        Ok(settings)
    }
}

fn port(config: &ConnectionConfig) -> Result<u16> {
    match config.parsed("port", "a port", 5432_u16)? {
        0 => Err(config.error("the setting `port` is not a port")),
        port => Ok(port),
    }
}

fn ssl_mode(config: &ConnectionConfig, place: &Place) -> Result<SslMode> {
    let default = if is_near(place) { SslMode::Disable } else { SslMode::VerifyFull };
    let expected = "one of: disable require verify-ca verify-full";
    let mode = config.parsed("ssl_mode", expected, default)?;
    if mode != SslMode::Disable && matches!(place, Place::Socket(_)) {
        return Err(
            config.error("TLS is not spoken through a socket: `ssl_mode` is `disable` there")
        );
    }
    let verifies = matches!(mode, SslMode::VerifyCa | SslMode::VerifyFull);
    if !verifies && config.get("ssl_root_cert").is_some() {
        return Err(config
            .error("`ssl_root_cert` is of no use with this `ssl_mode`")
            .with_hint("set `ssl_mode` to `verify-full` or `verify-ca`"));
    }
    Ok(mode)
}

impl Settings {
    /// What others could see of what is sent.
    pub(crate) fn transport(&self) -> Transport {
        Transport::of(self.ssl_mode != SslMode::Disable, is_near(&self.place))
    }
}

/// Whether nothing leaves this machine on the way to the server.
fn is_near(place: &Place) -> bool {
    match place {
        Place::Socket(_) => true,
        Place::Host(host) if host.eq_ignore_ascii_case("localhost") => true,
        Place::Host(host) => host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(host: &str) -> ConnectionConfig {
        ConnectionConfig::new("main", "pg").set("host", host).set("user", "ada").set("name", "app")
    }

    fn refused(config: &ConnectionConfig) -> String {
        let error = Settings::read(config).unwrap_err();
        assert_eq!(error.kind(), eloquent_core::ErrorKind::Config);
        error.to_string()
    }

    #[test]
    fn the_defaults_are_those_that_are_told() {
        let mut told = bare("localhost");
        for setting in SETTINGS {
            if let Some(default) = setting.default {
                told.insert(setting.key, default);
            }
        }
        let bare = Settings::read(&bare("localhost")).unwrap();
        assert_eq!(format!("{:?}", Settings::read(&told).unwrap()), format!("{bare:?}"));
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted_and_verified() {
        let mode = |host: &str| Settings::read(&bare(host)).unwrap().ssl_mode;
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "::1", "/run/postgresql"] {
            assert_eq!(mode(host), SslMode::Disable, "{host}");
        }
        for host in ["db.example.org", "10.0.0.1", "localhost.example.org", "fe80::1"] {
            assert_eq!(mode(host), SslMode::VerifyFull, "{host}");
        }
        refused(&bare("/run/postgresql").set("ssl_mode", "require"));
        refused(&bare("h").set("ssl_mode", "require").set("ssl_root_cert", "ca.pem"));
    }

    #[test]
    fn wrong_settings_name_the_key_and_not_the_value() {
        let wrong = [
            ("host", ""),
            ("user", ""),
            ("name", ""),
            ("port", "canary"),
            ("port", "0"),
            ("ssl_mode", "prefer"),
            ("ssl_mode", "canary"),
            ("connect_timeout_ms", "0"),
            ("statement_timeout_ms", "4000000000"),
            ("statement_cache", "-1"),
            ("prepare", "canary"),
            ("password", "can\0ary"),
            ("sslmod", "canary"),
        ];
        for (key, value) in wrong {
            let text = refused(&bare("h").set(key, value));
            assert!(text.contains(key) && !text.contains("canary"), "{text}");
        }
    }

    #[test]
    fn what_a_session_keeps_is_refused_where_there_is_none() {
        let off = bare("h").set("prepare", "off");
        assert!(Settings::read(&off).is_ok());
        for (key, name) in
            [("search_path", "search_path"), ("statement_timeout_ms", "statement_timeout")]
        {
            let text = refused(&off.clone().set(key, "70"));
            assert!(text.contains(&format!("SET {name}")), "{text}");
        }
    }

    #[test]
    fn the_password_does_not_print() {
        let settings = Settings::read(&bare("h").set("password", "canary")).unwrap();
        assert!(!format!("{settings:?}").contains("canary"));
    }
}
