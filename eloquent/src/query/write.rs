//! Changing and removing the rows of a query.

use eloquent_core::row::Discard;
use eloquent_core::statement::{
    Assignment, ColumnRef, CompareOperator, Delete, Expression, Predicate, Select, Source,
    Statement, Update,
};
use eloquent_core::value::ColumnValue;
use eloquent_core::{Error, ErrorKind, Result};

use super::{Assign as _, Col, IntoExpr, Number, Plan, Query, Running};
use crate::database::{Executor, Located, Target, at_target};
use crate::model::{Model, ModelDef, now, timestamp};

/// What an update is made of: one assignment, or a tuple or list of them.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let ada = User::query().filter(|u| u.id.eq(1));
/// ada.update(|u| (u.name.set("Ada"), u.age.set(u.age + 1))).await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what columns become: write `u.name.set(\"Ada\")`, or a tuple of such",
    label = "expected assignments"
)]
pub trait IntoAssignments {
    /// Adds the assignments.
    fn push(self, out: &mut Vec<Assignment>);
}

#[diagnostic::do_not_recommend]
impl IntoAssignments for Assignment {
    fn push(self, out: &mut Vec<Assignment>) {
        out.push(self);
    }
}

#[diagnostic::do_not_recommend]
impl IntoAssignments for Vec<Assignment> {
    fn push(self, out: &mut Vec<Assignment>) {
        out.extend(self);
    }
}

macro_rules! assignment_tuples {
    ($(($($name:ident),+))+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($name: IntoAssignments),+> IntoAssignments for ($($name,)+) {
            #[allow(non_snake_case)]
            fn push(self, out: &mut Vec<Assignment>) {
                let ($($name,)+) = self;
                $($name.push(out);)+
            }
        }
    )+};
}

assignment_tuples! { (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) }

/// A statement that changes or removes many rows. Awaited, it gives their number.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let minors = User::query().filter(|u| u.age.lt(18));
/// println!("{}", minors.clone().delete().to_sql().await?);
/// let removed: u64 = minors.delete().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is written until it is awaited"]
pub struct MassWrite {
    statement: Result<Statement>,
    target: Option<Target>,
    definition: &'static ModelDef,
}

impl MassWrite {
    /// Runs it elsewhere; see [`Query::on`].
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// The text that would be sent, without bound values.
    ///
    /// # Errors
    /// What is wrong with it, what the database lacks, or that it cannot be reached.
    pub async fn to_sql(self) -> Result<String> {
        let target = self.target.as_ref();
        let statement = self.statement.map_err(at_target(target, self.definition))?;
        let executor = Executor::resolve(target.cloned(), Some(self.definition))?;
        executor.render(&statement).await.locate(self.definition)
    }

    pub(crate) fn update(
        plan: Plan,
        definition: &'static ModelDef,
        to: Vec<Assignment>,
        all: bool,
    ) -> Self {
        let statement = update_statement(plan.select, definition, to, all);
        MassWrite { statement, target: plan.target, definition }
    }

    pub(crate) fn delete(plan: Plan, definition: &'static ModelDef, all: bool) -> Self {
        let table = definition.table.into();
        let statement = rows_of(plan.select, definition, all, "delete").map(|filter| {
            let by_key = names_one_row(definition, &filter);
            Statement::Delete(Delete { table, filter, all, by_key, returning: None })
        });
        MassWrite { statement, target: plan.target, definition }
    }
}

impl IntoFuture for MassWrite {
    type Output = Result<u64>;
    type IntoFuture = Running<Discard>;

    fn into_future(self) -> Self::IntoFuture {
        let MassWrite { statement, target, definition } = self;
        let statement = statement.map_err(at_target(target.as_ref(), definition));
        Running::of(statement, target, definition, Discard)
    }
}

impl std::fmt::Debug for MassWrite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MassWrite").field("model", &self.definition.name).finish_non_exhaustive()
    }
}

impl<M: Model> Query<M> {
    /// Changes the rows of the query, in one statement. The time of the last update is kept.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, active: bool, score: i64 }
    /// # async fn example() -> eloquent::Result<()> {
    /// let changed = User::query()
    ///     .filter(|u| u.score.lt(0))
    ///     .update(|u| (u.active.set(false), u.score.set(u.score + 10)))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Awaiting it fails with [`ErrorKind::UnboundedWrite`] when there is no filter: to change every
    /// row, say [`update_all`](Model::update_all).
    pub fn update<A: IntoAssignments>(self, to: impl FnOnce(M::Columns) -> A) -> MassWrite {
        let mut assignments = Vec::new();
        to(self.columns).push(&mut assignments);
        MassWrite::update(self.plan, M::definition(), assignments, false)
    }

    /// Adds to a column of the rows of the query, in one statement: no update in between is lost.
    pub fn increment<T: ColumnValue<Plain: Number>>(
        self,
        column: impl FnOnce(M::Columns) -> Col<T, M::Family>,
        by: impl IntoExpr<T>,
    ) -> MassWrite {
        let column = column(self.columns);
        self.update(|_| column.set(column + by))
    }

    /// Takes from a column of the rows of the query, in one statement: no update in between is lost.
    pub fn decrement<T: ColumnValue<Plain: Number>>(
        self,
        column: impl FnOnce(M::Columns) -> Col<T, M::Family>,
        by: impl IntoExpr<T>,
    ) -> MassWrite {
        let column = column(self.columns);
        self.update(|_| column.set(column - by))
    }

    /// Removes the rows of the query, in one statement.
    ///
    /// Awaiting it fails with [`ErrorKind::UnboundedWrite`] when there is no filter: to remove every
    /// row, say [`delete_all`](Model::delete_all).
    pub fn delete(self) -> MassWrite {
        MassWrite::delete(self.plan, M::definition(), false)
    }
}

fn update_statement(
    select: Select,
    definition: &'static ModelDef,
    mut assignments: Vec<Assignment>,
    all: bool,
) -> Result<Statement> {
    let filter = rows_of(select, definition, all, "update")?;
    if assignments.is_empty() {
        return Err(definition.locate(Error::invalid("the update changes no column")));
    }
    assignments = merged(assignments);
    for assignment in &assignments {
        check(definition, assignment)?;
    }
    if let Some(column) = definition.updated_at.map(|position| &definition.columns[position])
        && !assignments.iter().any(|assignment| assignment.column.name == column.name)
    {
        let reference =
            ColumnRef { source: Source(0), name: column.name.clone(), ty: Some(column.ty) };
        let value = Expression::Value(timestamp(column, now()));
        assignments.extend([Assignment { column: reference, value }]);
    }
    let table = definition.table.into();
    let by_key = names_one_row(definition, &filter);
    Ok(Statement::Update(Update { table, assignments, filter, all, by_key, returning: None }))
}

/// Changes inside of one column, as one assignment.
fn merged(assignments: Vec<Assignment>) -> Vec<Assignment> {
    let mut merged: Vec<Assignment> = Vec::with_capacity(assignments.len());
    for mut assignment in assignments {
        if let Expression::Changed(more) = &mut assignment.value {
            let same = |other: &&mut Assignment| other.column.name == assignment.column.name;
            if let Some(Assignment { value: Expression::Changed(changes), .. }) =
                merged.iter_mut().find(same)
            {
                changes.append(more);
                continue;
            }
        }
        merged.extend([assignment]);
    }
    merged
}

/// Whether the filter gives every column of the key a value.
fn names_one_row(definition: &ModelDef, filter: &[Predicate]) -> bool {
    let given = |position: &usize| {
        let name = &definition.columns[*position].name;
        filter.iter().any(|predicate| match predicate {
            Predicate::Compare(
                Expression::Column(column),
                CompareOperator::Equal,
                Expression::Value(_),
            ) => column.name == *name,
            _ => false,
        })
    };
    definition.key.iter().all(given)
}

/// Refuses a value that the column cannot hold, before anything is sent.
pub(super) fn check(definition: &'static ModelDef, assignment: &Assignment) -> Result<()> {
    match &assignment.value {
        Expression::Value(value) => {
            definition.column(&assignment.column.name)?.check(value).locate(definition)
        }
        Expression::Invalid(mismatch) => {
            let error = mismatch.clone().into_encode_error();
            Err(definition.locate(error.with_column(assignment.column.name.clone())))
        }
        _ => Ok(()),
    }
}

/// The filter of a mass write. What such a write would leave out is refused.
fn rows_of(
    select: Select,
    definition: &'static ModelDef,
    all: bool,
    verb: &str,
) -> Result<Vec<Predicate>> {
    if select.limit.is_some()
        || select.offset.is_some()
        || !select.joins.is_empty()
        || !select.group_by.is_empty()
        || !select.having.is_empty()
        || !select.order_by.is_empty()
        || select.distinct
        || select.lock.is_some()
    {
        let error = Error::invalid(format!("{verb} takes filters only"));
        return Err(definition.locate(error).with_hint(
            "leave join, group, order, limit, offset, distinct and lock out, or filter by the keys",
        ));
    }
    if !all && select.filter.iter().all(Predicate::is_always_true) {
        let message = format!("the {verb} has no filter, so it would concern every row");
        return Err(definition
            .locate(Error::new(ErrorKind::UnboundedWrite, message))
            .with_hint(format!("add a filter, or say `{}::{verb}_all(..)`", definition.name)));
    }
    Ok(select.filter)
}
