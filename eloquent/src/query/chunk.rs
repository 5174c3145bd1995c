//! All rows in chunks.

use std::collections::VecDeque;

use eloquent_core::statement::{CompareOperator, Expression, Order, Predicate, Source};
use eloquent_core::value::Value;
use eloquent_core::{Error, Result};

use super::{Plan, Query};
use crate::model::{Key as _, Model, key_columns};

/// Rows in chunks, each a query of its own that goes on behind the last key: rows may be changed or
/// removed meanwhile without others being passed over or seen twice.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let mut chunks = User::query().filter(|u| u.age.lt(18)).chunk(100)?;
/// while let Some(users) = chunks.next().await? {
///     for user in users {
///         user.delete().await?;
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "chunks are read only when asked for"]
pub struct Chunks<M: Model> {
    plan: Option<Plan>,
    size: u64,
    after: Option<M::Key>,
}

impl<M: Model> Query<M> {
    /// All rows, so many at a time, in the order of the primary key.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, name: String }
    /// # async fn example() -> eloquent::Result<()> {
    /// let mut chunks = User::query().chunk(500)?;
    /// while let Some(users) = chunks.next().await? {
    ///     println!("{}", users.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind) for a size of 0, and for a query with its own
    /// order, limit, offset or group.
    pub fn chunk(self, size: u64) -> Result<Chunks<M>> {
        let select = &self.plan.select;
        let reason = if size == 0 {
            "a chunk holds at least one row"
        } else if !select.order_by.is_empty()
            || select.limit.is_some()
            || select.offset.is_some()
            || !select.group_by.is_empty()
        {
            "chunks go by the primary key: leave order, limit, offset and group out"
        } else {
            return Ok(Chunks { plan: Some(self.plan), size, after: None });
        };
        Err(M::definition().locate(Error::invalid(reason)))
    }
}

impl<M: Model> Chunks<M> {
    /// The next chunk; `None` after the last.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn next(&mut self) -> Result<Option<Vec<M>>> {
        let Some(plan) = &self.plan else {
            return Ok(None);
        };
        let mut plan = plan.clone();
        let definition = M::definition();
        if let Some(after) = &self.after {
            let values = after.to_values().map_err(|m| definition.locate(m.into_encode_error()))?;
            plan.select
                .filter
                .push(behind(definition.key.iter().map(|i| &definition.columns[*i]), values));
        }
        let keys = key_columns(definition, Source(0));
        plan.select.order_by.extend(keys.map(|expression| Order { expression, descending: false }));
        plan.select.limit = Some(self.size);
        let rows = plan.fetch_model::<M>().await?;
        self.after = rows.last().map(M::key);
        if (rows.len() as u64) < self.size {
            self.plan = None;
        }
        Ok((!rows.is_empty()).then_some(rows))
    }
}

impl<M: Model> std::fmt::Debug for Chunks<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunks").field("size", &self.size).finish_non_exhaustive()
    }
}

/// The rows behind a key: `a > ? or (a = ? and b > ?)`, for any number of columns.
fn behind<'c>(
    columns: impl Iterator<Item = &'c eloquent_core::schema::Column>,
    values: Vec<Value>,
) -> Predicate {
    let mut pairs: VecDeque<_> = columns.zip(values).collect();
    let mut result: Option<Predicate> = None;
    while let Some((column, value)) = pairs.pop_back() {
        let column = || {
            Expression::Column(eloquent_core::statement::ColumnRef {
                source: Source(0),
                name: column.name.clone(),
                ty: Some(column.ty),
            })
        };
        let greater = Predicate::Compare(
            column(),
            CompareOperator::Greater,
            Expression::Value(value.clone()),
        );
        result = Some(match result {
            None => greater,
            Some(rest) => {
                let equal =
                    Predicate::Compare(column(), CompareOperator::Equal, Expression::Value(value));
                Predicate::Or(vec![greater, Predicate::And(vec![equal, rest])])
            }
        });
    }
    result.unwrap_or(Predicate::Constant(true))
}
