//! Tables from models, for tests and first steps.

use eloquent_core::Result;
use eloquent_core::schema::{SchemaChange, TableDefinition};

use crate::database::{Executor, Located, Target};
use crate::model::ModelDef;
use crate::query::BoxFuture;

/// A change to the schema, to be made.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// User::create_table().await?;
/// User::drop_table().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is changed until it is awaited"]
#[derive(Debug, Clone)]
pub struct Alter {
    change: SchemaChange,
    definition: &'static ModelDef,
    target: Option<Target>,
}

impl Alter {
    pub(crate) fn create(definition: &'static ModelDef) -> Self {
        let key = definition.key.iter().map(|position| definition.columns[*position].name.clone());
        let change = SchemaChange::CreateTable(TableDefinition {
            name: definition.table.into(),
            columns: definition.columns.to_vec(),
            key: key.collect(),
            indexes: Vec::new(),
            if_not_exists: true,
        });
        Alter { change, definition, target: None }
    }

    pub(crate) fn drop(definition: &'static ModelDef) -> Self {
        let change = SchemaChange::DropTable { table: definition.table.into(), if_exists: true };
        Alter { change, definition, target: None }
    }

    /// Makes the change elsewhere; see [`Query::on`](crate::query::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.target = Some(target.into());
        self
    }

    async fn run(self) -> Result<()> {
        let executor = Executor::resolve(self.target.clone(), Some(self.definition))?;
        executor.alter(&self.change).await.locate(self.definition)
    }
}

impl IntoFuture for Alter {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
