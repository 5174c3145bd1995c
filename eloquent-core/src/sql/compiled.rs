//! Compiled statements.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use super::compiler::Finished;
use crate::Name;

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
    sql: Arc<str>,
    cost: Cost,
    columns: BindColumns,
    order: Option<Box<[usize]>>,
    table: Option<Name>,
    mark: AtomicU32,
}

impl Compiled {
    pub(super) fn new(finished: Finished, table: Option<Name>) -> Self {
        let Finished { sql, cost, columns, order } = finished;
        Compiled { sql: sql.into(), cost, columns, order, table, mark: AtomicU32::new(0) }
    }

    /// Text that a driver sends of its own accord, with one placeholder for each bind. Nothing is
    /// known of it and its cost is [`Cost::Unknown`].
    pub fn raw(sql: impl Into<Arc<str>>) -> Self {
        Compiled {
            sql: sql.into(),
            cost: Cost::Unknown,
            columns: BindColumns::default(),
            order: None,
            table: None,
            mark: AtomicU32::new(0),
        }
    }

    /// The same text with a cost that the driver knows.
    #[must_use]
    pub fn with_cost(mut self, cost: Cost) -> Self {
        self.cost = cost;
        self
    }

    /// The text, with one placeholder for each bind.
    #[inline]
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The text, for a client that keeps it.
    pub fn shared_sql(&self) -> Arc<str> {
        Arc::clone(&self.sql)
    }

    /// How many rows an insert spells out.
    pub fn rows(&self) -> Option<usize> {
        self.columns.rows()
    }

    /// What it may cost.
    #[inline]
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The column that a bind, counted from 0, goes to or is compared with.
    pub fn column_of(&self, bind: usize) -> Option<&Name> {
        self.columns.get(bind)
    }

    /// The table that the statement is about.
    pub fn table(&self) -> Option<&Name> {
        self.table.as_ref()
    }

    /// A number that the driver may keep with the statement, at first 0.
    #[inline]
    pub fn mark(&self) -> &AtomicU32 {
        &self.mark
    }

    /// The order in which the text takes the binds, unless it is theirs.
    #[inline]
    pub(super) fn order(&self) -> Option<&[usize]> {
        self.order.as_deref()
    }
}

/// The column of each bind. The rows of an insert are not spelled out.
#[derive(Debug, Default)]
pub(super) struct BindColumns {
    /// The columns of each row of an insert.
    cycle: Box<[Name]>,
    /// How many binds belong to rows.
    cycled: usize,
    /// The columns of the binds behind.
    rest: Vec<Option<Name>>,
}

impl BindColumns {
    pub(super) fn cycle(&mut self, columns: &[Name], rows: usize) {
        self.cycle = columns.into();
        self.cycled = columns.len() * rows;
    }

    pub(super) fn push(&mut self, column: Option<Name>) {
        self.rest.push(column);
    }

    fn rows(&self) -> Option<usize> {
        self.cycled.checked_div(self.cycle.len())
    }

    fn get(&self, bind: usize) -> Option<&Name> {
        match bind.checked_sub(self.cycled) {
            None => self.cycle.get(bind % self.cycle.len()),
            Some(behind) => self.rest.get(behind)?.as_ref(),
        }
    }

    pub(super) fn reordered(&self, order: &[usize]) -> Self {
        let rest = order.iter().map(|bind| self.get(*bind).cloned()).collect();
        BindColumns { cycle: Box::default(), cycled: 0, rest }
    }
}
