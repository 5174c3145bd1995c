//! Adding rows, or changing those that exist already.

use std::marker::PhantomData;

use eloquent_core::statement::{
    Assignment, ColumnRef, Conflict, ConflictAction, Expression, Insert, Source, Statement,
};
use eloquent_core::{Error, ErrorKind, Name, Result};

use super::{BoxFuture, Selection};
use crate::database::{Executor, Located, Target, at_target};
use crate::model::{Batch, Chunk, Columns as _, Model, ModelDef, WriteChunk};

/// Adds rows, or changes those that exist already. Awaited, it gives the number of rows that were
/// written.
///
/// Which rows exist already is decided by the columns of one unique index, named with
/// [`unique_by`](Self::unique_by).
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, #[model(unique)] email: String, name: String }
/// # async fn example() -> eloquent::Result<()> {
/// let drafts = [new!(User { email: "ada@example.org", name: "Ada" })];
/// let written = User::upsert(drafts).unique_by(|u| u.email).update(|u| u.name).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is written until it is awaited"]
pub struct Upsert<M: Model> {
    batch: Result<Batch>,
    target: Option<Target>,
    unique_by: Result<Vec<Name>>,
    update: Result<Option<Vec<Name>>>,
    ignore: bool,
    model: PhantomData<fn() -> M>,
}

impl<M: Model> Upsert<M> {
    pub(crate) fn new(drafts: impl IntoIterator<Item = M::Draft>) -> Self {
        Upsert {
            batch: Batch::of::<M>(drafts),
            target: None,
            unique_by: Ok(Vec::new()),
            update: Ok(None),
            ignore: false,
            model: PhantomData,
        }
    }

    /// Runs it elsewhere; see [`Query::on`](super::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// Names the columns of the unique index or key that decides which rows exist already.
    pub fn unique_by<S: Selection>(mut self, columns: impl FnOnce(M::Columns) -> S) -> Self {
        self.unique_by = names(columns(M::columns(Source(0))), M::definition());
        self
    }

    /// Names the columns that are changed in rows that exist already. Without it: all that are given,
    /// but for the key, the columns that decide and the time of creation.
    pub fn update<S: Selection>(mut self, columns: impl FnOnce(M::Columns) -> S) -> Self {
        self.update = names(columns(M::columns(Source(0))), M::definition()).map(Some);
        self
    }

    /// Leaves rows that exist already as they are.
    pub fn ignore(mut self) -> Self {
        self.ignore = true;
        self
    }

    async fn run(self) -> Result<u64> {
        let target = self.target.clone();
        let outcome = self.write().await.locate(M::definition());
        outcome.map_err(at_target(target.as_ref(), M::definition()))
    }

    async fn write(self) -> Result<u64> {
        let definition = M::definition();
        let (unique_by, update) = (self.unique_by?, self.update?);
        if unique_by.is_empty() {
            return Err(definition
                .locate(Error::invalid("an upsert has to say which rows exist already"))
                .with_hint("name the columns of a unique index: `.unique_by(|u| u.email)`"));
        }
        let executor = Executor::resolve(self.target.clone(), Some(definition))?;
        let capabilities = executor.capabilities().await?;
        if !capabilities.upsert {
            let driver = executor.connection().driver();
            return Err(definition.locate(Error::unsupported("upsert", driver)));
        }
        let batch = self.batch?;
        let ignore = self.ignore;
        let mut writer = Writer::<M> { unique_by, update, ignore, written: 0, model: PhantomData };
        let sent = batch.send(&executor, &capabilities, &mut writer).await;
        sent.map_err(|error| match error.kind() {
            // the database refuses columns without a unique index, and does not name them
            ErrorKind::InvalidInput => error.with_column(writer.unique_by.join(", ")),
            _ => error,
        })?;
        Ok(writer.written)
    }
}

struct Writer<M> {
    unique_by: Vec<Name>,
    update: Option<Vec<Name>>,
    ignore: bool,
    written: u64,
    model: PhantomData<fn() -> M>,
}

impl<M: Model> Writer<M> {
    fn conflict(&self, columns: &[Name]) -> Result<Conflict> {
        let absent = self.update.iter().flatten().find(|name| !columns.contains(name));
        if let Some(name) = absent.filter(|_| !self.ignore) {
            let error = Error::invalid("a column that is to be changed is not given");
            return Err(M::definition().locate(error.with_column(name.clone())));
        }
        let changed = |name: &&Name| match &self.update {
            Some(named) => named.contains(name),
            None => is_changed::<M>(name) && !self.unique_by.contains(name),
        };
        let assignments: Vec<_> = columns.iter().filter(changed).map(excluded::<M>).collect();
        let action = if self.ignore || assignments.is_empty() {
            ConflictAction::Ignore
        } else {
            ConflictAction::Update(assignments)
        };
        Ok(Conflict { target: self.unique_by.clone(), action })
    }
}

impl<M: Model> WriteChunk for Writer<M> {
    async fn write(&mut self, executor: &Executor, chunk: Chunk) -> Result<()> {
        let Chunk { columns, values, .. } = chunk;
        let conflict = Some(self.conflict(&columns)?);
        let table = M::definition().table.into();
        let insert = Insert { table, columns, values, conflict, returning: None };
        let affected = executor.execute(&Statement::Insert(insert)).await;
        self.written += affected.locate(M::definition())?.rows;
        Ok(())
    }
}

fn is_changed<M: Model>(name: &Name) -> bool {
    let definition = M::definition();
    let position = definition.columns.iter().position(|column| column.name == *name);
    position.is_some_and(|p| !definition.key.contains(&p) && definition.created_at != Some(p))
}

fn excluded<M: Model>(name: &Name) -> Assignment {
    let ty =
        M::definition().columns.iter().find(|column| column.name == *name).map(|column| column.ty);
    let column = ColumnRef { source: M::columns(Source(0)).source(), name: name.clone(), ty };
    Assignment { value: Expression::Excluded(column.clone()), column }
}

/// The names of columns; anything else would be left out in silence.
fn names(selection: impl Selection, definition: &'static ModelDef) -> Result<Vec<Name>> {
    let mut expressions = Vec::new();
    selection.give(&mut expressions);
    let columns = expressions.into_iter().map(|expression| match expression {
        Expression::Column(column) => Ok(column.name),
        _ => Err(definition.locate(Error::invalid("an upsert names columns, not expressions"))),
    });
    columns.collect()
}

impl<M: Model> IntoFuture for Upsert<M> {
    type Output = Result<u64>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<M: Model> std::fmt::Debug for Upsert<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upsert").field("model", &M::definition().name).finish_non_exhaustive()
    }
}
