//! Models: structs that are rows.

mod batch;
mod definition;
mod draft;
mod embedded;
mod family;
mod first_or_create;
mod insert;
mod into_column;
mod key;
mod object_id;
mod persist;
mod view;
mod watch;

use eloquent_core::Result;
use eloquent_core::row::RowReader;
use eloquent_core::schema::Column;
use eloquent_core::statement::{Expression, Source, Stages};
use eloquent_core::value::{ColumnValue, DateTime, Mismatch, Utc, Value};

pub use eloquent_core::value::Key;

use crate::database::Target;
use crate::query::{Aggregation, Col, IntoAssignments, IntoExpr, MassWrite, One, Query, Upsert};

pub use definition::{KeySource, ModelDef, ModelFamily};
pub use draft::{Draft, DraftValues, check_draft};
pub use embedded::Embedded;
#[doc(hidden)]
pub use embedded::{FieldsIn, FieldsOut};
pub use family::{Collections, Documents, Family, JoinedWith, Portable, Relational, RowLocks};
pub use first_or_create::FirstOrCreate;
pub use insert::{Create, CreateMany, InsertMany};
pub use into_column::IntoColumn;
pub use persist::{DeleteOne, UpdateOne};

pub(crate) use batch::{Batch, Chunk, WriteChunk};
pub(crate) use key::{key_columns, key_filter};

pub use view::{RowTypes, View, ViewColumns, ViewOf};
pub use watch::{Change, Changes, Watch};

/// What a row can become: a model or a [view](View).
#[diagnostic::on_unimplemented(
    message = "rows cannot become `{Self}`",
    label = "neither a model nor a view",
    note = "add `#[derive(Model)]` for a table, or `#[derive(View)]` for a projection"
)]
pub trait FromRow: Sized + Send + 'static {
    /// The names of the columns, in the order in which they are read.
    fn column_names() -> Vec<&'static str>;

    /// Reads the columns in that order.
    ///
    /// # Errors
    /// When a value does not fit its field.
    fn from_row(row: &mut RowReader<'_>) -> Result<Self>;
}

/// A struct that is a row of a table. Implemented by `#[derive(Model)]`; its methods to query and
/// write come with it.
///
/// ```
/// use eloquent::prelude::*;
///
/// #[derive(Model, Debug)]
/// struct User {
///     id: i64,
///     name: String,
/// }
///
/// assert_eq!(User::definition().table, "users");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "`#[derive(Model)]` is missing on `{Self}`",
    note = "add `#[derive(Model)]` to the struct"
)]
pub trait Model: FromRow + Sync {
    /// Where it can live.
    type Family: Family;
    /// The columns, as closures of queries see them.
    type Columns: Columns<Model = Self>;
    /// The primary key; a tuple when it spans several columns.
    type Key: Key;
    /// A row to be created, with the fields that have been given so far.
    type Draft: Draft<Model = Self>;

    /// The names of the fields that a draft has to give, each with the message for when it does not.
    const REQUIRED: &'static [(&'static str, &'static str)];
    /// The names of all fields.
    const FIELDS: &'static [&'static str];

    /// What is known of the model at compile time.
    fn definition() -> &'static ModelDef;

    /// The columns, as those of this table of a statement.
    fn columns(source: Source) -> Self::Columns;

    /// The value of a column, counted from 0.
    ///
    /// # Errors
    /// When it has no stored form.
    fn value_of(&self, column: usize) -> Result<Value, Mismatch>;

    /// The primary key.
    fn key(&self) -> Self::Key;

    /// Sets the time of the last update, if the model keeps one.
    fn touch(&mut self, now: DateTime<Utc>);

    /// A query for all rows, to add clauses to.
    fn query() -> Query<Self> {
        Query::new()
    }

    /// All rows.
    fn all() -> Query<Self> {
        Query::new()
    }

    /// The row of this key, if there is one.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, name: String }
    /// # async fn example() -> eloquent::Result<()> {
    /// let maybe: Option<User> = User::find(1).await?;
    /// let user: User = User::find(1).or_fail().await?;
    /// # Ok(())
    /// # }
    /// ```
    fn find(key: impl IntoColumn<Self::Key>) -> One<Self> {
        let mut plan = Self::query().plan;
        let planned = key_filter(Self::definition(), &key.into_column()).map(|filter| {
            plan.select.filter = filter;
            plan
        });
        One::planned(planned, "there is no row of this key")
    }

    /// The rows of these keys, in no particular order; keys without a row are passed over.
    fn find_many<K: IntoColumn<Self::Key>>(keys: impl IntoIterator<Item = K>) -> Query<Self> {
        let mut query = Self::query();
        let keys = keys.into_iter().map(IntoColumn::into_column).collect();
        query.plan.select.filter.push(key::any_key::<Self::Key>(Self::definition(), keys));
        query
    }

    /// A column by a name that is known only at run time: the name of a column of the table.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, name: String }
    /// # async fn example(field: &str, text: &str) -> eloquent::Result<()> {
    /// let column = User::column::<String>(field)?;
    /// let found = User::query().filter(|_| column.contains(text)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind) when there is no such column, or it is of another
    /// type.
    fn column<T: ColumnValue>(name: &str) -> Result<Col<T, Self::Family>> {
        let column: &'static Column = Self::definition().column(name)?;
        key::same_type(Self::definition(), column, T::TYPE)?;
        Ok(Col::new(Source(0), column))
    }

    /// A column by a name that is known only at run time, whatever its type.
    #[doc(hidden)]
    fn column_expression(name: &str) -> Result<Expression> {
        key::column_expression(Self::definition(), name)
    }

    /// Runs a pipeline over the collection, in the language of the database: its driver's crate makes the
    /// stages. Awaited, it gives what comes out as models; with
    /// [`view`](Aggregation::view), as something else.
    ///
    /// Awaiting it fails with [`ErrorKind::Unsupported`](crate::ErrorKind) on a database that has no
    /// documents, or another language than that of the stages.
    fn aggregate<F: Collections>(stages: impl Into<Stages>) -> Aggregation<Self>
    where
        Self: Model<Family = F>,
    {
        Aggregation::new(stages)
    }

    /// Watches the collection: a stream of what happens to its documents from now on.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] #[model(document)] struct Order { #[model(key, auto = false)] id: i64, total: i64 }
    /// # async fn example() -> eloquent::Result<()> {
    /// use eloquent::ChangeKind;
    ///
    /// let mut changes = Order::watch().only([ChangeKind::Insert]).await?;
    /// while let Some(change) = changes.next().await.transpose()? {
    ///     println!("order {} for {:?}", change.key, change.row.map(|order| order.total));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Awaiting it fails with [`ErrorKind::Unsupported`](crate::ErrorKind) on a database that does not tell
    /// of changes.
    fn watch<F: Collections>() -> Watch<Self>
    where
        Self: Model<Family = F>,
    {
        Watch::new()
    }

    /// Adds a row and gives it as it is stored, with its key.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, name: String }
    /// # async fn example() -> eloquent::Result<()> {
    /// let ada = User::create(new!(User { name: "Ada" })).await?;
    /// # Ok(())
    /// # }
    /// ```
    fn create(draft: Self::Draft) -> Create<Self> {
        Create::new(draft)
    }

    /// The row that matches; a new one when there is none.
    ///
    /// Of two that add the same row at a time, the later one gets that of the other, if a unique index tells
    /// them apart. In a transaction that may be an error, which voids it.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, #[model(unique)] email: String }
    /// # async fn example() -> eloquent::Result<()> {
    /// let email = "ada@example.org";
    /// let ada = User::first_or_create(|u| u.email.eq(email), new!(User { email })).await?;
    /// # Ok(())
    /// # }
    /// ```
    fn first_or_create<E: IntoExpr<bool>>(
        condition: impl FnOnce(Self::Columns) -> E,
        draft: Self::Draft,
    ) -> FirstOrCreate<Self> {
        FirstOrCreate::new(Self::query().filter(condition), draft)
    }

    /// Adds rows and gives them as they are stored, in their order: all of them, or none.
    fn create_many(drafts: impl IntoIterator<Item = Self::Draft>) -> CreateMany<Self> {
        CreateMany::new(drafts)
    }

    /// Adds rows and gives their keys, in their order: all of them, or none.
    fn insert_many(drafts: impl IntoIterator<Item = Self::Draft>) -> InsertMany<Self> {
        InsertMany::new(drafts)
    }

    /// Adds rows, or changes those that exist already.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, #[model(unique)] email: String, name: String }
    /// # async fn example() -> eloquent::Result<()> {
    /// User::upsert([new!(User { email: "ada@example.org", name: "Ada" })])
    ///     .unique_by(|u| u.email)
    ///     .update(|u| u.name)
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    fn upsert(drafts: impl IntoIterator<Item = Self::Draft>) -> Upsert<Self> {
        Upsert::new(drafts)
    }

    /// Changes fields of this row, and writes those that differ afterwards. Awaited, it says whether
    /// any did; without a difference nothing is sent. When it fails, the struct is as before.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, name: String }
    /// # async fn example(mut user: User) -> eloquent::Result<()> {
    /// user.update(|u| u.name = "Grace".into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Awaiting it fails with [`ErrorKind::Stale`](crate::ErrorKind) when the row is gone, and with
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind) when the key was changed.
    fn update(&mut self, change: impl FnOnce(&mut Self)) -> UpdateOne<'_, Self> {
        UpdateOne::new(self, change)
    }

    /// Removes this row.
    ///
    /// Awaiting it fails with [`ErrorKind::Stale`](crate::ErrorKind) when the row is gone.
    fn delete(self) -> DeleteOne {
        DeleteOne::new(&self)
    }

    /// Reads this row again.
    ///
    /// # Errors
    /// [`ErrorKind::Stale`](crate::ErrorKind) when the row is gone.
    fn refresh(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::refresh(self, None)
    }

    /// As [`refresh`](Self::refresh), from elsewhere than the model's connection.
    ///
    /// # Errors
    /// As there.
    fn refresh_on(&mut self, target: impl Into<Target>) -> impl Future<Output = Result<()>> + Send {
        persist::refresh(self, Some(target.into()))
    }

    /// Changes every row of the table.
    fn update_all<A: IntoAssignments>(to: impl FnOnce(Self::Columns) -> A) -> MassWrite {
        let mut assignments = Vec::new();
        to(Self::columns(Source(0))).push(&mut assignments);
        MassWrite::update(Self::query().plan, Self::definition(), assignments, true)
    }

    /// Removes every row of the table.
    fn delete_all() -> MassWrite {
        MassWrite::delete(Self::query().plan, Self::definition(), true)
    }

    /// Creates the table from the model, with its indexes, if it does not exist: for tests and first
    /// steps.
    fn create_table() -> crate::schema::Alter {
        crate::schema::Alter::create(Self::definition())
    }

    /// Drops the table, if it exists.
    fn drop_table() -> crate::schema::Alter {
        crate::schema::Alter::drop(Self::definition())
    }
}

/// The columns of a model: one [`Col`] for each field.
pub trait Columns: Copy + Send + Sync + 'static {
    /// The model.
    type Model: Model<Columns = Self>;

    /// Which table of the statement they belong to.
    fn source(&self) -> Source;
}

/// A field that holds a time which the ORM keeps.
pub trait TimestampField {
    /// The field's form of this instant.
    fn at(now: DateTime<Utc>) -> Self;
}

impl TimestampField for DateTime<Utc> {
    fn at(now: DateTime<Utc>) -> Self {
        now
    }
}

impl TimestampField for eloquent_core::value::NaiveDateTime {
    fn at(now: DateTime<Utc>) -> Self {
        now.naive_utc()
    }
}

impl<T: TimestampField> TimestampField for Option<T> {
    fn at(now: DateTime<Utc>) -> Self {
        Some(T::at(now))
    }
}

/// The present moment, to the millisecond: the finest that every database keeps.
pub(crate) fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
}

/// A moment in the form that the column keeps.
pub(crate) fn timestamp(column: &Column, now: DateTime<Utc>) -> Value {
    match column.ty {
        eloquent_core::schema::ColumnType::DateTime => Value::DateTime(now.naive_utc()),
        _ => Value::Timestamp(now),
    }
}
