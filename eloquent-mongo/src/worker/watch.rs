//! Whether somebody still waits for an answer.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use eloquent_core::Result;
use eloquent_core::row::RowSink;

/// Shared by who works and who waits. Whoever gives up sees to it that the work is polled again.
#[derive(Clone)]
pub(crate) struct Watch(Option<Arc<AtomicBool>>);

impl Watch {
    pub(crate) fn new() -> Self {
        Watch(Some(Arc::default()))
    }

    /// Whoever waits does the work itself.
    pub(crate) fn none() -> Self {
        Watch(None)
    }

    /// Nobody waits any more.
    pub(crate) fn give_up(&self) {
        if let Watch(Some(is_over)) = self {
            is_over.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.as_ref().is_some_and(|is_over| is_over.load(Ordering::Relaxed))
    }

    /// Waits until the sink takes rows again. Says whether anybody still wants them.
    pub(super) async fn flush(&self, sink: &mut dyn RowSink) -> Result<bool> {
        poll_fn(|cx| match self.is_over() {
            true => Poll::Ready(Ok(false)),
            false => sink.poll_flush(cx).map_ok(|()| true),
        })
        .await
    }
}
