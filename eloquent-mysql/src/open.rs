//! Opening a connection to the server: the login, and the settings that every session has.

use std::collections::HashMap;
use std::io::ErrorKind as IoKind;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use eloquent_core::{Error, ErrorKind, Result};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Client, Prepared};
use crate::config::{Place, Settings, SslMode};
use crate::error::{error, plain};
use crate::flavour::{Flavour, Server};

/// A server of MySQL's speaks first. One that is silent for so long is asked what it is.
const SILENCE: Duration = Duration::from_secs(2);
/// How long it may take to say so.
const ANSWER: Duration = Duration::from_secs(1);
/// What a server of PostgreSQL answers with a single letter, with the end of a line behind it for those
/// of HTTP.
const GREETING: &[u8] = b"\x00\x00\x00\x08\x04\xd2\x16\x2f\r\n\r\n";

/// What every session refuses: values that do not fit, dates that are none, groups that do not tell.
const SQL_MODE: [&str; 7] = [
    "STRICT_ALL_TABLES",
    "NO_ZERO_DATE",
    "NO_ZERO_IN_DATE",
    "ERROR_FOR_DIVISION_BY_ZERO",
    "NO_ENGINE_SUBSTITUTION",
    "ONLY_FULL_GROUP_BY",
    "NO_AUTO_VALUE_ON_ZERO",
];

/// Room for the statements of this driver itself beside those of the application.
const OWN_STATEMENTS: usize = 64;

/// The login, in the form that the client takes.
///
/// # Errors
/// When the file of certificates cannot be read.
pub(crate) fn options(settings: &Settings) -> Result<MySqlConnectOptions> {
    let options = MySqlConnectOptions::new()
        .username(&settings.user)
        .statement_cache_capacity(settings.statement_cache + OWN_STATEMENTS)
        .ssl_mode(match settings.ssl_mode {
            SslMode::Disable => MySqlSslMode::Disabled,
            SslMode::Require => MySqlSslMode::Required,
            SslMode::VerifyCa => MySqlSslMode::VerifyCa,
            SslMode::VerifyFull => MySqlSslMode::VerifyIdentity,
        })
        // set below, and read back
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .set_names(false)
        .disable_statement_logging();
    let options = match &settings.place {
        Place::Host(host, port) => options.host(host).port(*port),
        Place::Socket(path) => options.socket(path),
    };
    let options = match &settings.password {
        Some(password) => options.password(password),
        None => options,
    };
    let options = match &settings.database {
        Some(database) => options.database(database),
        None => options,
    };
    match &settings.ssl_root_cert {
        None => Ok(options),
        Some(path) => {
            let certificates = std::fs::read(path).map_err(|_| {
                error(ErrorKind::Config, "the file of `ssl_root_cert` cannot be read")
            })?;
            Ok(options.ssl_ca_from_pem(certificates))
        }
    }
}

/// Logs in, within the bound of the settings, and finds out whose server it is.
///
/// # Errors
/// What stands in the way: the network, the server, the login, the database.
pub(crate) async fn connect(settings: &Settings, options: &MySqlConnectOptions) -> Result<Client> {
    let bound = settings.connect_timeout;
    let mut login: Pin<Box<_>> = Box::pin(caught(options.connect()));
    let soon = match timeout(SILENCE.min(bound), &mut login).await {
        Ok(outcome) => Some(outcome),
        Err(_) => {
            if let Some(other) = other_server(&settings.place).await {
                return Err(other);
            }
            timeout(bound.saturating_sub(SILENCE), login).await.ok()
        }
    };
    let mut connection = match soon {
        Some(Some(Ok(connection))) => connection,
        Some(Some(Err(cause))) => return Err(refused(settings, &cause).await),
        Some(None) => return Err(not_understood(settings)),
        None => {
            let message = format!("{} did not answer within {bound:?}", settings.place);
            return Err(error(ErrorKind::Timeout, message)
                .with_hint("check `host` and `port`, or raise `connect_timeout_ms`"));
        }
    };
    let row = timeout(bound, read(&mut connection, "SELECT VERSION(), CONNECTION_ID()")).await;
    let row = row.map_err(|_| error(ErrorKind::Timeout, "the server stopped to answer"))?;
    let row = row.map_err(|cause| plain(&cause))?;
    let (version, id) = (text(&row, 0), text(&row, 1));
    let server = version.as_deref().and_then(Server::read).ok_or_else(|| {
        error(ErrorKind::Connect, "the server does not tell its version in a form that is known")
    })?;
    if !server.is_known() {
        let message = format!("the server is {server}, which is too old");
        return Err(error(ErrorKind::Connect, message)
            .with_hint("MySQL 8.0.17 or MariaDB 10.6 is the least"));
    }
    let id = id.and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| error(ErrorKind::Connect, "the server gave no connection id"))?;
    let prepared = Prepared::new(settings.statement_cache);
    Ok(Client {
        connection,
        id,
        server,
        step: 1,
        rolls_back_on_timeout: false,
        prepared,
        questions: HashMap::new(),
        in_cluster: None,
    })
}

/// The settings of a session, as one statement.
pub(crate) fn setup(settings: &Settings, flavour: Flavour) -> String {
    let collation = flavour.collation();
    let mut mode = SQL_MODE.join(",");
    if flavour == Flavour::MariaDb {
        mode.push_str(",SIMULTANEOUS_ASSIGNMENT");
    }
    let locks = match settings.lock_timeout {
        Some(seconds) => format!(", SESSION innodb_lock_wait_timeout = {seconds}"),
        None => String::new(),
    };
    let timeout = settings.statement_timeout.unwrap_or_default();
    let timeout = match flavour {
        // in seconds, for all statements
        Flavour::MariaDb => format!("max_statement_time = {}", timeout.as_secs_f64()),
        // in milliseconds, for reads; writes end by the driver's own clock
        Flavour::MySql => format!("max_execution_time = {}", timeout.as_millis()),
    };
    let merge = match flavour {
        // else `SELECT MAX(a) FROM (SELECT a FROM t) q` fails with 1140 when it is run a second time
        Flavour::MariaDb => ", SESSION optimizer_switch = 'derived_merge=off'",
        Flavour::MySql => "",
    };
    format!(
        "SET NAMES utf8mb4 COLLATE {collation}, SESSION sql_mode = '{mode}', SESSION time_zone = '+00:00', \
         SESSION autocommit = 1, SESSION sql_auto_is_null = 0, SESSION foreign_key_checks = 1, \
         SESSION unique_checks = 1, SESSION div_precision_increment = 30, \
         SESSION net_write_timeout = 600, SESSION {timeout}{locks}{merge}, {} = 0",
        crate::upsert::KEPT,
    )
}

/// Makes the settings of a session, and reads them back.
///
/// # Errors
/// When the server does not take one of them.
pub(crate) async fn set_up(client: &mut Client, setup: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(setup))
        .execute(&mut client.connection)
        .await
        .map_err(|cause| plain(&cause))?;
    let facts = "SELECT @@sql_mode, @@time_zone, @@character_set_client, @@character_set_results, \
                 @@collation_connection, @@auto_increment_increment, @@innodb_rollback_on_timeout";
    let row = read(&mut client.connection, facts).await.map_err(|cause| plain(&cause))?;
    let fact = |index| text(&row, index).unwrap_or_default();
    let mode = fact(0);
    let has = |wanted: &str| mode.split(',').any(|one| one == wanted);
    let bent = ["NO_BACKSLASH_ESCAPES", "ANSI_QUOTES", "PIPES_AS_CONCAT"];
    let collation = client.server.flavour.collation();
    let in_turn = client.server.flavour == Flavour::MySql || has("SIMULTANEOUS_ASSIGNMENT");
    let held = [
        ("sql_mode", SQL_MODE.into_iter().all(has) && in_turn && !bent.into_iter().any(has)),
        ("time_zone", fact(1) == "+00:00"),
        ("character_set_client", fact(2) == "utf8mb4"),
        ("character_set_results", fact(3) == "utf8mb4"),
        ("collation_connection", fact(4) == collation),
    ];
    if let Some((name, _)) = held.into_iter().find(|(_, held)| !held) {
        let message = format!("the server does not keep `{name}` as the session sets it");
        return Err(error(ErrorKind::Connect, message)
            .with_hint("is there a proxy in between that answers for the server?"));
    }
    client.step = fact(5).parse().unwrap_or(1);
    client.rolls_back_on_timeout = matches!(fact(6).as_str(), "1" | "ON");
    Ok(())
}

async fn read(
    connection: &mut MySqlConnection,
    sql: &'static str,
) -> std::result::Result<MySqlRow, sqlx::Error> {
    sqlx::raw_sql(sql).fetch_one(connection).await
}

/// A column of a row that came as text.
fn text(row: &MySqlRow, index: usize) -> Option<String> {
    row.try_get_unchecked(index).ok()
}

/// Ends the statement that another session runs.
///
/// # Errors
/// When the server cannot be reached.
pub(crate) async fn kill(
    settings: &Settings,
    options: &MySqlConnectOptions,
    id: u64,
) -> Result<()> {
    let kill = async {
        let mut side = options.connect().await?;
        sqlx::raw_sql(AssertSqlSafe(format!("KILL QUERY {id}"))).execute(&mut side).await?;
        side.close().await
    };
    match timeout(settings.connect_timeout, kill).await {
        Ok(outcome) => outcome.map_err(|cause| plain(&cause)),
        Err(_) => Err(error(ErrorKind::Timeout, "the statement could not be ended in time")),
    }
}

/// The future, with a panic of the client turned into nothing: it takes the first bytes of a server for
/// granted.
async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    std::future::poll_fn(move |cx| {
        let poll = std::panic::AssertUnwindSafe(|| future.as_mut().poll(cx));
        std::panic::catch_unwind(poll).map_or(Poll::Ready(None), |poll| poll.map(Some))
    })
    .await
}

fn not_understood(settings: &Settings) -> Error {
    let message = format!("what answers at {} does not speak as MySQL does", settings.place);
    error(ErrorKind::Connect, message).with_hint("check `host` and `port`")
}

/// Whether something else is at this place: a server that waits to be spoken to.
async fn other_server(place: &Place) -> Option<Error> {
    let Place::Host(host, port) = place else { return None };
    let ask = async {
        let stream = TcpStream::connect((host.as_str(), *port)).await.ok()?;
        stream.writable().await.ok()?;
        stream.try_write(GREETING).ok()?;
        let mut answer = [0; 64];
        loop {
            stream.readable().await.ok()?;
            match stream.try_read(&mut answer) {
                Ok(length) => return Some(answer[..length].to_vec()),
                Err(cause) if cause.kind() == IoKind::WouldBlock => {}
                Err(_) => return None,
            }
        }
    };
    let answer = timeout(ANSWER, ask).await.ok()??;
    let name = match answer.as_slice() {
        [b'S' | b'N', ..] => "PostgreSQL",
        answer if answer.starts_with(b"HTTP/") => "a web server",
        _ => return None,
    };
    let message = format!("what answers at {place} is {name}, not MySQL or MariaDB");
    Some(error(ErrorKind::Connect, message).with_hint("check `host` and `port`"))
}

/// The error of a login that failed.
async fn refused(settings: &Settings, cause: &sqlx::Error) -> Error {
    let place = &settings.place;
    let connect = |message: String| error(ErrorKind::Connect, message);
    match cause {
        sqlx::Error::Database(_) => plain(cause),
        sqlx::Error::Io(io) if io.kind() == IoKind::ConnectionRefused => {
            connect(format!("nothing accepts connections at {place}"))
                .with_hint("is the server running, and are `host` and `port` right?")
        }
        sqlx::Error::Io(io) if io.kind() == IoKind::NotFound && is_socket(place) => {
            connect(format!("there is no socket {place}")).with_hint("is the server running?")
        }
        sqlx::Error::Io(io) if io.kind() == IoKind::PermissionDenied => {
            error(ErrorKind::Permission, format!("access to {place} is denied"))
        }
        sqlx::Error::Io(io) if io.kind() == IoKind::InvalidData => tls(settings, &io.to_string()),
        sqlx::Error::Io(_) if is_unknown(place).await => {
            connect(format!("the name of {place} cannot be resolved"))
                .with_hint("check `host`, and the name service of this machine")
        }
        sqlx::Error::Io(io) => connect(format!("the connection to {place} failed: {}", io.kind())),
        sqlx::Error::Tls(cause) => tls(settings, &cause.to_string()),
        sqlx::Error::Configuration(_) => {
            let message =
                "the server wants the password in a form that needs an encrypted connection";
            error(ErrorKind::Connect, message).with_hint("set `ssl_mode` to `require` or more")
        }
        sqlx::Error::Protocol(text) if text.contains("plugin") => {
            let message = "the server wants a way to log in that the client does not know";
            error(ErrorKind::Connect, message).with_hint(
                "let the user log in by `caching_sha2_password` or `mysql_native_password`",
            )
        }
        _ => not_understood(settings),
    }
}

fn is_socket(place: &Place) -> bool {
    matches!(place, Place::Socket(_))
}

async fn is_unknown(place: &Place) -> bool {
    match place {
        Place::Socket(_) => false,
        Place::Host(host, port) => {
            let found = timeout(ANSWER, tokio::net::lookup_host((host.as_str(), *port))).await;
            matches!(found, Ok(Err(_)))
        }
    }
}

/// The text is the client's: it names what is wrong with a certificate.
fn tls(settings: &Settings, text: &str) -> Error {
    let message = format!("no encrypted connection to {}: {text}", settings.place);
    let hint = if text.contains("does not support TLS") {
        "set up TLS on the server; `ssl_mode=disable` goes without, in plain sight of the network"
    } else if text.contains("not valid for name") {
        "connect to the host by the name in its certificate; `ssl_mode=verify-ca` does not compare it"
    } else {
        "name the authority of the server's certificate in `ssl_root_cert`; `ssl_mode=require` trusts any"
    };
    error(ErrorKind::Connect, message).with_hint(hint)
}
