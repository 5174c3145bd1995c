//! The one error type of the workspace.
//!
//! An [`Error`] says what went wrong ([`ErrorKind`], to branch on), under which stable
//! [code](Error::code), and where: connection, driver, model, table, column, constraint. It is built
//! from names only. A bound value, a password or a connection URL never enters it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// The result of everything that can fail in Eloquent.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn StdError + Send + Sync + 'static>;
type Text = Cow<'static, str>;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $code:literal,)+) => {
        /// What went wrong, coarse enough to branch on.
        ///
        /// A kind exists when a caller would act on it; everything else is context of the error.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind { $($(#[$doc])* $kind,)+ }

        impl ErrorKind {
            /// The stable code of the kind, as printed in front of every message.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$kind => $code,)+ }
            }
        }
    };
}

kinds! {
    /// Settings are missing, contradict each other or cannot be read.
    Config = "config",
    /// No linked driver answers to the name.
    DriverNotFound = "driver_not_found",
    /// Two packages registered a driver under one name.
    DriverConflict = "driver_conflict",
    /// No connection of that name is known.
    ConnectionUnknown = "connection_unknown",
    /// The database could not be opened or reached.
    Connect = "connect",
    /// The server takes nobody for the moment: it is starting, stopping or recovering.
    Unavailable = "unavailable",
    /// The session was lost; whether the last statement took effect is unknown.
    ConnectionLost = "connection_lost",
    /// No session of the pool became free within the acquire timeout.
    PoolTimeout = "pool_timeout",
    /// A statement or another step ran into its deadline.
    Timeout = "timeout",
    /// A row that had to exist does not.
    NotFound = "not_found",
    /// More than one row where exactly one was asked for.
    NotUnique = "not_unique",
    /// The row to write has changed or gone since it was read.
    Stale = "stale",
    /// A unique constraint or primary key was violated.
    UniqueViolation = "unique_violation",
    /// A foreign key was violated.
    ForeignKeyViolation = "foreign_key_violation",
    /// A column that may not be null got null.
    NotNullViolation = "not_null_violation",
    /// A check constraint, a length limit or a strict column type was violated.
    CheckViolation = "check_violation",
    /// The transaction conflicts with another one; running it again may succeed.
    SerializationFailure = "serialization_failure",
    /// The transaction was chosen as the victim of a deadlock; running it again may succeed.
    Deadlock = "deadlock",
    /// A lock was not granted in time.
    Busy = "busy",
    /// The database, file or replica accepts no writes.
    ReadOnly = "read_only",
    /// The transaction is void: an earlier step failed or was cancelled.
    TransactionAborted = "transaction_aborted",
    /// COMMIT was sent and its outcome is not known.
    CommitUnknown = "commit_unknown",
    /// A stored value does not fit the Rust type that reads it.
    Decode = "decode",
    /// A value cannot be stored exactly in this column of this database.
    Encode = "encode",
    /// The call itself is wrong: a bad name, range, cursor or combination.
    InvalidInput = "invalid_input",
    /// An update or delete without a filter that is not spelled `…_all`.
    UnboundedWrite = "unbounded_write",
    /// The database lacks what the statement needs.
    Unsupported = "unsupported",
    /// The credentials do not permit the operation.
    Permission = "permission",
    /// The stored file or data is damaged.
    Corrupt = "corrupt",
    /// The disk, the quota or another resource is exhausted.
    Full = "full",
    /// Any other error that the database reported.
    Database = "database",
    /// Somebody else is migrating this database, or the lock was lost.
    MigrationLocked = "migration_locked",
    /// The migrations at hand are not those that the database has.
    MigrationDrift = "migration_drift",
    /// A migration was stopped in the middle, now or earlier.
    MigrationInterrupted = "migration_interrupted",
    /// An error of the application, carried through a transaction.
    Custom = "custom",
}

/// The error of every fallible operation: small (one pointer), cheap to pass, complete to read.
///
/// ```
/// use eloquent_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::UniqueViolation, "a row with this value exists already")
///     .with_table("users")
///     .with_column("email");
/// assert_eq!(error.kind(), ErrorKind::UniqueViolation);
/// assert_eq!(error.code(), "unique_violation");
/// assert_eq!(
///     error.to_string(),
///     "[unique_violation] a row with this value exists already (table `users`, column `email`)",
/// );
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Text,
    connection: Option<Text>,
    driver: Option<Text>,
    model: Option<&'static str>,
    table: Option<Text>,
    column: Option<Text>,
    constraint: Option<Text>,
    hint: Option<Text>,
    source: Option<Source>,
    retryable: bool,
}

macro_rules! context {
    ($($(#[$doc:meta])* $field:ident, $with:ident;)+) => {
        impl Error {
            $(
                $(#[$doc])*
                pub fn $field(&self) -> Option<&str> { self.0.$field.as_deref() }

                /// Adds this part of the context, unless a step closer to the cause already did.
                #[must_use]
                pub fn $with(mut self, name: impl Into<Cow<'static, str>>) -> Self {
                    self.0.$field.get_or_insert_with(|| name.into());
                    self
                }
            )+
        }
    };
}

context! {
    /// The named connection that the error concerns.
    connection, with_connection;
    /// The driver that the error concerns.
    driver, with_driver;
    /// The table or collection that the error concerns.
    table, with_table;
    /// The column that the error concerns.
    column, with_column;
    /// The constraint or index that was violated.
    constraint, with_constraint;
    /// What to do next.
    hint, with_hint;
}

impl Error {
    /// An error of this kind. The message states the fact; context and hint are added with the
    /// `with_…` methods. Never put a bound value or a secret into it.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            connection: None,
            driver: None,
            model: None,
            table: None,
            column: None,
            constraint: None,
            hint: None,
            source: None,
            retryable: false,
        }))
    }

    /// Carries an error of the application, for example out of a transaction.
    pub fn custom(source: impl Into<Box<dyn StdError + Send + Sync + 'static>>) -> Self {
        let source = source.into();
        Error::new(ErrorKind::Custom, source.to_string()).with_source(source)
    }

    /// The call itself is wrong.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Error::new(ErrorKind::InvalidInput, message)
    }

    /// `feature` is not available on `driver`; nothing was sent.
    pub fn unsupported(feature: &str, driver: &'static str) -> Self {
        Error::new(ErrorKind::Unsupported, format!("{feature} is not supported by this database"))
            .with_driver(driver)
    }

    /// The kind, to branch on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable code, for logs and for matching across versions.
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// The fact without its context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The model that the error concerns.
    pub fn model(&self) -> Option<&'static str> {
        self.0.model
    }

    /// Adds the model, unless a step closer to the cause already did.
    #[must_use]
    pub fn with_model(mut self, model: &'static str) -> Self {
        self.0.model.get_or_insert(model);
        self
    }

    /// Adds the underlying error, reachable through [`std::error::Error::source`].
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync + 'static>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The application's own error, if this one carries it.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.source.as_deref().and_then(|source| source.downcast_ref())
    }

    /// Takes the application's own error out, or gives the error back.
    ///
    /// # Errors
    /// The error itself, when it carries no `E`.
    pub fn downcast<E: StdError + 'static>(mut self) -> Result<E, Self> {
        match self.0.source.take().map(|source| source.downcast::<E>()) {
            Some(Ok(own)) => Ok(*own),
            Some(Err(other)) => Err(self.with_source(other)),
            None => Err(self),
        }
    }

    /// Says that running the whole transaction again may succeed, whatever the kind: the database said so.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.0.retryable = true;
        self
    }

    /// Whether running the whole transaction again may succeed.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
            || matches!(
                self.0.kind,
                ErrorKind::SerializationFailure | ErrorKind::Deadlock | ErrorKind::Busy
            )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        write!(f, "[{}] {}", self.code(), Printable(&inner.message))?;
        let context = [
            ("connection", inner.connection.as_deref()),
            ("driver", inner.driver.as_deref()),
            ("model", inner.model),
            ("table", inner.table.as_deref()),
            ("column", inner.column.as_deref()),
            ("constraint", inner.constraint.as_deref()),
        ];
        let mut separator = " (";
        for (label, name) in context {
            if let Some(name) = name {
                write!(f, "{separator}{label} `{}`", Printable(name))?;
                separator = ", ";
            }
        }
        if separator == ", " {
            f.write_str(")")?;
        }
        if let Some(hint) = &inner.hint {
            write!(f, "; {}", Printable(hint))?;
        }
        Ok(())
    }
}

/// The text of [`fmt::Display`]: an error in a panic message or a log stays as safe as printed.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Escapes control characters, so that text from a database cannot steer a terminal or forge log lines.
struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.split_inclusive(is_steering) {
            match part.chars().next_back().filter(|last| is_steering(*last)) {
                Some(last) => {
                    f.write_str(&part[..part.len() - last.len_utf8()])?;
                    write!(f, "{}", last.escape_default())?;
                }
                None => f.write_str(part)?,
            }
        }
        Ok(())
    }
}

/// Control characters and the marks that reverse the direction of text.
fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_may_say_that_it_can_be_run_again() {
        let lost = Error::new(ErrorKind::ConnectionLost, "lost");
        assert!(!lost.is_retryable());
        assert!(lost.retryable().with_table("users").is_retryable());
    }

    #[test]
    fn is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn the_context_closest_to_the_cause_wins() {
        let error = Error::invalid("no").with_table("inner").with_table("outer");
        assert_eq!(error.table(), Some("inner"));
    }

    #[test]
    fn control_characters_are_escaped() {
        let error = Error::invalid("a\u{1b}[31mb\nc\u{202e}d").with_column("x\r");
        let text = error.to_string();
        assert_eq!(text, "[invalid_input] a\\u{1b}[31mb\\nc\\u{202e}d (column `x\\r`)");
        assert!(!format!("{error:?}").contains('\u{1b}'));
    }

    #[test]
    fn an_application_error_comes_back_out() {
        let error = Error::custom(std::io::Error::other("mine"));
        assert_eq!(error.kind(), ErrorKind::Custom);
        assert!(error.downcast_ref::<std::io::Error>().is_some());
        let error = error.downcast::<fmt::Error>().unwrap_err();
        assert_eq!(error.downcast::<std::io::Error>().unwrap().to_string(), "mine");
    }
}
