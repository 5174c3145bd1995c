//! Sinks of all tempers.

use std::any::Any;
use std::sync::Arc;
use std::task::{Context, Poll};

use eloquent_core::driver::{Affected, Now, Session};
use eloquent_core::row::{Flow, OwnedRow, Row, RowSink};
use eloquent_core::{Error, Result};

use super::Ask;

/// Copies every row.
#[derive(Debug, Default)]
pub struct Collect {
    /// The rows.
    pub rows: Vec<OwnedRow>,
    /// Whether the driver has started over.
    pub was_reset: bool,
    names: Option<Arc<[String]>>,
}

impl RowSink for Collect {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.rows.push(OwnedRow::copy(row, &mut self.names)?);
        Ok(Flow::Continue)
    }

    fn reset(&mut self) {
        self.rows.clear();
        self.was_reset = true;
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// What a [`Moody`] sink does at its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// Wants no further row.
    Stop,
    /// Fails.
    Fail,
    /// Panics.
    Panic,
    /// Wants to be flushed, and is ready when it has been asked twice.
    Flush,
    /// Wants to be flushed, and fails then.
    FailFlush,
    /// Wants to be flushed, and never is.
    NeverFlush,
}

/// Takes rows until the one of that number, counted from 1, and then has its mood.
#[derive(Debug)]
pub(super) struct Moody {
    pub(super) mood: Mood,
    pub(super) at: usize,
    pub(super) rows: usize,
    pub(super) flushes: usize,
    pub(super) resets: usize,
    waiting: bool,
}

impl Moody {
    pub(super) fn new(mood: Mood, at: usize) -> Self {
        Moody { mood, at, rows: 0, flushes: 0, resets: 0, waiting: false }
    }
}

impl RowSink for Moody {
    fn row(&mut self, _: &dyn Row) -> Result<Flow> {
        assert!(!self.waiting, "no row is shown before the sink is flushed");
        self.rows += 1;
        if !self.rows.is_multiple_of(self.at) {
            return Ok(Flow::Continue);
        }
        match self.mood {
            Mood::Stop => Ok(Flow::Stop),
            Mood::Fail => Err(Error::custom(std::io::Error::other("the sink has had enough"))),
            Mood::Panic => panic!("the sink panics, as it should"),
            Mood::Flush | Mood::FailFlush | Mood::NeverFlush => {
                self.waiting = true;
                Ok(Flow::Flush)
            }
        }
    }

    fn reset(&mut self) {
        (self.rows, self.flushes, self.waiting) = (0, 0, false);
        self.resets += 1;
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.flushes += 1;
        match self.mood {
            Mood::Flush if self.flushes.is_multiple_of(2) => {
                self.waiting = false;
                Poll::Ready(Ok(()))
            }
            Mood::Flush => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Mood::NeverFlush => Poll::Pending,
            _ => Poll::Ready(Err(Error::custom(std::io::Error::other("the sink cannot flush")))),
        }
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// Shows the rows of a statement to a sink, by the synchronous attempt where the driver answers it.
pub(super) async fn show(
    session: &mut dyn Session,
    statement: impl Ask,
    mut sink: Moody,
) -> Result<(Affected, Moody)> {
    let statement = statement.into_statement();
    match session.try_now(&statement, &mut sink)? {
        Now::Done(affected) => return Ok((affected, sink)),
        Now::Later => assert_eq!(sink.rows, 0, "a driver that says `Later` leaves the sink empty"),
    }
    show_later(session, statement, sink).await
}

/// Shows the rows of a statement to a sink, by the asynchronous way.
pub(super) async fn show_later(
    session: &mut dyn Session,
    statement: impl Ask,
    sink: Moody,
) -> Result<(Affected, Moody)> {
    let resets = sink.resets;
    let fetched = session.fetch(&statement.into_statement(), Box::new(sink)).await?;
    let sink = fetched.sink.into_any().downcast::<Moody>();
    let sink = *sink.unwrap_or_else(|_| panic!("the driver gave another sink back"));
    assert_eq!(sink.resets, resets, "a sink of `fetch` is never reset");
    Ok((fetched.affected, sink))
}
