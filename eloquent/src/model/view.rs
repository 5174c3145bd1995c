//! Views: projections with a type of their own.

use eloquent_core::schema::ColumnType;
use eloquent_core::statement::Expression;
use eloquent_core::value::ColumnValue;

use super::FromRow;
use crate::query::{Col, Expr};

/// A struct that holds the columns of a projection, read by position. Implemented by
/// `#[derive(View)]`.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// #[derive(View, Debug)]
/// struct PerAge {
///     age: i64,
///     users: i64,
/// }
///
/// let ages: Vec<PerAge> =
///     User::query().group_by(|u| u.age).select_as(|u| (u.age, count())).await?;
/// # Ok(())
/// # }
/// ```
pub trait View: FromRow {
    /// The types of the fields, as a tuple: what a projection has to yield.
    type Row;
}

/// A view that takes its columns from the model `M`: `#[view(of = M)]`.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// #[derive(View, Debug)]
/// #[view(of = User)]
/// struct Name {
///     id: i64,
///     name: String,
/// }
///
/// let names: Vec<Name> = User::query().view().await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a view of `{M}`",
    label = "`#[view(of = {M})]` is missing on `{Self}`",
    note = "add `#[derive(View)] #[view(of = {M})]` to the struct"
)]
pub trait ViewOf<M>: View {
    /// The columns of the model.
    type Columns;

    /// Names the columns, in the order of the fields.
    fn project(columns: Self::Columns, out: &mut ViewColumns);
}

/// The columns of a view, in the order of its fields.
#[derive(Debug, Default)]
pub struct ViewColumns(pub(crate) Vec<Expression>);

impl ViewColumns {
    /// A column; its type is that of the field.
    pub fn column<T: ColumnValue, F>(&mut self, column: Col<T, F>) {
        self.0.push(column.into_expression());
    }

    /// An expression; its type is that of the field.
    pub fn expression<T: ColumnValue>(&mut self, expression: Expr<T>) {
        self.0.push(expression.into_expression());
    }
}

/// The types of a view's columns: a tuple of column types.
pub trait RowTypes {
    /// The types, in order.
    const TYPES: &'static [ColumnType];
}

macro_rules! row_types {
    ($(($($name:ident),+))+) => {$(
        impl<$($name: ColumnValue),+> RowTypes for ($($name,)+) {
            const TYPES: &'static [ColumnType] = &[$($name::TYPE),+];
        }
    )+};
}

row_types! {
    (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H) (A, B, C, D, E, F, G, H, I) (A, B, C, D, E, F, G, H, I, J)
    (A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)
    (A, B, C, D, E, F, G, H, I, J, K, L, M) (A, B, C, D, E, F, G, H, I, J, K, L, M, N)
    (A, B, C, D, E, F, G, H, I, J, K, L, M, N, O) (A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P)
}
