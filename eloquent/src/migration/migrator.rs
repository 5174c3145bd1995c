//! Running the migrations of a connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eloquent_core::driver::{Capabilities, Question};
use eloquent_core::statement::Effect;
use eloquent_core::value::{DateTime, Utc};
use eloquent_core::{Error, ErrorKind, Result};
use tokio::sync::Mutex;

use super::context::{self, MigrationContext, Mode, Steps, in_place};
use super::lock::{self, Held, Wait};
use super::migrations::{Known, Migrations};
use super::outcome::{Direction, Done, MigrationStatus, Outcome, Pretended};
use super::plan::{self, Leave};
use super::stop::Stop;
use super::tracker::{self, Record};
use crate::database::{Apart, Connection, Executor, Pretence, Progress, Transaction};

/// How far to go up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Reach {
    /// All that have not run.
    #[default]
    All,
    /// At most so many.
    Steps(usize),
    /// Up to this one, and it too.
    To(String),
}

/// What to undo.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Rollback {
    /// What ran last, together.
    #[default]
    LastBatch,
    /// What ran together as the batch of this number.
    Batch(i64),
    /// So many, from the last.
    Steps(usize),
    /// All behind this one, which stays.
    To(String),
    /// All.
    All,
}

/// Runs the migrations of a connection. See the [module](super) for what holds.
#[derive(Debug, Clone)]
pub struct Migrator {
    pub(super) connection: Connection,
    pub(super) migrations: Migrations,
    wait: Duration,
    pub(super) step_timeout: Option<Duration>,
    leave: Leave,
    pub(super) actor: String,
    stop: Stop,
    progress: Progress,
}

/// What a run has at hand while it holds the lock.
pub(super) struct Run {
    pub(super) held: Arc<Held>,
    pub(super) wait: Wait,
    pub(super) capabilities: Capabilities,
    pub(super) reader: Arc<Mutex<Apart>>,
    pub(super) done: Vec<Done>,
}

impl Run {
    /// Looks at the lock from inside of a transaction. Where that keeps all others out, it cannot be lost.
    pub(super) async fn verify_inside(&self) -> Result<()> {
        match self.capabilities.single_writer {
            true => Ok(()),
            false => self.held.verify().await,
        }
    }
}

impl Migrator {
    /// For a connection, with its migrations.
    pub fn new(connection: &Connection, migrations: Migrations) -> Self {
        Migrator {
            // what has been written is read at once
            connection: connection.writer(),
            migrations,
            wait: Duration::from_secs(60),
            step_timeout: None,
            leave: Leave::default(),
            actor: String::new(),
            stop: Stop::default(),
            progress: Progress::default(),
        }
    }

    /// How long to wait for another migrator; a minute when it is not set.
    #[must_use]
    pub fn wait(mut self, bound: Duration) -> Self {
        self.wait = bound;
        self
    }

    /// How long each step may take; as long as it needs when this is not set. One that takes longer is cancelled
    /// on the server. Where migrations are transactions, that undoes the migration; elsewhere it stands
    /// where a step stands whose answer was lost.
    #[must_use]
    pub fn step_timeout(mut self, bound: Duration) -> Self {
        self.step_timeout = Some(bound);
        self
    }

    /// Lets migrations pass that have run and are not known any more.
    #[must_use]
    pub fn allow_missing(mut self, yes: bool) -> Self {
        self.leave.missing = yes;
        self
    }

    /// Runs migrations that come before one that has run.
    #[must_use]
    pub fn allow_out_of_order(mut self, yes: bool) -> Self {
        self.leave.out_of_order = yes;
        self
    }

    /// Who runs it, for others to read.
    #[must_use]
    pub fn actor(mut self, name: impl Into<String>) -> Self {
        self.actor = name.into();
        self
    }

    /// Stops the run when this is asked to.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Says how far the run is.
    #[must_use]
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Runs all migrations that have not run.
    pub async fn run(&self) -> Outcome {
        self.run_to(Reach::All).await
    }

    /// Runs migrations up to a point.
    pub async fn run_to(&self, reach: Reach) -> Outcome {
        let mut done = Vec::new();
        let outcome = self.up(&reach, &mut done).await;
        Outcome::new(done, outcome.map_err(|error| self.locate(error)))
    }

    /// Undoes migrations.
    pub async fn rollback(&self, what: Rollback) -> Outcome {
        let mut done = Vec::new();
        let outcome = self.down(&what, &mut done).await;
        Outcome::new(done, outcome.map_err(|error| self.locate(error)))
    }

    /// Drops all that stands in the database, whoever made it, and runs all migrations.
    pub async fn fresh(&self) -> Outcome {
        let mut done = Vec::new();
        let outcome = self.start_over(&mut done).await;
        Outcome::new(done, outcome.map_err(|error| self.locate(error)))
    }

    /// What a run would send. Nothing is written, and nothing waited for.
    ///
    /// # Errors
    /// As for the run; and for migrations that read rows, which cannot be shown without running them.
    pub async fn pretend(&self, reach: Reach) -> Result<Vec<Pretended>> {
        let shown = async {
            let mut reader = Apart::open_to_look(&self.connection).await?;
            let records = self.records(&mut reader).await?;
            let names = plan::up(&self.migrations, &records, &reach, self.leave)?;
            self.show(reader, &names, Direction::Up).await
        };
        shown.await.map_err(|error| self.locate(error))
    }

    /// What a rollback would send.
    ///
    /// # Errors
    /// As [`pretend`](Self::pretend).
    pub async fn pretend_rollback(&self, what: Rollback) -> Result<Vec<Pretended>> {
        let shown = async {
            let mut reader = Apart::open_to_look(&self.connection).await?;
            let records = self.records(&mut reader).await?;
            let names = plan::down(&self.migrations, &records, &what)?;
            self.show(reader, &names, Direction::Down).await
        };
        shown.await.map_err(|error| self.locate(error))
    }

    /// Where each migration stands. Nothing is written, and no right needed but to read.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub async fn status(&self) -> Result<Vec<MigrationStatus>> {
        let read = async {
            self.migrations.check()?;
            self.records(&mut Apart::open_to_look(&self.connection).await?).await
        };
        let records = read.await.map_err(|error| self.locate(error))?;
        let mut names: Vec<&str> = self.migrations.names().collect();
        names.extend(records.iter().map(|record| record.name.as_str()));
        names.sort_unstable();
        names.dedup();
        let status = names.into_iter().map(|name| {
            let record = records.iter().find(|record| record.name == name);
            let whole = |record: &Record| record.duration_ms.and_then(|ms| u64::try_from(ms).ok());
            MigrationStatus {
                name: name.to_owned(),
                state: plan::state(name, &self.migrations, record, &records),
                batch: record.map(|record| record.batch),
                applied_at: record.and_then(|record| record.finished_at),
                duration: record.and_then(whole).map(Duration::from_millis),
                place: record.filter(|record| record.is_unfinished()).map(Record::place),
                problem: record.and_then(|record| record.problem.clone()),
                note: record.and_then(|record| record.note.clone()),
            }
        });
        Ok(status.collect())
    }

    /// Removes the lease of a migrator that has died, and says whose it was; `None` when there is none.
    /// Locks that end with their session need this never.
    ///
    /// # Errors
    /// [`ErrorKind::MigrationLocked`] when its owner is alive.
    pub async fn unlock(&self) -> Result<Option<String>> {
        lock::unlock(&self.connection).await
    }

    async fn up(&self, reach: &Reach, done: &mut Vec<Done>) -> Result<()> {
        let mut reader = Apart::open(&self.connection).await?;
        let records = self.records(&mut reader).await?;
        let names = plan::up(&self.migrations, &records, reach, self.leave)?;
        // what there is nothing to do for waits for nobody
        if names.is_empty() {
            return Ok(());
        }
        let capabilities = self.connection.capabilities().await?;
        self.count(&reader, &names, Direction::Up, capabilities)?;
        let mut run = self.begin_run(reader, &names).await?;
        let outcome = self.up_held(reach, &mut run).await;
        Self::end_run(run, outcome, done).await
    }

    async fn up_held(&self, reach: &Reach, run: &mut Run) -> Result<()> {
        let records = self.made_records(&mut *run.reader.lock().await).await?;
        let names = plan::up(&self.migrations, &records, reach, self.leave)?;
        let steps =
            self.count(&*run.reader.lock().await, &names, Direction::Up, run.capabilities)?;
        let batch = records.iter().map(|record| record.batch).max().unwrap_or_default() + 1;
        self.progress.begin(names.len());
        for name in names {
            run.wait.stop.check()?;
            run.held.verify().await?;
            self.progress.at(&name);
            let record = records.iter().find(|record| record.name == name).cloned();
            let steps = steps.get(&name).copied().unwrap_or_default();
            let applied = self.apply(&name, record, batch, steps, run).await;
            run.done.extend(applied.map_err(|error| at_migration(error, &name))?);
            self.progress.advance();
        }
        Ok(())
    }

    async fn down(&self, what: &Rollback, done: &mut Vec<Done>) -> Result<()> {
        let mut reader = Apart::open(&self.connection).await?;
        let records = self.records(&mut reader).await?;
        let names = plan::down(&self.migrations, &records, what)?;
        if names.is_empty() {
            return Ok(());
        }
        let capabilities = self.connection.capabilities().await?;
        self.count(&reader, &names, Direction::Down, capabilities)?;
        let mut run = self.begin_run(reader, &names).await?;
        let outcome = self.down_held(what, &mut run).await;
        Self::end_run(run, outcome, done).await
    }

    async fn down_held(&self, what: &Rollback, run: &mut Run) -> Result<()> {
        let records = self.records(&mut *run.reader.lock().await).await?;
        let names = plan::down(&self.migrations, &records, what)?;
        let steps =
            self.count(&*run.reader.lock().await, &names, Direction::Down, run.capabilities)?;
        self.progress.begin(names.len());
        for name in names {
            run.wait.stop.check()?;
            run.held.verify().await?;
            self.progress.at(&name);
            let Some(record) = records.iter().find(|record| record.name == name) else { continue };
            let steps = steps.get(&name).copied().unwrap_or_default();
            let undone = self.revert(record.clone(), steps, run).await;
            run.done.extend(undone.map_err(|error| at_migration(error, &name))?);
            self.progress.advance();
        }
        Ok(())
    }

    async fn start_over(&self, done: &mut Vec<Done>) -> Result<()> {
        self.migrations.check()?;
        let reader = Apart::open(&self.connection).await?;
        let names: Vec<String> = self.migrations.names().map(str::to_owned).collect();
        let capabilities = self.connection.capabilities().await?;
        self.count(&reader, &names, Direction::Up, capabilities)?;
        let mut run = self.begin_run(reader, &names).await?;
        let outcome = async {
            self.drop_all(&mut run).await?;
            self.up_held(&Reach::All, &mut run).await
        };
        let outcome = outcome.await;
        Self::end_run(run, outcome, done).await
    }

    /// Waits for the lock.
    pub(super) async fn begin_run(&self, reader: Apart, names: &[String]) -> Result<Run> {
        let capabilities = self.connection.capabilities().await?;
        let wait = Wait::new(self.wait, self.stop.clone(), &self.actor);
        let apart = names.iter().filter_map(|name| self.migrations.get(name));
        let apart = apart.into_iter().any(|known| !known.migration().is_transactional());
        let held = Arc::new(lock::acquire(&self.connection, &wait, apart).await?);
        let reader = Arc::new(Mutex::new(reader));
        Ok(Run { held, wait, capabilities, reader, done: Vec::new() })
    }

    /// Gives the lock back, whatever came of the run.
    pub(super) async fn end_run(run: Run, outcome: Result<()>, done: &mut Vec<Done>) -> Result<()> {
        done.extend(run.done);
        let released = match Arc::into_inner(run.held) {
            Some(held) => held.release().await,
            None => Ok(()),
        };
        outcome.and(released)
    }

    /// The history; empty when there is none.
    pub(super) async fn records(&self, reader: &mut Apart) -> Result<Vec<Record>> {
        self.migrations.check()?;
        if !tracker::exists(reader, tracker::TABLE).await? {
            return Ok(Vec::new());
        }
        Ok(self.records_if_there(reader).await?.unwrap_or_default())
    }

    /// The history, which is made if there is none.
    pub(super) async fn made_records(&self, reader: &mut Apart) -> Result<Vec<Record>> {
        tracker::create(&self.connection, reader).await?;
        match self.records_if_there(reader).await? {
            Some(records) => Ok(records),
            None => {
                tracker::create(&self.connection, reader).await?;
                tracker::read(&self.executor(), None).await
            }
        }
    }

    /// The history that was there a moment ago; `None` when it has been wiped in the meantime. What a run
    /// sent that was dropped comes to its end after its lock has gone.
    async fn records_if_there(&self, reader: &mut Apart) -> Result<Option<Vec<Record>>> {
        match tracker::read(&self.executor(), None).await {
            Err(error) if error.kind() == ErrorKind::Corrupt => {
                match tracker::exists(reader, tracker::TABLE).await? {
                    true => Err(error),
                    false => Ok(None),
                }
            }
            read => read.map(Some),
        }
    }

    /// Takes all files apart before anything runs, and counts their statements.
    fn count(
        &self,
        reader: &Apart,
        names: &[String],
        direction: Direction,
        capabilities: Capabilities,
    ) -> Result<BTreeMap<String, usize>> {
        let mut steps = BTreeMap::new();
        for name in names {
            let Some(known) = self.migrations.get(name) else { continue };
            let Some(file) = known.text(direction == Direction::Down) else { continue };
            file.check_language(capabilities.family)?;
            let whole = capabilities.transactional_ddl && known.migration().is_transactional();
            let parts = reader.split(&file.text).and_then(|parts| {
                for part in &parts {
                    let fault = match part.effect {
                        Effect::Refused(why) => Error::invalid(format!("the statement {why}")),
                        Effect::Outside if whole => context::outside(),
                        _ => continue,
                    };
                    return Err(in_place(fault, &format!("line {}", part.line)));
                }
                match parts.len() {
                    0 => Err(Error::invalid("the file has no statement")),
                    count => Ok(count),
                }
            });
            let parts = parts.map_err(|error| in_place(error, &file.path.display().to_string()))?;
            steps.insert(name.clone(), parts);
        }
        Ok(steps)
    }

    async fn show(
        &self,
        reader: Apart,
        names: &[String],
        direction: Direction,
    ) -> Result<Vec<Pretended>> {
        let capabilities = self.connection.capabilities().await?;
        self.count(&reader, names, direction, capabilities)?;
        let reader = Arc::new(Mutex::new(reader));
        let mut shown = Vec::new();
        for name in names {
            let Some(known) = self.migrations.get(name) else { continue };
            let pretence = Arc::new(Pretence::new(reader.clone()));
            let executor = Executor::Pretence(self.connection.clone(), pretence.clone());
            let steps = Steps { taken: 0, of: 0, bound: None, mode: Mode::Pretend };
            let (reader, stop) = (reader.clone(), self.stop.clone());
            let context = MigrationContext::new(executor, capabilities, reader, stop, steps);
            let migration = known.migration();
            let ran = match direction {
                Direction::Up => pretence.scope(&self.connection, migration.up(&context)).await,
                Direction::Down => pretence.scope(&self.connection, migration.down(&context)).await,
            };
            ran.map_err(|error| at_migration(error, name))?;
            shown.push(Pretended { name: name.clone(), direction, statements: pretence.take() });
        }
        Ok(shown)
    }

    /// Begins a transaction. Where only one can write, that is a turn to wait for.
    pub(super) async fn begin(&self, wait: &Wait) -> Result<Transaction> {
        loop {
            match self.connection.begin().await {
                Err(error)
                    if error.kind() == ErrorKind::Busy
                        && std::time::Instant::now() < wait.until =>
                {
                    wait.stop.check()?;
                }
                Err(error) if error.kind() == ErrorKind::Busy => {
                    let message =
                        format!("another process writes, after {:.1?} of waiting", self.wait);
                    return Err(Error::new(ErrorKind::MigrationLocked, message)
                        .with_source(error)
                        .with_hint("end what writes to the database, and run again"));
                }
                begun => return begun,
            }
        }
    }

    pub(super) fn known(&self, name: &str) -> Result<&Known> {
        let unknown = || Error::invalid(format!("there is no migration `{name}`"));
        self.migrations.get(name).ok_or_else(unknown)
    }

    /// Statements of their own, each by itself.
    pub(super) fn executor(&self) -> Executor {
        Executor::Connection(self.connection.clone(), None)
    }

    pub(super) fn locate(&self, error: Error) -> Error {
        self.connection.pool().locate(error)
    }
}

/// The moment by the clock of the server.
pub(super) async fn now(on: &Executor) -> Result<DateTime<Utc>> {
    let milliseconds = match on.ask(Question::Clock).await {
        Ok(rows) => tracker::number(&rows)?,
        Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(Utc::now()),
        Err(error) => return Err(error),
    };
    DateTime::from_timestamp_millis(milliseconds)
        .ok_or_else(|| Error::new(ErrorKind::Decode, "the clock of the server is out of range"))
}

fn at_migration(error: Error, name: &str) -> Error {
    in_place(error, &format!("`{name}`"))
}
