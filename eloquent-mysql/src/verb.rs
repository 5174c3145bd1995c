//! What a statement does, by the words that its text begins with. Looked at once and kept with the
//! statement.

use std::sync::atomic::Ordering;

use eloquent_core::sql::Compiled;
use eloquent_core::{Error, ErrorKind, Result};

use crate::error::error;
use crate::upsert;

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Verb {
    /// Reads.
    Read = 1,
    /// Adds rows, and gives none back.
    Insert,
    /// Adds rows, or changes those that exist already.
    Upsert,
    /// Adds rows, or leaves those that exist already.
    UpsertKept,
    /// Changes or removes rows.
    Write,
    /// Changes the schema, and so ends a transaction.
    Schema,
    /// Begins or ends a transaction.
    Control,
    /// Anything else.
    Other,
}

/// Set in the mark of an upsert whose target was found to be unique.
const TARGET_IS_UNIQUE: u32 = 1 << 8;

const ALL: [Verb; 8] = [
    Verb::Read,
    Verb::Insert,
    Verb::Upsert,
    Verb::UpsertKept,
    Verb::Write,
    Verb::Schema,
    Verb::Control,
    Verb::Other,
];

const WORDS: &[(&str, Verb)] = &[
    ("SELECT", Verb::Read),
    ("INSERT", Verb::Insert),
    ("UPDATE", Verb::Write),
    ("DELETE", Verb::Write),
    ("REPLACE", Verb::Write),
    ("WITH", Verb::Other),
    ("SHOW", Verb::Read),
    ("EXPLAIN", Verb::Read),
    ("DESCRIBE", Verb::Read),
    ("VALUES", Verb::Read),
    ("ALTER", Verb::Schema),
    ("CREATE", Verb::Schema),
    ("DROP", Verb::Schema),
    ("RENAME", Verb::Schema),
    ("TRUNCATE", Verb::Schema),
    ("GRANT", Verb::Schema),
    ("REVOKE", Verb::Schema),
    ("ANALYZE", Verb::Schema),
    ("OPTIMIZE", Verb::Schema),
    ("REPAIR", Verb::Schema),
    ("FLUSH", Verb::Schema),
    ("LOCK", Verb::Schema),
    ("UNLOCK", Verb::Schema),
    ("LOAD", Verb::Schema),
    ("BEGIN", Verb::Control),
    ("START", Verb::Control),
    ("COMMIT", Verb::Control),
    ("ROLLBACK", Verb::Control),
    ("SAVEPOINT", Verb::Control),
    ("RELEASE", Verb::Control),
    ("XA", Verb::Control),
];

impl Verb {
    /// What the statement does.
    pub(crate) fn of(statement: &Compiled) -> Verb {
        let mark = statement.mark().load(Ordering::Relaxed);
        if let Some(known) = ALL.iter().find(|verb| **verb as u32 == mark & 0xff) {
            return *known;
        }
        let verb = Verb::looked_at(statement);
        statement.mark().fetch_or(verb as u32, Ordering::Relaxed);
        verb
    }

    fn looked_at(statement: &Compiled) -> Verb {
        let sql = statement.sql();
        match first_word(sql) {
            Verb::Insert if upsert::is_upsert(statement) => {
                if sql.contains(upsert::KEPT) {
                    Verb::UpsertKept
                } else {
                    Verb::Upsert
                }
            }
            // of raw text it is not known which numbers it gives
            Verb::Insert if statement.table().is_none() || upsert::gives_rows(sql) => Verb::Write,
            verb => verb,
        }
    }

    /// Whether nothing is lost when the statement is stopped.
    pub(crate) fn is_read(self) -> bool {
        self == Verb::Read
    }

    /// Refuses what this driver has to know of: raw text that begins or ends a transaction, and what
    /// would end one without a word.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] or [`ErrorKind::Unsupported`].
    pub(crate) fn check(self, sql: &str, in_transaction: bool) -> Result<()> {
        match self {
            Verb::Control => Err(control()),
            Verb::Schema if in_transaction && !is_temporary(sql) => Err(schema_in_transaction()),
            Verb::Other if sets_autocommit(sql) => Err(control()),
            _ => Ok(()),
        }
    }
}

/// Whether the target of an upsert is known to be unique.
pub(crate) fn target_is_unique(statement: &Compiled) -> bool {
    statement.mark().load(Ordering::Relaxed) & TARGET_IS_UNIQUE != 0
}

/// Notes that it is.
pub(crate) fn note_unique_target(statement: &Compiled) {
    statement.mark().fetch_or(TARGET_IS_UNIQUE, Ordering::Relaxed);
}

fn control() -> Error {
    error(ErrorKind::InvalidInput, "raw text cannot begin or end a transaction")
        .with_hint("use `Db::transaction` or `Db::begin`")
}

/// The error of a change to the schema inside a transaction.
pub(crate) fn schema_in_transaction() -> Error {
    Error::unsupported("a schema change inside a transaction", crate::error::DRIVER)
        .with_hint("the server would commit the transaction; change the schema outside of it")
}

/// What the text begins with. What stands behind a comment counts as the word that it is.
fn first_word(sql: &str) -> Verb {
    let word = words(sql).next().unwrap_or_default();
    let known = WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
    known.map_or(Verb::Other, |(_, verb)| *verb)
}

/// `CREATE TEMPORARY TABLE` and `DROP TEMPORARY TABLE` leave a transaction open.
fn is_temporary(sql: &str) -> bool {
    words(sql).nth(1).is_some_and(|word| word.eq_ignore_ascii_case("TEMPORARY"))
}

fn sets_autocommit(sql: &str) -> bool {
    let mut words = words(sql);
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("SET"))
        && words.any(|word| word.eq_ignore_ascii_case("autocommit"))
}

/// The words of the text, without its comments.
fn words(sql: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = sql;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches(|c| !is_word(c) && !matches!(c, '/' | '-' | '#'));
            let behind = if let Some(comment) = rest.strip_prefix("/*") {
                // the server reads what stands in a comment that begins with `!`
                match comment.strip_prefix('!').or(comment.strip_prefix("M!")) {
                    Some(code) => Some(code.trim_start_matches(|c: char| c.is_ascii_digit())),
                    None => Some(comment.split_once("*/").map_or("", |(_, behind)| behind)),
                }
            } else if rest.starts_with('#') || rest.starts_with("--") {
                Some(rest.split_once('\n').map_or("", |(_, behind)| behind))
            } else if rest.starts_with(['/', '-']) {
                Some(&rest[1..])
            } else {
                None
            };
            match behind {
                Some(behind) => rest = behind,
                None => break,
            }
        }
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        rest = behind;
        Some(word).filter(|word| !word.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_decides() {
        let cases = [
            ("SELECT 1", Verb::Read),
            ("  (select\n1)", Verb::Read),
            ("insert into t values (1)", Verb::Write),
            ("DELETE FROM t", Verb::Write),
            ("/* a */ -- b\n # c\nDROP TABLE t", Verb::Schema),
            ("/*!50000 COMMIT */", Verb::Control),
            ("begin", Verb::Control),
            ("SELECTED", Verb::Other),
            ("SET @a = 1", Verb::Other),
            ("", Verb::Other),
            ("é", Verb::Other),
        ];
        for (sql, verb) in cases {
            let statement = Compiled::raw(sql);
            assert_eq!(Verb::of(&statement), verb, "{sql}");
            assert_eq!(Verb::of(&statement), verb, "{sql}, looked up");
        }
    }

    #[test]
    fn transactions_are_not_ended_unawares() {
        let refused = |sql: &str, open| Verb::of(&Compiled::raw(sql)).check(sql, open).is_err();
        for sql in ["COMMIT", "START TRANSACTION", "set @a = 1, autocommit = 0"] {
            assert!(refused(sql, false), "{sql}");
        }
        for sql in ["CREATE TABLE t (a INT)", "TRUNCATE t", "DROP INDEX i ON t"] {
            assert!(refused(sql, true) && !refused(sql, false), "{sql}");
        }
        for sql in ["CREATE TEMPORARY TABLE t (a INT)", "SET @a = 1", "SELECT 1"] {
            assert!(!refused(sql, true), "{sql}");
        }
    }
}
