//! What the tests stand on: a collection of their own, and short ways to ask it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::{Connection, Driver as _, Session};
use eloquent_core::row::OwnedRows;
use eloquent_core::schema::{Column, ColumnType, SchemaChange, TableDefinition};
use eloquent_core::statement::{
    ColumnRef, CompareOperator, Expression, Insert, Order, Predicate, Projection, Select, Source,
    Statement, Update,
};
use eloquent_core::value::Value;
use eloquent_core::{Name, Result};
use eloquent_mongo::MongoDriver;

/// The database of the tests.
pub(crate) fn config() -> ConnectionConfig {
    let hint = "MONGO_URI is not set: run this with scripts/test or scripts/with-servers";
    let uri = std::env::var("MONGO_URI").expect(hint);
    let database = format!("eloquent_mongo_driver_{}", std::process::id());
    ConnectionConfig::new("test", "mongo").set("uri", uri).set("db", database)
}

pub(crate) async fn connection() -> Arc<dyn Connection> {
    MongoDriver.connect(&config()).await.expect("a connection")
}

pub(crate) async fn session() -> Box<dyn Session> {
    connection().await.session().await.expect("a session")
}

pub(crate) const ID: ColumnType = ColumnType::I64;

/// A collection with a numbered key and columns of numbers and text.
pub(crate) async fn things(session: &mut dyn Session) -> Name {
    let decimal = ColumnType::Decimal { precision: 0, scale: 0 };
    let columns = vec![
        Column::new("id", ID).auto_increment(),
        Column::new("code", ColumnType::Text).unique().nullable(true),
        Column::new("n", ID).nullable(true),
        Column::new("price", decimal).nullable(true),
    ];
    collection(session, columns, &["id"]).await.expect("a collection")
}

pub(crate) async fn collection(
    session: &mut dyn Session,
    columns: Vec<Column>,
    key: &[&'static str],
) -> Result<Name> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = Name::from(format!("things_{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    let key = key.iter().map(|column| Name::Borrowed(*column)).collect();
    let table = TableDefinition {
        name: name.clone(),
        columns,
        key,
        if_not_exists: false,
        ..TableDefinition::default()
    };
    session.alter(&SchemaChange::CreateTable(table)).await?;
    Ok(name)
}

pub(crate) fn col(name: &'static str) -> ColumnRef {
    let ty = match name {
        "id" | "n" => Some(ID),
        "price" => Some(ColumnType::Decimal { precision: 0, scale: 0 }),
        _ => Some(ColumnType::Text),
    };
    ColumnRef { source: Source(0), name: name.into(), ty }
}

pub(crate) fn of(name: &'static str) -> Expression {
    Expression::Column(col(name))
}

pub(crate) fn equal(name: &'static str, value: Value) -> Predicate {
    Predicate::Compare(of(name), CompareOperator::Equal, Expression::Value(value))
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn insert<const N: usize>(
    table: &Name,
    columns: [&'static str; N],
    rows: impl IntoIterator<Item = [Value; N]>,
) -> Insert {
    Insert {
        table: table.clone(),
        columns: columns.map(Name::Borrowed).to_vec(),
        values: rows.into_iter().flatten().collect(),
        conflict: None,
        returning: None,
    }
}

pub(crate) fn update(table: &Name, name: &'static str, value: Expression) -> Update {
    let assignment = eloquent_core::statement::Assignment { column: col(name), value };
    Update {
        table: table.clone(),
        assignments: vec![assignment],
        filter: Vec::new(),
        all: true,
        by_key: false,
        returning: None,
    }
}

/// Columns of all rows, in the order of the keys.
pub(crate) fn select(table: &Name, columns: &[&'static str]) -> Select {
    let columns = columns.iter().map(|name| of(name)).collect();
    let mut select = Select::new(table.clone(), Projection::Expressions(columns));
    select.order_by = vec![Order { expression: of("id"), descending: false }];
    select
}

/// The values of the rows.
pub(crate) async fn rows(
    session: &mut dyn Session,
    statement: Statement,
) -> Result<Vec<Vec<Value>>> {
    let fetched = session.fetch(&statement, Box::new(OwnedRows::default())).await?;
    let collected = fetched.sink.into_any().downcast::<OwnedRows>().expect("the sink");
    Ok(collected.rows.iter().map(|row| row.values().to_vec()).collect())
}

/// The values of one column of all rows.
pub(crate) async fn column(
    session: &mut dyn Session,
    table: &Name,
    name: &'static str,
) -> Vec<Value> {
    let read = Statement::Select(select(table, &[name]));
    rows(session, read).await.expect("rows").into_iter().flatten().collect()
}
