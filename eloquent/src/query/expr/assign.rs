//! What columns become in an update.

use eloquent_core::statement::{Assignment, ChangeAction, Expression};
use eloquent_core::value::ColumnValue;

use super::{Col, IntoExpr, Nested, document};
use crate::model::{Embedded, Family};

/// A column, or a place inside of one, that becomes a value, a column or an expression of its type. In the
/// prelude. A trait over what it becomes, for the reason that [`Compare`](super::Compare) gives.
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
/// let ada = User::query().filter(|u| u.id.eq(1));
/// ada.update(|u| (u.name.set("Ada"), u.age.set(u.age + 1)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot become `{V}`",
    label = "expected a value, a column or an expression of the column's type",
    note = "columns are strongly typed: convert the value, or change the type of the field"
)]
pub trait Assign<V>: Sized {
    /// What it becomes in an update. Inside of a column, what has to be there for it is made.
    fn set(self, value: V) -> Assignment;
}

#[diagnostic::do_not_recommend]
impl<T: ColumnValue, V: IntoExpr<T>, F> Assign<V> for Col<T, F> {
    fn set(self, value: V) -> Assignment {
        let value = value.into_expr().node;
        match self.place.expression(T::TYPE) {
            Expression::Column(column) => Assignment { column, value },
            _ => document::change(self.place, Ok(ChangeAction::Set(value))),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnValue, V: IntoExpr<T>, E: Embedded, F: Family> Assign<V> for Nested<T, E, F> {
    fn set(self, value: V) -> Assignment {
        self.whole().set(value)
    }
}
