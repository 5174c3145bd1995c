//! What some databases have for tables and others lack: what is lacking is refused before anything is
//! written, with a way out.

use eloquent_core::driver::Session;
use eloquent_core::schema::{
    Column, ColumnDefault, ColumnType, Generated, Index, IndexPart, SchemaChange, SchemaText,
    TableChange, TableDefinition,
};
use eloquent_core::value::{DateTime, Decimal, Json, NaiveDate, Utc, Uuid, Value};
use eloquent_core::{ErrorKind, Name, Result};

use super::{Contract, col, execute, insert, query, select};
use crate::case::{Outcome, cases};

cases![Contract:
    an_index_over_some_rows[RELATIONAL, PARTIAL_INDEXES],
    an_index_over_some_rows_is_refused[RELATIONAL, NO_PARTIAL_INDEXES],
    an_index_over_an_expression[RELATIONAL, EXPRESSION_INDEXES],
    an_index_over_an_expression_is_refused[RELATIONAL, NO_EXPRESSION_INDEXES],
    comments_are_kept[RELATIONAL, COMMENTS], comments_are_refused[RELATIONAL, NO_COMMENTS],
    lists_in_their_own_form[RELATIONAL, ARRAYS], lists_are_refused[RELATIONAL, NO_ARRAYS],
    a_virtual_column[RELATIONAL, VIRTUAL_COLUMNS],
    a_virtual_column_is_refused[RELATIONAL, NO_VIRTUAL_COLUMNS],
    a_stored_column[RELATIONAL], defaults_of_each_kind[RELATIONAL], an_enumeration_holds[RELATIONAL],
    text_of_the_schema_stays_in_its_place[RELATIONAL], nonsense_is_refused[RELATIONAL],
];

const TEXT: ColumnType = ColumnType::String { length: 50 };

fn table(name: &Name, columns: impl IntoIterator<Item = Column>) -> TableDefinition {
    let id = Column::new("id", ColumnType::I64);
    let columns = [id].into_iter().chain(columns).collect();
    let key = vec!["id".into()];
    TableDefinition { name: name.clone(), columns, key, ..TableDefinition::default() }
}

async fn create(session: &mut dyn Session, table: TableDefinition) -> Result<()> {
    session.alter(&SchemaChange::CreateTable(table)).await
}

async fn add(session: &mut dyn Session, table: &Name, row: (i64, &str)) -> Result<()> {
    let row = [Value::I64(row.0), Value::Text(row.1.to_owned())];
    execute(session, insert(table, ["id", "a"], [row])).await.map(drop)
}

/// Refused, and the table is not there.
async fn refused(session: &mut dyn Session, table: TableDefinition) -> Outcome {
    let name = table.name.clone();
    let error = create(session, table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.hint().is_some() && error.driver().is_some(), "{error}");
    assert!(session.inspect_table(&name).await?.is_none());
    Ok(())
}

fn partial(name: &Name) -> TableDefinition {
    let mut table = table(name, [Column::new("a", TEXT)]);
    table.indexes = vec![Index {
        name: format!("{name}_part").into(),
        table: name.clone(),
        columns: vec!["a".into()],
        unique: true,
        filter: Some("id > 10".into()),
        ..Index::default()
    }];
    table
}

async fn an_index_over_some_rows(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("partial");
    create(session, partial(&name)).await?;
    for row in [(1, "x"), (2, "x"), (11, "x")] {
        add(session, &name, row).await?;
    }
    let error = add(session, &name, (12, "x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    let told = session.inspect_table(&name).await?.unwrap();
    let index = told.index(&format!("{name}_part")).unwrap();
    assert!(index.unique && index.filter.as_ref().unwrap().contains("10"), "{index:?}");
    Ok(())
}

async fn an_index_over_some_rows_is_refused(cx: Contract) -> Outcome {
    refused(&mut *cx.session().await?, partial(&cx.name("partial"))).await
}

fn folded(name: &Name) -> TableDefinition {
    let mut table = table(name, [Column::new("a", TEXT)]);
    table.indexes = vec![Index {
        name: format!("{name}_lower").into(),
        table: name.clone(),
        columns: vec![IndexPart::Expression("lower(a)".into()), "id".into()],
        ..Index::default()
    }];
    table
}

async fn an_index_over_an_expression(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("folded");
    create(session, folded(&name)).await?;
    let told = session.inspect_table(&name).await?.unwrap();
    let index = told.index(&format!("{name}_lower")).unwrap();
    let IndexPart::Expression(text) = &index.parts[0] else { panic!("{index:?}") };
    assert!(text.as_str().to_lowercase().contains("lower"), "{index:?}");
    assert_eq!(index.columns().collect::<Vec<_>>(), ["id"]);
    Ok(())
}

async fn an_index_over_an_expression_is_refused(cx: Contract) -> Outcome {
    refused(&mut *cx.session().await?, folded(&cx.name("folded"))).await
}

fn commented(name: &Name) -> TableDefinition {
    let mut column = Column::new("a", TEXT);
    column.comment = Some("what it's \\ for".into());
    TableDefinition { comment: Some("a 'table'".into()), ..table(name, [column]) }
}

async fn comments_are_kept(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("comments");
    create(session, commented(&name)).await?;
    let told = session.inspect_table(&name).await?.unwrap();
    assert_eq!(told.comment.as_deref(), Some("a 'table'"));
    assert_eq!(told.column("a").unwrap().comment.as_deref(), Some("what it's \\ for"));
    let changes = vec![
        TableChange::SetComment(None),
        TableChange::AlterColumn(Column::new("a", ColumnType::String { length: 60 })),
    ];
    session.alter(&SchemaChange::AlterTable { table: name.clone(), changes }).await?;
    let told = session.inspect_table(&name).await?.unwrap();
    assert_eq!((&told.comment, &told.column("a").unwrap().comment), (&None, &None));
    Ok(())
}

async fn comments_are_refused(cx: Contract) -> Outcome {
    refused(&mut *cx.session().await?, commented(&cx.name("comments"))).await
}

fn listed(name: &Name) -> TableDefinition {
    let mut column = Column::new("a", ColumnType::Array);
    column.element = Some(ColumnType::I32);
    column.default = Some(ColumnDefault::Value(Value::Array(vec![Value::I64(1), Value::I64(2)])));
    table(name, [column])
}

async fn lists_in_their_own_form(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("lists");
    create(session, listed(&name)).await?;
    let told = session.inspect_table(&name).await?.unwrap();
    let column = told.column("a").unwrap();
    assert_eq!((column.ty, column.element), (Some(ColumnType::Array), Some(ColumnType::I32)));
    execute(session, insert(&name, ["id"], [[Value::I64(1)]])).await?;
    let rows = query(session, select(&name, &[col("a", ColumnType::Array)])).await?;
    assert_eq!(rows.scalar::<Vec<i32>>()?, [1, 2]);
    Ok(())
}

async fn lists_are_refused(cx: Contract) -> Outcome {
    refused(&mut *cx.session().await?, listed(&cx.name("lists"))).await
}

fn computed(name: &Name, stored: bool) -> TableDefinition {
    let mut column = Column::new("twice", ColumnType::I64);
    column.generated = Some(Generated { expression: "id * 2".into(), stored });
    table(name, [Column::new("a", TEXT), column])
}

async fn computes(session: &mut dyn Session, name: &Name, stored: bool) -> Outcome {
    create(session, computed(name, stored)).await?;
    add(session, name, (4, "x")).await?;
    let rows = query(session, select(name, &[col("twice", ColumnType::I64)])).await?;
    assert_eq!(rows.scalar::<i64>()?, 8);
    let told = session.inspect_table(name).await?.unwrap();
    let generated = told.column("twice").unwrap().generated.clone().unwrap();
    assert_eq!(generated.stored, stored);
    assert!(generated.expression.as_str().contains('2'), "{generated:?}");
    // a change of another column leaves it as it is
    let wide = Column::new("a", ColumnType::String { length: 90 });
    let changes = vec![TableChange::AlterColumn(wide)];
    session.alter(&SchemaChange::AlterTable { table: name.clone(), changes }).await?;
    let rows = query(session, select(name, &[col("twice", ColumnType::I64)])).await?;
    assert_eq!(rows.scalar::<i64>()?, 8);
    Ok(())
}

async fn a_virtual_column(cx: Contract) -> Outcome {
    computes(&mut *cx.session().await?, &cx.name("virtual"), false).await
}

async fn a_virtual_column_is_refused(cx: Contract) -> Outcome {
    refused(&mut *cx.session().await?, computed(&cx.name("virtual"), false)).await
}

async fn a_stored_column(cx: Contract) -> Outcome {
    computes(&mut *cx.session().await?, &cx.name("stored"), true).await
}

async fn defaults_of_each_kind(cx: Contract) -> Outcome {
    use ColumnType as T;
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("defaults");
    let uuid = "67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap();
    let day = "2024-02-29".parse().unwrap();
    let moment: DateTime<Utc> = "2024-02-29T12:30:15.25Z".parse().unwrap();
    let values = [
        ("b", T::Bool, Value::Bool(true)),
        ("n", T::I64, Value::I64(-9)),
        ("f", T::F64, Value::F64(0.1)),
        ("d", T::Decimal { precision: 9, scale: 3 }, Value::Decimal("1.5".parse().unwrap())),
        ("s", TEXT, Value::Text("it's ? \\ \"é\"".into())),
        ("t", T::Text, Value::Text("long".into())),
        ("y", T::Bytes, Value::Bytes(vec![0, 255, 39])),
        ("u", T::Uuid, Value::Uuid(uuid)),
        ("day", T::Date, Value::Date(day)),
        ("at", T::Timestamp, Value::Timestamp(moment)),
        ("j", T::Json, Value::Json(Box::new(r#"["a", "it's"]"#.parse().unwrap()))),
    ];
    let with = |(name, ty, value): (&'static str, T, Value)| {
        let mut column = Column::new(name, ty);
        column.default = Some(ColumnDefault::Value(value));
        column
    };
    let mut columns: Vec<_> = values.into_iter().map(with).collect();
    let mut sum = Column::new("sum", T::I64);
    sum.default = Some(ColumnDefault::Expression("1 + 2".into()));
    let mut now = Column::new("now", T::Timestamp);
    now.default = Some(ColumnDefault::Now);
    columns.extend([sum, now]);
    create(session, table(&name, columns)).await?;
    execute(session, insert(&name, ["id"], [[Value::I64(1)]])).await?;
    macro_rules! is {
        ($column:literal, $ty:expr, $rust:ty, $value:expr) => {
            let rows = query(session, select(&name, &[col($column, $ty)])).await?;
            assert_eq!(rows.scalar::<$rust>()?, $value, $column);
        };
    }
    is!("b", T::Bool, bool, true);
    is!("n", T::I64, i64, -9);
    is!("f", T::F64, f64, 0.1);
    is!("s", TEXT, String, "it's ? \\ \"é\"");
    is!("t", T::Text, String, "long");
    is!("y", T::Bytes, Vec<u8>, vec![0_u8, 255, 39]);
    is!("u", T::Uuid, Uuid, uuid);
    is!("day", T::Date, NaiveDate, day);
    is!("at", T::Timestamp, DateTime<Utc>, moment);
    let list = Json(vec!["a".to_owned(), "it's".to_owned()]);
    is!("j", T::Json, Json<Vec<String>>, list);
    is!("sum", T::I64, i64, 3);
    let rows = query(session, select(&name, &[col("now", T::Timestamp)])).await?;
    let now: DateTime<Utc> = rows.scalar()?;
    let apart = (Utc::now() - now).num_seconds().abs();
    assert!(apart < 120, "{now}");
    // found by the value that it was given
    let price = col("d", T::Decimal { precision: 9, scale: 3 });
    let decimal: Decimal = "1.5".parse().unwrap();
    for filter in [super::equal(price, decimal), super::equal(col("at", T::Timestamp), moment)] {
        let mut read = select(&name, &[col("id", T::I64)]);
        read.filter = vec![filter];
        assert_eq!(query(session, read).await?.rows.len(), 1);
    }
    Ok(())
}

async fn an_enumeration_holds(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("enumeration");
    let mut column = Column::new("a", ColumnType::String { length: 5 });
    column.one_of = vec!["draft".into(), "it's".into()];
    create(session, table(&name, [column.clone()])).await?;
    add(session, &name, (1, "draft")).await?;
    add(session, &name, (2, "it's")).await?;
    assert!(add(session, &name, (3, "other")).await.is_err());
    column.one_of.push("other".into());
    let changes = vec![TableChange::AlterColumn(column)];
    session.alter(&SchemaChange::AlterTable { table: name.clone(), changes }).await?;
    add(session, &name, (3, "other")).await?;
    let told = session.inspect_table(&name).await?.unwrap();
    assert_eq!(told.column("a").unwrap().one_of, ["draft", "it's", "other"]);
    Ok(())
}

/// Text is text, and cannot end the statement that it is a part of.
async fn text_of_the_schema_stays_in_its_place(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let witness = cx.name("witness");
    create(session, table(&witness, [])).await?;
    let texts = [
        "1) ; DROP TABLE witness; --",
        "1)",
        "(1",
        "'open",
        "1 /* open",
        "",
        " -- nothing",
        "1\0",
        "1; SELECT 2",
    ];
    for text in texts {
        let mut column = Column::new("a", ColumnType::I64);
        column.default = Some(ColumnDefault::Expression(SchemaText::trusted(text)));
        let error = create(session, table(&cx.name("bad"), [column])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text:?}: {error}");
    }
    // what ends in a comment does not swallow the rest
    let mut column = Column::new("a", ColumnType::I64);
    column.default = Some(ColumnDefault::Expression("1 + 1 -- two".into()));
    create(session, table(&cx.name("comment"), [column])).await?;
    Ok(())
}

async fn nonsense_is_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let column = |change: &dyn Fn(&mut Column)| {
        let mut column = Column::new("a", ColumnType::I64);
        change(&mut column);
        column
    };
    let generated = || Some(Generated { expression: "id".into(), stored: true });
    let default = |value| Some(ColumnDefault::Value(value));
    let wrong = [
        column(&|c| (c.generated, c.default) = (generated(), default(Value::I64(1)))),
        column(&|c| c.collation = Some("x".into())),
        column(&|c| c.one_of = vec!["x".into()]),
        column(&|c| c.precision = Some(3)),
        column(&|c| c.identity_always = true),
        column(&|c| c.default = Some(ColumnDefault::Now)),
        column(&|c| c.default = default(Value::Null)),
        column(&|c| (c.ty, c.default) = (ColumnType::U8, default(Value::I64(256)))),
        column(&|c| (c.ty, c.default) = (ColumnType::F64, default(Value::F64(f64::NAN)))),
    ];
    for (number, column) in wrong.into_iter().enumerate() {
        let error = create(session, table(&cx.name("wrong"), [column])).await.unwrap_err();
        let kinds = [ErrorKind::InvalidInput, ErrorKind::Encode, ErrorKind::NotNullViolation];
        assert!(kinds.contains(&error.kind()), "{number}: {error}");
        assert_eq!(error.column(), Some("a"), "{number}: {error}");
    }
    Ok(())
}
