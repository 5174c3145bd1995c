//! Statements: what to ask of a database, as data that every driver can read.
//!
//! A statement is made by the query builder and names tables and columns of models; values in it are
//! always bound, never text. A SQL driver leaves the spelling to the shared compiler; a document
//! driver translates.

mod evaluate;
mod expression;
mod path;
mod pipeline;
mod predicate;
mod raw;
mod repeat;
mod scan;
mod script;
mod select;
mod write;

pub use evaluate::Record;
pub use expression::{
    Aggregate, AggregateFunction, ArithmeticOperator, ColumnRef, Expression, Source,
};
pub use path::{Change, ChangeAction, ListPredicate, ListQuestion, Path, Root};
pub use pipeline::{Pipeline, Stages};
pub use predicate::{CompareOperator, Predicate};
pub use raw::{IntoBind, RawScan, RawSegment, RawSql};
pub use scan::scan_unbound;
pub use script::{Effect, ScriptPart};
pub use select::{From, Join, JoinKind, Lock, LockMode, LockWait, Order, Projection, Select};
pub use write::{Assignment, Conflict, ConflictAction, Delete, Insert, Update};

use crate::Result;

/// One statement.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Statement {
    /// Reads rows.
    Select(Select),
    /// Adds rows, or adds and updates them.
    Insert(Insert),
    /// Changes rows.
    Update(Update),
    /// Removes rows.
    Delete(Delete),
    /// Text in the language of the database.
    Raw(RawSql),
    /// Stages in the language of a database of documents.
    Pipeline(Pipeline),
}

impl Statement {
    /// Whether the statement only reads, so that nothing is lost when it is stopped.
    #[inline]
    pub fn is_read(&self) -> bool {
        match self {
            Statement::Select(select) => select.lock.is_none(),
            Statement::Pipeline(pipeline) => pipeline.stages.only_read(),
            _ => false,
        }
    }

    /// The table that the statement is about, unless it is raw.
    #[inline]
    pub fn table(&self) -> Option<&str> {
        match self {
            Statement::Select(select) => select.from.table(),
            Statement::Insert(insert) => Some(&insert.table),
            Statement::Update(update) => Some(&update.table),
            Statement::Delete(delete) => Some(&delete.table),
            Statement::Pipeline(pipeline) => Some(&pipeline.table),
            Statement::Raw(_) => None,
        }
    }

    /// Refuses what no database may do: a write of every row that does not say so, an insert whose rows
    /// are not whole.
    ///
    /// # Errors
    /// [`ErrorKind::UnboundedWrite`](crate::ErrorKind) or [`ErrorKind::InvalidInput`](crate::ErrorKind).
    pub fn check(&self) -> Result<()> {
        match self {
            Statement::Insert(insert) => insert.check(),
            Statement::Update(update) => update.check(),
            Statement::Delete(delete) => delete.check(),
            Statement::Select(_) | Statement::Raw(_) | Statement::Pipeline(_) => Ok(()),
        }
    }
}
