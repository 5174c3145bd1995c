//! Feeds: the changes to a table, as they happen.

use std::any::Any;
use std::fmt::{self, Debug};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::row::OwnedRow;
use crate::statement::ColumnRef;
use crate::value::{DateTime, Utc};
use crate::{Name, Result};

/// What has happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It was added.
    Insert,
    /// Fields of it were changed.
    Update,
    /// All of it was replaced.
    Replace,
    /// It was removed.
    Delete,
}

/// Which rows a feed brings along with updates. Those of inserts and replacements always come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum FullRow {
    /// None: only what has changed.
    #[default]
    Omitted,
    /// The row as it is when the change is told, which may be later than the change; none when it has
    /// gone by then.
    LookedUp,
}

/// A place in a feed, from which another one can go on: as text, to be kept.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResumeToken(Arc<str>);

impl ResumeToken {
    /// The token of a text, as [`as_str`](Self::as_str) gave it.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        ResumeToken(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// It may hold the key of a row.
impl Debug for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ResumeToken").finish_non_exhaustive()
    }
}

/// What is to be watched.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Watched {
    /// The table.
    pub table: Name,
    /// The columns of its rows, in the order in which they are given.
    pub columns: Vec<ColumnRef>,
    /// The columns of its key.
    pub key: Vec<ColumnRef>,
    /// The kinds of changes that are wanted; all when it is empty.
    pub kinds: Vec<ChangeKind>,
    /// Which rows are wanted with updates.
    pub full_row: FullRow,
    /// Where another feed was.
    pub resume_after: Option<ResumeToken>,
    /// For how long to try to reach the database again after it was lost.
    pub patience: Duration,
}

impl Watched {
    /// All changes of a table, from now on.
    pub fn new(table: impl Into<Name>, columns: Vec<ColumnRef>, key: Vec<ColumnRef>) -> Self {
        Watched {
            table: table.into(),
            columns,
            key,
            kinds: Vec::new(),
            full_row: FullRow::default(),
            resume_after: None,
            patience: Duration::from_secs(60),
        }
    }
}

/// A change, as a driver tells it.
#[derive(Debug)]
pub struct RawChange {
    /// What has happened.
    pub kind: ChangeKind,
    /// The place behind it.
    pub token: ResumeToken,
    /// The key of the row.
    pub key: OwnedRow,
    /// The row, where there is one.
    pub row: Option<OwnedRow>,
    /// The names of the columns that an update changed; those of nested fields with all of their path.
    pub changed: Vec<String>,
    /// When it happened, as far as the database tells.
    pub at: Option<DateTime<Utc>>,
}

/// The changes to a table. It goes on by itself after the database was lost for a while, without leaving
/// a change out or telling one twice. Dropping it ends it.
pub trait Feed: Any + Debug + Send {
    /// The next change; `None` when there will be none, because nobody can watch any more.
    ///
    /// # Errors
    /// What the database reports. Nothing follows an error.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<RawChange>>>;

    /// The place up to which all has been told; `None` when the database has not said one yet.
    fn token(&self) -> Option<ResumeToken>;
}
