//! The commands of changes, word by word.

use std::time::Duration;

use eloquent_core::ErrorKind;
use eloquent_core::schema::{Check, ColumnType, ForeignKey, ViewDefinition};

use super::*;

fn index(name: &'static str, columns: &[&'static str]) -> Index {
    let columns = columns.iter().map(|name| IndexPart::from(*name)).collect();
    Index { name: name.into(), table: "users".into(), columns, ..Index::default() }
}

fn alter_with(changes: Vec<TableChange>) -> SchemaChange {
    SchemaChange::AlterTable { table: "users".into(), changes }
}

fn shown(change: &SchemaChange) -> String {
    text(change).unwrap().join("\n")
}

#[test]
fn a_collection_with_all_kinds_of_indexes() {
    let table = TableDefinition {
        name: "users".into(),
        columns: vec![
            Column::new("id", ColumnType::I64).auto_increment(),
            Column::new("email", ColumnType::Text).unique(),
            Column::new("nick", ColumnType::Text).unique().nullable(true),
        ],
        key: vec!["id".into()],
        indexes: vec![
            Index { unique: true, ..index("both", &["email", "age"]) },
            Index { sparse: true, ..index("sparse", &["age"]) },
            Index { filter: Some(r#"{"age":{"$gt":18}}"#.into()), ..index("part", &["age"]) },
            Index {
                filter: Some(r#"{"age":{"$gt":18}}"#.into()),
                unique: true,
                ..index("nicks", &["nick", "age"])
            },
            Index { expires_after: Some(Duration::from_secs(60)), ..index("ttl", &["seen_at"]) },
            Index { kind: IndexKind::Text, ..index("words", &["title", "body"]) },
            Index { kind: IndexKind::Geo, ..index("place", &["place", "age"]) },
        ],
        validator: Some(Validator::Text(r#"{"age":{"$lt":200}}"#.into())),
        ..TableDefinition::default()
    };
    let expected = [
        r#"{"create":"users","validator":{"age":{"$lt":200}}}"#.to_owned(),
        [
            r#"{"createIndexes":"users","indexes":["#,
            r#"{"key":{"email":1},"name":"users_email_unique","unique":true},"#,
            r#"{"key":{"nick":1},"name":"users_nick_unique","unique":true,"#,
            r#""partialFilterExpression":{"nick":{"$exists":true}}},"#,
            r#"{"key":{"email":1,"age":1},"name":"both","unique":true},"#,
            r#"{"key":{"age":1},"name":"sparse","sparse":true},"#,
            r#"{"key":{"age":1},"name":"part","partialFilterExpression":{"age":{"$gt":18}}},"#,
            r#"{"key":{"nick":1,"age":1},"name":"nicks","unique":true,"partialFilterExpression":"#,
            r#"{"$and":[{"age":{"$gt":18}},{"nick":{"$exists":true},"age":{"$exists":true}}]}},"#,
            r#"{"key":{"seen_at":1},"name":"ttl","expireAfterSeconds":60},"#,
            r#"{"key":{"title":"text","body":"text"},"name":"words"},"#,
            r#"{"key":{"place":"2dsphere","age":1},"name":"place"}]}"#,
        ]
        .concat(),
    ];
    assert_eq!(shown(&SchemaChange::CreateTable(table)), expected.join("\n"));
}

#[test]
fn a_collection_that_may_be_there_is_made_with_its_key() {
    let table = TableDefinition {
        name: "history".into(),
        columns: vec![Column::new("name", ColumnType::Text)],
        key: vec!["name".into()],
        if_not_exists: true,
        ..TableDefinition::default()
    };
    assert_eq!(
        shown(&SchemaChange::CreateTable(table)),
        r#"{"createIndexes":"history","indexes":[{"key":{"name":1},"name":"history_key","unique":true}]}"#
    );
}

#[test]
fn changes_become_commands() {
    let rename = SchemaChange::RenameTable { from: "users".into(), to: "people".into() };
    assert_eq!(shown(&rename), r#"{"renameCollection":"users","to":"people"}"#);
    let drop = SchemaChange::DropTable { table: "users".into(), if_exists: true };
    assert_eq!(shown(&drop), r#"{"drop":"users"}"#);
    let mut updated_at = Column::new("updated_at", ColumnType::Timestamp);
    updated_at.default = Some(ColumnDefault::Now);
    updated_at.model_writes = true;
    let steps = vec![
        TableChange::RenameColumn { from: "name".into(), to: "nick".into() },
        TableChange::DropColumn("age".into()),
        TableChange::AddColumn(updated_at),
        TableChange::DropIndex("i".into()),
        TableChange::SetValidator(None),
    ];
    let expected = [
        r#"{"update":"users","updates":[{"q":{"name":{"$exists":true}},"u":{"$rename":{"name":"nick"}},"multi":true}],"bypassDocumentValidation":true}"#,
        r#"{"update":"users","updates":[{"q":{"age":{"$exists":true}},"u":{"$unset":{"age":""}},"multi":true}],"bypassDocumentValidation":true}"#,
        r#"{"update":"users","updates":[{"q":{"updated_at":{"$exists":false}},"u":[{"$set":{"updated_at":"$$NOW"}}],"multi":true}],"bypassDocumentValidation":true}"#,
        r#"{"collMod":"users","validator":{"$jsonSchema":{"bsonType":"object","title":"columns","properties":{"updated_at":{"bsonType":"date"}},"required":["updated_at"]}}}"#,
        r#"{"dropIndexes":"users","index":"i"}"#,
        r#"{"collMod":"users","validator":{}}"#,
    ];
    assert_eq!(shown(&alter_with(steps)), expected.join("\n"));
}

#[test]
fn what_documents_lack_names_what_takes_its_place() {
    let key = ForeignKey { columns: vec!["team_id".into()], ..ForeignKey::default() };
    let check = Check { name: "c".into(), condition: "age > 0".into() };
    let mut defaulted = Column::new("n", ColumnType::I64);
    defaulted.default = Some(ColumnDefault::Now);
    let view = ViewDefinition { name: "v".into(), query: "SELECT 1".into(), or_replace: false };
    for (change, hint) in [
        (alter_with(vec![TableChange::AddForeignKey(key)]), "embed"),
        (alter_with(vec![TableChange::AddCheck(check)]), "validator"),
        (alter_with(vec![TableChange::AddColumn(defaulted)]), "model"),
        (alter_with(vec![TableChange::DropKey]), "unique index"),
        (alter_with(vec![TableChange::SetComment(None)]), "leave it out"),
        (SchemaChange::CreateView(view), "viewOn"),
    ] {
        let error = text(&change).unwrap_err();
        assert_eq!((error.kind(), error.driver()), (ErrorKind::Unsupported, Some("mongo")));
        assert!(error.hint().is_some_and(|told| told.contains(hint)), "{error}");
        assert!(error.table().is_some());
    }
}

#[test]
fn names_and_conditions_stay_in_their_place() {
    for change in [
        alter_with(vec![TableChange::DropColumn("$where".into())]),
        alter_with(vec![TableChange::RenameColumn { from: "a".into(), to: "b.c".into() }]),
        alter_with(vec![TableChange::RenameIndex { from: "a".into(), to: "*".into() }]),
        SchemaChange::RenameTable { from: "users".into(), to: "system.users".into() },
        SchemaChange::CreateIndex(Index { filter: Some("age > 1".into()), ..index("i", &["a"]) }),
        SchemaChange::CreateIndex(index("i", &[])),
    ] {
        let error = text(&change).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{change:?}");
    }
}
