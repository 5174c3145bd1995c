//! Rows one after the other, with bounded memory.
//!
//! The driver decodes into batches and waits while the reader is behind by two of them.

use std::any::Any;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use eloquent_core::Result;
use eloquent_core::row::{Flow, Row, RowReader, RowSink};
use eloquent_core::statement::Statement;
use futures_core::Stream;
use tokio::sync::mpsc::error::{SendError, TrySendError};
use tokio::sync::mpsc::{OwnedPermit, Receiver, Sender, channel};

use super::{Executor, Located};
use crate::model::ModelDef;

/// Rows in a batch: at 256 the hand-over costs a tenth of the decoding.
const BATCH: usize = 256;
/// Batches that may wait for the reader.
const AHEAD: usize = 2;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Decode<T> = fn(&mut RowReader<'_>) -> Result<T>;

/// Rows of a query, one after the other. A [`Stream`] that can also be read with
/// [`next`](Self::next). Dropping it ends the statement.
#[must_use = "rows are read only when asked for"]
pub struct Rows<T> {
    batch: std::vec::IntoIter<T>,
    batches: Receiver<Vec<T>>,
    /// Runs the statement; gives the last batch.
    running: Option<BoxFuture<Result<Vec<T>>>>,
    last: Option<Result<Vec<T>>>,
}

impl<T: Send + 'static> Rows<T> {
    pub(crate) fn new(
        executor: Result<Executor>,
        statement: Statement,
        definition: Option<&'static ModelDef>,
        decode: Decode<T>,
    ) -> Self {
        let (sender, batches) = channel(AHEAD);
        let running = Box::pin(async move {
            let sink = Batches { decode, batch: Vec::new(), slot: Slot::Idle(sender) };
            let outcome = executor?.stream(&statement, Box::new(sink)).await;
            let fetched = match definition {
                Some(definition) => outcome.locate(definition)?,
                None => outcome?,
            };
            let sink = fetched.sink.into_any().downcast::<Batches<T>>();
            Ok(sink.map(|sink| sink.batch).unwrap_or_default())
        });
        Rows { batch: Vec::new().into_iter(), batches, running: Some(running), last: None }
    }

    /// The next row; `None` after the last.
    ///
    /// # Errors
    /// What the database reports, or a row that does not fit. Nothing follows an error.
    pub async fn next(&mut self) -> Option<Result<T>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<T: Send + 'static> Stream for Rows<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(row) = self.batch.next() {
                return Poll::Ready(Some(Ok(row)));
            }
            if let Ok(batch) = self.batches.try_recv() {
                self.batch = batch.into_iter();
                continue;
            }
            if let Some(running) = &mut self.running {
                if let Poll::Ready(outcome) = running.as_mut().poll(cx) {
                    self.running = None;
                    self.last = Some(outcome);
                    continue; // what was sent before comes first
                }
                match ready!(self.batches.poll_recv(cx)) {
                    Some(batch) => self.batch = batch.into_iter(),
                    None => return Poll::Pending, // the sender has gone with the sink: the end is near
                }
                continue;
            }
            match self.last.take() {
                Some(Ok(batch)) => self.batch = batch.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T> Unpin for Rows<T> {}

impl<T> std::fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("running", &self.running.is_some()).finish_non_exhaustive()
    }
}

/// Decodes rows into batches and sends them.
struct Batches<T> {
    decode: Decode<T>,
    batch: Vec<T>,
    slot: Slot<T>,
}

enum Slot<T> {
    Idle(Sender<Vec<T>>),
    Reserving(BoxFuture<Result<OwnedPermit<Vec<T>>, SendError<()>>>),
    /// The reader has gone.
    Closed,
}

impl<T: Send + 'static> RowSink for Batches<T> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        if matches!(self.slot, Slot::Closed) {
            return Ok(Flow::Stop);
        }
        if self.batch.capacity() == 0 {
            self.batch.reserve(BATCH);
        }
        self.batch.push((self.decode)(&mut RowReader::new(row))?);
        Ok(if self.batch.len() < BATCH { Flow::Continue } else { Flow::Flush })
    }

    fn reset(&mut self) {
        self.batch.clear();
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            match std::mem::replace(&mut self.slot, Slot::Closed) {
                Slot::Idle(sender) => match sender.try_reserve_owned() {
                    Ok(permit) => {
                        let batch = std::mem::take(&mut self.batch);
                        self.slot = Slot::Idle(permit.send(batch));
                        return Poll::Ready(Ok(()));
                    }
                    Err(TrySendError::Full(sender)) => {
                        self.slot = Slot::Reserving(Box::pin(sender.reserve_owned()));
                    }
                    Err(TrySendError::Closed(_)) => self.batch.clear(),
                },
                Slot::Reserving(mut reserving) => match reserving.as_mut().poll(cx) {
                    Poll::Pending => {
                        self.slot = Slot::Reserving(reserving);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok(permit)) => {
                        let batch = std::mem::take(&mut self.batch);
                        self.slot = Slot::Idle(permit.send(batch));
                        return Poll::Ready(Ok(()));
                    }
                    Poll::Ready(Err(_)) => self.batch.clear(),
                },
                Slot::Closed => return Poll::Ready(Ok(())),
            }
        }
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
