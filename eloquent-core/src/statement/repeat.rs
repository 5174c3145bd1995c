//! Which statements may be sent twice.

use super::{Expression, From, ListQuestion, Predicate, Projection, Select, Statement};

impl Statement {
    /// Whether the statement can be sent again when nobody knows whether the database has run it: it
    /// [only reads](Self::is_read), and no part of it is text of its author's, which may call anything.
    pub fn is_repeatable(&self) -> bool {
        match self {
            Statement::Select(select) => self.is_read() && is_plain(select),
            Statement::Pipeline(_) => self.is_read(),
            _ => false,
        }
    }
}

/// Whether no part is raw text.
fn is_plain(select: &Select) -> bool {
    let projection = match &select.projection {
        Projection::Columns(_) => true,
        Projection::Expressions(all) => all.iter().all(yields),
    };
    let from = match &select.from {
        From::Table { .. } => true,
        From::Select { select, .. } => select.lock.is_none() && is_plain(select),
    };
    projection
        && from
        && select.joins.iter().all(|join| join.on.as_ref().is_none_or(holds))
        && select.filter.iter().chain(&select.having).all(holds)
        && select.group_by.iter().all(yields)
        && select.order_by.iter().all(|order| yields(&order.expression))
}

fn yields(expression: &Expression) -> bool {
    match expression {
        Expression::Arithmetic(left, _, right) => yields(left) && yields(right),
        Expression::Aggregate(aggregate) => aggregate.argument.as_ref().is_none_or(yields),
        Expression::Predicate(predicate) => holds(predicate),
        Expression::Size(list) => yields(list),
        Expression::Changed(_) => false,
        Expression::Column(_)
        | Expression::Path(_)
        | Expression::Value(_)
        | Expression::Excluded(_)
        | Expression::Invalid(_) => true,
        Expression::Raw(_) => false,
    }
}

fn holds(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::IsTrue(expression)
        | Predicate::In { expression, .. }
        | Predicate::IsNull { expression, .. }
        | Predicate::Exists { expression, .. }
        | Predicate::Like { expression, .. } => yields(expression),
        Predicate::List(list) => {
            let inner = match &list.question {
                ListQuestion::Any(_, inner) => holds(inner),
                _ => true,
            };
            inner && yields(&list.list)
        }
        Predicate::Compare(left, _, right) => yields(left) && yields(right),
        Predicate::Between { expression, low, high, .. } => {
            [expression, low, high].into_iter().all(yields)
        }
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().all(holds),
        Predicate::Not(inner) => holds(inner),
        Predicate::Constant(_) => true,
        Predicate::Raw(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::{Delete, Lock, LockMode, LockWait, Order, RawSql, Source};

    fn raw() -> RawSql {
        RawSql::new("nextval('numbers')")
    }

    fn plain() -> Select {
        Select::new("users", Projection::Columns(&[]))
    }

    #[test]
    fn reads_without_raw_text_may_be_sent_twice() {
        let inner = From::Select { select: Box::new(plain()), source: Source(0) };
        let selects = [
            plain(),
            Select { from: inner, ..plain() },
            Select { filter: vec![Predicate::Not(Box::new(Predicate::Constant(true)))], ..plain() },
        ];
        for select in selects {
            assert!(Statement::Select(select.clone()).is_repeatable(), "{select:?}");
        }
    }

    #[test]
    fn what_may_write_is_not_sent_twice() {
        let expression = || Expression::Raw(raw());
        let deep = Predicate::And(vec![Predicate::Not(Box::new(Predicate::IsNull {
            expression: expression(),
            negated: false,
        }))]);
        let lock = Lock { mode: LockMode::Share, wait: LockWait::Wait };
        let computed = Projection::Expressions(vec![expression()]);
        let inner = Select { projection: computed.clone(), ..plain() };
        let inner = From::Select { select: Box::new(inner), source: Source(0) };
        let selects = [
            Select { projection: computed, ..plain() },
            Select { from: inner, ..plain() },
            Select { filter: vec![Predicate::Raw(raw())], ..plain() },
            Select { having: vec![deep], ..plain() },
            Select { group_by: vec![expression()], ..plain() },
            Select {
                order_by: vec![Order { expression: expression(), descending: false }],
                ..plain()
            },
            Select { lock: Some(lock), ..plain() },
        ];
        for select in selects {
            assert!(!Statement::Select(select.clone()).is_repeatable(), "{select:?}");
        }
        assert!(!Statement::Raw(RawSql::new("SELECT 1")).is_repeatable());
        let delete = Delete {
            table: "users".into(),
            filter: vec![],
            all: true,
            by_key: false,
            returning: None,
        };
        assert!(!Statement::Delete(delete).is_repeatable());
    }
}
