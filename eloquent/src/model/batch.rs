//! Rows to be added, in as few statements as they need.

use std::cell::Cell;
use std::iter::{Peekable, Zip};
use std::vec::IntoIter;

use eloquent_core::driver::Capabilities;
use eloquent_core::value::Value;
use eloquent_core::{Error, Name, Result};

use super::draft::{Draft, DraftValues};
use super::{Model, ModelDef};
use crate::database::{Executor, Transaction};

/// Rows in a piece: what an embedded database takes at best in one statement.
pub(super) const PIECE: usize = 64;

/// Lists of values that a thread keeps for their room.
const SPARES: usize = 2;
/// A list that has grown beyond this many values is given back.
const LARGEST_SPARE: usize = 1024;

thread_local! {
    static SPARE: Cell<Vec<Vec<Value>>> = const { Cell::new(Vec::new()) };
}

/// An empty list, with the room of one that was sent where there is one: to ask for a block of its size
/// makes the allocator tidy up all the small ones that were freed before.
pub(super) fn empty_list() -> Vec<Value> {
    let spare = SPARE.try_with(|place| {
        let mut spares = place.take();
        let spare = spares.pop();
        place.set(spares);
        spare
    });
    spare.ok().flatten().unwrap_or_default()
}

/// Keeps the room of a list that was sent.
pub(super) fn keep_room(mut values: Vec<Value>) {
    values.clear();
    if values.capacity() > LARGEST_SPARE {
        return;
    }
    // a thread that ends keeps nothing any more
    let _ = SPARE.try_with(|place| {
        let mut spares = place.take();
        if spares.len() < SPARES {
            spares.push(values);
        }
        place.set(spares);
    });
}

/// Rows to be added. All of them have been checked, so that nothing is sent when one is wrong.
///
/// They lie in pieces, because one large block would have to be taken apart again.
pub(crate) struct Batch {
    definition: &'static ModelDef,
    pieces: Vec<Piece>,
}

/// Rows in a row that give the same columns.
#[derive(Default)]
pub(super) struct Piece {
    pub(super) given: Vec<usize>,
    pub(super) rows: usize,
    pub(super) values: Vec<Value>,
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
        let mut drafts = drafts.into_iter();
        let mut values = DraftValues::new(M::definition());
        while let Some(draft) = drafts.next() {
            values.start(drafts.size_hint().0);
            draft.into_values(&mut values);
            values.finish()?;
        }
        Ok(Batch { definition: M::definition(), pieces: values.into_pieces() })
    }

    /// The values of the only row, and the positions of the columns that it gives.
    pub(super) fn into_row(mut self) -> (Vec<usize>, Vec<Value>) {
        self.pieces.pop().map(|piece| (piece.given, piece.values)).unwrap_or_default()
    }

    /// Whether there are rows of one statement that leave this column out.
    pub(super) fn leaves_out(&self, position: usize) -> bool {
        self.pieces.iter().any(|piece| piece.rows > 1 && !piece.given.contains(&position))
    }

    /// How many there are.
    pub(super) fn rows(&self) -> usize {
        self.pieces.iter().map(|piece| piece.rows).sum()
    }

    /// Whether a single statement takes them all.
    pub(super) fn is_one_statement(&self, capabilities: &Capabilities) -> bool {
        let Some(Piece { given, .. }) = self.pieces.first() else { return true };
        let rows = self.rows();
        rows <= capabilities.insert_rows
            && rows.saturating_mul(given.len()) <= capabilities.max_binds
            && self.pieces.iter().all(|piece| piece.given == *given)
    }

    /// Rows for statements that take what this database takes.
    fn chunks(self, capabilities: &Capabilities) -> Result<Chunks> {
        let room = |piece: &Piece| match piece.given.len() {
            0 => Ok(1),
            width => match (capabilities.max_binds / width).min(capabilities.insert_rows) {
                0 => Err(Error::invalid("the row has more columns than a statement can bind")),
                room => Ok(room),
            },
        };
        let room: Result<_> = self.pieces.iter().map(room).collect();
        let room: Vec<usize> = room.map_err(|error| self.definition.locate(error))?;
        let pieces = self.pieces.into_iter().zip(room).peekable();
        Ok(Chunks { definition: self.definition, pieces, rest: None })
    }

    /// Sends the rows, all of them in one transaction.
    pub(crate) async fn send(
        self,
        executor: &Executor,
        capabilities: &Capabilities,
        writer: &mut impl WriteChunk,
    ) -> Result<()> {
        let prepared = writer.wants_transaction(&self);
        let mut chunks = self.chunks(capabilities)?;
        let Some(first) = chunks.next() else { return Ok(()) };
        if !prepared && chunks.is_empty() {
            return writer.write(executor, first).await;
        }
        // In boxes of less than a kilobyte: for a larger block the allocator tidies up all small ones.
        Box::pin(Self::send_as_one(executor, capabilities, writer, prepared, first, chunks)).await
    }

    /// Sends statements in a transaction, where there are any.
    async fn send_as_one(
        executor: &Executor,
        capabilities: &Capabilities,
        writer: &mut impl WriteChunk,
        prepared: bool,
        first: Chunk,
        mut chunks: Chunks,
    ) -> Result<()> {
        let transaction = match capabilities.transactions {
            true => Some(Box::pin(Transaction::within(executor)).await?),
            false => None,
        };
        let inner = transaction.as_ref().map_or_else(|| executor.clone(), Transaction::executor);
        if prepared {
            Box::pin(writer.prepare(&inner)).await?;
        }
        let mut next = Some(first);
        while let Some(chunk) = next {
            Box::pin(writer.write(&inner, chunk)).await?;
            next = chunks.next();
        }
        if let Some(transaction) = transaction {
            Box::pin(transaction.commit()).await?;
        }
        Ok(())
    }
}

/// Pieces, put together or taken apart so that they fill statements.
struct Chunks {
    definition: &'static ModelDef,
    pieces: Peekable<Zip<IntoIter<Piece>, IntoIter<usize>>>,
    /// What was too much for the last statement.
    rest: Option<(Piece, usize)>,
}

impl Chunks {
    fn is_empty(&mut self) -> bool {
        self.rest.is_none() && self.pieces.peek().is_none()
    }
}

impl Iterator for Chunks {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let (mut piece, room) = self.rest.take().or_else(|| self.pieces.next())?;
        let joins = |next: &(Piece, usize), piece: &Piece| {
            next.0.given == piece.given && piece.rows + next.0.rows <= room
        };
        while let Some((next, _)) = self.pieces.next_if(|next| joins(next, &piece)) {
            piece.values.extend(next.values);
            piece.rows += next.rows;
        }
        if piece.rows > room {
            let values = piece.values.split_off(room * piece.given.len());
            let rest = Piece { given: piece.given.clone(), rows: piece.rows - room, values };
            self.rest = Some((rest, room));
        }
        let name = |position: &usize| self.definition.columns[*position].name.clone();
        let columns = piece.given.iter().map(name).collect();
        Some(Chunk { given: piece.given, columns, values: piece.values })
    }
}

/// Writes rows a part at a time, each as one statement, and keeps what comes of it.
pub(crate) trait WriteChunk: Send {
    /// Whether [`prepare`](Self::prepare) has something to do, in the transaction of the rows.
    fn wants_transaction(&self, _batch: &Batch) -> bool {
        false
    }

    /// Called once before the first part.
    fn prepare(&mut self, _executor: &Executor) -> impl Future<Output = Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    fn write(
        &mut self,
        executor: &Executor,
        chunk: Chunk,
    ) -> impl Future<Output = Result<()>> + Send;
}
