//! Whether the rows of one insert get numbers that follow each other.

use rusqlite::OptionalExtension as _;

use crate::engine::Engine;

/// A trigger may add rows of its own in between. Temporary ones live in a schema of their own.
const TRIGGERS: &str = "SELECT 1 FROM (SELECT type, tbl_name FROM sqlite_schema \
     UNION ALL SELECT type, tbl_name FROM sqlite_temp_schema) \
     WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE LIMIT 1";

impl Engine {
    /// SQLite numbers a new row one higher than the greatest number there is, unless that one is the
    /// greatest of all: from then on it picks numbers at random. Asked inside the transaction of the
    /// insert, so that nobody else comes in between.
    pub(crate) fn ids_follow(&self, table: &str) -> bool {
        if !self.in_transaction() || self.connection.is_autocommit() {
            return false;
        }
        let quoted = table.replace('"', "\"\"");
        let greatest = format!("SELECT 1 FROM \"{quoted}\" WHERE rowid = {}", i64::MAX);
        // a view and a table without row numbers answer with an error: there it is not certain
        let full = self.exists(&greatest, []);
        let triggers = self.exists(TRIGGERS, [table]);
        matches!((full, triggers), (Ok(false), Ok(false)))
    }

    fn exists(&self, sql: &str, binds: impl rusqlite::Params) -> rusqlite::Result<bool> {
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(binds, |_| Ok(())).optional()?.is_some())
    }
}
