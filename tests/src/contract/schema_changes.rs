//! Changes to tables that exist, and what the database tells of them afterwards.

use eloquent_core::driver::Session;
use eloquent_core::schema::{
    Check, Column, ColumnDefault, ColumnType, ForeignAction, ForeignKey, Index, SchemaChange,
    SchemaText, TableChange, TableDefinition, TableInfo, TableKind, ViewDefinition,
};
use eloquent_core::value::Value;
use eloquent_core::{Error, ErrorKind, Name, Result};

use super::{Contract, col, execute, insert, query, select};
use crate::case::{Outcome, cases};

cases![Contract:
    a_table_is_told_of[RELATIONAL], a_missing_table_is_none[RELATIONAL],
    tables_and_views_are_listed[RELATIONAL], a_table_is_made_again_from_what_is_told[RELATIONAL],
    columns_come_and_go[RELATIONAL], a_column_without_a_value_is_refused[RELATIONAL],
    a_column_is_defined_anew[RELATIONAL], a_narrow_type_becomes_wide[RELATIONAL],
    rows_that_do_not_fit_hinder_a_change[RELATIONAL], a_column_is_renamed[RELATIONAL],
    a_table_is_renamed[RELATIONAL], indexes_come_and_go[RELATIONAL],
    a_unique_column_lets_go[RELATIONAL], keys_come_and_go[RELATIONAL],
    foreign_keys_come_and_go[RELATIONAL], foreign_keys_act[RELATIONAL],
    foreign_keys_of_several_columns[RELATIONAL], checks_come_and_go[RELATIONAL],
    a_change_keeps_what_it_is_not_about[RELATIONAL], a_parent_keeps_its_children[RELATIONAL],
    views_stand_for_queries[RELATIONAL], a_change_is_whole[TRANSACTIONAL_DDL],
    a_change_rolls_back[TRANSACTIONAL_DDL],
    a_change_in_steps_says_how_far_it_came[RELATIONAL, NO_TRANSACTIONAL_DDL],
    what_is_missing_is_refused[RELATIONAL],
];

const TEXT: ColumnType = ColumnType::String { length: 50 };

fn id() -> Column {
    Column::new("id", ColumnType::I64)
}

fn definition(name: &Name, columns: Vec<Column>) -> TableDefinition {
    let key = vec![columns[0].name.clone()];
    TableDefinition { name: name.clone(), columns, key, ..TableDefinition::default() }
}

async fn create(session: &mut dyn Session, table: TableDefinition) -> Result<()> {
    session.alter(&SchemaChange::CreateTable(table)).await
}

async fn alter(
    session: &mut dyn Session,
    table: &Name,
    changes: impl IntoIterator<Item = TableChange>,
) -> Result<()> {
    let changes = changes.into_iter().collect();
    session.alter(&SchemaChange::AlterTable { table: table.clone(), changes }).await
}

async fn told(session: &mut dyn Session, table: &Name) -> Result<TableInfo> {
    let told = session.inspect_table(table).await?;
    told.ok_or_else(|| Error::invalid("there is no such table").with_table(table.clone()))
}

async fn add(
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

async fn count(session: &mut dyn Session, table: &Name) -> Result<usize> {
    Ok(query(session, select(table, &[col("id", ColumnType::I64)])).await?.rows.len())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn index(table: &Name, name: &str, columns: &[&'static str], unique: bool) -> Index {
    let columns = columns.iter().map(|column| (*column).into()).collect();
    let name = Name::from(format!("{table}_{name}"));
    Index { name, table: table.clone(), columns, unique, ..Index::default() }
}

fn reference(table: &Name, parent: &Name, on_delete: ForeignAction) -> ForeignKey {
    ForeignKey {
        name: format!("fk_{table}").into(),
        columns: vec!["parent".into()],
        foreign_table: parent.clone(),
        foreign_columns: vec!["id".into()],
        on_delete,
        ..ForeignKey::default()
    }
}

fn is_kind(outcome: Result<()>, kinds: &[ErrorKind]) {
    let error = outcome.unwrap_err();
    assert!(kinds.contains(&error.kind()), "{error}");
}

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

async fn columns_come_and_go(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("columns");
    create(session, definition(&name, vec![id(), Column::new("a", TEXT)])).await?;
    add(session, &name, &["id", "a"], [Value::I64(1), text("x")]).await?;
    let mut with_default = Column::new("b", ColumnType::I32);
    with_default.default = Some(ColumnDefault::Value(Value::I64(4)));
    let mut moment = Column::new("d", ColumnType::Timestamp);
    moment.default = Some(ColumnDefault::Now);
    alter(
        session,
        &name,
        [
            TableChange::AddColumn(with_default),
            TableChange::AddColumn(Column::new("c", TEXT).nullable(true).index()),
            TableChange::AddColumn(moment),
        ],
    )
    .await?;
    let rows = query(session, select(&name, &[col("b", ColumnType::I32)])).await?;
    assert_eq!(rows.scalar::<i32>()?, 4);
    let table = told(session, &name).await?;
    assert_eq!(table.columns.len(), 5);
    assert!(table.indexes.iter().any(|index| index.is_over(&["c"])), "{table:?}");
    alter(
        session,
        &name,
        [TableChange::DropColumn("c".into()), TableChange::DropColumn("a".into())],
    )
    .await?;
    let table = told(session, &name).await?;
    assert_eq!((table.columns.len(), table.indexes.len()), (3, 0));
    assert_eq!(count(session, &name).await?, 1);
    Ok(())
}

async fn a_column_without_a_value_is_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("void");
    create(session, definition(&name, vec![id()])).await?;
    let bare = |name| [TableChange::AddColumn(Column::new(name, ColumnType::I64))];
    alter(session, &name, bare("fine")).await?;
    add(session, &name, &["id", "fine"], [Value::I64(1), Value::I64(1)]).await?;
    is_kind(alter(session, &name, bare("b")).await, &[ErrorKind::NotNullViolation]);
    assert!(told(session, &name).await?.column("b").is_none());
    Ok(())
}

async fn a_column_is_defined_anew(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("anew");
    let mut a = Column::new("a", ColumnType::String { length: 10 }).nullable(true);
    a.default = Some(ColumnDefault::Value(text("x")));
    create(session, definition(&name, vec![id(), a, Column::new("b", TEXT)])).await?;
    add(session, &name, &["id", "a", "b"], [Value::I64(1), text("kept"), text("12")]).await?;
    let mut number = Column::new("b", ColumnType::I64);
    number.default = Some(ColumnDefault::Value(Value::I64(3)));
    let wide = Column::new("a", ColumnType::String { length: 90 });
    alter(session, &name, [TableChange::AlterColumn(wide), TableChange::AlterColumn(number)])
        .await?;
    let table = told(session, &name).await?;
    let a = table.column("a").unwrap();
    assert_eq!((a.ty, a.nullable), (Some(ColumnType::String { length: 90 }), false));
    assert_eq!(a.default, None);
    let b = table.column("b").unwrap();
    assert_eq!((b.ty, b.nullable), (Some(ColumnType::I64), false));
    assert!(b.default.as_ref().unwrap().contains('3'));
    let rows = query(session, select(&name, &[col("b", ColumnType::I64)])).await?;
    assert_eq!(rows.scalar::<i64>()?, 12);
    let long = "y".repeat(80);
    add(session, &name, &["id", "a"], [Value::I64(2), text(&long)]).await?;
    Ok(())
}

async fn a_narrow_type_becomes_wide(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("wide");
    create(session, definition(&name, vec![id(), Column::new("n", ColumnType::U8)])).await?;
    add(session, &name, &["id", "n"], [Value::I64(1), Value::I64(200)]).await?;
    assert!(add(session, &name, &["id", "n"], [Value::I64(2), Value::I64(300)]).await.is_err());
    let wide = Column::new("n", ColumnType::U16);
    alter(session, &name, [TableChange::AlterColumn(wide)]).await?;
    add(session, &name, &["id", "n"], [Value::I64(2), Value::I64(300)]).await?;
    assert!(add(session, &name, &["id", "n"], [Value::I64(3), Value::I64(70_000)]).await.is_err());
    assert!(add(session, &name, &["id", "n"], [Value::I64(3), Value::I64(-1)]).await.is_err());
    let table = told(session, &name).await?;
    assert_eq!((table.column("n").unwrap().ty, table.checks.len()), (Some(ColumnType::U16), 0));
    Ok(())
}

async fn rows_that_do_not_fit_hinder_a_change(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("misfit");
    let columns = vec![id(), Column::new("a", TEXT).nullable(true)];
    create(session, definition(&name, columns)).await?;
    add(session, &name, &["id", "a"], [Value::I64(1), Value::Null]).await?;
    add(session, &name, &["id", "a"], [Value::I64(2), text("a text of words")]).await?;
    let before = told(session, &name).await?;
    let not_null = TableChange::AlterColumn(Column::new("a", TEXT));
    let number = TableChange::AlterColumn(Column::new("a", ColumnType::I64).nullable(true));
    let short = ColumnType::String { length: 3 };
    let short = TableChange::AlterColumn(Column::new("a", short).nullable(true));
    let check = Check { name: format!("chk_{name}").into(), condition: "id > 1".into() };
    for change in [not_null, number, short, TableChange::AddCheck(check)] {
        let shown = format!("{change:?}");
        assert!(alter(session, &name, [change]).await.is_err(), "{shown}");
        assert_eq!(told(session, &name).await?, before, "{shown}");
    }
    assert_eq!(count(session, &name).await?, 2);
    Ok(())
}

async fn a_column_is_renamed(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("named");
    let mut table = definition(&name, vec![id(), Column::new("a", TEXT)]);
    table.indexes = vec![index(&name, "i", &["a"], true)];
    create(session, table).await?;
    add(session, &name, &["id", "a"], [Value::I64(1), text("x")]).await?;
    let rename = TableChange::RenameColumn { from: "a".into(), to: "b".into() };
    let wide = Column::new("b", ColumnType::String { length: 70 });
    alter(session, &name, [rename, TableChange::AlterColumn(wide)]).await?;
    let table = told(session, &name).await?;
    assert!(table.column("a").is_none());
    assert_eq!(table.column("b").unwrap().ty, Some(ColumnType::String { length: 70 }));
    assert!(table.indexes[0].is_over(&["b"]), "{table:?}");
    let rows = query(session, select(&name, &[col("b", TEXT)])).await?;
    assert_eq!(rows.scalar::<String>()?, "x");
    Ok(())
}

async fn a_table_is_renamed(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (from, to, child) = (cx.name("from"), cx.name("to"), cx.name("child"));
    create(session, definition(&from, vec![id()])).await?;
    add(session, &from, &["id"], [Value::I64(1)]).await?;
    let columns = vec![id(), Column::new("parent", ColumnType::I64)];
    let mut table = definition(&child, columns);
    table.foreign_keys = vec![reference(&child, &from, ForeignAction::NoAction)];
    create(session, table).await?;
    session.alter(&SchemaChange::RenameTable { from: from.clone(), to: to.clone() }).await?;
    assert!(session.inspect_table(&from).await?.is_none());
    assert_eq!(count(session, &to).await?, 1);
    assert_eq!(told(session, &child).await?.foreign_keys[0].foreign_table, *to);
    add(session, &child, &["id", "parent"], [Value::I64(1), Value::I64(1)]).await?;
    session.alter(&SchemaChange::DropTable { table: child, if_exists: false }).await?;
    Ok(())
}

async fn indexes_come_and_go(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("indexes");
    create(session, definition(&name, vec![id(), Column::new("a", TEXT), Column::new("b", TEXT)]))
        .await?;
    let both = index(&name, "both", &["a", "b"], true);
    alter(session, &name, [TableChange::AddIndex(both.clone())]).await?;
    let to = Name::from(format!("{name}_new"));
    let rename = TableChange::RenameIndex { from: both.name.clone(), to: to.clone() };
    alter(session, &name, [rename]).await?;
    let table = told(session, &name).await?;
    assert!(table.index(&to).unwrap().is_over(&["a", "b"]) && table.indexes[0].unique);
    alter(session, &name, [TableChange::DropIndex(to)]).await?;
    assert!(told(session, &name).await?.indexes.is_empty());
    Ok(())
}

/// The index of a unique column has a name that the database made, and goes all the same.
async fn a_unique_column_lets_go(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("free");
    create(session, definition(&name, vec![id(), Column::new("a", TEXT).unique()])).await?;
    add(session, &name, &["id", "a"], [Value::I64(1), text("x")]).await?;
    let index = told(session, &name).await?.indexes.remove(0);
    assert!(index.unique && index.is_over(&["a"]));
    alter(session, &name, [TableChange::DropIndex(index.name.into())]).await?;
    add(session, &name, &["id", "a"], [Value::I64(2), text("x")]).await?;
    assert!(told(session, &name).await?.indexes.is_empty());
    Ok(())
}

async fn keys_come_and_go(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("keys");
    create(session, definition(&name, vec![id(), Column::new("a", ColumnType::I64)])).await?;
    add(session, &name, &["id", "a"], [Value::I64(1), Value::I64(1)]).await?;
    alter(session, &name, [TableChange::DropKey]).await?;
    let table = told(session, &name).await?;
    assert!(table.key.is_none() && !table.column("id").unwrap().nullable, "{table:?}");
    add(session, &name, &["id", "a"], [Value::I64(1), Value::I64(2)]).await?;
    let key = TableChange::AddKey(vec!["id".into(), "a".into()]);
    alter(session, &name, [key]).await?;
    assert_eq!(told(session, &name).await?.key.unwrap().columns, ["id", "a"]);
    let again = add(session, &name, &["id", "a"], [Value::I64(1), Value::I64(2)]).await;
    is_kind(again, &[ErrorKind::UniqueViolation]);
    Ok(())
}

async fn foreign_keys_come_and_go(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (parent, child) = (cx.name("p"), cx.name("c"));
    create(session, definition(&parent, vec![id()])).await?;
    create(session, definition(&child, vec![id(), Column::new("parent", ColumnType::I64)])).await?;
    let orphan = [Value::I64(1), Value::I64(9)];
    add(session, &child, &["id", "parent"], orphan.clone()).await?;
    let key = reference(&child, &parent, ForeignAction::Cascade);
    let add_key = || [TableChange::AddForeignKey(key.clone())];
    is_kind(alter(session, &child, add_key()).await, &[ErrorKind::ForeignKeyViolation]);
    assert!(told(session, &child).await?.foreign_keys.is_empty());
    add(session, &parent, &["id"], [Value::I64(9)]).await?;
    alter(session, &child, add_key()).await?;
    let table = told(session, &child).await?;
    assert_eq!(table.foreign_keys[0].on_delete, ForeignAction::Cascade);
    let stray = add(session, &child, &["id", "parent"], [Value::I64(2), Value::I64(8)]).await;
    is_kind(stray, &[ErrorKind::ForeignKeyViolation]);
    alter(session, &child, [TableChange::DropForeignKey(key.name.clone())]).await?;
    add(session, &child, &["id", "parent"], [Value::I64(2), Value::I64(8)]).await?;
    assert!(told(session, &child).await?.foreign_keys.is_empty());
    Ok(())
}

async fn foreign_keys_act(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let actions = [ForeignAction::Cascade, ForeignAction::SetNull, ForeignAction::Restrict];
    for action in actions {
        let (parent, child) = (cx.name("p"), cx.name("c"));
        create(session, definition(&parent, vec![id()])).await?;
        let columns = vec![id(), Column::new("parent", ColumnType::I64).nullable(true)];
        let mut table = definition(&child, columns);
        table.foreign_keys = vec![reference(&child, &parent, action)];
        create(session, table).await?;
        assert_eq!(told(session, &child).await?.foreign_keys[0].on_delete, action);
        add(session, &parent, &["id"], [Value::I64(1)]).await?;
        add(session, &child, &["id", "parent"], [Value::I64(1), Value::I64(1)]).await?;
        let mut delete = super::delete(&parent, Vec::new());
        delete.all = true;
        let deleted = execute(session, delete).await;
        let left = count(session, &child).await?;
        assert_eq!(
            (deleted.is_ok(), left),
            match action {
                ForeignAction::Cascade => (true, 0),
                ForeignAction::SetNull => (true, 1),
                _ => (false, 1),
            }
        );
    }
    Ok(())
}

async fn foreign_keys_of_several_columns(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (parent, child) = (cx.name("p"), cx.name("c"));
    let mut table = definition(&parent, vec![id(), Column::new("b", ColumnType::I64)]);
    table.key = vec!["b".into(), "id".into()];
    create(session, table).await?;
    let columns = ["id", "x", "y"].map(|name| Column::new(name, ColumnType::I64));
    let mut table = definition(&child, columns.to_vec());
    let key = reference(&child, &parent, ForeignAction::Cascade);
    let (own, other) = (vec!["x".into(), "y".into()], vec!["b".into(), "id".into()]);
    table.foreign_keys = vec![ForeignKey { columns: own, foreign_columns: other, ..key }];
    create(session, table).await?;
    let told = told(session, &child).await?;
    assert_eq!(told.foreign_keys[0].columns, ["x", "y"]);
    assert_eq!(told.foreign_keys[0].foreign_columns, ["b", "id"]);
    add(session, &parent, &["id", "b"], [Value::I64(1), Value::I64(2)]).await?;
    let row = |x, y| [Value::I64(x + y), Value::I64(x), Value::I64(y)];
    add(session, &child, &["id", "x", "y"], row(2, 1)).await?;
    is_kind(
        add(session, &child, &["id", "x", "y"], row(1, 3)).await,
        &[ErrorKind::ForeignKeyViolation],
    );
    Ok(())
}

async fn checks_come_and_go(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("checks");
    create(session, definition(&name, vec![id(), Column::new("a", ColumnType::I64)])).await?;
    let check = Check { name: format!("chk_{name}").into(), condition: "a > 0 AND a <> 5".into() };
    alter(session, &name, [TableChange::AddCheck(check.clone())]).await?;
    let bad = add(session, &name, &["id", "a"], [Value::I64(1), Value::I64(5)]).await;
    is_kind(bad, &[ErrorKind::CheckViolation]);
    let table = told(session, &name).await?;
    assert_eq!(table.checks[0].name.as_deref(), Some(&*check.name));
    alter(session, &name, [TableChange::DropCheck(check.name)]).await?;
    add(session, &name, &["id", "a"], [Value::I64(1), Value::I64(5)]).await?;
    assert!(told(session, &name).await?.checks.is_empty());
    Ok(())
}

/// A change of one column leaves the rows, the other columns and all that belongs to them alone.
async fn a_change_keeps_what_it_is_not_about(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (parent, name, view) = (cx.name("p"), cx.name("kept"), cx.name("kept_view"));
    create(session, definition(&parent, vec![id()])).await?;
    add(session, &parent, &["id"], [Value::I64(1)]).await?;
    let columns = vec![
        id().auto_increment(),
        Column::new("a", TEXT),
        Column::new("b", ColumnType::U8).unique(),
        Column::new("parent", ColumnType::I64).nullable(true),
    ];
    let mut table = definition(&name, columns);
    table.indexes = vec![index(&name, "i", &["b", "a"], false)];
    table.foreign_keys = vec![reference(&name, &parent, ForeignAction::SetNull)];
    table.checks = vec![Check { name: format!("chk_{name}").into(), condition: "b <> 3".into() }];
    create(session, table).await?;
    let text_of_view = SchemaText::trusted(format!("SELECT a, b FROM {name}"));
    let create_view = ViewDefinition { name: view.clone(), query: text_of_view, or_replace: false };
    session.alter(&SchemaChange::CreateView(create_view)).await?;
    for number in 10..20 {
        let row = [text("x"), Value::I64(number), Value::I64(1)];
        add(session, &name, &["a", "b", "parent"], row).await?;
    }
    let before = told(session, &name).await?;
    let mut changed = Column::new("parent", ColumnType::I64).nullable(true);
    changed.default = Some(ColumnDefault::Value(Value::I64(1)));
    alter(session, &name, [TableChange::AlterColumn(changed)]).await?;
    let mut after = told(session, &name).await?;
    assert!(after.column("parent").unwrap().default.is_some());
    after.columns[3].default = None;
    assert_eq!(after, before);
    assert_eq!(count(session, &name).await?, 10);
    let rows = query(session, select(&view, &[col("b", ColumnType::U8)])).await?;
    assert_eq!(rows.rows.len(), 10);
    let again = add(session, &name, &["a", "b"], [text("x"), Value::I64(10)]).await;
    is_kind(again, &[ErrorKind::UniqueViolation]);
    let three = add(session, &name, &["a", "b"], [text("x"), Value::I64(3)]).await;
    is_kind(three, &[ErrorKind::CheckViolation]);
    add(session, &name, &["a", "b"], [text("x"), Value::I64(30)]).await?;
    let mut orphaned = super::delete(&parent, Vec::new());
    orphaned.all = true;
    execute(session, orphaned).await?;
    let rows = query(session, select(&name, &[col("parent", ColumnType::I64)])).await?;
    assert_eq!(rows.column::<Option<i64>>(0)?, [None; 11]);
    session.alter(&SchemaChange::DropView { view, if_exists: false }).await?;
    Ok(())
}

/// A table that others refer to is changed without a row of theirs going.
async fn a_parent_keeps_its_children(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (parent, child) = (cx.name("p"), cx.name("c"));
    create(session, definition(&parent, vec![id(), Column::new("a", ColumnType::I32)])).await?;
    let mut table = definition(&child, vec![id(), Column::new("parent", ColumnType::I64)]);
    table.foreign_keys = vec![reference(&child, &parent, ForeignAction::Cascade)];
    create(session, table).await?;
    add(session, &parent, &["id", "a"], [Value::I64(1), Value::I64(1)]).await?;
    add(session, &child, &["id", "parent"], [Value::I64(1), Value::I64(1)]).await?;
    let wide = TableChange::AlterColumn(Column::new("a", ColumnType::I64).nullable(true));
    alter(session, &parent, [wide]).await?;
    assert_eq!((count(session, &parent).await?, count(session, &child).await?), (1, 1));
    let stray = add(session, &child, &["id", "parent"], [Value::I64(2), Value::I64(8)]).await;
    is_kind(stray, &[ErrorKind::ForeignKeyViolation]);
    let mut delete = super::delete(&parent, Vec::new());
    delete.all = true;
    execute(session, delete).await?;
    assert_eq!(count(session, &child).await?, 0);
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

/// Two steps, the second of which fails.
fn half(name: &Name) -> Vec<TableChange> {
    let check = Check { name: format!("chk_{name}").into(), condition: "id > 1".into() };
    vec![
        TableChange::AddColumn(Column::new("b", ColumnType::I64).nullable(true)),
        TableChange::AddCheck(check),
    ]
}

async fn a_change_is_whole(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("whole");
    create(session, definition(&name, vec![id()])).await?;
    add(session, &name, &["id"], [Value::I64(1)]).await?;
    let before = told(session, &name).await?;
    assert!(alter(session, &name, half(&name)).await.is_err());
    assert_eq!(told(session, &name).await?, before);
    // a table with an index that cannot be
    let other = cx.name("half");
    let mut table = definition(&other, vec![id()]);
    table.indexes = vec![index(&name, "i", &["id"], false)];
    table.indexes[0].table = other.clone();
    let taken = index(&name, "i", &["id"], false);
    session.alter(&SchemaChange::CreateIndex(taken)).await?;
    assert!(create(session, table).await.is_err());
    assert!(session.inspect_table(&other).await?.is_none());
    Ok(())
}

async fn a_change_rolls_back(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (name, other) = (cx.name("back"), cx.name("made"));
    create(session, definition(&name, vec![id(), Column::new("a", TEXT)])).await?;
    add(session, &name, &["id", "a"], [Value::I64(1), text("x")]).await?;
    let before = told(session, &name).await?;
    session.begin(0, Default::default()).await?;
    create(session, definition(&other, vec![id()])).await?;
    let wide = TableChange::AlterColumn(Column::new("a", ColumnType::Text).nullable(true));
    alter(session, &name, [wide]).await?;
    assert_ne!(told(session, &name).await?, before);
    session.rollback(0).await?;
    assert_eq!(told(session, &name).await?, before);
    assert!(session.inspect_table(&other).await?.is_none());
    assert_eq!(count(session, &name).await?, 1);
    Ok(())
}

async fn a_change_in_steps_says_how_far_it_came(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("steps");
    create(session, definition(&name, vec![id()])).await?;
    add(session, &name, &["id"], [Value::I64(1)]).await?;
    let error = alter(session, &name, half(&name)).await.unwrap_err();
    // whoever has them in transactions after all leaves nothing behind
    if told(session, &name).await?.column("b").is_some() {
        assert!(error.to_string().contains("1 of 2"), "{error}");
    }
    Ok(())
}

async fn what_is_missing_is_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (name, missing) = (cx.name("there"), cx.name("missing"));
    create(session, definition(&name, vec![id(), Column::new("a", TEXT)])).await?;
    let before = told(session, &name).await?;
    let no = || Name::from("no");
    let changes = [
        TableChange::AlterColumn(Column::new("no", TEXT)),
        TableChange::DropColumn(no()),
        TableChange::RenameColumn { from: no(), to: "b".into() },
        TableChange::DropIndex(no()),
        TableChange::RenameIndex { from: no(), to: "b".into() },
        TableChange::DropForeignKey(no()),
        TableChange::DropCheck(no()),
        TableChange::AddColumn(Column::new("a", TEXT).nullable(true)),
        TableChange::AddKey(vec!["a".into()]),
    ];
    for change in changes {
        let shown = format!("{change:?}");
        let error = alter(session, &name, [change]).await.unwrap_err();
        assert_eq!(error.table(), Some(&*name), "{shown}: {error}");
        assert_eq!(told(session, &name).await?, before, "{shown}");
    }
    let add = [TableChange::AddColumn(Column::new("b", TEXT).nullable(true))];
    assert!(alter(session, &missing, add).await.is_err());
    Ok(())
}
