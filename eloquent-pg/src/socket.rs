//! The way to the server.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use eloquent_core::{Error, ErrorKind, Result};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, lookup_host};

use crate::config::{Place, Settings};
use crate::error::error;

/// After how long in silence the system asks whether the other end is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// How long it waits before it asks again.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// Where a session has found its server. A name may lead elsewhere the next time.
#[derive(Debug, Clone)]
pub(crate) enum Address {
    /// At this address.
    Tcp(SocketAddr),
    /// At this path.
    #[cfg_attr(not(unix), allow(dead_code))]
    Unix(PathBuf),
}

/// A stream of bytes from and to the server. Its clones are the same stream.
#[derive(Debug, Clone)]
pub(crate) struct Socket(Arc<Mutex<End>>);

#[derive(Debug)]
struct End {
    stream: Stream,
    /// Whom to wake, whoever polls; else those who poll.
    waker: Option<Waker>,
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

/// Finds the server and connects to it.
///
/// # Errors
/// When its name is not known, or nobody answers there.
pub(crate) async fn find(settings: &Settings) -> Result<(Socket, Address)> {
    let addresses = match &settings.place {
        Place::Socket(directory) => {
            vec![Address::Unix(directory.join(format!(".s.PGSQL.{}", settings.port)))]
        }
        Place::Host(host) => match lookup_host((host.as_str(), settings.port)).await {
            Ok(found) => found.map(Address::Tcp).collect(),
            Err(_) => Vec::new(),
        },
    };
    let mut failure = error(ErrorKind::Connect, "the name of the server is not known")
        .with_hint("is `host` right?");
    for address in addresses {
        match connect(&address).await {
            Ok(socket) => return Ok((socket, address)),
            Err(cause) => failure = unreachable(&cause, &address),
        }
    }
    Err(failure)
}

/// Connects to an address.
///
/// # Errors
/// What the system reports.
pub(crate) async fn connect(address: &Address) -> io::Result<Socket> {
    let stream = match address {
        Address::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let keepalive = TcpKeepalive::new().with_time(KEEPALIVE);
            #[cfg(any(unix, windows))]
            let keepalive = keepalive.with_interval(KEEPALIVE_INTERVAL);
            SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
            Stream::Tcp(stream)
        }
        #[cfg(unix)]
        Address::Unix(path) => Stream::Unix(tokio::net::UnixStream::connect(path).await?),
        #[cfg(not(unix))]
        Address::Unix(_) => return Err(io::ErrorKind::Unsupported.into()),
    };
    Ok(Socket(Arc::new(Mutex::new(End { stream, waker: None }))))
}

fn unreachable(cause: &io::Error, address: &Address) -> Error {
    let connect = |message: &'static str| error(ErrorKind::Connect, message);
    match (cause.kind(), address) {
        (io::ErrorKind::ConnectionRefused, _) => connect("the server refuses the connection")
            .with_hint("is it running, and are `host` and `port` right?"),
        (io::ErrorKind::NotFound, Address::Unix(_)) => {
            connect("there is no socket of a server in the directory of `host`")
                .with_hint("is it running, and are `host` and `port` right?")
        }
        (io::ErrorKind::PermissionDenied, Address::Unix(_)) => {
            error(ErrorKind::Permission, "the socket of the server may not be used")
        }
        (io::ErrorKind::TimedOut, _) => {
            error(ErrorKind::Timeout, "the server did not answer in time")
        }
        (io::ErrorKind::Unsupported, _) => connect("this system has no sockets in directories"),
        _ => connect("the server cannot be reached").with_hint("are `host` and `port` right?"),
    }
}

impl Socket {
    /// Whether something has come, or the other end is gone, as far as the runtime has seen. No I/O, and
    /// whoever waits for the stream goes on waiting.
    pub(crate) fn has_news(&self) -> bool {
        match &self.end().stream {
            Stream::Tcp(stream) => stream.try_io(Interest::READABLE, || Ok(())).is_ok(),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.try_io(Interest::READABLE, || Ok(())).is_ok(),
        }
    }

    /// Has this one woken from now on, and not whoever polls.
    pub(crate) fn set_waker(&self, waker: &Waker) {
        match &mut self.end().waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Polls the stream, whichever it is, for whom it is to wake.
macro_rules! polled {
    ($socket:expr, $cx:expr, ($stream:ident, $polled:ident) => $call:expr) => {{
        let End { stream, waker } = &mut *$socket.end();
        let $polled = &mut match waker {
            Some(waker) => Context::from_waker(waker),
            None => Context::from_waker($cx.waker()),
        };
        match stream {
            Stream::Tcp($stream) => $call,
            #[cfg(unix)]
            Stream::Unix($stream) => $call,
        }
    }};
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        polled!(self, cx, (stream, cx) => Pin::new(stream).poll_read(cx, buffer))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        polled!(self, cx, (stream, cx) => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        polled!(self, cx, (stream, cx) => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        polled!(self, cx, (stream, cx) => Pin::new(stream).poll_shutdown(cx))
    }
}
