//! Sessions: a connection of SQLite's that is at home, or away on the worker.
//!
//! At home it answers cheap statements on the calling task. Whatever may take long or has to wait moves
//! it to the worker, along with all that the work needs. The way back is kept in the session and not in
//! the future that waits, so that a dropped future loses nothing: the next use waits for the connection
//! to come home and throws the result away.

use std::sync::Arc;

use eloquent_core::driver::{Fetched, Now, TransactionOptions};
use eloquent_core::row::RowSink;
use eloquent_core::schema::{SchemaChange, TableInfo, TableSummary};
use eloquent_core::sql::{Compiled, Cost, Dialect, SqlSession, StatementCache};
use eloquent_core::value::ValueRef;
use eloquent_core::{ErrorKind, Result, async_trait};
use tokio::sync::oneshot;

use crate::binds::Packed;
use crate::connection::{Shared, lost};
use crate::dialect::SqliteDialect;
use crate::engine::{Engine, Fault, Place};
use crate::error::error;
use crate::inline;
use crate::open::Facts;
use crate::show::guarded;
use crate::task::{Done, Outcome, Task};
use crate::transaction::Control;
use crate::watch::{CancelOnDrop, Watch};
use crate::worker::Worker;

/// One conversation with a database.
pub(crate) struct SqliteSession {
    shared: Arc<Shared>,
    watch: Arc<Watch>,
    worker: Worker,
    pub(crate) home: Option<Box<Engine>>,
    /// Where the connection comes back, while it is away.
    away: Option<oneshot::Receiver<Done>>,
}

impl std::fmt::Debug for SqliteSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteSession")
            .field("home", &self.home)
            .field("away", &self.away.is_some())
            .finish_non_exhaustive()
    }
}

impl SqliteSession {
    /// Opens a connection on the worker.
    ///
    /// # Errors
    /// When the file cannot be opened or is no database, or a setting does not hold.
    pub(crate) async fn open(shared: Arc<Shared>) -> Result<Self> {
        let mut session = SqliteSession {
            shared,
            watch: Arc::default(),
            worker: Worker::default(),
            home: None,
            away: None,
        };
        let (shared, watch) = (session.shared.clone(), session.watch.clone());
        let (reply, receiver) = oneshot::channel();
        session.worker.ready()?.put(move || {
            let done = match Engine::open(&shared, &watch) {
                Ok(engine) => Done { engine: Some(engine), result: Ok(Outcome::Done) },
                Err(error) => Done { engine: None, result: Err(error) },
            };
            if let Err(unwanted) = reply.send(done) {
                unwanted.close();
            }
        });
        session.away = Some(receiver);
        session.arrival().await?;
        Ok(session)
    }

    /// What is known of the connection, when it is at home.
    pub(crate) fn facts(&self) -> Option<Facts> {
        self.home.as_ref().map(|engine| engine.facts())
    }

    /// Waits for the connection to come home with its result. Whoever drops this in between can call
    /// it again.
    async fn arrival(&mut self) -> Result<Outcome> {
        let Some(away) = &mut self.away else { return Ok(Outcome::Done) };
        let guard = CancelOnDrop::new(&self.watch, &self.shared.gate);
        let done = away.await;
        guard.disarm();
        self.away = None;
        let done = done.map_err(|_| lost())?;
        self.home = done.engine;
        done.result
    }

    /// Waits for what is left of a dropped future, and throws its result away.
    async fn come_home(&mut self) -> Result<()> {
        if self.away.is_some() {
            let _ = self.arrival().await;
        }
        match self.home {
            Some(_) => Ok(()),
            None => Err(lost()),
        }
    }

    /// Sends the connection to the worker with a task. It has to be at home.
    fn send(&mut self, task: Task) -> Result<()> {
        let ready = self.worker.ready()?;
        let engine = self.home.take().ok_or_else(lost)?;
        let (reply, receiver) = oneshot::channel();
        self.watch.renew();
        ready.put(move || {
            // Nobody takes the reply when the session is gone.
            if let Err(unwanted) = reply.send(Done::doing(engine, task)) {
                unwanted.close();
            }
        });
        self.away = Some(receiver);
        Ok(())
    }

    /// Does a task on the worker.
    async fn hop(&mut self, task: Task) -> Result<Outcome> {
        self.send(task)?;
        let outcome = self.arrival().await;
        self.tend();
        outcome
    }

    /// After the answer: copies the write-ahead log, if the last commit made it long enough.
    pub(crate) fn tend(&mut self) {
        let Some(engine) = &mut self.home else { return };
        let pages = std::mem::take(&mut engine.pages);
        if pages > 0
            && let Some(claim) = self.shared.log.claim(pages)
        {
            // What fails for want of a thread is made up for by the next commit.
            let _ = self.send(Task::Checkpoint(claim));
        }
    }

    /// Takes a step of a transaction, on the calling task if it is a short one.
    async fn control(&mut self, control: Control) -> Result<()> {
        self.come_home().await?;
        let policy = self.shared.settings.inline;
        if let Some(engine) = &mut self.home
            && engine.may_control_here(control, policy)
        {
            match engine.control(control) {
                Err(fault) if fault.is_busy() => {}
                result => {
                    self.tend();
                    return result.map_err(Fault::into_plain_error);
                }
            }
        }
        self.hop(Task::Control(control)).await.map(drop)
    }
}

#[async_trait]
impl SqlSession for SqliteSession {
    fn dialect(&self) -> &'static dyn Dialect {
        &SqliteDialect
    }

    fn statements(&self) -> &StatementCache {
        &self.shared.statements
    }

    fn answers_now(&self) -> bool {
        true
    }

    fn query_now(
        &mut self,
        statement: &Arc<Compiled>,
        binds: &[ValueRef<'_>],
        sink: &mut dyn RowSink,
    ) -> Result<Now> {
        let Some(engine) = &mut self.home else { return Ok(Now::Later) };
        if !inline::admits(self.shared.settings.inline, statement, engine) {
            return Ok(Now::Later);
        }
        match engine.run(statement, binds, sink, Place::Here) {
            Ok(affected) => {
                if statement.cost() == Cost::Read {
                    inline::note(statement, false);
                }
                self.tend();
                Ok(Now::Done(affected))
            }
            Err(Fault::NotHere) => Ok(Now::Later),
            Err(fault) => {
                if matches!(fault, Fault::Flush) {
                    inline::skip(statement);
                } else if fault.is_over_budget() {
                    inline::note(statement, true);
                } else if !fault.is_busy() {
                    return Err(fault.into_error(statement));
                }
                guarded(|| {
                    sink.reset();
                    Ok(Now::Later)
                })
            }
        }
    }

    async fn query_later(
        &mut self,
        statement: &Arc<Compiled>,
        binds: &[ValueRef<'_>],
        sink: Box<dyn RowSink>,
    ) -> Result<Fetched> {
        let binds = Packed::of(statement, binds)?;
        self.come_home().await?;
        match self.hop(Task::Query { statement: statement.clone(), binds, sink }).await? {
            Outcome::Fetched(fetched) => Ok(fetched),
            _ => Err(mixed_up()),
        }
    }

    async fn batch(&mut self, sql: &str) -> Result<()> {
        self.come_home().await?;
        self.hop(Task::Batch(sql.to_owned())).await.map(drop)
    }

    async fn alter(&mut self, change: &SchemaChange) -> Result<()> {
        self.come_home().await?;
        self.hop(Task::Alter(change.clone())).await.map(drop)
    }

    async fn inspect_tables(&mut self) -> Result<Vec<TableSummary>> {
        self.come_home().await?;
        match self.hop(Task::Tables).await? {
            Outcome::Tables(tables) => Ok(tables),
            _ => Err(mixed_up()),
        }
    }

    async fn inspect_table(&mut self, name: &str) -> Result<Option<TableInfo>> {
        self.come_home().await?;
        match self.hop(Task::Table(name.to_owned())).await? {
            Outcome::Table(table) => Ok(table.map(|table| *table)),
            _ => Err(mixed_up()),
        }
    }

    async fn begin(&mut self, depth: u32, options: TransactionOptions) -> Result<()> {
        self.control(Control::Begin(depth, options)).await
    }

    async fn commit(&mut self, depth: u32) -> Result<()> {
        self.control(Control::Commit(depth)).await
    }

    async fn rollback(&mut self, depth: u32) -> Result<()> {
        self.control(Control::Rollback(depth)).await
    }

    async fn ids_follow(&mut self, table: &str) -> Result<bool> {
        self.come_home().await?;
        Ok(self.home.as_mut().is_some_and(|engine| engine.ids_follow(table)))
    }

    async fn settle(&mut self) -> Result<()> {
        self.come_home().await
    }

    async fn reset(&mut self) -> Result<()> {
        self.come_home().await?;
        match &self.home {
            Some(engine) if engine.is_clean() => Ok(()),
            _ => self.hop(Task::Reset).await.map(drop),
        }
    }

    fn is_broken(&self) -> bool {
        self.home.is_none() && self.away.is_none()
    }

    async fn explain(
        &mut self,
        statement: &Arc<Compiled>,
        binds: &[ValueRef<'_>],
    ) -> Result<String> {
        let binds = Packed::of(statement, binds)?;
        self.come_home().await?;
        match self.hop(Task::Explain { statement: statement.clone(), binds }).await? {
            Outcome::Text(text) => Ok(text),
            _ => Err(mixed_up()),
        }
    }
}

fn mixed_up() -> eloquent_core::Error {
    error(ErrorKind::Database, "the session gave the answer of another task")
}

impl Drop for SqliteSession {
    /// Closing may copy the whole log, so it is left to the worker.
    fn drop(&mut self) {
        let arrived = self.away.as_mut().and_then(|away| {
            away.close();
            away.try_recv().ok()
        });
        let engine = self.home.take().or_else(|| arrived.and_then(|done| done.engine));
        if let Some(engine) = engine
            && let Ok(ready) = self.worker.ready()
        {
            ready.put(move || engine.close());
        }
    }
}
