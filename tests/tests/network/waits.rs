//! A server that takes nobody for the moment.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use eloquent::prelude::*;
use eloquent::{ErrorKind, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::ground::{ACQUIRE, impatient};
use crate::server::Kind;

on_servers!(until_it_is_ready, no_longer_than_one_waits_for_a_session);

/// In front of the server: turns away so many clients, as one does that is starting (PostgreSQL) or has all
/// its connections taken (MariaDB), and lets in all others. Its port, and how many were turned away.
async fn doorkeeper(kind: &'static Kind, turns_away: u32) -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port().to_string();
    let turned_away = Arc::new(AtomicU32::new(0));
    let count = turned_away.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            if count.load(Ordering::Relaxed) < turns_away {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(turn_away(kind, client));
                continue;
            }
            tokio::spawn(async move {
                let mut server = TcpStream::connect(kind.address()).await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    (port, turned_away)
}

async fn turn_away(kind: &Kind, mut client: TcpStream) -> std::io::Result<()> {
    if kind.driver == "pg" {
        // what it says is of no interest
        let _ = client.read(&mut [0; 1024]).await?;
        let report = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0";
        let length = u32::try_from(report.len() + 4).expect("a short report");
        client.write_all(&[&b"E"[..], &length.to_be_bytes(), report].concat()).await?;
    } else {
        let report = b"\xff\x10\x04Too many connections";
        let length = u8::try_from(report.len()).expect("a short report");
        client.write_all(&[&[length, 0, 0, 0][..], report].concat()).await?;
    }
    client.shutdown().await
}

async fn until_it_is_ready(kind: &'static Kind) -> Result<()> {
    let (port, turned_away) = doorkeeper(kind, 4).await;
    let config = kind.config("main").set("host", "127.0.0.1").set("port", port);
    let config = config.set("name", kind.database());
    let db = Db::builder().connection(config).pool(impatient()).build()?;
    db.connection("main")?.ping().await?;
    assert_eq!(turned_away.load(Ordering::Relaxed), 4);
    Ok(())
}

async fn no_longer_than_one_waits_for_a_session(kind: &'static Kind) -> Result<()> {
    let (port, turned_away) = doorkeeper(kind, u32::MAX).await;
    let config = kind.config("main").set("host", "127.0.0.1").set("port", port);
    let config = config.set("name", kind.database());
    let db = Db::builder().connection(config).pool(impatient()).build()?;
    let began = Instant::now();
    let error = db.connection("main")?.ping().await.expect_err("it lets nobody in");
    let expected = if kind.driver == "pg" { ErrorKind::Unavailable } else { ErrorKind::Full };
    assert_eq!(error.kind(), expected, "{error}");
    assert!(began.elapsed() < ACQUIRE + Duration::from_secs(2), "{:?}", began.elapsed());
    // pauses that double: neither a storm nor a single try
    let times = turned_away.load(Ordering::Relaxed);
    assert!((4..40).contains(&times), "asked {times} times in {:?}", began.elapsed());
    let hint = error.to_string();
    let limit = if kind.driver == "pg" { "acquire_timeout" } else { "max_sessions" };
    assert!(hint.contains(limit), "{hint}");
    assert_eq!(db.connection("main")?.status().in_use, 0);
    Ok(())
}
