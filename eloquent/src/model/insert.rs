//! Adding rows.

use eloquent_core::driver::{Affected, Capabilities};
use eloquent_core::row::RowReader;
use eloquent_core::schema::Column;
use eloquent_core::statement::{Insert, Projection, Statement};
use eloquent_core::value::{Key as _, Uuid, Value, ValueRef};
use eloquent_core::{Error, ErrorKind, Name, Result};

use super::draft::DraftValues;
use super::{FromRow, KeySource, Model, ModelDef, key_columns, now, timestamp};
use crate::database::{Executor, Located, Target, Transaction};
use crate::query::{BoxFuture, Collect};

/// Adds a row. Awaited, it gives the row as it is stored.
#[must_use = "nothing is written until it is awaited"]
pub struct Create<M: Model> {
    draft: M::Draft,
    target: Option<Target>,
}

impl<M: Model> Create<M> {
    pub(super) fn new(draft: M::Draft) -> Self {
        Create { draft, target: None }
    }

    /// Adds it elsewhere; see [`Query::on`](crate::query::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.target = Some(target.into());
        self
    }

    async fn run(self) -> Result<M> {
        let definition = M::definition();
        let values = complete(definition, DraftValues::of(self.draft)?)?;
        let executor = Executor::resolve(self.target.as_ref(), Some(definition))?;
        let capabilities = executor.capabilities().await?;
        let (columns, given) = split(definition, &values);
        let numbered = definition.auto_column();
        let unknown = values.iter().zip(0..).any(|(value, i)| value.is_none() && Some(i) != numbered);
        let numbered = numbered.filter(|position| values[*position].is_none());
        let read_back = unknown || (numbered.is_some() && !capabilities.last_insert_id);
        let table: Name = definition.table.into();
        let mut insert = Insert { table, columns, values: given, conflict: None, returning: None };
        if read_back && capabilities.returning {
            insert.returning = Some(Projection::Columns(definition.columns));
            let sink = Collect::new(M::from_row);
            let (_, mut sink) = executor.fetch(&Statement::Insert(insert), sink).await.locate(definition)?;
            return sink.rows.pop().ok_or_else(|| lost(definition));
        }
        if unknown {
            return Err(cannot_read_back(&executor, definition));
        }
        let statement = Statement::Insert(insert);
        let affected = executor.execute(&statement).await.locate(definition)?;
        let Statement::Insert(insert) = statement else { return Err(lost(definition)) };
        stored(definition, numbered, affected, insert.values)
    }
}

/// The row that was stored: what was sent, and the number that the database gave it.
fn stored<M: Model>(
    definition: &'static ModelDef,
    numbered: Option<usize>,
    affected: Affected,
    mut values: Vec<Value>,
) -> Result<M> {
    if let Some(position) = numbered {
        let id = affected.last_id.ok_or_else(|| lost(definition))?;
        values.insert(position, Value::I64(id));
    }
    let row = Values { values: &values, definition };
    M::from_row(&mut RowReader::new(&row)).locate(definition)
}

fn lost(definition: &ModelDef) -> Error {
    definition.locate(Error::new(ErrorKind::Database, "the database did not give the new row back"))
}

/// Values as a row of the model.
pub(super) struct Values<'v> {
    pub(super) values: &'v [Value],
    pub(super) definition: &'static ModelDef,
}

impl eloquent_core::row::Row for Values<'_> {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        match self.values.get(index) {
            Some(value) => Ok(value.as_ref()),
            None => Err(eloquent_core::row::no_column(index)),
        }
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.definition.columns.get(index).map(|column| &*column.name)
    }
}

impl<M: Model> IntoFuture for Create<M> {
    type Output = Result<M>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Adds rows. Awaited, it gives them as they are stored, in their order.
#[must_use = "nothing is written until it is awaited"]
pub struct CreateMany<M: Model>(Many<M>);

/// Adds rows. Awaited, it gives their keys, in their order.
#[must_use = "nothing is written until it is awaited"]
pub struct InsertMany<M: Model>(Many<M>);

struct Many<M: Model> {
    drafts: Vec<M::Draft>,
    target: Option<Target>,
}

impl<M: Model> Many<M> {
    async fn run<T: Send + 'static>(self, read_back: ReadBack<T>) -> Result<Vec<T>> {
        let rows = Rows::of::<M>(self.drafts)?;
        let executor = Executor::resolve(self.target.as_ref(), Some(M::definition()))?;
        let chunks = insert_in_chunks(&executor, M::definition(), rows, &read_back).await?;
        Ok(chunks.into_iter().flatten().collect())
    }
}

/// Inserts rows and reads a part of each back.
struct ReadBack<T> {
    definition: &'static ModelDef,
    /// What is read back of a row that the database completes, and how.
    returned: fn(&'static ModelDef) -> Projection,
    read: fn(&mut RowReader<'_>) -> Result<T>,
    /// How it is read from a row that was given in full.
    given: fn(&mut RowReader<'_>) -> Result<T>,
}

impl<T: Send + 'static> WriteChunk for ReadBack<T> {
    type Output = Vec<T>;

    async fn write(&self, executor: &Executor, columns: Vec<Name>, values: Vec<Value>) -> Result<Vec<T>> {
        let definition = self.definition;
        let table: Name = definition.table.into();
        let complete = columns.len() == definition.columns.len();
        let mut insert = Insert { table, columns, values, conflict: None, returning: None };
        if complete {
            let statement = Statement::Insert(insert);
            executor.execute(&statement).await.locate(definition)?;
            let Statement::Insert(insert) = statement else { return Err(lost(definition)) };
            let rows = insert.values.chunks(definition.columns.len());
            return rows
                .map(|values| (self.given)(&mut RowReader::new(&Values { values, definition })))
                .collect();
        }
        if !executor.capabilities().await?.returning {
            return Err(cannot_read_back(executor, definition));
        }
        insert.returning = Some((self.returned)(definition));
        let count = insert.rows();
        let sink = Collect::new(self.read);
        let (_, sink) = executor.fetch(&Statement::Insert(insert), sink).await.locate(definition)?;
        if sink.rows.len() == count { Ok(sink.rows) } else { Err(lost(definition)) }
    }
}

fn cannot_read_back(executor: &Executor, definition: &ModelDef) -> Error {
    let driver = executor.connection().driver();
    definition
        .locate(Error::unsupported("reading back what the database filled in", driver))
        .with_hint("give every field, or use a database that returns rows")
}

fn key_projection(definition: &'static ModelDef) -> Projection {
    Projection::Expressions(key_columns(definition, Default::default()).collect())
}

fn model_projection(definition: &'static ModelDef) -> Projection {
    Projection::Columns(definition.columns)
}

impl<M: Model> CreateMany<M> {
    pub(super) fn new(drafts: Vec<M::Draft>) -> Self {
        CreateMany(Many { drafts, target: None })
    }

    /// Adds them elsewhere; see [`Query::on`](crate::query::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.0.target = Some(target.into());
        self
    }
}

impl<M: Model> InsertMany<M> {
    pub(super) fn new(drafts: Vec<M::Draft>) -> Self {
        InsertMany(Many { drafts, target: None })
    }

    /// Adds them elsewhere; see [`Query::on`](crate::query::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.0.target = Some(target.into());
        self
    }
}

impl<M: Model> IntoFuture for CreateMany<M> {
    type Output = Result<Vec<M>>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.run(ReadBack {
            definition: M::definition(),
            returned: model_projection,
            read: M::from_row,
            given: M::from_row,
        }))
    }
}

impl<M: Model> IntoFuture for InsertMany<M> {
    type Output = Result<Vec<M::Key>>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.run(ReadBack {
            definition: M::definition(),
            returned: key_projection,
            read: M::Key::from_row,
            given: |row| Ok(M::from_row(row)?.key()),
        }))
    }
}

macro_rules! debug {
    ($($name:ident)+) => {$(
        impl<M: Model> std::fmt::Debug for $name<M> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).field("model", &M::definition().name).finish_non_exhaustive()
            }
        }
    )+};
}

debug! { Create CreateMany InsertMany }

/// Rows to be added: completed and checked, so that nothing is sent when one of them is wrong.
pub(crate) struct Rows(Vec<Vec<Option<Value>>>);

impl Rows {
    pub(crate) fn of<M: Model>(drafts: Vec<M::Draft>) -> Result<Self> {
        let definition = M::definition();
        let complete = |draft| complete(definition, DraftValues::of(draft)?);
        drafts.into_iter().map(complete).collect::<Result<_>>().map(Rows)
    }
}

/// Fills in what the ORM knows (keys, times) and checks every value.
fn complete(definition: &'static ModelDef, mut values: Vec<Option<Value>>) -> Result<Vec<Option<Value>>> {
    if definition.key_source == KeySource::Uuid {
        for position in definition.key {
            values[*position].get_or_insert_with(|| Value::Uuid(Uuid::now_v7()));
        }
    }
    if definition.created_at.is_some() || definition.updated_at.is_some() {
        let now = now();
        for position in [definition.created_at, definition.updated_at].into_iter().flatten() {
            values[position].get_or_insert_with(|| timestamp(&definition.columns[position], now));
        }
    }
    for (column, value) in definition.columns.iter().zip(&mut values) {
        match value {
            Some(value) => column.check(value.as_ref()).locate(definition)?,
            None if column.auto_increment || column.database_default => {}
            // said, not left out: every row of an insert has the same columns
            None if column.nullable => *value = Some(Value::Null),
            None => return Err(missing(definition, column)),
        }
    }
    Ok(values)
}

fn missing(definition: &'static ModelDef, column: &Column) -> Error {
    let error = Error::new(ErrorKind::NotNullViolation, "the field was not given");
    definition.locate(error.with_column(column.name.clone()))
}

/// The columns that are given, and their values.
fn split(definition: &'static ModelDef, values: &[Option<Value>]) -> (Vec<Name>, Vec<Value>) {
    let given = definition.columns.iter().zip(values);
    given.filter_map(|(column, value)| Some((column.name.clone(), value.clone()?))).unzip()
}

/// Writes a part of the rows, as one statement.
pub(crate) trait WriteChunk: Sync {
    /// What comes of it.
    type Output: Send;

    fn write(
        &self,
        executor: &Executor,
        columns: Vec<Name>,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// Sends rows in as few statements as the database takes, all of them in one transaction, and gives the
/// outcome of each.
pub(crate) async fn insert_in_chunks<W: WriteChunk>(
    executor: &Executor,
    definition: &'static ModelDef,
    rows: Rows,
    writer: &W,
) -> Result<Vec<W::Output>> {
    let capabilities = executor.capabilities().await?;
    let mut chunks = chunks(&capabilities, definition, rows)?;
    if chunks.len() <= 1 {
        return match chunks.pop() {
            Some((columns, values)) => Ok(vec![writer.write(executor, columns, values).await?]),
            None => Ok(Vec::new()),
        };
    }
    let mut outcomes = Vec::with_capacity(chunks.len());
    let transaction = match capabilities.transactions {
        true => Some(Transaction::within(executor).await?),
        false => None,
    };
    let inner = transaction.as_ref().map_or_else(|| executor.clone(), Transaction::executor);
    for (columns, values) in chunks {
        outcomes.push(writer.write(&inner, columns, values).await?);
    }
    if let Some(transaction) = transaction {
        transaction.commit().await?;
    }
    Ok(outcomes)
}

type Chunk = (Vec<Name>, Vec<Value>);

/// Splits rows where the given columns change and where a statement is full.
fn chunks(capabilities: &Capabilities, definition: &'static ModelDef, rows: Rows) -> Result<Vec<Chunk>> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut shape: Vec<bool> = Vec::new();
    let mut room = 0;
    for row in rows.0 {
        let same = row.iter().map(Option::is_some).eq(shape.iter().copied());
        if !same || room == 0 {
            shape = row.iter().map(Option::is_some).collect();
            let given = definition.columns.iter().zip(&shape).filter(|(_, given)| **given);
            let columns: Vec<Name> = given.map(|(column, _)| column.name.clone()).collect();
            room = match columns.len() {
                0 => 1,
                width => (capabilities.max_binds / width).min(capabilities.insert_rows),
            };
            if room == 0 {
                return Err(definition.locate(Error::invalid("the row has more columns than a statement can bind")));
            }
            let capacity = columns.len() * room.min(1024);
            chunks.push((columns, Vec::with_capacity(capacity)));
        }
        if let Some((_, values)) = chunks.last_mut() {
            values.extend(row.into_iter().flatten());
        }
        room -= 1;
    }
    Ok(chunks)
}

impl ModelDef {
    /// The position of the column that the database numbers.
    fn auto_column(&self) -> Option<usize> {
        self.columns.iter().position(|column| column.auto_increment)
    }
}

/// Reads a model back from values, in the order of its columns.
pub(super) fn rebuild<M: FromRow>(definition: &'static ModelDef, values: &[Value]) -> Result<M> {
    M::from_row(&mut RowReader::new(&Values { values, definition })).locate(definition)
}
