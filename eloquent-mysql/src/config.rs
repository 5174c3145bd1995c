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
    Setting::new("host", "the name or address of the server").default("localhost"),
    Setting::new("port", "its port").default("3306"),
    Setting::new("user", "who logs in").default("root"),
    Setting::new("password", "with what").secret(),
    Setting::new("name", "the database").database(),
    Setting::new("socket", "the path of a local socket, in place of host and port"),
    Setting::new("ssl_mode", "`disable`, `require`, `verify-ca`, `verify-full`"),
    Setting::new("ssl_root_cert", "a file of certificates to trust besides the system's"),
    Setting::new("connect_timeout_ms", "how long opening a session may take").default("5000"),
    Setting::new("statement_timeout_ms", "how long a statement may take; 0 is any time")
        .default("0"),
    Setting::new(
        "lock_timeout_s",
        "how many seconds to wait for a lock; the server's own if not set",
    ),
    Setting::new("statement_cache", "how many statements a session keeps prepared").default("1024"),
    Setting::new("uuid", "how UUIDs are sent and stored: `binary` or `text`").default("binary"),
    Setting::new("zero_dates", "what `0000-00-00` is read as: `error` or `null`").default("error"),
];

/// The settings, read.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) place: Place,
    pub(crate) user: String,
    pub(crate) password: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) ssl_mode: SslMode,
    pub(crate) ssl_root_cert: Option<PathBuf>,
    pub(crate) connect_timeout: Duration,
    pub(crate) statement_timeout: Option<Duration>,
    /// In seconds.
    pub(crate) lock_timeout: Option<u32>,
    pub(crate) statement_cache: usize,
    pub(crate) uuid: UuidForm,
    pub(crate) zero_dates: ZeroDates,
}

/// Where the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the network.
    Host(String, u16),
    /// Behind a socket of this machine.
    Socket(PathBuf),
}

/// An enum of which each variant has a name in the settings.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// What a wrong value is told.
            const EXPECTED: &str = concat!("one of:" $(, " ", $text)+);
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($text => Ok($name::$variant),)+ _ => Err(()) }
            }
        }
    };
}

choices! {
    /// How the connection is protected. What is asked for is kept to, or there is no connection.
    SslMode {
        /// Not.
        Disable = "disable",
        /// Encrypted; who the server is, is not checked.
        Require = "require",
        /// The server has a certificate that is trusted.
        VerifyCa = "verify-ca",
        /// And it is that of its host.
        VerifyFull = "verify-full",
    }
}

choices! {
    /// The form of UUIDs in the database.
    UuidForm {
        /// Sixteen bytes.
        Binary = "binary",
        /// 36 characters.
        Text = "text",
    }
}

choices! {
    /// What a date of zeros is read as.
    ZeroDates {
        /// An error that names the column.
        Error = "error",
        /// Null.
        Null = "null",
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
        let place = place(config)?;
        let milliseconds = "a number of milliseconds";
        let connect = config.parsed("connect_timeout_ms", milliseconds, 5000_u32)?;
        let statement = config.parsed("statement_timeout_ms", milliseconds, 0_u32)?;
        let locks = config.parsed("lock_timeout_s", "a number of seconds from 1", 0_u32)?;
        if locks == 0 && config.get("lock_timeout_s").is_some() {
            return Err(config.error(format!("{} is 0", config.label("lock_timeout_s"))));
        }
        let cache = config.parsed("statement_cache", "a number from 1 to 16000", 1024_usize)?;
        if connect == 0 {
            return Err(config.error(format!("{} is 0", config.label("connect_timeout_ms"))));
        }
        if !(1..=16_000).contains(&cache) {
            let label = config.label("statement_cache");
            return Err(config.error(format!("{label} is not a number from 1 to 16000")));
        }
        let owned = |key| config.get(key).map(str::to_owned);
        Ok(Settings {
            ssl_mode: ssl_mode(config, &place)?,
            place,
            user: owned("user").unwrap_or_else(|| "root".to_owned()),
            password: owned("password"),
            database: owned("name"),
            ssl_root_cert: config.get("ssl_root_cert").map(PathBuf::from),
            connect_timeout: Duration::from_millis(connect.into()),
            statement_timeout: match statement {
                0 => None,
                some => Some(Duration::from_millis(some.into())),
            },
            lock_timeout: Some(locks).filter(|seconds| *seconds > 0),
            statement_cache: cache,
            uuid: config.parsed("uuid", UuidForm::EXPECTED, UuidForm::Binary)?,
            zero_dates: config.parsed("zero_dates", ZeroDates::EXPECTED, ZeroDates::Error)?,
        })
    }
}

fn place(config: &ConnectionConfig) -> Result<Place> {
    if let Some(path) = config.get("socket") {
        if config.get("host").is_some() || config.get("port").is_some() {
            let message = "there is a `socket`, and a `host` or `port` as well";
            return Err(config.error(message).with_hint("leave one of the two out"));
        }
        return Ok(Place::Socket(PathBuf::from(path)));
    }
    let port = config.parsed("port", "a number from 1 to 65535", 3306_u16)?;
    if port == 0 {
        let label = config.label("port");
        return Err(config.error(format!("{label} is not a number from 1 to 65535")));
    }
    Ok(Place::Host(config.get("host").unwrap_or("localhost").to_owned(), port))
}

/// What is asked for; without that, a server elsewhere has to show who it is.
fn ssl_mode(config: &ConnectionConfig, place: &Place) -> Result<SslMode> {
    let default = if place.is_local() { SslMode::Disable } else { SslMode::VerifyFull };
    let mode = config.parsed("ssl_mode", SslMode::EXPECTED, default)?;
    if mode == SslMode::Disable && config.get("ssl_root_cert").is_some() {
        let label = config.label("ssl_root_cert");
        return Err(config
            .error(format!("{label} is set, but the connection is not encrypted"))
            .with_hint("set `ssl_mode` to `verify-full`"));
    }
    Ok(mode)
}

impl Settings {
    /// What others could see of what is sent.
    pub(crate) fn transport(&self) -> Transport {
        Transport::of(self.ssl_mode != SslMode::Disable, self.place.is_local())
    }
}

impl Place {
    /// Whether what is sent stays on this machine.
    pub(crate) fn is_local(&self) -> bool {
        match self {
            Place::Socket(_) => true,
            Place::Host(host, _) => {
                host.eq_ignore_ascii_case("localhost")
                    || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Host(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Place::Host(host, port) => write!(f, "{host}:{port}"),
            Place::Socket(path) => path.display().fmt(f),
        }
    }
}

/// Shows where the server is, and nothing of the login.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("place", &self.place)
            .field("ssl_mode", &self.ssl_mode)
            .field("connect_timeout", &self.connect_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("lock_timeout", &self.lock_timeout)
            .field("statement_cache", &self.statement_cache)
            .field("uuid", &self.uuid)
            .field("zero_dates", &self.zero_dates)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ConnectionConfig {
        ConnectionConfig::new("main", "mysql")
    }

    #[test]
    fn the_defaults_are_those_that_are_told() {
        let told = SETTINGS.iter().filter_map(|setting| Some((setting.key, setting.default?)));
        let told = told.fold(config(), |config, (key, value)| config.set(key, value));
        let (told, bare) = (Settings::read(&told).unwrap(), Settings::read(&config()).unwrap());
        assert_eq!(format!("{told:?}"), format!("{bare:?}"));
        assert!(bare.statement_cache >= 1000, "an evicted statement stalls the next one");
    }

    #[test]
    fn a_server_elsewhere_has_to_show_who_it_is() {
        let mode = |host: &str| Settings::read(&config().set("host", host)).unwrap().ssl_mode;
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1"] {
            assert_eq!(mode(host), SslMode::Disable, "{host}");
        }
        for host in ["db.example.org", "10.0.0.1", "localhost.example.org", "::2"] {
            assert_eq!(mode(host), SslMode::VerifyFull, "{host}");
        }
        let socket = Settings::read(&config().set("socket", "/run/s")).unwrap();
        assert_eq!(socket.ssl_mode, SslMode::Disable);
        let asked = config().set("host", "db.example.org").set("ssl_mode", "require");
        assert_eq!(Settings::read(&asked).unwrap().ssl_mode, SslMode::Require);
    }

    #[test]
    fn wrong_settings_name_the_key_and_not_the_value() {
        let wrong = [
            ("port", "canary"),
            ("port", "0"),
            ("ssl_mode", "canary"),
            ("connect_timeout_ms", "0"),
            ("statement_timeout_ms", "-1"),
            ("statement_cache", "0"),
            ("lock_timeout_s", "0"),
            ("zero_dates", "canary"),
            ("uuid", "canary"),
            ("sslmod", "canary"),
        ];
        for (key, value) in wrong {
            let error = Settings::read(&config().set(key, value)).unwrap_err().to_string();
            assert!(error.contains(key) && !error.contains("canary"), "{error}");
        }
        let both = config().set("socket", "/canary").set("host", "canary");
        let error = Settings::read(&both).unwrap_err().to_string();
        assert!(error.contains("socket") && !error.contains("canary"), "{error}");
        let useless = config().set("ssl_root_cert", "/canary");
        let error = Settings::read(&useless).unwrap_err().to_string();
        assert!(error.contains("ssl_root_cert") && !error.contains("canary"), "{error}");
    }

    #[test]
    fn a_password_is_never_printed() {
        let settings = Settings::read(&config().set("password", "canary")).unwrap();
        assert!(!format!("{settings:?}").contains("canary"));
    }
}
