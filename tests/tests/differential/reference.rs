//! What programs do, in memory: tables are lists of rows, a transaction is a copy of all tables.
//!
//! Conditions, computed values, orders and groups are those of
//! [`Select::evaluate`](eloquent_core::statement::Select::evaluate) and its kin; what is unique, missing
//! or has no room is found here.

use std::collections::BTreeMap;

use eloquent_core::statement::{
    Assignment, ConflictAction, Delete, Expression, Insert, Predicate, Projection, Select,
    Statement, Update,
};
use eloquent_core::value::{Document, Value};
use eloquent_core::{Error, ErrorKind, Name};

use crate::cells::cells;
use crate::program::{Machine, Outcome};
use crate::tables::{Table, title};

type Tables = BTreeMap<String, Vec<Document>>;

/// All tables, and copies of them as of the beginning of each transaction that is open.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    tables: Tables,
    saved: Vec<Tables>,
    last_id: i64,
}

/// The faults of a statement. Which of them is told is left to the database.
type Faults = Vec<ErrorKind>;

impl Machine for Reference {
    async fn run(&mut self, statement: &Statement) -> Outcome {
        let outcome = match statement {
            Statement::Select(select) => self.select(select),
            Statement::Insert(insert) => {
                self.insert(insert).and_then(|rows| written(&insert.returning, &rows))
            }
            Statement::Update(update) => {
                self.update(update).and_then(|rows| written(&update.returning, &rows))
            }
            Statement::Delete(delete) => {
                self.delete(delete).and_then(|rows| written(&delete.returning, &rows))
            }
            other => panic!("the programs have no {other:?}"),
        };
        outcome.unwrap_or_else(|faults| Outcome::Failed(faults, String::new()))
    }

    async fn begin(&mut self, _: u32) -> Outcome {
        self.saved.push(self.tables.clone());
        Outcome::Done
    }

    async fn commit(&mut self, _: u32) -> Outcome {
        self.saved.pop();
        Outcome::Done
    }

    async fn rollback(&mut self, _: u32) -> Outcome {
        self.tables = self.saved.pop().expect("a transaction is open");
        Outcome::Done
    }
}

impl Reference {
    fn select(&self, select: &Select) -> Result<Outcome, Faults> {
        let rows =
            select.evaluate(&|name| Ok(self.tables.get(title(name)).map_or(&[], |rows| rows)));
        let rows = rows.and_then(|rows| cells(&select.projection, &rows)).map_err(one)?;
        Ok(Outcome::Read(rows))
    }

    fn rows(&mut self, table: &Name) -> &mut Vec<Document> {
        self.tables.entry(title(table).to_owned()).or_default()
    }

    fn insert(&mut self, insert: &Insert) -> Result<Vec<Document>, Faults> {
        let table = Table::of(&insert.table);
        let mut rows = self.rows(&insert.table).clone();
        let (mut written, mut faults) = (Vec::new(), Faults::new());
        for given in insert.documents().map_err(one)? {
            let row = self.completed(table, &given);
            if let Err(found) = fits(table, &row) {
                faults.extend(found);
                continue;
            }
            let met = insert.conflict.as_ref().and_then(|conflict| {
                let place = rows.iter().position(|old| shares(old, &row, &conflict.target));
                place.map(|place| (place, &conflict.action))
            });
            match met {
                Some((_, ConflictAction::Ignore)) => {}
                Some((place, ConflictAction::Update(assignments))) => {
                    rows[place] = changed(table, &rows[place], &row, assignments, &mut faults);
                    written.push(rows[place].clone());
                }
                None => {
                    written.push(row.clone());
                    rows.push(row);
                    faults.extend(clash(table, &rows));
                }
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        *self.rows(&insert.table) = rows;
        Ok(written)
    }

    /// A row with all columns of its table.
    fn completed(&mut self, table: &Table, given: &Document) -> Document {
        let column = |column: &eloquent_core::schema::Column| {
            let value = match given.get(&column.name) {
                None if column.auto_increment => {
                    self.last_id += 1;
                    Value::I64(self.last_id)
                }
                given => given.cloned().unwrap_or(Value::Null),
            };
            (column.name.clone().into_owned(), value)
        };
        table.columns.iter().map(column).collect()
    }

    fn update(&mut self, update: &Update) -> Result<Vec<Document>, Faults> {
        update.check().map_err(one)?;
        let table = Table::of(&update.table);
        let mut rows = self.rows(&update.table).clone();
        let (mut written, mut faults) = (Vec::new(), Faults::new());
        for row in &mut rows {
            if Predicate::all_hold(&update.filter, row).map_err(one)? == Some(true) {
                *row = changed(table, row, row, &update.assignments, &mut faults);
                written.push(row.clone());
            }
        }
        faults.extend(clash(table, &rows));
        if !faults.is_empty() {
            return Err(faults);
        }
        *self.rows(&update.table) = rows;
        Ok(written)
    }

    fn delete(&mut self, delete: &Delete) -> Result<Vec<Document>, Faults> {
        let rows = self.rows(&delete.table);
        let before = rows.clone();
        let deleted = delete.apply(rows).map_err(one)?;
        let gone: Vec<_> = before.into_iter().filter(|row| !rows.contains(row)).collect();
        assert_eq!(gone.len(), deleted, "equal rows go together");
        Ok(gone)
    }
}

/// What a write says of the rows that it wrote.
fn written(returning: &Option<Projection>, rows: &[Document]) -> Result<Outcome, Faults> {
    let Some(projection) = returning else { return Ok(Outcome::Wrote(rows.len() as u64)) };
    let select = Select::new("", projection.clone());
    let given = select.evaluate(&|_| Ok(rows)).and_then(|rows| cells(projection, &rows));
    given.map(Outcome::Read).map_err(one)
}

fn one(error: Error) -> Faults {
    vec![error.kind()]
}

/// Whether the columns of a table hold the values of a row.
fn fits(table: &Table, row: &Document) -> Result<(), Faults> {
    let check = |column: &eloquent_core::schema::Column| {
        let value = row.get(&column.name).unwrap_or(&Value::Null);
        column.check(value).err().map(|error| error.kind())
    };
    let faults: Faults = table.columns.iter().filter_map(check).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Whether two rows have equal values in all of these columns. Nulls are not equal.
fn shares(one: &Document, other: &Document, columns: &[impl AsRef<str>]) -> bool {
    columns.iter().all(|column| {
        let value = one.get(column.as_ref()).filter(|value| !value.is_null());
        value.is_some() && value == other.get(column.as_ref())
    })
}

/// The fault of rows that are not unique.
fn clash(table: &Table, rows: &[Document]) -> Option<ErrorKind> {
    let clashes = |columns: Vec<&str>| {
        (1..rows.len()).any(|at| rows[..at].iter().any(|row| shares(row, &rows[at], &columns)))
    };
    table.unique().any(clashes).then_some(ErrorKind::UniqueViolation)
}

/// What becomes of a row. An upsert has another one, which it would have inserted.
fn changed(
    table: &Table,
    old: &Document,
    new: &Document,
    assignments: &[Assignment],
    faults: &mut Faults,
) -> Document {
    let mut changed = old.clone();
    for assignment in assignments {
        match taken(&assignment.value, new).evaluate(old) {
            Ok(value) => changed.set(&*assignment.column.name, value),
            Err(error) => faults.push(error.kind()),
        }
    }
    faults.extend(fits(table, &changed).err().unwrap_or_default());
    changed
}

/// The expression with the values of the new row in place.
fn taken(expression: &Expression, new: &Document) -> Expression {
    match expression {
        Expression::Excluded(column) => {
            Expression::Value(new.get(&column.name).cloned().unwrap_or(Value::Null))
        }
        Expression::Arithmetic(left, operator, right) => {
            let [left, right] = [left, right].map(|part| Box::new(taken(part, new)));
            Expression::Arithmetic(left, *operator, right)
        }
        other => other.clone(),
    }
}
