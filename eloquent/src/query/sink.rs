//! Where rows of a query go.

use std::any::Any;

use eloquent_core::Result;
use eloquent_core::row::{Flow, Row, RowReader, RowSink};

/// Collects rows, decoding each where it lies.
pub(crate) struct Collect<T> {
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
