//! Applying one migration.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eloquent_core::driver::Question;
use eloquent_core::statement::Statement;
use eloquent_core::{Error, ErrorKind, Result};

use super::context::{MigrationContext, Mode, Steps, with_more};
use super::journal::{Journal, overtaken, write};
use super::migrations::Known;
use super::migrator::{Migrator, Run, now};
use super::outcome::{Direction, Done};
use super::plan;
use super::tracker::{self, Change, Record, State};
use crate::database::{Executor, Transaction};

impl Migrator {
    /// Applies a migration; `None` when somebody else has had the turn.
    pub(super) async fn apply(
        &self,
        name: &str,
        record: Option<Record>,
        batch: i64,
        steps: usize,
        run: &Run,
    ) -> Result<Option<Done>> {
        let known = self.known(name)?;
        let can = run.capabilities.transactional_ddl && run.capabilities.transactions;
        let began = Instant::now();
        let done = |resumed_behind: i64, batch: i64| Done {
            name: name.to_owned(),
            direction: Direction::Up,
            batch,
            resumed_behind: usize::try_from(resumed_behind).unwrap_or_default(),
            elapsed: began.elapsed(),
        };
        match record {
            None if can && known.migration().is_transactional() => {
                let applied = self.apply_whole(name, known, batch, steps, run).await?;
                Ok(applied.then(|| done(0, batch)))
            }
            record => {
                let behind = record.as_ref().map_or(0, |record| record.steps_done);
                let batch = record.as_ref().map_or(batch, |record| record.batch);
                self.apply_each(name, known, record, batch, steps, run).await?;
                Ok(Some(done(behind, batch)))
            }
        }
    }

    /// All of it, and its row, in one transaction.
    async fn apply_whole(
        &self,
        name: &str,
        known: &Known,
        batch: i64,
        steps: usize,
        run: &Run,
    ) -> Result<bool> {
        let transaction = self.begin(&run.wait).await?;
        transaction.close_afterwards().await?;
        let on = transaction.executor();
        on.ready_to_migrate(true).await?;
        if let Some(record) = tracker::read(&on, Some(name)).await?.pop() {
            if record.state != State::Applied {
                return Err(overtaken());
            }
            return match plan::changed(&record, known.checksum()) {
                None => Ok(false),
                Some(_) => {
                    let message = "somebody else has just run another version of it";
                    Err(Error::new(ErrorKind::MigrationDrift, message))
                }
            };
        }
        let started_at = now(&on).await?;
        let mut record = self.record(name, known, batch, steps, run, started_at);
        record.state = State::Applied;
        record.steps_done = record.steps;
        // first, so that nobody else can begin the same
        match on.execute(&record.insert()?).await {
            Err(error) if error.kind() == ErrorKind::UniqueViolation => return Err(overtaken()),
            inserted => inserted?,
        };
        let context = self.context(on.clone(), steps, Mode::Whole, run);
        let began = Instant::now();
        let moved = run.wait.stop.cuts(transaction.scope(known.migration().up(&context))).await;
        if let Err(error) = moved {
            // the cause matters more than a rollback that failed: the session is closed
            let _ = transaction.rollback().await;
            return Err(error);
        }
        let taken = context.end().await.taken;
        write(&on, &finished(&on, began.elapsed(), taken).await?.of(name, Some(&run.wait.run))?)
            .await?;
        run.verify_inside().await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Step by step, each recorded.
    async fn apply_each(
        &self,
        name: &str,
        known: &Known,
        record: Option<Record>,
        batch: i64,
        steps: usize,
        run: &Run,
    ) -> Result<()> {
        let session = Arc::new(Transaction::pinned(&self.connection).await?);
        let on = session.executor();
        on.ready_to_migrate(false).await?;
        let record = match record {
            Some(record) => self.resume(record, steps, &on, run).await?,
            None => {
                let started_at = now(&on).await?;
                let mut record = self.record(name, known, batch, steps, run, started_at);
                record.session = session_id(&on).await?;
                match on.execute(&record.insert()?).await {
                    Err(error) if error.kind() == ErrorKind::UniqueViolation => {
                        return Err(overtaken());
                    }
                    inserted => inserted?,
                };
                record
            }
        };
        let journal = Box::new(Journal::new(record, session.clone()));
        let mode = Mode::Each { journal, held: run.held.clone() };
        let context = self.context(on.clone(), steps, mode, run);
        let began = Instant::now();
        let outcome = session.scope(known.migration().up(&context)).await;
        let taken = self.ended(context, outcome, run).await?;
        let change = finished(&on, began.elapsed(), taken)
            .await?
            .set("state", State::Applied.name().to_owned())?
            .set("checksum", known.checksum().map(str::to_owned))?
            .set("problem", None::<String>)?;
        write(&on, &change.of(name, Some(&run.wait.run))?).await
    }

    /// Takes over what an earlier run has left.
    pub(super) async fn resume(
        &self,
        mut record: Record,
        steps: usize,
        on: &Executor,
        run: &Run,
    ) -> Result<Record> {
        if let Some(session) = record.session.as_deref().filter(|_| record.step_begun > 0) {
            self.wait_for_end(session, on, run).await?;
        }
        let before = std::mem::replace(&mut record.run, run.wait.run.clone());
        record.session = session_id(on).await?;
        record.steps = i64::try_from(steps).unwrap_or(i64::MAX);
        let change = Change::default()
            .set("run", record.run.clone())?
            .set("session", record.session.clone())?
            .set("steps", record.steps)?;
        match self.take_over(&change.of(&record.name, Some(&before))?, run).await? {
            0 => Err(overtaken()),
            _ => Ok(record),
        }
    }

    /// Writes to the row of a run that may have died in a transaction, which the server then still keeps
    /// open for a while. Gives the number of rows.
    pub(super) async fn take_over(&self, statement: &Statement, run: &Run) -> Result<u64> {
        loop {
            match self.executor().execute(statement).await {
                Err(error) if error.is_retryable() && Instant::now() >= run.wait.until => {
                    let message =
                        "the run that was interrupted has left a transaction of the server open";
                    return Err(self
                        .locate(Error::new(ErrorKind::MigrationLocked, message))
                        .with_source(error)
                        .with_hint(
                            "the server ends it, mostly within a minute: wait, and run again",
                        ));
                }
                Err(error) if error.is_retryable() => {}
                written => return Ok(written?.rows),
            }
            run.wait
                .stop
                .cuts(async {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    Ok(())
                })
                .await?;
        }
    }

    /// A statement may outlive the process that sent it.
    async fn wait_for_end(&self, session: &str, on: &Executor, run: &Run) -> Result<()> {
        loop {
            let rows = match on.ask(Question::RunsIn(session)).await {
                Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(()),
                rows => rows?,
            };
            if rows.is_empty() {
                return Ok(());
            }
            if Instant::now() >= run.wait.until {
                let message = format!(
                    "the statement of the run that was interrupted still runs: session {session} of the \
                     server, for {} s",
                    tracker::number(&rows)?
                );
                return Err(self
                    .locate(Error::new(ErrorKind::MigrationLocked, message))
                    .with_hint("wait for it, or end that session on the server"));
            }
            run.wait
                .stop
                .cuts(async {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    Ok(())
                })
                .await?;
        }
    }

    /// Notes what stopped the steps, if something did; else gives their number.
    pub(super) async fn ended(
        &self,
        context: MigrationContext,
        outcome: Result<()>,
        run: &Run,
    ) -> Result<usize> {
        let Steps { taken, mode, .. } = context.end().await;
        let Mode::Each { journal, .. } = mode else { return Ok(taken) };
        let record = journal.record();
        let fewer = usize::try_from(record.steps_done).unwrap_or(usize::MAX) > taken;
        let outcome = match outcome {
            Ok(()) if fewer => Err(plan::drift(format!(
                "{} steps have run, and now there are only {taken}",
                record.steps_done
            ))),
            outcome => outcome,
        };
        if let Err(error) = outcome {
            let change = Change::default().set("problem", Some(error.to_string()))?;
            // on another session: that of the steps may be gone. What went wrong is told in any case
            let _ = write(&self.executor(), &change.of(&record.name, Some(&run.wait.run))?).await;
            return Err(behind_steps(error, record));
        }
        Ok(taken)
    }

    pub(super) fn context(
        &self,
        executor: Executor,
        steps: usize,
        mode: Mode,
        run: &Run,
    ) -> MigrationContext {
        let (reader, stop) = (run.reader.clone(), run.wait.stop.clone());
        let steps = Steps { taken: 0, of: steps, bound: self.step_timeout, mode };
        MigrationContext::new(executor, run.capabilities, reader, stop, steps)
    }

    fn record(
        &self,
        name: &str,
        known: &Known,
        batch: i64,
        steps: usize,
        run: &Run,
        started_at: eloquent_core::value::DateTime<eloquent_core::value::Utc>,
    ) -> Record {
        Record {
            name: name.to_owned(),
            batch,
            state: State::Applying,
            checksum: known.checksum().map(str::to_owned),
            started_at,
            finished_at: None,
            duration_ms: None,
            steps: i64::try_from(steps).unwrap_or(i64::MAX),
            steps_done: 0,
            step_begun: 0,
            progress: None,
            session: None,
            run: run.wait.run.clone(),
            problem: None,
            note: None,
        }
    }
}

/// Says what is done all the same, and what goes on with the rest; not where that has to be asked first.
fn behind_steps(error: Error, record: &Record) -> Error {
    let command = match record.state {
        State::Reverting => "migrate:rollback",
        _ => "migrate:run",
    };
    let first = match error.kind() {
        ErrorKind::MigrationDrift | ErrorKind::MigrationLocked => return error,
        ErrorKind::MigrationInterrupted => "",
        _ => "correct what follows, and ",
    };
    let done = match record.steps_done {
        0 => return error,
        _ if record.step_begun > 0 => return error,
        1 => "step 1 is done and written down".to_owned(),
        done => format!("steps 1 to {done} are done and written down"),
    };
    with_more(error, format!("{done}: {first}`{command}` goes on there"))
}

/// What is known once all steps are done.
async fn finished(on: &Executor, elapsed: Duration, taken: usize) -> Result<Change> {
    let taken = i64::try_from(taken).unwrap_or(i64::MAX);
    Change::default()
        .set("finished_at", Some(now(on).await?))?
        .set("duration_ms", Some(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)))?
        .set("steps", taken)?
        .set("steps_done", taken)?
        .set("step_begun", 0_i64)
}

/// By which the session is found on the server, where it says so.
pub(super) async fn session_id(on: &Executor) -> Result<Option<String>> {
    let rows = match on.ask(Question::SessionId).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(None),
        rows => rows?,
    };
    let mut ids = rows.iter().map(|row| eloquent_core::row::RowReader::new(row).read());
    ids.next().transpose()
}
