use std::io::{self, ErrorKind};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{Cut, End, Lane, Proxy, Way};

const SOON: Duration = Duration::from_secs(20);
/// Long enough for bytes to arrive that would.
const A_WHILE: Duration = Duration::from_millis(100);

/// A server that sends back what it gets and says what that was, and a proxy to it.
async fn echo() -> (Proxy, mpsc::UnboundedReceiver<Vec<u8>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let proxy = Proxy::to(listener.local_addr().unwrap().to_string()).await.unwrap();
    let (sender, seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut bytes = [0; 4096];
                while let Ok(count @ 1..) = client.read(&mut bytes).await {
                    sender.send(bytes[..count].to_vec()).unwrap();
                    client.write_all(&bytes[..count]).await.unwrap();
                }
                // the end of the stream
                let _ = sender.send(Vec::new());
            });
        }
    });
    (proxy, seen)
}

async fn client(proxy: &Proxy) -> TcpStream {
    TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap()
}

/// Sends a text and waits for so many bytes.
async fn ask(client: &mut TcpStream, text: &str, count: usize) -> io::Result<String> {
    client.write_all(text.as_bytes()).await?;
    let mut reply = vec![0; count];
    timeout(SOON, client.read_exact(&mut reply)).await.expect("a reply in time")?;
    Ok(String::from_utf8(reply).unwrap())
}

/// What comes next: bytes, the end of the stream or an error. Nothing if that takes a while.
async fn next(client: &mut TcpStream) -> Option<io::Result<usize>> {
    let mut bytes = [0; 4096];
    timeout(A_WHILE, client.read(&mut bytes)).await.ok()
}

fn is_reset<T>(outcome: io::Result<T>) -> bool {
    outcome.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}

#[tokio::test]
async fn without_a_fault_bytes_and_ends_get_through() {
    let (proxy, mut seen) = echo().await;
    let mut client = client(&proxy).await;
    for round in 1..=3 {
        assert_eq!(ask(&mut client, "hello", 5).await.unwrap(), "hello");
        assert_eq!(seen.recv().await.unwrap(), b"hello");
        let counts = proxy.counts();
        assert_eq!((counts.requests, counts.to_server), (round, 5 * round));
    }
    client.shutdown().await.unwrap();
    assert_eq!(seen.recv().await.unwrap(), b"", "the end of what the client says");
    assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0, "and of what the server says");
    drop(client);
    while proxy.counts().open > 0 {
        tokio::task::yield_now().await;
    }
    let counts = proxy.counts();
    assert_eq!((counts.accepted, counts.to_client, counts.lost, counts.cut), (1, 15, 0, 0));
}

#[tokio::test]
async fn a_delay_applies_to_its_direction() {
    let (proxy, mut seen) = echo().await;
    let mut client = client(&proxy).await;
    let delay = Duration::from_millis(60);
    proxy.set(Way::ToClient, Lane::default().delay(delay));
    let began = Instant::now();
    ask(&mut client, "a", 1).await.unwrap();
    assert!(began.elapsed() >= delay);
    proxy.set(Way::Both, Lane::default().delay(delay));
    let began = Instant::now();
    ask(&mut client, "b", 1).await.unwrap();
    assert!(began.elapsed() >= 2 * delay);
    assert_eq!(
        (seen.recv().await.unwrap(), seen.recv().await.unwrap()),
        (b"a".into(), b"b".into())
    );
}

#[tokio::test]
async fn slices_and_a_rate_change_nothing_but_the_time() {
    let (proxy, _seen) = echo().await;
    let mut client = client(&proxy).await;
    let text: String = ('a'..='z').cycle().take(3_000).collect();
    proxy.set(Way::Both, Lane::default().slices(1));
    assert_eq!(ask(&mut client, &text, 3_000).await.unwrap(), text);
    proxy.set(Way::Both, Lane::default());
    proxy.set(Way::ToClient, Lane::default().rate(30_000).slices(100));
    let began = Instant::now();
    assert_eq!(ask(&mut client, &text, 3_000).await.unwrap(), text);
    assert!(began.elapsed() >= Duration::from_millis(90), "3000 bytes at 30000 a second");
}

#[tokio::test]
async fn a_black_hole_swallows_one_direction_or_both() {
    for way in [Way::ToServer, Way::ToClient, Way::Both] {
        let (proxy, mut seen) = echo().await;
        let (mut silent, mut idle) = (client(&proxy).await, client(&proxy).await);
        ask(&mut silent, "a", 1).await.unwrap();
        ask(&mut idle, "b", 1).await.unwrap();
        proxy.set(way, Lane::black_hole());
        silent.write_all(b"lost").await.unwrap();
        assert!(next(&mut silent).await.is_none(), "{way:?}");
        let _ = (seen.recv().await, seen.recv().await);
        let reached = way == Way::ToClient;
        assert_eq!(seen.try_recv().is_ok(), reached, "{way:?}");
        assert_eq!(proxy.counts().lost, 4);
        proxy.heal().await;
        silent.write_all(b"still").await.unwrap();
        assert!(next(&mut silent).await.is_none(), "what has lost bytes stays silent");
        assert_eq!(ask(&mut idle, "c", 1).await.unwrap(), "c", "what has lost none goes on");
        assert_eq!(ask(&mut client(&proxy).await, "d", 1).await.unwrap(), "d");
    }
}

#[tokio::test]
async fn the_end_of_a_stream_falls_into_a_black_hole_too() {
    let (proxy, mut seen) = echo().await;
    let mut client = client(&proxy).await;
    ask(&mut client, "a", 1).await.unwrap();
    proxy.set(Way::ToServer, Lane::black_hole());
    drop(client);
    assert_eq!(seen.recv().await.unwrap(), b"a");
    assert!(timeout(A_WHILE, seen.recv()).await.is_err(), "the server hears nothing");
}

#[tokio::test]
async fn what_is_held_comes_later() {
    let (proxy, _seen) = echo().await;
    let mut client = client(&proxy).await;
    proxy.set(Way::Both, Lane::held());
    client.write_all(b"later").await.unwrap();
    assert!(next(&mut client).await.is_none());
    proxy.heal().await;
    assert_eq!(ask(&mut client, "", 5).await.unwrap(), "later");
}

#[tokio::test]
async fn a_reply_is_cut_after_the_server_got_the_request() {
    let (proxy, mut seen) = echo().await;
    for bytes in [0, 1, 3] {
        let mut client = client(&proxy).await;
        proxy.cut(Cut::at_request(2).after_bytes(bytes));
        assert_eq!(ask(&mut client, "first", 5).await.unwrap(), "first");
        assert!(is_reset(ask(&mut client, "second", 6).await), "after {bytes} bytes");
        assert_eq!(
            (seen.recv().await.unwrap(), seen.recv().await.unwrap()),
            (b"first".into(), b"second".into())
        );
        assert_eq!(seen.recv().await.unwrap(), b"", "the server's side is closed");
        assert_eq!(proxy.pending(), 0);
    }
    let counts = proxy.counts();
    assert_eq!((counts.cut, counts.to_client), (3, 3 * 5 + 1 + 3));
}

#[tokio::test]
async fn a_request_is_cut_by_its_text_before_the_server_sees_it() {
    let (proxy, mut seen) = echo().await;
    let mut client = client(&proxy).await;
    proxy.cut(Cut::at_text("COMMIT").before_the_server());
    ask(&mut client, "INSERT", 6).await.unwrap();
    assert!(is_reset(ask(&mut client, "xx COMMIT xx", 12).await));
    assert_eq!(
        (seen.recv().await.unwrap(), seen.recv().await.unwrap()),
        (b"INSERT".into(), b"".into())
    );
}

#[tokio::test]
async fn each_kind_of_end() {
    let (proxy, _seen) = echo().await;
    for end in [End::Reset, End::Close, End::Silence] {
        let mut client = client(&proxy).await;
        proxy.cut(Cut::at_request(1).after_bytes(2).with(end));
        client.write_all(b"hello").await.unwrap();
        let mut received = Vec::new();
        let outcome = timeout(A_WHILE, client.read_to_end(&mut received)).await;
        match end {
            End::Reset => assert!(is_reset(outcome.unwrap())),
            End::Close => assert_eq!(outcome.unwrap().unwrap(), 2),
            End::Silence => assert!(outcome.is_err()),
        }
        // a reset may overtake what came before it
        assert!(end == End::Reset || received == b"he", "{received:?}");
        proxy.heal().await;
    }
}

#[tokio::test]
async fn all_connections_can_be_ended() {
    let (proxy, _seen) = echo().await;
    for end in [End::Reset, End::Close] {
        let mut clients = [client(&proxy).await, client(&proxy).await];
        for client in &mut clients {
            ask(client, "a", 1).await.unwrap();
        }
        proxy.disconnect(end);
        for client in &mut clients {
            let outcome = timeout(SOON, client.read(&mut [0; 1])).await.unwrap();
            match end {
                End::Close => assert_eq!(outcome.unwrap(), 0),
                _ => assert!(is_reset(outcome)),
            }
        }
        assert_eq!(
            ask(&mut client(&proxy).await, "b", 1).await.unwrap(),
            "b",
            "later ones are well"
        );
    }
}

#[tokio::test]
async fn connections_are_refused_until_it_is_healed() {
    let (proxy, _seen) = echo().await;
    let mut open = client(&proxy).await;
    ask(&mut open, "a", 1).await.unwrap();
    for _ in 0..20 {
        proxy.refuse().await;
        let refused = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        proxy.heal().await;
        assert_eq!(ask(&mut client(&proxy).await, "b", 1).await.unwrap(), "b");
    }
    assert_eq!(ask(&mut open, "c", 1).await.unwrap(), "c", "what was open stays");
}

#[tokio::test]
async fn a_server_that_is_gone_resets_its_clients() {
    let (proxy, _seen) = echo().await;
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    proxy.redirect(gone.local_addr().unwrap().to_string());
    drop(gone);
    let mut client = client(&proxy).await;
    assert!(is_reset(timeout(SOON, client.read(&mut [0; 1])).await.unwrap()));
}

#[tokio::test]
async fn dropping_it_closes_everything() {
    let (proxy, mut seen) = echo().await;
    let mut client = client(&proxy).await;
    ask(&mut client, "a", 1).await.unwrap();
    let port = proxy.port();
    drop(proxy);
    let outcome = timeout(SOON, client.read(&mut [0; 1])).await.unwrap();
    assert!(is_reset(outcome.map(drop)) || next(&mut client).await.is_some());
    assert_eq!((seen.recv().await.unwrap(), seen.recv().await.unwrap()), (b"a".into(), b"".into()));
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err());
}
