//! Watching a model's collection: its changes as a stream.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use eloquent_core::driver::{
    ChangeKind, Concerns, Feed, FullRow, Opened as _, RawChange, ResumeToken, Watched,
};
use eloquent_core::row::{Row, RowReader};
use eloquent_core::statement::ColumnRef;
use eloquent_core::value::{DateTime, Utc};
use eloquent_core::{Error, Result};
use futures_core::Stream;

use super::{Key as _, Model};
use crate::database::{Executor, Located, Pool, Target};
use crate::query::column;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The changes to a model's collection, about to be watched. Made by [`Model::watch`]; awaited, it gives a
/// stream that tells of everything from then on.
#[must_use = "nothing is watched until it is awaited"]
pub struct Watch<M> {
    watched: Watched,
    target: Option<Target>,
    model: std::marker::PhantomData<fn() -> M>,
}

impl<M: Model> Watch<M> {
    pub(crate) fn new() -> Self {
        let definition = M::definition();
        let columns: Vec<ColumnRef> = definition.columns.iter().map(column).collect();
        let key = definition.key.iter().map(|at| columns[*at].clone()).collect();
        let watched = Watched::new(definition.table, columns, key);
        Watch { watched, target: None, model: std::marker::PhantomData }
    }

    /// Watches elsewhere than on the model's connection; see [`Query::on`](crate::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// Only changes of these kinds; the others are left out by the database.
    pub fn only(mut self, kinds: impl IntoIterator<Item = ChangeKind>) -> Self {
        self.watched.kinds = kinds.into_iter().collect();
        self
    }

    /// Brings the document along with updates too, as it is by then.
    pub fn full_document(mut self) -> Self {
        self.watched.full_row = FullRow::LookedUp;
        self
    }

    /// Goes on behind this place: what happened since is told first.
    pub fn resume_after(mut self, token: ResumeToken) -> Self {
        self.watched.resume_after = Some(token);
        self
    }

    /// For how long to try to reach the database again after it was lost, before that is an error: a
    /// minute, unless something else is said.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.watched.patience = patience;
        self
    }

    async fn open(self) -> Result<Changes<M>> {
        let definition = M::definition();
        let executor = Executor::resolve(self.target, Some(definition))?;
        let pool = executor.connection().pool().clone();
        let refused = match &executor {
            Executor::Connection(connection, _) if *connection.concerns() == Concerns::new() => {
                None
            }
            Executor::Connection(..) => {
                Some("changes are watched with the concerns of the connection's settings")
            }
            _ => Some("changes are watched outside of transactions"),
        };
        if let Some(message) = refused {
            return Err(pool.locate(definition.locate(Error::invalid(message))));
        }
        let connection = executor.connection().opened().await.locate(definition)?;
        let feed = connection.watch(self.watched).await;
        let feed = feed.map_err(|error| pool.locate(error)).locate(definition)?;
        Ok(Changes { feed: Some(feed), pool, model: std::marker::PhantomData })
    }
}

impl<M: Model> IntoFuture for Watch<M> {
    type Output = Result<Changes<M>>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.open())
    }
}

impl<M> fmt::Debug for Watch<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("watched", &self.watched).finish_non_exhaustive()
    }
}

/// A change to a row of a model.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Change<M: Model> {
    /// What has happened.
    pub kind: ChangeKind,
    /// The key of the row.
    pub key: M::Key,
    /// The row: as it was written by an insert or a replacement, and as it is by now after an update if
    /// that was [asked for](Watch::full_document). `None` when it is not known, or has gone.
    pub row: Option<M>,
    /// The names of the columns that an update changed; those of nested fields with their path.
    pub changed: Vec<String>,
    /// The place behind this change, for [`Watch::resume_after`].
    pub token: ResumeToken,
    /// When it happened, as far as the database tells.
    pub at: Option<DateTime<Utc>>,
}

/// The changes to a model's collection, one after the other: a [`Stream`] that can also be read with
/// [`next`](Self::next). It goes on by itself after the database was lost for a while. Dropping it ends it.
pub struct Changes<M> {
    feed: Option<Box<dyn Feed>>,
    pool: Arc<Pool>,
    model: std::marker::PhantomData<fn() -> M>,
}

impl<M: Model> Changes<M> {
    /// The next change; `None` when the collection was dropped or renamed, so that there will be none.
    /// Dropping the future loses nothing.
    ///
    /// # Errors
    /// What the database reports, and a row that does not fit the model. Nothing follows an error, but a
    /// new stream can go on from [`token`](Self::token).
    pub async fn next(&mut self) -> Option<Result<Change<M>>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The place up to which all has been told: behind the last change, or further where the database said
    /// that there was none. `None` when it said nothing yet, and after an error.
    pub fn token(&self) -> Option<ResumeToken> {
        self.feed.as_ref().and_then(|feed| feed.token())
    }

    fn read(&self, change: RawChange) -> Result<Change<M>> {
        let key = M::Key::from_row(&mut RowReader::new(&change.key as &dyn Row));
        let row = change.row.map(|row| M::from_row(&mut RowReader::new(&row as &dyn Row)));
        Ok(Change {
            kind: change.kind,
            key: self.located(key)?,
            row: self.located(row.transpose())?,
            changed: change.changed,
            token: change.token,
            at: change.at,
        })
    }

    fn located<T>(&self, outcome: Result<T>) -> Result<T> {
        outcome.map_err(|error| self.pool.locate(error)).locate(M::definition())
    }
}

impl<M: Model> Stream for Changes<M> {
    type Item = Result<Change<M>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(feed) = &mut self.feed else { return Poll::Ready(None) };
        let told = ready!(feed.poll_next(cx));
        let change = told.map(|told| self.located(told).and_then(|change| self.read(change)));
        if !matches!(change, Some(Ok(_))) {
            self.feed = None;
        }
        Poll::Ready(change)
    }
}

impl<M> Unpin for Changes<M> {}

impl<M> fmt::Debug for Changes<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("is_open", &self.feed.is_some()).finish_non_exhaustive()
    }
}
