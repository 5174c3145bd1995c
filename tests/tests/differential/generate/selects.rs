//! Selects: rows, aggregates, groups, joins, a select of a select.

use eloquent_core::statement::{
    Aggregate, AggregateFunction, ArithmeticOperator, ColumnRef, CompareOperator, Expression, From,
    Join, JoinKind, Order, Predicate, Projection, Select, Source,
};
use eloquent_core::value::Value;

use super::conditions::{compare, on, predicate};
use super::{Scope, is_comparable, is_known, is_ordered, is_small, small};
use crate::choices::Choices;
use crate::tables::Table;

/// A select from the table, perhaps with another one of the tables.
pub(super) fn select(
    choices: &mut Choices,
    table: &'static Table,
    tables: &[&'static Table],
) -> Select {
    if choices.rarely(9) {
        return of_select(choices, table);
    }
    let mut scope = Scope(vec![table]);
    let mut select = Select::new(table.name(), Projection::Columns(&[]));
    if choices.rarely(4) {
        let second = choices.one_of(tables);
        scope.0.push(second);
        let on = on(choices, &scope);
        let kind = match &on {
            None => JoinKind::Cross,
            Some(_) => choices.one_of(&[JoinKind::Inner, JoinKind::Left, JoinKind::Right]),
        };
        select.joins = vec![Join { kind, table: second.name(), source: Source(1), on }];
    }
    select.filter = choices.list(1, 3, |choices| predicate(choices, &scope, 2));
    match choices.below(4) {
        0 | 1 => rows(choices, &scope, &mut select),
        2 => {
            let mut functions = vec![aggregate(choices, &scope)];
            functions.extend(choices.list(1, 3, |choices| aggregate(choices, &scope)));
            select.projection = Projection::Expressions(functions);
        }
        _ => groups(choices, &scope, &mut select),
    }
    select
}

fn rows(choices: &mut Choices, scope: &Scope, select: &mut Select) {
    select.distinct = choices.rarely(4);
    let sort = if select.distinct { is_comparable } else { is_known };
    let first = scope.column(choices, sort).expect("each table has columns").0;
    let mut fields = vec![first];
    fields.extend(choices.list(2, 5, |choices| scope.column(choices, sort).expect("columns").0));
    if choices.rarely(2) {
        let by = if select.distinct {
            fields.clone()
        } else {
            let chosen = |choices: &mut Choices| scope.column(choices, is_comparable);
            let mut by: Vec<_> =
                choices.list(1, 3, chosen).into_iter().flatten().map(|f| f.0).collect();
            by.extend(scope.keys());
            by
        };
        order(choices, by, select);
    }
    let mut fields: Vec<_> = fields.into_iter().map(Expression::Column).collect();
    // a row behind the page may or may not be computed
    if !select.distinct && !is_page(select) && choices.rarely(4) {
        fields.extend(computed(choices, scope));
    }
    select.projection = Projection::Expressions(fields);
}

/// Rows in an order, and perhaps only some of them.
fn order(choices: &mut Choices, by: Vec<ColumnRef>, select: &mut Select) {
    let term =
        |column| Order { expression: Expression::Column(column), descending: choices.rarely(2) };
    select.order_by = by.into_iter().map(term).collect();
    if choices.rarely(2) {
        select.limit = choices.rarely(2).then_some(choices.below(6) as u64);
        select.offset = choices.rarely(3).then_some(choices.below(4) as u64);
    }
}

fn is_page(select: &Select) -> bool {
    select.limit.is_some() || select.offset.is_some()
}

fn computed(choices: &mut Choices, scope: &Scope) -> Option<Expression> {
    use ArithmeticOperator::{Add, Divide, Multiply, Subtract};
    if choices.rarely(2) {
        return Some(Expression::Predicate(Box::new(predicate(choices, scope, 1))));
    }
    let (column, of) =
        scope.column(choices, |column| is_small(column) || &*column.name == "total")?;
    let mut operators = vec![Add, Subtract, Multiply];
    if of.ty.integer_range().is_some() {
        operators.push(Divide);
    }
    let operator = choices.one_of(&operators);
    let left = Box::new(Expression::Column(column));
    Some(Expression::Arithmetic(left, operator, Box::new(small(choices, of))))
}

fn aggregate(choices: &mut Choices, scope: &Scope) -> Expression {
    use AggregateFunction::{Avg, Count, Max, Min, Sum};
    let rows = Aggregate { function: Count, distinct: false, argument: None };
    let function = choices.below(6);
    let distinct = choices.rarely(4);
    let found = match function {
        1 => scope.column(choices, is_comparable).map(|found| (Count, distinct, found)),
        2 => {
            let sort = |column: &_| is_small(column) || &*column.name == "total";
            scope.column(choices, sort).map(|found| (Sum, distinct, found))
        }
        3 => scope.column(choices, is_small).map(|found| (Avg, distinct, found)),
        4 => scope.column(choices, is_ordered).map(|found| (Min, false, found)),
        5 => scope.column(choices, is_ordered).map(|found| (Max, false, found)),
        _ => None,
    };
    let aggregate = match found {
        None => rows,
        Some((function, distinct, (column, _))) => {
            Aggregate { function, distinct, argument: Some(Expression::Column(column)) }
        }
    };
    Expression::Aggregate(Box::new(aggregate))
}

fn groups(choices: &mut Choices, scope: &Scope, select: &mut Select) {
    let mut terms = vec![scope.column(choices, is_comparable).expect("columns").0];
    if choices.rarely(3) {
        terms.push(scope.column(choices, is_comparable).expect("columns").0);
    }
    let mut fields: Vec<_> = terms.iter().cloned().map(Expression::Column).collect();
    select.group_by = fields.clone();
    fields.extend(choices.list(2, 3, |choices| aggregate(choices, scope)));
    select.projection = Projection::Expressions(fields);
    select.having = choices.list(1, 2, |choices| having(choices, scope));
    if choices.rarely(2) {
        order(choices, terms, select);
    }
    // a group behind the page may or may not be added up
    if is_page(select) {
        let is_sum = |field: &Expression| matches!(field, Expression::Aggregate(of) if of.function == AggregateFunction::Sum);
        if let Projection::Expressions(fields) = &mut select.projection {
            fields.retain(|field| !is_sum(field));
        }
    }
}

fn having(choices: &mut Choices, scope: &Scope) -> Predicate {
    let function = choices.one_of(&[AggregateFunction::Min, AggregateFunction::Max]);
    let found = scope.column(choices, is_ordered).filter(|_| choices.rarely(2));
    match found {
        Some((column, of)) => {
            let argument = Some(Expression::Column(column));
            let aggregate = Aggregate { function, distinct: false, argument };
            compare(choices, Expression::Aggregate(Box::new(aggregate)), of)
        }
        None => {
            let rows =
                Aggregate { function: AggregateFunction::Count, distinct: false, argument: None };
            Predicate::Compare(
                Expression::Aggregate(Box::new(rows)),
                choices.one_of(&[CompareOperator::Greater, CompareOperator::LessOrEqual]),
                Expression::Value(Value::I64(choices.one_of(&[1, 2]))),
            )
        }
    }
}

/// What is asked of the rows of another select: how many, and of the first column which.
fn of_select(choices: &mut Choices, table: &'static Table) -> Select {
    let scope = Scope(vec![table]);
    let mut inner = Select::new(table.name(), Projection::Columns(&[]));
    inner.filter = choices.list(1, 2, |choices| predicate(choices, &scope, 1));
    inner.distinct = choices.rarely(2);
    let (column, of) = scope.column(choices, is_ordered).expect("columns");
    let mut by = vec![column.clone()];
    if !inner.distinct {
        by.extend(scope.keys());
    }
    if choices.rarely(2) {
        order(choices, by, &mut inner);
    }
    inner.projection = Projection::Expressions(vec![Expression::Column(column.clone())]);
    let function = |function, argument| {
        Expression::Aggregate(Box::new(Aggregate { function, distinct: false, argument }))
    };
    let asked = vec![
        function(AggregateFunction::Count, None),
        function(AggregateFunction::Count, Some(Expression::Column(column.clone()))),
        function(AggregateFunction::Max, Some(Expression::Column(column.clone()))),
    ];
    let mut outer = Select::new("", Projection::Expressions(asked));
    outer.from = From::Select { select: Box::new(inner), source: Source(0) };
    if choices.rarely(2) {
        outer.filter = vec![compare(choices, Expression::Column(column), of)];
    }
    outer
}
