//! Whether somebody still waits for an answer.

use std::future::poll_fn;
use std::task::Poll;

use eloquent_core::Result;
use eloquent_core::driver::Fetched;
use eloquent_core::row::RowSink;
use tokio::sync::oneshot::Sender;

pub(crate) struct Watch(Option<Sender<Result<Fetched>>>);

impl Watch {
    /// The answer is given at the end, unless nobody waits for it.
    pub(crate) fn over(reply: Sender<Result<Fetched>>) -> Self {
        Watch(Some(reply))
    }

    /// Whoever waits does the work itself.
    pub(crate) fn none() -> Self {
        Watch(None)
    }

    pub(crate) fn answer(self, outcome: Result<Fetched>) {
        if let Watch(Some(reply)) = self {
            // nobody waits: there is nobody to be told
            let _ = reply.send(outcome);
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.as_ref().is_some_and(Sender::is_closed)
    }

    /// Waits until the sink takes rows again. Says whether anybody still wants them.
    pub(super) async fn flush(&mut self, sink: &mut dyn RowSink) -> Result<bool> {
        poll_fn(|cx| {
            if let Some(reply) = &mut self.0
                && reply.poll_closed(cx).is_ready()
            {
                return Poll::Ready(Ok(false));
            }
            sink.poll_flush(cx).map_ok(|()| true)
        })
        .await
    }
}
