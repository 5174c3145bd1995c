//! Rows that a driver asks for of its own accord: what the database tells of its tables.

use std::sync::Arc;

use super::{Compiled, SqlSession};
use crate::Result;
use crate::row::{OwnedRow, OwnedRows};
use crate::value::ValueRef;

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
    let fetched = session.query_later(&statement, &binds, Box::new(OwnedRows::default())).await?;
    let copied = fetched.sink.into_any().downcast::<OwnedRows>();
    Ok(copied.map(|copied| copied.rows).unwrap_or_default())
}
