//! A TCP proxy between a client and a server, with faults that a test controls.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use std::time::Duration;
//! use eloquent_conformance::proxy::{Cut, Lane, Proxy, Way};
//!
//! let proxy = Proxy::to("127.0.0.1:5432").await?;
//! // connect to 127.0.0.1 and proxy.port(), then:
//! proxy.set(Way::Both, Lane::default().delay(Duration::from_millis(50)).slices(1));
//! proxy.cut(Cut::at_text("COMMIT")); // the server commits, the client never hears of it
//! proxy.set(Way::ToClient, Lane::black_hole());
//! proxy.heal().await;
//! # Ok(())
//! # }
//! ```

mod cut;
mod lane;
mod link;
mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use cut::{Cut, End};
pub use lane::{Lane, Way};
pub use state::Counts;

use link::Open;
use state::State;

/// A proxy on a port of its own. When it is dropped, the port and all connections are closed.
///
/// Faults apply to connections that are open as well as to later ones, and may be combined. It needs a
/// runtime that has not ended.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    state: Arc<State>,
    accepting: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Opens a port of 127.0.0.1 for the server at this address: `127.0.0.1:5432`. Without any fault,
    /// bytes pass at once, and both ends of the stream are given on. A client is reset where the server
    /// cannot be reached.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn to(server: impl Into<String>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State::new(server.into()));
        let (sender, accepting) = watch::channel(true);
        let task = tokio::spawn(accept(listener, port, state.clone(), sender));
        Ok(Proxy { port, state, accepting, task })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Connects later clients with another server.
    pub fn redirect(&self, server: impl Into<String>) {
        self.state.set_server(server.into());
    }

    /// Sets how bytes get through from now on.
    pub fn set(&self, way: Way, lane: Lane) {
        self.state.weather.send_modify(|weather| {
            if way != Way::ToClient {
                weather.to_server = lane;
            }
            if way != Way::ToServer {
                weather.to_client = lane;
            }
        });
    }

    /// Adds a cut at the end of the queue. The one at its head waits for its request, on any connection.
    pub fn cut(&self, cut: Cut) {
        self.state.cuts().push_back(cut);
    }

    /// How many cuts wait for their request.
    pub fn pending(&self) -> usize {
        self.state.cuts().len()
    }

    /// Ends all connections that are open now.
    pub fn disconnect(&self, end: End) {
        let next = self.state.counters.accepted.load(Ordering::Relaxed);
        self.state.weather.send_modify(|weather| {
            weather.ended_before = next;
            weather.end = end;
        });
    }

    /// Closes the port, so that connections are refused. Those that are open stay.
    pub async fn refuse(&self) {
        self.set_accepting(false).await;
    }

    /// Takes all faults back: bytes get through, connections are accepted, no cut waits. What was lost
    /// stays lost.
    pub async fn heal(&self) {
        self.state.cuts().clear();
        self.set(Way::Both, Lane::default());
        self.set_accepting(true).await;
    }

    /// What has happened so far.
    pub fn counts(&self) -> Counts {
        self.state.counters.read()
    }

    async fn set_accepting(&self, accepting: bool) {
        self.state.weather.send_modify(|weather| weather.accepting = accepting);
        // an error says that the task has ended, with its runtime
        let _ = self.accepting.clone().wait_for(|now| *now == accepting).await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts clients while that is wanted.
async fn accept(first: TcpListener, port: u16, state: Arc<State>, accepting: watch::Sender<bool>) {
    let mut weather = state.weather.subscribe();
    let mut listener = Some(first);
    let mut links = JoinSet::new();
    loop {
        let wanted = weather.borrow_and_update().accepting;
        if !wanted {
            listener = None;
        } else if listener.is_none() {
            let Ok(again) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await else {
                tokio::time::sleep(Duration::from_millis(5)).await;
                continue;
            };
            listener = Some(again);
        }
        accepting.send_replace(wanted);
        tokio::select! {
            changed = weather.changed() => if changed.is_err() { return },
            client = next(listener.as_ref()) => {
                let number = state.counters.accepted.fetch_add(1, Ordering::Relaxed);
                state.counters.open.fetch_add(1, Ordering::Relaxed);
                let open = Open(state.clone());
                let state = state.clone();
                links.spawn(async move {
                    let _open = open;
                    link::link(client, number, state).await;
                });
            }
            Some(_) = links.join_next() => {}
        }
    }
}

async fn next(listener: Option<&TcpListener>) -> TcpStream {
    let Some(listener) = listener else { return std::future::pending().await };
    loop {
        // one that has gone already, or no file descriptor for it
        match listener.accept().await {
            Ok((client, _)) => return client,
            Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}
