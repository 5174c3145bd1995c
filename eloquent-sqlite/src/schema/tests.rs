//! What a rebuild keeps, on tables as other programs write them.

use std::sync::Arc;

use eloquent_core::config::ConnectionConfig;
use eloquent_core::schema::{
    Check, Column, ColumnDefault, ColumnType, SchemaChange, SchemaText, TableChange,
};
use eloquent_core::value::Value;
use eloquent_core::{ErrorKind, Result};

use super::inspect;
use super::layout::{Layout, What};
use crate::config::Settings;
use crate::connection::SqliteConnection;
use crate::engine::Engine;

const OLD: &str = r#"CREATE TABLE "teams" (id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key
    [odd name] TEXT DEFAULT 'a, (b' COLLATE NOCASE NOT NULL, /* , ( */
    boss INTEGER CONSTRAINT boss_fk REFERENCES teams(id) ON DELETE SET NULL NOT DEFERRABLE,
    n NUMERIC(10, 2) DEFAULT (1 + 1) CONSTRAINT pos CHECK (n > 0) CHECK (n <> 3),
    twice GENERATED ALWAYS AS (n * 2) STORED UNIQUE,
    UNIQUE ("odd name", n) CONSTRAINT big CHECK (n < 1000))"#;

/// A database in memory.
fn engine() -> Box<Engine> {
    let config = ConnectionConfig::new("main", "sqlite").set("path", ":memory:");
    let settings = Settings::read(&config).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let connection = runtime.block_on(SqliteConnection::open(settings)).unwrap();
    Engine::open(connection.shared(), &Arc::default()).unwrap()
}

fn run(engine: &Engine, sql: &str) {
    engine.connection.execute_batch(sql).unwrap();
}

fn text(engine: &Engine, sql: &str) -> String {
    engine.connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn alter(engine: &mut Engine, table: &'static str, changes: Vec<TableChange>) -> Result<()> {
    engine.alter(&SchemaChange::AlterTable { table: table.into(), changes })
}

fn teams() -> Box<Engine> {
    let engine = engine();
    run(&engine, OLD);
    run(
        &engine,
        "CREATE INDEX teams_n ON teams (n, lower([odd name])) WHERE n > 1;
         CREATE TABLE log (what TEXT);
         CREATE TABLE members (id INTEGER PRIMARY KEY, team INT NOT NULL REFERENCES teams ON DELETE CASCADE);
         CREATE TRIGGER teams_log AFTER INSERT ON teams BEGIN
            INSERT INTO log VALUES ('new ' || new.n); END;
         CREATE TRIGGER members_log AFTER DELETE ON members BEGIN
            INSERT INTO log SELECT 'gone ' || n FROM teams; END;
         CREATE VIEW rich AS SELECT t.id, t.n, m.id AS member FROM teams t LEFT JOIN members m ON m.team = t.id;
         INSERT INTO teams (id, n) VALUES (1, 5), (2, 6), (9, 7); DELETE FROM teams WHERE id = 9;
         INSERT INTO members VALUES (1, 1), (2, 1), (3, 2)",
    );
    engine
}

#[test]
fn a_table_is_taken_apart() {
    let layout = Layout::read(OLD).unwrap();
    let names: Vec<_> = layout.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["id", "odd name", "boss", "n", "twice"]);
    let types: Vec<_> = layout.columns.iter().map(|column| &*column.type_text).collect();
    assert_eq!(types, ["INTEGER", "TEXT", "INTEGER", "NUMERIC(10, 2)", ""]);
    let whats = |position: usize| -> Vec<_> {
        layout.columns[position].constraints.iter().map(|one| one.what).collect()
    };
    assert_eq!(whats(0), [What::Key]);
    assert_eq!(whats(1), [What::Default, What::Collate, What::NotNull]);
    assert_eq!(whats(2), [What::References]);
    assert_eq!(whats(3), [What::Default, What::Check, What::Check]);
    assert_eq!(whats(4), [What::Generated, What::Unique]);
    let named: Vec<_> = layout.constraints.iter().map(|one| one.name.as_deref()).collect();
    assert_eq!(named, [None, Some("big")]);
    assert_eq!(layout.key(), ["id"]);
    assert!(Layout::read("CREATE VIRTUAL TABLE t USING fts5(a)").is_err());
}

#[test]
fn rows_indexes_keys_triggers_and_views_stay() {
    let mut engine = teams();
    let default = Some(ColumnDefault::Value(Value::I64(4)));
    let mut number = Column::new("n", ColumnType::I64);
    number.default = default;
    let check = Check { name: "small".into(), condition: "n < 500".into() };
    let changes = vec![
        TableChange::AlterColumn(number),
        TableChange::AddCheck(check),
        TableChange::DropCheck("big".into()),
    ];
    alter(&mut engine, "teams", changes).unwrap();
    let sql = text(&engine, "SELECT sql FROM sqlite_schema WHERE name = 'teams'");
    for kept in [
        "id INTEGER PRIMARY KEY AUTOINCREMENT",
        "[odd name] TEXT DEFAULT 'a, (b' COLLATE NOCASE NOT NULL",
        "CONSTRAINT boss_fk REFERENCES teams(id) ON DELETE SET NULL",
        "\"n\" INTEGER NOT NULL DEFAULT 4 CONSTRAINT pos CHECK (n > 0) CHECK (n <> 3)",
        "CONSTRAINT \"small\" CHECK (n < 500)",
    ] {
        assert!(sql.contains(kept), "{kept}: {sql}");
    }
    assert!(!sql.contains("big"), "{sql}");
    assert_eq!(
        text(&engine, "SELECT group_concat(id || ':' || n || ':' || twice) FROM teams"),
        "1:5:10,2:6:12"
    );
    assert_eq!(text(&engine, "SELECT count(*) || '' FROM members"), "3");
    assert_eq!(text(&engine, "SELECT count(*) || '' FROM rich"), "3");
    assert_eq!(text(&engine, "SELECT count(*) || '' FROM log"), "3", "no trigger has run");
    let index = text(&engine, "SELECT sql FROM sqlite_schema WHERE name = 'teams_n'");
    assert_eq!(index, "CREATE INDEX teams_n ON teams (n, lower([odd name])) WHERE n > 1");
    // the number that was given last is not given again, and triggers run
    run(&engine, "INSERT INTO teams (n) VALUES (8)");
    assert_eq!(text(&engine, "SELECT max(id) || '' FROM teams"), "10");
    assert_eq!(text(&engine, "SELECT what FROM log ORDER BY rowid DESC"), "new 8");
    // references are held to, as before
    assert_eq!(text(&engine, "SELECT foreign_keys || '' FROM pragma_foreign_keys"), "1");
    run(&engine, "DELETE FROM teams WHERE id = 1");
    assert_eq!(text(&engine, "SELECT count(*) || '' FROM members"), "1");
    let legacy = "SELECT legacy_alter_table || '' FROM pragma_legacy_alter_table";
    assert_eq!(text(&engine, legacy), "0");
}

#[test]
fn what_a_view_or_trigger_needs_does_not_go() {
    for view in [true, false] {
        let mut engine = teams();
        match view {
            true => run(&engine, "DROP TRIGGER members_log; DROP TRIGGER teams_log"),
            false => run(&engine, "DROP VIEW rich"),
        }
        let before = text(&engine, "SELECT group_concat(sql) FROM sqlite_schema");
        let twice = TableChange::DropColumn("twice".into());
        let changes = vec![twice, TableChange::DropColumn("n".into())];
        let error = alter(&mut engine, "teams", changes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.hint().is_some() || error.message().contains("trigger"), "{error}");
        assert_eq!(text(&engine, "SELECT group_concat(sql) FROM sqlite_schema"), before);
        assert_eq!(text(&engine, "SELECT count(*) || '' FROM members"), "3");
    }
}

#[test]
fn a_column_takes_its_constraints_along() {
    let mut engine = teams();
    run(&engine, "DROP VIEW rich; DROP TRIGGER members_log; DROP TRIGGER teams_log");
    let drop = |name: &'static str| TableChange::DropColumn(name.into());
    alter(&mut engine, "teams", vec![drop("twice"), drop("n"), drop("boss")]).unwrap();
    let sql = text(&engine, "SELECT sql FROM sqlite_schema WHERE name = 'teams'");
    assert!(!sql.contains("UNIQUE") && !sql.contains("CHECK"), "{sql}");
    let table = inspect::table(&engine.connection, "TEAMS").unwrap().unwrap();
    assert_eq!((&*table.name, table.columns.len(), table.indexes.len()), ("teams", 2, 0));
    assert_eq!(table.columns[1].collation.as_deref(), Some("NOCASE"));
    let error = alter(&mut engine, "log", vec![drop("what")]).unwrap_err();
    assert_eq!((error.kind(), error.table()), (ErrorKind::InvalidInput, Some("log")));
}

#[test]
fn a_parent_is_not_built_anew_within_a_transaction() {
    use crate::transaction::Control;
    let mut engine = teams();
    engine.control(Control::Begin(0, Default::default())).unwrap();
    let wide =
        || vec![TableChange::AlterColumn(Column::new("boss", ColumnType::I32).nullable(true))];
    let error = alter(&mut engine, "teams", wide()).unwrap_err();
    assert_eq!((error.kind(), error.driver()), (ErrorKind::Unsupported, Some("sqlite")));
    assert!(error.hint().unwrap().contains("`members`"), "{error}");
    let add = Column::new("more", ColumnType::I64).nullable(true);
    alter(&mut engine, "teams", vec![TableChange::AddColumn(add)]).unwrap();
    engine.control(Control::Commit(0)).unwrap();
    assert_eq!(text(&engine, "SELECT count(*) || '' FROM members"), "3");
    alter(&mut engine, "teams", wide()).unwrap();
    assert_eq!(text(&engine, "SELECT count(*) || '' FROM members"), "3");
}

#[test]
fn rows_without_a_parent_hinder_only_a_new_key() {
    let mut engine = engine();
    run(
        &engine,
        "PRAGMA foreign_keys=OFF; CREATE TABLE p (id INTEGER PRIMARY KEY);
         CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p, a TEXT);
         INSERT INTO c VALUES (1, 7, 'x'); PRAGMA foreign_keys=ON",
    );
    // what was broken before is not the fault of this change
    let text_column = Column::new("a", ColumnType::Text);
    alter(&mut engine, "c", vec![TableChange::AlterColumn(text_column)]).unwrap();
    let key = eloquent_core::schema::ForeignKey {
        name: "c_id".into(),
        columns: vec!["id".into()],
        foreign_table: "p".into(),
        foreign_columns: vec!["id".into()],
        ..Default::default()
    };
    let error = alter(&mut engine, "c", vec![TableChange::AddForeignKey(key)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
}

#[test]
fn names_and_text_of_others_are_kept() {
    let mut engine = engine();
    run(
        &engine,
        r#"CREATE TABLE "a "" b" ("x ( y" TEXT, [check] INT CHECK ([check] > 0)) WITHOUT ROWID"#
            .replace("TEXT", "TEXT PRIMARY KEY")
            .as_str(),
    );
    run(&engine, r#"INSERT INTO "a "" b" VALUES ('one', 1)"#);
    let mut column = Column::new("check", ColumnType::I64).nullable(true);
    column.default = Some(ColumnDefault::Expression(SchemaText::new("2 * 3")));
    let changes = vec![TableChange::AlterColumn(column)];
    engine.alter(&SchemaChange::AlterTable { table: "a \" b".into(), changes }).unwrap();
    let sql = text(&engine, "SELECT sql FROM sqlite_schema WHERE type = 'table'");
    let expected = r#"CREATE TABLE "a "" b" ("x ( y" TEXT PRIMARY KEY, "check" INTEGER DEFAULT (2 * 3) CHECK ([check] > 0)) WITHOUT ROWID"#;
    assert_eq!(sql, expected);
    let one = text(&engine, r#"SELECT "x ( y" || "check" FROM "a "" b""#);
    assert_eq!(one, "one1");
}
