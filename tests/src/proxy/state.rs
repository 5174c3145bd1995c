//! What a proxy and its connections share.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::cut::{Cut, End};
use super::lane::{Lane, Way};

/// What happens to all connections, as it is now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weather {
    pub(super) to_server: Lane,
    pub(super) to_client: Lane,
    /// Whether new connections are accepted.
    pub(super) accepting: bool,
    /// Connections with a lower number are over.
    pub(super) ended_before: u64,
    /// How they ended.
    pub(super) end: End,
}

impl Weather {
    pub(super) fn lane(&self, way: Way) -> Lane {
        if way == Way::ToClient { self.to_client } else { self.to_server }
    }
}

impl Default for Weather {
    fn default() -> Self {
        Weather {
            to_server: Lane::default(),
            to_client: Lane::default(),
            accepting: true,
            ended_before: 0,
            end: End::Reset,
        }
    }
}

#[derive(Debug)]
pub(super) struct State {
    server: Mutex<String>,
    pub(super) weather: watch::Sender<Weather>,
    cuts: Mutex<VecDeque<Cut>>,
    pub(super) counters: Counters,
}

impl State {
    pub(super) fn new(server: String) -> Self {
        State {
            server: Mutex::new(server),
            weather: watch::Sender::default(),
            cuts: Mutex::default(),
            counters: Counters::default(),
        }
    }

    pub(super) fn server(&self) -> String {
        self.server.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_server(&self, server: String) {
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = server;
    }

    pub(super) fn cuts(&self) -> MutexGuard<'_, VecDeque<Cut>> {
        self.cuts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, counter: &AtomicU64, more: usize) {
        counter.fetch_add(more as u64, Ordering::Relaxed);
    }
}

/// How much has happened so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Connections that were accepted.
    pub accepted: u64,
    /// Those that are open now.
    pub open: u64,
    /// Requests that clients have sent.
    pub requests: u64,
    /// Bytes that were given on to the server.
    pub to_server: u64,
    /// Bytes that were given on to clients.
    pub to_client: u64,
    /// Bytes that fell into a black hole.
    pub lost: u64,
    /// Cuts that have happened.
    pub cut: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) accepted: AtomicU64,
    pub(super) open: AtomicU64,
    pub(super) requests: AtomicU64,
    to_server: AtomicU64,
    to_client: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) cut: AtomicU64,
}

impl Counters {
    pub(super) fn passed(&self, way: Way) -> &AtomicU64 {
        if way == Way::ToClient { &self.to_client } else { &self.to_server }
    }

    pub(super) fn read(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            accepted: read(&self.accepted),
            open: read(&self.open),
            requests: read(&self.requests),
            to_server: read(&self.to_server),
            to_client: read(&self.to_client),
            lost: read(&self.lost),
            cut: read(&self.cut),
        }
    }
}
