//! Changing and removing the row of a model.

use eloquent_core::statement::{
    Assignment, ColumnRef, Delete, Expression, Predicate, Source, Statement, Update,
};
use eloquent_core::value::Value;
use eloquent_core::{Error, ErrorKind, Result};

use super::insert::rebuild;
use super::{Model, ModelDef, key_filter, now};
use crate::database::{Executor, Located, Target, at_target};
use crate::query::Query;

type BoxFuture<'f, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'f>>;

/// Changes to a row, to be written. Awaited, it says whether there were any.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let mut user = User::find(1).or_fail().await?;
/// let written: bool = user.update(|u| u.age += 1).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is written until it is awaited"]
pub struct UpdateOne<'m, M: Model> {
    change: Result<Change<'m, M>>,
    target: Option<Target>,
}

/// A model with changes that are not written yet: dropped, it is as before.
struct Change<'m, M: Model> {
    model: &'m mut M,
    before: Vec<Value>,
    written: bool,
}

impl<M: Model> Drop for Change<'_, M> {
    fn drop(&mut self) {
        if !self.written
            && let Ok(model) = rebuild(M::definition(), &self.before)
        {
            *self.model = model;
        }
    }
}

impl<'m, M: Model> UpdateOne<'m, M> {
    pub(super) fn new(model: &'m mut M, change: impl FnOnce(&mut M)) -> Self {
        let before = values(model);
        let change = before.map(|before| {
            let pending = Change { model, before, written: false };
            change(pending.model);
            pending
        });
        UpdateOne { change, target: None }
    }

    /// Writes elsewhere; see [`Query::on`](crate::query::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.target = Some(target.into());
        self
    }

    async fn run(self) -> Result<bool> {
        let UpdateOne { change, target } = self;
        let outcome = Self::write(change, target.as_ref()).await;
        outcome.map_err(at_target(target.as_ref(), M::definition()))
    }

    async fn write(change: Result<Change<'m, M>>, target: Option<&Target>) -> Result<bool> {
        let mut change = change?;
        let definition = M::definition();
        let differs = |after: &[Value], position: usize| after[position] != change.before[position];
        let mut after = values(change.model)?;
        if let Some(position) = definition.key.iter().find(|position| differs(&after, **position)) {
            let error = Error::invalid("the primary key of a row cannot be changed");
            let column = definition.columns[*position].name.clone();
            return Err(definition
                .locate(error.with_column(column))
                .with_hint("create a new row and delete this one"));
        }
        if (0..after.len()).all(|position| !differs(&after, position)) {
            change.written = true;
            return Ok(false);
        }
        // it is written even if it is still the same moment
        let touched = definition.updated_at.filter(|position| !differs(&after, *position));
        if let Some(position) = touched {
            change.model.touch(now());
            after[position] = value_of(change.model, position)?;
        }
        let filter = key_filter(definition, &change.model.key())?;
        let mut assignments = Vec::new();
        for (position, (value, column)) in after.into_iter().zip(definition.columns).enumerate() {
            if value != change.before[position] || touched == Some(position) {
                column.check(&value).locate(definition)?;
                let reference =
                    ColumnRef { source: Source(0), name: column.name.clone(), ty: Some(column.ty) };
                assignments.push(Assignment { column: reference, value: Expression::Value(value) });
            }
        }
        let table = definition.table.into();
        let update =
            Update { table, assignments, filter, all: false, by_key: true, returning: None };
        let executor = Executor::resolve(target.cloned(), Some(definition))?;
        let affected = executor.execute(&Statement::Update(update)).await.locate(definition)?;
        if affected.rows == 0 {
            return Err(stale(definition));
        }
        change.written = true;
        Ok(true)
    }
}

impl<'m, M: Model> IntoFuture for UpdateOne<'m, M> {
    type Output = Result<bool>;
    type IntoFuture = BoxFuture<'m, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<M: Model> std::fmt::Debug for UpdateOne<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpdateOne").field("model", &M::definition().name).finish_non_exhaustive()
    }
}

fn values<M: Model>(model: &M) -> Result<Vec<Value>> {
    (0..M::definition().columns.len()).map(|position| value_of(model, position)).collect()
}

fn value_of<M: Model>(model: &M, position: usize) -> Result<Value> {
    model.value_of(position).map_err(|mismatch| {
        let definition = M::definition();
        let column = definition.columns[position].name.clone();
        definition.locate(mismatch.into_encode_error().with_column(column))
    })
}

fn stale(definition: &'static ModelDef) -> Error {
    definition
        .locate(Error::new(ErrorKind::Stale, "the row is gone"))
        .with_hint("it was removed since it was read; nothing was written")
}

/// The removal of a row.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// User::find(1).or_fail().await?.delete().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is removed until it is awaited"]
pub struct DeleteOne {
    filter: Result<Vec<Predicate>>,
    definition: &'static ModelDef,
    target: Option<Target>,
}

impl DeleteOne {
    pub(super) fn new<M: Model>(model: &M) -> Self {
        let definition = M::definition();
        DeleteOne { filter: key_filter(definition, &model.key()), definition, target: None }
    }

    /// Removes it elsewhere; see [`Query::on`](crate::query::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.target = Some(target.into());
        self
    }

    async fn run(self) -> Result<()> {
        let DeleteOne { filter, definition, target } = self;
        let target = target.as_ref();
        let table = definition.table.into();
        let filter = filter.map_err(at_target(target, definition))?;
        let delete = Delete { table, filter, all: false, by_key: true, returning: None };
        let executor = Executor::resolve(target.cloned(), Some(definition))?;
        match executor.execute(&Statement::Delete(delete)).await.locate(definition)?.rows {
            0 => Err(at_target(target, definition)(stale(definition))),
            _ => Ok(()),
        }
    }
}

impl IntoFuture for DeleteOne {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for DeleteOne {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeleteOne").field("model", &self.definition.name).finish_non_exhaustive()
    }
}

pub(super) async fn refresh<M: Model>(model: &mut M, target: Option<Target>) -> Result<()> {
    let definition = M::definition();
    let mut plan = Query::<M>::new().plan;
    plan.select.filter =
        key_filter(definition, &model.key()).map_err(at_target(target.as_ref(), definition))?;
    plan.target.clone_from(&target);
    match plan.fetch_model::<M>().await?.pop() {
        Some(row) => *model = row,
        None => return Err(at_target(target.as_ref(), definition)(stale(definition))),
    }
    Ok(())
}
