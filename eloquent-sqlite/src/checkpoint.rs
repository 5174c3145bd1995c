//! When the write-ahead log is copied into the database file.
//!
//! SQLite would do it inside the commit that makes the log long, on whatever thread that is, and wait
//! for the disk. Here the hook only notes the length; the session that sees it sends its connection to
//! its worker after it has answered. The first write afterwards starts the log over and waits for the
//! disk too, so it is kept off the calling task as well.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use rusqlite::Connection;

/// The length at which the log is copied, in pages.
const LENGTH: i32 = 1000;

/// The length at which readers are waited for so that the log can start over, in bytes.
const LONG: i64 = 16 * 1024 * 1024;

thread_local! {
    /// The length of the log after the last commit on this thread. A hook cannot carry anything.
    static PAGES: Cell<i32> = const { Cell::new(0) };
}

/// Notes the length of the log after each commit, instead of copying it.
pub(crate) fn install(connection: &Connection) {
    connection.wal_hook(Some(|wal, pages| {
        if wal.name() == c"main" {
            PAGES.set(pages);
        }
        Ok(())
    }));
}

/// The length of the log after the last commit on this thread, once.
pub(crate) fn take_pages() -> i32 {
    PAGES.replace(0)
}

/// What the sessions of a connection know of its log.
#[derive(Debug)]
pub(crate) struct Log {
    /// The length at which it is copied next.
    due: AtomicI32,
    /// Whether a session is at it.
    running: AtomicBool,
    /// Whether the next write is the first one after a copy.
    restarted: AtomicBool,
}

impl Default for Log {
    fn default() -> Self {
        Log {
            due: AtomicI32::new(LENGTH),
            running: AtomicBool::new(false),
            restarted: AtomicBool::new(false),
        }
    }
}

impl Log {
    /// The right and the duty to copy the log, if it is due and nobody is at it.
    pub(crate) fn claim(self: &Arc<Self>, pages: i32) -> Option<Claim> {
        if pages < LENGTH {
            // It has started over. Zero is no news, but then this does no harm.
            if pages > 0 && self.due.load(Ordering::Relaxed) != LENGTH {
                self.due.store(LENGTH, Ordering::Relaxed);
            }
            return None;
        }
        let due = pages >= self.due.load(Ordering::Relaxed);
        (due && !self.running.swap(true, Ordering::AcqRel)).then(|| Claim(self.clone()))
    }

    /// Whether the coming write is the first one after a copy; says so once.
    pub(crate) fn take_restarted(&self) -> bool {
        self.restarted.load(Ordering::Relaxed) && self.restarted.swap(false, Ordering::Relaxed)
    }
}

/// The right and the duty to copy the log.
#[derive(Debug)]
pub(crate) struct Claim(Arc<Log>);

impl Claim {
    /// Copies what can be copied without waiting; of a very long log, waits for its readers as long as
    /// the connection is patient. What fails here is made up for by the next commit.
    pub(crate) fn run(self, connection: &Connection) {
        let Ok(length) = copy(connection, "PRAGMA main.wal_checkpoint(PASSIVE)") else { return };
        let page_size = connection.pragma_query_value(None, "page_size", |row| row.get(0));
        if i64::from(length) * page_size.unwrap_or(4096) > LONG {
            let _ = copy(connection, "PRAGMA main.wal_checkpoint(RESTART)");
        }
        // A reader may keep the log from starting over; then it is left alone for a while.
        self.0.due.store(length.saturating_add(LENGTH), Ordering::Relaxed);
        self.0.restarted.store(true, Ordering::Relaxed);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.running.store(false, Ordering::Release);
    }
}

/// The length of the log, in pages.
fn copy(connection: &Connection, sql: &str) -> rusqlite::Result<i32> {
    connection.query_row(sql, [], |row| row.get(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_session_at_a_time_copies() {
        let log = Arc::new(Log::default());
        assert!(log.claim(LENGTH - 1).is_none());
        let claim = log.claim(LENGTH).unwrap();
        assert!(log.claim(LENGTH).is_none());
        drop(claim);
        assert!(log.claim(LENGTH).is_some());
    }

    #[test]
    fn a_log_that_cannot_start_over_is_not_copied_by_every_commit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t.sqlite");
        let (writer, reader) = (Connection::open(&path).unwrap(), Connection::open(&path).unwrap());
        writer
            .execute_batch(
                "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t (a)",
            )
            .unwrap();
        install(&writer);
        reader.execute_batch("BEGIN; SELECT * FROM t").unwrap();
        writer
            .execute_batch("INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1200) SELECT zeroblob(4000) FROM n")
            .unwrap();
        let log = Arc::new(Log::default());
        let pages = take_pages();
        assert!(pages > LENGTH);
        assert_eq!(take_pages(), 0);
        log.claim(pages).unwrap().run(&writer);
        assert!(log.take_restarted() && !log.take_restarted());
        assert!(log.claim(pages + 1).is_none());
        assert!(log.claim(pages + LENGTH).is_some());
        assert!(log.claim(3).is_none());
        assert!(log.claim(LENGTH).is_some());
    }
}
