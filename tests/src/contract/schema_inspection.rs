//! What a database tells of its tables and views.

use eloquent_core::Name;
use eloquent_core::schema::{
    Check, Column, ColumnDefault, ColumnType, ForeignAction, SchemaChange, SchemaText, TableInfo,
    TableKind, ViewDefinition,
};
use eloquent_core::value::Value;

use super::Contract;
use super::altering::{TEXT, add, count, create, definition, id, index, reference, text, told};
use crate::case::{Outcome, cases};

cases![Contract:
    a_table_is_told_of[RELATIONAL], a_missing_table_is_none[RELATIONAL],
    tables_and_views_are_listed[RELATIONAL],
    a_table_is_made_again_from_what_is_told[RELATIONAL], views_stand_for_queries[RELATIONAL],
];

async fn a_table_is_told_of(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (parent, name) = (cx.name("parent"), cx.name("told"));
    create(session, definition(&parent, vec![id()])).await?;
    let mut price = Column::new("price", ColumnType::Decimal { precision: 10, scale: 2 });
    price.default = Some(ColumnDefault::Value(Value::I64(5)));
    let columns = vec![
        id().auto_increment(),
        Column::new("email", TEXT).unique(),
        Column::new("parent", ColumnType::I64).nullable(true),
        price,
        Column::new("small", ColumnType::U8),
        Column::new("active", ColumnType::Bool),
        Column::new("body", ColumnType::Bytes).nullable(true),
    ];
    let mut table = definition(&name, columns);
    table.indexes = vec![index(&name, "both", &["small", "active"], false)];
    table.foreign_keys = vec![reference(&name, &parent, ForeignAction::SetNull)];
    table.checks =
        vec![Check { name: format!("chk_{name}").into(), condition: "small <> 7".into() }];
    create(session, table).await?;
    let told = told(session, &name).await?;
    assert_eq!((&*told.name, told.kind), (&*name, TableKind::Table));
    let names: Vec<_> = told.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["id", "email", "parent", "price", "small", "active", "body"]);
    let types: Vec<_> = told.columns.iter().map(|column| column.ty).collect();
    assert_eq!(
        types,
        [
            Some(ColumnType::I64),
            Some(TEXT),
            Some(ColumnType::I64),
            Some(ColumnType::Decimal { precision: 10, scale: 2 }),
            Some(ColumnType::U8),
            Some(ColumnType::Bool),
            Some(ColumnType::Bytes),
        ]
    );
    let nullable = told.columns.iter().filter(|column| column.nullable);
    assert_eq!(nullable.map(|column| &*column.name).collect::<Vec<_>>(), ["parent", "body"]);
    let numbered = told.columns.iter().filter(|column| column.auto_increment);
    assert_eq!(numbered.map(|column| &*column.name).collect::<Vec<_>>(), ["id"]);
    assert!(told.column("price").unwrap().default.as_ref().unwrap().contains('5'), "{told:?}");
    assert_eq!(told.key.as_ref().unwrap().columns, ["id"]);
    let indexes: Vec<_> = told.indexes.iter().map(|index| index.unique).collect();
    assert_eq!(indexes.len(), 2, "{:?}", told.indexes);
    assert!(told.indexes.iter().any(|index| index.unique && index.is_over(&["email"])));
    let both = told.index(&format!("{name}_both")).unwrap();
    assert!(both.is_over(&["small", "active"]) && !both.unique && both.filter.is_none());
    let key = told.foreign_key(&format!("fk_{name}")).unwrap();
    assert_eq!((&*key.foreign_table, key.on_delete), (&*parent, ForeignAction::SetNull));
    assert_eq!(
        (&key.columns[..], &key.foreign_columns[..]),
        (&["parent".into()][..], &["id".into()][..])
    );
    assert_eq!(told.checks.len(), 1, "{:?}", told.checks);
    assert_eq!(told.checks[0].name, Some(format!("chk_{name}")));
    Ok(())
}

async fn a_missing_table_is_none(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    assert!(session.inspect_table(&cx.name("missing")).await?.is_none());
    assert!(session.inspect_table("it's \"a\" `b` \\").await?.is_none());
    Ok(())
}

async fn tables_and_views_are_listed(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (name, view) = (cx.name("listed"), cx.name("listed_view"));
    create(session, definition(&name, vec![id()])).await?;
    let query = SchemaText::trusted(format!("SELECT id FROM {name}"));
    let create_view = ViewDefinition { name: view.clone(), query, or_replace: false };
    session.alter(&SchemaChange::CreateView(create_view)).await?;
    let tables = session.inspect_tables().await?;
    let kind = |name: &Name| {
        let table = tables.iter().find(|table| table.name == **name);
        table.map(|table| table.kind)
    };
    assert_eq!((kind(&name), kind(&view)), (Some(TableKind::Table), Some(TableKind::View)));
    let told = told(session, &view).await?;
    assert_eq!((told.kind, told.columns.len()), (TableKind::View, 1));
    assert!(told.query.unwrap().to_lowercase().contains("select"));
    session.alter(&SchemaChange::DropView { view, if_exists: false }).await?;
    Ok(())
}

/// Whatever the database tells of a table makes a table that it tells the same of.
async fn a_table_is_made_again_from_what_is_told(cx: Contract) -> Outcome {
    use ColumnType as T;
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (parent, name) = (cx.name("mother"), cx.name("round"));
    create(session, definition(&parent, vec![id()])).await?;
    let types = [
        ("c01", T::Bool),
        ("c02", T::I8),
        ("c03", T::I16),
        ("c04", T::I32),
        ("c05", T::I64),
        ("c06", T::U8),
        ("c07", T::U16),
        ("c08", T::U32),
        ("c09", T::U64),
        ("c10", T::F32),
        ("c11", T::F64),
        ("c12", T::Decimal { precision: 0, scale: 0 }),
        ("c13", T::Decimal { precision: 12, scale: 3 }),
        ("c14", T::Text),
        ("c15", TEXT),
        ("c16", T::Bytes),
        ("c17", T::Uuid),
        ("c18", T::Date),
        ("c19", T::Time),
        ("c20", T::DateTime),
        ("c21", T::Timestamp),
        ("c22", T::Json),
        ("c23", T::Array),
        ("c24", T::Document),
        ("c25", T::String { length: 20_000 }),
    ];
    let of_type = |(name, ty): (&'static str, T)| Column::new(name, ty).nullable(ty.has_time());
    let mut columns = vec![id(), Column::new("parent", T::I64).nullable(true)];
    columns.extend(types.into_iter().map(of_type));
    let mut with = |name: &'static str, ty, value| {
        let mut column = Column::new(name, ty);
        column.default = Some(ColumnDefault::Value(value));
        columns.push(column);
    };
    with("d1", T::I32, Value::I64(-7));
    with("d2", TEXT, text("it's \\ \"so\" ?"));
    with("d3", T::Bool, Value::Bool(true));
    with("d4", T::Text, text("long"));
    with("d5", T::Decimal { precision: 8, scale: 2 }, Value::Decimal("1.5".parse().unwrap()));
    let mut moment = Column::new("d6", T::Timestamp);
    moment.default = Some(ColumnDefault::Now);
    let mut status = Column::new("d7", T::String { length: 5 });
    status.one_of = vec!["draft".into(), "it's".into()];
    status.default = Some(ColumnDefault::Value(text("draft")));
    columns.extend([moment, status, Column::new("u1", TEXT).unique()]);
    let mut table = definition(&name, columns);
    table.key = vec!["id".into(), "c05".into()];
    table.indexes = vec![index(&name, "i", &["c15", "c05"], true)];
    table.foreign_keys = vec![reference(&name, &parent, ForeignAction::Cascade)];
    table.checks =
        vec![Check { name: format!("chk_{name}").into(), condition: "c04 > c03".into() }];
    create(session, table).await?;
    let first = told(session, &name).await?;
    assert_eq!(first.column("d7").unwrap().one_of, ["draft", "it's"], "{first:?}");
    let again = cx.name("again");
    let mut definition = first.definition();
    definition.name = again.clone();
    let rename = |text: &Name| Name::from(text.replace(&*name, &again));
    for index in &mut definition.indexes {
        (index.name, index.table) = (rename(&index.name), again.clone());
    }
    definition.foreign_keys.iter_mut().for_each(|key| key.name = rename(&key.name));
    definition.checks.iter_mut().for_each(|check| check.name = rename(&check.name));
    create(session, definition).await?;
    let second = told(session, &again).await?;
    let comparable = |table: &TableInfo| format!("{table:#?}").replace(&*table.name, "T");
    let (first, second) = (comparable(&first), comparable(&second));
    let differ = first.lines().zip(second.lines()).find(|(one, other)| one != other);
    assert!(first == second, "{differ:?}\n{first}\n{second}");
    Ok(())
}

async fn views_stand_for_queries(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (name, view) = (cx.name("seen"), cx.name("view"));
    create(session, definition(&name, vec![id(), Column::new("a", ColumnType::I64)])).await?;
    add(session, &name, &["id", "a"], [Value::I64(1), Value::I64(1)]).await?;
    add(session, &name, &["id", "a"], [Value::I64(2), Value::I64(5)]).await?;
    let make = |condition: &str, or_replace| {
        let text = format!("SELECT id, a FROM {name} WHERE {condition}");
        let query = SchemaText::trusted(text);
        SchemaChange::CreateView(ViewDefinition { name: view.clone(), query, or_replace })
    };
    session.alter(&make("a > 3", false)).await?;
    assert_eq!(count(session, &view).await?, 1);
    assert!(session.alter(&make("a > 0", false)).await.is_err());
    session.alter(&make("a > 0", true)).await?;
    assert_eq!(count(session, &view).await?, 2);
    let drop = |if_exists| SchemaChange::DropView { view: view.clone(), if_exists };
    session.alter(&drop(false)).await?;
    session.alter(&drop(true)).await?;
    assert!(session.alter(&drop(false)).await.is_err());
    Ok(())
}
