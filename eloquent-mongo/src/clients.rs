//! The client of a connection, and a new one when it cannot go on.
//!
//! The client opens only few connections at the same time, and sets no bound to how long a server may take
//! to greet it. After the network has swallowed those greetings, nothing but a new client helps.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use eloquent_core::Result;
use mongodb::event::EventHandler;
use mongodb::event::cmap::CmapEvent;
use mongodb::options::ClientOptions;
use mongodb::{Client, Database};

use crate::error::of_connect;

/// A client, with its handle on the database.
pub(crate) struct Live {
    pub(crate) client: Client,
    pub(crate) db: Database,
    opening: Arc<Opening>,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("db", &self.db.name()).finish_non_exhaustive()
    }
}

/// The connections that are being opened, each since when.
#[derive(Default)]
struct Opening {
    since: Mutex<HashMap<(String, u32), Instant>>,
    /// Their number, which is asked for before each command.
    count: AtomicUsize,
}

impl Opening {
    fn note(&self, event: &CmapEvent) {
        match event {
            CmapEvent::ConnectionCreated(event) => self.change(|since| {
                since.insert((event.address.to_string(), event.connection_id), Instant::now());
            }),
            CmapEvent::ConnectionReady(event) => self.change(|since| {
                since.remove(&(event.address.to_string(), event.connection_id));
            }),
            CmapEvent::ConnectionClosed(event) => self.change(|since| {
                since.remove(&(event.address.to_string(), event.connection_id));
            }),
            _ => {}
        }
    }

    fn change(&self, change: impl FnOnce(&mut HashMap<(String, u32), Instant>)) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut since);
        self.count.store(since.len(), Ordering::Release);
    }

    fn hangs(&self, bound: Duration) -> bool {
        if self.count.load(Ordering::Acquire) == 0 {
            return false;
        }
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.values().any(|since| since.elapsed() > bound)
    }
}

/// The clients of a connection, of which one is in use.
pub(crate) struct Clients {
    /// With the login: not to be shown.
    options: ClientOptions,
    database: String,
    /// How long opening a connection may take.
    bound: Duration,
    live: RwLock<Arc<Live>>,
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("database", &self.database).finish_non_exhaustive()
    }
}

impl Clients {
    /// # Errors
    /// When the options contradict each other.
    pub(crate) fn new(options: ClientOptions, database: String, bound: Duration) -> Result<Self> {
        let live = RwLock::new(Arc::new(open(&options, &database)?));
        Ok(Clients { options, database, bound, live })
    }

    /// The client for what is sent next. What is under way keeps the one that it has.
    pub(crate) fn live(&self) -> Arc<Live> {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner).clone();
        if !live.opening.hangs(self.bound) {
            return live;
        }
        let mut current = self.live.write().unwrap_or_else(PoisonError::into_inner);
        // another one may have been faster
        if Arc::ptr_eq(&current, &live)
            && let Ok(fresh) = open(&self.options, &self.database)
        {
            *current = Arc::new(fresh);
        }
        current.clone()
    }
}

fn open(options: &ClientOptions, database: &str) -> Result<Live> {
    let opening = Arc::new(Opening::default());
    let mut options = options.clone();
    let noted = opening.clone();
    options.cmap_event_handler = Some(EventHandler::callback(move |event| noted.note(&event)));
    let client = Client::with_options(options).map_err(|failed| of_connect(&failed))?;
    let db = client.database(database);
    Ok(Live { client, db, opening })
}
