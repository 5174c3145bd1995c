//! A change that is made when it is awaited.

use eloquent_core::schema::{SchemaChange, TableDefinition};
use eloquent_core::{Error, Result};

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
#[derive(Debug)]
pub struct Alter {
    changes: Vec<SchemaChange>,
    /// What is wrong with them.
    refused: Option<Error>,
    definition: Option<&'static ModelDef>,
    target: Option<Target>,
}

impl Alter {
    pub(crate) fn create(definition: &'static ModelDef) -> Self {
        let key = definition.key.iter().map(|position| definition.columns[*position].name.clone());
        let change = SchemaChange::CreateTable(TableDefinition {
            name: definition.table.into(),
            columns: definition.columns.to_vec(),
            key: key.collect(),
            if_not_exists: true,
            ..TableDefinition::default()
        });
        Alter { changes: vec![change], refused: None, definition: Some(definition), target: None }
    }

    pub(crate) fn drop(definition: &'static ModelDef) -> Self {
        let change = SchemaChange::DropTable { table: definition.table.into(), if_exists: true };
        Alter { changes: vec![change], refused: None, definition: Some(definition), target: None }
    }

    pub(super) fn new(changes: Vec<SchemaChange>, target: Option<Target>) -> Self {
        Alter { changes, refused: None, definition: None, target }
    }

    /// Makes the change elsewhere; see [`Query::on`](crate::query::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.target = Some(target.into());
        self
    }

    pub(super) fn refused(mut self, error: Error) -> Self {
        self.refused = Some(error);
        self
    }

    /// What is to be changed, as data.
    pub fn changes(&self) -> &[SchemaChange] {
        &self.changes
    }

    async fn run(self) -> Result<()> {
        let executor = Executor::resolve(self.target.clone(), self.definition)?;
        if let Some(error) = self.refused {
            return Err(executor.connection().pool().locate(error));
        }
        for change in &self.changes {
            let outcome = executor.alter(change).await;
            match self.definition {
                Some(definition) => outcome.locate(definition)?,
                None => outcome.map_err(|error| error.with_table(change.table().clone()))?,
            }
        }
        Ok(())
    }
}

impl IntoFuture for Alter {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
