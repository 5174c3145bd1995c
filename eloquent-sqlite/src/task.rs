//! What a session sends to its worker.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use eloquent_core::driver::Fetched;
use eloquent_core::row::RowSink;
use eloquent_core::schema::{SchemaChange, TableInfo, TableSummary};
use eloquent_core::sql::Compiled;
use eloquent_core::{ErrorKind, Result};

use crate::binds::Packed;
use crate::busy::Patience;
use crate::checkpoint::Claim;
use crate::engine::{Engine, Fault, Place};
use crate::error::{error, translate};
use crate::explain::explain;
use crate::schema::inspect;
use crate::transaction::Control;
use crate::{busy, checkpoint};

/// How long readers are waited for so that the log can start over. Writers wait meanwhile.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(250);

/// A piece of work for the worker.
pub(crate) enum Task {
    /// A statement and the sink for its rows.
    Query { statement: Arc<Compiled>, binds: Packed, sink: Box<dyn RowSink> },
    /// How SQLite would run a statement.
    Explain { statement: Arc<Compiled>, binds: Packed },
    /// Statements without binds or rows.
    Batch(String),
    /// A change to the schema.
    Alter(SchemaChange),
    /// What tables there are.
    Tables,
    /// What a table looks like.
    Table(String),
    /// A step of a transaction.
    Control(Control),
    /// Whatever makes the connection as new.
    Reset,
    /// Copying the write-ahead log.
    Checkpoint(Claim),
}

/// What comes of a task.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Nothing to tell.
    Done,
    /// What a statement did, and its sink.
    Fetched(Fetched),
    /// Text.
    Text(String),
    /// The tables that there are.
    Tables(Vec<TableSummary>),
    /// What a table looks like.
    Table(Option<Box<TableInfo>>),
}

/// What comes back from the worker. The engine is missing when it is lost.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) engine: Option<Box<Engine>>,
    pub(crate) result: Result<Outcome>,
}

impl Done {
    /// Does a task on the current thread.
    pub(crate) fn doing(mut engine: Box<Engine>, task: Task) -> Done {
        match catch_unwind(AssertUnwindSafe(|| engine.perform(task))) {
            Ok(result) => Done { engine: Some(engine), result },
            // What state the connection is in is unknown, so it is closed: that rolls back.
            Err(_) => {
                engine.close();
                let lost = error(ErrorKind::ConnectionLost, "the session panicked");
                Done { engine: None, result: Err(lost) }
            }
        }
    }

    /// Closes the connection that nobody takes back.
    pub(crate) fn close(self) {
        if let Some(engine) = self.engine {
            engine.close();
        }
    }
}

impl Engine {
    fn perform(&mut self, task: Task) -> Result<Outcome> {
        let timeout = match &task {
            Task::Checkpoint(_) => CHECKPOINT_PATIENCE,
            _ => self.shared.settings.busy_timeout,
        };
        let _patient = Patience::new(&self.shared.gate, &self.watch, timeout).here();
        match task {
            Task::Query { statement, binds, mut sink } => self
                .run(&statement, &binds, sink.as_mut(), Place::Worker)
                .map(|affected| Outcome::Fetched(Fetched { affected, sink }))
                .map_err(|fault| fault.into_error(&statement)),
            Task::Explain { statement, binds } => explain(&self.connection, &statement, &binds)
                .map(Outcome::Text)
                .map_err(|fault| fault.into_error(&statement)),
            Task::Batch(sql) => {
                self.batch(&sql).map_err(Fault::into_plain_error).map(|()| Outcome::Done)
            }
            Task::Alter(change) => self.alter(&change).map(|()| Outcome::Done),
            Task::Tables => {
                self.check_transaction().map_err(Fault::into_plain_error)?;
                inspect::tables(&self.connection)
                    .map(Outcome::Tables)
                    .map_err(Fault::into_plain_error)
            }
            Task::Table(name) => {
                self.check_transaction().map_err(Fault::into_plain_error)?;
                inspect::table(&self.connection, &name)
                    .map(|table| Outcome::Table(table.map(Box::new)))
                    .map_err(Fault::into_plain_error)
            }
            Task::Control(control) => {
                self.control(control).map_err(Fault::into_plain_error).map(|()| Outcome::Done)
            }
            Task::Reset => self.reset().map(|()| Outcome::Done),
            Task::Checkpoint(claim) => {
                claim.run(&self.connection);
                Ok(Outcome::Done)
            }
        }
    }

    fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        self.check_transaction()?;
        self.check_may_write()?;
        let result = self.connection.execute_batch(sql);
        self.pages = self.pages.max(checkpoint::take_pages());
        if let Some(transaction) = &mut self.transaction {
            transaction.note_write(0, true);
        }
        Ok(result?)
    }

    /// Whether there is nothing for a reset to do.
    pub(crate) fn is_clean(&self) -> bool {
        !self.unclean && self.transaction.is_none() && self.connection.is_autocommit()
    }

    fn reset(&mut self) -> Result<()> {
        self.control(Control::Rollback(0)).map_err(Fault::into_plain_error)?;
        self.connection
            .execute_batch(
                "PRAGMA foreign_keys=ON; PRAGMA query_only=OFF; PRAGMA wal_autocheckpoint=0",
            )
            .and_then(|()| busy::install(&self.connection))
            .map_err(|cause| translate(&cause))?;
        checkpoint::install(&self.connection);
        self.unclean = false;
        Ok(())
    }
}
