//! Conditions of all kinds.

use eloquent_core::statement::{ArithmeticOperator, CompareOperator, Expression, Predicate};
use eloquent_core::value::Value;

use super::{Found, Scope, is_alike, is_comparable, is_known, is_small, is_text, small, value};
use crate::choices::Choices;
use crate::tables::{PATTERNS, domain};

const OPERATORS: [CompareOperator; 6] = [
    CompareOperator::Equal,
    CompareOperator::NotEqual,
    CompareOperator::Less,
    CompareOperator::LessOrEqual,
    CompareOperator::Greater,
    CompareOperator::GreaterOrEqual,
];

/// Lists of more values are sent in another form.
const LONG: usize = 70;

/// A condition on the tables.
pub(super) fn predicate(choices: &mut Choices, scope: &Scope, depth: usize) -> Predicate {
    let parts = |choices: &mut Choices| {
        choices.list(2, 4, |choices| predicate(choices, scope, depth.saturating_sub(1)))
    };
    if depth > 0 && choices.rarely(3) {
        return match choices.below(3) {
            0 => Predicate::And(parts(choices)),
            1 => Predicate::Or(parts(choices)),
            _ => Predicate::Not(Box::new(predicate(choices, scope, depth - 1))),
        };
    }
    leaf(choices, scope).unwrap_or(Predicate::Constant(true))
}

fn leaf(choices: &mut Choices, scope: &Scope) -> Option<Predicate> {
    let kind = choices.below(10);
    let negated = choices.rarely(3);
    let any = is_comparable;
    Some(match kind {
        0 | 1 => {
            let (column, of) = scope.column(choices, any)?;
            compare(choices, Expression::Column(column), of)
        }
        2 => {
            let (column, of) = scope.column(choices, any)?;
            let mut values = choices.list(3, 6, |choices| value(choices, of));
            if choices.rarely(10) {
                values = domain(of).into_iter().skip(1).cycle().take(LONG).collect();
            }
            Predicate::In { expression: Expression::Column(column), values, negated }
        }
        3 => {
            let (column, of) = scope.column(choices, any)?;
            let [low, high] = [(); 2].map(|()| Expression::Value(value(choices, of)));
            Predicate::Between { expression: Expression::Column(column), low, high, negated }
        }
        4 | 5 => {
            let (column, _) = scope.column(choices, is_text)?;
            let pattern = Value::Text(choices.one_of(PATTERNS).to_owned());
            Predicate::Like { expression: Expression::Column(column), pattern, negated }
        }
        6 => {
            let is_bool = |column: &_| domain_is_bool(column);
            let (column, _) = scope.column(choices, is_bool)?;
            Predicate::IsTrue(Expression::Column(column))
        }
        7 => {
            let (left, right) = pair(choices, scope)?;
            compare_columns(choices, left, right)
        }
        8 => {
            let (column, of) = scope.column(choices, is_small)?;
            let left = Box::new(Expression::Column(column));
            let operator = choices.one_of(&[ArithmeticOperator::Add, ArithmeticOperator::Subtract]);
            let sum = Expression::Arithmetic(left, operator, Box::new(small(choices, of)));
            compare(choices, sum, of)
        }
        _ => {
            let (column, _) = scope.column(choices, is_known)?;
            Predicate::IsNull { expression: Expression::Column(column), negated }
        }
    })
}

fn domain_is_bool(column: &eloquent_core::schema::Column) -> bool {
    column.ty == eloquent_core::schema::ColumnType::Bool
}

/// A comparison with a value, or with null.
pub(super) fn compare(
    choices: &mut Choices,
    left: Expression,
    of: &eloquent_core::schema::Column,
) -> Predicate {
    let operator = choices.one_of(&OPERATORS);
    let equality = matches!(operator, CompareOperator::Equal | CompareOperator::NotEqual);
    let right = match equality && choices.rarely(8) {
        true => Value::Null,
        false => value(choices, of),
    };
    Predicate::Compare(left, operator, Expression::Value(right))
}

fn compare_columns(choices: &mut Choices, left: Found, right: Found) -> Predicate {
    let operator = choices.one_of(&OPERATORS);
    Predicate::Compare(Expression::Column(left.0), operator, Expression::Column(right.0))
}

/// Two columns that can be compared with each other.
fn pair(choices: &mut Choices, scope: &Scope) -> Option<(Found, Found)> {
    let left = scope.column(choices, is_comparable)?;
    let mut alike = scope.columns(is_comparable);
    alike.retain(|(column, of)| is_alike(of.ty, left.1.ty) && *column != left.0);
    (!alike.is_empty()).then(|| (left, choices.one_of(&alike)))
}

/// Which rows of the last table belong to those of the tables before it.
pub(super) fn on(choices: &mut Choices, scope: &Scope) -> Option<Predicate> {
    let last = u16::try_from(scope.0.len() - 1).expect("few tables");
    let (right, left): (Vec<_>, Vec<_>) =
        scope.columns(is_comparable).into_iter().partition(|(column, _)| column.source.0 == last);
    let pairs =
        left.iter().flat_map(|left| right.iter().map(|right| (left.clone(), right.clone())));
    let pairs: Vec<_> = pairs.filter(|(left, right)| is_alike(left.1.ty, right.1.ty)).collect();
    if pairs.is_empty() {
        return None;
    }
    let (left, right) = choices.one_of(&pairs);
    let (left, right) = (Expression::Column(left.0), Expression::Column(right.0));
    let together = Predicate::Compare(left, CompareOperator::Equal, right);
    Some(match choices.rarely(5) {
        true => Predicate::And(vec![together, predicate(choices, scope, 1)]),
        false => together,
    })
}
