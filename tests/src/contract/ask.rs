//! Statements in few words, and asking them as Eloquent does.

use eloquent_core::driver::{Affected, Now, Session};
use eloquent_core::row::{Discard, OwnedRow, Row};
use eloquent_core::schema::ColumnType;
use eloquent_core::statement::{
    Assignment, ColumnRef, CompareOperator, Delete, Expression, Insert, Predicate, Projection,
    RawSql, Select, Source, Statement, Update,
};
use eloquent_core::value::{ColumnValue, Value};
use eloquent_core::{Error, ErrorKind, Name, Result};

use super::Collect;

/// A column of the statement's first table.
pub fn col(name: &'static str, ty: ColumnType) -> ColumnRef {
    ColumnRef { source: Source(0), name: name.into(), ty: Some(ty) }
}

/// A bound value.
pub fn value(value: impl ColumnValue) -> Expression {
    match value.into_value() {
        Ok(value) => Expression::Value(value),
        Err(mismatch) => Expression::Invalid(mismatch),
    }
}

/// A comparison with a bound value.
pub fn compare(column: ColumnRef, operator: CompareOperator, with: impl ColumnValue) -> Predicate {
    Predicate::Compare(Expression::Column(column), operator, value(with))
}

/// Equality with a bound value.
pub fn equal(column: ColumnRef, with: impl ColumnValue) -> Predicate {
    compare(column, CompareOperator::Equal, with)
}

/// Whether a column is null.
pub fn is_null(column: ColumnRef) -> Predicate {
    Predicate::IsNull { expression: Expression::Column(column), negated: false }
}

/// A select of columns of a table.
pub fn select(table: &Name, columns: &[ColumnRef]) -> Select {
    let columns = columns.iter().cloned().map(Expression::Column).collect();
    Select::new(table.clone(), Projection::Expressions(columns))
}

/// An insert of rows.
pub fn insert<const N: usize>(
    table: &Name,
    columns: [&'static str; N],
    rows: impl IntoIterator<Item = [Value; N]>,
) -> Insert {
    Insert {
        table: table.clone(),
        columns: columns.map(Name::Borrowed).to_vec(),
        values: rows.into_iter().flatten().collect(),
        conflict: None,
        returning: None,
    }
}

/// A column and what it becomes.
pub fn assign(column: ColumnRef, to: impl ColumnValue) -> Assignment {
    Assignment { column, value: value(to) }
}

/// An update of the rows for which the filter holds.
pub fn update(table: &Name, assignments: Vec<Assignment>, filter: Vec<Predicate>) -> Update {
    let table = table.clone();
    Update { table, assignments, filter, all: false, by_key: false, returning: None }
}

/// A delete of the rows for which the filter holds.
pub fn delete(table: &Name, filter: Vec<Predicate>) -> Delete {
    Delete { table: table.clone(), filter, all: false, by_key: false, returning: None }
}

/// What can be asked of a session.
pub trait Ask {
    /// The statement.
    fn into_statement(self) -> Statement;
}

impl Ask for Statement {
    fn into_statement(self) -> Statement {
        self
    }
}

impl Ask for &Statement {
    fn into_statement(self) -> Statement {
        self.clone()
    }
}

impl Ask for Select {
    fn into_statement(self) -> Statement {
        Statement::Select(self)
    }
}

impl Ask for &Select {
    fn into_statement(self) -> Statement {
        Statement::Select(self.clone())
    }
}

impl Ask for Insert {
    fn into_statement(self) -> Statement {
        Statement::Insert(self)
    }
}

impl Ask for Update {
    fn into_statement(self) -> Statement {
        Statement::Update(self)
    }
}

impl Ask for Delete {
    fn into_statement(self) -> Statement {
        Statement::Delete(self)
    }
}

impl Ask for RawSql {
    fn into_statement(self) -> Statement {
        Statement::Raw(self)
    }
}

/// The rows of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// What the statement did.
    pub affected: Affected,
    /// The rows.
    pub rows: Vec<OwnedRow>,
}

impl Rows {
    /// The values of one column, counted from 0.
    ///
    /// # Errors
    /// When one does not fit `T`.
    pub fn column<T: ColumnValue>(&self, index: usize) -> Result<Vec<T>> {
        self.rows.iter().map(|row| (row as &dyn Row).read(index)).collect()
    }

    /// The pairs of values of the first two columns.
    ///
    /// # Errors
    /// When one does not fit.
    pub fn pairs<A: ColumnValue, B: ColumnValue>(&self) -> Result<Vec<(A, B)>> {
        Ok(self.column(0)?.into_iter().zip(self.column(1)?).collect())
    }

    /// The one value of the one row.
    ///
    /// # Errors
    /// When there is not one row, or its value does not fit.
    pub fn scalar<T: ColumnValue>(&self) -> Result<T> {
        match &self.rows[..] {
            [row] => (row as &dyn Row).read(0),
            rows => Err(Error::new(ErrorKind::NotUnique, format!("{} rows, not one", rows.len()))),
        }
    }
}

/// Runs a statement and gives its rows, by the synchronous attempt where the driver answers it.
///
/// # Errors
/// What the driver reports.
pub async fn query(session: &mut dyn Session, statement: impl Ask) -> Result<Rows> {
    let statement = statement.into_statement();
    let mut sink = Collect::default();
    match session.try_now(&statement, &mut sink)? {
        Now::Done(affected) => Ok(Rows { affected, rows: sink.rows }),
        Now::Later => {
            assert!(sink.rows.is_empty(), "a driver that says `Later` leaves the sink empty");
            fetch(session, statement).await
        }
    }
}

/// Runs a statement and gives its rows, by the asynchronous way.
///
/// # Errors
/// What the driver reports.
pub async fn fetch(session: &mut dyn Session, statement: impl Ask) -> Result<Rows> {
    let fetched = session.fetch(&statement.into_statement(), Box::new(Collect::default())).await?;
    let sink = fetched.sink.into_any().downcast::<Collect>();
    let sink = sink.unwrap_or_else(|_| panic!("the driver gave another sink back"));
    assert!(!sink.was_reset, "a sink of `fetch` is never reset");
    Ok(Rows { affected: fetched.affected, rows: sink.rows })
}

/// Runs a statement whose rows nobody wants, by the synchronous attempt where the driver answers it.
///
/// # Errors
/// What the driver reports.
pub async fn execute(session: &mut dyn Session, statement: impl Ask) -> Result<Affected> {
    let statement = statement.into_statement();
    match session.try_now(&statement, &mut Discard)? {
        Now::Done(affected) => Ok(affected),
        Now::Later => session.execute(&statement).await,
    }
}

/// Asserts that a statement is refused for what the database lacks, before anything is sent: rendering
/// it, which sends nothing, fails alike.
pub async fn refuses(session: &mut dyn Session, statement: impl Ask) {
    let statement = statement.into_statement();
    let outcomes = [
        session.render(&statement).map(drop),
        session.fetch(&statement, Box::new(Collect::default())).await.map(drop),
        session.execute(&statement).await.map(drop),
        execute(session, &statement).await.map(drop),
    ];
    for outcome in outcomes {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Unsupported, "{statement:?}");
    }
}
