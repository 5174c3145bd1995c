//! Asking a run to stop.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use eloquent_core::{Error, ErrorKind, Result};
use tokio::sync::Notify;

/// Asks a run to stop at the next point at which what it leaves is known. Cheap to clone; all clones are
/// the same.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    asked: AtomicBool,
    told: Notify,
}

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        self.0.asked.store(true, Ordering::Release);
        self.0.told.notify_waiters();
    }

    /// Whether it was asked.
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::Acquire)
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.is_asked() { Err(stopped()) } else { Ok(()) }
    }

    /// Runs a future until it ends or the stop is asked for: then it is dropped.
    pub(crate) async fn cuts<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        let mut told = pin!(self.0.told.notified());
        told.as_mut().enable();
        self.check()?;
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(done) = future.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            told.as_mut().poll(cx).map(|()| Err(stopped()))
        })
        .await
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::MigrationInterrupted, "the run was asked to stop")
}
