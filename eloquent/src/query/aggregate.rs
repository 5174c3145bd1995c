//! Questions with one answer.

use eloquent_core::row::RowReader;
use eloquent_core::statement::{Expression, From, Projection, Select, Source, Statement};
use eloquent_core::value::{ColumnValue, Value};
use eloquent_core::{Error, ErrorKind, Result};

use super::{BoxFuture, Expr, Number, Operand, Plan, Query, count, rows_of};
use crate::database::{Executor, at_target};
use crate::model::{Model, ModelDef};

impl<M: Model, C: Copy> Query<M, C> {
    /// The number of rows that the query gives.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn count(self) -> Result<u64> {
        self.plan.count(M::definition()).await
    }

    /// Whether the query gives a row.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn exists(mut self) -> Result<bool> {
        let select = &mut self.plan.select;
        if select.limit != Some(0) {
            select.limit = Some(1);
        }
        if select.group_by.is_empty() && !select.distinct {
            select.projection = Projection::Expressions(vec![Expression::Value(Value::I64(1))]);
        }
        Ok(self.plan.one(M::definition(), |_| Ok(())).await?.is_some())
    }

    /// The sum of a column; `None` over no rows.
    ///
    /// # Errors
    /// What the database reports, and a sum that its type cannot hold.
    // boxed: of an `async fn`, the compiler says three times that a column is no number
    pub fn sum<T, O>(
        self,
        of: impl FnOnce(C) -> O,
    ) -> BoxFuture<Result<Option<<T::Plain as Number>::Sum>>>
    where
        T: ColumnValue<Plain: Number>,
        O: Operand<T>,
    {
        let sum = of(self.columns).sum();
        Box::pin(self.plan.scalar(M::definition(), sum))
    }

    /// The mean of a column; `None` over no rows.
    ///
    /// # Errors
    /// As [`sum`](Self::sum).
    pub fn avg<T, O>(
        self,
        of: impl FnOnce(C) -> O,
    ) -> BoxFuture<Result<Option<<T::Plain as Number>::Avg>>>
    where
        T: ColumnValue<Plain: Number>,
        O: Operand<T>,
    {
        let avg = of(self.columns).avg();
        Box::pin(self.plan.scalar(M::definition(), avg))
    }

    /// The least value of a column; `None` over no rows.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn min<T: ColumnValue, O: Operand<T>>(
        self,
        of: impl FnOnce(C) -> O,
    ) -> Result<Option<T::Plain>> {
        let min = of(self.columns).min();
        self.plan.scalar(M::definition(), min).await
    }

    /// The greatest value of a column; `None` over no rows.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn max<T: ColumnValue, O: Operand<T>>(
        self,
        of: impl FnOnce(C) -> O,
    ) -> Result<Option<T::Plain>> {
        let max = of(self.columns).max();
        self.plan.scalar(M::definition(), max).await
    }
}

impl Plan {
    pub(crate) async fn count(mut self, definition: &'static ModelDef) -> Result<u64> {
        self.select.order_by.clear();
        let counted = Projection::Expressions(vec![count().into_expression()]);
        let select = &mut self.select;
        let has_own_rows = select.distinct
            || select.limit.is_some()
            || select.offset.is_some()
            || !select.group_by.is_empty();
        if has_own_rows {
            if !select.group_by.is_empty() && !select.distinct {
                select.projection = Projection::Expressions(select.group_by.clone());
            }
            let inner = std::mem::replace(select, Select::new("", counted));
            select.from = From::Select { select: Box::new(inner), source: Source(0) };
        } else {
            select.projection = counted;
        }
        let count = self.one(definition, |row| row.read::<u64>()).await?;
        count.ok_or_else(|| no_answer(definition))
    }

    async fn scalar<T: ColumnValue>(
        mut self,
        definition: &'static ModelDef,
        expression: Expr<Option<T>>,
    ) -> Result<Option<T>> {
        let select = &mut self.select;
        if select.distinct
            || select.limit.is_some()
            || select.offset.is_some()
            || !select.group_by.is_empty()
        {
            let error =
                Error::invalid("an aggregate of a query with limit, offset, distinct or group");
            let error =
                definition.locate(error).with_hint("use `select(..)` with the aggregate instead");
            return Err(at_target(self.target.as_ref(), definition)(error));
        }
        select.order_by.clear();
        select.projection = Projection::Expressions(vec![expression.into_expression()]);
        let answer = self.one(definition, |row| row.read::<Option<T>>()).await?;
        answer.ok_or_else(|| no_answer(definition))
    }
}

fn no_answer(definition: &ModelDef) -> Error {
    definition.locate(Error::new(ErrorKind::Database, "the aggregate gave no row"))
}

/// How many rows a table has that no model need know; no more than `at_most` are looked at.
pub(crate) async fn count_of(on: &Executor, table: &str, at_most: Option<u64>) -> Result<u64> {
    let counted = Projection::Expressions(vec![count().into_expression()]);
    let mut select = Select::new(table.to_owned(), counted);
    if at_most.is_some() {
        let one = Expression::Value(Value::I64(1));
        let mut some = Select::new(table.to_owned(), Projection::Expressions(vec![one]));
        some.limit = at_most;
        select.from = From::Select { select: Box::new(some), source: Source(0) };
    }
    let rows = rows_of(on, &Statement::Select(select)).await?;
    let mut counts = rows.iter().map(|row| RowReader::new(row).read::<u64>());
    counts.next().unwrap_or(Ok(0))
}
