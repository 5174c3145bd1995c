//! One conversation with a database.

use std::fmt::Debug;

use super::{Concerns, Object, Question};
use crate::row::{Discard, OwnedRow, RowSink};
use crate::schema::{SchemaChange, TableInfo, TableSummary};
use crate::statement::{ScriptPart, Statement};
use crate::{Error, ErrorKind, Result, async_trait};

/// What a statement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Affected {
    /// The rows that were written; for a read, the rows that were given.
    pub rows: u64,
    /// The number that the database gave the last row of an insert, where it says so unasked.
    pub last_id: Option<i64>,
}

/// The outcome of a synchronous attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now {
    /// The statement is done.
    Done(Affected),
    /// Nothing happened, the sink is empty: the asynchronous way is to be taken.
    Later,
}

/// The outcome of a statement with rows.
pub struct Fetched {
    /// What it did.
    pub affected: Affected,
    /// The sink that was handed in, with the rows.
    pub sink: Box<dyn RowSink>,
}

impl Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetched").field("affected", &self.affected).finish_non_exhaustive()
    }
}

/// How strictly transactions are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isolation {
    /// Sees what others have committed, as of each statement.
    ReadCommitted,
    /// Sees what others have committed, as of its start.
    RepeatableRead,
    /// As if transactions ran one after the other.
    Serializable,
}

/// How a transaction is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TransactionOptions {
    /// How strictly it is kept apart; `None` is the database's default.
    pub isolation: Option<Isolation>,
    /// Whether it only reads.
    pub read_only: bool,
}

/// One conversation with a database. See the [contract](super).
///
/// The defaults are those of a database without transactions that answers at once: begin, commit and
/// rollback are refused, and there is nothing to settle or reset. With transactions, all five are to be
/// written.
#[async_trait]
pub trait Session: Debug + Send + 'static {
    /// Attempts the statement on the calling task without waiting for anything. An embedded database
    /// answers cheap statements here; all others leave it at "later".
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch). After an error the statement is over, as after an error there.
    fn try_now(&mut self, _statement: &Statement, _sink: &mut dyn RowSink) -> Result<Now> {
        Ok(Now::Later)
    }

    /// Says what is asked of the members of a cluster from now on, until it is said again. No I/O. Inside a
    /// transaction, what was said before its beginning holds.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where there are no such members, for all but the default.
    fn set_concerns(&mut self, concerns: &Concerns) -> Result<()> {
        match *concerns == Concerns::new() {
            true => Ok(()),
            false => Err(unsupported("a read preference, read concern or write concern").with_hint(
                "leave it out for this database; to read from replicas, name them in the settings",
            )),
        }
    }

    /// Runs a statement and shows its rows to the sink.
    ///
    /// # Errors
    /// What the database or the sink reports.
    async fn fetch(&mut self, statement: &Statement, sink: Box<dyn RowSink>) -> Result<Fetched>;

    /// Runs a statement whose rows nobody wants.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    async fn execute(&mut self, statement: &Statement) -> Result<Affected> {
        Ok(self.fetch(statement, Box::new(Discard)).await?.affected)
    }

    /// Changes the schema.
    ///
    /// # Errors
    /// What the database reports, or that it cannot.
    async fn alter(&mut self, change: &SchemaChange) -> Result<()>;

    /// The tables and views that there are, by name.
    ///
    /// # Errors
    /// What the database reports, or that it cannot.
    async fn inspect_tables(&mut self) -> Result<Vec<TableSummary>> {
        Err(no_inspection())
    }

    /// What a table or view looks like; `None` when there is none of that name.
    ///
    /// # Errors
    /// What the database reports, or that it cannot.
    async fn inspect_table(&mut self, _name: &str) -> Result<Option<TableInfo>> {
        Err(no_inspection())
    }

    /// Begins a transaction (depth 0) or sets the savepoint of that depth.
    ///
    /// # Errors
    /// What the database reports, or that it cannot.
    async fn begin(&mut self, _depth: u32, _options: TransactionOptions) -> Result<()> {
        Err(no_transactions())
    }

    /// Commits the transaction (depth 0) or keeps what was done since the savepoint.
    ///
    /// # Errors
    /// What the database reports; [`ErrorKind::CommitUnknown`] when the reply was
    /// lost.
    async fn commit(&mut self, _depth: u32) -> Result<()> {
        Err(no_transactions())
    }

    /// Rolls the transaction back (depth 0), or what was done since the savepoint. A transaction that
    /// the database has ended by itself counts as rolled back.
    ///
    /// # Errors
    /// What the database reports.
    async fn rollback(&mut self, _depth: u32) -> Result<()> {
        Err(no_transactions())
    }

    /// Whether the numbers that the database will give the rows of one insert into this table follow
    /// each other, so that [`Affected::last_id`] tells all of them. Asked inside the transaction or savepoint
    /// of the insert, which holds nothing else and is rolled back when one of the statements that follow
    /// fails. Where it is not certain, the answer is no.
    ///
    /// # Errors
    /// What the database reports.
    async fn ids_follow(&mut self, _table: &str) -> Result<bool> {
        Ok(false)
    }

    /// After a future was dropped inside a transaction: waits until nothing is in flight any more.
    /// Left out by sessions that have nothing in flight once their future is gone.
    ///
    /// # Errors
    /// When the session cannot be used further.
    async fn settle(&mut self) -> Result<()> {
        Ok(())
    }

    /// Makes the session as new: nothing in flight, no transaction open, settings at their defaults.
    /// Left out by sessions that are always so: without transactions, and with nothing in flight once
    /// their future is gone.
    ///
    /// # Errors
    /// When the session cannot be used further.
    async fn reset(&mut self) -> Result<()> {
        Ok(())
    }

    /// Asks for a sign of life.
    ///
    /// # Errors
    /// When there is none.
    async fn ping(&mut self) -> Result<()> {
        Ok(())
    }

    /// Whether the session is known to be unusable. No I/O.
    fn is_broken(&self) -> bool {
        false
    }

    /// Takes a script apart into the statements that [`run_text`](Self::run_text) takes. No I/O.
    ///
    /// # Errors
    /// A script that ends inside of something, and that the database has no scripts.
    fn split(&self, _script: &str) -> Result<Vec<ScriptPart>> {
        Err(unsupported("a script"))
    }

    /// The text that would be sent for a change to the schema.
    ///
    /// # Errors
    /// For what the database lacks.
    fn render_change(&self, _change: &SchemaChange) -> Result<Vec<String>> {
        Err(unsupported("showing a change to the schema"))
    }

    /// Runs one statement of a script as it stands: nothing is bound, nothing prepared, no rows.
    ///
    /// # Errors
    /// What the database reports, or that it has no scripts.
    async fn run_text(&mut self, _text: &str) -> Result<()> {
        Err(unsupported("a script"))
    }

    /// Answers a question of migrations.
    ///
    /// # Errors
    /// What the database reports; [`ErrorKind::Unsupported`] when it has no answer.
    async fn ask(&mut self, _question: Question<'_>) -> Result<Vec<OwnedRow>> {
        Err(unsupported("this question"))
    }

    /// Readies a session for migrations, which may take long and must not be queued for long behind
    /// others. Inside a transaction it lasts until that ends. The session is closed afterwards.
    ///
    /// # Errors
    /// What the database reports.
    async fn ready_to_migrate(&mut self, _in_transaction: bool) -> Result<()> {
        Ok(())
    }

    /// The statements, for [`run_text`](Self::run_text) on one session, that drop all of these.
    ///
    /// # Errors
    /// A name that cannot be one, and that the database cannot.
    fn drop_all(&self, _objects: &[Object]) -> Result<Vec<String>> {
        Err(unsupported("dropping all tables"))
    }

    /// The text that would be sent: SQL or JSON, without bound values.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch) for a statement that is refused before it is sent.
    fn render(&self, statement: &Statement) -> Result<String>;

    /// How the database would run the statement, in its own words.
    ///
    /// # Errors
    /// What the database reports, or that it cannot.
    async fn explain(&mut self, _statement: &Statement) -> Result<String> {
        Err(Error::new(ErrorKind::Unsupported, "this database does not explain its plans"))
    }
}

fn no_inspection() -> Error {
    Error::new(ErrorKind::Unsupported, "this database does not tell of its tables")
        .with_hint("its driver would have to implement `inspect_tables` and `inspect_table`")
}

fn no_transactions() -> Error {
    unsupported("a transaction")
}

fn unsupported(feature: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{feature} is not supported by this database"))
}
