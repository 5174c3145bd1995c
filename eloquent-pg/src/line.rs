//! The line to the server. There is no task that speaks with it: whoever waits for an answer moves the
//! bytes, so that nobody has to be woken between the socket and the rows.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_postgres::Connection;

/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(5);

/// The client library's end of a connection; none when it is over.
pub(crate) struct Line(Mutex<Option<Box<dyn Wire>>>);

/// What is the same for connections with and without encryption.
trait Wire: Send {
    /// Sends and receives what there is. Ready when the connection is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

impl<S, T> Wire for Connection<S, T>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.poll_message(cx) {
                // notices and notifications: nobody has asked for them
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl Line {
    pub(crate) fn new<S, T>(connection: Connection<S, T>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Line(Mutex::new(Some(Box::new(connection))))
    }

    /// Awaits something that waits for the server and for nothing else.
    pub(crate) fn run<F: Future>(&self, mut step: Pin<&mut F>) -> impl Future<Output = F::Output> {
        poll_fn(move |cx| self.poll(cx, |cx| step.as_mut().poll(cx)))
    }

    /// Polls something that waits for the server and for nothing else.
    pub(crate) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        mut step: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        // what it waits for is brought by the line, which knows whom to wake
        let quiet = &mut Context::from_waker(Waker::noop());
        if let Poll::Ready(done) = step(quiet) {
            return Poll::Ready(done);
        }
        self.advance(cx);
        step(quiet)
    }

    /// Takes note of what the server has said in the meantime: that it is gone, for example.
    pub(crate) fn look(&self) {
        self.advance(&mut Context::from_waker(Waker::noop()));
    }

    /// Hangs up, whatever is under way.
    pub(crate) fn cut(&self) {
        *self.wire() = None;
    }

    fn advance(&self, cx: &mut Context<'_>) {
        let mut wire = self.wire();
        if wire.as_mut().is_some_and(|wire| wire.poll(cx).is_ready()) {
            *wire = None;
        }
    }

    fn wire(&self) -> MutexGuard<'_, Option<Box<dyn Wire>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Once the client is gone, the server is told that this was all.
impl Drop for Line {
    fn drop(&mut self) {
        self.look();
        let Some(mut wire) = self.wire().take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // else the server notices that the connection is closed
                let _ = timeout(GOODBYE, poll_fn(|cx| wire.poll(cx))).await;
            });
        }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("is_open", &self.wire().is_some()).finish()
    }
}
