//! Writes: rows that fit, rows that clash, rows that do not fit.

use std::collections::BTreeSet;

use eloquent_core::Name;
use eloquent_core::schema::Column;
use eloquent_core::statement::{
    ArithmeticOperator, Assignment, CompareOperator, Conflict, ConflictAction, Delete, Expression,
    Insert, Predicate, Projection, Update,
};
use eloquent_core::value::Value;

use super::conditions::predicate;
use super::{Scope, is_known, is_small, is_text, reference, small, value};
use crate::choices::Choices;
use crate::tables::{Table, refused, text};

/// A value for a column: null, where that is fine, and now and then one that is refused.
fn any_value(choices: &mut Choices, table: &Table, column: &'static Column) -> Value {
    let is_key = table.key.contains(&text(column));
    match choices.below(60) {
        // a key that is null is numbered by some databases
        58 if !is_key => Value::Null,
        59 => refused(column).unwrap_or_else(|| value(choices, column)),
        48..58 if column.nullable => Value::Null,
        _ => value(choices, column),
    }
}

pub(super) fn insert(choices: &mut Choices, table: &'static Table) -> Insert {
    let mut columns: Vec<_> = table.columns.iter().filter(|column| is_known(column)).collect();
    columns.retain(|column| !column.nullable || !choices.rarely(8));
    if choices.rarely(60) {
        let is_key = |column: &Column| table.key.contains(&&*column.name);
        columns.retain(|column| column.nullable || is_key(column));
    }
    let row = |choices: &mut Choices| -> Vec<_> {
        columns.iter().map(|column| any_value(choices, table, column)).collect()
    };
    let mut values = row(choices);
    values.extend(choices.list(1, 5, row).into_iter().flatten());
    Insert {
        table: table.name(),
        columns: columns.iter().map(|column| column.name.clone()).collect(),
        values,
        conflict: None,
        returning: returning(choices, table),
    }
}

/// An insert that says what becomes of rows that exist already, where the table has a key to tell them.
pub(super) fn upsert(choices: &mut Choices, table: &'static Table) -> Insert {
    let mut insert = insert(choices, table);
    let given = |target: &Vec<&str>| {
        target.iter().all(|name| insert.columns.iter().any(|column| column == name))
    };
    let targets: Vec<_> = table.unique().filter(given).collect();
    if targets.is_empty() {
        return insert;
    }
    let target = choices.one_of(&targets);
    let assignments = assignments(choices, table, |choices, column| {
        let excluded = Expression::Excluded(reference(0, column));
        match choices.below(4) {
            0 => excluded,
            1 if is_small(column) => Expression::Arithmetic(
                Box::new(Expression::Column(reference(0, column))),
                ArithmeticOperator::Add,
                Box::new(excluded),
            ),
            2 => Expression::Value(any_value(choices, table, column)),
            _ => Expression::Column(reference(0, column)),
        }
    });
    let is_given = |assignment: &Assignment| insert.columns.contains(&assignment.column.name);
    let assignments: Vec<_> = assignments.into_iter().filter(is_given).collect();
    let action = match assignments.is_empty() || choices.rarely(3) {
        true => ConflictAction::Ignore,
        false => ConflictAction::Update(assignments),
    };
    if matches!(action, ConflictAction::Update(_)) {
        once(&mut insert, &target);
    }
    let target = target.into_iter().map(Name::Borrowed).collect();
    insert.conflict = Some(Conflict { target, action });
    insert
}

/// Which columns of the rows that were written are given back, if any.
fn returning(choices: &mut Choices, table: &'static Table) -> Option<Projection> {
    if !choices.rarely(5) {
        return None;
    }
    let columns = Scope(vec![table]).columns(is_known);
    let mut fields = vec![choices.one_of(&columns)];
    fields.extend(choices.list(1, 3, |choices| choices.one_of(&columns)));
    let fields = fields.into_iter().map(|(column, _)| Expression::Column(column)).collect();
    Some(Projection::Expressions(fields))
}

/// Leaves out rows that would meet one that the statement has just written.
fn once(insert: &mut Insert, target: &[&str]) {
    let columns = insert.columns.len();
    let is_target = |(name, _): &(&Name, &Value)| target.contains(&&***name);
    let mut met = BTreeSet::new();
    let rows = insert.values.chunks(columns).filter(|row| {
        let key: Vec<_> = insert.columns.iter().zip(*row).filter(is_target).collect();
        met.insert(format!("{key:?}"))
    });
    insert.values = rows.flatten().cloned().collect();
}

/// What becomes of one column or more, of those that are no keys.
fn assignments(
    choices: &mut Choices,
    table: &'static Table,
    value: impl Fn(&mut Choices, &'static Column) -> Expression,
) -> Vec<Assignment> {
    let free = |column: &&Column| {
        is_known(column) && !column.unique && !table.key.contains(&&*column.name)
    };
    let columns: Vec<_> = table.columns.iter().filter(free).collect();
    let mut chosen = vec![choices.one_of(&columns)];
    for column in choices.list(1, 3, |choices| choices.one_of(&columns)) {
        if !chosen.contains(&column) {
            chosen.push(column);
        }
    }
    let assign =
        |column| Assignment { column: reference(0, column), value: value(choices, column) };
    chosen.into_iter().map(assign).collect()
}

pub(super) fn update(choices: &mut Choices, table: &'static Table) -> Update {
    use ArithmeticOperator::{Add, Multiply, Subtract};
    let mut assignments = assignments(choices, table, |choices, column| match choices.below(4) {
        2 if is_small(column) || &*column.name == "total" => {
            let left = Box::new(Expression::Column(reference(0, column)));
            // a product of decimals would have digits that the column has no room for
            let operators =
                if column.ty.is_decimal() { &[Add, Subtract][..] } else { &[Add, Multiply] };
            Expression::Arithmetic(
                left,
                choices.one_of(operators),
                Box::new(small(choices, column)),
            )
        }
        3 => {
            let others = Scope(vec![table]).columns(is_known);
            let others = others.into_iter().filter(|(_, other)| {
                let fits = other.ty == column.ty || is_text(other) && is_text(column);
                fits && (is_small(other) || !is_small(column))
            });
            Expression::Column(choices.one_of(&others.collect::<Vec<_>>()).0)
        }
        _ => Expression::Value(any_value(choices, table, column)),
    });
    let unique = |column: &&Column| {
        is_known(column) && (column.unique || table.key.contains(&&*column.name))
    };
    let unique: Vec<_> = table.columns.iter().filter(unique).collect();
    if choices.rarely(6) && !unique.is_empty() {
        let column = choices.one_of(&unique);
        let value = Expression::Value(any_value(choices, table, column));
        assignments.push(Assignment { column: reference(0, column), value });
    }
    let (filter, all, by_key) = which(choices, table);
    let returning = returning(choices, table);
    Update { table: table.name(), assignments, filter, all, by_key, returning }
}

pub(super) fn delete(choices: &mut Choices, table: &'static Table) -> Delete {
    let (filter, all, by_key) = which(choices, table);
    let returning = returning(choices, table);
    Delete { table: table.name(), filter, all, by_key, returning }
}

/// Which rows are written: one by its key, some, or all.
fn which(choices: &mut Choices, table: &'static Table) -> (Vec<Predicate>, bool, bool) {
    let has_key = !table.column(table.key[0]).auto_increment;
    match choices.below(12) {
        0..=4 if has_key => {
            let equal = |name: &&'static str| {
                let column = table.column(name);
                let value = Expression::Value(value(choices, column));
                let column = Expression::Column(reference(0, column));
                Predicate::Compare(column, CompareOperator::Equal, value)
            };
            (table.key.iter().map(equal).collect(), false, true)
        }
        11 => (Vec::new(), true, false),
        _ => {
            let scope = Scope(vec![table]);
            let mut filter = vec![predicate(choices, &scope, 2)];
            filter.extend(choices.list(1, 2, |choices| predicate(choices, &scope, 1)));
            (filter, false, false)
        }
    }
}
