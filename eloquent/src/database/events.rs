//! What happened: listeners, the query log, tracing.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use eloquent_core::Error;

/// How many statements the log keeps.
const LOG: usize = 10_000;

/// A statement that has ended.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # async fn example() -> eloquent::Result<()> {
/// let db = Db::connect("sqlite::memory:").await?;
/// db.on_query(|event| println!("{}: {} ({:?})", event.connection, event.sql, event.elapsed));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct QueryEvent<'a> {
    /// The name of the connection.
    pub connection: &'a str,
    /// The name of the driver.
    pub driver: &'static str,
    /// The text that was sent, without bound values.
    pub sql: &'a str,
    /// The rows that were read or written.
    pub rows: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Why it failed, if it did.
    pub error: Option<&'a Error>,
}

type Listener = Arc<dyn Fn(&QueryEvent<'_>) + Send + Sync>;

/// Who wants to know of statements.
pub(crate) struct Events {
    /// Whether there is a listener or a log, so that a statement without either costs one load.
    heard: AtomicBool,
    listeners: RwLock<Vec<Listener>>,
    log: Mutex<Option<VecDeque<String>>>,
    slow: Duration,
}

impl Events {
    pub(crate) fn new(slow: Duration) -> Self {
        Events {
            heard: AtomicBool::new(false),
            listeners: RwLock::default(),
            log: Mutex::default(),
            slow,
        }
    }

    pub(crate) fn listen(&self, listener: Listener) {
        self.listeners.write().unwrap_or_else(PoisonError::into_inner).push(listener);
        self.heard.store(true, Ordering::Release);
    }

    pub(crate) fn enable_log(&self) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
        self.heard.store(true, Ordering::Release);
    }

    pub(crate) fn take_log(&self) -> Vec<String> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.as_mut().map(|log| log.drain(..).collect()).unwrap_or_default()
    }

    /// Whether anybody wants to know of a statement that took so long.
    #[inline]
    pub(crate) fn are_wanted(&self, elapsed: Duration) -> bool {
        elapsed >= self.slow
            || self.heard.load(Ordering::Acquire)
            || tracing::enabled!(target: "eloquent", tracing::Level::DEBUG)
    }

    /// Reports a statement. Its text is made only if somebody wants it.
    pub(crate) fn report(
        &self,
        connection: (&str, &'static str),
        elapsed: Duration,
        outcome: Result<u64, &Error>,
        text: impl FnOnce() -> String,
    ) {
        if self.are_wanted(elapsed) {
            self.publish(connection, elapsed, outcome, &text());
        }
    }

    #[cold]
    fn publish(
        &self,
        (connection, driver): (&str, &'static str),
        elapsed: Duration,
        outcome: Result<u64, &Error>,
        sql: &str,
    ) {
        let slow = elapsed >= self.slow;
        let (rows, error) = (outcome.unwrap_or_default(), outcome.err());
        let code = error.map(Error::code);
        if slow {
            tracing::warn!(target: "eloquent", connection, driver, sql, rows, ?elapsed, code, "slow query");
        } else {
            tracing::debug!(target: "eloquent", connection, driver, sql, rows, ?elapsed, code, "query");
        }
        if super::scope::is_muted() {
            return;
        }
        if let Some(log) = self.log.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            if log.len() == LOG {
                log.pop_front();
            }
            log.push_back(sql.to_owned());
        }
        let listeners = self.listeners.read().unwrap_or_else(PoisonError::into_inner).clone();
        let event = QueryEvent { connection, driver, sql, rows, elapsed, error };
        for listener in listeners {
            listener(&event);
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("slow", &self.slow).finish_non_exhaustive()
    }
}
