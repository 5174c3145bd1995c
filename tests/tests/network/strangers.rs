//! Something at the address that is not the server.

use std::net::Ipv4Addr;
use std::time::Instant;

use eloquent::prelude::*;
use eloquent::{ConnectionConfig, ErrorKind, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::ground::{PATIENCE, impatient};
use crate::server::{Kind, MYSQL, PG};

on_servers!(
    another_kind_of_server,
    a_web_server,
    one_that_hangs_up,
    one_that_says_nothing,
    one_that_says_something_else,
    one_that_never_stops_talking,
    one_without_encryption,
);

/// What a stranger says at first, what it answers each time, and what it goes on to say without end.
#[derive(Debug, Clone, Copy, Default)]
struct Manner {
    greeting: &'static [u8],
    answer: &'static [u8],
    chatter: &'static [u8],
    hangs_up: bool,
}

/// Tries to open a session. It has to fail in time, and in words.
async fn greet(kind: &Kind, address: &str) -> Result<ErrorKind> {
    let (host, port) = address.split_once(':').expect("an address with a port");
    let config: ConnectionConfig =
        kind.config("main").set("host", host).set("port", port).set("name", "nowhere");
    let error = fails(config).await?;
    assert!(!error.message().is_empty());
    Ok(error.kind())
}

async fn fails(config: ConnectionConfig) -> Result<eloquent::Error> {
    let options = impatient();
    let db = Db::builder().connection(config).pool(options).build()?;
    let began = Instant::now();
    let outcome = tokio::time::timeout(PATIENCE, db.connection("main")?.ping()).await;
    let error = outcome.expect("an end in time").expect_err("there is no database");
    assert_eq!(db.connection("main")?.status().in_use, 0, "{error}");
    assert!(began.elapsed() < 5 * options.connect_timeout, "{:?}: {error}", began.elapsed());
    Ok(error)
}

/// The address of a stranger.
async fn stranger(manner: Manner) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut bytes = [0; 1024];
                client.write_all(manner.greeting).await?;
                while !manner.hangs_up && client.read(&mut bytes).await? > 0 {
                    client.write_all(manner.answer).await?;
                    while !manner.chatter.is_empty() {
                        client.write_all(manner.chatter).await?;
                        tokio::task::yield_now().await;
                    }
                }
                std::io::Result::Ok(())
            });
        }
    });
    address
}

async fn another_kind_of_server(kind: &'static Kind) -> Result<()> {
    let other = if kind.driver == "pg" { &MYSQL } else { &PG };
    let found = greet(kind, &other.address()).await?;
    assert!(matches!(found, ErrorKind::Connect | ErrorKind::Timeout), "{found:?}");
    Ok(())
}

async fn a_web_server(kind: &'static Kind) -> Result<()> {
    let answer = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    for manner in [
        Manner { answer, ..Manner::default() },
        Manner { greeting: answer, hangs_up: true, ..Manner::default() },
    ] {
        let found = greet(kind, &stranger(manner).await).await?;
        assert!(matches!(found, ErrorKind::Connect | ErrorKind::Timeout), "{found:?}");
    }
    Ok(())
}

async fn one_that_hangs_up(kind: &'static Kind) -> Result<()> {
    let manner = Manner { hangs_up: true, ..Manner::default() };
    let found = greet(kind, &stranger(manner).await).await?;
    assert_eq!(found, ErrorKind::Connect);
    Ok(())
}

async fn one_that_says_nothing(kind: &'static Kind) -> Result<()> {
    let found = greet(kind, &stranger(Manner::default()).await).await?;
    assert_eq!(found, ErrorKind::Timeout);
    Ok(())
}

/// Lengths that are too large or negative, counts that are not kept, and noise.
async fn one_that_says_something_else(kind: &'static Kind) -> Result<()> {
    let pg: &[&[u8]] = &[
        b"R\x7f\xff\xff\xff",
        b"R\xff\xff\xff\xff",
        b"R\0\0\0\0",
        b"R\0\0\0\x04",
        b"R\0\0\0\x08\0\0\0\x63",
        b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x04",
        b"R\0\0\0\x0a\0\0\0\x0a\0\0",
        b"E\0\0\0\x05S",
        b"\0\0\0\0\0\0\0\0\0\0\0\0",
    ];
    let mysql: &[&[u8]] = &[
        b"\xff\xff\xff\0\x0a",
        b"\0\0\0\0",
        b"\x01\0\0\0\x0a",
        b"\x05\0\0\0\x0a10.1",
        b"\x02\0\0\0\xff\x15",
        b"\x04\0\0\x07\x0a5.5\0",
        b"\0\0\0\0\0\0\0\0\0\0\0\0",
    ];
    for bytes in if kind.driver == "pg" { pg } else { mysql } {
        let manner = match kind.driver {
            "pg" => Manner { answer: bytes, ..Manner::default() },
            _ => Manner { greeting: bytes, ..Manner::default() },
        };
        let found = greet(kind, &stranger(manner).await).await?;
        assert!(
            matches!(found, ErrorKind::Connect | ErrorKind::Timeout),
            "{found:?} for {bytes:?}"
        );
    }
    Ok(())
}

/// Notices, or packets that belong to one that never ends.
async fn one_that_never_stops_talking(kind: &'static Kind) -> Result<()> {
    const NOTICE: &[u8] = b"N\0\0\0\x0bMhello\0\0";
    const PACKET: &[u8] = &[0xff; 4096];
    let manner = match kind.driver {
        "pg" => Manner { answer: NOTICE, chatter: NOTICE, ..Manner::default() },
        _ => Manner {
            greeting: b"\xff\xff\xff\0",
            answer: PACKET,
            chatter: PACKET,
            ..Manner::default()
        },
    };
    let found = greet(kind, &stranger(manner).await).await?;
    assert!(matches!(found, ErrorKind::Connect | ErrorKind::Timeout), "{found:?}");
    Ok(())
}

/// Where encryption is asked for, nothing is said without it.
async fn one_without_encryption(kind: &'static Kind) -> Result<()> {
    // the refusal of the one, and the greeting of the other without the flag
    const GREETING: &[u8] =
        b"\x49\0\0\0\x0a5.7.0\0\x01\0\0\0abcdefgh\0\xff\xf7\x08\x02\0\x0f\x80\x15\
                              \0\0\0\0\0\0\0\0\0\0abcdefghijkl\0mysql_native_password\0";
    let manner = match kind.driver {
        "pg" => Manner { answer: b"N", ..Manner::default() },
        _ => Manner { greeting: GREETING, ..Manner::default() },
    };
    let (secret, address) = ("a-canary", stranger(manner).await);
    let (host, port) = address.split_once(':').expect("an address with a port");
    let config = kind
        .config("main")
        .set("host", host)
        .set("port", port)
        .set("name", "nowhere")
        .set("password", secret)
        .set("ssl_mode", "require");
    let error = fails(config).await?;
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    assert!(!format!("{error} {error:?}").contains(secret), "{error}");
    Ok(())
}
