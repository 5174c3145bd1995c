//! Queries for a part of the columns.

use eloquent_core::Result;
use eloquent_core::row::RowReader;
use eloquent_core::statement::Projection;

use super::{Collect, Plan, Query, Running, Selection};
use crate::database::{Rows, Target};
use crate::model::{Model, ModelDef, View, ViewColumns, ViewOf};

/// A query whose rows are something else than the model: tuples, single values, views. It comes last,
/// after all other clauses.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let pairs: Vec<(String, i64)> = User::query().select(|u| (u.name, u.age)).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until it is awaited"]
pub struct Selected<T> {
    plan: Plan,
    definition: &'static ModelDef,
    read: fn(&mut RowReader<'_>) -> Result<T>,
}

impl<M: Model, C: Copy> Query<M, C> {
    /// Reads only these columns or expressions.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
    /// # async fn example() -> eloquent::Result<()> {
    /// let names: Vec<(i64, String)> = User::query().select(|u| (u.id, u.name)).await?;
    /// let by_age: Vec<(i64, i64)> =
    ///     User::query().group_by(|u| u.age).select(|u| (u.age, count())).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn select<S: Selection>(mut self, selection: impl FnOnce(C) -> S) -> Selected<S::Output> {
        let mut expressions = Vec::new();
        selection(self.columns).give(&mut expressions);
        self.plan.select.projection = Projection::Expressions(expressions);
        Selected { plan: self.plan, definition: M::definition(), read: S::read }
    }

    /// Reads only these columns or expressions, into the fields of a view in their order.
    pub fn select_as<V, S>(mut self, selection: impl FnOnce(C) -> S) -> Selected<V>
    where
        V: View,
        S: Selection<Output = V::Row>,
    {
        let mut expressions = Vec::new();
        selection(self.columns).give(&mut expressions);
        self.plan.select.projection = Projection::Expressions(expressions);
        Selected { plan: self.plan, definition: M::definition(), read: V::from_row }
    }

    /// Reads only the columns of a view that was declared `#[view(of = ..)]` this model.
    pub fn view<V: ViewOf<M, Columns = M::Columns>>(mut self) -> Selected<V> {
        let mut columns = ViewColumns::default();
        V::project(M::columns(eloquent_core::statement::Source(0)), &mut columns);
        self.plan.select.projection = Projection::Expressions(columns.0);
        Selected { plan: self.plan, definition: M::definition(), read: V::from_row }
    }

    /// The values of one column or expression.
    ///
    /// # Errors
    /// What the database reports, and a value that does not fit.
    pub async fn pluck<S: Selection>(self, column: impl FnOnce(C) -> S) -> Result<Vec<S::Output>> {
        let selected = self.select(column);
        selected.await
    }
}

impl<T: Send + 'static> Selected<T> {
    /// Runs it elsewhere; see [`Query::on`].
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        Target::replace(&mut self.plan.target, target.into());
        self
    }

    /// The rows. Awaiting it does the same.
    ///
    /// # Errors
    /// What the database reports, and a row that does not fit.
    pub async fn get(self) -> Result<Vec<T>> {
        self.plan.all(self.definition, self.read).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn first(mut self) -> Result<Option<T>> {
        self.plan.at_most(1);
        self.plan.one(self.definition, self.read).await
    }

    /// The one row that matches.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind) when none does,
    /// [`ErrorKind::NotUnique`](crate::ErrorKind) when several do.
    pub async fn sole(mut self) -> Result<T> {
        self.plan.at_most(2);
        let (target, definition) = (self.plan.target.clone(), self.definition);
        super::one::sole(self.get().await?, target.as_ref(), definition)
    }

    /// The rows one after the other, with bounded memory.
    pub fn stream(self) -> Rows<T> {
        self.plan.stream(self.definition, self.read)
    }

    /// The text that would be sent, without bound values.
    ///
    /// # Errors
    /// What the database lacks, or that it cannot be reached.
    pub async fn to_sql(self) -> Result<String> {
        self.plan.render(self.definition).await
    }

    /// How the database would run it, in its own words.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn explain(self) -> Result<String> {
        self.plan.explain(self.definition).await
    }
}

impl<T> Clone for Selected<T> {
    fn clone(&self) -> Self {
        Selected { plan: self.plan.clone(), definition: self.definition, read: self.read }
    }
}

impl<T> std::fmt::Debug for Selected<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Selected").field("model", &self.definition.name).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> IntoFuture for Selected<T> {
    type Output = Result<Vec<T>>;
    type IntoFuture = Running<Collect<T>>;

    fn into_future(self) -> Self::IntoFuture {
        self.plan.all(self.definition, self.read)
    }
}
