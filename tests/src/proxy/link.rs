//! One connection through the proxy.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;

use super::cut::{End, Place};
use super::lane::{Passage, Way};
use super::state::{State, Weather};

/// How long a client gets to close its half after an orderly end.
const FAREWELL: Duration = Duration::from_secs(5);

/// What both directions of a connection know.
#[derive(Default)]
struct Turn {
    /// The client has spoken last.
    asked: bool,
    /// The reply that is being cut: how many bytes may still pass, and what follows.
    cut: Option<(u64, End)>,
}

/// Connects a client with the server until one of them, or a fault, ends it.
pub(super) async fn link(mut client: TcpStream, number: u64, state: Arc<State>) {
    let mut weather = state.weather.subscribe();
    let Ok(mut server) = TcpStream::connect(state.server()).await else {
        // where it cannot be set, the connection ends in an orderly way
        let _ = client.set_zero_linger();
        return;
    };
    if client.set_nodelay(true).and(server.set_nodelay(true)).is_err() {
        return;
    }
    let turn = Mutex::default();
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let up = Pump { way: Way::ToServer, state: &state, turn: &turn };
        let down = Pump { way: Way::ToClient, state: &state, turn: &turn };
        let both = async {
            tokio::try_join!(up.run(from_client, to_server), down.run(from_server, to_client))
        };
        tokio::select! {
            outcome = both => outcome.err().unwrap_or(End::Close),
            end = ended(&mut weather, |now| number < now.ended_before) => end,
        }
    };
    let end = match end {
        End::Silence => {
            let over = |now: &Weather| number < now.ended_before && now.end != End::Silence;
            ended(&mut weather, over).await
        }
        end => end,
    };
    if end == End::Close {
        drop(server);
        // a socket that is closed with bytes unread is reset
        if client.shutdown().await.is_ok() {
            let mut rest = [0; 1024];
            let reading = async { while matches!(client.read(&mut rest).await, Ok(1..)) {} };
            let _ = tokio::time::timeout(FAREWELL, reading).await;
        }
    } else {
        let _ = client.set_zero_linger();
    }
}

/// Waits until the proxy ends this connection.
async fn ended(weather: &mut watch::Receiver<Weather>, is_over: impl Fn(&Weather) -> bool) -> End {
    // an error: the proxy is gone
    weather.wait_for(|now| is_over(now)).await.map_or(End::Reset, |now| now.end)
}

/// One direction of a connection.
struct Pump<'s> {
    way: Way,
    state: &'s State,
    turn: &'s Mutex<Turn>,
}

impl Pump<'_> {
    /// Gives on what comes until the end of the stream; an error says how the connection ends.
    async fn run(self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> Result<(), End> {
        let mut weather = self.state.weather.subscribe();
        let mut buffer = vec![0; 16 * 1024];
        let mut lost = false;
        loop {
            let count = from.read(&mut buffer).await.map_err(|_| End::Reset)?;
            let bytes = &buffer[..count];
            lost |= self.is_lost(&mut weather).await;
            if lost {
                if count == 0 {
                    return std::future::pending().await;
                }
                self.state.add(&self.state.counters.lost, count);
                continue;
            }
            if count == 0 {
                return to.shutdown().await.map_err(|_| End::Reset);
            }
            let (passing, end) = match self.way {
                Way::ToClient => self.replied(bytes),
                _ => self.asked(bytes),
            };
            self.write(passing, &mut to, &weather).await.map_err(|_| End::Reset)?;
            if let Some(end) = end {
                return Err(end);
            }
        }
    }

    /// Whether what has come is lost; waits as long as it is held.
    async fn is_lost(&self, weather: &mut watch::Receiver<Weather>) -> bool {
        let way = self.way;
        match weather.wait_for(|weather| weather.lane(way).passage != Passage::Held).await {
            Ok(weather) => weather.lane(way).passage == Passage::Lost,
            Err(_) => true,
        }
    }

    /// What of a request gets through, and how the connection ends after that.
    fn asked<'b>(&self, bytes: &'b [u8]) -> (&'b [u8], Option<End>) {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !std::mem::replace(&mut turn.asked, true);
        if is_new {
            self.state.add(&self.state.counters.requests, 1);
        }
        let mut cuts = self.state.cuts();
        if !cuts.front_mut().is_some_and(|cut| cut.comes_with(bytes, is_new)) {
            return (bytes, None);
        }
        let Some(cut) = cuts.pop_front() else { return (bytes, None) };
        match cut.place() {
            Place::Request => {
                self.state.add(&self.state.counters.cut, 1);
                (&[], Some(cut.end()))
            }
            Place::Reply(left) => {
                turn.cut = Some((left, cut.end()));
                (bytes, None)
            }
        }
    }

    /// What of a reply gets through, and how the connection ends after that.
    fn replied<'b>(&self, bytes: &'b [u8]) -> (&'b [u8], Option<End>) {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        turn.asked = false;
        let Some((left, end)) = &mut turn.cut else { return (bytes, None) };
        let passing = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
        if passing == bytes.len() {
            *left -= passing as u64;
            return (bytes, None);
        }
        self.state.add(&self.state.counters.cut, 1);
        (&bytes[..passing], Some(*end))
    }

    async fn write(
        &self,
        bytes: &[u8],
        to: &mut WriteHalf<'_>,
        weather: &watch::Receiver<Weather>,
    ) -> std::io::Result<()> {
        let lane = weather.borrow().lane(self.way);
        if !lane.delay.is_zero() && !bytes.is_empty() {
            tokio::time::sleep(lane.delay).await;
        }
        let (piece, pause) = lane.pace(bytes.len());
        for piece in bytes.chunks(piece.max(1)) {
            to.write_all(piece).await?;
            self.state.add(self.state.counters.passed(self.way), piece.len());
            if pause.is_zero() {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(pause).await;
            }
        }
        Ok(())
    }
}

/// Counts a connection as open for as long as it lives.
pub(super) struct Open(pub(super) Arc<State>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.counters.open.fetch_sub(1, Ordering::Relaxed);
    }
}
