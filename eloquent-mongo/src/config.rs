//! The settings of a connection.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use eloquent_core::config::url;
use eloquent_core::config::{ConnectionConfig, Setting};
use eloquent_core::driver::{ReadConcern, ReadPreference, WriteConcern};
use eloquent_core::{Error, Result};

/// The settings that a connection takes.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("uri", "the servers: `mongodb://host:port` or `mongodb+srv://name`").secret(),
    Setting::new("db", "the database").database(),
    Setting::new("user", "who logs in, in place of the user in the URI"),
    Setting::new("password", "with what").secret(),
    Setting::new("auth_source", "the database in which the user was made"),
    Setting::new("tls", "`on` or `off`; off only for servers on this machine, unless it is set"),
    Setting::new("tls_ca_file", "a file with the certificates to trust, in PEM"),
    Setting::new("connect_timeout_ms", "how long reaching a server may take").default("10000"),
    Setting::new("server_selection_timeout_ms", "how long to wait for a server that can answer")
        .default("10000"),
    Setting::new("statement_timeout_ms", "how long a statement may take; 0 is any time")
        .default("0"),
    Setting::new("read_preference", "who answers reads: `primary`, `secondaryPreferred` and so on"),
    Setting::new("read_concern", "how certain reads are: `local`, `majority` and so on"),
    Setting::new("write_concern", "who must have a write: `majority`, or a number of members"),
    Setting::new("max_connections", "how many connections the client keeps to a server")
        .default("100"),
    Setting::new("app_name", "what the server calls the application").default("eloquent"),
];

/// The settings, read.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) uri: String,
    pub(crate) db: String,
    pub(crate) login: Option<(String, Option<String>)>,
    pub(crate) auth_source: Option<String>,
    /// `None`: what the URI says, and on for servers elsewhere.
    pub(crate) tls: Option<bool>,
    pub(crate) tls_ca_file: Option<PathBuf>,
    pub(crate) connect_timeout: Duration,
    pub(crate) server_selection_timeout: Duration,
    /// `None`: any time.
    pub(crate) statement_timeout: Option<Duration>,
    /// As the URI says, when they are left out.
    pub(crate) read_preference: Option<ReadPreference>,
    pub(crate) read_concern: Option<ReadConcern>,
    pub(crate) write_concern: Option<WriteConcern>,
    pub(crate) max_connections: u32,
    pub(crate) app_name: String,
}

/// The URI may hold a password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("tls", &self.tls).finish_non_exhaustive()
    }
}

impl Settings {
    /// Reads the settings of a connection.
    ///
    /// # Errors
    /// [`Config`](eloquent_core::ErrorKind::Config) naming the key that is unknown, missing or wrong.
    pub(crate) fn read(config: &ConnectionConfig) -> Result<Self> {
        config.check_keys(SETTINGS)?;
        let uri = config.require("uri")?.to_owned();
        let Some(parts) = Uri::of(&uri) else {
            let message = format!("{} is no URI of MongoDB", config.label("uri"));
            return Err(config.error(message).with_hint(SHAPE));
        };
        let db = match config.get("db").map(str::to_owned).or_else(|| parts.database()) {
            Some(db) => db,
            None => return Err(missing_db(config)),
        };
        if db.len() > 63 || db.contains(['/', '\\', '.', ' ', '"', '$', '\0']) {
            let message = format!("{} is not the name of a database", config.label("db"));
            return Err(config.error(message));
        }
        let milliseconds = |key: &str| {
            let read = config.parsed(key, "a number of milliseconds", 10_000_u32)?;
            match read {
                0 => Err(config.error(format!("{} is 0", config.label(key)))),
                read => Ok(Duration::from_millis(read.into())),
            }
        };
        let max_connections = config.parsed("max_connections", "a number", 100_u32)?;
        if max_connections == 0 {
            return Err(config.error(format!("{} is 0", config.label("max_connections"))));
        }
        let password = config.get("password").map(str::to_owned);
        let login = match (config.get("user"), password) {
            (Some(user), password) => Some((user.to_owned(), password)),
            (None, None) => None,
            (None, Some(_)) => {
                let message = format!("{} is set, and no user", config.label("password"));
                return Err(config.error(message));
            }
        };
        let tls = config.get("tls").map(|_| config.parsed("tls", "`on` or `off`", Switch(true)));
        let tls = tls.transpose()?.map(|switch| switch.0);
        let tls_ca_file = config.get("tls_ca_file").map(PathBuf::from);
        if tls == Some(false) && tls_ca_file.is_some() {
            return Err(config.error("`tls_ca_file` is of no use with `tls=off`"));
        }
        let statement = config.parsed("statement_timeout_ms", "a number of milliseconds", 0_u32)?;
        Ok(Settings {
            statement_timeout: (statement > 0).then(|| Duration::from_millis(statement.into())),
            read_preference: choice(config, "read_preference", PREFERENCES)?,
            read_concern: choice(config, "read_concern", CONCERNS)?,
            write_concern: write_concern(config)?,
            db,
            login,
            auth_source: config.get("auth_source").map(str::to_owned),
            tls,
            tls_ca_file,
            connect_timeout: milliseconds("connect_timeout_ms")?,
            server_selection_timeout: milliseconds("server_selection_timeout_ms")?,
            max_connections,
            app_name: config.get("app_name").unwrap_or("eloquent").to_owned(),
            uri,
        })
    }
}

const PREFERENCES: &[(&str, ReadPreference)] = &[
    ("primary", ReadPreference::Primary),
    ("primaryPreferred", ReadPreference::PrimaryPreferred),
    ("secondary", ReadPreference::Secondary),
    ("secondaryPreferred", ReadPreference::SecondaryPreferred),
    ("nearest", ReadPreference::Nearest),
];

const CONCERNS: &[(&str, ReadConcern)] = &[
    ("local", ReadConcern::Local),
    ("available", ReadConcern::Available),
    ("majority", ReadConcern::Majority),
    ("linearizable", ReadConcern::Linearizable),
    ("snapshot", ReadConcern::Snapshot),
];

/// One of a few words, in the spelling of the server.
fn choice<T: Copy>(config: &ConnectionConfig, key: &str, all: &[(&str, T)]) -> Result<Option<T>> {
    let Some(text) = config.get(key) else { return Ok(None) };
    let found = all.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    found.map(|(_, choice)| Some(*choice)).ok_or_else(|| {
        let known: Vec<_> = all.iter().map(|(name, _)| *name).collect();
        let message = format!("{} is none of {}", config.label(key), known.join(", "));
        config.error(message)
    })
}

fn write_concern(config: &ConnectionConfig) -> Result<Option<WriteConcern>> {
    const KEY: &str = "write_concern";
    match config.get(KEY) {
        None => Ok(None),
        Some("majority") => Ok(Some(WriteConcern::majority())),
        Some(_) => match config.parsed(KEY, "`majority` or a number of members", 1_u32)? {
            0 => Err(config.error(format!("{} is 0", config.label(KEY))).with_hint(
                "a write that nobody acknowledges could fail unseen: ask for one member at least",
            )),
            members => Ok(Some(WriteConcern::members(members))),
        },
    }
}

const SHAPE: &str =
    "write it as `mongodb://user:password@host:27017/` or `mongodb+srv://user:password@name/`";

fn missing_db(config: &ConnectionConfig) -> Error {
    config
        .error(format!("{} is missing", config.label("db")))
        .with_hint("name the database, or put it behind the host in the URI")
}

struct Switch(bool);

impl std::str::FromStr for Switch {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "on" => Ok(Switch(true)),
            "off" => Ok(Switch(false)),
            _ => Err(()),
        }
    }
}

/// Takes a URL apart: the path is the database, the rest stays together.
///
/// # Errors
/// [`Config`](eloquent_core::ErrorKind::Config) without showing it.
pub(crate) fn parse_url(scheme: &str, rest: &str, config: &mut ConnectionConfig) -> Result<()> {
    let scheme = if scheme.ends_with("+srv") { "mongodb+srv" } else { "mongodb" };
    let uri = format!("{scheme}:{rest}");
    let Some(parts) = Uri::of(&uri) else {
        return Err(config.error("the URL is no URI of MongoDB").with_hint(SHAPE));
    };
    if let Some(database) = parts.database() {
        config.insert("db", database);
    }
    config.insert("uri", uri);
    Ok(())
}

/// Whether two connections lead to the same database, as far as their settings tell. In doubt, yes.
pub(crate) fn same_database(one: &ConnectionConfig, other: &ConnectionConfig) -> bool {
    let place = |config: &ConnectionConfig| {
        let uri = config.get("uri")?;
        let parts = Uri::of(uri)?;
        let db = config.get("db").map(str::to_owned).or_else(|| parts.database());
        Some((db?.to_lowercase(), parts.hosts()))
    };
    match (place(one), place(other)) {
        (Some((db, hosts)), Some((other_db, other_hosts))) => {
            db == other_db && hosts.iter().any(|host| other_hosts.contains(host))
        }
        _ => true,
    }
}

/// The parts of a URI, still encoded.
pub(crate) struct Uri<'u> {
    is_srv: bool,
    hosts: &'u str,
    path: &'u str,
    options: &'u str,
}

impl<'u> Uri<'u> {
    fn of(uri: &'u str) -> Option<Self> {
        let (scheme, rest) = uri.split_once("://")?;
        let is_srv = match scheme {
            "mongodb" => false,
            "mongodb+srv" => true,
            _ => return None,
        };
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
        let is_host = |host: &str| !host.is_empty() && !host.contains(char::is_whitespace);
        (hosts.split(',').all(is_host) && !path.contains(['/', '@'])).then_some(Uri {
            is_srv,
            hosts,
            path,
            options,
        })
    }

    fn database(&self) -> Option<String> {
        url::decode(self.path).filter(|path| !path.is_empty())
    }

    /// The hosts with their ports, all names of this machine as one.
    fn hosts(&self) -> Vec<String> {
        self.places()
            .map(|(host, port)| match is_near(&host) {
                true => format!("localhost:{port}"),
                false => format!("{}:{port}", host.trim_end_matches('.').to_lowercase()),
            })
            .collect()
    }

    fn places(&self) -> impl Iterator<Item = (String, &'u str)> {
        let default = if self.is_srv { "srv" } else { "27017" };
        self.hosts.split(',').map(move |place| match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (plain(host), port),
            _ => (plain(place), default),
        })
    }

    /// Whether nothing leaves this machine on the way to the servers.
    fn is_near(&self) -> bool {
        !self.is_srv && self.places().all(|(host, _)| is_near(&host))
    }

    /// Whether the URI says itself whether TLS is spoken.
    fn tells_of_tls(&self) -> bool {
        let names = self.options.split('&').filter_map(|option| option.split('=').next());
        names.map(str::to_lowercase).any(|name| name == "tls" || name == "ssl")
    }
}

/// Whether TLS is to be turned on although the URI does not say so.
pub(crate) fn wants_tls(settings: &Settings) -> bool {
    let unsaid = Uri::of(&settings.uri).is_some_and(|uri| !uri.tells_of_tls() && !uri.is_near());
    settings.tls.unwrap_or(unsaid || settings.tls_ca_file.is_some())
}

/// Whether nothing leaves this machine on the way to the servers.
pub(crate) fn is_local(settings: &Settings) -> bool {
    Uri::of(&settings.uri).is_some_and(|uri| uri.is_near())
}

fn plain(host: &str) -> String {
    url::decode(host.trim_start_matches('[').trim_end_matches(']')).unwrap_or_default()
}

fn is_near(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    host.eq_ignore_ascii_case("localhost")
        || host.starts_with('/')
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(uri: &str, db: &str) -> ConnectionConfig {
        ConnectionConfig::new("main", "mongo").set("uri", uri).set("db", db)
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted() {
        let tls = |uri: &str| wants_tls(&Settings::read(&config(uri, "app")).unwrap());
        for uri in
            ["mongodb://localhost", "mongodb://127.0.0.1:1,[::1]:2/", "mongodb://h/?tls=false"]
        {
            assert!(!tls(uri), "{uri}");
        }
        for uri in
            ["mongodb://db.example.org", "mongodb+srv://x.y.z", "mongodb://localhost,10.0.0.1"]
        {
            assert!(tls(uri), "{uri}");
        }
        let off = config("mongodb://db.example.org", "app").set("tls", "off");
        assert!(!wants_tls(&Settings::read(&off).unwrap()));
    }

    #[test]
    fn wrong_settings_name_the_key_and_not_the_value() {
        let fine = config("mongodb://ada:canary@h", "app");
        for (key, value) in [
            ("uri", "http://canary"),
            ("uri", "mongodb://ada:canary@"),
            ("db", "can.ary"),
            ("tls", "canary"),
            ("connect_timeout_ms", "0"),
            ("max_connections", "0"),
            ("password", "canary"),
        ] {
            let error = Settings::read(&fine.clone().set(key, value)).unwrap_err();
            let text = error.to_string();
            assert_eq!(error.kind(), eloquent_core::ErrorKind::Config);
            assert!(text.contains(key) && !text.contains("canary"), "{text}");
        }
        assert!(!format!("{:?}", Settings::read(&fine).unwrap()).contains("canary"));
    }

    #[test]
    fn the_database_stands_in_the_uri_or_beside_it() {
        let db = |uri: &str, db: &str| Settings::read(&config(uri, db)).unwrap().db;
        assert_eq!(db("mongodb://h/app", ""), "app");
        assert_eq!(db("mongodb://h/app", "other"), "other");
        assert!(Settings::read(&config("mongodb://h", "")).is_err());
        let mut parsed = ConnectionConfig::new("main", "mongo");
        parse_url("mongodb+srv", "//u:p@h/app?w=1", &mut parsed).unwrap();
        assert_eq!(parsed.get("uri"), Some("mongodb+srv://u:p@h/app?w=1"));
        assert_eq!(parsed.get("db"), Some("app"));
    }

    #[test]
    fn one_place_has_many_spellings() {
        let same =
            |one: &str, other: &str| same_database(&config(one, "app"), &config(other, "App"));
        assert!(same("mongodb://localhost", "mongodb://u:p@127.0.0.1:27017/x"));
        assert!(same("mongodb://a,b", "mongodb://B:27017,c"));
        assert!(!same("mongodb://a", "mongodb://a:27018"));
        assert!(!same_database(&config("mongodb://a", "app"), &config("mongodb://a", "app_test")));
    }
}
