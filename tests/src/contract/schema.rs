//! Tables and indexes.

use eloquent_core::driver::Session;
use eloquent_core::schema::{Column, ColumnType, Index, IndexPart, SchemaChange, TableDefinition};
use eloquent_core::statement::{Expression, Insert, Projection, Select};
use eloquent_core::value::Value;
use eloquent_core::{ErrorKind, Name, Result};

use super::{Contract, col, execute, insert, query, select};
use crate::case::{Outcome, cases, or_lacking};

cases![Contract:
    a_table_is_made_once, a_table_goes, a_unique_column_holds, a_unique_index_holds_until_it_goes,
    an_index_over_several_columns, indexes_of_a_new_table, a_plain_index_lets_all_in,
    an_index_over_clashing_rows_is_refused, hostile_names, a_wrong_table_is_refused[RELATIONAL],
    missing_columns_are_refused[RELATIONAL],
];

const ID: ColumnType = ColumnType::I64;
const TEXT: ColumnType = ColumnType::String { length: 100 };

fn table(name: &Name, if_not_exists: bool) -> SchemaChange {
    SchemaChange::CreateTable(TableDefinition {
        name: name.clone(),
        columns: vec![Column::new("id", ID), Column::new("a", TEXT), Column::new("b", TEXT)],
        key: vec!["id".into()],
        indexes: Vec::new(),
        if_not_exists,
        ..Default::default()
    })
}

async fn add(session: &mut dyn Session, table: &Name, row: (i64, &str, &str)) -> Result<()> {
    let text = |text: &str| Value::Text(text.to_owned());
    let row = [Value::I64(row.0), text(row.1), text(row.2)];
    execute(session, insert(table, ["id", "a", "b"], [row])).await.map(drop)
}

async fn clashes(session: &mut dyn Session, table: &Name, row: (i64, &str, &str)) {
    let error = add(session, table, row).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
}

async fn a_table_is_made_once(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("once");
    session.alter(&table(&name, true)).await?;
    add(session, &name, (1, "a", "b")).await?;
    session.alter(&table(&name, true)).await?;
    assert!(session.alter(&table(&name, false)).await.is_err());
    assert_eq!(query(session, select(&name, &[col("id", ID)])).await?.rows.len(), 1);
    Ok(())
}

async fn a_table_goes(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("gone");
    let drop_it = |if_exists| SchemaChange::DropTable { table: name.clone(), if_exists };
    session.alter(&table(&name, false)).await?;
    add(session, &name, (1, "a", "b")).await?;
    session.alter(&drop_it(false)).await?;
    session.alter(&drop_it(true)).await?;
    assert!(session.alter(&drop_it(false)).await.is_err());
    session.alter(&table(&name, false)).await?;
    assert_eq!(query(session, select(&name, &[col("id", ID)])).await?.rows.len(), 0);
    Ok(())
}

async fn a_unique_column_holds(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let columns = [Column::new("id", ID), Column::new("a", TEXT).unique(), Column::new("b", TEXT)];
    let table = cx.table(session, &columns).await?;
    add(session, &table, (1, "x", "x")).await?;
    add(session, &table, (2, "y", "x")).await?;
    clashes(session, &table, (3, "x", "y")).await;
    clashes(session, &table, (1, "z", "z")).await;
    Ok(())
}

fn index(cx: &Contract, table: &Name, columns: &[&'static str], unique: bool) -> Index {
    let name = format!("{}_{}", cx.name("i"), columns.join("_")).into();
    let columns = columns.iter().map(|column| IndexPart::from(*column)).collect();
    Index { name, table: table.clone(), columns, unique, ..Index::default() }
}

async fn a_unique_index_holds_until_it_goes(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("indexed");
    session.alter(&table(&name, false)).await?;
    let index = index(&cx, &name, &["a"], true);
    or_lacking(session.alter(&SchemaChange::CreateIndex(index.clone())).await)?;
    let again = Index { if_not_exists: true, ..index.clone() };
    session.alter(&SchemaChange::CreateIndex(again)).await?;
    assert!(session.alter(&SchemaChange::CreateIndex(index.clone())).await.is_err());
    add(session, &name, (1, "x", "b")).await?;
    clashes(session, &name, (2, "x", "b")).await;
    let drop_it = |if_exists| {
        let (table, name) = (name.clone(), index.name.clone());
        SchemaChange::DropIndex { table, name, if_exists }
    };
    session.alter(&drop_it(false)).await?;
    session.alter(&drop_it(true)).await?;
    assert!(session.alter(&drop_it(false)).await.is_err());
    add(session, &name, (2, "x", "b")).await?;
    Ok(())
}

async fn an_index_over_several_columns(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("pair");
    session.alter(&table(&name, false)).await?;
    let change = SchemaChange::CreateIndex(index(&cx, &name, &["a", "b"], true));
    or_lacking(session.alter(&change).await)?;
    add(session, &name, (1, "x", "y")).await?;
    add(session, &name, (2, "x", "z")).await?;
    clashes(session, &name, (3, "x", "y")).await;
    Ok(())
}

async fn indexes_of_a_new_table(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("born");
    let SchemaChange::CreateTable(mut definition) = table(&name, true) else { unreachable!() };
    definition.indexes = vec![index(&cx, &name, &["b"], true), index(&cx, &name, &["a"], false)];
    definition.columns[1].index = true;
    let create = SchemaChange::CreateTable(definition);
    or_lacking(session.alter(&create).await)?;
    session.alter(&create).await?;
    add(session, &name, (1, "x", "y")).await?;
    add(session, &name, (2, "x", "z")).await?;
    clashes(session, &name, (3, "x", "y")).await;
    Ok(())
}

async fn a_plain_index_lets_all_in(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("plain");
    session.alter(&table(&name, false)).await?;
    let change = SchemaChange::CreateIndex(index(&cx, &name, &["a"], false));
    or_lacking(session.alter(&change).await)?;
    add(session, &name, (1, "x", "y")).await?;
    add(session, &name, (2, "x", "y")).await?;
    Ok(())
}

async fn an_index_over_clashing_rows_is_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("clash");
    session.alter(&table(&name, false)).await?;
    add(session, &name, (1, "x", "y")).await?;
    add(session, &name, (2, "x", "y")).await?;
    let change = SchemaChange::CreateIndex(index(&cx, &name, &["a"], true));
    let created = session.alter(&change).await;
    if created.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unsupported) {
        or_lacking(created)?;
        return Ok(());
    }
    let error = created.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    add(session, &name, (3, "x", "y")).await?;
    Ok(())
}

/// A name is a name, or it is refused; it is never a part of the statement.
async fn hostile_names(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let witness = cx.name("witness");
    session.alter(&table(&witness, false)).await?;
    let names = [
        "order",
        "select",
        "with space",
        "a.b",
        "Ünïcode",
        "quo\"te",
        "quo`te",
        "quo'te",
        "[a]",
        "$x",
        "x\"; DROP TABLE witness; --",
        "x`; DROP TABLE witness; --",
        "new\nline",
        "nul\0",
        "",
        "?",
    ];
    for name in names {
        let named = Name::from(name);
        let mut column = Column::new("", TEXT);
        column.name = named.clone();
        let created = cx.table(session, &[Column::new("id", ID), column]).await;
        let Ok(table) = created else {
            let kind = created.unwrap_err().kind();
            let kinds = [ErrorKind::InvalidInput, ErrorKind::Unsupported];
            assert!(kinds.contains(&kind), "{name:?}: {kind:?}");
            continue;
        };
        let row = Insert {
            columns: vec!["id".into(), named.clone()],
            values: vec![Value::I64(1), Value::Text(name.to_owned())],
            ..insert(&table, [], [])
        };
        if let Err(error) = execute(session, row).await {
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name:?}: {error}");
            continue;
        }
        let mut column = col("", TEXT);
        column.name = named;
        let projection = Projection::Expressions(vec![Expression::Column(column.clone())]);
        let mut read = Select::new(table, projection);
        read.filter = vec![super::equal(column, name.to_owned())];
        let rows = query(session, read).await?;
        assert_eq!(rows.scalar::<String>()?, name, "{name:?}");
    }
    assert_eq!(query(session, select(&witness, &[col("id", ID)])).await?.rows.len(), 0);
    Ok(())
}

async fn a_wrong_table_is_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("wrong");
    let SchemaChange::CreateTable(good) = table(&name, false) else { unreachable!() };
    let no_columns = TableDefinition { columns: Vec::new(), ..good.clone() };
    let strange_key = TableDefinition { key: vec!["c".into()], ..good.clone() };
    let mut twice = good.clone();
    twice.columns.push(Column::new("a", ID));
    for table in [no_columns, strange_key, twice] {
        let error = session.alter(&SchemaChange::CreateTable(table)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    session.alter(&SchemaChange::CreateTable(good)).await?;
    Ok(())
}

/// A name that is no column is an error, and never taken for text.
async fn missing_columns_are_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("lacking");
    session.alter(&table(&name, false)).await?;
    add(session, &name, (1, "x", "y")).await?;
    let missing = || col("missing", TEXT);
    let read = select(&name, &[missing()]);
    let mut filtered = select(&name, &[col("id", ID)]);
    filtered.filter = vec![super::equal(missing(), "missing".to_owned())];
    let mut ordered = select(&name, &[col("id", ID)]);
    ordered.order_by = vec![eloquent_core::statement::Order {
        expression: Expression::Column(missing()),
        descending: false,
    }];
    for statement in [read, filtered, ordered] {
        let error = query(session, statement).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().contains("missing"), "{error}");
    }
    let error = query(session, select(&cx.name("missing"), &[col("id", ID)])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    Ok(())
}
