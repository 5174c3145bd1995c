//! What the database knows of its migrations: a table with a row for each.

use eloquent_core::driver::Question;
use eloquent_core::row::{OwnedRow, RowReader};
use eloquent_core::schema::{Column, ColumnType, SchemaChange, TableDefinition};
use eloquent_core::statement::{
    Assignment, ColumnRef, CompareOperator, Delete, Expression, Insert, Order, Predicate,
    Projection, Select, Source, Statement, Update,
};
use eloquent_core::value::{ColumnValue, DateTime, Utc, Value};
use eloquent_core::{Error, ErrorKind, Result};

use crate::database::{Apart, Connection, Executor};
use crate::query::rows_of;

/// The table.
pub(super) const TABLE: &str = "eloquent_migrations";

const TEXT: ColumnType = ColumnType::Text;
const fn word(length: u32) -> ColumnType {
    ColumnType::String { length }
}

static COLUMNS: [Column; 15] = [
    Column::new("name", word(190)),
    Column::new("batch", ColumnType::I64),
    Column::new("state", word(16)),
    Column::new("checksum", word(64)).nullable(true),
    Column::new("started_at", ColumnType::Timestamp),
    Column::new("finished_at", ColumnType::Timestamp).nullable(true),
    Column::new("duration_ms", ColumnType::I64).nullable(true),
    Column::new("steps", ColumnType::I64),
    Column::new("steps_done", ColumnType::I64),
    Column::new("step_begun", ColumnType::I64),
    Column::new("progress", word(64)).nullable(true),
    Column::new("session", word(190)).nullable(true),
    Column::new("run", word(64)),
    Column::new("problem", TEXT).nullable(true),
    Column::new("note", TEXT).nullable(true),
];

/// Where a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// On its way up, or stopped there.
    Applying,
    Applied,
    /// On its way down, or stopped there.
    Reverting,
}

impl State {
    pub(super) const fn name(self) -> &'static str {
        match self {
            State::Applying => "applying",
            State::Applied => "applied",
            State::Reverting => "reverting",
        }
    }
}

/// A row.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) batch: i64,
    pub(super) state: State,
    /// `None` for migrations in Rust.
    pub(super) checksum: Option<String>,
    pub(super) started_at: DateTime<Utc>,
    pub(super) finished_at: Option<DateTime<Utc>>,
    pub(super) duration_ms: Option<i64>,
    /// How many there are; 0 when that is not known beforehand.
    pub(super) steps: i64,
    pub(super) steps_done: i64,
    /// The step that was begun and whose end is not known; 0 when there is none.
    pub(super) step_begun: i64,
    /// The checksum of the steps that are done.
    pub(super) progress: Option<String>,
    /// The session of the server that works on it.
    pub(super) session: Option<String>,
    /// Who works on it: a word that nobody else has.
    pub(super) run: String,
    /// What it stopped with.
    pub(super) problem: Option<String>,
    /// Who has settled what, and why.
    pub(super) note: Option<String>,
}

impl Record {
    fn read(row: &OwnedRow) -> Result<Record> {
        let mut row = RowReader::new(row);
        // in the order of the columns, and so of the fields
        let (name, batch) = (row.read()?, row.read()?);
        let state: String = row.read()?;
        let states = [State::Applying, State::Applied, State::Reverting];
        let state = states.into_iter().find(|known| known.name() == state);
        Ok(Record {
            name,
            batch,
            state: state.ok_or_else(|| damaged("a row has a state that there is not"))?,
            checksum: row.read()?,
            started_at: row.read()?,
            finished_at: row.read()?,
            duration_ms: row.read()?,
            steps: row.read()?,
            steps_done: row.read()?,
            step_begun: row.read()?,
            progress: row.read()?,
            session: row.read()?,
            run: row.read()?,
            problem: row.read()?,
            note: row.read()?,
        })
    }

    /// Stopped in the middle.
    pub(super) fn is_unfinished(&self) -> bool {
        self.state != State::Applied
    }

    /// "at step 3 of 5", "behind step 2 of 5".
    pub(super) fn place(&self) -> String {
        let of = if self.steps > 0 { format!(" of {}", self.steps) } else { String::new() };
        match (self.step_begun, self.steps_done) {
            (0, 0) => format!("before step 1{of}"),
            (0, done) => format!("behind step {done}{of}"),
            (begun, _) => format!("at step {begun}{of}"),
        }
    }

    pub(super) fn insert(&self) -> Result<Statement> {
        let values = [
            value(self.name.clone())?,
            value(self.batch)?,
            value(self.state.name().to_owned())?,
            value(self.checksum.clone())?,
            value(self.started_at)?,
            value(self.finished_at)?,
            value(self.duration_ms)?,
            value(self.steps)?,
            value(self.steps_done)?,
            value(self.step_begun)?,
            value(self.progress.clone())?,
            value(self.session.clone())?,
            value(self.run.clone())?,
            value(self.problem.clone())?,
            value(self.note.clone())?,
        ];
        Ok(Statement::Insert(Insert {
            table: TABLE.into(),
            columns: COLUMNS.iter().map(|column| column.name.clone()).collect(),
            values: values.into(),
            conflict: None,
            returning: None,
        }))
    }
}

/// A change of a row, held to the run that has it: who was overtaken changes nothing.
#[derive(Debug, Default)]
pub(super) struct Change(Vec<(&'static str, Value)>);

impl Change {
    pub(super) fn set(mut self, column: &'static str, to: impl ColumnValue) -> Result<Self> {
        self.0.push((column, value(to)?));
        Ok(self)
    }

    pub(super) fn of(self, name: &str, run: Option<&str>) -> Result<Statement> {
        let assignments = self.0.into_iter().map(|(name, value)| {
            let column = column(name)?;
            Ok(Assignment { column, value: Expression::Value(value) })
        });
        Ok(Statement::Update(Update {
            table: TABLE.into(),
            assignments: assignments.collect::<Result<_>>()?,
            filter: filter(name, run)?,
            all: false,
            by_key: true,
            returning: None,
        }))
    }
}

/// Removes a row.
pub(super) fn delete(name: &str, run: Option<&str>) -> Result<Statement> {
    Ok(Statement::Delete(Delete {
        table: TABLE.into(),
        filter: filter(name, run)?,
        all: false,
        by_key: true,
        returning: None,
    }))
}

fn filter(name: &str, run: Option<&str>) -> Result<Vec<Predicate>> {
    let mut filter = vec![equals("name", name)?];
    if let Some(run) = run {
        filter.push(equals("run", run)?);
    }
    Ok(filter)
}

fn equals(name: &'static str, to: &str) -> Result<Predicate> {
    let with = Expression::Value(value(to.to_owned())?);
    Ok(Predicate::Compare(Expression::Column(column(name)?), CompareOperator::Equal, with))
}

fn column(name: &'static str) -> Result<ColumnRef> {
    let known = COLUMNS.iter().find(|column| column.name == name);
    let ty = known.map(|column| column.ty).ok_or_else(|| Error::invalid("no such column"))?;
    Ok(ColumnRef { source: Source(0), name: name.into(), ty: Some(ty) })
}

pub(super) fn value(from: impl ColumnValue) -> Result<Value> {
    from.into_value().map_err(eloquent_core::value::Mismatch::into_encode_error)
}

/// Creates the table, if it is not there.
pub(super) async fn create(connection: &Connection, session: &mut Apart) -> Result<()> {
    if exists(session, TABLE).await? {
        return Ok(());
    }
    let change = SchemaChange::CreateTable(TableDefinition {
        name: TABLE.into(),
        columns: COLUMNS.to_vec(),
        key: vec!["name".into()],
        if_not_exists: true,
        ..TableDefinition::default()
    });
    Executor::Connection(connection.clone(), None).alter(&change).await
}

/// Whether there is a table. Asks for no right but to look.
pub(super) async fn exists(session: &mut Apart, table: &str) -> Result<bool> {
    let rows = session.ask(Question::HasTable(table)).await?;
    Ok(number(&rows)? != 0)
}

/// The number that answers a question.
pub(super) fn number(rows: &[OwnedRow]) -> Result<i64> {
    match rows.first().and_then(|row| row.values().first()) {
        Some(value) => i64::from_value(value.as_ref()).map_err(|m| m.into_decode_error()),
        None => Err(Error::new(ErrorKind::Decode, "the server gave no answer")),
    }
}

/// All rows in the order of their names; of one migration, if it is named.
pub(super) async fn read(executor: &Executor, of: Option<&str>) -> Result<Vec<Record>> {
    let mut columns = Vec::with_capacity(COLUMNS.len());
    for known in &COLUMNS {
        columns.push(Expression::Column(ColumnRef {
            source: Source(0),
            name: known.name.clone(),
            ty: Some(known.ty),
        }));
    }
    let mut select = Select::new(TABLE, Projection::Expressions(columns));
    if let Some(name) = of {
        select.filter.push(equals("name", name)?);
    }
    let expression = Expression::Column(column("name")?);
    select.order_by.push(Order { expression, descending: false });
    let rows = rows_of(executor, &Statement::Select(select)).await.map_err(|error| match error
        .kind()
    {
        ErrorKind::Database | ErrorKind::InvalidInput | ErrorKind::Decode => {
            damaged("it cannot be read").with_source(error)
        }
        _ => error,
    })?;
    let records = rows.iter().map(Record::read).collect::<Result<Vec<_>>>();
    let pool = executor.connection().pool();
    records.map_err(|error| pool.locate(error.with_table(TABLE)))
}

fn damaged(how: &str) -> Error {
    let message = format!("the history of migrations is damaged: {how}");
    Error::new(ErrorKind::Corrupt, message).with_table(TABLE).with_hint(format!(
        "nothing is run on it; restore the table `{TABLE}`, or move it away if the database is new"
    ))
}
