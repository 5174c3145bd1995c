//! Rows: read by position, where they lie.
//!
//! A driver does not collect rows. It is handed a [`RowSink`] and shows it each of its own rows as a
//! [`Row`]; the sink reads borrowed values by position and keeps what it wants. A typed model is
//! decoded this way without an intermediate map or list of values.

use std::any::Any;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::value::{ColumnValue, Value, ValueRef};
use crate::{Error, ErrorKind, Result};

/// One row of a result, borrowed from the driver for the time of one [`RowSink::row`] call.
pub trait Row {
    /// The number of columns.
    fn len(&self) -> usize;

    /// The value of a column, counted from 0.
    ///
    /// # Errors
    /// When there is no such column, or the stored bytes are not what the database says they are (for
    /// example text that is not UTF-8).
    fn get(&self, index: usize) -> Result<ValueRef<'_>>;

    /// The name of a column, counted from 0.
    fn name(&self, index: usize) -> Option<&str>;

    /// Whether there are no columns.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl dyn Row + '_ {
    /// Reads a column into a Rust type.
    ///
    /// # Errors
    /// Those of [`Row::get`], and [`ErrorKind::Decode`] when the value does not fit `T`.
    pub fn read<T: ColumnValue>(&self, index: usize) -> Result<T> {
        let value = self.get(index).map_err(|error| name_column(error, self, index))?;
        T::from_value(value)
            .map_err(|mismatch| name_column(mismatch.into_decode_error(), self, index))
    }
}

#[cold]
fn name_column(error: Error, row: &(dyn Row + '_), index: usize) -> Error {
    match row.name(index) {
        Some(name) => error.with_column(name.to_owned()),
        None => error.with_column(format!("#{index}")),
    }
}

/// Reads the columns of a row one after the other.
#[allow(missing_debug_implementations)] // borrows a driver's row, which has no text form
pub struct RowReader<'r> {
    row: &'r (dyn Row + 'r),
    next: usize,
}

impl<'r> RowReader<'r> {
    /// Starts at the first column.
    pub fn new(row: &'r (dyn Row + 'r)) -> Self {
        RowReader { row, next: 0 }
    }

    /// Reads the next column.
    ///
    /// # Errors
    /// When the row has no further column, or its value does not fit `T`.
    pub fn read<T: ColumnValue>(&mut self) -> Result<T> {
        let index = self.next;
        self.next += 1;
        self.row.read(index)
    }
}

/// What a sink wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The next row.
    Continue,
    /// [`RowSink::poll_flush`] to be ready before the next row.
    Flush,
    /// No further row; the driver ends the statement and reports success.
    Stop,
}

/// Where rows go. Owned and `Send`, so that a driver may decode on a thread of its own and hand the
/// sink back.
pub trait RowSink: Send {
    /// Takes a row. An error ends the statement and is what the caller gets.
    ///
    /// # Errors
    /// When the row cannot be decoded.
    fn row(&mut self, row: &dyn Row) -> Result<Flow>;

    /// Forgets every row, because the driver starts the statement over. Called only on a sink that was
    /// handed over for a [synchronous attempt](crate::driver::Session::try_now).
    fn reset(&mut self);

    /// Called after [`Flow::Flush`] until it is ready. A driver with its own thread blocks on it.
    ///
    /// # Errors
    /// As [`row`](Self::row).
    fn poll_flush(&mut self, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// The sink itself, for the caller to take its rows out.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

impl dyn RowSink + '_ {
    /// Shows it rows that are at hand, for as long as it wants any, and says how many it took.
    ///
    /// # Errors
    /// Those of [`RowSink::row`].
    pub async fn show<R: Row + Sync>(&mut self, rows: &[R]) -> Result<u64> {
        let mut shown = 0;
        for row in rows {
            let flow = self.row(row)?;
            shown += 1;
            match flow {
                Flow::Continue => {}
                Flow::Flush => std::future::poll_fn(|cx| self.poll_flush(cx)).await?,
                Flow::Stop => break,
            }
        }
        Ok(shown)
    }
}

/// A sink for statements whose rows nobody wants.
#[derive(Debug, Clone, Copy, Default)]
pub struct Discard;

impl RowSink for Discard {
    fn row(&mut self, _: &dyn Row) -> Result<Flow> {
        Ok(Flow::Continue)
    }

    fn reset(&mut self) {}

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// A sink that copies rows, for results whose shape is known only at run time.
///
/// A driver gives it back with what came; see [`Session::fetch`](crate::driver::Session::fetch).
#[derive(Debug, Default)]
pub struct OwnedRows {
    /// The rows so far.
    pub rows: Vec<OwnedRow>,
    names: Option<Arc<[String]>>,
}

impl RowSink for OwnedRows {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.rows.push(OwnedRow::copy(row, &mut self.names)?);
        Ok(Flow::Continue)
    }

    fn reset(&mut self) {
        self.rows.clear();
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// A row with its values and column names, for results whose shape is known only at run time.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnedRow {
    names: Arc<[String]>,
    values: Vec<Value>,
}

impl OwnedRow {
    /// A row of these values; `names`, one for each, is shared by all rows of a result.
    pub fn new(names: impl Into<Arc<[String]>>, values: Vec<Value>) -> Self {
        OwnedRow { names: names.into(), values }
    }

    /// Copies a row; `names` is shared by all rows of a result and filled by the first.
    ///
    /// # Errors
    /// Those of [`Row::get`].
    pub fn copy(row: &dyn Row, names: &mut Option<Arc<[String]>>) -> Result<Self> {
        let names = names.get_or_insert_with(|| {
            (0..row.len()).map(|index| row.name(index).unwrap_or_default().to_owned()).collect()
        });
        let values = (0..row.len())
            .map(|index| {
                row.get(index).map(ValueRef::to_owned).map_err(|e| name_column(e, row, index))
            })
            .collect::<Result<_>>()?;
        Ok(OwnedRow { names: names.clone(), values })
    }

    /// The value of a column.
    ///
    /// # Errors
    /// When there is no column of that name, or its value does not fit `T`.
    pub fn read<T: ColumnValue>(&self, name: &str) -> Result<T> {
        let index = self.names.iter().position(|known| known == name).ok_or_else(|| {
            Error::new(ErrorKind::Decode, "the result has no such column")
                .with_column(name.to_owned())
                .with_hint(format!("it has: {}", self.names.join(", ")))
        })?;
        (self as &dyn Row).read(index)
    }

    /// The names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The values of the columns.
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

impl Row for OwnedRow {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        self.values.get(index).map(Value::as_ref).ok_or_else(|| no_column(index))
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.names.get(index).map(String::as_str)
    }
}

/// The error of a position behind the last column.
#[cold]
pub fn no_column(index: usize) -> Error {
    Error::new(ErrorKind::Decode, format!("the result has no column at position {index}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> OwnedRow {
        let names = ["id", "name"].map(str::to_owned);
        OwnedRow::new(names, vec![Value::I64(1), Value::Text("Ada".into())])
    }

    #[test]
    fn columns_are_read_in_turn() {
        let row = row();
        let mut reader = RowReader::new(&row);
        assert_eq!(reader.read::<i64>().unwrap(), 1);
        assert_eq!(reader.read::<String>().unwrap(), "Ada");
        assert_eq!(reader.read::<i64>().unwrap_err().kind(), ErrorKind::Decode);
    }

    #[test]
    fn a_wrong_type_names_the_column() {
        let row = row();
        let error = (&row as &dyn Row).read::<i64>(1).unwrap_err();
        assert_eq!(error.to_string(), "[decode] expected an integer, found text (column `name`)");
        assert!(row.read::<i64>("nmae").unwrap_err().to_string().contains("it has: id, name"));
    }
}
