//! Collections, indexes and validators: made, changed and looked at.

use std::time::Duration;

use eloquent_core::driver::{Object, Question, Session};
use eloquent_core::schema::{
    Column, ColumnDefault, ColumnType, Index, IndexKind, IndexPart, SchemaChange, TableChange,
    TableDefinition, TableInfo, TableKind, Validator,
};
use eloquent_core::statement::Statement;
use eloquent_core::value::Value;
use eloquent_core::{ErrorKind, Name, Result};

use crate::ground::{column, insert, session, text};

fn index(table: &Name, name: &str, columns: &[&'static str]) -> Index {
    let columns = columns.iter().map(|name| IndexPart::from(*name)).collect();
    Index { name: name.to_owned().into(), table: table.clone(), columns, ..Index::default() }
}

async fn make(session: &mut dyn Session, table: TableDefinition) -> Result<()> {
    session.alter(&SchemaChange::CreateTable(table)).await
}

async fn change(session: &mut dyn Session, table: &Name, step: TableChange) -> Result<()> {
    let changes = vec![step];
    session.alter(&SchemaChange::AlterTable { table: table.clone(), changes }).await
}

async fn told(session: &mut dyn Session, table: &str) -> TableInfo {
    session.inspect_table(table).await.expect("told").expect("a collection")
}

fn columns() -> Vec<Column> {
    vec![
        Column::new("id", ColumnType::I64),
        Column::new("code", ColumnType::String { length: 3 }),
        Column::new("n", ColumnType::I64).nullable(true),
    ]
}

fn definition(name: &'static str) -> TableDefinition {
    let columns = columns();
    let key = vec!["id".into()];
    TableDefinition { name: name.into(), columns, key, ..TableDefinition::default() }
}

#[tokio::test]
async fn indexes_of_each_kind_are_made_and_told() {
    let mut session = session().await;
    let name = Name::from("schema_indexes");
    let mut table = definition("schema_indexes");
    table.indexes = vec![
        Index { unique: true, ..index(&name, "both", &["code", "n"]) },
        Index { sparse: true, ..index(&name, "sparse", &["a"]) },
        Index {
            filter: Some(r#"{"n":{"$gt":10}}"#.into()),
            unique: true,
            ..index(&name, "part", &["n"])
        },
        Index { expires_after: Some(Duration::from_secs(3600)), ..index(&name, "ttl", &["at"]) },
        Index { kind: IndexKind::Geo, ..index(&name, "place", &["place"]) },
    ];
    make(&mut *session, table).await.expect("made");
    let found = told(&mut *session, &name).await;
    let names: Vec<_> = found.indexes.iter().map(|index| index.name.as_str()).collect();
    assert_eq!(names, ["both", "part", "place", "sparse", "ttl"]);
    assert!(found.index("both").is_some_and(|i| i.unique && i.is_over(&["code", "n"])));
    // the condition that was asked for, and not that of an index that is unique
    assert_eq!(found.index("both").and_then(|i| i.filter.clone()), None);
    assert_eq!(
        found.index("part").and_then(|i| i.filter.clone()).as_deref(),
        Some(r#"{"n":{"$gt":10}}"#)
    );
    assert!(found.index("sparse").is_some_and(|index| index.sparse));
    let after = found.index("ttl").and_then(|index| index.expires_after);
    assert_eq!(after, Some(Duration::from_secs(3600)));
    assert_eq!(found.index("place").map(|index| index.kind), Some(IndexKind::Geo));
    // two below the condition may share the value, two above it not
    let row = |id: i64, n: i64| [Value::I64(id), text("x"), Value::I64(n)];
    for (id, n) in [(1, 5), (2, 11)] {
        let rows = insert(&name, ["id", "code", "n"], [row(id, n)]);
        session.execute(&Statement::Insert(rows)).await.expect("added");
    }
    let low = insert(&name, ["id", "code", "n"], [[Value::I64(3), text("y"), Value::I64(5)]]);
    session.execute(&Statement::Insert(low)).await.expect("below the condition");
    let high = insert(&name, ["id", "code", "n"], [[Value::I64(4), text("y"), Value::I64(11)]]);
    let error = session.execute(&Statement::Insert(high)).await.expect_err("twice");
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    assert_eq!(error.constraint(), Some("part"));
    // what would create it again is what it was made of
    let again = SchemaChange::CreateTable(found.definition());
    assert!(session.render_change(&again).expect("shown")[1].contains("expireAfterSeconds"));
}

#[tokio::test]
async fn a_validator_of_columns_holds_and_follows() {
    let mut session = session().await;
    let name = Name::from("schema_validated");
    let mut table = definition("schema_validated");
    table.validator = Some(Validator::Columns(columns()));
    make(&mut *session, table).await.expect("made");
    let add = |columns: &[&'static str], values: Vec<Value>| {
        Statement::Insert(eloquent_core::statement::Insert {
            table: name.clone(),
            columns: columns.iter().map(|name| Name::Borrowed(name)).collect(),
            values,
            conflict: None,
            returning: None,
        })
    };
    for (columns, values) in [
        (&["id", "code"][..], vec![Value::I64(1), text("abcd")]),
        (&["id", "n"], vec![Value::I64(1), Value::I64(1)]),
        (&["id", "code", "n"], vec![Value::I64(1), text("a"), text("1")]),
    ] {
        let error = session.execute(&add(columns, values)).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::CheckViolation, "{error}");
        assert_eq!(error.table(), Some("schema_validated"));
    }
    let good = add(&["id", "code", "n"], vec![Value::I64(1), text("äöü"), Value::Null]);
    session.execute(&good).await.expect("added");
    let found = told(&mut *session, &name).await;
    assert!(found.validator.is_some() && found.kind == TableKind::Table);
    assert!(found.column("code").is_some_and(|column| !column.nullable));
    assert!(found.column("n").is_some_and(|column| column.nullable));

    change(
        &mut *session,
        &name,
        TableChange::RenameColumn { from: "code".into(), to: "word".into() },
    )
    .await
    .expect("renamed");
    assert_eq!(column(&mut *session, &name, "word").await, [text("äöü")]);
    let error = session.execute(&add(&["id", "code"], vec![Value::I64(2), text("a")])).await;
    assert_eq!(error.expect_err("the old name").kind(), ErrorKind::CheckViolation);
    // documents are there that lack it
    let needed = TableChange::AddColumn(Column::new("more", ColumnType::Bool));
    let error = change(&mut *session, &name, needed).await.expect_err("they lack it");
    assert_eq!((error.kind(), error.column()), (ErrorKind::NotNullViolation, Some("more")));
    let mut at = Column::new("created_at", ColumnType::Timestamp);
    at.default = Some(ColumnDefault::Now);
    at.model_writes = true;
    change(&mut *session, &name, TableChange::AddColumn(at)).await.expect("filled");
    let error = session.execute(&add(&["id", "word"], vec![Value::I64(2), text("a")])).await;
    assert_eq!(error.expect_err("a field more").kind(), ErrorKind::CheckViolation);
    change(&mut *session, &name, TableChange::DropColumn("created_at".into())).await.expect("gone");
    change(&mut *session, &name, TableChange::DropColumn("word".into())).await.expect("gone");
    session.execute(&add(&["id"], vec![Value::I64(3)])).await.expect("nothing is needed");
    assert_eq!(column(&mut *session, &name, "word").await, [Value::Null, Value::Null]);
    let wide = Column::new("n", ColumnType::Text).nullable(true);
    change(&mut *session, &name, TableChange::AlterColumn(wide)).await.expect("another type");
    session.execute(&add(&["id", "n"], vec![Value::I64(4), text("x")])).await.expect("text now");
    change(&mut *session, &name, TableChange::SetValidator(None)).await.expect("free");
    session.execute(&add(&["id", "n"], vec![Value::I64(5), Value::Bool(true)])).await.expect("any");
    let alter = TableChange::AlterColumn(Column::new("n", ColumnType::Text));
    let error = change(&mut *session, &name, alter).await.expect_err("nothing says what it holds");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let by_hand = Validator::Text(r#"{"n": {"$lt": 10}}"#.into());
    change(&mut *session, &name, TableChange::SetValidator(Some(by_hand))).await.expect("set");
    let error = session.execute(&add(&["id", "n"], vec![Value::I64(6), Value::I64(10)])).await;
    assert_eq!(error.expect_err("too much").kind(), ErrorKind::CheckViolation);
    let drop = TableChange::DropColumn("n".into());
    let error = change(&mut *session, &name, drop).await.expect_err("the validator speaks of it");
    assert_eq!((error.kind(), error.column()), (ErrorKind::InvalidInput, Some("n")));
}

#[tokio::test]
async fn names_change_and_what_refers_to_them_follows() {
    let mut session = session().await;
    let (from, to) = (Name::from("schema_from"), Name::from("schema_to"));
    let mut table = definition("schema_from");
    table.columns[0].auto_increment = true;
    table.columns[1].unique = true;
    make(&mut *session, table).await.expect("made");
    let row = |code: &str| insert(&from, ["code"], [[text(code)]]);
    for code in ["a", "b"] {
        session.execute(&Statement::Insert(row(code))).await.expect("added");
    }
    let rename = SchemaChange::RenameTable { from: from.clone(), to: to.clone() };
    session.alter(&rename).await.expect("renamed");
    assert!(session.alter(&rename).await.is_err(), "there is no such collection any more");
    session.execute(&Statement::Insert(insert(&to, ["code"], [[text("c")]]))).await.expect("added");
    let ids = column(&mut *session, &to, "id").await;
    assert_eq!(ids, [1, 2, 3].map(Value::I64), "the numbers go on");
    let rename = TableChange::RenameColumn { from: "code".into(), to: "word".into() };
    change(&mut *session, &to, rename).await.expect("renamed");
    let error = session
        .execute(&Statement::Insert(insert(&to, ["word"], [[text("a")]])))
        .await
        .expect_err("the index has followed");
    assert_eq!((error.kind(), error.column()), (ErrorKind::UniqueViolation, Some("word")));
    let old = told(&mut *session, &to).await.indexes[0].name.clone();
    let rename = TableChange::RenameIndex { from: old.clone().into(), to: "words".into() };
    change(&mut *session, &to, rename).await.expect("renamed");
    let found = told(&mut *session, &to).await;
    assert!(found.index(&old).is_none());
    assert!(found.index("words").is_some_and(|index| index.unique && index.is_over(&["word"])));
    let clash = TableChange::RenameColumn { from: "word".into(), to: "n".into() };
    let more = Statement::Insert(insert(&to, ["word", "n"], [[text("d"), Value::I64(1)]]));
    session.execute(&more).await.expect("added");
    let error = change(&mut *session, &to, clash).await.expect_err("it would be written over");
    assert_eq!((error.kind(), error.column()), (ErrorKind::InvalidInput, Some("word")));
    change(&mut *session, &to, TableChange::DropColumn("word".into())).await.expect("gone");
    assert!(told(&mut *session, &to).await.indexes.is_empty(), "its index as well");
    let names: Vec<_> =
        session.inspect_tables().await.expect("told").into_iter().map(|table| table.name).collect();
    assert!(names.contains(&to.to_string()) && !names.contains(&"eloquent_counters".to_owned()));
}

#[tokio::test]
async fn commands_run_as_text_and_in_transactions() {
    let mut session = session().await;
    let script = r#"[{"create": "schema_script"},
        {"insert": "schema_script", "documents": [{"_id": 1}, {"_id": 2}]},
        {"renameCollection": "schema_script", "to": "schema_scripted"}]"#;
    for part in session.split(script).expect("parts") {
        session.run_text(&part.text).await.expect("done");
    }
    let twice = r#"{"insert": "schema_scripted", "documents": [{"_id": 1}]}"#;
    let error = session.run_text(twice).await.expect_err("a write that failed is an error");
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    let name = Name::from("schema_scripted");
    session.begin(0, Default::default()).await.expect("begun");
    session
        .run_text(r#"{"delete": "schema_scripted", "deletes": [{"q": {}, "limit": 0}]}"#)
        .await
        .expect("done");
    session.rollback(0).await.expect("undone");
    assert_eq!(column(&mut *session, &name, "id").await, [1, 2].map(Value::I64));
    let rows = session.ask(Question::HasTable("schema_scripted")).await.expect("an answer");
    assert_eq!(rows[0].values(), [Value::I64(1)]);
    let all = [Object::new("schema_scripted", "table")];
    for text in session.drop_all(&all).expect("texts") {
        session.run_text(&text).await.expect("dropped");
    }
    let rows = session.ask(Question::HasTable("schema_scripted")).await.expect("an answer");
    assert_eq!(rows[0].values(), [Value::I64(0)]);
}
