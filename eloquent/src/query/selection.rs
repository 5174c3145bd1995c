//! What a row of a result is made of.

use eloquent_core::Result;
use eloquent_core::row::RowReader;
use eloquent_core::statement::{ColumnRef, Expression};
use eloquent_core::value::ColumnValue;

use super::{Col, Expr};
use crate::model::{Columns, FromRow, Model};

/// What a row of a result is made of: a column, an expression, all columns of a model, or a tuple of
/// these.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let ages: Vec<i64> = User::query().select(|u| u.age).await?;
/// let with_next: Vec<(User, i64)> = User::query().select(|u| (u, u.age + 1)).await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected",
    label = "expected columns, expressions, or a tuple of them",
    note = "return for example `(u.id, u.name)`, `u.age.max()`, or `u` for a whole model"
)]
pub trait Selection {
    /// What it is read into.
    type Output: Send + 'static;

    /// Adds its expressions.
    fn give(self, out: &mut Vec<Expression>);

    /// Reads it.
    ///
    /// # Errors
    /// When a value does not fit.
    fn read(row: &mut RowReader<'_>) -> Result<Self::Output>;
}

impl<T: ColumnValue, F> Selection for Col<T, F> {
    type Output = T;

    fn give(self, out: &mut Vec<Expression>) {
        out.push(self.into_expression());
    }

    fn read(row: &mut RowReader<'_>) -> Result<T> {
        row.read()
    }
}

impl<T: ColumnValue> Selection for Expr<T> {
    type Output = T;

    fn give(self, out: &mut Vec<Expression>) {
        out.push(self.into_expression());
    }

    fn read(row: &mut RowReader<'_>) -> Result<T> {
        row.read()
    }
}

impl<C: Columns> Selection for C {
    type Output = C::Model;

    fn give(self, out: &mut Vec<Expression>) {
        let source = self.source();
        out.extend(C::Model::definition().columns.iter().map(|column| {
            Expression::Column(ColumnRef { source, name: column.name.clone(), ty: Some(column.ty) })
        }));
    }

    fn read(row: &mut RowReader<'_>) -> Result<C::Model> {
        C::Model::from_row(row)
    }
}

macro_rules! tuples {
    ($(($($name:ident),+))+) => {$(
        impl<$($name: Selection),+> Selection for ($($name,)+) {
            type Output = ($($name::Output,)+);

            #[allow(non_snake_case)]
            fn give(self, out: &mut Vec<Expression>) {
                let ($($name,)+) = self;
                $($name.give(out);)+
            }

            fn read(row: &mut RowReader<'_>) -> Result<Self::Output> {
                Ok(($($name::read(row)?,)+))
            }
        }
    )+};
}

tuples! {
    (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H) (A, B, C, D, E, F, G, H, I) (A, B, C, D, E, F, G, H, I, J)
    (A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)
    (A, B, C, D, E, F, G, H, I, J, K, L, N) (A, B, C, D, E, F, G, H, I, J, K, L, N, O)
    (A, B, C, D, E, F, G, H, I, J, K, L, N, O, P) (A, B, C, D, E, F, G, H, I, J, K, L, N, O, P, Q)
}
