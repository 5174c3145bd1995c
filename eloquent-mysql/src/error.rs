//! What the server and the client report, as errors of Eloquent.
//!
//! The server's messages hold names and values alike. Names are taken out of the few messages that have
//! them in a known place; no message is passed on.

mod server;

use std::borrow::Cow;

use eloquent_core::sql::Compiled;
use eloquent_core::{Error, ErrorKind};
use sqlx::mysql::MySqlDatabaseError;

/// The name of the driver.
pub(crate) const DRIVER: &str = "mysql";

/// The statement was ended by `KILL QUERY`.
pub(crate) const INTERRUPTED: u16 = 1317;

/// An error of this driver.
pub(crate) fn error(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(kind, message).with_driver(DRIVER)
}

/// The error of a session whose connection is gone.
pub(crate) fn lost() -> Error {
    error(ErrorKind::ConnectionLost, "the session lost its connection to the server")
}

/// What the server reported, when the error is its.
pub(crate) fn reported(cause: &sqlx::Error) -> Option<&MySqlDatabaseError> {
    cause.as_database_error()?.try_downcast_ref()
}

/// The number of what the server reported.
pub(crate) fn number(cause: &sqlx::Error) -> Option<u16> {
    reported(cause).map(MySqlDatabaseError::number)
}

/// Whether the connection is of no further use.
pub(crate) fn is_fatal(cause: &sqlx::Error) -> bool {
    // the server goes down, has ended the session (also over a statement that is too large), or is not
    // part of its cluster any more
    number(cause)
        .is_none_or(|number| matches!(number, 1053 | 1927 | 4031 | 1047 | 1153 | 1156..=1161))
}

/// Whether the server has rolled the whole transaction back, or may have.
pub(crate) fn ends_transaction(cause: &sqlx::Error, rolls_back_on_timeout: bool) -> bool {
    match number(cause) {
        // deadlocks, a full lock table, a row that changed under the snapshot, a failed commit
        Some(1213 | 1614 | 1206 | 1020 | 1180) => true,
        Some(1205) => rolls_back_on_timeout,
        _ => false,
    }
}

/// The error of a statement.
pub(crate) fn in_statement(cause: &sqlx::Error, statement: &Compiled) -> Error {
    let error = translate(cause, Some(statement));
    match statement.table() {
        Some(table) => error.with_table(table.clone()),
        None => error,
    }
}

/// The error without knowledge of the statement.
pub(crate) fn plain(cause: &sqlx::Error) -> Error {
    translate(cause, None)
}

fn translate(cause: &sqlx::Error, statement: Option<&Compiled>) -> Error {
    if let Some(reported) = reported(cause) {
        return server::translate(reported.number(), reported.message(), statement);
    }
    match cause {
        sqlx::Error::Protocol(text) if text.contains("parameters but") => error(
            ErrorKind::InvalidInput,
            "the text asks for another number of values than are bound to it",
        ),
        sqlx::Error::Protocol(_) => {
            error(ErrorKind::ConnectionLost, "the server sent what the client does not understand")
        }
        _ => lost(),
    }
}
