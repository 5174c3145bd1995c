//! Replicas to read from.
//!
//! Reads outside of transactions go to them in turn. A replica may lag behind, so whoever has written
//! reads from the writer for a while: a task, or all that runs in one [`Db::scope`](super::Db::scope).

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use eloquent_core::{Error, ErrorKind};

use super::pool::{Lease, Pool};
use super::scope;

/// How long reads stay away from replicas after a write, unless it is set.
const STICKY: Duration = Duration::from_secs(5);
/// How long a replica that could not be reached is left alone.
const REST: Duration = Duration::from_secs(5);
/// Writers to remember before those whose time is over are looked for.
const WRITERS: usize = 256;

/// Who has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Writer {
    Scope(u64),
    Task(tokio::task::Id),
    /// Outside of any task: the future that a runtime blocks on.
    Outside,
}

impl Writer {
    fn current() -> Self {
        match (scope::id(), tokio::task::try_id()) {
            (Some(scope), _) => Writer::Scope(scope),
            (None, Some(task)) => Writer::Task(task),
            (None, None) => Writer::Outside,
        }
    }
}

/// The replicas of a connection.
pub(super) struct Replicas {
    replicas: Vec<Replica>,
    next: AtomicUsize,
    sticky: Duration,
    wrote: Mutex<HashMap<Writer, Instant>>,
}

struct Replica {
    pool: Arc<Pool>,
    /// Until when it is left alone.
    rests: Mutex<Option<Instant>>,
}

/// What the pool of a replica is called in errors and logs.
pub(super) fn name(writer: &str, index: usize) -> String {
    format!("{writer} (replica {})", index + 1)
}

impl Replicas {
    pub(super) fn new(pools: Vec<Arc<Pool>>, sticky: Option<Duration>) -> Self {
        let replicas = pools.into_iter().map(|pool| Replica { pool, rests: Mutex::default() });
        Replicas {
            replicas: replicas.collect(),
            next: AtomicUsize::new(0),
            sticky: sticky.unwrap_or(STICKY),
            wrote: Mutex::default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.replicas.is_empty()
    }

    pub(super) fn pools(&self) -> impl Iterator<Item = &Arc<Pool>> {
        self.replicas.iter().map(|replica| &replica.pool)
    }

    /// Notes that the current task has written.
    pub(super) fn note_write(&self) {
        if self.is_empty() || self.sticky.is_zero() {
            return;
        }
        let mut wrote = lock(&self.wrote);
        if wrote.len() >= WRITERS {
            wrote.retain(|_, at| at.elapsed() < self.sticky);
        }
        wrote.insert(Writer::current(), Instant::now());
    }

    /// A session for a read. `None` when the writer has to answer: because the current task has written,
    /// or no replica can be reached.
    pub(super) async fn acquire(&self) -> Option<Lease> {
        if self.is_empty() || self.has_written() {
            return None;
        }
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        for turn in 0..self.replicas.len() {
            let replica = &self.replicas[first.wrapping_add(turn) % self.replicas.len()];
            if lock(&replica.rests).is_some_and(|until| until > Instant::now()) {
                continue;
            }
            match replica.pool.acquire().await {
                Ok(lease) => return Some(lease),
                Err(error) => replica.rest(&error),
            }
        }
        None
    }

    /// Leaves a replica alone whose session was lost: its other sessions most likely are, too.
    pub(super) fn note_error(&self, pool: &Pool, error: &Error) {
        if error.kind() == ErrorKind::ConnectionLost {
            let lost = self.replicas.iter().find(|replica| std::ptr::eq(&*replica.pool, pool));
            lost.into_iter().for_each(|replica| replica.rest(error));
        }
    }

    fn has_written(&self) -> bool {
        lock(&self.wrote).get(&Writer::current()).is_some_and(|at| at.elapsed() < self.sticky)
    }
}

impl Replica {
    fn rest(&self, error: &Error) {
        *lock(&self.rests) = Instant::now().checked_add(REST);
        tracing::warn!(
            target: "eloquent",
            connection = self.pool.name(),
            driver = self.pool.driver(),
            code = error.code(),
            "a replica cannot be reached; its reads go elsewhere for {REST:?}"
        );
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
