//! What only documents have: fields that are there or not, and lists that are asked and changed in place.

use eloquent_core::statement::{
    Assignment, Change, ChangeAction, ColumnRef, Expression, ListPredicate, ListQuestion, Predicate,
};
use eloquent_core::value::{ColumnValue, Element, Mismatch, Value};

use super::{Col, Expr, Handles, IntoExpr, Nested, Number, Operand as _, Place, Top};
use crate::model::{Documents, Embedded, IntoColumn};

/// A list: a `Vec`, or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list",
    label = "a `Vec` is wanted here",
    note = "make the field a `Vec` of a type that a column can hold"
)]
pub trait List: ColumnValue {
    /// What it is a list of.
    type Item: Element<Inside: Handles<Self::Item>>;
}

impl<T: Element<Inside: Handles<T>>> List for Vec<T>
where
    Vec<T>: ColumnValue,
{
    type Item = T;
}

impl<T: Element<Inside: Handles<T>>> List for Option<Vec<T>>
where
    Vec<T>: ColumnValue,
{
    type Item = T;
}

impl<T: ColumnValue> Col<T, Documents> {
    /// There is such a field, be it null. A field that is `None` is not kept.
    pub fn exists(self) -> Expr<bool> {
        exists(self.operand().into_expression(), false)
    }

    /// There is no such field.
    pub fn missing(self) -> Expr<bool> {
        exists(self.operand().into_expression(), true)
    }

    /// Adds a number to it. What is missing counts as 0; where there is null, or what is no number, the
    /// database refuses.
    pub fn inc(self, by: impl IntoColumn<T::Plain>) -> Assignment
    where
        T::Plain: Number,
    {
        change(self.place, by.into_column().into_value().map(ChangeAction::Increment))
    }
}

impl<T: ColumnValue> Col<Option<T>, Documents> {
    /// Removes it. What is missing already stays so.
    pub fn unset(self) -> Assignment {
        change(self.place, Ok(ChangeAction::Unset))
    }
}

impl<T: ColumnValue, E: Embedded> Nested<T, E, Documents> {
    /// There is such a field, be it null. A field that is `None` is not kept.
    pub fn exists(self) -> Expr<bool> {
        self.whole().exists()
    }

    /// There is no such field.
    pub fn missing(self) -> Expr<bool> {
        self.whole().missing()
    }
}

impl<T: ColumnValue, E: Embedded> Nested<Option<T>, E, Documents> {
    /// Removes it with all that is in it. What is missing already stays so.
    pub fn unset(self) -> Assignment {
        self.whole().unset()
    }
}

/// Conditions on lists. A list that is missing or null is unknown: neither the condition holds of it nor
/// its opposite.
impl<L: List> Col<L, Documents> {
    /// This value is among the elements.
    pub fn contains(self, value: impl IntoColumn<L::Item>) -> Expr<bool> {
        asked(self, values([value]).map(ListQuestion::ContainsAll))
    }

    /// One of these values is among the elements; of no values, none is.
    pub fn contains_any<V: IntoColumn<L::Item>>(
        self,
        any: impl IntoIterator<Item = V>,
    ) -> Expr<bool> {
        asked(self, values(any).map(ListQuestion::ContainsAny))
    }

    /// All of these values are among the elements; of no values, all are.
    pub fn contains_all<V: IntoColumn<L::Item>>(
        self,
        all: impl IntoIterator<Item = V>,
    ) -> Expr<bool> {
        asked(self, values(all).map(ListQuestion::ContainsAll))
    }

    /// The number of elements.
    pub fn size(self) -> Expr<i64> {
        Expr::leaf(Expression::Size(Box::new(self.operand().into_expression())))
    }

    /// The condition holds for one of the elements: all of it for the same one. It may speak of that
    /// element and of values, and of nothing else.
    pub fn any<C: IntoExpr<bool>>(
        self,
        condition: impl FnOnce(
            <<L::Item as ColumnValue>::Inside as Handles<L::Item>>::Handle<Documents>,
        ) -> C,
    ) -> Expr<bool> {
        let question = about_element(self, condition);
        asked(
            self,
            question.map(|(number, predicate)| ListQuestion::Any(number, Box::new(predicate))),
        )
    }
}

/// Changes of lists, where they are. A list that is missing counts as an empty one.
impl<L: List> Col<L, Documents> {
    /// Puts a value behind the last element.
    pub fn push(self, value: impl IntoColumn<L::Item>) -> Assignment {
        change(self.place, values([value]).map(ChangeAction::Push))
    }

    /// Puts values behind the last element, in their order.
    pub fn push_all<V: IntoColumn<L::Item>>(self, all: impl IntoIterator<Item = V>) -> Assignment {
        change(self.place, values(all).map(ChangeAction::Push))
    }

    /// Puts a value behind the last element, unless it is among the elements.
    pub fn add_to_set(self, value: impl IntoColumn<L::Item>) -> Assignment {
        change(self.place, values([value]).map(ChangeAction::AddToSet))
    }

    /// Puts those of these values behind the last element that are not among the elements.
    pub fn add_all_to_set<V: IntoColumn<L::Item>>(
        self,
        all: impl IntoIterator<Item = V>,
    ) -> Assignment {
        change(self.place, values(all).map(ChangeAction::AddToSet))
    }

    /// Takes all elements out that are equal to this value.
    pub fn pull(self, value: impl IntoColumn<L::Item>) -> Assignment {
        change(self.place, values([value]).map(ChangeAction::Pull))
    }

    /// Takes all elements out that are equal to one of these values.
    pub fn pull_all<V: IntoColumn<L::Item>>(self, all: impl IntoIterator<Item = V>) -> Assignment {
        change(self.place, values(all).map(ChangeAction::Pull))
    }

    /// Takes all elements out for which the condition holds, as in [`any`](Self::any).
    pub fn pull_where<C: IntoExpr<bool>>(
        self,
        condition: impl FnOnce(
            <<L::Item as ColumnValue>::Inside as Handles<L::Item>>::Handle<Documents>,
        ) -> C,
    ) -> Assignment {
        let action = about_element(self, condition);
        change(self.place, action.map(|(number, one)| ChangeAction::PullWhere(number, one)))
    }
}

fn exists(expression: Expression, negated: bool) -> Expr<bool> {
    Expr::predicate(Predicate::Exists { expression, negated }, 0)
}

fn values<T: ColumnValue, V: IntoColumn<T>>(
    values: impl IntoIterator<Item = V>,
) -> Result<Vec<Value>, Mismatch> {
    values.into_iter().map(|value| value.into_column().into_value()).collect()
}

fn asked<L: List>(list: Col<L, Documents>, question: Result<ListQuestion, Mismatch>) -> Expr<bool> {
    let list = list.operand().into_expression();
    match question {
        Ok(question) => {
            Expr::predicate(Predicate::List(Box::new(ListPredicate { list, question })), 0)
        }
        // compared with the column, so that the error names it
        Err(mismatch) => {
            let invalid = Expr::leaf(Expression::Invalid(mismatch));
            let operator = eloquent_core::statement::CompareOperator::Equal;
            super::compare::compare(Expr::<L>::leaf(list), operator, invalid)
        }
    }
}

fn about_element<L: List, C: IntoExpr<bool>>(
    list: Col<L, Documents>,
    condition: impl FnOnce(
        <<L::Item as ColumnValue>::Inside as Handles<L::Item>>::Handle<Documents>,
    ) -> C,
) -> Result<(u16, Predicate), Mismatch> {
    let (place, number) = Place::element(list.place);
    let element =
        <<L::Item as ColumnValue>::Inside as Handles<L::Item>>::handle::<Top, Documents>(place);
    let predicate = condition(element).into_expr().into_predicate();
    match predicate.is_about_element(number) {
        true => Ok((number, predicate)),
        false => Err(Mismatch::because(
            "a condition on the elements of a list may speak of the element and of values only",
        )),
    }
}

/// What an update assigns for a change at this place.
pub(super) fn change(place: Place, action: Result<ChangeAction, Mismatch>) -> Assignment {
    let of_column = place.column_ref();
    let value = match (&of_column, action) {
        (_, Err(mismatch)) => Expression::Invalid(mismatch),
        (None, Ok(_)) => Expression::Invalid(Mismatch::because(
            "an element of a list is not changed by itself: change the list",
        )),
        (Some(_), Ok(action)) => {
            Expression::Changed(vec![Change { fields: place.fields(), action }])
        }
    };
    let column = of_column.unwrap_or_else(|| ColumnRef {
        source: place.source(),
        name: place.shown().into(),
        ty: None,
    });
    Assignment { column, value }
}
