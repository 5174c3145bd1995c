//! Why a column cannot be added to a table.

use eloquent_core::{Error, ErrorKind};

use super::error;

/// What SQLite says of that, in words of our own.
pub(super) fn refused(message: &str) -> Option<Error> {
    let what = message.strip_prefix("Cannot add a ")?;
    let invalid = |text: &'static str| Some(error(ErrorKind::InvalidInput, text));
    match what {
        _ if what.starts_with("NOT NULL column") => {
            let message =
                "the new column may not be null, and the rows that there are have no value for it";
            Some(
                error(ErrorKind::NotNullViolation, message)
                    .with_hint("give it a default, or let it be null"),
            )
        }
        _ if what.starts_with("UNIQUE column") => {
            invalid("a column is added without `UNIQUE`, which an index behind it adds")
        }
        _ if what.starts_with("PRIMARY KEY column") => {
            invalid("a primary key cannot be added to a table that is there")
        }
        _ if what.starts_with("column with non-constant default") => {
            invalid("a column is added with a default that is the same for all rows")
        }
        _ => None,
    }
}
