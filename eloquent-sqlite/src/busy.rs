//! Waiting for locks: only ever on a worker.
//!
//! SQLite asks a busy handler whether to try again. Ours says no at once on every thread but a worker
//! at work, so a statement on the calling task never waits. On a worker it waits for the next lock that
//! another session of this process lets go, and looks again in between, since other processes do not
//! tell.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::watch::Watch;

/// How long to wait for the n-th time, in milliseconds; the last one is repeated.
const DELAYS: [u64; 8] = [1, 2, 5, 10, 15, 20, 25, 50];

/// Where the sessions of a connection tell each other that a lock is free.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    waiting: AtomicUsize,
    lock: Mutex<()>,
    freed: Condvar,
}

impl Gate {
    /// Wakes those who wait. Costs one atomic load when nobody does.
    pub(crate) fn released(&self) {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.freed.notify_all();
        }
    }

    /// How many wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    fn wait(&self, at_most: Duration) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.freed.wait_timeout(guard, at_most));
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// How a worker waits.
#[derive(Debug)]
pub(crate) struct Patience {
    gate: Arc<Gate>,
    watch: Arc<Watch>,
    timeout: Duration,
    since: Option<Instant>,
}

thread_local! {
    static PATIENCE: RefCell<Option<Patience>> = const { RefCell::new(None) };
}

impl Patience {
    pub(crate) fn new(gate: &Arc<Gate>, watch: &Arc<Watch>, timeout: Duration) -> Self {
        Patience { gate: gate.clone(), watch: watch.clone(), timeout, since: None }
    }

    /// Waits in this way, on the current thread, until the guard is dropped.
    pub(crate) fn here(self) -> Patient {
        Patient(PATIENCE.replace(Some(self)))
    }

    /// Waits a while. Whether to try again.
    fn again(&mut self, attempt: i32) -> bool {
        if attempt == 0 {
            self.since = Some(Instant::now());
        }
        let since = self.since.unwrap_or_else(Instant::now);
        self.bears(since, attempt)
    }

    /// Waits a while for the n-th time since then. Whether to try again.
    fn bears(&self, since: Instant, attempt: i32) -> bool {
        let Some(left) = self.timeout.checked_sub(since.elapsed()).filter(|left| !left.is_zero())
        else {
            return false;
        };
        // Nothing has happened yet, so even a write may be given up here.
        if self.watch.is_cancelled() {
            return false;
        }
        let step = usize::try_from(attempt).unwrap_or(0).min(DELAYS.len() - 1);
        self.gate.wait(Duration::from_millis(DELAYS[step]).min(left));
        !self.watch.is_cancelled()
    }
}

/// Puts the former way of waiting back.
pub(crate) struct Patient(Option<Patience>);

impl Drop for Patient {
    fn drop(&mut self) {
        PATIENCE.replace(self.0.take());
    }
}

/// Makes a connection wait in the way of the thread that it is used on.
///
/// # Errors
/// When SQLite refuses the handler.
pub(crate) fn install(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(|attempt| {
        PATIENCE.with_borrow_mut(|patience| {
            patience.as_mut().is_some_and(|patience| patience.again(attempt))
        })
    }))
}

/// Does something until no lock is in its way, for as long as the thread has patience: for what SQLite gives
/// up without asking the handler, which it does where it holds a lock itself that others may wait for.
///
/// # Errors
/// What it fails with.
pub(crate) fn patiently<T>(mut work: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let since = Instant::now();
    let bears = |attempt| {
        PATIENCE.with_borrow(|patience| {
            patience.as_ref().is_some_and(|patience| patience.bears(since, attempt))
        })
    };
    let mut attempt = 0;
    loop {
        match work() {
            Err(error) if crate::error::is_busy(&error) && bears(attempt) => attempt += 1,
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    fn pair() -> (tempfile::TempDir, Connection, Connection) {
        let directory = tempfile::tempdir().unwrap();
        let open = || {
            let connection = Connection::open(directory.path().join("t.sqlite")).unwrap();
            install(&connection).unwrap();
            connection
        };
        let (one, other) = (open(), open());
        one.execute_batch("CREATE TABLE t (a INT)").unwrap();
        (directory, one, other)
    }

    #[test]
    fn nobody_waits_without_patience() {
        let (_directory, one, other) = pair();
        one.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert!(crate::error::is_busy(&other.execute_batch("BEGIN IMMEDIATE").unwrap_err()));
    }

    #[test]
    fn a_lock_that_is_let_go_is_got() {
        let (_directory, one, other) = pair();
        one.execute_batch("BEGIN IMMEDIATE").unwrap();
        let (gate, watch) = (Arc::new(Gate::default()), Arc::new(Watch::default()));
        let patience = Patience::new(&gate, &watch, Duration::from_secs(60));
        let waiter = std::thread::spawn(move || {
            let _patient = patience.here();
            other.execute_batch("BEGIN IMMEDIATE")
        });
        while gate.waiting() == 0 {
            std::thread::yield_now();
        }
        one.execute_batch("COMMIT").unwrap();
        gate.released();
        assert_eq!(waiter.join().unwrap(), Ok(()));
    }

    #[test]
    fn who_waits_is_woken() {
        let gate = Arc::new(Gate::default());
        let waiting = gate.clone();
        let waiter = std::thread::spawn(move || waiting.wait(Duration::from_secs(3600)));
        while !waiter.is_finished() {
            gate.released();
            std::thread::yield_now();
        }
        waiter.join().unwrap();
    }

    #[test]
    fn a_cancel_ends_the_wait_and_nothing_has_happened() {
        let (_directory, one, other) = pair();
        one.execute_batch("BEGIN IMMEDIATE").unwrap();
        let (gate, watch) = (Arc::new(Gate::default()), Arc::new(Watch::default()));
        let patience = Patience::new(&gate, &watch, Duration::from_secs(3600));
        let waiter = std::thread::spawn(move || {
            let _patient = patience.here();
            let error = other.execute_batch("INSERT INTO t VALUES (1)").unwrap_err();
            (error, other.is_autocommit())
        });
        while gate.waiting() == 0 {
            std::thread::yield_now();
        }
        watch.cancel();
        gate.released();
        let (error, autocommit) = waiter.join().unwrap();
        assert!(crate::error::is_busy(&error) && autocommit);
    }
}
