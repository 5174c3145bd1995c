//! Settling by hand what a run cannot know.

use eloquent_core::{Error, ErrorKind, Result};

use super::checksum;
use super::migrator::{Migrator, Run, now};
use super::tracker::{self, Change, Record, State};
use crate::database::Apart;

/// What somebody has found out about a migration that was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resolution {
    /// The step that was begun did not take effect: it is run again.
    Retry,
    /// The step that was begun took effect: the next run goes on behind it.
    Skip,
    /// The migration is applied, as it is now known.
    Applied,
    /// The migration is not applied: its row is removed.
    Reverted,
}

impl Resolution {
    const fn name(self) -> &'static str {
        match self {
            Resolution::Retry => "retry",
            Resolution::Skip => "skip",
            Resolution::Applied => "applied",
            Resolution::Reverted => "reverted",
        }
    }
}

impl Migrator {
    /// Changes what the history says of a migration, and nothing else in the database. Who did it and why
    /// is kept with it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] when there is nothing of the kind to settle.
    pub async fn resolve(&self, name: &str, resolution: Resolution, why: &str) -> Result<()> {
        let settled = async {
            let reader = Apart::open(&self.connection).await?;
            let mut run = self.begin_run(reader, &[name.to_owned()]).await?;
            let outcome = self.settle(name, resolution, why, &mut run).await;
            Self::end_run(run, outcome, &mut Vec::new()).await
        };
        settled.await.map_err(|error| self.locate(error))
    }

    async fn settle(
        &self,
        name: &str,
        resolution: Resolution,
        why: &str,
        run: &mut Run,
    ) -> Result<()> {
        let records = self.made_records(&mut *run.reader.lock().await).await?;
        let on = self.executor();
        let now = now(&on).await?;
        let who = if self.actor.is_empty() { "somebody" } else { &self.actor };
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let what = resolution.name();
        let note = format!("{what}, by {who}, {}{why}", now.format("%Y-%m-%d %H:%M:%S UTC"));
        let batch = records.iter().map(|record| record.batch).max();
        let record = records.into_iter().find(|record| record.name == name);
        let statement = match (resolution, record) {
            (Resolution::Applied, None) => {
                let record = Record {
                    name: name.to_owned(),
                    batch: batch.unwrap_or_default() + 1,
                    state: State::Applied,
                    checksum: self.known(name)?.checksum().map(str::to_owned),
                    started_at: now,
                    finished_at: Some(now),
                    duration_ms: None,
                    steps: 0,
                    steps_done: 0,
                    step_begun: 0,
                    progress: None,
                    session: None,
                    run: run.wait.run.clone(),
                    problem: None,
                    note: Some(note),
                };
                record.insert()?
            }
            (_, None) => {
                return Err(Error::invalid(format!("`{name}` has not run"))
                    .with_hint("`migrate:status` shows where each migration stands"));
            }
            (Resolution::Applied, Some(record)) => Change::default()
                .set("state", State::Applied.name().to_owned())?
                .set("checksum", self.known(name)?.checksum().map(str::to_owned))?
                .set("finished_at", Some(record.finished_at.unwrap_or(now)))?
                .set("step_begun", 0_i64)?
                .set("problem", None::<String>)?
                .set("note", Some(note))?
                .of(name, Some(&record.run))?,
            (Resolution::Reverted, Some(record)) => tracker::delete(name, Some(&record.run))?,
            (_, Some(record)) if record.step_begun == 0 => {
                let state = if record.is_unfinished() { "can simply go on" } else { "has ended" };
                return Err(Error::invalid(format!(
                    "`{name}` was not cut off in a step: it {state}"
                ))
                .with_hint("`--applied` and `--reverted` settle the whole migration"));
            }
            (Resolution::Retry, Some(record)) => Change::default()
                .set("step_begun", 0_i64)?
                .set("note", Some(note))?
                .of(name, Some(&record.run))?,
            (Resolution::Skip, Some(record)) => {
                let progress = self.progress_of(&record, run).await?;
                Change::default()
                    .set("steps_done", record.step_begun)?
                    .set("step_begun", 0_i64)?
                    .set("progress", progress)?
                    .set("note", Some(note))?
                    .of(name, Some(&record.run))?
            }
        };
        match self.take_over(&statement, run).await? {
            0 => Err(Error::new(ErrorKind::MigrationLocked, "the row has changed meanwhile")),
            _ => Ok(()),
        }
    }

    /// The checksum of the steps up to the one that was begun. What is in Rust tells it only by running.
    async fn progress_of(&self, record: &Record, run: &Run) -> Result<Option<String>> {
        let known = self.known(&record.name)?;
        let Some(file) = known.text(record.state == State::Reverting) else { return Ok(None) };
        let parts = run.reader.lock().await.split(&file.text)?;
        let count = usize::try_from(record.step_begun).unwrap_or(usize::MAX);
        let sum = parts
            .iter()
            .take(count)
            .fold(String::new(), |sum, part| checksum::of_step(&sum, &part.text));
        Ok(Some(sum))
    }
}
