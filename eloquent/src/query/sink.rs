//! Where rows of a query go.

use std::any::Any;

use eloquent_core::Result;
use eloquent_core::driver::Affected;
use eloquent_core::row::{Discard, Flow, Row, RowReader, RowSink};

/// A sink that makes something of all rows.
pub trait Gather: RowSink + Sized + 'static {
    /// What it makes.
    type Output: Send + 'static;

    /// Whether it wants rows at all.
    const ROWS: bool = true;

    /// One without rows that makes the same of them.
    fn fresh(&self) -> Self;

    /// After the last row.
    fn finish(self, affected: Affected) -> Self::Output;
}

/// Collects rows, decoding each where it lies.
pub struct Collect<T> {
    pub(crate) rows: Vec<T>,
    read: fn(&mut RowReader<'_>) -> Result<T>,
}

impl<T> Collect<T> {
    pub(crate) fn new(read: fn(&mut RowReader<'_>) -> Result<T>) -> Self {
        Collect { rows: Vec::new(), read }
    }
}

impl<T: Send + 'static> RowSink for Collect<T> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.rows.push((self.read)(&mut RowReader::new(row))?);
        Ok(Flow::Continue)
    }

    fn reset(&mut self) {
        self.rows.clear();
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// Keeps the first row and wants no more.
pub struct First<T> {
    pub(crate) row: Option<T>,
    read: fn(&mut RowReader<'_>) -> Result<T>,
}

impl<T> First<T> {
    pub(crate) fn new(read: fn(&mut RowReader<'_>) -> Result<T>) -> Self {
        First { row: None, read }
    }
}

impl<T: Send + 'static> RowSink for First<T> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.row = Some((self.read)(&mut RowReader::new(row))?);
        Ok(Flow::Stop)
    }

    fn reset(&mut self) {
        self.row = None;
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl<T: Send + 'static> Gather for Collect<T> {
    type Output = Vec<T>;

    fn fresh(&self) -> Self {
        Collect::new(self.read)
    }

    fn finish(self, _: Affected) -> Vec<T> {
        self.rows
    }
}

impl<T: Send + 'static> Gather for First<T> {
    type Output = Option<T>;

    fn fresh(&self) -> Self {
        First::new(self.read)
    }

    fn finish(self, _: Affected) -> Option<T> {
        self.row
    }
}

/// Says how many rows were written.
impl Gather for Discard {
    type Output = u64;

    const ROWS: bool = false;

    fn fresh(&self) -> Self {
        Discard
    }

    fn finish(self, affected: Affected) -> u64 {
        affected.rows
    }
}

macro_rules! debug {
    ($($name:ident)+) => {$(
        impl<T> std::fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

debug! { Collect First }
