//! Rows one after the other, with bounded memory.
//!
//! The driver fills batches and waits while the reader is behind by two of them. A driver that shows
//! rows on the reader's own thread has them decoded at once. Rows that another thread shows are copied
//! as they are and decoded by the reader: were they decoded there, two threads would ask for memory and
//! give it back at the same time, which costs more than the rows (measured: twice the whole).

mod batch;

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use eloquent_core::row::RowReader;
use eloquent_core::statement::Statement;
use eloquent_core::{Error, Result};
use futures_core::Stream;
use tokio::sync::mpsc::{Receiver, channel};

use super::{Executor, Located, Pool};
use crate::model::ModelDef;
use batch::{Batch, Batches, Copied, Spare};

/// Batches that may wait for the reader.
const AHEAD: usize = 2;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Decode<T> = fn(&mut RowReader<'_>) -> Result<T>;

/// Rows of a query, one after the other. A [`Stream`] that can also be read with
/// [`next`](Self::next). Dropping it ends the statement.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String }
/// # async fn example() -> eloquent::Result<()> {
/// let mut users = User::query().order_by(|u| u.id.asc()).stream();
/// while let Some(user) = users.next().await {
///     println!("{}", user?.name);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "rows are read only when asked for"]
pub struct Rows<T> {
    decoded: std::vec::IntoIter<T>,
    copied: Copied,
    spare: Spare,
    decode: Decode<T>,
    batches: Receiver<Batch<T>>,
    /// Runs the statement; gives the last batch.
    running: Option<BoxFuture<Result<Batch<T>>>>,
    last: Option<Result<Batch<T>>>,
    origin: Origin,
}

/// Where rows come from, for errors.
struct Origin {
    pool: Option<Arc<Pool>>,
    definition: Option<&'static ModelDef>,
}

impl Origin {
    fn locate(&self, error: Error) -> Error {
        let error = match &self.pool {
            Some(pool) => pool.locate(error),
            None => error,
        };
        match self.definition {
            Some(definition) => definition.locate(error),
            None => error,
        }
    }
}

impl<T: Send + 'static> Rows<T> {
    pub(crate) fn new(
        executor: Result<Executor>,
        statement: Statement,
        definition: Option<&'static ModelDef>,
        decode: Decode<T>,
    ) -> Self {
        let (sender, batches) = channel(AHEAD);
        let pool = executor.as_ref().ok().map(|executor| executor.connection().pool().clone());
        let spare = Spare::default();
        let spares = spare.clone();
        let running = Box::pin(async move {
            let executor = executor?;
            let sink = || Box::new(Batches::new(decode, sender.clone(), spares.clone()));
            let outcome = match executor.stream(&statement, sink()).await {
                Err(error) if !spares.has_sent() && executor.runs_again(&statement, &error) => {
                    Box::pin(executor.stream(&statement, sink())).await
                }
                outcome => outcome,
            };
            let fetched = match definition {
                Some(definition) => outcome.locate(definition)?,
                None => outcome?,
            };
            let sink = fetched.sink.into_any().downcast::<Batches<T>>();
            Ok(sink.map(|sink| sink.into_batch()).unwrap_or_default())
        });
        Rows {
            decoded: Vec::new().into_iter(),
            copied: Copied::default(),
            spare,
            decode,
            batches,
            running: Some(running),
            last: None,
            origin: Origin { pool, definition },
        }
    }

    /// The next row; `None` after the last.
    ///
    /// # Errors
    /// What the database reports, or a row that does not fit. Nothing follows an error.
    pub async fn next(&mut self) -> Option<Result<T>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The next row of the batch at hand.
    fn at_hand(&mut self) -> Option<Result<T>> {
        if let Some(row) = self.decoded.next() {
            return Some(Ok(row));
        }
        let row = self.copied.next()?;
        let outcome = (self.decode)(&mut RowReader::new(&row));
        if outcome.is_err() {
            self.end();
        }
        Some(outcome.map_err(|error| self.origin.locate(error)))
    }

    fn take(&mut self, batch: Batch<T>) {
        match batch {
            Batch::Decoded(rows) => self.decoded = rows.into_iter(),
            Batch::Copied(rows) => self.spare.give(std::mem::replace(&mut self.copied, rows)),
        }
    }

    /// Nothing follows.
    fn end(&mut self) {
        self.running = None;
        self.last = None;
        self.batches.close();
        while self.batches.try_recv().is_ok() {}
        self.copied = Copied::default();
    }
}

impl<T: Send + 'static> Stream for Rows<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(row) = self.at_hand() {
                return Poll::Ready(Some(row));
            }
            if let Ok(batch) = self.batches.try_recv() {
                self.take(batch);
                continue;
            }
            if let Some(running) = &mut self.running {
                if let Poll::Ready(outcome) = Reading::here(|| running.as_mut().poll(cx)) {
                    self.running = None;
                    self.last = Some(outcome);
                    continue; // what was sent before comes first
                }
                match ready!(self.batches.poll_recv(cx)) {
                    Some(batch) => self.take(batch),
                    None => return Poll::Pending, // the senders have gone: the end is near
                }
                continue;
            }
            match self.last.take() {
                Some(Ok(batch)) => self.take(batch),
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

thread_local! {
    static READING: Cell<bool> = const { Cell::new(false) };
}

/// Marks a thread while it runs a statement on behalf of its reader.
struct Reading(bool);

impl Reading {
    fn here<T>(step: impl FnOnce() -> T) -> T {
        let _before = Reading(READING.replace(true));
        step()
    }

    /// Whether the rows that are shown now are shown by the reader's own thread.
    fn is_here() -> bool {
        READING.get()
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        READING.set(self.0);
    }
}
