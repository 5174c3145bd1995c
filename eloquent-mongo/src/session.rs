//! Sessions.
//!
//! What is written, and all of a transaction, runs in a task of its own, so that it comes to its end also
//! when nobody waits for it any more: a command that is cut off would end its transaction, and nobody would
//! know whether a write still happens. A read outside of a transaction is just dropped.

use std::fmt;
use std::sync::Arc;

use eloquent_core::driver::{Affected, Fetched, Session, TransactionOptions};
use eloquent_core::row::RowSink;
use eloquent_core::schema::SchemaChange;
use eloquent_core::statement::Statement;
use eloquent_core::{Error, ErrorKind, Result, async_trait};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::connection::Shared;
use crate::error::{DRIVER, error, of_connect};
use crate::explain;
use crate::translate::{self, Form};
use crate::worker::{Job, Watch, Worker};

/// A handle on the client, with a transaction or without.
pub(crate) struct MongoSession {
    shared: Arc<Shared>,
    state: State,
}

enum State {
    Idle(Box<Worker>),
    /// Something is under way, of which nobody may wait for the end.
    Busy(JoinHandle<Box<Worker>>),
    Lost,
}

impl fmt::Debug for MongoSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoSession").field("db", &self.shared.db.name()).finish_non_exhaustive()
    }
}

impl MongoSession {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let state = State::Idle(Box::new(Worker::new(shared.clone())));
        MongoSession { shared, state }
    }

    /// Waits for the end of what is under way.
    async fn idle(&mut self) -> Result<&mut Box<Worker>> {
        if let State::Busy(task) = &mut self.state {
            self.state = match task.await {
                Ok(worker) => State::Idle(worker),
                Err(_) => State::Lost,
            };
        }
        match &mut self.state {
            State::Idle(worker) => Ok(worker),
            State::Busy(_) | State::Lost => Err(lost()),
        }
    }

    /// Runs a job to its end, whatever becomes of this future.
    async fn run(&mut self, job: Job) -> Result<Fetched> {
        self.idle().await?;
        let State::Idle(mut worker) = std::mem::replace(&mut self.state, State::Lost) else {
            return Err(lost());
        };
        let (reply, answer) = oneshot::channel();
        self.state = State::Busy(tokio::spawn(async move {
            let mut watch = Watch::over(reply);
            let outcome = worker.perform(job, &mut watch).await;
            watch.answer(outcome);
            worker
        }));
        let answer = answer.await;
        self.idle().await?;
        answer.map_err(|_| lost())?
    }
}

fn lost() -> Error {
    error(ErrorKind::ConnectionLost, "the session ended in the middle of a statement")
}

#[async_trait]
impl Session for MongoSession {
    async fn fetch(&mut self, statement: &Statement, sink: Box<dyn RowSink>) -> Result<Fetched> {
        let command = translate::command(statement, Form::Sent)?;
        let worker = self.idle().await?;
        match worker.has_transaction() || !statement.is_read() {
            true => self.run(Job::Command(Box::new(command), sink)).await,
            false => {
                worker.perform(Job::Command(Box::new(command), sink), &mut Watch::none()).await
            }
        }
    }

    async fn execute(&mut self, statement: &Statement) -> Result<Affected> {
        let sink = Box::new(eloquent_core::row::Discard);
        Ok(self.fetch(statement, sink).await?.affected)
    }

    async fn alter(&mut self, change: &SchemaChange) -> Result<()> {
        let worker = self.idle().await?;
        if worker.has_transaction() {
            let error = Error::unsupported("a change to the schema inside a transaction", DRIVER);
            return Err(error.with_hint("make it before the transaction, or after it"));
        }
        self.run(Job::Alter(Box::new(change.clone()))).await.map(drop)
    }

    async fn begin(&mut self, depth: u32, options: TransactionOptions) -> Result<()> {
        self.idle().await?.begin(depth, options).await
    }

    async fn commit(&mut self, depth: u32) -> Result<()> {
        refuse_savepoint(depth)?;
        self.run(Job::Commit).await.map(drop)
    }

    async fn rollback(&mut self, depth: u32) -> Result<()> {
        refuse_savepoint(depth)?;
        self.run(Job::Rollback).await.map(drop)
    }

    async fn settle(&mut self) -> Result<()> {
        self.idle().await.map(drop)
    }

    async fn reset(&mut self) -> Result<()> {
        if self.idle().await?.has_transaction() {
            self.run(Job::Rollback).await?;
        }
        Ok(())
    }

    async fn ping(&mut self) -> Result<()> {
        let command = mongodb::bson::doc! { "ping": 1 };
        self.shared.db.run_command(command).await.map(drop).map_err(|e| of_connect(&e))
    }

    fn is_broken(&self) -> bool {
        matches!(self.state, State::Lost)
    }

    fn render(&self, statement: &Statement) -> Result<String> {
        Ok(explain::text(&translate::command(statement, Form::Shown)?.document()))
    }

    async fn explain(&mut self, statement: &Statement) -> Result<String> {
        let command = translate::command(statement, Form::Sent)?;
        explain::plan(&self.shared.db, &command).await
    }
}

/// # Errors
/// For all but the whole of a transaction.
pub(crate) fn refuse_savepoint(depth: u32) -> Result<()> {
    match depth {
        0 => Ok(()),
        _ => Err(Error::unsupported("a transaction inside of another", DRIVER)
            .with_hint("MongoDB has no savepoints: use one transaction for all of it")),
    }
}
