//! Whether the rows of one insert get numbers that follow each other.

use rusqlite::OptionalExtension as _;

use crate::engine::Engine;

impl Engine {
    /// SQLite numbers a new row one higher than the greatest number there is, unless that one is the
    /// greatest of all: from then on it picks numbers at random. And a trigger may add rows of its own
    /// in between; temporary ones live in a schema of their own. And a table whose constraints say
    /// `ON CONFLICT` may leave rows out, or take others away. Asked inside the transaction of the insert,
    /// so that nobody else comes in between.
    pub(crate) fn ids_follow(&self, table: &str) -> bool {
        if !self.in_transaction() || self.connection.is_autocommit() {
            return false;
        }
        let quoted = table.replace('"', "\"\"");
        let disturbed = format!(
            "SELECT 1 FROM \"{quoted}\" WHERE rowid = {} \
             UNION ALL SELECT 1 FROM sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE \
             AND (type = 'trigger' OR type = 'table' AND sql LIKE '%conflict%') \
             UNION ALL SELECT 1 FROM sqlite_temp_schema \
             WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE LIMIT 1",
            i64::MAX
        );
        // a view and a table without row numbers answer with an error: there it is not certain
        matches!(self.exists(&disturbed, table), Ok(false))
    }

    fn exists(&self, sql: &str, table: &str) -> rusqlite::Result<bool> {
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row([table], |_| Ok(())).optional()?.is_some())
    }
}
