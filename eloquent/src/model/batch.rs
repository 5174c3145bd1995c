//! Rows to be added, in as few statements as they need.

use eloquent_core::driver::Capabilities;
use eloquent_core::value::Value;
use eloquent_core::{Error, Name, Result};

use super::draft::{Draft, DraftValues};
use super::{Model, ModelDef};
use crate::database::{Executor, Transaction};

/// Rows to be added. All of them have been checked, so that nothing is sent when one is wrong.
pub(crate) struct Batch {
    definition: &'static ModelDef,
    /// The values of all rows, one row after the other.
    pub(super) values: Vec<Value>,
    runs: Vec<Run>,
}

/// Rows in a row that give the same columns.
struct Run {
    given: Vec<usize>,
    rows: usize,
}

/// Rows of one statement.
pub(crate) struct Chunk {
    /// The positions of the columns that are given.
    pub(super) given: Vec<usize>,
    pub(crate) columns: Vec<Name>,
    pub(crate) values: Vec<Value>,
}

impl Chunk {
    pub(super) fn rows(&self) -> usize {
        if self.given.is_empty() { 1 } else { self.values.len() / self.given.len() }
    }

    pub(super) fn has(&self, position: usize) -> bool {
        self.given.contains(&position)
    }
}

impl Batch {
    /// Takes the values of drafts.
    ///
    /// # Errors
    /// For the first value that does not fit its column, and the first field that was not given.
    pub(crate) fn of<M: Model>(drafts: impl IntoIterator<Item = M::Draft>) -> Result<Self> {
        let definition = M::definition();
        let drafts = drafts.into_iter();
        let mut row = DraftValues::new(definition, drafts.size_hint().0);
        let mut runs: Vec<Run> = Vec::new();
        for draft in drafts {
            row.start();
            draft.into_values(&mut row);
            row.finish()?;
            match runs.last_mut() {
                Some(run) if run.given == row.given => run.rows += 1,
                _ => runs.push(Run { given: row.given.clone(), rows: 1 }),
            }
        }
        Ok(Batch { definition, values: row.values, runs })
    }

    /// The positions of the columns that the first row gives.
    pub(super) fn given(&self) -> &[usize] {
        self.runs.first().map_or(&[], |run| &run.given)
    }

    /// Whether there are rows of one statement that leave this column out.
    pub(super) fn leaves_out(&self, position: usize) -> bool {
        self.runs.iter().any(|run| run.rows > 1 && !run.given.contains(&position))
    }

    fn names(&self, given: &[usize]) -> Vec<Name> {
        given.iter().map(|position| self.definition.columns[*position].name.clone()).collect()
    }

    /// How many rows of each run a statement takes.
    fn room(&self, capabilities: &Capabilities) -> Result<Vec<usize>> {
        let room = |run: &Run| match run.given.len() {
            0 => Ok(1),
            width => match (capabilities.max_binds / width).min(capabilities.insert_rows) {
                0 => Err(Error::invalid("the row has more columns than a statement can bind")),
                room => Ok(room),
            },
        };
        let room: Result<_> = self.runs.iter().map(room).collect();
        room.map_err(|error| self.definition.locate(error))
    }

    /// Sends the rows, all of them in one transaction, and gives the outcome of each statement.
    pub(crate) async fn send<W: WriteChunk>(
        mut self,
        executor: &Executor,
        capabilities: &Capabilities,
        writer: &mut W,
    ) -> Result<Vec<W::Output>> {
        let room = self.room(capabilities)?;
        let prepared = writer.wants_transaction(&self);
        let runs = std::mem::take(&mut self.runs);
        if let [run] = &*runs
            && run.rows <= room[0]
            && !prepared
        {
            let columns = self.names(&run.given);
            let chunk = Chunk { given: run.given.clone(), columns, values: self.values };
            return Ok(vec![writer.write(executor, chunk).await?]);
        }
        let transaction = match capabilities.transactions && !runs.is_empty() {
            true => Some(Transaction::within(executor).await?),
            false => None,
        };
        let inner = transaction.as_ref().map_or_else(|| executor.clone(), Transaction::executor);
        if prepared {
            writer.prepare(&inner).await?;
        }
        let mut outcomes = Vec::new();
        let mut values = std::mem::take(&mut self.values).into_iter();
        for (run, room) in runs.iter().zip(room) {
            let mut left = run.rows;
            for statements in (1..=run.rows.div_ceil(room)).rev() {
                // of equal length, so that they have one text, or two
                let rows = left.div_ceil(statements);
                left -= rows;
                let count = rows * run.given.len();
                let mut part = Vec::with_capacity(count);
                // a loop: collecting asks before each value whether there is room
                for _ in 0..count {
                    part.extend(values.next());
                }
                let (given, columns) = (run.given.clone(), self.names(&run.given));
                let chunk = Chunk { given, columns, values: part };
                outcomes.push(writer.write(&inner, chunk).await?);
            }
        }
        if let Some(transaction) = transaction {
            transaction.commit().await?;
        }
        Ok(outcomes)
    }
}

/// Writes a part of the rows, as one statement.
pub(crate) trait WriteChunk: Send + Sync {
    /// What comes of it.
    type Output: Send;

    /// Whether [`prepare`](Self::prepare) has something to do, in the transaction of the rows.
    fn wants_transaction(&self, _batch: &Batch) -> bool {
        false
    }

    /// Called once before the first part.
    fn prepare(&mut self, _executor: &Executor) -> impl Future<Output = Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    fn write(
        &self,
        executor: &Executor,
        chunk: Chunk,
    ) -> impl Future<Output = Result<Self::Output>> + Send;
}
