//! Sessions.
//!
//! What is written, and all of a transaction, comes to its end also when nobody waits for it any more: a
//! command that is cut off would end its transaction, and nobody would know whether a write still happens.
//! A read outside of a transaction is just dropped.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use eloquent_core::driver::{
    Affected, Concerns, Fetched, Object, Question, Session, TransactionOptions,
};
use eloquent_core::row::{OwnedRow, RowSink};
use eloquent_core::schema::{SchemaChange, TableInfo, TableSummary};
use eloquent_core::statement::{ScriptPart, Statement};
use eloquent_core::{Error, ErrorKind, Result, async_trait};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::concerns;
use crate::connection::Shared;
use crate::error::{DRIVER, error, of_connect};
use crate::translate::{self, Form};
use crate::worker::{self, Job, Watch, Worker};
use crate::{explain, json, migrate, script};

/// How long what nobody waits for may take.
const GRACE: Duration = Duration::from_secs(60);

/// A handle on the client, with a transaction or without.
pub(crate) struct MongoSession {
    shared: Arc<Shared>,
    concerns: Concerns,
    state: State,
}

enum State {
    Idle(Box<Worker>),
    /// Something that nobody waits for any more comes to its end.
    Busy(JoinHandle<Option<Box<Worker>>>),
    Lost,
}

impl fmt::Debug for MongoSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoSession").field("shared", &self.shared).finish_non_exhaustive()
    }
}

impl MongoSession {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let state = State::Idle(Box::new(Worker::new(shared.clone())));
        MongoSession { shared, concerns: Concerns::new(), state }
    }

    /// Waits for the end of what is under way.
    async fn idle(&mut self) -> Result<&mut Box<Worker>> {
        if let State::Busy(task) = &mut self.state {
            self.state = match task.await {
                Ok(Some(worker)) => State::Idle(worker),
                Ok(None) | Err(_) => State::Lost,
            };
        }
        match &mut self.state {
            State::Idle(worker) => {
                worker.ready(&self.concerns)?;
                Ok(worker)
            }
            State::Busy(_) | State::Lost => Err(lost()),
        }
    }

    /// Runs a job to its end, whatever becomes of this future.
    async fn run(&mut self, job: Job) -> Result<Fetched> {
        self.idle().await?;
        let State::Idle(mut worker) = std::mem::replace(&mut self.state, State::Lost) else {
            return Err(lost());
        };
        let watch = Watch::new();
        let watched = watch.clone();
        let work = Box::pin(async move {
            let outcome = worker.perform(job, &watched).await;
            (worker, outcome)
        });
        let runtime = Handle::current();
        UnderWay { session: &mut self.state, work: Some(work), watch, runtime }.await
    }
}

type Work = Pin<Box<dyn Future<Output = (Box<Worker>, Result<Fetched>)> + Send>>;

/// A job, which goes on in a task of its own from where it is when this future is dropped.
struct UnderWay<'s> {
    session: &'s mut State,
    /// Taken while it runs, so that what has panicked is not gone on with.
    work: Option<Work>,
    watch: Watch,
    runtime: Handle,
}

impl Future for UnderWay<'_> {
    type Output = Result<Fetched>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(mut work) = self.work.take() else { return Poll::Ready(Err(lost())) };
        match work.as_mut().poll(cx) {
            Poll::Ready((worker, outcome)) => {
                *self.session = State::Idle(worker);
                Poll::Ready(outcome)
            }
            Poll::Pending => {
                self.work = Some(work);
                Poll::Pending
            }
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let Some(work) = self.work.take() else { return };
        self.watch.give_up();
        // a server that does not answer must not hold its connection for ever
        *self.session = State::Busy(self.runtime.spawn(async move {
            tokio::time::timeout(GRACE, work).await.ok().map(|(worker, _)| worker)
        }));
    }
}

fn lost() -> Error {
    error(ErrorKind::ConnectionLost, "the session ended in the middle of a statement")
}

#[async_trait]
impl Session for MongoSession {
    fn set_concerns(&mut self, concerns: &Concerns) -> Result<()> {
        concerns::check(concerns)?;
        self.concerns = *concerns;
        Ok(())
    }

    async fn fetch(&mut self, statement: &Statement, sink: Box<dyn RowSink>) -> Result<Fetched> {
        let command = translate::command(statement, Form::Sent)?;
        let worker = self.idle().await?;
        match worker.has_transaction() || !statement.is_read() {
            true => self.run(Job::Command(Box::new(command), sink)).await,
            false => worker.perform(Job::Command(Box::new(command), sink), &Watch::none()).await,
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

    async fn inspect_tables(&mut self) -> Result<Vec<TableSummary>> {
        worker::tables(&self.shared.live().db).await
    }

    async fn inspect_table(&mut self, name: &str) -> Result<Option<TableInfo>> {
        worker::table(&self.shared.live().db, name).await
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
        let outcome = self.shared.live().db.run_command(command).await;
        outcome.map(drop).map_err(|e| of_connect(&e))
    }

    fn is_broken(&self) -> bool {
        matches!(self.state, State::Lost)
    }

    fn split(&self, script: &str) -> Result<Vec<ScriptPart>> {
        script::split(script).map_err(|error| error.with_driver(DRIVER))
    }

    fn render_change(&self, change: &SchemaChange) -> Result<Vec<String>> {
        translate::schema::text(change).map_err(|error| error.with_driver(DRIVER))
    }

    async fn run_text(&mut self, text: &str) -> Result<()> {
        let command = json::read(text).map_err(|error| error.with_driver(DRIVER))?;
        self.run(Job::Text(command)).await.map(drop)
    }

    async fn ask(&mut self, question: Question<'_>) -> Result<Vec<OwnedRow>> {
        migrate::ask(&self.shared, question).await
    }

    fn drop_all(&self, objects: &[Object]) -> Result<Vec<String>> {
        Ok(migrate::drop_all(objects))
    }

    fn render(&self, statement: &Statement) -> Result<String> {
        Ok(explain::text(&translate::command(statement, Form::Shown)?.document()))
    }

    async fn explain(&mut self, statement: &Statement) -> Result<String> {
        let command = translate::command(statement, Form::Sent)?;
        let worker = self.idle().await?;
        explain::plan(worker.database(), &command).await
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
