//! Adding rows.

use std::marker::PhantomData;

use eloquent_core::driver::{Affected, Capabilities};
use eloquent_core::row::RowReader;
use eloquent_core::statement::{ColumnRef, Expression, Insert, Projection, Source, Statement};
use eloquent_core::value::{Key as _, Value, ValueRef};
use eloquent_core::{Error, ErrorKind, Name, Result};

use super::batch::{Batch, Chunk, WriteChunk, keep_room};
use super::{FromRow, Model, ModelDef};
use crate::database::{Executor, Located, Target, at_target};
use crate::query::{BoxFuture, Collect};

/// Adds a row. Awaited, it gives the row as it is stored.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let ada: User = User::create(new!(User { name: "Ada", age: 36 })).await?;
/// # Ok(())
/// # }
/// ```
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
        let target = self.target.as_ref();
        let batch = Batch::of::<M>([self.draft]).map_err(at_target(target, definition))?;
        let executor = Executor::resolve(self.target, Some(definition))?;
        let capabilities = executor.capabilities().await?;
        let (given, values) = batch.into_row();
        let numbered = definition.auto_column().filter(|position| !given.contains(position));
        let unknown = (0..definition.columns.len())
            .any(|position| !given.contains(&position) && Some(position) != numbered);
        let read_back = unknown || (numbered.is_some() && !capabilities.last_insert_id);
        let columns = given.iter().map(|g| definition.columns[*g].name.clone()).collect();
        let table: Name = definition.table.into();
        let mut insert = Insert { table, columns, values, conflict: None, returning: None };
        if read_back && capabilities.returning {
            insert.returning = Some(Projection::Columns(definition.columns));
            let sink = Collect::new(M::from_row);
            let (_, mut sink) =
                executor.fetch(&Statement::Insert(insert), sink).await.locate(definition)?;
            return sink.rows.pop().ok_or_else(|| lost(&executor, definition));
        }
        if read_back {
            return Err(cannot_read_back(&executor, definition));
        }
        let statement = Statement::Insert(insert);
        let affected = executor.execute(&statement).await.locate(definition)?;
        let Statement::Insert(insert) = statement else { return Err(lost(&executor, definition)) };
        stored(&executor, definition, numbered, affected, insert.values)
    }
}

/// The row that was stored: what was sent, and the number that the database gave it.
fn stored<M: Model>(
    executor: &Executor,
    definition: &'static ModelDef,
    numbered: Option<usize>,
    affected: Affected,
    mut values: Vec<Value>,
) -> Result<M> {
    if let Some(position) = numbered {
        values.insert(position, Value::I64(last_id(executor, definition, affected, 1)?));
    }
    let row = Values { values: &values, definition };
    M::from_row(&mut RowReader::new(&row)).locate(definition)
}

/// The number of the last of these rows. Of rows of which the database has written only some, none is
/// known.
fn last_id(
    executor: &Executor,
    definition: &ModelDef,
    affected: Affected,
    rows: usize,
) -> Result<i64> {
    let written = affected.last_id.filter(|_| affected.rows == rows as u64);
    written.ok_or_else(|| lost(executor, definition))
}

fn lost(executor: &Executor, definition: &ModelDef) -> Error {
    let error = Error::new(ErrorKind::Database, "the database did not give the new row back");
    executor.connection().pool().locate(definition.locate(error))
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
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let drafts = ["Ada", "Grace"].map(|name| new!(User { name, age: 36 }));
/// let users: Vec<User> = User::create_many(drafts).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is written until it is awaited"]
pub struct CreateMany<M: Model>(Many<M>);

/// Adds rows. Awaited, it gives their keys, in their order.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let drafts = (0..10_000).map(|age| new!(User { name: "Ada", age }));
/// let ids: Vec<i64> = User::insert_many(drafts).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is written until it is awaited"]
pub struct InsertMany<M: Model>(Many<M>);

struct Many<M> {
    batch: Result<Batch>,
    target: Option<Target>,
    model: PhantomData<fn() -> M>,
}

impl<M: Model> Many<M> {
    fn of(drafts: impl IntoIterator<Item = M::Draft>) -> Self {
        Many { batch: Batch::of::<M>(drafts), target: None, model: PhantomData }
    }

    async fn run<T: Send + 'static>(self, part: Part<T>) -> Result<Vec<T>> {
        let batch = self.batch.map_err(at_target(self.target.as_ref(), M::definition()))?;
        let executor = Executor::resolve(self.target, Some(M::definition()))?;
        let capabilities = executor.capabilities().await.locate(M::definition())?;
        let definition = M::definition();
        let rows = Vec::with_capacity(batch.rows());
        let mut writer = ReadBack { definition, part, capabilities, ids_follow: false, rows };
        // in a box, so that this future stays below the kilobyte from which on blocks cost more
        Box::pin(batch.send(&executor, &capabilities, &mut writer)).await.locate(definition)?;
        Ok(writer.rows)
    }
}

/// What is wanted of each row that was added: these columns, read in this way.
struct Part<T> {
    columns: Vec<usize>,
    read: fn(&mut RowReader<'_>) -> Result<T>,
    /// The same of a number that the database gave, where that is all there is to read.
    number: fn(i64) -> Option<T>,
}

/// Adds rows, and reads a part of each back: from what was given and the numbers that follow each
/// other, or else from the database.
struct ReadBack<T> {
    definition: &'static ModelDef,
    part: Part<T>,
    capabilities: Capabilities,
    ids_follow: bool,
    rows: Vec<T>,
}

impl<T: Send + 'static> WriteChunk for ReadBack<T> {
    /// Numbers that follow each other are cheaper than rows that are read back, but the question has to
    /// be asked in the transaction of the insert. A single statement that gives its rows back needs none.
    fn wants_transaction(&self, batch: &Batch) -> bool {
        self.capabilities.last_insert_id
            && self.capabilities.transactions
            && !(self.capabilities.returning && batch.is_one_statement(&self.capabilities))
            && self.definition.auto_column().is_some_and(|numbered| {
                self.part.columns.contains(&numbered) && batch.leaves_out(numbered)
            })
    }

    async fn prepare(&mut self, executor: &Executor) -> Result<()> {
        self.ids_follow =
            executor.ids_follow(self.definition.table).await.locate(self.definition)?;
        Ok(())
    }

    async fn write(&mut self, executor: &Executor, chunk: Chunk) -> Result<()> {
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
            let Statement::Insert(insert) = statement else {
                return Err(lost(executor, definition));
            };
            self.read_given(executor, &given, &insert.values, affected)?;
            keep_room(insert.values);
            return Ok(());
        }
        if !self.capabilities.returning {
            return Err(cannot_read_back(executor, definition));
        }
        insert.returning = Some(Projection::Expressions(
            self.part.columns.iter().map(|column| definition.expression(*column)).collect(),
        ));
        let sink = Collect::new(self.part.read);
        let statement = Statement::Insert(insert);
        let (_, sink) = Box::pin(executor.fetch(&statement, sink)).await.locate(definition)?;
        if sink.rows.len() != count {
            return Err(lost(executor, definition));
        }
        self.rows.extend(sink.rows);
        Ok(())
    }
}

impl<T> ReadBack<T> {
    fn read_given(
        &mut self,
        executor: &Executor,
        given: &[usize],
        values: &[Value],
        affected: Affected,
    ) -> Result<()> {
        let definition = self.definition;
        let places: Vec<Option<usize>> =
            self.part.columns.iter().map(|c| given.iter().position(|g| g == c)).collect();
        let width = given.len().max(1);
        let count = values.len() / width;
        let last = match places.contains(&None) {
            true => last_id(executor, definition, affected, count)?,
            false => 0,
        };
        let before = i64::try_from(count).map_err(|_| lost(executor, definition))?;
        let mut id = last.saturating_sub(before);
        let is_number = *places == [None];
        for row in values.chunks(width) {
            id = id.saturating_add(1);
            if is_number && let Some(number) = (self.part.number)(id) {
                self.rows.push(number);
                continue;
            }
            let (places, columns) = (&*places, &*self.part.columns);
            let row = Given { row, places, id: ValueRef::I64(id), columns, definition };
            self.rows.push((self.part.read)(&mut RowReader::new(&row)).locate(definition)?);
        }
        Ok(())
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
    pub(super) fn new(drafts: impl IntoIterator<Item = M::Draft>) -> Self {
        CreateMany(Many::of(drafts))
    }

    /// Adds them elsewhere; see [`Query::on`](crate::query::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.0.target = Some(target.into());
        self
    }
}

impl<M: Model> InsertMany<M> {
    pub(super) fn new(drafts: impl IntoIterator<Item = M::Draft>) -> Self {
        InsertMany(Many::of(drafts))
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
        Box::pin(self.0.run(Part { columns, read: M::from_row, number: |_| None }))
    }
}

impl<M: Model> IntoFuture for InsertMany<M> {
    type Output = Result<Vec<M::Key>>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let columns = M::definition().key.to_vec();
        Box::pin(self.0.run(Part { columns, read: M::Key::from_row, number: M::Key::from_number }))
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
