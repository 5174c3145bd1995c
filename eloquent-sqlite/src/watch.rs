//! The eye on a running statement: a time budget on the calling task, a cancel flag on the worker.
//!
//! One progress handler is installed for the life of a connection; statements switch it with one
//! atomic store. Three properties of SQLite shape it:
//!
//! - A write that is interrupted may have been committed already, or takes its whole transaction
//!   along. The handler is therefore never armed for a statement that writes.
//! - The count of operations goes on from one run of a cached statement to the next, so the first tick
//!   may come at once. Only the second one can end a statement.
//! - `sqlite3_interrupt` is forgotten when no statement runs yet. The cancel flag is not.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use rusqlite::InterruptHandle;

/// Operations of SQLite's machine between two looks.
const TICK: i32 = 200;

/// Nothing can end the statement.
const OFF: u8 = 0;
/// A read on the calling task, before its first tick.
const FRESH: u8 = 1;
/// A read on the calling task, with its deadline set.
const TIMED: u8 = 2;
/// A read on the worker, which only the cancel flag ends.
const READ: u8 = 3;

/// Shared by a session, its worker and the progress handler of its connection.
#[derive(Default)]
pub(crate) struct Watch {
    mode: AtomicU8,
    cancelled: AtomicBool,
    interrupt: OnceLock<InterruptHandle>,
    /// The worker, while it waits for a sink.
    parked: Mutex<Option<Thread>>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch")
            .field("mode", &self.mode)
            .field("cancelled", &self.cancelled)
            .finish_non_exhaustive()
    }
}

impl Watch {
    /// Installs the progress handler.
    ///
    /// # Errors
    /// When SQLite refuses it.
    pub(crate) fn install(
        self: &std::sync::Arc<Self>,
        connection: &rusqlite::Connection,
        budget: Duration,
    ) -> rusqlite::Result<()> {
        let _ = self.interrupt.set(connection.get_interrupt_handle());
        let watch = self.clone();
        let mut deadline = None;
        connection.progress_handler(TICK, Some(move || watch.tick(budget, &mut deadline)))
    }

    /// Whether the statement is to end. Kept short: it runs every 200 operations.
    fn tick(&self, budget: Duration, deadline: &mut Option<Instant>) -> bool {
        match self.mode.load(Ordering::Relaxed) {
            OFF => false,
            READ => self.is_cancelled(),
            FRESH => {
                *deadline = Instant::now().checked_add(budget);
                self.mode.store(TIMED, Ordering::Relaxed);
                false
            }
            _ => deadline.is_some_and(|deadline| Instant::now() >= deadline),
        }
    }

    /// Puts a read on the calling task under the budget.
    pub(crate) fn budget_read(&self) {
        self.mode.store(FRESH, Ordering::Relaxed);
    }

    /// Lets a read on the worker be cancelled. Whether it may start at all.
    pub(crate) fn start_read(&self) -> bool {
        // The order of the two, and of the two in `cancel`, is what keeps a cancel from being lost.
        self.mode.store(READ, Ordering::SeqCst);
        !self.is_cancelled()
    }

    /// The statement is over.
    pub(crate) fn stop(&self) {
        self.mode.store(OFF, Ordering::SeqCst);
    }

    /// Ends a read that runs on the worker, keeps one that has not begun from running, and gives up
    /// waiting for a lock. A write that runs goes on.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        if self.mode.load(Ordering::SeqCst) == READ {
            // Reaches into the few operations that run long without a tick.
            if let Some(handle) = self.interrupt.get() {
                handle.interrupt();
            }
        }
        if let Some(thread) = self.parked().take() {
            thread.unpark();
        }
    }

    /// Before the next piece of work is sent to the worker.
    pub(crate) fn renew(&self) {
        self.cancelled.store(false, Ordering::SeqCst);
    }

    /// Whether nobody waits for the result any more.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// Notes that the current thread parks, so that a cancel wakes it.
    pub(crate) fn park_here(&self) {
        *self.parked() = Some(std::thread::current());
    }

    /// The current thread parks no more.
    pub(crate) fn leave_park(&self) {
        *self.parked() = None;
    }

    fn parked(&self) -> std::sync::MutexGuard<'_, Option<Thread>> {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cancels when it is dropped before its time: held across the await of a reply.
pub(crate) struct CancelOnDrop<'w> {
    watch: &'w Watch,
    gate: &'w crate::busy::Gate,
    armed: bool,
}

impl<'w> CancelOnDrop<'w> {
    pub(crate) fn new(watch: &'w Watch, gate: &'w crate::busy::Gate) -> Self {
        CancelOnDrop { watch, gate, armed: true }
    }

    /// The reply has come.
    pub(crate) fn disarm(mut self) {
        self.armed = false;
    }
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.watch.cancel();
            self.gate.released();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rusqlite::Connection;

    use super::*;

    const ENDLESS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    fn watched(budget: Duration) -> (Connection, Arc<Watch>) {
        let connection = Connection::open_in_memory().unwrap();
        let watch = Arc::new(Watch::default());
        watch.install(&connection, budget).unwrap();
        connection
            .execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)")
            .unwrap();
        (connection, watch)
    }

    fn count(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_read_over_its_budget_ends() {
        let (connection, watch) = watched(Duration::ZERO);
        watch.budget_read();
        let error = connection.query_row(ENDLESS, [], |row| row.get::<_, i64>(0)).unwrap_err();
        assert!(crate::error::is_interrupt(&error));
    }

    #[test]
    fn a_cheap_read_is_never_ended_whatever_the_phase_of_the_counter() {
        let (connection, watch) = watched(Duration::ZERO);
        for _ in 0..2000 {
            watch.budget_read();
            let found = connection
                .prepare_cached("SELECT id FROM t WHERE id = 1")
                .unwrap()
                .query_row([], |row| row.get::<_, i64>(0));
            assert_eq!(found, Ok(1));
        }
    }

    #[test]
    fn a_disarmed_handler_ends_nothing() {
        let (connection, watch) = watched(Duration::ZERO);
        watch.cancel();
        watch.stop();
        connection
            .execute_batch("INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i FROM n")
            .unwrap();
        assert_eq!(count(&connection), 5001);
    }

    #[test]
    fn a_cancel_before_the_start_is_not_lost() {
        let (connection, watch) = watched(Duration::ZERO);
        watch.cancel();
        assert!(!watch.start_read());
        // Were it started all the same, the handler would still end it.
        assert!(connection.query_row(ENDLESS, [], |row| row.get::<_, i64>(0)).is_err());
        watch.stop();
        watch.renew();
        assert!(watch.start_read());
        assert_eq!(count(&connection), 1);
    }

    #[test]
    fn a_running_read_is_cancelled_from_another_thread() {
        let (connection, watch) = watched(Duration::ZERO);
        assert!(watch.start_read());
        let canceller = watch.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(5));
            canceller.cancel();
        });
        assert!(connection.query_row(ENDLESS, [], |row| row.get::<_, i64>(0)).is_err());
        thread.join().unwrap();
    }

    /// Why a write is never armed: what SQLite does when it is.
    #[test]
    fn an_interrupted_write_may_be_committed() {
        let mut committed_though_interrupted = 0;
        for operations in 1..64 {
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY)").unwrap();
            connection.progress_handler(operations, Some(|| true)).unwrap();
            let result = connection.execute("INSERT INTO t VALUES (1)", []);
            connection.progress_handler(0, None::<fn() -> bool>).unwrap();
            if result.is_err() && count(&connection) == 1 {
                committed_though_interrupted += 1;
            }
        }
        assert!(committed_though_interrupted > 0);
    }
}
