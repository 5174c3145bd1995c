//! The schema of a connection: to be changed, and to be looked at.

use std::sync::Arc;

use eloquent_core::schema::{
    ColumnInfo, ForeignKeyInfo, IndexInfo, SchemaChange, SchemaText, TableInfo, TableKind,
    ViewDefinition,
};
use eloquent_core::{Error, Name, Result};

use super::alter::Alter;
use super::steps::Steps;
use super::table::Table;
use crate::database::{Executor, Target};
use crate::model::Model;

/// The schema of a connection: to be changed, and to be looked at.
///
/// ```no_run
/// # async fn example(db: &eloquent::Db) -> eloquent::Result<()> {
/// use eloquent::schema::Schema;
///
/// let schema = Schema::on(db);
/// schema
///     .create("users", |t| {
///         t.id();
///         t.string("email", 255).unique();
///         t.foreign_id("team_id").nullable().constrained("teams").null_on_delete();
///         t.timestamps();
///     })
///     .await?;
/// schema.table("users", |t| { t.boolean("active").default(true); }).await?;
/// assert!(schema.has_column("users", "active").await?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Schema {
    target: Option<Target>,
    steps: Option<Arc<dyn Steps>>,
}

impl Schema {
    /// The schema of the default connection, or of the transaction in scope.
    pub fn new() -> Self {
        Schema::default()
    }

    /// The schema of another connection: by name, or a [`Db`](crate::Db), a
    /// [`Connection`](crate::Connection) or a [`Transaction`](crate::Transaction).
    pub fn on(target: impl Into<Target>) -> Self {
        Schema { target: Some(target.into()), steps: None }
    }

    /// The schema that a migration changes.
    pub(crate) fn by(steps: Arc<dyn Steps>) -> Self {
        Schema { target: None, steps: Some(steps) }
    }

    /// Creates the table of a model, with its indexes, if there is none of that name.
    pub fn create_model<M: Model>(&self) -> Alter {
        M::create_table().by(self.target.clone(), self.steps.clone())
    }

    /// Has the database hold new documents of a collection that is there to the columns of its model: what
    /// they hold, and which may be missing. Only of documents; see [`Alter::validated`].
    pub fn validate_model<M: Model>(&self) -> Alter {
        Alter::validate(M::definition()).by(self.target.clone(), self.steps.clone())
    }

    /// Drops the table of a model, if there is one.
    pub fn drop_model<M: Model>(&self) -> Alter {
        M::drop_table().by(self.target.clone(), self.steps.clone())
    }

    /// Creates a table.
    pub fn create(&self, table: impl Into<Name>, define: impl FnOnce(&mut Table)) -> Alter {
        self.define(table.into(), define, |table| table.create(false))
    }

    /// Creates a table, if there is none of that name. One that exists is left as it is.
    pub fn create_if_not_exists(
        &self,
        table: impl Into<Name>,
        define: impl FnOnce(&mut Table),
    ) -> Alter {
        self.define(table.into(), define, |table| table.create(true))
    }

    /// Changes a table, step by step. Where the database can, all of it or nothing happens.
    pub fn table(&self, table: impl Into<Name>, define: impl FnOnce(&mut Table)) -> Alter {
        let table = table.into();
        let name = table.clone();
        let define = |table: &mut Table| {
            table.exists = true;
            define(table);
        };
        self.define(table, define, |table| match table.alter() {
            changes if changes.is_empty() => Vec::new(),
            changes => vec![SchemaChange::AlterTable { table: name, changes }],
        })
    }

    fn define(
        &self,
        name: Name,
        define: impl FnOnce(&mut Table),
        build: impl FnOnce(Table) -> Vec<SchemaChange>,
    ) -> Alter {
        let mut table = Table::new(name);
        define(&mut table);
        let mismatch = table.mismatch();
        let alter = self.alter(build(table));
        match mismatch {
            Some(error) => alter.refused(error),
            None => alter,
        }
    }

    /// Gives a table another name.
    pub fn rename(&self, from: impl Into<Name>, to: impl Into<Name>) -> Alter {
        self.alter(vec![SchemaChange::RenameTable { from: from.into(), to: to.into() }])
    }

    /// Drops a table.
    pub fn drop(&self, table: impl Into<Name>) -> Alter {
        self.alter(vec![SchemaChange::DropTable { table: table.into(), if_exists: false }])
    }

    /// Drops a table, if there is one of that name.
    pub fn drop_if_exists(&self, table: impl Into<Name>) -> Alter {
        self.alter(vec![SchemaChange::DropTable { table: table.into(), if_exists: true }])
    }

    /// Creates a view of a query in the language of the database.
    pub fn create_view(&self, view: impl Into<Name>, query: impl Into<SchemaText>) -> Alter {
        let (name, query) = (view.into(), query.into());
        self.alter(vec![SchemaChange::CreateView(ViewDefinition {
            name,
            query,
            or_replace: false,
        })])
    }

    /// Creates a view, in place of the one of that name if there is one.
    pub fn replace_view(&self, view: impl Into<Name>, query: impl Into<SchemaText>) -> Alter {
        let (name, query) = (view.into(), query.into());
        self.alter(vec![SchemaChange::CreateView(ViewDefinition { name, query, or_replace: true })])
    }

    /// Drops a view.
    pub fn drop_view(&self, view: impl Into<Name>) -> Alter {
        self.alter(vec![SchemaChange::DropView { view: view.into(), if_exists: false }])
    }

    /// Drops a view, if there is one of that name.
    pub fn drop_view_if_exists(&self, view: impl Into<Name>) -> Alter {
        self.alter(vec![SchemaChange::DropView { view: view.into(), if_exists: true }])
    }

    /// Makes changes that come as data.
    pub fn alter(&self, changes: Vec<SchemaChange>) -> Alter {
        Alter::new(changes, self.target.clone()).by(self.target.clone(), self.steps.clone())
    }

    // ---- looking ------------------------------------------------------------------------------

    pub(super) fn executor(&self) -> Result<Executor> {
        match &self.steps {
            Some(steps) => Ok(steps.executor()),
            None => Executor::resolve(self.target.clone(), None),
        }
    }

    async fn names(&self, kind: TableKind) -> Result<Vec<String>> {
        let tables = self.executor()?.inspect_tables().await?;
        let of_kind = tables.into_iter().filter(|table| table.kind == kind);
        Ok(of_kind.map(|table| table.name).collect())
    }

    /// The names of the tables.
    ///
    /// # Errors
    /// What the database reports, or that it cannot tell; so do all that follow.
    pub async fn tables(&self) -> Result<Vec<String>> {
        self.names(TableKind::Table).await
    }

    /// The names of the views.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub async fn views(&self) -> Result<Vec<String>> {
        self.names(TableKind::View).await
    }

    /// What a table or view looks like; `None` when there is none of that name.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub async fn describe(&self, table: &str) -> Result<Option<TableInfo>> {
        self.executor()?.inspect_table(table).await
    }

    async fn known(&self, table: &str) -> Result<TableInfo> {
        self.describe(table).await?.ok_or_else(|| {
            let error = Error::invalid("there is no such table").with_table(table.to_owned());
            match self.executor() {
                Ok(executor) => executor.connection().pool().locate(error),
                Err(_) => error,
            }
        })
    }

    /// Whether there is a table of that name.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub async fn has_table(&self, table: &str) -> Result<bool> {
        Ok(self.describe(table).await?.is_some_and(|found| found.kind == TableKind::Table))
    }

    /// Whether there is a view of that name.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub async fn has_view(&self, view: &str) -> Result<bool> {
        Ok(self.describe(view).await?.is_some_and(|found| found.kind == TableKind::View))
    }

    /// Whether a table has this column. Where there is no table, there is no column.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub async fn has_column(&self, table: &str, column: &str) -> Result<bool> {
        self.has_columns(table, &[column]).await
    }

    /// Whether a table has all of these columns.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub async fn has_columns(&self, table: &str, columns: &[&str]) -> Result<bool> {
        let found = self.describe(table).await?;
        Ok(found.is_some_and(|found| columns.iter().all(|column| found.column(column).is_some())))
    }

    /// Whether a table has an index of this name.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub async fn has_index(&self, table: &str, index: &str) -> Result<bool> {
        Ok(self.describe(table).await?.is_some_and(|found| found.index(index).is_some()))
    }

    /// The columns of a table or view.
    ///
    /// # Errors
    /// As [`tables`](Self::tables), and when there is no such table.
    pub async fn columns(&self, table: &str) -> Result<Vec<ColumnInfo>> {
        Ok(self.known(table).await?.columns)
    }

    /// The indexes of a table, without that of the primary key.
    ///
    /// # Errors
    /// As [`columns`](Self::columns).
    pub async fn indexes(&self, table: &str) -> Result<Vec<IndexInfo>> {
        Ok(self.known(table).await?.indexes)
    }

    /// The foreign keys of a table.
    ///
    /// # Errors
    /// As [`columns`](Self::columns).
    pub async fn foreign_keys(&self, table: &str) -> Result<Vec<ForeignKeyInfo>> {
        Ok(self.known(table).await?.foreign_keys)
    }

    /// What the documents of a collection have to look like, in the database's own words; `None` when that
    /// is free, as of all tables.
    ///
    /// # Errors
    /// As [`columns`](Self::columns).
    pub async fn validator(&self, table: &str) -> Result<Option<String>> {
        Ok(self.known(table).await?.validator)
    }
}
