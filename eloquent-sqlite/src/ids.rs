//! Whether the rows of one insert get numbers that follow each other.

use eloquent_core::sql::{Compiled, Cost};
use rusqlite::{OptionalExtension as _, Params, Statement, StatementStatus};

use crate::engine::Engine;

impl Engine {
    /// SQLite numbers a new row one higher than the greatest number there is, unless that one is the
    /// greatest of all: from then on it picks numbers at random. And a trigger may add rows of its own
    /// in between; temporary ones live in a schema of their own. And a table whose constraints say
    /// `ON CONFLICT` may leave rows out, or take others away. Asked inside the transaction of the insert,
    /// so that nobody else comes in between.
    pub(crate) fn ids_follow(&mut self, table: &str) -> bool {
        if !self.in_transaction() || self.connection.is_autocommit() {
            return false;
        }
        // a view and a table without row numbers answer with an error: there it is not certain
        let follow = self.numbers_follow(table).unwrap_or(false);
        if let Some(open) = &mut self.transaction {
            open.one_insert = follow;
        }
        follow
    }

    /// The text of an insert that does not undo the rows before one that fails, where the transaction
    /// does: SQLite then keeps no journal of each statement. A trigger would inherit this, so it is only
    /// for tables whose numbers are known to follow each other.
    pub(crate) fn unjournaled(&self, statement: &Compiled) -> Option<String> {
        self.transaction.as_ref().filter(|open| open.one_insert)?;
        let rest = statement.sql().strip_prefix("INSERT INTO")?;
        (statement.cost() != Cost::Unknown).then(|| format!("INSERT OR FAIL INTO{rest}"))
    }

    fn numbers_follow(&self, table: &str) -> rusqlite::Result<bool> {
        let quoted = table.replace('"', "\"\"");
        let greatest = format!("SELECT 1 FROM \"{quoted}\" WHERE rowid = {}", i64::MAX);
        let mut greatest = self.connection.prepare_cached(&greatest)?;
        let follow = self.is_undisturbed(&mut greatest, table);
        if !matches!(follow, Ok(true)) {
            // only one that was answered with yes may be taken as known the next time
            greatest.discard();
        }
        follow
    }

    fn is_undisturbed(&self, greatest: &mut Statement<'_>, table: &str) -> rusqlite::Result<bool> {
        if exists(greatest, [])? {
            return Ok(false);
        }
        // SQLite prepares a statement anew when the schema has changed, and counts it. As long as it has
        // not, the schema is as it was when this was asked before.
        let is_first = greatest.get_status(StatementStatus::Run) <= 1;
        if !is_first && greatest.reset_status(StatementStatus::RePrepare) == 0 {
            return Ok(true);
        }
        let disturbed = "SELECT 1 FROM sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE \
             AND (type = 'trigger' OR type = 'table' AND sql LIKE '%conflict%') \
             UNION ALL SELECT 1 FROM sqlite_temp_schema \
             WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE LIMIT 1";
        Ok(!exists(&mut *self.connection.prepare_cached(disturbed)?, [table])?)
    }
}

fn exists(statement: &mut Statement<'_>, params: impl Params) -> rusqlite::Result<bool> {
    Ok(statement.query_row(params, |_| Ok(())).optional()?.is_some())
}
