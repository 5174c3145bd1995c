//! What does the work of a session: one command after the other, in its transaction or outside of any.

mod counter;
mod inspect;
mod read;
mod schema;
mod text;
mod transaction;
mod watch;
mod write;

use std::sync::Arc;

use eloquent_core::driver::{Affected, Concerns, Fetched, TransactionOptions};
use eloquent_core::row::{Discard, Flow, RowSink};
use eloquent_core::schema::SchemaChange;
use eloquent_core::{Error, ErrorKind, Result};
use mongodb::Database;
use mongodb::bson::{Document, RawDocumentBuf};

use crate::clients::Live;
use crate::command::Command;
use crate::concerns;
use crate::connection::Shared;
use crate::error::error;
use crate::session::refuse_savepoint;
use crate::shape::Shape;

pub(crate) use inspect::{collections, table, tables};
use transaction::Open;
pub(crate) use watch::Watch;

/// What is to be done.
pub(crate) enum Job {
    Command(Box<Command>, Box<dyn RowSink>),
    Alter(Box<SchemaChange>),
    Text(Document),
    Commit,
    Rollback,
}

pub(crate) struct Worker {
    shared: Arc<Shared>,
    live: Arc<Live>,
    /// The database, with the concerns of the session.
    db: Database,
    concerns: Concerns,
    open: Option<Open>,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let live = shared.live();
        Worker { db: live.db.clone(), live, concerns: Concerns::new(), shared, open: None }
    }

    /// Readies it for the next job, with what is asked of the members of the replica set from now on.
    /// Nothing is sent.
    pub(crate) fn ready(&mut self, concerns: &Concerns) -> Result<()> {
        if self.open.is_some() {
            return Ok(()); // a transaction stays as it was begun
        }
        let live = self.shared.live();
        if self.concerns != *concerns || !Arc::ptr_eq(&self.live, &live) {
            self.db = concerns::database(&live.client, &live.db, concerns)?;
            self.concerns = *concerns;
            self.live = live;
        }
        Ok(())
    }

    /// The database as the settings say.
    pub(crate) fn database(&self) -> &Database {
        &self.live.db
    }

    pub(crate) fn has_transaction(&self) -> bool {
        self.open.is_some()
    }

    /// Begins a transaction. Nothing is sent: the server takes the first statement for its beginning.
    pub(crate) async fn begin(&mut self, depth: u32, options: TransactionOptions) -> Result<()> {
        if !self.shared.transactions {
            return Err(transaction::no_replica_set());
        }
        refuse_savepoint(depth)?;
        if self.open.is_some() {
            return Err(error(ErrorKind::InvalidInput, "a transaction is open already"));
        }
        self.open =
            Some(Open::begin(&self.shared, &self.live.client, &self.concerns, options).await?);
        Ok(())
    }

    pub(crate) async fn perform(&mut self, job: Job, watch: &Watch) -> Result<Fetched> {
        match job {
            Job::Command(command, sink) => return self.command(command, sink, watch).await,
            // the futures of the others are large, and would make those of statements so
            Job::Alter(change) => Box::pin(schema::alter(&self.live.db, &change)).await?,
            Job::Text(command) => Box::pin(self.text(command)).await?,
            Job::Commit => {
                let open = self.open.take().ok_or_else(no_transaction)?;
                Box::pin(open.commit()).await?;
            }
            Job::Rollback => {
                if let Some(open) = self.open.take() {
                    Box::pin(open.abort()).await;
                }
            }
        }
        Ok(Fetched { affected: Affected::default(), sink: Box::new(Discard) })
    }

    async fn command(
        &mut self,
        command: Box<Command>,
        mut sink: Box<dyn RowSink>,
        watch: &Watch,
    ) -> Result<Fetched> {
        let rows = match *command {
            Command::Read(read) => {
                let limits = read::Limits {
                    bound: self.shared.statement_timeout,
                    reads_again: self.shared.reads_again,
                };
                read::run(&self.db, limits, self.open.as_mut(), &read, &mut *sink, watch).await?
            }
            write => {
                let shape = write.returning().cloned();
                let written = self.write(write).await?;
                if let Some(shape) = shape {
                    give_back(&written.documents, &shape, &mut *sink, watch).await?;
                }
                written.rows
            }
        };
        Ok(Fetched { affected: Affected { rows, last_id: None }, sink })
    }
}

/// Shows the documents of a write. It has been done, however many of them are wanted.
async fn give_back(
    documents: &[RawDocumentBuf],
    shape: &Shape,
    sink: &mut dyn RowSink,
    watch: &Watch,
) -> Result<()> {
    for document in documents {
        match sink.row(&shape.row(document)?)? {
            Flow::Continue => {}
            Flow::Flush => {
                if !watch.flush(sink).await? {
                    break;
                }
            }
            Flow::Stop => break,
        }
    }
    Ok(())
}

fn no_transaction() -> Error {
    error(ErrorKind::TransactionAborted, "there is no transaction to commit")
}
