//! Why there is no session: each reason is told apart, and no secret is told.

use std::time::{Duration, Instant};

use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::Driver as _;
use eloquent_core::{Error, ErrorKind};
use eloquent_mysql::MySqlDriver;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::ground::{config, execute, server, session};

async fn refused(config: ConnectionConfig) -> Error {
    let error = MySqlDriver.connect(&config).await.expect_err("no connection");
    assert!(!error.to_string().contains("canary"), "{error}");
    error
}

fn elsewhere(port: u16) -> ConnectionConfig {
    ConnectionConfig::new("test", "mysql").set("host", "127.0.0.1").set("port", port.to_string())
}

#[tokio::test]
async fn logins_that_the_server_refuses() {
    let mut session = session().await;
    let user = "CREATE OR REPLACE USER 'eloquent_guest'@'%' IDENTIFIED BY 'open'";
    execute(&mut *session, user).await.unwrap();
    let guest = || server().set("user", "eloquent_guest");
    let error = refused(guest().set("password", "canary")).await;
    assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("password")), "{error}");
    let error = refused(guest().set("password", "open").set("name", "mysql")).await;
    assert_eq!(error.kind(), ErrorKind::Permission, "no rights on the database: {error}");
    assert!(error.message().contains("rights"), "{error}");
    let error = refused(server().set("name", "canary_missing")).await;
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    assert!(error.message().contains("database"), "{error}");
}

#[tokio::test]
async fn nobody_is_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let free = listener.local_addr().unwrap().port();
    drop(listener);
    let error = refused(elsewhere(free).set("password", "canary")).await;
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    assert!(error.message().contains("nothing accepts"), "{error}");
    let unknown = ConnectionConfig::new("test", "mysql").set("host", "no-such-host.invalid");
    let error = refused(unknown).await;
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    assert!(error.message().contains("cannot be resolved"), "{error}");
    let socket = ConnectionConfig::new("test", "mysql").set("socket", "/nowhere/mysqld.sock");
    let error = refused(socket).await;
    assert!(error.message().contains("no socket"), "{error}");
}

/// Something that accepts connections, says `greeting` once it was spoken to, and keeps them open.
async fn listening(greeting: &'static [u8], speaks_first: bool) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            if !speaks_first {
                stream.readable().await.unwrap();
            }
            if !greeting.is_empty() {
                stream.write_all(greeting).await.unwrap();
            }
            open.push(stream);
        }
    });
    port
}

#[tokio::test]
async fn another_kind_of_server() {
    let cases: [(&[u8], &str); 2] =
        [(b"N", "PostgreSQL"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "web server")];
    for (greeting, name) in cases {
        let started = Instant::now();
        let error = refused(elsewhere(listening(greeting, false).await)).await;
        assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
        assert!(error.message().contains(name), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
    // the shortest packet that is none
    let odd = listening(b"\x05\x00\x00\x00\x0a8.0\x00", true).await;
    let error = refused(elsewhere(odd).set("connect_timeout_ms", "1000")).await;
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
}

#[tokio::test]
async fn silence_has_an_end() {
    let silent = listening(b"", false).await;
    let started = Instant::now();
    let error = refused(elsewhere(silent).set("connect_timeout_ms", "300")).await;
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn no_encryption_where_it_is_asked_for_is_an_error() {
    let mut session = session().await;
    let has_ssl = super::ground::scalar::<String>(&mut *session, "SELECT @@have_ssl").await;
    let error = match MySqlDriver.connect(&config().await.set("ssl_mode", "verify-full")).await {
        Ok(_) => panic!("a certificate that nobody vouches for was trusted"),
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    if has_ssl.unwrap() != "YES" {
        assert!(error.message().contains("TLS"), "{error}");
    }
    let missing = config().await.set("ssl_mode", "require").set("ssl_root_cert", "/nowhere.pem");
    let error = refused(missing).await;
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
}
