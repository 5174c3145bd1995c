//! The line to the server. There is no task that speaks with it: whoever waits for an answer moves the
//! bytes, so that nobody has to be woken between the socket and the rows.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_postgres::Connection;

use crate::socket::Socket;

/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(5);

/// The client library's end of a connection.
pub(crate) struct Line {
    /// None when the connection is over.
    wire: Mutex<Option<Box<dyn Wire>>>,
    /// What it is on.
    socket: Socket,
    /// Raised by the client library, between its parts.
    flag: Arc<Flag>,
    /// What raises it.
    flagging: Waker,
}

/// Whether there may be more to do at once.
///
/// Parts of the client library wake each other: who sends, the connection; who takes an answer, the
/// connection that had no room for the next. Here all of them are polled in turn by the same task, which
/// would only wake itself. So they raise a flag, and the task is woken by the socket alone.
#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

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
    pub(crate) fn new<S, T>(connection: Connection<S, T>, socket: Socket) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let flag = Arc::new(Flag::default());
        let flagging = Waker::from(flag.clone());
        Line { wire: Mutex::new(Some(Box::new(connection))), socket, flag, flagging }
    }

    /// Awaits something that waits for the server and for nothing else.
    pub(crate) fn run<F: Future>(&self, mut step: Pin<&mut F>) -> impl Future<Output = F::Output> {
        let mut has_begun = false;
        poll_fn(move |cx| match std::mem::replace(&mut has_begun, true) {
            false => self.poll(cx, |cx| step.as_mut().poll(cx)),
            // nothing has come for it since
            true => self.poll_on(cx, |cx| step.as_mut().poll(cx)),
        })
    }

    /// Polls something that waits for the server and for nothing else.
    pub(crate) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        mut step: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        // what it waits for is brought by the line, which knows whom to wake
        let quiet = &mut Context::from_waker(Waker::noop());
        match step(quiet) {
            Poll::Pending => self.poll_on(cx, step),
            done => done,
        }
    }

    /// Polls something that has nothing to go on with before the line brings it.
    fn poll_on<T>(
        &self,
        cx: &mut Context<'_>,
        mut step: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let quiet = &mut Context::from_waker(Waker::noop());
        loop {
            self.flag.0.store(false, Ordering::Release);
            self.advance(cx.waker());
            match step(quiet) {
                // it has made room for what the line holds back
                Poll::Pending if self.flag.0.load(Ordering::Acquire) => {}
                done => return done,
            }
        }
    }

    /// Takes note of what the server has said in the meantime: that it is gone, for example. Costs little
    /// when it has said nothing.
    pub(crate) fn look(&self) {
        if self.socket.has_news() {
            self.advance(Waker::noop());
        }
    }

    /// Hangs up, whatever is under way.
    pub(crate) fn cut(&self) {
        *self.wire() = None;
    }

    /// Sends and receives what there is, and has this one woken when there is more.
    fn advance(&self, waker: &Waker) {
        self.socket.set_waker(waker);
        let mut wire = self.wire();
        let flagging = &mut Context::from_waker(&self.flagging);
        if wire.as_mut().is_some_and(|wire| wire.poll(flagging).is_ready()) {
            *wire = None;
        }
    }

    fn wire(&self) -> MutexGuard<'_, Option<Box<dyn Wire>>> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Once the client is gone, the server is told that this was all.
impl Drop for Line {
    fn drop(&mut self) {
        self.advance(Waker::noop());
        let Some(mut wire) = self.wire().take() else { return };
        let socket = self.socket.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let end = poll_fn(|cx| {
                    socket.set_waker(cx.waker());
                    wire.poll(cx)
                });
                // else the server notices that the connection is closed
                let _ = timeout(GOODBYE, end).await;
            });
        }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("is_open", &self.wire().is_some()).finish_non_exhaustive()
    }
}
