//! What may stand where an expression is expected.

use std::marker::PhantomData;

use eloquent_core::statement::Expression;
use eloquent_core::value::ColumnValue;

use super::{Col, Expr};
use crate::model::IntoColumn;

/// What may stand where an expression of type `T` is expected: a column, an expression, or a value.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let value = User::query().filter(|u| u.name.eq("Ada")).await?;
/// let column = User::query().filter(|u| u.age.gt(u.id)).await?;
/// let expression = User::query().filter(|u| u.age.gt(u.id * 2)).await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand for a `{T}`: convert it, or compare it with something (`u.name.eq(..)`)",
    label = "expected a `{T}`, or a column or expression of that type"
)]
pub trait IntoExpr<T> {
    /// The expression.
    fn into_expr(self) -> Expr<T>;
}

fn value<T: ColumnValue>(value: impl IntoColumn<T>) -> Expr<T> {
    Expr::leaf(match value.into_column().into_value() {
        Ok(value) => Expression::Value(value),
        Err(mismatch) => Expression::Invalid(mismatch),
    })
}

/// The values that may stand for an expression: those of [`IntoColumn`]. One impl for each, because a
/// blanket one would overlap with those of columns and expressions.
macro_rules! values {
    ($({$($bounds:tt)*} $target:ty, $value:ty;)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($bounds)*> IntoExpr<$target> for $value {
            fn into_expr(self) -> Expr<$target> {
                value(self)
            }
        }
    )+};
}

values! {
    {T: ColumnValue} T, T;
    {T: ColumnValue + Clone} T, &T;
    {T: ColumnValue} Option<T>, T;
    {T: ColumnValue + Clone} Option<T>, &T;
    {} String, &str;
    {} Option<String>, &str;
}

#[diagnostic::do_not_recommend]
impl<T: ColumnValue, F> IntoExpr<T> for Col<T, F> {
    fn into_expr(self) -> Expr<T> {
        Expr::leaf(self.into_expression())
    }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnValue, F> IntoExpr<Option<T>> for Col<T, F> {
    fn into_expr(self) -> Expr<Option<T>> {
        Expr::leaf(self.into_expression())
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoExpr<T> for Expr<T> {
    fn into_expr(self) -> Expr<T> {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoExpr<Option<T>> for Expr<T> {
    fn into_expr(self) -> Expr<Option<T>> {
        Expr { node: self.node, depth: self.depth, of: PhantomData }
    }
}
