//! SQLSTATE codes as errors of Eloquent.
//!
//! The server puts names into fields of their own, and values into its messages. So the code decides what
//! is said, names are taken from the fields, and of a message only what can be nothing but a name.

use std::error::Error as StdError;
use std::io;

use eloquent_core::sql::Compiled;
use eloquent_core::{Error, ErrorKind};
use tokio_postgres::error::{DbError, ErrorPosition};

use crate::encode::Unbound;

/// The name of the driver.
pub(crate) const DRIVER: &str = "pg";

/// What the server says of a statement that is cancelled, or has run out of its time.
pub(crate) const CANCELLED: &str = "57014";
/// What it says of each statement of a transaction after one has failed.
pub(crate) const ABORTED: &str = "25P02";
/// What it says of a savepoint outside of a transaction.
pub(crate) const NO_TRANSACTION: &str = "25P01";
/// What it says of a statement that it does not know.
pub(crate) const UNKNOWN_STATEMENT: &str = "26000";
/// What it says, among else, of a prepared statement whose result would look otherwise by now.
pub(crate) const STALE: &str = "0A000";

/// An error of this driver.
pub(crate) fn error(kind: ErrorKind, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(kind, message).with_driver(DRIVER)
}

/// The error of a session whose connection is gone.
pub(crate) fn lost() -> Error {
    error(ErrorKind::ConnectionLost, "the connection to the server was lost")
}

/// The code that the server gave, if it was the server.
pub(crate) fn code(error: &tokio_postgres::Error) -> Option<&str> {
    error.code().map(|code| code.code())
}

/// The error without knowledge of the statement.
pub(crate) fn translate(cause: &tokio_postgres::Error) -> Error {
    match cause.as_db_error() {
        Some(report) => of_report(report),
        None if cause.is_closed() => lost(),
        None => match cause.source().and_then(|source| source.downcast_ref::<io::Error>()) {
            // of a message that cannot be written, nothing has been sent
            Some(io) if io.kind() == io::ErrorKind::InvalidInput => {
                error(ErrorKind::Encode, "the statement is larger than the protocol takes")
            }
            Some(_) => lost(),
            None => error(ErrorKind::Database, "the server's answer was not understood")
                .with_hint("is there something between this program and the server?"),
        },
    }
}

/// The error of a statement: what the server says, and what it does not say of the place.
pub(crate) fn in_statement(cause: &tokio_postgres::Error, statement: &Compiled) -> Error {
    let error = match unbound(cause) {
        Some(unbound) => {
            let error = unbound.why.clone().into_encode_error().with_driver(DRIVER);
            with_column(error, statement, unbound.index)
        }
        None => {
            let error = translate(cause);
            match cause.as_db_error().and_then(parameter) {
                Some(index) => with_column(error, statement, index),
                None => error,
            }
        }
    };
    match statement.table() {
        Some(table) => error.with_table(table.clone()),
        None => error,
    }
}

/// Why a value was not sent, if that is what went wrong. Nothing else was sent, either.
pub(crate) fn unbound(cause: &tokio_postgres::Error) -> Option<&Unbound> {
    cause.source()?.downcast_ref()
}

fn with_column(error: Error, statement: &Compiled, bind: usize) -> Error {
    match statement.column_of(bind) {
        Some(column) => error.with_column(column.clone()),
        None => error,
    }
}

/// The bind, counted from 0, that the server could not read: it says `… parameter $2 …`.
fn parameter(report: &DbError) -> Option<usize> {
    let place = report.where_()?.lines().find(|line| line.contains("parameter $"))?;
    let (_, number) = place.split_once("parameter $")?;
    let digits = number.len() - number.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    number[..digits].parse::<usize>().ok()?.checked_sub(1)
}

/// Codes, or how they begin, the kind, and what is said. The first that fits counts.
const KNOWN: &[(&str, ErrorKind, &str)] = &[
    ("22001", ErrorKind::CheckViolation, "a text is longer than its column allows"),
    ("22003", ErrorKind::Encode, "a number is out of the range of its type"),
    ("22012", ErrorKind::InvalidInput, "division by zero"),
    ("22025", ErrorKind::InvalidInput, "the pattern ends with its escape character"),
    ("2201W", ErrorKind::InvalidInput, "the limit is negative"),
    ("2201X", ErrorKind::InvalidInput, "the offset is negative"),
    ("22", ErrorKind::Encode, "the type cannot hold the value"),
    ("23001", ErrorKind::ForeignKeyViolation, "the row is still referred to"),
    ("23502", ErrorKind::NotNullViolation, "the column may not be null"),
    (
        "23503",
        ErrorKind::ForeignKeyViolation,
        "a row refers to one that does not exist, or is still referred to",
    ),
    ("23505", ErrorKind::UniqueViolation, "a row with this value exists already"),
    ("23514", ErrorKind::CheckViolation, "a check refuses the row"),
    ("23P01", ErrorKind::CheckViolation, "the row overlaps with one that exists already"),
    ("23", ErrorKind::CheckViolation, "a constraint refuses the row"),
    ("25001", ErrorKind::InvalidInput, "the statement cannot run in a transaction"),
    ("25006", ErrorKind::ReadOnly, "the transaction or the server accepts no writes"),
    (ABORTED, ErrorKind::TransactionAborted, "an earlier statement of the transaction has failed"),
    (
        "25P03",
        ErrorKind::ConnectionLost,
        "the transaction was idle for longer than the server allows",
    ),
    ("26000", ErrorKind::Database, "the server no longer knows the prepared statement"),
    ("28P01", ErrorKind::Permission, "the server refuses the user or the password"),
    ("28", ErrorKind::Permission, "the server refuses the user"),
    ("3B001", ErrorKind::TransactionAborted, "the savepoint is gone"),
    ("3D000", ErrorKind::Connect, "there is no database of that name"),
    ("3F000", ErrorKind::InvalidInput, "there is no such schema"),
    ("40001", ErrorKind::SerializationFailure, "the transaction conflicts with another one"),
    ("40003", ErrorKind::CommitUnknown, "whether the statement was completed is not known"),
    ("40P01", ErrorKind::Deadlock, "the transaction was ended to resolve a deadlock"),
    ("42501", ErrorKind::Permission, "the user lacks the rights for the statement"),
    ("42601", ErrorKind::InvalidInput, "the SQL has a syntax error"),
    ("42701", ErrorKind::InvalidInput, "the column is named twice"),
    ("42702", ErrorKind::InvalidInput, "several tables have a column of this name"),
    ("42703", ErrorKind::InvalidInput, "there is no such column"),
    ("42704", ErrorKind::InvalidInput, "there is no such type or index"),
    ("42710", ErrorKind::InvalidInput, "the name is taken"),
    ("42725", ErrorKind::InvalidInput, "several functions or operators fit"),
    ("42804", ErrorKind::InvalidInput, "a value has another type than is wanted there"),
    ("42883", ErrorKind::InvalidInput, "there is no such function or operator for these types"),
    ("42P01", ErrorKind::InvalidInput, "there is no such table"),
    ("42P07", ErrorKind::InvalidInput, "there is a table or index of this name already"),
    (
        "42P10",
        ErrorKind::InvalidInput,
        "no unique index is over just these columns, so they cannot tell which rows exist already",
    ),
    ("42P18", ErrorKind::InvalidInput, "the server cannot tell the type of a bound value"),
    ("42", ErrorKind::InvalidInput, "the server does not accept the statement"),
    ("0A000", ErrorKind::Unsupported, "the server cannot do this"),
    ("21000", ErrorKind::InvalidInput, "more rows than the statement can take"),
    ("53100", ErrorKind::Full, "the disk of the server is full"),
    ("53300", ErrorKind::Full, "the server has as many connections as it takes"),
    ("53", ErrorKind::Full, "the server lacks a resource"),
    ("54", ErrorKind::InvalidInput, "the statement is beyond a limit of the server"),
    ("55P03", ErrorKind::Busy, "another transaction holds the lock"),
    ("55", ErrorKind::InvalidInput, "what the statement is about is not in a state for it"),
    (CANCELLED, ErrorKind::Timeout, "the statement was cancelled, or ran out of its time"),
    ("57P03", ErrorKind::Unavailable, "the server is starting, stopping or recovering"),
    ("57P", ErrorKind::ConnectionLost, "the server has ended the session"),
    ("08", ErrorKind::ConnectionLost, "the connection to the server was lost"),
    ("P0001", ErrorKind::CheckViolation, "a function or trigger refuses the statement"),
    ("XX001", ErrorKind::Corrupt, "the data of a table is damaged"),
    ("XX002", ErrorKind::Corrupt, "an index is damaged"),
];

fn of_report(report: &DbError) -> Error {
    let code = report.code().code();
    let known = KNOWN.iter().find(|(start, ..)| code.starts_with(start));
    let error = match known {
        Some((start, kind, text)) if *start == code => error(*kind, *text),
        Some((_, kind, text)) => error(*kind, format!("{text} (SQLSTATE {code})")),
        None => error(ErrorKind::Database, format!("the server reports SQLSTATE {code}")),
    };
    with_hint(named(error, report), report)
}

/// Adds the names that the server gives.
fn named(error: Error, report: &DbError) -> Error {
    let fields = [
        (report.table(), Error::with_table as fn(Error, String) -> Error),
        (report.column(), Error::with_column),
        (report.constraint(), Error::with_constraint),
    ];
    let mut error = fields
        .into_iter()
        .filter_map(|(name, with)| Some((name?, with)))
        .fold(error, |error, (name, with)| with(error, name.to_owned()));
    let message = report.message();
    match report.code().code() {
        "23505" => {
            if let Some(column) = report.detail().and_then(key_column) {
                error = error.with_column(column);
            }
        }
        "42P01" | "42P07" => {
            if let Some(table) = quoted(message) {
                error = error.with_table(table);
            }
        }
        "42701" | "42702" | "42703" => {
            let (column, table) = missing_column(message);
            if let Some(table) = table {
                error = error.with_table(table);
            }
            if let Some(column) = column {
                error = error.with_column(column);
            }
        }
        _ => {}
    }
    error
}

/// The column in `Key (email)=(…) already exists.`, if it is one. The value behind it is left alone.
fn key_column(detail: &str) -> Option<String> {
    let (_, rest) = detail.split_once('(')?;
    if let Some(rest) = rest.strip_prefix('"') {
        let (name, rest) = until_quote(rest)?;
        return rest.starts_with(")=(").then_some(name);
    }
    let (name, _) = rest.split_once(")=(")?;
    let plain = |c: char| !matches!(c, '(' | ')' | ',' | '"' | '\'' | ' ' | ':');
    (!name.is_empty() && name.chars().all(plain)).then(|| name.to_owned())
}

/// A name up to the quote that closes it, and what follows. One inside the name is doubled.
fn until_quote(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if chars.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            return Some((name, &text[at + 1..]));
        }
    }
    None
}

/// The first name in double quotes.
fn quoted(message: &str) -> Option<String> {
    let mut parts = message.splitn(3, '"');
    let (_, name, rest) = (parts.next()?, parts.next()?, parts.next());
    rest.map(|_| name.to_owned())
}

/// Column and table of `column "a" of relation "t" does not exist` and `column t.a does not exist`.
fn missing_column(message: &str) -> (Option<String>, Option<String>) {
    let mut names = message.split('"').skip(1).step_by(2).map(str::to_owned);
    if let Some(column) = names.next() {
        return (Some(column), names.next());
    }
    match message.split_once(' ').and_then(|(_, rest)| rest.split_once(' ')) {
        Some((place, _)) => match place.rsplit_once('.') {
            Some((table, column)) => (Some(column.to_owned()), Some(table.to_owned())),
            None => (Some(place.to_owned()), None),
        },
        None => (None, None),
    }
}

fn with_hint(error: Error, report: &DbError) -> Error {
    let place = match report.position() {
        Some(ErrorPosition::Original(at)) => {
            Some(format!("look at character {at} of the statement"))
        }
        _ => None,
    };
    match (report.code().code(), place) {
        ("42P01", _) => error.with_hint("has the migration that creates it been run?"),
        ("42P18" | "42725" | "42883" | "42804", Some(place)) => {
            error.with_hint(format!("{place}; a cast says which type is meant: `?::bigint`"))
        }
        ("26000", _) => error.with_hint(
            "a pooler in between gives each transaction another session: set `prepare` to `off`",
        ),
        ("28P01", _) => error.with_hint("check `user` and `password`"),
        ("28000", _) => error.with_hint(
            "check `user`, and what `pg_hba.conf` of the server says of this user, host and `ssl_mode`",
        ),
        ("3D000", _) => error.with_hint("check `name`, or create the database"),
        ("57P03", _) => error.with_hint(
            "it was asked again for as long as `acquire_timeout` allows; if it needs longer, raise that",
        ),
        ("53300", _) => error.with_hint("lower `max_sessions`, or raise `max_connections` there"),
        (code, Some(place)) if code.starts_with("42") => error.with_hint(place),
        _ => error,
    }
}

/// The error of a session that could not be opened.
pub(crate) fn at_open(cause: tokio_postgres::Error) -> Error {
    if cause.as_db_error().is_some() {
        return translate(&cause);
    }
    let text = cause.to_string(); // the library's own words for the step that failed
    let source = cause.source().and_then(|source| source.downcast_ref::<io::Error>());
    match source.map(io::Error::kind) {
        _ if text.contains("TLS") => tls(&cause),
        _ if text.contains("authentication") || text.contains("configuration") => {
            authentication(&cause)
        }
        Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => foreign(),
        _ if text.contains("unexpected message") || text.contains("parsing") => foreign(),
        _ => {
            error(ErrorKind::Connect, "the server ended the connection before the session was open")
                .with_hint("does it speak PostgreSQL's protocol, and is `ssl_mode` right?")
        }
    }
}

fn foreign() -> Error {
    error(ErrorKind::Connect, "what answers there does not speak PostgreSQL's protocol")
        .with_hint("are `host` and `port` those of a PostgreSQL server?")
}

fn authentication(cause: &tokio_postgres::Error) -> Error {
    let missing =
        cause.source().is_some_and(|source| source.to_string().contains("password missing"));
    if missing {
        return error(ErrorKind::Permission, "the server asks for a password, and none is set")
            .with_hint("set `password`");
    }
    error(ErrorKind::Permission, "the server could not prove that it knows the password")
        .with_hint("it may be another server, or ask for a way of logging in that is not supported")
}

fn tls(cause: &tokio_postgres::Error) -> Error {
    let mut reasons = Vec::new();
    let mut source = cause.source();
    while let Some(inner) = source {
        reasons.push(inner.to_string());
        source = inner.source();
    }
    let refused = reasons.iter().any(|reason| reason.contains("does not support TLS"));
    if refused {
        return error(ErrorKind::Connect, "the server does not speak TLS").with_hint(
            "turn it on there; `ssl_mode=disable` sends everything, the password too, as it is",
        );
    }
    let certificate = reasons.iter().any(|reason| reason.contains("certificate"));
    let message = match certificate {
        true => "the certificate of the server is not accepted",
        false => "TLS could not be set up with the server",
    };
    let hint = match certificate {
        true => "name the certificate of its authority in `ssl_root_cert`, and the host as it says",
        false => "does the server speak TLS 1.2 or 1.3?",
    };
    error(ErrorKind::Connect, message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_of_a_key_is_told_without_its_value() {
        assert_eq!(key_column("Key (email)=(a)=(b) already exists.").as_deref(), Some("email"));
        assert_eq!(key_column("Key (\"e-mail\")=(x) already exists.").as_deref(), Some("e-mail"));
        for (detail, name) in [
            (r#"Key ("we""ird")=(x)"#, "we\"ird"),
            (r#"Key ("last, first")=(x)"#, "last, first"),
            (r#"Key ("a)=(b")=(x)"#, "a)=(b"),
        ] {
            assert_eq!(key_column(detail).as_deref(), Some(name));
        }
        for detail in [
            r#"Key ("a", "b")=(1, 2)"#,
            "Key (a, b)=(1, 2) already exists.",
            "Key (lower(a))=(x)",
            "no key",
            "",
        ] {
            assert_eq!(key_column(detail), None, "{detail}");
        }
    }

    #[test]
    fn missing_columns_are_found_in_messages() {
        let place = |message: &str| missing_column(message);
        let named = |name: &str| Some(name.to_owned());
        assert_eq!(place("column \"a\" does not exist"), (named("a"), None));
        assert_eq!(
            place("column \"a\" of relation \"t\" does not exist"),
            (named("a"), named("t"))
        );
        assert_eq!(place("column t.a does not exist"), (named("a"), named("t")));
        assert_eq!(quoted("relation \"t\" does not exist"), named("t"));
        assert_eq!(quoted("relation does not exist"), None);
    }

    #[test]
    fn every_code_is_found_before_its_class() {
        for (place, (start, ..)) in KNOWN.iter().enumerate() {
            let earlier = KNOWN[..place].iter().find(|(earlier, ..)| start.starts_with(earlier));
            assert!(earlier.is_none(), "{start} stands behind {earlier:?}");
        }
    }
}
