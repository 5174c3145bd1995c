//! How far a run is, for others to look at while it goes on.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How far a run is. Cheap to clone; all clones are the same.
///
/// ```
/// use eloquent::Progress;
///
/// let progress = Progress::default();
/// assert_eq!((progress.done(), progress.of(), progress.rows()), (0, 0, 0));
/// ```
#[derive(Clone, Default)]
pub struct Progress(Arc<Inner>);

#[derive(Default)]
struct Inner {
    of: AtomicU64,
    done: AtomicU64,
    rows: AtomicU64,
    now: Mutex<String>,
}

impl Progress {
    /// How many things there are to do; 0 as long as that is not known.
    pub fn of(&self) -> u64 {
        self.0.of.load(Ordering::Relaxed)
    }

    /// How many of them are done.
    pub fn done(&self) -> u64 {
        self.0.done.load(Ordering::Relaxed)
    }

    /// How many rows were written, as far as that is counted.
    pub fn rows(&self) -> u64 {
        self.0.rows.load(Ordering::Relaxed)
    }

    /// What is being done: the name of a migration or of a seeder.
    pub fn now(&self) -> String {
        self.0.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// There are so many things to do, and none is done.
    pub(crate) fn begin(&self, of: usize) {
        self.0.of.store(u64::try_from(of).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.0.done.store(0, Ordering::Relaxed);
    }

    /// This one is begun.
    pub(crate) fn at(&self, name: &str) {
        name.clone_into(&mut self.0.now.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// One more is done.
    pub(crate) fn advance(&self) {
        self.0.done.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn wrote(&self, rows: u64) {
        self.0.rows.fetch_add(rows, Ordering::Relaxed);
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("done", &self.done())
            .field("of", &self.of())
            .field("rows", &self.rows())
            .field("now", &self.now())
            .finish()
    }
}
