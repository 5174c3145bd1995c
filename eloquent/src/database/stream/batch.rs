//! Batches of rows, on their way from the driver to the reader.

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use eloquent_core::Result;
use eloquent_core::row::{Flow, Row, RowReader, RowSink, no_column};
use eloquent_core::value::{Value, ValueRef};
use tokio::sync::mpsc::error::{SendError, TrySendError};
use tokio::sync::mpsc::{OwnedPermit, Sender};

use super::{BoxFuture, Decode, Reading};

/// Rows in the first batch. Each further one has four times as many, so that the first row comes soon and
/// the many do not wait for a thread to wake up.
const FIRST: usize = 64;
/// Rows in a batch at most.
const MOST: usize = 2048;
/// Rows in a batch at most when no other thread has to wake up for it.
const MOST_DECODED: usize = 256;
/// Bytes in a batch at which it is full, however few rows it has. Narrow rows reach the other limit first.
const FULL: usize = 256 * 1024;

/// A batch of rows.
pub(super) enum Batch<T> {
    Decoded(Vec<T>),
    Copied(Copied),
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Batch::Decoded(Vec::new())
    }
}

/// Fills batches and sends them.
pub(super) struct Batches<T> {
    decode: Decode<T>,
    decoded: Vec<T>,
    copied: Copied,
    spare: Spare,
    size: usize,
    slot: Slot<T>,
}

/// What both ends of a stream know: batches that have been read, whose memory is used again, and whether
/// any was sent.
#[derive(Clone, Default)]
pub(super) struct Spare(Arc<Shared>);

#[derive(Default)]
struct Shared {
    read: Mutex<Vec<Copied>>,
    has_sent: AtomicBool,
}

impl Spare {
    pub(super) fn give(&self, mut read: Copied) {
        read.clear();
        if read.cells.capacity() > 0 {
            self.lock().push(read);
        }
    }

    fn take(&self) -> Copied {
        self.lock().pop().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Copied>> {
        self.0.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_sent(&self) {
        self.0.has_sent.store(true, Ordering::Relaxed);
    }

    /// Whether a row has been given to the reader.
    pub(super) fn has_sent(&self) -> bool {
        self.0.has_sent.load(Ordering::Relaxed)
    }
}

enum Slot<T> {
    Idle(Sender<Batch<T>>),
    Reserving(BoxFuture<Result<OwnedPermit<Batch<T>>, SendError<()>>>),
    /// The reader has gone.
    Closed,
}

impl<T> Batches<T> {
    pub(super) fn new(decode: Decode<T>, sender: Sender<Batch<T>>, spare: Spare) -> Self {
        let (decoded, copied) = (Vec::new(), Copied::default());
        Batches { decode, decoded, copied, spare, size: FIRST, slot: Slot::Idle(sender) }
    }

    /// What has not been sent.
    pub(super) fn into_batch(mut self) -> Batch<T> {
        self.batch()
    }

    fn batch(&mut self) -> Batch<T> {
        if !self.decoded.is_empty() {
            return Batch::Decoded(std::mem::take(&mut self.decoded));
        }
        let mut next = self.spare.take();
        next.names = self.copied.names.clone();
        Batch::Copied(std::mem::replace(&mut self.copied, next))
    }

    fn send(&mut self, permit: OwnedPermit<Batch<T>>) -> Poll<Result<()>> {
        self.spare.note_sent();
        self.slot = Slot::Idle(permit.send(self.batch()));
        self.size = MOST.min(self.size * 4);
        Poll::Ready(Ok(()))
    }
}

impl<T: Send + 'static> RowSink for Batches<T> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        if matches!(self.slot, Slot::Closed) {
            return Ok(Flow::Stop);
        }
        let full = if Reading::is_here() {
            let size = self.size.min(MOST_DECODED);
            if self.decoded.capacity() == 0 {
                self.decoded.reserve(size);
            }
            self.decoded.push((self.decode)(&mut RowReader::new(row))?);
            self.decoded.len() >= size
        } else {
            self.copied.push(row, self.size)?;
            self.copied.rows >= self.size || self.copied.bytes() >= FULL
        };
        Ok(if full { Flow::Flush } else { Flow::Continue })
    }

    fn reset(&mut self) {
        self.decoded.clear();
        self.copied.clear();
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            match std::mem::replace(&mut self.slot, Slot::Closed) {
                Slot::Idle(sender) => match sender.try_reserve_owned() {
                    Ok(permit) => return self.send(permit),
                    Err(TrySendError::Full(sender)) => {
                        self.slot = Slot::Reserving(Box::pin(sender.reserve_owned()));
                    }
                    Err(TrySendError::Closed(_)) => drop(self.batch()),
                },
                Slot::Reserving(mut reserving) => match reserving.as_mut().poll(cx) {
                    Poll::Pending => {
                        self.slot = Slot::Reserving(reserving);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok(permit)) => return self.send(permit),
                    Poll::Ready(Err(_)) => drop(self.batch()),
                },
                Slot::Closed => return Poll::Ready(Ok(())),
            }
        }
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// Rows as the driver showed them, side by side in few pieces of memory.
#[derive(Default)]
pub(super) struct Copied {
    cells: Vec<Datum>,
    text: String,
    names: Option<Arc<[String]>>,
    width: usize,
    rows: usize,
    next: usize,
}

enum Datum {
    Null,
    I64(i64),
    F64(f64),
    /// A piece of the text.
    Text(usize, usize),
    Other(Value),
}

impl Copied {
    fn clear(&mut self) {
        self.cells.clear();
        self.text.clear();
        (self.rows, self.next) = (0, 0);
    }

    /// What it takes up, values on the heap aside.
    fn bytes(&self) -> usize {
        self.cells.len() * size_of::<Datum>() + self.text.len()
    }

    /// Copies a row; `most` are to be expected.
    fn push(&mut self, row: &dyn Row, most: usize) -> Result<()> {
        if self.rows == 0 {
            self.width = row.len();
            let most = self.width.saturating_mul(most);
            self.cells.reserve(most.min(FULL / size_of::<Datum>()));
            self.names.get_or_insert_with(|| {
                (0..row.len()).map(|i| row.name(i).unwrap_or_default().to_owned()).collect()
            });
        }
        for index in 0..self.width {
            let cell = match row.get(index) {
                Ok(ValueRef::Null) => Datum::Null,
                Ok(ValueRef::I64(v)) => Datum::I64(v),
                Ok(ValueRef::F64(v)) => Datum::F64(v),
                Ok(ValueRef::Text(text)) => {
                    let start = self.text.len();
                    self.text.push_str(text);
                    Datum::Text(start, self.text.len())
                }
                Ok(other) => Datum::Other(other.to_owned()),
                Err(error) => {
                    let name = row.name(index).unwrap_or_default().to_owned();
                    self.cells.truncate(self.rows * self.width);
                    return Err(error.with_column(name));
                }
            };
            self.cells.push(cell);
        }
        self.rows += 1;
        Ok(())
    }

    /// The next row.
    pub(super) fn next(&mut self) -> Option<CopiedRow<'_>> {
        if self.next == self.rows {
            return None;
        }
        let start = self.next * self.width;
        self.next += 1;
        Some(CopiedRow { cells: &self.cells[start..start + self.width], rows: self })
    }
}

/// One of the rows.
pub(super) struct CopiedRow<'r> {
    cells: &'r [Datum],
    rows: &'r Copied,
}

impl Row for CopiedRow<'_> {
    fn len(&self) -> usize {
        self.cells.len()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        Ok(match self.cells.get(index) {
            Some(Datum::Null) => ValueRef::Null,
            Some(Datum::I64(v)) => ValueRef::I64(*v),
            Some(Datum::F64(v)) => ValueRef::F64(*v),
            Some(Datum::Text(start, end)) => ValueRef::Text(&self.rows.text[*start..*end]),
            Some(Datum::Other(value)) => value.as_ref(),
            None => return Err(no_column(index)),
        })
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.rows.names.as_ref()?.get(index).map(String::as_str)
    }
}
