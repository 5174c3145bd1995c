//! What cases about tables that exist have in common.

use eloquent_core::driver::Session;
use eloquent_core::schema::{
    Column, ColumnType, ForeignAction, ForeignKey, Index, SchemaChange, TableChange,
    TableDefinition, TableInfo,
};
use eloquent_core::value::Value;
use eloquent_core::{Error, ErrorKind, Name, Result};

use super::{col, execute, insert, query, select};

pub(super) const TEXT: ColumnType = ColumnType::String { length: 50 };

pub(super) fn id() -> Column {
    Column::new("id", ColumnType::I64)
}

pub(super) fn definition(name: &Name, columns: Vec<Column>) -> TableDefinition {
    let key = vec![columns[0].name.clone()];
    TableDefinition { name: name.clone(), columns, key, ..TableDefinition::default() }
}

pub(super) async fn create(session: &mut dyn Session, table: TableDefinition) -> Result<()> {
    session.alter(&SchemaChange::CreateTable(table)).await
}

pub(super) async fn alter(
    session: &mut dyn Session,
    table: &Name,
    changes: impl IntoIterator<Item = TableChange>,
) -> Result<()> {
    let changes = changes.into_iter().collect();
    session.alter(&SchemaChange::AlterTable { table: table.clone(), changes }).await
}

pub(super) async fn told(session: &mut dyn Session, table: &Name) -> Result<TableInfo> {
    let told = session.inspect_table(table).await?;
    told.ok_or_else(|| Error::invalid("there is no such table").with_table(table.clone()))
}

pub(super) async fn add(
    session: &mut dyn Session,
    table: &Name,
    columns: &[&'static str],
    row: impl IntoIterator<Item = Value>,
) -> Result<()> {
    let mut insert = insert(table, [], []);
    insert.columns = columns.iter().map(|column| Name::Borrowed(column)).collect();
    insert.values = row.into_iter().collect();
    execute(session, insert).await.map(drop)
}

pub(super) async fn count(session: &mut dyn Session, table: &Name) -> Result<usize> {
    Ok(query(session, select(table, &[col("id", ColumnType::I64)])).await?.rows.len())
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(super) fn index(table: &Name, name: &str, columns: &[&'static str], unique: bool) -> Index {
    let columns = columns.iter().map(|column| (*column).into()).collect();
    let name = Name::from(format!("{table}_{name}"));
    Index { name, table: table.clone(), columns, unique, ..Index::default() }
}

pub(super) fn reference(table: &Name, parent: &Name, on_delete: ForeignAction) -> ForeignKey {
    ForeignKey {
        name: format!("fk_{table}").into(),
        columns: vec!["parent".into()],
        foreign_table: parent.clone(),
        foreign_columns: vec!["id".into()],
        on_delete,
        ..ForeignKey::default()
    }
}

pub(super) fn is_kind(outcome: Result<()>, kinds: &[ErrorKind]) {
    let error = outcome.unwrap_err();
    assert!(kinds.contains(&error.kind()), "{error}");
}
