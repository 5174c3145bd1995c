//! Predicates: what yields truth.

use super::{Expression, ListPredicate, RawSql};
use crate::value::Value;

/// What yields truth.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Predicate {
    /// Always or never.
    Constant(bool),
    /// A column or expression that is a boolean itself.
    IsTrue(Expression),
    /// Two values compared. A comparison with a bound null asks whether the other side is null, and is
    /// defined for `Equal` and `NotEqual` only.
    Compare(Expression, CompareOperator, Expression),
    /// One of the values; an empty list holds nothing.
    In {
        /// What is looked for.
        expression: Expression,
        /// The list, without nulls.
        values: Vec<Value>,
        /// Whether none of them is asked for.
        negated: bool,
    },
    /// Between two values, both included.
    Between {
        /// What is compared.
        expression: Expression,
        /// The least value.
        low: Expression,
        /// The greatest value.
        high: Expression,
        /// Whether the outside is asked for.
        negated: bool,
    },
    /// Null, or not.
    IsNull {
        /// What is looked at.
        expression: Expression,
        /// Whether a value is asked for.
        negated: bool,
    },
    /// Text that matches a pattern: `%` stands for any text, `_` for one character, `\` makes the
    /// next character stand for itself.
    Like {
        /// The text.
        expression: Expression,
        /// The pattern, always a bound text.
        pattern: Value,
        /// Whether texts that do not match are asked for.
        negated: bool,
    },
    /// Whether there is a value, be it null.
    Exists {
        /// A column, or what is inside of one.
        expression: Expression,
        /// Whether its absence is asked for.
        negated: bool,
    },
    /// What is asked of a list.
    List(Box<ListPredicate>),
    /// All of them; true when there is none.
    And(Vec<Predicate>),
    /// Any of them; false when there is none.
    Or(Vec<Predicate>),
    /// The opposite.
    Not(Box<Predicate>),
    /// Text in the language of the database.
    Raw(RawSql),
}

impl Predicate {
    /// Whether the predicate holds for every row by its form alone, so that it does not bound a write.
    pub fn is_always_true(&self) -> bool {
        match self {
            Predicate::Constant(truth) => *truth,
            Predicate::In { values, negated, .. } => *negated && values.is_empty(),
            Predicate::And(all) => all.iter().all(Predicate::is_always_true),
            Predicate::Or(any) => any.iter().any(Predicate::is_always_true),
            Predicate::Not(inner) => inner.is_never_true(),
            _ => false,
        }
    }

    fn is_never_true(&self) -> bool {
        match self {
            Predicate::Constant(truth) => !truth,
            Predicate::In { values, negated, .. } => !negated && values.is_empty(),
            Predicate::And(all) => all.iter().any(Predicate::is_never_true),
            Predicate::Or(any) => any.iter().all(Predicate::is_never_true),
            Predicate::Not(inner) => inner.is_always_true(),
            _ => false,
        }
    }
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompareOperator {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_filters_nothing_is_seen() {
        let always = Predicate::Not(Box::new(Predicate::Or(vec![])));
        assert!(always.is_always_true());
        assert!(Predicate::And(vec![]).is_always_true());
        assert!(Predicate::Or(vec![Predicate::Constant(false), always]).is_always_true());
        assert!(!Predicate::Constant(false).is_always_true());
    }
}
