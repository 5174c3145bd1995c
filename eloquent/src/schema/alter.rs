//! A change that is made when it is awaited.

use std::sync::Arc;

use eloquent_core::schema::{SchemaChange, TableChange, TableDefinition, Validator};
use eloquent_core::{Error, Result};

use super::steps::Steps;
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
    /// Who makes the changes, when that is not the database by itself.
    steps: Option<Arc<dyn Steps>>,
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
        Alter { definition: Some(definition), ..Alter::new(vec![change], None) }
    }

    pub(crate) fn drop(definition: &'static ModelDef) -> Self {
        let change = SchemaChange::DropTable { table: definition.table.into(), if_exists: true };
        Alter { definition: Some(definition), ..Alter::new(vec![change], None) }
    }

    pub(super) fn validate(definition: &'static ModelDef) -> Self {
        let validator = Validator::Columns(definition.columns.to_vec());
        let change = SchemaChange::AlterTable {
            table: definition.table.into(),
            changes: vec![TableChange::SetValidator(Some(validator))],
        };
        Alter { definition: Some(definition), ..Alter::new(vec![change], None) }
    }

    pub(super) fn new(changes: Vec<SchemaChange>, target: Option<Target>) -> Self {
        Alter { changes, refused: None, definition: None, target, steps: None }
    }

    pub(super) fn by(mut self, target: Option<Target>, steps: Option<Arc<dyn Steps>>) -> Self {
        self.target = target;
        self.steps = steps;
        self
    }

    /// Has the database hold new documents to the columns: what they hold, and which may be missing. Only
    /// of collections; a table does so by its types. What the collection is given when it is made stays
    /// until it is [changed](super::Schema::validate_model).
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] #[model(document)] struct Visit { id: i64, page: String }
    /// # async fn example() -> eloquent::Result<()> {
    /// Visit::create_table().validated().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn validated(mut self) -> Self {
        for change in &mut self.changes {
            if let SchemaChange::CreateTable(table) = change {
                table.validator = Some(Validator::Columns(table.columns.clone()));
            }
        }
        self
    }

    /// Makes the change elsewhere; see [`Query::on`](crate::query::Query::on).
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.target = Some(target.into());
        self.steps = None;
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
        let executor = match &self.steps {
            Some(steps) => steps.executor(),
            None => Executor::resolve(self.target.clone(), self.definition)?,
        };
        if let Some(error) = self.refused {
            return Err(executor.connection().pool().locate(error));
        }
        for change in &self.changes {
            let outcome = match &self.steps {
                Some(steps) => steps.alter(change).await,
                None => executor.alter(change).await,
            };
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
