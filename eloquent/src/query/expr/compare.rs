//! Comparisons of columns and expressions with what may stand beside them.

use eloquent_core::statement::{CompareOperator, Predicate};
use eloquent_core::value::ColumnValue;

use super::{Col, Expr, IntoExpr, Operand as _};

/// A column or an expression that is compared with a value, a column or an expression of its type. In
/// the prelude.
///
/// A trait over what it is compared with, and not a part of [`Operand`](super::Operand), because the
/// compiler has a short message for a trait that is not implemented and a long one for a bound of a
/// method.
///
/// ```
/// use eloquent::prelude::*;
///
/// #[derive(Model)]
/// struct User {
///     id: i64,
///     name: String,
///     age: Option<i32>,
/// }
///
/// User::query().filter(|u| u.age.ge(18).and(u.name.ne("root")));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{V}` cannot be compared with `{Self}`",
    label = "expected a value, a column or an expression of that type",
    note = "columns are strongly typed: convert the value, or change the type of the field"
)]
pub trait Compare<V>: Sized {
    /// Equal. A value of `None` asks for null.
    fn eq(self, other: V) -> Expr<bool>;

    /// Not equal. A value of `None` asks for what is not null.
    fn ne(self, other: V) -> Expr<bool>;

    /// Less.
    fn lt(self, other: V) -> Expr<bool>;

    /// Less or equal.
    fn le(self, other: V) -> Expr<bool>;

    /// Greater.
    fn gt(self, other: V) -> Expr<bool>;

    /// Greater or equal.
    fn ge(self, other: V) -> Expr<bool>;
}

macro_rules! comparisons {
    ($($method:ident $operator:ident)+) => {$(
        fn $method(self, other: V) -> Expr<bool> {
            compare(self.operand(), CompareOperator::$operator, other.into_expr())
        }
    )+};
}

#[diagnostic::do_not_recommend]
impl<T: ColumnValue, V: IntoExpr<T>, F> Compare<V> for Col<T, F> {
    comparisons! { eq Equal ne NotEqual lt Less le LessOrEqual gt Greater ge GreaterOrEqual }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnValue, V: IntoExpr<T>> Compare<V> for Expr<T> {
    comparisons! { eq Equal ne NotEqual lt Less le LessOrEqual gt Greater ge GreaterOrEqual }
}

pub(super) fn compare<T>(left: Expr<T>, operator: CompareOperator, right: Expr<T>) -> Expr<bool> {
    let depth = left.depth.max(right.depth);
    Expr::predicate(Predicate::Compare(left.node, operator, right.node), depth)
}
