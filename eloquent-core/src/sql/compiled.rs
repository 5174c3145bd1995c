//! Compiled statements, kept by their shape.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use super::Dialect;
use crate::statement::Statement;
use crate::value::ValueRef;
use crate::{Name, Result};

/// What a statement may cost, judged by its form. For drivers that answer cheap statements at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cost {
    /// A read with a filter or a limit, or of plain rows: it gives rows early and can be stopped.
    Read,
    /// A read whose work may lie in a single step of the database: an aggregate without a filter.
    Scan,
    /// A write that is bounded by its form: a few rows inserted, or one row by its key.
    BoundedWrite,
    /// Anything else, raw text included.
    Unknown,
}

/// The text of a statement and what is known of it.
#[derive(Debug)]
pub struct Compiled {
    sql: Box<str>,
    cost: Cost,
    /// The column that each bind goes to or is compared with, where there is one.
    columns: Vec<Option<Name>>,
    table: Option<Name>,
    mark: AtomicU32,
}

impl Compiled {
    /// The text, with one placeholder for each bind.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// What it may cost.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The column that a bind, counted from 0, goes to or is compared with.
    pub fn column_of(&self, bind: usize) -> Option<&Name> {
        self.columns.get(bind).and_then(Option::as_ref)
    }

    /// The table that the statement is about.
    pub fn table(&self) -> Option<&Name> {
        self.table.as_ref()
    }

    /// A number that the driver may keep with the statement, at first 0.
    pub fn mark(&self) -> &AtomicU32 {
        &self.mark
    }
}

/// Compiled statements, found by shape: statements that differ only in bound values share one.
#[derive(Debug, Default)]
pub struct StatementCache {}

impl StatementCache {
    /// Finds or compiles the text of a statement and lists its binds.
    ///
    /// # Errors
    /// What the dialect lacks, and what is wrong with the statement.
    pub fn compile<'s>(
        &self,
        _dialect: &'static dyn Dialect,
        _statement: &'s Statement,
        _binds: &mut Vec<ValueRef<'s>>,
    ) -> Result<Arc<Compiled>> {
        Err(crate::Error::invalid("not compiled yet"))
    }
}
