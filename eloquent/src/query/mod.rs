//! Queries: the fluent builder, from a model to rows.

mod aggregate;
mod chunk;
mod expr;
mod filter;
mod join;
mod one;
mod path;
mod pipeline;
mod raw;
mod running;
mod selected;
mod selection;
mod sink;
mod upsert;
mod write;

use std::marker::PhantomData;

use eloquent_core::Result;
use eloquent_core::row::RowReader;
use eloquent_core::statement::{Projection, Select, Source, Statement};

pub(crate) use aggregate::count_of;
pub use chunk::Chunks;
pub use expr::{
    Assign, ChangeList, Col, Compare, Condition, ElementOf, Expr, Handle, Handles, IntoExpr, List,
    Nested, Number, Operand, Optional, count, raw,
};
pub use filter::IntoOrder;
pub use join::Scope;
pub use one::One;
#[doc(hidden)]
pub use path::{Place, Top, Way, Within};
pub use pipeline::Aggregation;
pub(crate) use pipeline::column;
pub use raw::RawQuery;
pub(crate) use raw::rows_of;
pub use running::Running;
pub use selected::Selected;
pub use selection::Selection;
pub use upsert::Upsert;
pub use write::{IntoAssignments, MassWrite};

pub(crate) use sink::{Collect, First};

use crate::database::{Executor, Located, Rows, Target};
use crate::model::{Model, ModelDef};

/// A boxed future, as builders become when they are awaited.
pub(crate) type BoxFuture<T> = std::pin::Pin<Box<dyn Future<Output = T> + Send>>;

/// A query for rows of the model `M`. `C` is what closures see: the columns of the model, and after a
/// join a tuple with those of the joined ones.
///
/// It does nothing until it is awaited. It can be cloned and used again.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let adults = User::query().filter(|u| u.age.ge(18));
/// let first = adults.clone().order_by(|u| u.name.asc()).limit(10).await?;
/// let all = adults.count().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until it is awaited"]
pub struct Query<M: Model, C = <M as Model>::Columns> {
    pub(crate) plan: Plan,
    pub(crate) columns: C,
    model: PhantomData<fn() -> M>,
}

/// What a query is, without its types.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) select: Select,
    pub(crate) target: Option<Target>,
}

impl<M: Model> Query<M> {
    pub(crate) fn new() -> Self {
        let definition = M::definition();
        let select = Select::new(definition.table, Projection::Columns(definition.columns));
        let plan = Plan { select, target: None };
        Query { plan, columns: M::columns(Source(0)), model: PhantomData }
    }
}

impl<M: Model, C: Copy> Query<M, C> {
    pub(crate) fn with_columns<D>(self, columns: D) -> Query<M, D> {
        Query { plan: self.plan, columns, model: PhantomData }
    }

    /// Runs it elsewhere than on the model's connection: on a connection by name, a
    /// [`Db`](crate::Db), a [`Connection`](crate::Connection) or a [`Transaction`](crate::Transaction).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        Target::replace(&mut self.plan.target, target.into());
        self
    }

    /// Adds clauses if there is a value for them.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, age: i64 }
    /// # fn example(min_age: Option<i64>) {
    /// let query = User::query().when(min_age, |query, min| query.filter(|u| u.age.ge(min)));
    /// # }
    /// ```
    pub fn when<T>(self, value: Option<T>, clauses: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => clauses(self, value),
            None => self,
        }
    }

    /// Applies a function that adds clauses: a scope that is used in many places.
    pub fn scope(self, clauses: impl FnOnce(Self) -> Self) -> Self {
        clauses(self)
    }

    /// The rows. Awaiting the query does the same.
    ///
    /// # Errors
    /// What the database reports, and a row that does not fit the model.
    pub async fn get(self) -> Result<Vec<M>> {
        self.plan.fetch_model::<M>().await
    }

    /// The first row, if there is one. Without an order, any.
    pub fn first(mut self) -> One<M> {
        self.plan.at_most(1);
        One::new(self.plan, "no row matches")
    }

    /// The one row that matches.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind) when none does,
    /// [`ErrorKind::NotUnique`](crate::ErrorKind) when several do.
    pub async fn sole(mut self) -> Result<M> {
        self.plan.at_most(2);
        let target = self.plan.target.clone();
        one::sole(self.plan.fetch_model::<M>().await?, target.as_ref(), M::definition())
    }

    /// The rows one after the other, with bounded memory.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, name: String }
    /// # async fn example() -> eloquent::Result<()> {
    /// let mut users = User::query().stream();
    /// while let Some(user) = users.next().await {
    ///     println!("{}", user?.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(self) -> Rows<M> {
        self.plan.stream(M::definition(), M::from_row)
    }

    /// The text that would be sent, without bound values.
    ///
    /// # Errors
    /// What the database lacks, or that it cannot be reached.
    pub async fn to_sql(self) -> Result<String> {
        self.plan.render(M::definition()).await
    }

    /// How the database would run it, in its own words.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn explain(self) -> Result<String> {
        self.plan.explain(M::definition()).await
    }
}

impl<M: Model, C: Clone> Clone for Query<M, C> {
    fn clone(&self) -> Self {
        Query { plan: self.plan.clone(), columns: self.columns.clone(), model: PhantomData }
    }
}

impl<M: Model, C> std::fmt::Debug for Query<M, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query").field("model", &M::definition().name).finish_non_exhaustive()
    }
}

impl<M: Model, C> IntoFuture for Query<M, C> {
    type Output = Result<Vec<M>>;
    type IntoFuture = Running<Collect<M>>;

    fn into_future(self) -> Self::IntoFuture {
        self.plan.fetch_model()
    }
}

impl Plan {
    /// Lowers the limit; one that is lower already stays.
    pub(crate) fn at_most(&mut self, rows: u64) {
        self.select.limit = Some(self.select.limit.map_or(rows, |limit| limit.min(rows)));
    }

    pub(crate) fn fetch_model<M: Model>(self) -> Running<Collect<M>> {
        self.all(M::definition(), M::from_row)
    }

    /// All rows, each read in this way.
    pub(crate) fn all<T: Send + 'static>(
        self,
        definition: &'static ModelDef,
        read: fn(&mut RowReader<'_>) -> Result<T>,
    ) -> Running<Collect<T>> {
        Running::new(Ok(self), definition, Collect::new(read))
    }

    /// The first row and no more.
    pub(crate) fn one<T: Send + 'static>(
        self,
        definition: &'static ModelDef,
        read: fn(&mut RowReader<'_>) -> Result<T>,
    ) -> Running<First<T>> {
        Running::new(Ok(self), definition, First::new(read))
    }

    pub(crate) fn stream<T: Send + 'static>(
        self,
        definition: &'static ModelDef,
        read: fn(&mut RowReader<'_>) -> Result<T>,
    ) -> Rows<T> {
        let executor = Executor::resolve(self.target, Some(definition));
        Rows::new(executor, Statement::Select(self.select), Some(definition), read)
    }

    pub(crate) async fn render(self, definition: &'static ModelDef) -> Result<String> {
        let executor = Executor::resolve(self.target, Some(definition))?;
        executor.render(&Statement::Select(self.select)).await.locate(definition)
    }

    pub(crate) async fn explain(self, definition: &'static ModelDef) -> Result<String> {
        let executor = Executor::resolve(self.target, Some(definition))?;
        executor.explain(&Statement::Select(self.select)).await.locate(definition)
    }
}
