//! What only documents have: fields that are there or not, and lists that are asked and changed in place.

use eloquent_core::statement::{
    Assignment, Change, ChangeAction, ColumnRef, Expression, ListPredicate, ListQuestion, Predicate,
};
use eloquent_core::value::{ColumnValue, Element, Mismatch, Value};

use super::{Col, Expr, Handle, Handles, IntoExpr, Nested, Number, Operand as _, Place, Top};
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

/// The type of a field that need not be there.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be unset: make it an `Option`, or `set` it to another value",
    label = "without it, the document could not be read"
)]
pub trait Optional {}

#[diagnostic::do_not_recommend]
impl<T> Optional for Option<T> {}

impl<T> Col<T, Documents> {
    /// Removes it. What is missing already stays so.
    #[rustfmt::skip] // on one line the compiler shows it shorter where it is called in vain
    pub fn unset(self) -> Assignment where T: Optional {
        change(self.place, Ok(ChangeAction::Unset))
    }
}

impl<T, E: Embedded> Nested<T, E, Documents> {
    /// Removes it with all that is in it. What is missing already stays so.
    #[rustfmt::skip] // as above
    pub fn unset(self) -> Assignment where T: Optional {
        self.whole.unset()
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

/// A list of a document that is changed where it is, by one value. A list that is missing counts as an
/// empty one. In the prelude.
///
/// ```
/// use eloquent::prelude::*;
///
/// #[derive(Model)]
/// #[model(document)]
/// struct Post {
///     id: ObjectId,
///     tags: Vec<String>,
/// }
///
/// let draft = Post::query().filter(|p| p.tags.contains("new"));
/// draft.update(|p| p.tags.push("seen"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{V}` is no element of `{Self}`",
    label = "expected an element of a list",
    note = "lists are changed in place where the field is a `Vec` and the model `#[model(document)]`; \
            the value is of the type of the elements"
)]
pub trait ChangeList<V>: Sized {
    /// Puts a value behind the last element.
    fn push(self, value: V) -> Assignment;

    /// Puts a value behind the last element, unless it is among the elements.
    fn add_to_set(self, value: V) -> Assignment;

    /// Takes all elements out that are equal to this value.
    fn pull(self, value: V) -> Assignment;
}

#[diagnostic::do_not_recommend]
impl<T, F, V: ElementOf<T, F>> ChangeList<V> for Col<T, F> {
    fn push(self, value: V) -> Assignment {
        change(self.place, value.into_elements().map(ChangeAction::Push))
    }

    fn add_to_set(self, value: V) -> Assignment {
        change(self.place, value.into_elements().map(ChangeAction::AddToSet))
    }

    fn pull(self, value: V) -> Assignment {
        change(self.place, value.into_elements().map(ChangeAction::Pull))
    }
}

/// A value that can stand for an element of a list of type `T`, in a model of the family `F`.
#[doc(hidden)]
pub trait ElementOf<T, F> {
    /// The value as it is stored, in a list of one.
    ///
    /// # Errors
    /// When it has no stored form.
    fn into_elements(self) -> Result<Vec<Value>, Mismatch>;
}

#[diagnostic::do_not_recommend]
impl<L: List, V: IntoColumn<L::Item>> ElementOf<L, Documents> for V {
    fn into_elements(self) -> Result<Vec<Value>, Mismatch> {
        values([self])
    }
}

/// Changes of lists by several values. A list that is missing counts as an empty one.
impl<L: List> Col<L, Documents> {
    /// Puts values behind the last element, in their order.
    pub fn push_all<V: IntoColumn<L::Item>>(self, all: impl IntoIterator<Item = V>) -> Assignment {
        change(self.place, values(all).map(ChangeAction::Push))
    }

    /// Puts those of these values behind the last element that are not among the elements.
    pub fn add_all_to_set<V: IntoColumn<L::Item>>(
        self,
        all: impl IntoIterator<Item = V>,
    ) -> Assignment {
        change(self.place, values(all).map(ChangeAction::AddToSet))
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
    let predicate = condition(Handle::of::<Top>(place)).into_expr().into_predicate();
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
