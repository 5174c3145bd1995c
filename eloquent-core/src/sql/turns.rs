//! Assignments of databases where a later one reads what an earlier one has written.

use crate::statement::{Assignment, ChangeAction, Expression, Predicate, Root, Source};
use crate::{Error, Result};

/// The order in which no assignment reads a column that was written before it.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind) when there is none, as for two columns that are swapped.
pub(super) fn in_turn(assignments: &[Assignment], driver: &'static str) -> Result<Vec<usize>> {
    let mut left: Vec<usize> = (0..assignments.len()).collect();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        // a column may be written once nobody else who is still to come reads it
        let free = left.iter().position(|at| {
            let column = &assignments[*at].column.name;
            !left.iter().any(|other| other != at && reads(&assignments[*other].value, column))
        });
        let Some(free) = free else {
            let column = assignments[left[0]].column.name.clone();
            let feature = "changing columns that are computed from each other";
            return Err(Error::unsupported(feature, driver).with_column(column));
        };
        order.push(left.remove(free));
    }
    Ok(order)
}

fn reads(expression: &Expression, column: &str) -> bool {
    match expression {
        Expression::Column(read) => {
            read.source == Source(0) && read.name.eq_ignore_ascii_case(column)
        }
        Expression::Path(path) => match &path.root {
            Root::Column(read) => {
                read.source == Source(0) && read.name.eq_ignore_ascii_case(column)
            }
            Root::Element(_) => false,
        },
        Expression::Size(list) => reads(list, column),
        Expression::Changed(changes) => changes.iter().any(|change| match &change.action {
            ChangeAction::Set(value) => reads(value, column),
            _ => false,
        }),
        Expression::Arithmetic(left, _, right) => reads(left, column) || reads(right, column),
        Expression::Aggregate(aggregate) => {
            aggregate.argument.as_ref().is_some_and(|argument| reads(argument, column))
        }
        Expression::Predicate(predicate) => looks_at(predicate, column),
        // what raw text reads is not known; its writer sees to the order
        Expression::Value(_)
        | Expression::Excluded(_)
        | Expression::Raw(_)
        | Expression::Invalid(_) => false,
    }
}

fn looks_at(predicate: &Predicate, column: &str) -> bool {
    match predicate {
        Predicate::IsTrue(expression)
        | Predicate::In { expression, .. }
        | Predicate::IsNull { expression, .. }
        | Predicate::Exists { expression, .. }
        | Predicate::Like { expression, .. } => reads(expression, column),
        Predicate::Compare(left, _, right) => reads(left, column) || reads(right, column),
        Predicate::Between { expression, low, high, .. } => {
            [expression, low, high].into_iter().any(|part| reads(part, column))
        }
        Predicate::And(parts) | Predicate::Or(parts) => {
            parts.iter().any(|part| looks_at(part, column))
        }
        Predicate::Not(inner) => looks_at(inner, column),
        Predicate::List(list) => reads(&list.list, column),
        Predicate::Constant(_) | Predicate::Raw(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::statement::ColumnRef;
    use crate::value::Value;

    fn column(name: &'static str) -> ColumnRef {
        ColumnRef { source: Source(0), name: name.into(), ty: None }
    }

    fn takes(name: &'static str, from: &'static str) -> Assignment {
        Assignment { column: column(name), value: Expression::Column(column(from)) }
    }

    #[test]
    fn who_reads_a_column_comes_before_who_writes_it() {
        let one = Assignment { column: column("a"), value: Expression::Value(Value::I64(1)) };
        assert_eq!(in_turn(&[one.clone(), takes("b", "c")], "x").unwrap(), [0, 1]);
        assert_eq!(in_turn(&[one, takes("b", "a"), takes("c", "B")], "x").unwrap(), [2, 1, 0]);
        assert_eq!(in_turn(&[takes("a", "a"), takes("b", "a")], "x").unwrap(), [1, 0]);
    }

    #[test]
    fn a_swap_is_refused() {
        let error = in_turn(&[takes("a", "b"), takes("b", "a")], "x").unwrap_err();
        assert_eq!((error.kind(), error.column()), (ErrorKind::Unsupported, Some("a")));
    }
}
