//! Adding rows.

use eloquent_core::driver::{Affected, Capabilities};
use eloquent_core::row::RowReader;
use eloquent_core::schema::Column;
use eloquent_core::statement::{ColumnRef, Expression, Insert, Projection, Source, Statement};
use eloquent_core::value::{Key as _, Uuid, Value, ValueRef};
use eloquent_core::{Error, ErrorKind, Name, Result};

use super::draft::DraftValues;
use super::{FromRow, KeySource, Model, ModelDef, now, timestamp};
use crate::database::{Executor, Located, Target, Transaction, at_target};
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
        let mut draft = DraftValues::default();
        let target = self.target.as_ref();
        let taken = draft.take(self.draft);
        taken
            .and_then(|()| complete(definition, &mut draft.values))
            .map_err(at_target(target, definition))?;
        let executor = Executor::resolve(target, Some(definition))?;
        let capabilities = executor.capabilities().await?;
        let numbered =
            definition.auto_column().filter(|position| draft.values[*position].is_none());
        let unknown =
            (draft.values.iter().zip(0..)).any(|(v, i)| v.is_none() && Some(i) != numbered);
        let read_back = unknown || (numbered.is_some() && !capabilities.last_insert_id);
        let given = definition.columns.iter().zip(draft.values);
        let given = given.filter_map(|(column, value)| Some((column.name.clone(), value?)));
        let (columns, values) = given.unzip();
        let table: Name = definition.table.into();
        let mut insert = Insert { table, columns, values, conflict: None, returning: None };
        if read_back && capabilities.returning {
            insert.returning = Some(Projection::Columns(definition.columns));
            let sink = Collect::new(M::from_row);
            let (_, mut sink) =
                executor.fetch(&Statement::Insert(insert), sink).await.locate(definition)?;
            return sink.rows.pop().ok_or_else(|| lost(definition));
        }
        if read_back {
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
    async fn run<T: Send + 'static>(self, part: Part<T>) -> Result<Vec<T>> {
        let executor = Executor::resolve(self.target.as_ref(), Some(M::definition()))?;
        let capabilities = executor.capabilities().await.locate(M::definition())?;
        let chunks = Chunks::of::<M>(self.drafts, &capabilities)
            .map_err(at_target(self.target.as_ref(), M::definition()))?;
        let mut writer =
            ReadBack { definition: M::definition(), part, capabilities, ids_follow: false };
        let rows = chunks.send(&executor, &capabilities, &mut writer).await;
        Ok(rows.locate(M::definition())?.into_iter().flatten().collect())
    }
}

/// What is wanted of each row that was added: these columns, read in this way.
struct Part<T> {
    columns: Vec<usize>,
    read: fn(&mut RowReader<'_>) -> Result<T>,
}

/// Adds rows, and reads a part of each back: from what was given and the numbers that follow each
/// other, or else from the database.
struct ReadBack<T> {
    definition: &'static ModelDef,
    part: Part<T>,
    capabilities: Capabilities,
    ids_follow: bool,
}

impl<T: Send + 'static> WriteChunk for ReadBack<T> {
    type Output = Vec<T>;

    /// Numbers that follow each other are cheaper than rows that are read back, but the question has to
    /// be asked in the transaction of the insert.
    fn wants_transaction(&self, chunks: &Chunks) -> bool {
        let numbered = self.definition.auto_column();
        self.capabilities.last_insert_id
            && self.capabilities.transactions
            && self.part.columns.iter().any(|column| Some(*column) == numbered)
            && chunks
                .0
                .iter()
                .any(|chunk| chunk.rows() > 1 && numbered.is_some_and(|n| !chunk.has(n)))
    }

    async fn prepare(&mut self, executor: &Executor) -> Result<()> {
        self.ids_follow =
            executor.ids_follow(self.definition.table).await.locate(self.definition)?;
        Ok(())
    }

    async fn write(&self, executor: &Executor, chunk: Chunk) -> Result<Vec<T>> {
        let definition = self.definition;
        let count = chunk.rows();
        let id_is_known = self.capabilities.last_insert_id && (count == 1 || self.ids_follow);
        let known = self.part.columns.iter().all(|column| {
            chunk.has(*column) || (id_is_known && definition.columns[*column].auto_increment)
        });
        let Chunk { given, columns, values } = chunk;
        let table: Name = definition.table.into();
        let mut insert = Insert { table, columns, values, conflict: None, returning: None };
        if known {
            let statement = Statement::Insert(insert);
            let affected = executor.execute(&statement).await.locate(definition)?;
            let Statement::Insert(insert) = statement else { return Err(lost(definition)) };
            return self.read_given(&given, &insert.values, affected);
        }
        if !self.capabilities.returning {
            return Err(cannot_read_back(executor, definition));
        }
        insert.returning = Some(Projection::Expressions(
            self.part.columns.iter().map(|column| definition.expression(*column)).collect(),
        ));
        let sink = Collect::new(self.part.read);
        let (_, sink) =
            executor.fetch(&Statement::Insert(insert), sink).await.locate(definition)?;
        if sink.rows.len() == count { Ok(sink.rows) } else { Err(lost(definition)) }
    }
}

impl<T> ReadBack<T> {
    fn read_given(&self, given: &[usize], values: &[Value], affected: Affected) -> Result<Vec<T>> {
        let definition = self.definition;
        let places: Vec<Option<usize>> =
            self.part.columns.iter().map(|c| given.iter().position(|g| g == c)).collect();
        let count = values.len() / given.len().max(1);
        let last = match (affected.last_id, places.contains(&None)) {
            (Some(last), true) => last,
            (_, false) => 0,
            (None, true) => return Err(lost(definition)),
        };
        let ids =
            (0..count).rev().map(|back| i64::try_from(back).map(|back| last.saturating_sub(back)));
        let rows = values.chunks(given.len().max(1)).zip(ids);
        let read = |(row, id): (_, Result<i64, _>)| {
            let id = ValueRef::I64(id.map_err(|_| lost(definition))?);
            let row = Given { row, places: &places, id, columns: &self.part.columns, definition };
            (self.part.read)(&mut RowReader::new(&row)).locate(definition)
        };
        rows.map(read).collect()
    }
}

/// Columns of a row that was sent, and its number.
struct Given<'r> {
    row: &'r [Value],
    /// Where each column stands in the row; `None` for the number.
    places: &'r [Option<usize>],
    id: ValueRef<'r>,
    columns: &'r [usize],
    definition: &'static ModelDef,
}

impl eloquent_core::row::Row for Given<'_> {
    fn len(&self) -> usize {
        self.places.len()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        match self.places.get(index) {
            Some(Some(place)) => Ok(self.row[*place].as_ref()),
            Some(None) => Ok(self.id),
            None => Err(eloquent_core::row::no_column(index)),
        }
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.columns.get(index).map(|column| &*self.definition.columns[*column].name)
    }
}

fn cannot_read_back(executor: &Executor, definition: &ModelDef) -> Error {
    let driver = executor.connection().driver();
    definition
        .locate(Error::unsupported("reading back what the database filled in", driver))
        .with_hint("give every field, or use a database that returns rows")
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
        let columns = (0..M::definition().columns.len()).collect();
        Box::pin(self.0.run(Part { columns, read: M::from_row }))
    }
}

impl<M: Model> IntoFuture for InsertMany<M> {
    type Output = Result<Vec<M::Key>>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let columns = M::definition().key.to_vec();
        Box::pin(self.0.run(Part { columns, read: M::Key::from_row }))
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

/// Fills in what the ORM knows (keys, times) and checks every value, so that nothing is sent when one
/// of them is wrong.
fn complete(definition: &'static ModelDef, values: &mut [Option<Value>]) -> Result<()> {
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
    for (column, value) in definition.columns.iter().zip(values) {
        match value {
            Some(value) => column.check(value.as_ref()).locate(definition)?,
            None if column.auto_increment || column.database_default => {}
            // said, not left out: every row of an insert has the same columns
            None if column.nullable => *value = Some(Value::Null),
            None => return Err(missing(definition, column)),
        }
    }
    Ok(())
}

fn missing(definition: &'static ModelDef, column: &Column) -> Error {
    let error = Error::new(ErrorKind::NotNullViolation, "the field was not given");
    definition.locate(error.with_column(column.name.clone()))
}

/// Rows of one statement.
pub(crate) struct Chunk {
    /// The positions of the columns that are given.
    given: Vec<usize>,
    pub(crate) columns: Vec<Name>,
    pub(crate) values: Vec<Value>,
}

impl Chunk {
    fn rows(&self) -> usize {
        if self.given.is_empty() { 1 } else { self.values.len() / self.given.len() }
    }

    fn has(&self, position: usize) -> bool {
        self.given.contains(&position)
    }
}

/// Rows to be added, split where the given columns change and where a statement is full.
pub(crate) struct Chunks(Vec<Chunk>);

impl Chunks {
    pub(crate) fn of<M: Model>(drafts: Vec<M::Draft>, capabilities: &Capabilities) -> Result<Self> {
        let definition = M::definition();
        let mut chunks: Vec<Chunk> = Vec::new();
        let mut draft = DraftValues::default();
        let mut shape: Vec<bool> = Vec::new();
        let (mut left, mut room) = (drafts.len(), 0);
        for row in drafts {
            draft.take(row)?;
            complete(definition, &mut draft.values)?;
            if room == 0 || !draft.values.iter().map(Option::is_some).eq(shape.iter().copied()) {
                shape.clear();
                shape.extend(draft.values.iter().map(Option::is_some));
                let given: Vec<usize> =
                    (0..shape.len()).filter(|position| shape[*position]).collect();
                room = match given.len() {
                    0 => 1,
                    width => (capabilities.max_binds / width).min(capabilities.insert_rows),
                };
                if room == 0 {
                    let error =
                        Error::invalid("the row has more columns than a statement can bind");
                    return Err(definition.locate(error));
                }
                let columns = given.iter().map(|g| definition.columns[*g].name.clone()).collect();
                let values = Vec::with_capacity(given.len() * room.min(left));
                chunks.push(Chunk { given, columns, values });
            }
            if let Some(chunk) = chunks.last_mut() {
                // a loop, because the length of a flattened iterator is not known to `extend`
                for value in draft.values.drain(..).flatten() {
                    chunk.values.push(value);
                }
            }
            room -= 1;
            left -= 1;
        }
        Ok(Chunks(chunks))
    }

    /// Sends the rows, all of them in one transaction, and gives the outcome of each statement.
    pub(crate) async fn send<W: WriteChunk>(
        mut self,
        executor: &Executor,
        capabilities: &Capabilities,
        writer: &mut W,
    ) -> Result<Vec<W::Output>> {
        let prepared = writer.wants_transaction(&self);
        if self.0.len() == 1 && !prepared {
            return match self.0.pop() {
                Some(chunk) => Ok(vec![writer.write(executor, chunk).await?]),
                None => Ok(Vec::new()),
            };
        }
        let transaction = match capabilities.transactions && !self.0.is_empty() {
            true => Some(Transaction::within(executor).await?),
            false => None,
        };
        let inner = transaction.as_ref().map_or_else(|| executor.clone(), Transaction::executor);
        if prepared {
            writer.prepare(&inner).await?;
        }
        let mut outcomes = Vec::with_capacity(self.0.len());
        for chunk in self.0 {
            outcomes.push(writer.write(&inner, chunk).await?);
        }
        if let Some(transaction) = transaction {
            transaction.commit().await?;
        }
        Ok(outcomes)
    }
}

/// Writes a part of the rows, as one statement.
pub(crate) trait WriteChunk: Send + Sync {
    /// What comes of it.
    type Output: Send;

    /// Whether [`prepare`](Self::prepare) has something to do, in the transaction of the rows.
    fn wants_transaction(&self, _chunks: &Chunks) -> bool {
        false
    }

    /// Called once before the first part.
    fn prepare(&mut self, _executor: &Executor) -> impl Future<Output = Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    fn write(
        &self,
        executor: &Executor,
        chunk: Chunk,
    ) -> impl Future<Output = Result<Self::Output>> + Send;
}

impl ModelDef {
    /// The position of the column that the database numbers.
    fn auto_column(&self) -> Option<usize> {
        self.columns.iter().position(|column| column.auto_increment)
    }

    fn expression(&self, position: usize) -> Expression {
        let column = &self.columns[position];
        let name = column.name.clone();
        Expression::Column(ColumnRef { source: Source(0), name, ty: Some(column.ty) })
    }
}

/// Reads a model back from values, in the order of its columns.
pub(super) fn rebuild<M: FromRow>(definition: &'static ModelDef, values: &[Value]) -> Result<M> {
    M::from_row(&mut RowReader::new(&Values { values, definition })).locate(definition)
}
