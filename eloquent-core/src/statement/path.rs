//! Paths: what lies inside of a column, and what becomes of it.

use super::{ColumnRef, Expression, Predicate};
use crate::schema::ColumnType;
use crate::value::Value;
use crate::{Error, Name, Result};

/// A value inside of a column, or of an element of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Where it begins.
    pub root: Root,
    /// The names of the fields that lead to it. With none, it is the root itself.
    pub fields: Vec<Name>,
    /// The type of the value, where it is known.
    pub ty: Option<ColumnType>,
}

/// Where a path begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Root {
    /// At a column.
    Column(ColumnRef),
    /// At the element that a condition on the elements of a list looks at. Lists inside of elements
    /// count up from 0.
    Element(u16),
}

/// What is asked of a list. It is unknown of what is missing or null.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPredicate {
    /// The list.
    pub list: Expression,
    /// What is asked.
    pub question: ListQuestion,
}

/// What can be asked of a list.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ListQuestion {
    /// Whether one of these values is among its elements.
    ContainsAny(Vec<Value>),
    /// Whether all of these values are among its elements.
    ContainsAll(Vec<Value>),
    /// Whether the predicate holds for one of its elements. It speaks of nothing but that element, which
    /// is [`Root::Element`] of this number.
    Any(u16, Box<Predicate>),
}

/// A change inside of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The names of the fields that lead to it. With none, it is the column itself.
    pub fields: Vec<Name>,
    /// What becomes of it.
    pub action: ChangeAction,
}

/// What becomes of a value inside of a column.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ChangeAction {
    /// It is this.
    Set(Expression),
    /// It is no longer there.
    Unset,
    /// It is greater by a number; what is missing counts as 0.
    Increment(Value),
    /// A list has these further elements; what is missing counts as an empty one.
    Push(Vec<Value>),
    /// A list has those of these further elements that it lacks; what is missing counts as an empty one.
    AddToSet(Vec<Value>),
    /// A list has none of these elements.
    Pull(Vec<Value>),
    /// A list has no element for which the predicate holds: as in [`ListQuestion::Any`].
    PullWhere(u16, Predicate),
}

impl Change {
    /// Refuses changes of which one is inside of what another one changes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind).
    pub fn check(changes: &[Change]) -> Result<()> {
        for (number, change) in changes.iter().enumerate() {
            let overlaps = |other: &Change| {
                change.fields.starts_with(&other.fields) || other.fields.starts_with(&change.fields)
            };
            if changes[..number].iter().any(overlaps) {
                return Err(Error::invalid("a value inside of the column is changed twice")
                    .with_hint("change the whole, or its parts, and each of them once"));
            }
        }
        Ok(())
    }
}

impl Predicate {
    /// Whether it speaks of nothing but values and the element of this number.
    pub fn is_about_element(&self, number: u16) -> bool {
        let mut all = true;
        each_of(self, &mut |expression| all &= is_of(expression, number));
        all
    }
}

fn is_of(expression: &Expression, number: u16) -> bool {
    match expression {
        Expression::Value(_) | Expression::Invalid(_) => true,
        Expression::Path(path) => path.root == Root::Element(number),
        Expression::Size(list) => is_of(list, number),
        Expression::Arithmetic(left, _, right) => is_of(left, number) && is_of(right, number),
        Expression::Predicate(predicate) => predicate.is_about_element(number),
        _ => false,
    }
}

/// Shows the expressions of a predicate, and for raw text one that is raw.
fn each_of(predicate: &Predicate, show: &mut dyn FnMut(&Expression)) {
    match predicate {
        Predicate::IsTrue(expression)
        | Predicate::In { expression, .. }
        | Predicate::IsNull { expression, .. }
        | Predicate::Exists { expression, .. }
        | Predicate::Like { expression, .. } => show(expression),
        Predicate::Compare(left, _, right) => [left, right].into_iter().for_each(show),
        Predicate::Between { expression, low, high, .. } => {
            [expression, low, high].into_iter().for_each(show);
        }
        Predicate::List(list) => show(&list.list),
        Predicate::And(all) | Predicate::Or(all) => all.iter().for_each(|one| each_of(one, show)),
        Predicate::Not(inner) => each_of(inner, show),
        Predicate::Raw(raw) => show(&Expression::Raw(raw.clone())),
        Predicate::Constant(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::{CompareOperator, RawSql, Source};

    fn change(fields: &[&'static str]) -> Change {
        Change { fields: fields.iter().map(|f| (*f).into()).collect(), action: ChangeAction::Unset }
    }

    #[test]
    fn changes_do_not_overlap() {
        let check = |paths: &[&[&'static str]]| {
            Change::check(&paths.iter().map(|path| change(path)).collect::<Vec<_>>())
        };
        assert!(check(&[&["a", "b"], &["a", "c"], &["ab"]]).is_ok());
        assert!(check(&[&["a", "b"], &["a"]]).is_err());
        assert!(check(&[&["a"], &["b"], &["a", "b", "c"]]).is_err());
        assert!(check(&[&[], &["a"]]).is_err());
    }

    #[test]
    fn a_condition_speaks_of_one_element() {
        let of = |root| Expression::Path(Box::new(Path { root, fields: vec![], ty: None }));
        let equal = |left, right| Predicate::Compare(left, CompareOperator::Equal, right);
        let one = Expression::Value(Value::I64(1));
        let own = equal(of(Root::Element(1)), one.clone());
        assert!(own.is_about_element(1) && !own.is_about_element(0));
        let column = ColumnRef { source: Source(0), name: "a".into(), ty: None };
        for other in [Expression::Column(column.clone()), of(Root::Column(column))] {
            let both = Predicate::Not(Box::new(Predicate::Or(vec![
                own.clone(),
                equal(of(Root::Element(1)), other),
            ])));
            assert!(!both.is_about_element(1));
        }
        assert!(!Predicate::Raw(RawSql::new("1 = 1")).is_about_element(1));
    }
}
