//! Opening sessions: the connection, the login, and what has to hold before a session is used.

use std::time::Duration;

use eloquent_core::{Error, ErrorKind, Result};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::time::timeout;
use tokio_postgres::config::SslMode as ClientSslMode;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{CancelToken, Client, Config, Connection, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::{Place, Settings, SslMode};
use crate::error::{at_open, error};
use crate::line::Line;
use crate::socket::{self, Address, Socket};
use crate::tls;

/// What sets encryption up for one connection.
type Tls = <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect;

/// The oldest server that is spoken to.
const OLDEST: u32 = 12;
/// How long asking the server to end a statement may take.
const CANCELLING: Duration = Duration::from_secs(5);

/// How sessions are opened.
pub(crate) struct Opener {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    settings: Settings,
}

/// The settings print no secret; the client's own would.
impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Opener").field(&self.settings).finish()
    }
}

/// A client, and the line on which it speaks with the server.
#[derive(Debug)]
pub(crate) struct Opened {
    // dropped before the line, which by that knows that this was all
    pub(crate) client: Client,
    pub(crate) line: Line,
    pub(crate) address: Address,
    /// What the server calls its version.
    pub(crate) version: String,
}

impl Opener {
    /// Reads what opening takes, certificates included.
    ///
    /// # Errors
    /// When certificates are missing or cannot be read.
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        let mut config = Config::new();
        config
            .user(&settings.user)
            .dbname(&settings.name)
            .application_name(&settings.application_name)
            .ssl_mode(match settings.ssl_mode {
                SslMode::Disable => ClientSslMode::Disable,
                _ => ClientSslMode::Require,
            });
        if let Some(password) = &settings.password {
            config.password(&password.0);
        }
        if settings.prepare {
            config.options(options(&settings));
        }
        Ok(Opener { config, tls: tls::connector(&settings)?, settings })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Opens a session.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses the login, or is not as it has to be.
    pub(crate) async fn open(&self) -> Result<Opened> {
        let bound = self.settings.connect_timeout;
        let opened = match timeout(bound, self.connect()).await {
            Ok(opened) => opened,
            Err(_) => {
                Err(error(ErrorKind::Timeout, format!("no session was open after {bound:?}"))
                    .with_hint(
                        "are `host` and `port` right, and does a firewall stand in between?",
                    ))
            }
        };
        // rustls and the server speak of the connection only; whose it is, is said here
        opened.map_err(|error| error.with_driver(crate::error::DRIVER))
    }

    async fn connect(&self) -> Result<Opened> {
        let (socket, address) = socket::find(&self.settings).await?;
        match self.tls()? {
            None => {
                let opened = self.config.connect_raw(socket.clone(), NoTls).await;
                let (client, connection) = opened.map_err(at_open)?;
                self.start(client, connection, socket, address)
            }
            Some(tls) => {
                let opened = self.config.connect_raw(socket.clone(), tls).await;
                let (client, connection) = opened.map_err(at_open)?;
                self.start(client, connection, socket, address)
            }
        }
    }

    /// What sets encryption up for one connection, unless there is none.
    fn tls(&self) -> Result<Option<Tls>> {
        let (Some(tls), Place::Host(host)) = (&self.tls, &self.settings.place) else {
            return Ok(None);
        };
        let made = MakeTlsConnect::<Socket>::make_tls_connect(&mut tls.clone(), host);
        made.map(Some).map_err(|_| error(ErrorKind::Config, "TLS cannot be set up"))
    }

    /// Checks what the server has said of the session.
    fn start<S, T>(
        &self,
        client: Client,
        connection: Connection<S, T>,
        socket: Socket,
        address: Address,
    ) -> Result<Opened>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.check(|name| connection.parameter(name))?;
        let version = connection.parameter("server_version").unwrap_or_default().to_owned();
        Ok(Opened { client, line: Line::new(connection, socket), address, version })
    }

    fn check<'c>(&self, parameter: impl Fn(&str) -> Option<&'c str>) -> Result<()> {
        let version = parameter("server_version").and_then(major);
        if version.is_none_or(|version| version < OLDEST) {
            let message = format!("the server is older than PostgreSQL {OLDEST}");
            return Err(error(ErrorKind::Unsupported, message));
        }
        for (name, wanted) in [
            ("client_encoding", &["UTF8"][..]),
            ("standard_conforming_strings", &["on"]),
            ("integer_datetimes", &["on"]),
            ("TimeZone", &["UTC", "Etc/UTC"]),
        ] {
            let found = parameter(name);
            if !found.is_some_and(|found| wanted.contains(&found)) {
                return Err(self.differs(name, wanted.first().copied().unwrap_or_default()));
            }
        }
        Ok(())
    }

    fn differs(&self, name: &str, wanted: &str) -> Error {
        let error = error(ErrorKind::Config, format!("`{name}` of the session is not `{wanted}`"));
        if self.settings.prepare {
            return error.with_hint("the server or a pooler in between does not take settings");
        }
        error.with_hint(format!(
            "with `prepare=off` it is set for the user: `ALTER ROLE … SET {name} = '{wanted}'`"
        ))
    }

    /// Asks the server to end what a session runs, and waits until it has passed that on: from then on
    /// it does not reach a later statement.
    pub(crate) async fn cancel(&self, token: CancelToken, address: &Address) {
        let ask = async {
            let socket = socket::connect(address).await.ok()?;
            let asked = match self.tls().ok()? {
                None => token.cancel_query_raw(socket.clone(), NoTls).await,
                Some(tls) => token.cancel_query_raw(socket.clone(), tls).await,
            };
            asked.ok()?;
            let mut socket = socket;
            let mut rest = [0; 64];
            while socket.read(&mut rest).await.is_ok_and(|read| read > 0) {}
            Some(())
        };
        // whoever cancels waits for the answer of the session itself
        let _ = timeout(CANCELLING, ask).await;
    }
}

/// What each session starts with, and goes back to when it is reset.
fn options(settings: &Settings) -> String {
    let mut options = String::from(
        "-c TimeZone=UTC -c standard_conforming_strings=on -c DateStyle=ISO -c IntervalStyle=postgres",
    );
    let mut add = |name: &str, value: &str| {
        options.push_str(&format!(" -c {name}="));
        for c in value.chars() {
            if c == '\\' || c.is_whitespace() {
                options.push('\\');
            }
            options.push(c);
        }
    };
    let timeout = settings.statement_timeout.map_or(0, |timeout| timeout.as_millis());
    add("statement_timeout", &timeout.to_string());
    if let Some(path) = &settings.search_path {
        add("search_path", path);
    }
    options
}

/// The major version in `15.4 (Debian 15.4-1)`.
fn major(version: &str) -> Option<u32> {
    let digits = version.len() - version.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    version[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use eloquent_core::config::ConnectionConfig;

    use super::*;

    fn settings(key: &str, value: &str) -> Settings {
        let config = ConnectionConfig::new("main", "pg").set("host", "localhost");
        let config = config.set("user", "ada").set("name", "app").set(key, value);
        Settings::read(&config).unwrap()
    }

    #[test]
    fn options_are_escaped() {
        let text = options(&settings("search_path", r"a, b\c"));
        assert!(text.ends_with(r" -c search_path=a,\ b\\c"), "{text}");
        assert!(options(&settings("statement_timeout_ms", "70")).contains("statement_timeout=70"));
    }

    #[test]
    fn a_session_has_to_be_as_it_is_meant() {
        let opener = Opener::new(settings("prepare", "off")).unwrap();
        let check = |name: &'static str, value: Option<&'static str>| {
            let found = opener.check(|asked| match asked {
                asked if asked == name => value,
                "server_version" => Some("15.4 (Debian 15.4-1)"),
                "client_encoding" => Some("UTF8"),
                "TimeZone" => Some("UTC"),
                _ => Some("on"),
            });
            found.map_err(|error| error.to_string())
        };
        assert_eq!(check("", None), Ok(()));
        assert!(check("server_version", Some("11.9")).unwrap_err().contains("older"));
        assert!(check("server_version", None).is_err());
        assert!(check("TimeZone", Some("Europe/Vienna")).unwrap_err().contains("ALTER ROLE"));
        assert!(check("client_encoding", Some("LATIN1")).is_err());
        assert!(check("standard_conforming_strings", Some("off")).is_err());
    }
}
