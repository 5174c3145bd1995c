//! Clauses: which rows, in which order, how many.

use eloquent_core::statement::{Lock, LockMode, LockWait, Order};
use eloquent_core::{Error, Result};

use super::{IntoExpr, Query, Selection};
use crate::model::{Model, RowLocks};

/// What an order is made of: one term, or a tuple or list of them.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let users = User::query().order_by(|u| (u.age.desc(), u.name.asc())).await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no order: write `u.name.asc()` or `u.name.desc()`, or a tuple of such",
    label = "ascending or descending?"
)]
pub trait IntoOrder {
    /// Adds the terms.
    fn push(self, terms: &mut Vec<Order>);
}

#[diagnostic::do_not_recommend]
impl IntoOrder for Order {
    fn push(self, terms: &mut Vec<Order>) {
        terms.push(self);
    }
}

#[diagnostic::do_not_recommend]
impl IntoOrder for Vec<Order> {
    fn push(self, terms: &mut Vec<Order>) {
        terms.extend(self);
    }
}

macro_rules! order_tuples {
    ($(($($name:ident),+))+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($name: IntoOrder),+> IntoOrder for ($($name,)+) {
            #[allow(non_snake_case)]
            fn push(self, terms: &mut Vec<Order>) {
                let ($($name,)+) = self;
                $($name.push(terms);)+
            }
        }
    )+};
}

order_tuples! { (A, B) (A, B, C) (A, B, C, D) }

impl<M: Model, C: Copy> Query<M, C> {
    /// Keeps the rows for which the condition holds. Several filters must all hold.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64, active: bool }
    /// let query = User::query()
    ///     .filter(|u| u.active)
    ///     .filter(|u| u.name.starts_with("A").or(u.age.between(18, 30)));
    /// ```
    pub fn filter<E: IntoExpr<bool>>(mut self, condition: impl FnOnce(C) -> E) -> Self {
        let predicate = condition(self.columns).into_expr().into_predicate();
        self.plan.select.filter.push(predicate);
        self
    }

    /// Orders the rows; a further call adds terms that decide between equals.
    pub fn order_by<O: IntoOrder>(mut self, order: impl FnOnce(C) -> O) -> Self {
        order(self.columns).push(&mut self.plan.select.order_by);
        self
    }

    /// Orders the rows by text that a user chose: `name`, `name desc, id asc`. Column names are those
    /// of the model's table; anything else is an error.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind) naming the columns that there are.
    pub fn order_by_str(mut self, order: &str) -> Result<Self> {
        for term in order.split(',') {
            let mut words = term.split_ascii_whitespace();
            let column = M::column_expression(words.next().unwrap_or_default())?;
            let direction = words.next().map(str::to_ascii_lowercase);
            let descending = match direction.as_deref() {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(_) => return Err(bad_order::<M>()),
            };
            if words.next().is_some() {
                return Err(bad_order::<M>());
            }
            self.plan.select.order_by.extend([Order { expression: column, descending }]);
        }
        Ok(self)
    }

    /// Forgets the order.
    pub fn unordered(mut self) -> Self {
        self.plan.select.order_by.clear();
        self
    }

    /// Gives so many rows at most.
    pub fn limit(mut self, rows: u64) -> Self {
        self.plan.select.limit = Some(rows);
        self
    }

    /// Passes over so many rows first.
    pub fn offset(mut self, rows: u64) -> Self {
        self.plan.select.offset = Some(rows);
        self
    }

    /// Gives equal rows once.
    pub fn distinct(mut self) -> Self {
        self.plan.select.distinct = true;
        self
    }

    /// Groups the rows, for a [`select`](Self::select) with aggregates.
    pub fn group_by<S: Selection>(mut self, columns: impl FnOnce(C) -> S) -> Self {
        columns(self.columns).give(&mut self.plan.select.group_by);
        self
    }

    /// Keeps the groups for which the condition holds.
    pub fn having<E: IntoExpr<bool>>(mut self, condition: impl FnOnce(C) -> E) -> Self {
        let predicate = condition(self.columns).into_expr().into_predicate();
        self.plan.select.having.push(predicate);
        self
    }

    /// Locks the rows against writes and other locks until the transaction ends.
    pub fn lock_for_update<F: RowLocks>(mut self) -> Self
    where
        M: Model<Family = F>,
    {
        self.plan.select.lock = Some(Lock { mode: LockMode::Update, wait: LockWait::Wait });
        self
    }

    /// Locks the rows against writes until the transaction ends.
    pub fn lock_for_share<F: RowLocks>(mut self) -> Self
    where
        M: Model<Family = F>,
    {
        self.plan.select.lock = Some(Lock { mode: LockMode::Share, wait: LockWait::Wait });
        self
    }

    /// Leaves rows out that another transaction has locked; after a `lock_…` clause.
    pub fn skip_locked<F: RowLocks>(mut self) -> Self
    where
        M: Model<Family = F>,
    {
        if let Some(lock) = &mut self.plan.select.lock {
            lock.wait = LockWait::SkipLocked;
        }
        self
    }

    /// Fails at once when another transaction has locked a row; after a `lock_…` clause.
    pub fn no_wait<F: RowLocks>(mut self) -> Self
    where
        M: Model<Family = F>,
    {
        if let Some(lock) = &mut self.plan.select.lock {
            lock.wait = LockWait::NoWait;
        }
        self
    }
}

fn bad_order<M: Model>() -> Error {
    M::definition().locate(Error::invalid("the order is not understood")).with_hint(
        "write `column`, `column asc` or `column desc`, several with commas between them",
    )
}
