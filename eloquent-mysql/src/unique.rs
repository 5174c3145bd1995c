//! The unique indexes of the table that an upsert writes to: whether the columns that it names decide, and
//! which other index was in the way.

use eloquent_core::sql::Compiled;
use eloquent_core::{Error, ErrorKind, Result};
use sqlx::Row as _;
use sqlx::mysql::MySqlRow;

use crate::client::Client;
use crate::error::error;
use crate::upsert;

/// A unique index.
struct Index {
    name: String,
    /// In small letters: the case of names of columns does not matter.
    columns: Vec<String>,
    /// Whether it is over its columns as a whole, and not over their beginnings.
    whole: bool,
}

impl Index {
    /// Whether it is over just these columns, which are in order.
    fn is_over(&self, target: &[String]) -> bool {
        let mut columns = self.columns.clone();
        columns.sort_unstable();
        self.whole && columns == target
    }
}

/// The unique indexes of a table, unless there is no such table.
async fn indexes(client: &mut Client, table: &str) -> Result<Option<Vec<Index>>, sqlx::Error> {
    const INDEXES: &str = "SELECT s.INDEX_NAME, s.COLUMN_NAME, s.SUB_PART IS NULL \
        FROM information_schema.TABLES t LEFT JOIN information_schema.STATISTICS s \
        ON s.TABLE_SCHEMA = t.TABLE_SCHEMA AND s.TABLE_NAME = t.TABLE_NAME AND s.NON_UNIQUE = 0 \
        WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME = ? ORDER BY s.INDEX_NAME";
    let rows = sqlx::query(INDEXES).bind(table).fetch_all(&mut client.connection).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let text = |row: &MySqlRow, at| -> Option<String> { row.try_get_unchecked(at).ok() };
    let mut indexes: Vec<Index> = Vec::new();
    for row in &rows {
        let Some(name) = text(row, 0) else { continue };
        let column = text(row, 1).unwrap_or_default().to_lowercase();
        let whole = row.try_get_unchecked::<i64, _>(2).is_ok_and(|whole| whole != 0);
        match indexes.last_mut().filter(|index| index.name == name) {
            Some(index) => {
                index.columns.push(column);
                index.whole &= whole;
            }
            None => indexes.push(Index { name, columns: vec![column], whole }),
        }
    }
    Ok(Some(indexes))
}

/// The columns that decide, in order.
fn target(statement: &Compiled) -> Vec<String> {
    let columns = upsert::target(statement.sql());
    let mut target: Vec<String> = columns.iter().map(|column| column.to_lowercase()).collect();
    target.sort_unstable();
    target
}

/// Whether just the columns that decide are unique. Where there is no such table the statement will say
/// so.
pub(crate) async fn check_target(
    client: &mut Client,
    statement: &Compiled,
) -> Result<Result<()>, sqlx::Error> {
    let Some(table) = statement.table() else { return Ok(Ok(())) };
    let Some(indexes) = indexes(client, table).await? else { return Ok(Ok(())) };
    let target = target(statement);
    if indexes.iter().any(|index| index.is_over(&target)) {
        return Ok(Ok(()));
    }
    let message =
        "no unique index is over just these columns, so they cannot tell which rows exist already";
    let error = error(ErrorKind::InvalidInput, message).with_table(table.clone());
    Ok(Err(error.with_constraint(upsert::target(statement.sql()).join(", "))))
}

/// The error of an upsert for which another unique index was in the way. The server does not tell which:
/// it is named where only one can have been.
pub(crate) async fn another_index(client: &mut Client, statement: &Compiled) -> Error {
    let message = "a row has this value in another unique index than the one that decides";
    let error = error(ErrorKind::UniqueViolation, message);
    let Some(table) = statement.table() else { return error };
    let Ok(Some(mut others)) = indexes(client, table).await else { return error };
    let target = target(statement);
    let given = |name: &String| {
        let mut columns = (0..).map_while(|bind| statement.column_of(bind));
        columns.any(|column| column.eq_ignore_ascii_case(name))
    };
    // of the others the upsert knows no value
    others.retain(|index| !index.is_over(&target) && index.columns.iter().any(given));
    match &*others {
        [] => error,
        [Index { name, columns, .. }] => {
            let error = error.with_constraint(name.clone());
            match &**columns {
                [column] => error.with_column(column.clone()),
                _ => error,
            }
        }
        several => {
            let names: Vec<_> = several.iter().map(|index| format!("`{}`", index.name)).collect();
            error.with_hint(format!("it is one of the indexes {}", names.join(", ")))
        }
    }
}
