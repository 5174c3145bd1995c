//! Pipelines: queries in the language of a database of documents, read into models and views.

use eloquent_core::Result;
use eloquent_core::row::RowReader;
use eloquent_core::schema::Column;
use eloquent_core::statement::{ColumnRef, Pipeline, Source, Stages, Statement};

use super::{Collect, Running};
use crate::database::{Executor, Located, Rows, Target};
use crate::model::{FromRow, Model, ModelDef, RowTypes, View};

/// A pipeline over the collection of a model, on its way to rows of `T`. Made by
/// [`Model::aggregate`](crate::Model::aggregate); awaited, it gives all of them.
#[must_use = "a pipeline does nothing until it is awaited"]
pub struct Aggregation<T> {
    pipeline: Pipeline,
    definition: &'static ModelDef,
    target: Option<Target>,
    read: fn(&mut RowReader<'_>) -> Result<T>,
}

impl<M: Model> Aggregation<M> {
    pub(crate) fn new(stages: impl Into<Stages>) -> Self {
        let definition = M::definition();
        let columns = definition.columns.iter().map(column).collect();
        let pipeline = Pipeline { table: definition.table.into(), stages: stages.into(), columns };
        Aggregation { pipeline, definition, target: None, read: M::from_row }
    }

    /// Reads what comes out of the pipeline into a view, each field by its name.
    pub fn view<V: View<Row: RowTypes>>(self) -> Aggregation<V> {
        let types = <V::Row as RowTypes>::TYPES;
        let columns = V::column_names().into_iter().zip(types).map(|(name, ty)| ColumnRef {
            source: Source(0),
            name: name.into(),
            ty: Some(*ty),
        });
        Aggregation {
            pipeline: Pipeline { columns: columns.collect(), ..self.pipeline },
            definition: self.definition,
            target: self.target,
            read: V::from_row,
        }
    }
}

/// A column of a model, as drivers are told of it.
pub(crate) fn column(column: &Column) -> ColumnRef {
    ColumnRef { source: Source(0), name: column.name.clone(), ty: Some(column.ty) }
}

impl<T: FromRow> Aggregation<T> {
    /// Runs it elsewhere; see [`Query::on`](super::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// The rows one after the other, with bounded memory.
    pub fn stream(self) -> Rows<T> {
        let executor = Executor::resolve(self.target, Some(self.definition));
        Rows::new(executor, Statement::Pipeline(self.pipeline), Some(self.definition), self.read)
    }

    /// The command that would be sent, without its values.
    ///
    /// # Errors
    /// When the connection cannot be opened, or its database has no pipelines.
    pub async fn to_sql(self) -> Result<String> {
        let executor = Executor::resolve(self.target, Some(self.definition))?;
        executor.render(&Statement::Pipeline(self.pipeline)).await.locate(self.definition)
    }

    /// How the database would run it, in its own words.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn explain(self) -> Result<String> {
        let executor = Executor::resolve(self.target, Some(self.definition))?;
        executor.explain(&Statement::Pipeline(self.pipeline)).await.locate(self.definition)
    }
}

impl<T: FromRow> IntoFuture for Aggregation<T> {
    type Output = Result<Vec<T>>;
    type IntoFuture = Running<Collect<T>>;

    fn into_future(self) -> Self::IntoFuture {
        let statement = Ok(Statement::Pipeline(self.pipeline));
        Running::of(statement, self.target, self.definition, Collect::new(self.read))
    }
}

/// The stages are left out: they hold values.
impl<T> std::fmt::Debug for Aggregation<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aggregation").field("table", &self.pipeline.table).finish_non_exhaustive()
    }
}
