//! SQLite's result codes and messages as errors of Eloquent.
//!
//! SQLite puts names into its messages and nothing else puts them anywhere, so they are taken apart
//! here. A message that is not known is not passed on: it could hold a piece of the statement.

mod new_column;

use std::path::Path;

use eloquent_core::sql::Compiled;
use eloquent_core::{Error, ErrorKind};
use rusqlite::ffi;

/// The name of the driver.
pub(crate) const DRIVER: &str = "sqlite";

/// What the functions of this driver put in front of their messages.
pub(crate) const OWN_PREFIX: &str = "eloquent: ";

/// The least significant byte of an extended code is the code that it extends.
const PRIMARY: i32 = 0xff;

/// An error of this driver.
pub(crate) fn error(kind: ErrorKind, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(kind, message).with_driver(DRIVER)
}

/// The extended result code, when the error comes from SQLite.
pub(crate) fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => Some(failure.extended_code),
        rusqlite::Error::SqlInputError { error, .. } => Some(error.extended_code),
        _ => None,
    }
}

/// Whether a lock was in the way, so that nothing has happened and trying again may help.
///
/// A stale snapshot is not among them: it stays stale however long one waits.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    extended_code(error).is_some_and(|code| {
        code != ffi::SQLITE_BUSY_SNAPSHOT
            && matches!(code & PRIMARY, ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED)
    })
}

/// Whether the progress handler or an interrupt ended the statement.
pub(crate) fn is_interrupt(error: &rusqlite::Error) -> bool {
    extended_code(error).is_some_and(|code| code & PRIMARY == ffi::SQLITE_INTERRUPT)
}

/// The error of a statement: what SQLite says, and the table where it does not say it.
pub(crate) fn in_statement(error: rusqlite::Error, statement: &Compiled) -> Error {
    let error = translate_about(&error, statement.table().map(|table| table.as_ref()));
    let error = match error.message() == NO_SUCH_CONFLICT {
        true => with_conflict(error, statement.sql()),
        false => error,
    };
    with_table(error, statement)
}

/// Adds the columns that were to decide an upsert, which SQLite does not name.
fn with_conflict(error: Error, sql: &str) -> Error {
    let columns = sql
        .split_once("ON CONFLICT (")
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(columns, _)| columns.replace('"', ""));
    match columns {
        Some(columns) => error.with_constraint(columns),
        None => error,
    }
}

const NO_SUCH_CONFLICT: &str =
    "no unique index is over just these columns, so they cannot tell which rows exist already";

/// Adds the table of a statement.
pub(crate) fn with_table(error: Error, statement: &Compiled) -> Error {
    match statement.table() {
        Some(table) => error.with_table(table.clone()),
        None => error,
    }
}

/// The error of a file that cannot be opened or is no database.
pub(crate) fn at_open(error: rusqlite::Error, path: &Path) -> Error {
    let shown = path.display();
    let primary = extended_code(&error).map(|code| code & PRIMARY);
    match primary {
        Some(ffi::SQLITE_CANTOPEN) => {
            self::error(ErrorKind::Connect, format!("the database file {shown} cannot be opened"))
        }
        Some(ffi::SQLITE_NOTADB) => {
            self::error(ErrorKind::Corrupt, format!("the file {shown} is not a SQLite database"))
        }
        Some(ffi::SQLITE_CORRUPT) => {
            self::error(ErrorKind::Corrupt, format!("the database file {shown} is damaged"))
        }
        Some(ffi::SQLITE_READONLY) => self::error(
            ErrorKind::ReadOnly,
            format!("the database file {shown} or its directory accepts no writes"),
        )
        .with_hint("write-ahead logging needs a writable directory, even to read"),
        Some(ffi::SQLITE_PERM | ffi::SQLITE_AUTH) => self::error(
            ErrorKind::Permission,
            format!("access to the database file {shown} is denied"),
        ),
        _ => translate(&error),
    }
}

/// The error without knowledge of the statement.
pub(crate) fn translate(error: &rusqlite::Error) -> Error {
    translate_about(error, None)
}

/// The error of a statement about this table. Names with a dot in them can be told apart only when the
/// table is known.
fn translate_about(error: &rusqlite::Error, table: Option<&str>) -> Error {
    match error {
        rusqlite::Error::SqliteFailure(failure, message) => {
            of_code(failure.extended_code, message.as_deref().unwrap_or_default(), None, table)
        }
        rusqlite::Error::SqlInputError { error, msg, offset, .. } => {
            of_code(error.extended_code, msg, Some(*offset), table)
        }
        rusqlite::Error::MultipleStatement => {
            self::error(ErrorKind::InvalidInput, "the text holds more than one statement")
        }
        rusqlite::Error::NulError(_) => {
            self::error(ErrorKind::InvalidInput, "the text holds a NUL character")
        }
        _ => self::error(ErrorKind::Database, "the SQLite library refused the call"),
    }
}

fn of_code(code: i32, message: &str, offset: Option<i32>, table: Option<&str>) -> Error {
    if code == ffi::SQLITE_BUSY_SNAPSHOT {
        return error(
            ErrorKind::SerializationFailure,
            "the transaction read before another one wrote, so it cannot write",
        );
    }
    match code & PRIMARY {
        ffi::SQLITE_ERROR => of_text(message, offset),
        ffi::SQLITE_CONSTRAINT => constraint(code, message, table),
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => {
            error(ErrorKind::Busy, "another connection held a lock on the database for too long")
                .with_hint("keep write transactions short, or raise `busy_timeout_ms`")
        }
        ffi::SQLITE_READONLY => error(ErrorKind::ReadOnly, "the database accepts no writes"),
        ffi::SQLITE_CANTOPEN => {
            error(ErrorKind::Connect, "a file of the database cannot be opened")
        }
        ffi::SQLITE_NOTADB => error(ErrorKind::Corrupt, "the file is not a SQLite database"),
        ffi::SQLITE_CORRUPT => error(ErrorKind::Corrupt, "the database file is damaged"),
        ffi::SQLITE_FULL => error(ErrorKind::Full, "the disk or the database is full"),
        ffi::SQLITE_NOMEM => error(ErrorKind::Full, "SQLite has no memory left"),
        ffi::SQLITE_IOERR => {
            error(ErrorKind::Database, format!("the database file failed (code {code})"))
        }
        ffi::SQLITE_TOOBIG => error(
            ErrorKind::Encode,
            "a text, a list of bytes or the statement itself is longer than SQLite allows",
        ),
        ffi::SQLITE_MISMATCH => error(
            ErrorKind::CheckViolation,
            "a value has another type than the integer key that it is stored in",
        ),
        ffi::SQLITE_PERM | ffi::SQLITE_AUTH => {
            error(ErrorKind::Permission, "SQLite does not permit the statement")
        }
        ffi::SQLITE_INTERRUPT => error(ErrorKind::Database, "the statement was interrupted"),
        ffi::SQLITE_ABORT => {
            error(ErrorKind::TransactionAborted, "the transaction ended under the statement")
        }
        ffi::SQLITE_MISUSE => error(ErrorKind::InvalidInput, "there is no statement to run"),
        _ => error(ErrorKind::Database, format!("SQLite reports code {code}")),
    }
}

fn constraint(code: i32, message: &str, table: Option<&str>) -> Error {
    match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => {
            unique(after(message, "UNIQUE constraint failed: "), table)
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => at_column(
            error(ErrorKind::NotNullViolation, "the column may not be null"),
            after(message, "NOT NULL constraint failed: "),
            table,
        ),
        ffi::SQLITE_CONSTRAINT_CHECK => {
            let error = error(ErrorKind::CheckViolation, "a check refuses the row");
            match after(message, "CHECK constraint failed: ") {
                Some(name) => error.with_constraint(name.to_owned()),
                None => error,
            }
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => error(
            ErrorKind::ForeignKeyViolation,
            "a row refers to one that does not exist, or is still referred to",
        ),
        ffi::SQLITE_CONSTRAINT_DATATYPE => datatype(message, table),
        ffi::SQLITE_CONSTRAINT_TRIGGER => {
            error(ErrorKind::CheckViolation, "a trigger refuses the statement")
        }
        _ => error(ErrorKind::Database, format!("a constraint failed (code {code})")),
    }
}

/// `table.a, table.b`, or `index 'name'` for an index over expressions.
fn unique(list: Option<&str>, table: Option<&str>) -> Error {
    let error = error(ErrorKind::UniqueViolation, "a row with this value exists already");
    let Some(list) = list else { return error };
    if let Some(index) = list.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
        return error.with_constraint(index.to_owned());
    }
    let Some((table, columns)) = split_place(list, table) else { return error };
    let columns: Vec<_> = columns.split(&format!(", {table}.")).collect();
    let error = error.with_table(table.to_owned());
    match columns[..] {
        [column] => error.with_column(column.to_owned()),
        _ => error.with_constraint(columns.join(", ")),
    }
}

/// Table and column of `table.column`.
fn split_place<'m>(place: &'m str, table: Option<&str>) -> Option<(&'m str, &'m str)> {
    let known = table.map(str::len).filter(|length| {
        place.get(..*length) == table && place.as_bytes().get(*length) == Some(&b'.')
    });
    match known {
        Some(length) => Some((&place[..length], &place[length + 1..])),
        None => place.split_once('.'),
    }
}

/// `cannot store TEXT value in INTEGER column table.column`.
fn datatype(message: &str, table: Option<&str>) -> Error {
    let parts = after(message, "cannot store ")
        .and_then(|rest| rest.split_once(" value in "))
        .and_then(|(found, rest)| Some((found, rest.split_once(" column ")?)));
    let Some((found, (wanted, column))) = parts else {
        return error(ErrorKind::CheckViolation, "a value has another type than its column");
    };
    let text = format!("a {wanted} column got a {found} value");
    at_column(error(ErrorKind::CheckViolation, text), Some(column), table)
}

/// The general code, of which only the text tells more.
fn of_text(message: &str, offset: Option<i32>) -> Error {
    if let Some(own) = after(message, OWN_PREFIX) {
        return error(ErrorKind::Encode, own.to_owned());
    }
    if let Some(table) = after(message, "no such table: ") {
        return error(ErrorKind::InvalidInput, "there is no such table")
            .with_table(name_of(table))
            .with_hint("has the migration that creates it been run?");
    }
    if let Some(column) = after(message, "no such column: ") {
        return at_column(
            error(ErrorKind::InvalidInput, "there is no such column"),
            Some(name_of(column).as_str()),
            None,
        );
    }
    if let Some((table, column)) =
        after(message, "table ").and_then(|rest| rest.split_once(" has no column named "))
    {
        return error(ErrorKind::InvalidInput, "there is no such column")
            .with_table(table.to_owned())
            .with_column(column.to_owned());
    }
    if let Some(column) = after(message, "ambiguous column name: ") {
        return at_column(
            error(ErrorKind::InvalidInput, "several tables have a column of this name"),
            Some(column),
            None,
        );
    }
    if let Some(name) = message.strip_suffix(" already exists") {
        return exists_already(name);
    }
    if let Some(refused) = new_column::refused(message) {
        return refused;
    }
    match KNOWN.iter().find(|(start, ..)| message.starts_with(start)) {
        Some((_, kind, text)) => error(*kind, *text),
        None => syntax(message, offset),
    }
}

/// Messages without a name in them: how they start, the kind, and what is said instead.
const KNOWN: &[(&str, ErrorKind, &str)] = &[
    ("no such function", ErrorKind::InvalidInput, "there is no such function"),
    ("no such index", ErrorKind::InvalidInput, "there is no such index"),
    ("no such collation", ErrorKind::InvalidInput, "there is no such collation"),
    ("no such savepoint", ErrorKind::TransactionAborted, "the savepoint is gone"),
    ("too many SQL variables", ErrorKind::InvalidInput, "the statement binds too many values"),
    (
        "Expression tree is too large",
        ErrorKind::InvalidInput,
        "the expression is nested too deeply",
    ),
    ("parser stack overflow", ErrorKind::InvalidInput, "the statement is nested too deeply"),
    ("too many terms in compound SELECT", ErrorKind::InvalidInput, "too many selects are combined"),
    ("ON CONFLICT clause does not match", ErrorKind::InvalidInput, NO_SUCH_CONFLICT),
    ("integer overflow", ErrorKind::Encode, "integer overflow"),
    ("malformed JSON", ErrorKind::InvalidInput, "expected JSON, found other text"),
    (
        "cannot start a transaction within a transaction",
        ErrorKind::InvalidInput,
        "a transaction is open already",
    ),
    ("interrupted", ErrorKind::Database, "the statement was interrupted"),
];

fn syntax(message: &str, offset: Option<i32>) -> Error {
    let is_syntax = message.ends_with("syntax error") || message == "incomplete input";
    match (is_syntax, offset) {
        (true, Some(offset)) => {
            error(ErrorKind::InvalidInput, format!("the SQL has a syntax error at byte {offset}"))
        }
        (true, None) => error(ErrorKind::InvalidInput, "the SQL has a syntax error"),
        (false, Some(offset)) => error(
            ErrorKind::InvalidInput,
            format!("SQLite does not understand the statement at byte {offset}"),
        ),
        (false, None) => error(ErrorKind::InvalidInput, "SQLite does not accept the statement"),
    }
}

/// `table name`, `index name`, `view name`.
fn exists_already(what: &str) -> Error {
    match what.split_once(' ') {
        Some(("table" | "view", name)) => {
            error(ErrorKind::InvalidInput, "the table exists already").with_table(name_of(name))
        }
        Some(("index", name)) => error(ErrorKind::InvalidInput, "the index exists already")
            .with_constraint(name_of(name)),
        _ => error(ErrorKind::InvalidInput, "it exists already"),
    }
}

/// A name without the quotes and the advice that SQLite may put around it.
fn name_of(text: &str) -> String {
    let name = text.split(" - should").next().unwrap_or(text);
    name.trim_matches('"').to_owned()
}

/// Adds `table.column`, or a column alone.
fn at_column(error: Error, place: Option<&str>, table: Option<&str>) -> Error {
    match place.map(|place| split_place(place, table).ok_or(place)) {
        Some(Ok((table, column))) => {
            error.with_table(table.to_owned()).with_column(column.to_owned())
        }
        Some(Err(column)) => error.with_column(column.to_owned()),
        None => error,
    }
}

fn after<'m>(message: &'m str, start: &str) -> Option<&'m str> {
    message.strip_prefix(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(setup: &str, sql: &str) -> Error {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        for config in [
            rusqlite::config::DbConfig::SQLITE_DBCONFIG_DQS_DML,
            rusqlite::config::DbConfig::SQLITE_DBCONFIG_DQS_DDL,
        ] {
            connection.set_db_config(config, false).unwrap();
        }
        connection.execute_batch("PRAGMA foreign_keys=ON").unwrap();
        connection.execute_batch(setup).unwrap();
        translate(&connection.execute_batch(sql).unwrap_err())
    }

    fn place(error: &Error) -> (ErrorKind, Option<&str>, Option<&str>, Option<&str>) {
        (error.kind(), error.table(), error.column(), error.constraint())
    }

    #[test]
    fn constraints_name_table_and_column() {
        let setup = "CREATE TABLE t (
            id INTEGER PRIMARY KEY, a TEXT UNIQUE, b INT NOT NULL DEFAULT 0, c INT, d INT,
            CONSTRAINT small CHECK (c < 10), UNIQUE (c, d));
            CREATE TABLE u (a TEXT);
            CREATE UNIQUE INDEX lowered ON u (lower(a));
            INSERT INTO u VALUES ('x');
            CREATE TABLE child (t_id INT REFERENCES t (id));
            CREATE TABLE strict (n INTEGER) STRICT;
            INSERT INTO t (id, a, c, d) VALUES (1, 'x', 1, 1)";
        use ErrorKind::*;
        let cases = [
            ("INSERT INTO t (id) VALUES (1)", (UniqueViolation, Some("t"), Some("id"), None)),
            ("INSERT INTO t (a) VALUES ('x')", (UniqueViolation, Some("t"), Some("a"), None)),
            ("INSERT INTO u VALUES ('X')", (UniqueViolation, None, None, Some("lowered"))),
            (
                "INSERT INTO t (c, d) VALUES (1, 1)",
                (UniqueViolation, Some("t"), None, Some("c, d")),
            ),
            ("INSERT INTO t (b) VALUES (NULL)", (NotNullViolation, Some("t"), Some("b"), None)),
            ("INSERT INTO t (c) VALUES (11)", (CheckViolation, None, None, Some("small"))),
            ("INSERT INTO child VALUES (7)", (ForeignKeyViolation, None, None, None)),
            (
                "INSERT INTO strict VALUES ('canary')",
                (CheckViolation, Some("strict"), Some("n"), None),
            ),
            ("INSERT INTO t (id) VALUES ('canary')", (CheckViolation, None, None, None)),
        ];
        for (sql, expected) in cases {
            let error = failing(setup, sql);
            assert_eq!(place(&error), expected, "{sql}: {error}");
            assert!(!error.to_string().contains("canary"));
        }
    }

    #[test]
    fn a_known_table_tells_where_its_name_ends() {
        let failure = |message: &str| {
            let code = ffi::Error::new(ffi::SQLITE_CONSTRAINT_UNIQUE);
            rusqlite::Error::SqliteFailure(code, Some(message.to_owned()))
        };
        let one = failure("UNIQUE constraint failed: a.b.c.d");
        let error = translate_about(&one, Some("a.b"));
        assert_eq!((error.table(), error.column()), (Some("a.b"), Some("c.d")));
        let error = translate_about(&one, Some("é"));
        assert_eq!((error.table(), error.column()), (Some("a"), Some("b.c.d")));
        let two = failure("UNIQUE constraint failed: a.b.c, a.b.d, e");
        let error = translate_about(&two, Some("a.b"));
        assert_eq!((error.table(), error.constraint()), (Some("a.b"), Some("c, d, e")));
    }

    #[test]
    fn unknown_names_are_named() {
        let setup = "CREATE TABLE t (a INT); CREATE TABLE u (a INT)";
        use ErrorKind::InvalidInput;
        let cases = [
            ("SELECT 1 FROM nowhere", (InvalidInput, Some("nowhere"), None, None)),
            ("SELECT absent FROM t", (InvalidInput, None, Some("absent"), None)),
            ("SELECT t.absent FROM t", (InvalidInput, Some("t"), Some("absent"), None)),
            ("SELECT \"absent\" FROM t", (InvalidInput, None, Some("absent"), None)),
            ("INSERT INTO t (b) VALUES (1)", (InvalidInput, Some("t"), Some("b"), None)),
            ("SELECT a FROM t, u", (InvalidInput, None, Some("a"), None)),
            ("CREATE TABLE t (a INT)", (InvalidInput, Some("t"), None, None)),
        ];
        for (sql, expected) in cases {
            let error = failing(setup, sql);
            assert_eq!(place(&error), expected, "{sql}: {error}");
        }
    }

    #[test]
    fn the_statement_is_never_shown() {
        for sql in [
            "SELECT 'canary' FRM t",
            "SELEC canary",
            "SELECT canary(1)",
            "SELECT (1",
            "SELECT json('canary')",
            "VALUES ('canary'), (1, 2)",
        ] {
            let error = failing("", sql);
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            assert!(!error.to_string().contains("canary"), "{error}");
            assert!(std::error::Error::source(&error).is_none());
        }
    }

    #[test]
    fn a_stale_snapshot_is_not_busy() {
        let failure = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        assert!(is_busy(&failure(ffi::SQLITE_BUSY)));
        assert!(is_busy(&failure(ffi::SQLITE_BUSY_RECOVERY)));
        assert!(is_busy(&failure(ffi::SQLITE_LOCKED)));
        let stale = failure(ffi::SQLITE_BUSY_SNAPSHOT);
        assert!(!is_busy(&stale));
        assert_eq!(translate(&stale).kind(), ErrorKind::SerializationFailure);
        assert_eq!(translate(&failure(ffi::SQLITE_BUSY)).kind(), ErrorKind::Busy);
    }
}
