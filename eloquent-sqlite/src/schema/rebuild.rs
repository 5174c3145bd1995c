//! Building a table anew, with its rows, indexes, triggers and the number that it gave last.

use std::collections::BTreeMap;

use eloquent_core::sql::quote_identifier;
use eloquent_core::{Error, ErrorKind};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::inspect::{names, text_of};
use super::layout::{ColumnText, Layout, What};
use crate::dialect::SqliteDialect;
use crate::engine::Fault;
use crate::error::{DRIVER, error, translate};

/// What belongs to a table and goes with it.
const BELONGING: &str = "SELECT sql FROM sqlite_schema WHERE tbl_name = ?1 \
    AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type, rowid";
/// The tables that refer to a table, itself included.
const REFERRING: &str = "SELECT DISTINCT s.name FROM sqlite_schema s, \
    pragma_foreign_key_list(s.name) f WHERE s.type = 'table' AND f.\"table\" = ?1 COLLATE NOCASE";
const VIEWS: &str = "SELECT name FROM sqlite_schema WHERE type = 'view' OR name = ?1";

/// Builds a table anew. It has to be called in a transaction.
pub(super) fn rebuild(connection: &Connection, table: &str, layout: &Layout) -> Result<(), Fault> {
    refuse_losses(connection, table)?;
    let Some((_, _, old)) = text_of(connection, table)? else {
        return Err(error(ErrorKind::InvalidInput, "there is no such table").into());
    };
    let old = Layout::read(&old)?;
    let quoted = quote_identifier(&SqliteDialect, table)?;
    let new = quote_identifier(&SqliteDialect, &unused(connection, table)?)?;
    let belonging = names(connection, BELONGING, table)?;
    let last = last_number(connection, table)?;
    connection.execute_batch(&layout.text(&new))?;
    let columns = copied(&old, layout)?;
    if !columns.is_empty() {
        connection.execute_batch(&format!(
            "INSERT INTO {new} ({columns}) SELECT {columns} FROM {quoted}"
        ))?;
    }
    connection.execute_batch(&format!("DROP TABLE {quoted}"))?;
    rename(connection, &new, &quoted)?;
    if let Some(last) = last {
        keep_number(connection, table, last)?;
    }
    for sql in belonging {
        connection.execute_batch(&sql)?;
    }
    Ok(())
}

/// Takes the name over that views, triggers and references have for the table. The old way of renaming
/// leaves their text alone.
fn rename(connection: &Connection, new: &str, quoted: &str) -> Result<(), Fault> {
    let legacy: bool =
        connection.pragma_query_value(None, "legacy_alter_table", |row| row.get(0))?;
    connection.execute_batch("PRAGMA legacy_alter_table=ON")?;
    let renamed = connection.execute_batch(&format!("ALTER TABLE {new} RENAME TO {quoted}"));
    if !legacy {
        connection.execute_batch("PRAGMA legacy_alter_table=OFF")?;
    }
    Ok(renamed?)
}

/// Where references are held to, dropping a table removes its rows first, and with them, or against them,
/// what refers to them.
fn refuse_losses(connection: &Connection, table: &str) -> Result<(), Fault> {
    let enforced: bool = connection.pragma_query_value(None, "foreign_keys", |row| row.get(0))?;
    let referring = names(connection, REFERRING, table)?;
    if !enforced || referring.is_empty() {
        return Ok(());
    }
    let what = "this change, in a transaction, of a table that others refer to,";
    let hint = format!(
        "the table has to be built anew, and would take the rows of `{}` with it; make the change \
         outside of a transaction",
        referring.join("`, `")
    );
    Err(Error::unsupported(what, DRIVER).with_hint(hint).into())
}

fn unused(connection: &Connection, table: &str) -> Result<String, Fault> {
    let mut name = format!("eloquent_new_{table}");
    while text_of(connection, &name)?.is_some() {
        name.push('_');
    }
    Ok(name)
}

/// The columns whose values are taken along, quoted.
fn copied(old: &Layout, new: &Layout) -> Result<String, Fault> {
    let is_kept = |column: &&ColumnText| column.get(What::Generated).is_none();
    let stays = |column: &&ColumnText| {
        old.columns.iter().filter(is_kept).any(|old| old.name.eq_ignore_ascii_case(&column.name))
    };
    let columns = new.columns.iter().filter(is_kept).filter(stays);
    let quoted = columns.map(|column| quote_identifier(&SqliteDialect, &column.name));
    Ok(quoted.collect::<eloquent_core::Result<Vec<_>>>()?.join(", "))
}

/// The number that `AUTOINCREMENT` gave last.
fn last_number(connection: &Connection, table: &str) -> Result<Option<i64>, Fault> {
    if text_of(connection, "sqlite_sequence")?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
    Ok(connection.query_row(sql, [table], |row| row.get(0)).optional()?)
}

fn keep_number(connection: &Connection, table: &str, last: i64) -> Result<(), Fault> {
    let Some((_, _, sql)) = text_of(connection, table)? else { return Ok(()) };
    let numbers = |column: &ColumnText| {
        column.get(What::Key).is_some_and(|key| key.has_word("AUTOINCREMENT"))
    };
    if !Layout::read(&sql)?.columns.iter().any(numbers) {
        return Ok(());
    }
    connection.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [table])?;
    let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)";
    connection.execute(sql, params![table, last])?;
    Ok(())
}

/// What does not hold in the database: rows that refer to nothing, views and triggers that do not work.
/// What was broken before is not made good by a change, and does not hinder it.
pub(super) struct Broken {
    references: BTreeMap<String, i64>,
    views: Vec<String>,
    names: bool,
}

impl Broken {
    /// Looks at what a change of the table concerns.
    pub(super) fn find(connection: &Connection, table: &str) -> Result<Broken, Fault> {
        let mut references = BTreeMap::new();
        let mut tables = names(connection, REFERRING, table)?;
        tables.push(table.to_owned());
        for table in tables {
            let violations = violations(connection, &table).unwrap_or(i64::MAX);
            references.insert(table, violations);
        }
        let views = names(connection, VIEWS, table)?;
        let is_broken = |view: &String| view_fault(connection, view).is_some();
        let views = views.into_iter().filter(is_broken).collect();
        let names = name_fault(connection, table)?.is_some();
        Ok(Broken { references, views, names })
    }

    /// Refuses what was not broken before.
    pub(super) fn compare(&self, connection: &Connection, table: &str) -> Result<(), Fault> {
        let mut tables = names(connection, REFERRING, table)?;
        tables.push(table.to_owned());
        for table in tables {
            let before = self.references.get(&table).copied().unwrap_or(0);
            if before == i64::MAX {
                continue;
            }
            let now = violations(connection, &table)?;
            if now > before {
                let text = format!("{} rows of `{table}` would refer to nothing", now - before);
                return Err(error(ErrorKind::ForeignKeyViolation, text).into());
            }
        }
        for view in names(connection, VIEWS, table)? {
            if !self.views.contains(&view)
                && let Some(cause) = view_fault(connection, &view)
            {
                return Err(needed(&format!("the view `{view}`"), &cause));
            }
        }
        match name_fault(connection, table)? {
            Some(cause) if !self.names => Err(needed("a trigger or view", &cause)),
            _ => Ok(()),
        }
    }
}

fn needed(what: &str, cause: &rusqlite::Error) -> Fault {
    let told = translate(cause);
    let text = format!("{what} would not work any more: {}", told.message());
    error(ErrorKind::InvalidInput, text)
        .with_hint("drop it before the change, and create it again behind it")
        .into()
}

fn violations(connection: &Connection, table: &str) -> Result<i64, Fault> {
    let sql = "SELECT count(*) FROM pragma_foreign_key_check(?1)";
    Ok(connection.query_row(sql, [table], |row| row.get(0))?)
}

fn view_fault(connection: &Connection, view: &str) -> Option<rusqlite::Error> {
    let quoted = quote_identifier(&SqliteDialect, view).ok()?;
    connection.prepare(&format!("SELECT * FROM {quoted}")).err()
}

/// Lets SQLite look through all triggers and views, as it does when a column gets another name.
fn name_fault(connection: &Connection, table: &str) -> Result<Option<rusqlite::Error>, Fault> {
    let Some((_, _, sql)) = text_of(connection, table)? else { return Ok(None) };
    let Some(column) = Layout::read(&sql)?.columns.into_iter().next() else { return Ok(None) };
    let table = quote_identifier(&SqliteDialect, table)?;
    let column = quote_identifier(&SqliteDialect, &column.name)?;
    let other = quote_identifier(&SqliteDialect, "eloquent probe")?;
    connection.execute_batch("SAVEPOINT eloquent_probe")?;
    let probed =
        connection.execute_batch(&format!("ALTER TABLE {table} RENAME COLUMN {column} TO {other}"));
    connection.execute_batch("ROLLBACK TO eloquent_probe; RELEASE eloquent_probe")?;
    Ok(probed.err())
}
