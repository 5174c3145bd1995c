use super::dialects::Tsql;
use super::*;
use crate::driver::Capabilities;
use crate::schema::{
    Check, ColumnDefault, ColumnInfo, ForeignAction, ForeignKey, Generated, Index, IndexPart,
    KeyInfo, SchemaChange, TableChange, TableDefinition, TableInfo, TableKind, ViewDefinition,
};
use crate::sql::{alter, alter_known};

/// Standard SQL with all abilities.
#[derive(Debug)]
struct Full;

impl Dialect for Full {
    fn driver(&self) -> &'static str {
        "full"
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = super::dialects::everything();
        capabilities.partial_indexes = true;
        capabilities.expression_indexes = true;
        capabilities.comments = true;
        capabilities.arrays = true;
        capabilities.virtual_columns = true;
        capabilities.transactional_ddl = true;
        capabilities
    }
}

fn steps(changes: Vec<TableChange>, known: Option<&TableInfo>) -> Result<Vec<String>> {
    alter_known(&Full, &SchemaChange::AlterTable { table: "t".into(), changes }, known)
}

#[track_caller]
fn step(change: TableChange, expected: &[&str]) {
    assert_eq!(steps(vec![change], None).unwrap(), expected);
}

fn column(name: &'static str) -> Column {
    Column::new(name, ColumnType::I64)
}

fn foreign_key() -> ForeignKey {
    ForeignKey {
        name: "fk".into(),
        columns: vec!["a".into(), "b".into()],
        foreign_table: "p".into(),
        foreign_columns: vec!["x".into(), "y".into()],
        on_delete: ForeignAction::Cascade,
        on_update: ForeignAction::SetNull,
        deferred: true,
    }
}

#[test]
fn steps_of_a_change() {
    step(
        TableChange::AddColumn(column("a").nullable(true)),
        &[r#"ALTER TABLE "t" ADD COLUMN "a" BIGINT"#],
    );
    step(TableChange::DropColumn("a".into()), &[r#"ALTER TABLE "t" DROP COLUMN "a""#]);
    step(
        TableChange::RenameColumn { from: "a".into(), to: "b".into() },
        &[r#"ALTER TABLE "t" RENAME COLUMN "a" TO "b""#],
    );
    step(
        TableChange::AddKey(vec!["a".into(), "b".into()]),
        &[r#"ALTER TABLE "t" ADD PRIMARY KEY ("a", "b")"#],
    );
    step(
        TableChange::AddForeignKey(foreign_key()),
        &[
            r#"ALTER TABLE "t" ADD CONSTRAINT "fk" FOREIGN KEY ("a", "b") REFERENCES "p" ("x", "y") ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED"#,
        ],
    );
    step(TableChange::DropForeignKey("fk".into()), &[r#"ALTER TABLE "t" DROP CONSTRAINT "fk""#]);
    step(
        TableChange::AddCheck(Check { name: "c".into(), condition: "a > 0 -- why".into() }),
        &["ALTER TABLE \"t\" ADD CONSTRAINT \"c\" CHECK (a > 0 -- why\n)"],
    );
    step(TableChange::DropCheck("c".into()), &[r#"ALTER TABLE "t" DROP CONSTRAINT "c""#]);
    step(TableChange::DropIndex("i".into()), &[r#"DROP INDEX "i""#]);
    step(
        TableChange::RenameIndex { from: "i".into(), to: "j".into() },
        &[r#"ALTER INDEX "i" RENAME TO "j""#],
    );
    step(TableChange::SetComment(Some("it's".into())), &[r#"COMMENT ON TABLE "t" IS 'it''s'"#]);
}

#[test]
fn columns_with_all_that_they_may_have() {
    let mut text = Column::new("a", ColumnType::Text).nullable(true).index();
    text.collation = Some("C".into());
    text.comment = Some("why".into());
    text.default = Some(ColumnDefault::Value(Value::Text("it's".into())));
    step(
        TableChange::AddColumn(text),
        &[
            r#"ALTER TABLE "t" ADD COLUMN "a" TEXT COLLATE "C" DEFAULT 'it''s'"#,
            r#"CREATE INDEX "idx_t_a" ON "t" ("a")"#,
            r#"COMMENT ON COLUMN "t"."a" IS 'why'"#,
        ],
    );
    let mut twice = column("twice");
    twice.generated = Some(Generated { expression: "a * 2".into(), stored: true });
    let mut moment = Column::new("at", ColumnType::Timestamp);
    moment.default = Some(ColumnDefault::Now);
    let mut sum = column("sum");
    sum.default = Some(ColumnDefault::Expression("1 + 1".into()));
    let mut status = Column::new("s", ColumnType::String { length: 5 });
    status.one_of = vec!["x".into(), "y".into()];
    let mut shape = Column::new("g", ColumnType::Text);
    shape.native_type = Some("geometry".into());
    for (column, text) in [
        (twice, r#""twice" BIGINT GENERATED ALWAYS AS (a * 2) STORED"#),
        (moment, r#""at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP"#),
        (sum, r#""sum" BIGINT NOT NULL DEFAULT (1 + 1)"#),
        (status, r#""s" VARCHAR(5) NOT NULL CHECK ("s" IN ('x', 'y'))"#),
        (shape, r#""g" geometry NOT NULL"#),
    ] {
        let expected = format!("ALTER TABLE \"t\" ADD COLUMN {text}");
        step(TableChange::AddColumn(column), &[&expected]);
    }
}

#[test]
fn a_column_is_defined_anew() {
    let mut known = TableInfo::new("t", TableKind::Table);
    let mut old = ColumnInfo::new("a", "varchar(5)");
    old.ty = Some(ColumnType::String { length: 5 });
    (old.default, old.type_check) = (Some("'x'".into()), Some("t_a_check".into()));
    old.comment = Some("why".into());
    known.columns.push(old);
    known.key = Some(KeyInfo { name: Some("t_pkey".into()), columns: vec!["a".into()] });
    let rename = TableChange::RenameColumn { from: "a".into(), to: "b".into() };
    let mut new = column("b");
    new.default = Some(ColumnDefault::Value(Value::I64(7)));
    let changes = vec![rename, TableChange::AlterColumn(new), TableChange::DropKey];
    assert_eq!(
        steps(changes, Some(&known)).unwrap(),
        [
            r#"ALTER TABLE "t" RENAME COLUMN "a" TO "b""#,
            r#"ALTER TABLE "t" DROP CONSTRAINT "t_a_check""#,
            r#"ALTER TABLE "t" ALTER COLUMN "b" DROP DEFAULT"#,
            r#"ALTER TABLE "t" ALTER COLUMN "b" TYPE BIGINT USING CAST("b" AS BIGINT)"#,
            r#"ALTER TABLE "t" ALTER COLUMN "b" SET NOT NULL"#,
            r#"ALTER TABLE "t" ALTER COLUMN "b" SET DEFAULT 7"#,
            r#"COMMENT ON COLUMN "t"."b" IS NULL"#,
            r#"ALTER TABLE "t" DROP CONSTRAINT "t_pkey""#,
        ]
    );
    let error = steps(vec![TableChange::AlterColumn(column("c"))], Some(&known)).unwrap_err();
    assert_eq!((error.column(), error.table()), (Some("c"), Some("t")));
    assert!(error.hint().unwrap().contains("the columns are: a"));
}

#[test]
fn indexes_over_expressions_and_some_rows() {
    let index = Index {
        name: "i".into(),
        table: "t".into(),
        columns: vec![IndexPart::Expression("lower(a)".into()), "b".into()],
        unique: true,
        filter: Some("b ? 'x' AND c IS NULL".into()),
        ..Index::default()
    };
    let change = SchemaChange::CreateIndex(index);
    let text = r#"CREATE UNIQUE INDEX "i" ON "t" ((lower(a)), "b") WHERE b ? 'x' AND c IS NULL"#;
    assert_eq!(alter(&Full, &change).unwrap(), [text]);
    let error = alter(&Tsql, &change).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.hint().is_some() && error.driver().is_some() && error.table() == Some("t"));
}

#[test]
fn tables_with_foreign_keys_checks_and_comments() {
    let table = TableDefinition {
        name: "t".into(),
        columns: vec![column("a"), column("b")],
        foreign_keys: vec![ForeignKey { deferred: false, ..foreign_key() }],
        checks: vec![Check { name: "c".into(), condition: "a > b".into() }],
        comment: Some("why".into()),
        ..TableDefinition::default()
    };
    assert_eq!(
        alter(&Full, &SchemaChange::CreateTable(table.clone())).unwrap(),
        [
            r#"CREATE TABLE "t" ("a" BIGINT NOT NULL, "b" BIGINT NOT NULL, CONSTRAINT "fk" FOREIGN KEY ("a", "b") REFERENCES "p" ("x", "y") ON DELETE CASCADE ON UPDATE SET NULL, CONSTRAINT "c" CHECK (a > b))"#,
            r#"COMMENT ON TABLE "t" IS 'why'"#,
        ]
    );
    let refused = |key: ForeignKey| {
        let table = TableDefinition { foreign_keys: vec![key], ..table.clone() };
        alter(&Full, &SchemaChange::CreateTable(table)).unwrap_err().kind()
    };
    let uneven = ForeignKey { foreign_columns: vec!["x".into()], ..foreign_key() };
    let nowhere = ForeignKey { foreign_table: "".into(), ..foreign_key() };
    let strange = ForeignKey { columns: vec!["a".into(), "z".into()], ..foreign_key() };
    for key in [uneven, nowhere, strange, ForeignKey::default()] {
        assert_eq!(refused(key), ErrorKind::InvalidInput);
    }
}

#[test]
fn views_and_names() {
    let view = |or_replace| {
        let (name, query) = ("v".into(), "SELECT 1".into());
        SchemaChange::CreateView(ViewDefinition { name, query, or_replace })
    };
    assert_eq!(alter(&Full, &view(false)).unwrap(), [r#"CREATE VIEW "v" AS SELECT 1"#]);
    assert_eq!(alter(&Full, &view(true)).unwrap(), [r#"CREATE OR REPLACE VIEW "v" AS SELECT 1"#]);
    let drop = SchemaChange::DropView { view: "v".into(), if_exists: true };
    assert_eq!(alter(&Full, &drop).unwrap(), [r#"DROP VIEW IF EXISTS "v""#]);
    let rename = SchemaChange::RenameTable { from: "a\"".into(), to: "b".into() };
    assert_eq!(alter(&Full, &rename).unwrap(), [r#"ALTER TABLE "a""" RENAME TO "b""#]);
    let long = SchemaChange::RenameTable { from: "a".into(), to: "x".repeat(64).into() };
    let error = alter(&Postgres, &long).unwrap_err();
    assert!(error.to_string().contains("64 bytes; this database takes 63"), "{error}");
}
