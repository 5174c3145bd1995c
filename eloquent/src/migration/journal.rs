//! The record of steps, for migrations that are not one transaction.

use std::sync::Arc;
use std::time::Duration;

use eloquent_core::statement::{Effect, Statement};
use eloquent_core::{Error, ErrorKind, Result};

use super::checksum;
use super::context::{Inside, Step};
use super::tracker::{Change, Record};
use crate::database::{Executor, Transaction};

/// Writes down which steps are done, and leaves out those that were done before.
pub(super) struct Journal {
    record: Record,
    /// Of the steps so far.
    sum: String,
    /// What the steps run on.
    session: Arc<Transaction>,
}

impl Journal {
    /// Goes on where the record stands.
    pub(super) fn new(record: Record, session: Arc<Transaction>) -> Self {
        Journal { record, sum: String::new(), session }
    }

    /// The record as it is now.
    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    pub(super) async fn step(
        &mut self,
        number: usize,
        effect: Effect,
        step: &Step<'_>,
        context: &Inside,
        bound: Option<Duration>,
    ) -> Result<u64> {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        self.sum = checksum::of_step(&self.sum, &self.text(step, context).await?);
        if number <= self.record.steps_done {
            if number == self.record.steps_done {
                self.check_same()?;
            }
            // what only the session knew went with it
            return match is_setting(step) {
                true => step.run(&context.executor, bound).await,
                false => Ok(0),
            };
        }
        let is_one_transaction = effect == Effect::Plain && context.capabilities.transactions;
        if self.record.step_begun == number && !is_one_transaction {
            return Err(self.unknown());
        }
        if is_one_transaction {
            return self.together(number, step, bound).await;
        }
        self.write(&context.executor, Change::default().set("step_begun", number)?).await?;
        self.record.step_begun = number;
        let outcome = step.run(&context.executor, bound).await;
        match outcome {
            Ok(rows) => {
                self.write(&context.executor, self.done(number)?).await?;
                self.is_done(number);
                Ok(rows)
            }
            Err(error) if is_answer(&error) => {
                // the server has refused it, so it did not take effect
                self.write(&context.executor, Change::default().set("step_begun", 0_i64)?).await?;
                self.record.step_begun = 0;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// A step and its record in one transaction.
    async fn together(
        &mut self,
        number: i64,
        step: &Step<'_>,
        bound: Option<Duration>,
    ) -> Result<u64> {
        let transaction = self.session.nested().await?;
        let on = transaction.executor();
        let rows = match step.run(&on, bound).await {
            Ok(rows) => rows,
            Err(error) => {
                // the cause matters more than a rollback that failed
                let _ = transaction.rollback().await;
                return Err(error);
            }
        };
        self.write(&on, self.done(number)?).await?;
        transaction.commit().await?;
        self.is_done(number);
        Ok(rows)
    }

    fn done(&self, number: i64) -> Result<Change> {
        Change::default()
            .set("steps_done", number)?
            .set("step_begun", 0_i64)?
            .set("progress", self.sum.clone())
    }

    fn is_done(&mut self, number: i64) {
        self.record.steps_done = number;
        self.record.step_begun = 0;
        self.record.progress = Some(self.sum.clone());
    }

    /// Refuses to go on behind steps that are others than those that ran.
    fn check_same(&self) -> Result<()> {
        match &self.record.progress {
            Some(progress) if *progress != self.sum => {
                let message = format!(
                    "the first {} steps have changed since they ran",
                    self.record.steps_done
                );
                Err(Error::new(ErrorKind::MigrationDrift, message)
                    .with_hint("write them as they were; what follows them may be changed"))
            }
            _ => Ok(()),
        }
    }

    /// What a step means to the checksum.
    async fn text(&self, step: &Step<'_>, context: &Inside) -> Result<String> {
        Ok(match step {
            Step::Text(part) => part.text.clone(),
            Step::Raw(raw, _) => raw.text().to_owned(),
            Step::Change(change) => context.reader.lock().await.render_change(change)?.join(";\n"),
        })
    }

    async fn write(&self, on: &Executor, change: Change) -> Result<()> {
        write(on, &change.of(&self.record.name, Some(&self.record.run))?).await
    }

    fn unknown(&self) -> Error {
        let (name, place) = (&self.record.name, self.record.place());
        let message = format!(
            "it was interrupted {place}, and whether that statement took effect cannot be told"
        );
        Error::new(ErrorKind::MigrationInterrupted, message).with_hint(format!(
            "look at the database, then `migrate:resolve {name} --retry` if it did not, or `--skip` if it \
             did, and run again"
        ))
    }
}

/// Writes to the history, and sees to it that it was ours to write.
pub(super) async fn write(on: &Executor, statement: &Statement) -> Result<()> {
    match on.execute(statement).await?.rows {
        0 => Err(overtaken()),
        _ => Ok(()),
    }
}

/// The error of a run that somebody else has taken over.
pub(super) fn overtaken() -> Error {
    let message = "somebody else has taken the migration over";
    Error::new(ErrorKind::MigrationLocked, message)
        .with_hint("look at `migrate:status` before the next run")
}

/// Whether the server has said no: with all others it is not known what it did.
fn is_answer(error: &Error) -> bool {
    use ErrorKind::{CommitUnknown, ConnectionLost, Timeout, TransactionAborted};
    !matches!(error.kind(), CommitUnknown | ConnectionLost | Timeout | TransactionAborted)
}

/// Whether a statement sets something that ends with the session.
fn is_setting(step: &Step<'_>) -> bool {
    let text = match step {
        Step::Text(part) => &part.text,
        Step::Raw(raw, _) => raw.text(),
        Step::Change(_) => return false,
    };
    let word: String = text.trim_start().chars().take_while(|c| c.is_ascii_alphabetic()).collect();
    ["SET", "PRAGMA", "USE"].iter().any(|known| word.eq_ignore_ascii_case(known))
}
