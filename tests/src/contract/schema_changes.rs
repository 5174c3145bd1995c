//! Changes to tables that exist, and to their columns.

use eloquent_core::schema::{
    Check, Column, ColumnDefault, ColumnType, ForeignAction, SchemaChange, SchemaText, TableChange,
    ViewDefinition,
};
use eloquent_core::value::Value;
use eloquent_core::{ErrorKind, Name};

use super::altering::{
    TEXT, add, alter, count, create, definition, id, index, is_kind, reference, text, told,
};
use super::{Contract, col, execute, query, select};
use crate::case::{Outcome, cases};

cases![Contract:
    columns_come_and_go[RELATIONAL], a_column_without_a_value_is_refused[RELATIONAL],
    a_column_is_defined_anew[RELATIONAL], a_narrow_type_becomes_wide[RELATIONAL],
    rows_that_do_not_fit_hinder_a_change[RELATIONAL], a_column_is_renamed[RELATIONAL],
    a_table_is_renamed[RELATIONAL], a_change_keeps_what_it_is_not_about[RELATIONAL],
    a_parent_keeps_its_children[RELATIONAL], a_change_is_whole[TRANSACTIONAL_DDL],
    a_change_rolls_back[TRANSACTIONAL_DDL],
    a_change_in_steps_says_how_far_it_came[RELATIONAL, NO_TRANSACTIONAL_DDL],
    what_is_missing_is_refused[RELATIONAL],
];

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
