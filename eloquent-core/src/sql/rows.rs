//! Rows that a driver asks for of its own accord: what the database tells of its tables.

use std::any::Any;
use std::sync::Arc;

use super::{Compiled, SqlSession};
use crate::Result;
use crate::row::{Flow, OwnedRow, Row, RowSink};
use crate::value::ValueRef;

/// Copies rows.
#[derive(Debug, Default)]
struct Copied {
    rows: Vec<OwnedRow>,
    names: Option<Arc<[String]>>,
}

impl RowSink for Copied {
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

/// The rows of a query in the database's own words, with these texts bound. For what a driver asks of its
/// own accord.
///
/// # Errors
/// What the database reports.
pub async fn query_rows<S: SqlSession + ?Sized>(
    session: &mut S,
    sql: &str,
    binds: &[&str],
) -> Result<Vec<OwnedRow>> {
    let statement = Arc::new(Compiled::raw(sql));
    let binds: Vec<_> = binds.iter().map(|text| ValueRef::Text(text)).collect();
    let fetched = session.query_later(&statement, &binds, Box::new(Copied::default())).await?;
    let copied = fetched.sink.into_any().downcast::<Copied>();
    Ok(copied.map(|copied| copied.rows).unwrap_or_default())
}
