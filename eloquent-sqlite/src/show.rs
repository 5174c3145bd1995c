//! Showing rows to a sink.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use eloquent_core::row::{Flow, RowSink};
use eloquent_core::{Error, ErrorKind, Result};
use rusqlite::Rows;

use crate::engine::{Fault, Place};
use crate::error::error;
use crate::value::SqliteRow;
use crate::watch::Watch;

/// What came of a statement that ran to its end.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// The rows that the sink took.
    pub(crate) rows: u64,
    /// The error of the sink, when the statement had to go on all the same.
    pub(crate) refused: Option<Error>,
}

/// Steps through a statement and shows each row to the sink.
///
/// A read stops where the sink does. A write is always stepped to its end: it has written all its rows
/// before it gives the first one, and is committed only by the last step.
pub(crate) fn show(
    mut rows: Rows<'_>,
    reads: bool,
    sink: &mut dyn RowSink,
    place: Place,
    watch: &Watch,
) -> Result<Shown, Fault> {
    let mut shown = Shown::default();
    let mut wanted = true;
    while let Some(row) = rows.next().map_err(|error| Fault::Sqlite(error, reads))? {
        if !wanted {
            continue;
        }
        let flow = guarded(|| sink.row(&SqliteRow(row)));
        shown.rows += u64::from(flow.is_ok());
        let end = match flow {
            Ok(Flow::Continue) => continue,
            Ok(Flow::Stop) => None,
            Ok(Flow::Flush) if place == Place::Worker => match flush(sink, watch) {
                Ok(()) => continue,
                Err(error) => Some(error),
            },
            Ok(Flow::Flush) if reads => return Err(Fault::Flush),
            // The few rows of a short write are given without a pause, for it cannot be done over.
            Ok(Flow::Flush) => continue,
            Err(error) => Some(error),
        };
        match (reads, end) {
            (true, None) => break,
            (true, Some(error)) => return Err(error.into()),
            (false, end) => {
                wanted = false;
                shown.refused = end;
            }
        }
    }
    Ok(shown)
}

/// Makes an error of a panic of the sink, so that what is known of the connection stays known.
pub(crate) fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
        Err(error(ErrorKind::Database, "reading a row panicked")
            .with_hint("the panic is in the code that takes the rows, and was printed there"))
    })
}

/// Waits until the sink has room. The worker has nothing else to do.
fn flush(sink: &mut dyn RowSink, watch: &Watch) -> Result<()> {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    watch.park_here();
    let flushed = loop {
        match guarded(|| match sink.poll_flush(&mut context) {
            Poll::Ready(result) => result.map(|()| true),
            Poll::Pending => Ok(false),
        }) {
            Ok(true) => break Ok(()),
            Ok(false) if watch.is_cancelled() => {
                break Err(error(ErrorKind::Database, "the statement was cancelled"));
            }
            Ok(false) => std::thread::park(),
            Err(error) => break Err(error),
        }
    };
    watch.leave_park();
    flushed
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}
