//! Programs from choices.
//!
//! What has no answer of its own is not generated: numbers that the database gives are ordered by and
//! nothing else, a page is cut only where the order is total, what may overflow stands where every row
//! is looked at, a row is written once by an upsert.

mod conditions;
mod selects;
mod writes;

use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{ColumnRef, Expression, Projection, Select, Source, Statement};
use eloquent_core::value::Value;

use crate::choices::Choices;
use crate::program::Step;
use crate::tables::{TABLES, Table, domain};

/// A program, and the tables that it is about.
pub(crate) fn program(choices: &mut Choices) -> (Vec<&'static Table>, Vec<Step>) {
    let first = &TABLES[choices.below(TABLES.len())];
    let second = &TABLES[choices.below(TABLES.len())];
    let mut tables = vec![first];
    if first.title != second.title {
        tables.push(second);
    }
    let mut steps = choices.list(4, 6, |choices| {
        let table = choices.one_of(&tables);
        Step::Run(Statement::Insert(writes::insert(choices, table)))
    });
    steps.extend(choices.list(12, 30, |choices| step(choices, &tables, 3)));
    steps.extend(tables.iter().map(|table| Step::Run(Statement::Select(whole(table)))));
    (tables, steps)
}

fn step(choices: &mut Choices, tables: &[&'static Table], depth: usize) -> Step {
    let table = choices.one_of(tables);
    let statement = match choices.below(18) {
        0..=6 => Statement::Select(selects::select(choices, table, tables)),
        7..=9 => Statement::Insert(writes::insert(choices, table)),
        10..=11 => Statement::Insert(writes::upsert(choices, table)),
        12..=14 => Statement::Update(writes::update(choices, table)),
        15 => Statement::Delete(writes::delete(choices, table)),
        _ if depth == 0 => Statement::Select(whole(table)),
        _ => {
            let steps = choices.list(4, 8, |choices| step(choices, tables, depth - 1));
            return Step::Together { steps, commit: !choices.rarely(2) };
        }
    };
    Step::Run(statement)
}

/// All rows of a table.
fn whole(table: &'static Table) -> Select {
    let projection = match table.columns.split_first() {
        Some((first, rest)) if first.auto_increment => Projection::Columns(rest),
        _ => Projection::Columns(table.columns),
    };
    Select::new(table.name(), projection)
}

/// The tables of a statement, by their number.
#[derive(Debug)]
struct Scope(Vec<&'static Table>);

type Found = (ColumnRef, &'static Column);

impl Scope {
    /// The columns that are of a sort.
    fn columns(&self, sort: fn(&Column) -> bool) -> Vec<Found> {
        let tables = (0..).zip(&self.0);
        let columns = tables.flat_map(|(source, table)| {
            table.columns.iter().map(move |column| (reference(source, column), column))
        });
        columns.filter(|(_, column)| sort(column)).collect()
    }

    /// A column of a sort, if there is one.
    fn column(&self, choices: &mut Choices, sort: fn(&Column) -> bool) -> Option<Found> {
        let columns = self.columns(sort);
        (!columns.is_empty()).then(|| choices.one_of(&columns))
    }

    /// The columns of the keys.
    fn keys(&self) -> Vec<ColumnRef> {
        let is_key =
            |(column, _): &Found| self.0[usize::from(column.source.0)].key.contains(&&*column.name);
        self.columns(|_| true).into_iter().filter(is_key).map(|(column, _)| column).collect()
    }
}

fn reference(source: u16, column: &Column) -> ColumnRef {
    ColumnRef { source: Source(source), name: column.name.clone(), ty: Some(column.ty) }
}

/// Not a number that the database gives.
fn is_known(column: &Column) -> bool {
    !column.auto_increment
}

/// What is equal to others or not.
fn is_comparable(column: &Column) -> bool {
    is_known(column) && column.ty != ColumnType::Json
}

/// What has a least and a greatest value everywhere.
fn is_ordered(column: &Column) -> bool {
    is_comparable(column)
        && !matches!(column.ty, ColumnType::Bool | ColumnType::Bytes | ColumnType::Uuid)
}

fn is_text(column: &Column) -> bool {
    matches!(column.ty, ColumnType::Text | ColumnType::String { .. })
}

/// Numbers that can be computed with without leaving their type.
fn is_small(column: &Column) -> bool {
    matches!(&*column.name, "visits" | "balance" | "score" | "grade" | "size" | "amount" | "owner")
}

/// Whether values of two columns can be compared with each other.
fn is_alike(one: ColumnType, other: ColumnType) -> bool {
    let is_text = |ty| matches!(ty, ColumnType::Text | ColumnType::String { .. });
    one == other
        || one.is_decimal() && other.is_decimal()
        || one.integer_range().is_some() && other.integer_range().is_some()
        || is_text(one) && is_text(other)
}

/// A value that a column can hold, and no null.
fn value(choices: &mut Choices, column: &Column) -> Value {
    choices.one_of(&domain(column))
}

/// A small number of the type of a column.
fn small(choices: &mut Choices, column: &Column) -> Expression {
    Expression::Value(match column.ty {
        ColumnType::F64 => Value::F64(choices.one_of(&[1.0, 0.5, -2.0])),
        ty if ty.is_decimal() => {
            Value::Decimal(choices.one_of(&["1", "0.25", "-2.5"]).parse().expect("a decimal"))
        }
        _ => Value::I64(choices.one_of(&[1, 2, -3])),
    })
}
