//! How SQLite would run a statement.

use std::collections::HashMap;

use eloquent_core::sql::Compiled;
use rusqlite::Connection;

use crate::binds::{Packed, bind};
use crate::engine::Fault;

/// The query plan, one step a line, indented by what it belongs to.
///
/// # Errors
/// What SQLite reports.
pub(crate) fn explain(
    connection: &Connection,
    statement: &Compiled,
    binds: &Packed,
) -> Result<String, Fault> {
    let mut prepared = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql()))?;
    bind(&mut prepared, statement, binds)?;
    let mut rows = prepared.raw_query();
    let mut depths = HashMap::from([(0_i64, 0_usize)]);
    let mut text = String::new();
    while let Some(row) = rows.next()? {
        let (id, parent, detail): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(3)?);
        let depth = depths.get(&parent).copied().unwrap_or(0);
        depths.insert(id, depth + 1);
        if !text.is_empty() {
            text.push('\n');
        }
        text.extend(std::iter::repeat_n("  ", depth));
        text.push_str(&detail);
    }
    Ok(text)
}
