//! One row.

use std::marker::PhantomData;

use eloquent_core::{Error, ErrorKind, Result};

use super::{First, Plan, Running};
use crate::database::{Target, at_target};
use crate::model::{Model, ModelDef};

/// A query for one row, if there is one. Awaited, it gives an `Option`.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let maybe: Option<User> = User::query().order_by(|u| u.age.desc()).first().await?;
/// let user: User = User::find(1).or_fail().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until it is awaited"]
pub struct One<M> {
    plan: Result<Plan>,
    missing: &'static str,
    model: PhantomData<fn() -> M>,
}

impl<M: Model> One<M> {
    pub(crate) fn new(plan: Plan, missing: &'static str) -> Self {
        Self::planned(Ok(plan), missing)
    }

    pub(crate) fn planned(plan: Result<Plan>, missing: &'static str) -> Self {
        One { plan, missing, model: PhantomData }
    }

    /// Runs it elsewhere; see [`Query::on`](super::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        if let Ok(plan) = &mut self.plan {
            Target::replace(&mut plan.target, target.into());
        }
        self
    }

    /// The row.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none, naming the model.
    pub async fn or_fail(self) -> Result<M> {
        let missing = self.missing;
        let target = self.plan.as_ref().ok().and_then(|plan| plan.target.clone());
        match self.await? {
            Some(row) => Ok(row),
            None => {
                let error = M::definition().locate(Error::new(ErrorKind::NotFound, missing));
                Err(at_target(target.as_ref(), M::definition())(error))
            }
        }
    }
}

impl<M: Model> IntoFuture for One<M> {
    type Output = Result<Option<M>>;
    type IntoFuture = Running<First<M>>;

    fn into_future(self) -> Self::IntoFuture {
        Running::new(self.plan, M::definition(), First::new(M::from_row))
    }
}

impl<M: Model> std::fmt::Debug for One<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("One").field("model", &M::definition().name).finish_non_exhaustive()
    }
}

/// The one of at most two rows.
pub(crate) fn sole<T>(
    mut rows: Vec<T>,
    target: Option<&Target>,
    definition: &'static ModelDef,
) -> Result<T> {
    let (kind, message) = match (rows.pop(), rows.is_empty()) {
        (Some(row), true) => return Ok(row),
        (None, _) => (ErrorKind::NotFound, "no row matches"),
        (Some(_), false) => (ErrorKind::NotUnique, "more than one row matches"),
    };
    Err(at_target(target, definition)(definition.locate(Error::new(kind, message))))
}
