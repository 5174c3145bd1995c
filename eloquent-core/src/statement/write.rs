//! Writing rows.

use super::{ColumnRef, Expression, Predicate, Projection};
use crate::value::Value;
use crate::{Error, ErrorKind, Name, Result};

/// Adds rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// The table.
    pub table: Name,
    /// The columns that are given. With none, the one row is all defaults.
    pub columns: Vec<Name>,
    /// The values, row after row: a multiple of the number of columns.
    pub values: Vec<Value>,
    /// What happens to a row that exists already.
    pub conflict: Option<Conflict>,
    /// What is given back of each row, in the order of the rows.
    pub returning: Option<Projection>,
}

impl Insert {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        if self.columns.is_empty() { 1 } else { self.values.len() / self.columns.len() }
    }

    /// Refuses values that do not make whole rows.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`].
    pub fn check(&self) -> Result<()> {
        match (self.columns.len(), self.values.len()) {
            (0, 0) => Ok(()),
            (0, _) => Err(Error::invalid("the insert has values, but no columns")),
            (_, 0) => Err(Error::invalid("the insert has no rows")),
            (columns, values) if values % columns == 0 => Ok(()),
            (columns, values) => Err(Error::invalid(format!(
                "the insert has {values} values, which is no multiple of its {columns} columns"
            ))),
        }
    }
}

/// What an insert does about a row that exists already.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The columns of the unique index that decides.
    pub target: Vec<Name>,
    /// What happens.
    pub action: ConflictAction,
}

/// What happens to a row that exists already.
#[derive(Debug, Clone, PartialEq)]
pub enum ConflictAction {
    /// It stays as it is.
    Ignore,
    /// It is changed.
    Update(Vec<Assignment>),
}

/// A column and what it becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The column.
    pub column: ColumnRef,
    /// Its new value.
    pub value: Expression,
}

/// Changes rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The table, as source 0.
    pub table: Name,
    /// What becomes of the columns.
    pub assignments: Vec<Assignment>,
    /// Which rows: all of these hold.
    pub filter: Vec<Predicate>,
    /// Whether every row is meant. A driver refuses an update without a filter that does not say so.
    pub all: bool,
    /// Whether the filter names one row by its key, so that the statement is known to be short.
    pub by_key: bool,
    /// What is given back of each row.
    pub returning: Option<Projection>,
}

impl Update {
    /// Refuses to write every row unless that is said.
    ///
    /// # Errors
    /// [`ErrorKind::UnboundedWrite`].
    pub fn check(&self) -> Result<()> {
        refuse_unbounded(&self.filter, self.all, "update")
    }
}

/// Removes rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// The table, as source 0.
    pub table: Name,
    /// Which rows: all of these hold.
    pub filter: Vec<Predicate>,
    /// Whether every row is meant. A driver refuses a delete without a filter that does not say so.
    pub all: bool,
    /// Whether the filter names one row by its key, so that the statement is known to be short.
    pub by_key: bool,
    /// What is given back of each row.
    pub returning: Option<Projection>,
}

impl Delete {
    /// Refuses to write every row unless that is said.
    ///
    /// # Errors
    /// [`ErrorKind::UnboundedWrite`].
    pub fn check(&self) -> Result<()> {
        refuse_unbounded(&self.filter, self.all, "delete")
    }
}

fn refuse_unbounded(filter: &[Predicate], all: bool, verb: &str) -> Result<()> {
    if all || !filter.iter().all(Predicate::is_always_true) {
        return Ok(());
    }
    let error = Error::new(
        ErrorKind::UnboundedWrite,
        format!("the {verb} has no filter and would write every row"),
    );
    Err(error.with_hint(format!("if every row is meant, call `{verb}_all`")))
}
