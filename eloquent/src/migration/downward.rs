//! Undoing one migration.

use std::sync::Arc;
use std::time::Instant;

use eloquent_core::Result;

use super::context::Mode;
use super::journal::{Journal, overtaken, write};
use super::migrations::Known;
use super::migrator::{Migrator, Run};
use super::outcome::{Direction, Done};
use super::tracker::{self, Change, Record, State};
use crate::database::Transaction;

impl Migrator {
    /// Undoes a migration; `None` when somebody else has had the turn.
    pub(super) async fn revert(
        &self,
        record: Record,
        steps: usize,
        run: &Run,
    ) -> Result<Option<Done>> {
        let known = self.known(&record.name)?;
        let can = run.capabilities.transactional_ddl && run.capabilities.transactions;
        let began = Instant::now();
        let (name, batch) = (record.name.clone(), record.batch);
        let mut resumed_behind = 0;
        let undone =
            if can && known.migration().is_transactional() && record.state == State::Applied {
                self.revert_whole(&name, known, steps, run).await?
            } else {
                if record.state == State::Reverting {
                    resumed_behind = usize::try_from(record.steps_done).unwrap_or_default();
                }
                self.revert_each(record, known, steps, run).await?;
                true
            };
        let elapsed = began.elapsed();
        let direction = Direction::Down;
        Ok(undone.then_some(Done { name, direction, batch, resumed_behind, elapsed }))
    }

    async fn revert_whole(
        &self,
        name: &str,
        known: &Known,
        steps: usize,
        run: &Run,
    ) -> Result<bool> {
        let transaction = self.begin(&run.wait).await?;
        transaction.close_afterwards().await?;
        let on = transaction.executor();
        on.ready_to_migrate(true).await?;
        match tracker::read(&on, Some(name)).await?.pop() {
            None => return Ok(false),
            Some(record) if record.state != State::Applied => return Err(overtaken()),
            Some(_) => {}
        }
        let context = self.context(on.clone(), steps, Mode::Whole, run);
        let moved = run.wait.stop.cuts(transaction.scope(known.migration().down(&context))).await;
        if let Err(error) = moved {
            let _ = transaction.rollback().await;
            return Err(error);
        }
        write(&on, &tracker::delete(name, None)?).await?;
        run.verify_inside().await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn revert_each(
        &self,
        record: Record,
        known: &Known,
        steps: usize,
        run: &Run,
    ) -> Result<()> {
        let name = record.name.clone();
        let session = Arc::new(Transaction::pinned(&self.connection).await?);
        let on = session.executor();
        on.ready_to_migrate(false).await?;
        let record = match record.state {
            State::Reverting => record,
            _ => {
                let change = Change::default()
                    .set("state", State::Reverting.name().to_owned())?
                    .set("steps_done", 0_i64)?
                    .set("step_begun", 0_i64)?
                    .set("progress", None::<String>)?;
                write(&on, &change.of(&name, Some(&record.run))?).await?;
                let state = State::Reverting;
                Record { state, steps_done: 0, step_begun: 0, progress: None, ..record }
            }
        };
        let record = self.resume(record, steps, &on, run).await?;
        let journal = Box::new(Journal::new(record, session.clone()));
        let mode = Mode::Each { journal, held: run.held.clone() };
        let context = self.context(on.clone(), steps, mode, run);
        let outcome = session.scope(known.migration().down(&context)).await;
        self.ended(context, outcome, run).await?;
        write(&on, &tracker::delete(&name, Some(&run.wait.run))?).await
    }
}
