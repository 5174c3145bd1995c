//! A connection of SQLite's at work, on whichever thread it is. It is boxed and moves as a whole: home
//! to the session, away to the worker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eloquent_core::driver::Affected;
use eloquent_core::row::RowSink;
use eloquent_core::sql::{Compiled, Cost};
use eloquent_core::{Error, ErrorKind, Result};
use rusqlite::{CachedStatement, Connection, Statement};

use crate::binds::{Binds, bind};
use crate::connection::{Presence, Shared};
use crate::error::{error, extended_code, in_statement, is_busy, is_interrupt, with_table};
use crate::open::{Facts, open};
use crate::show::{Shown, show};
use crate::transaction::Transaction;
use crate::verb::{self, Verb};
use crate::watch::Watch;
use crate::{busy, checkpoint, inline};

/// A write on the calling task that took longer, twice in a row, is sent to the worker for a while.
const SLOW: Duration = Duration::from_millis(1);

/// Where a statement runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the calling task: nothing may take long, and what has not happened may be done over.
    Here,
    /// On the worker: nothing is done over.
    Worker,
}

/// Why a statement did not come to its end.
#[derive(Debug)]
pub(crate) enum Fault {
    /// SQLite ended it; whether it only reads.
    Sqlite(rusqlite::Error, bool),
    /// An error of ours or of the sink.
    Own(Error),
    /// The sink wants to be flushed, which cannot be waited for here.
    Flush,
    /// It is not of a kind that may run here. Nothing has been done.
    NotHere,
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Fault::Sqlite(error, false)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Own(error)
    }
}

impl Fault {
    /// Whether nothing has happened because of a lock, so that waiting for it may help.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self, Fault::Sqlite(error, _) if is_busy(error))
    }

    /// Whether a read was ended by its budget.
    pub(crate) fn is_over_budget(&self) -> bool {
        matches!(self, Fault::Sqlite(error, true) if is_interrupt(error))
    }

    /// The error for the caller.
    pub(crate) fn into_error(self, statement: &Compiled) -> Error {
        match self {
            Fault::Sqlite(error, _) => in_statement(error, statement),
            other => other.into_plain_error(),
        }
    }

    /// The error for the caller, when there is no compiled statement.
    pub(crate) fn into_plain_error(self) -> Error {
        match self {
            Fault::Sqlite(error, _) => crate::error::translate(&error),
            Fault::Own(error) => error,
            Fault::Flush | Fault::NotHere => {
                error(ErrorKind::Database, "the statement cannot run on the calling task")
            }
        }
    }
}

/// A connection of SQLite's with what belongs to it.
pub(crate) struct Engine {
    pub(crate) connection: Connection,
    pub(crate) watch: Arc<Watch>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) facts: Facts,
    /// The transaction that is open as far as we know.
    pub(crate) transaction: Option<Transaction>,
    /// The length of the log after the last commit, until somebody asks.
    pub(crate) pages: i32,
    /// Whether a statement may have changed settings.
    pub(crate) unclean: bool,
    presence: Presence,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("facts", &self.facts)
            .field("transaction", &self.transaction)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens a connection. To be called on a worker.
    ///
    /// # Errors
    /// Those of [`open`].
    pub(crate) fn open(shared: &Arc<Shared>, watch: &Arc<Watch>) -> Result<Box<Engine>> {
        let patience = busy::Patience::new(&shared.gate, watch, shared.settings.busy_timeout);
        let _patient = patience.here();
        let presence = shared.presence()?;
        let (connection, facts) = open(&shared.settings, &shared.memory_name)?;
        watch
            .install(&connection, shared.settings.inline_budget)
            .map_err(|cause| crate::error::translate(&cause))?;
        Ok(Box::new(Engine {
            connection,
            watch: watch.clone(),
            shared: shared.clone(),
            facts,
            transaction: None,
            pages: 0,
            unclean: false,
            presence,
        }))
    }

    /// Closes the connection. That may copy the whole log, so it is not for the calling task.
    pub(crate) fn close(self: Box<Self>) {
        let Engine { connection, presence, .. } = *self;
        // A cancel that came too late for its statement stays with the connection until the next one
        // begins. It would end the copying.
        let _ = connection.query_row("SELECT 1", [], |_| Ok(()));
        presence.close(connection);
    }

    /// What is known of the connection.
    pub(crate) fn facts(&self) -> Facts {
        self.facts
    }

    /// Whether a transaction is open, as far as we know.
    pub(crate) fn in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    /// Runs a statement and shows its rows to the sink.
    ///
    /// # Errors
    /// Why it did not come to its end. On the calling task nothing has happened when the fault is busy,
    /// over budget, [`Fault::Flush`] or [`Fault::NotHere`].
    pub(crate) fn run(
        &mut self,
        statement: &Compiled,
        binds: &(impl Binds + ?Sized),
        sink: &mut dyn RowSink,
        place: Place,
    ) -> Result<Affected, Fault> {
        self.check_transaction()?;
        let verb = match statement.cost() {
            Cost::Read => Verb::Query,
            _ => Verb::of(statement.sql()),
        };
        let raw = statement.cost() == Cost::Unknown;
        if raw && statement.sql().contains('\0') {
            return Err(error(ErrorKind::InvalidInput, "the text holds a NUL character").into());
        }
        let unjournaled = self.unjournaled(statement);
        let mut prepared = self.prepare(unjournaled.as_deref().unwrap_or(statement.sql()))?;
        let reads = prepared.readonly();
        if place == Place::Here && !inline::may_run_here(statement, verb, reads) {
            return Err(Fault::NotHere);
        }
        if !reads {
            self.check_may_write()?;
        }
        bind(&mut prepared, statement, binds)?;
        let before = if raw && !reads { self.connection.total_changes() } else { 0 };
        let started = (place == Place::Here && (raw || !reads)).then(Instant::now);
        let shown = self.step(&mut prepared, reads, sink, place);
        if verb == Verb::Other {
            // DDL and pragmas run once and would crowd out what runs often.
            prepared.discard();
            self.unclean = true;
        } else {
            drop(prepared);
        }
        if let Some(started) = started {
            inline::note(statement, started.elapsed() > SLOW);
        }
        let affected = match reads {
            true => shown.map(|shown| Affected { rows: shown.rows, last_id: None }),
            false => self.after_write(shown, (statement, verb), before, place),
        };
        self.after_statement(verb)?;
        affected.map_err(|fault| match fault {
            Fault::Own(error) => Fault::Own(with_table(error, statement)),
            other => other,
        })
    }

    /// Prepares a statement. One that does not fit the schema as we know it is tried again: while a lock
    /// keeps SQLite from looking whether the schema has changed, it takes the one it knows.
    fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, Fault> {
        match self.connection.prepare_cached(sql) {
            Err(misfit) if extended_code(&misfit) == Some(rusqlite::ffi::SQLITE_ERROR) => {
                self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
                Ok(self.connection.prepare_cached(sql)?)
            }
            result => Ok(result?),
        }
    }

    fn step(
        &self,
        prepared: &mut Statement<'_>,
        reads: bool,
        sink: &mut dyn RowSink,
        place: Place,
    ) -> Result<Shown, Fault> {
        match (reads, place) {
            (true, Place::Here) => self.watch.budget_read(),
            (true, Place::Worker) => {
                if !self.watch.start_read() {
                    self.watch.stop();
                    return Err(error(ErrorKind::Database, "the statement was cancelled").into());
                }
            }
            // Never armed: an interrupted write may have been committed.
            (false, _) => {}
        }
        let shown = show(prepared.raw_query(), reads, sink, place, &self.watch);
        self.watch.stop();
        shown
    }

    /// Counts what was written, and keeps in mind what the end of the transaction has to do.
    fn after_write(
        &mut self,
        shown: Result<Shown, Fault>,
        (statement, verb): (&Compiled, Verb),
        before: u64,
        place: Place,
    ) -> Result<Affected, Fault> {
        let pages = checkpoint::take_pages();
        if pages > 0 {
            self.pages = pages;
        }
        let raw = statement.cost() == Cost::Unknown;
        let written = !raw || self.connection.total_changes() != before;
        let rows = if written && shown.is_ok() { self.connection.changes() } else { 0 };
        if let Some(transaction) = &mut self.transaction {
            transaction.note_write(rows, place == Place::Worker);
        }
        let shown = shown?;
        if let Some(refused) = shown.refused {
            return Err(refused.into());
        }
        let numbered = rows > 0 && verb == Verb::Insert && verb::only_adds(statement.sql(), raw);
        Ok(Affected { rows, last_id: numbered.then(|| self.connection.last_insert_rowid()) })
    }

    /// Makes sure that a statement neither began nor ended a transaction on its own account.
    fn after_statement(&mut self, verb: Verb) -> Result<(), Fault> {
        let open = !self.connection.is_autocommit();
        if !open {
            self.shared.gate.released();
        }
        if verb != Verb::Other || open == self.transaction.is_some() {
            return Ok(());
        }
        let refusal = if open {
            self.connection.execute_batch("ROLLBACK")?;
            self.shared.gate.released();
            error(ErrorKind::InvalidInput, "raw text must not begin a transaction")
        } else {
            error(ErrorKind::TransactionAborted, "raw text ended the transaction")
        };
        Err(refusal.into())
    }

    /// Refuses to write in a transaction that only reads.
    pub(crate) fn check_may_write(&self) -> Result<(), Fault> {
        match &self.transaction {
            Some(open) if open.read_only => {
                Err(error(ErrorKind::ReadOnly, "the transaction only reads").into())
            }
            _ => Ok(()),
        }
    }

    /// Refuses to go on in a transaction that SQLite has rolled back: each further statement would be
    /// committed by itself.
    pub(crate) fn check_transaction(&self) -> Result<(), Fault> {
        match &self.transaction {
            Some(_) if self.connection.is_autocommit() => Err(error(
                ErrorKind::TransactionAborted,
                "an earlier error rolled the transaction back",
            )
            .into()),
            _ => Ok(()),
        }
    }
}
