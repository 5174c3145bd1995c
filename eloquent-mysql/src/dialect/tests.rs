//! The text of both flavours. That of MySQL is held here only: what runs against a server runs against
//! MariaDB.

use eloquent_core::ErrorKind;
use eloquent_core::schema::{
    ColumnDefault, Generated, Index, IndexPart, SchemaChange, SchemaText, TableChange,
    TableDefinition,
};
use eloquent_core::sql::{Binds, StatementCache, alter};
use eloquent_core::statement::{
    Aggregate, Assignment, ColumnRef, Conflict, ConflictAction, Delete, Expression, Insert, Lock,
    Predicate, Projection, Select, Source, Statement, Update,
};
use eloquent_core::value::Value;

use super::*;

const BOTH: [Flavour; 2] = [Flavour::MySql, Flavour::MariaDb];

fn compile(flavour: Flavour, statement: &Statement) -> Result<String> {
    let dialect = dialect(flavour, UuidForm::Binary);
    let mut binds = Binds::new();
    let compiled = StatementCache::default().compile(dialect, statement, &mut binds)?;
    Ok(compiled.sql().to_owned())
}

#[track_caller]
fn each(statement: impl Into<Statement>) -> [String; 2] {
    let statement = statement.into();
    BOTH.map(|flavour| compile(flavour, &statement).unwrap())
}

#[track_caller]
fn same(statement: Statement, expected: &str) {
    assert_eq!(each(statement), [expected; 2]);
}

fn reference(name: &'static str, ty: ColumnType) -> ColumnRef {
    ColumnRef { source: Source(0), name: name.into(), ty: Some(ty) }
}

fn column(name: &'static str) -> Expression {
    Expression::Column(reference(name, ColumnType::I64))
}

fn integer(value: i64) -> Expression {
    Expression::Value(Value::I64(value))
}

fn select(expressions: Vec<Expression>) -> Select {
    Select::new("items", Projection::Expressions(expressions))
}

fn average(ty: ColumnType) -> Expression {
    let argument = Some(Expression::Column(reference("n", ty)));
    let function = AggregateFunction::Avg;
    Expression::Aggregate(Box::new(Aggregate { function, distinct: false, argument }))
}

fn quotient(ty: ColumnType) -> Expression {
    let left = Box::new(Expression::Column(reference("n", ty)));
    Expression::Arithmetic(left, ArithmeticOperator::Divide, Box::new(integer(2)))
}

#[test]
fn integers_divide_to_integers_and_have_a_mean_in_between() {
    let price = ColumnType::Decimal { precision: 10, scale: 2 };
    let expressions =
        vec![quotient(ColumnType::I64), quotient(price), average(ColumnType::I64), average(price)];
    same(
        Statement::Select(select(expressions)),
        "SELECT (`n` DIV ?), (`n` / ?), AVG(`n` + 0e0), AVG(`n`) FROM `items`",
    );
}

#[test]
fn an_offset_gets_a_limit() {
    let read = Select { offset: Some(5), ..select(vec![column("id")]) };
    same(Statement::Select(read), "SELECT `id` FROM `items` LIMIT 18446744073709551615 OFFSET ?");
    let read = Select { limit: Some(2), offset: Some(5), ..select(vec![column("id")]) };
    same(Statement::Select(read), "SELECT `id` FROM `items` LIMIT ? OFFSET ?");
}

#[test]
fn locks() {
    let locked = |mode, wait| {
        let lock = Some(Lock { mode, wait });
        each(Statement::Select(Select { lock, ..select(vec![column("id")]) }))
    };
    let read = "SELECT `id` FROM `items`";
    assert_eq!(
        locked(LockMode::Update, LockWait::SkipLocked),
        [format!("{read} FOR UPDATE SKIP LOCKED"), format!("{read} FOR UPDATE SKIP LOCKED")]
    );
    assert_eq!(
        locked(LockMode::Share, LockWait::NoWait),
        [format!("{read} FOR SHARE NOWAIT"), format!("{read} LOCK IN SHARE MODE NOWAIT")]
    );
}

fn insert(columns: &[&'static str]) -> Insert {
    Insert {
        table: "items".into(),
        columns: columns.iter().map(|column| (*column).into()).collect(),
        values: columns.iter().map(|_| Value::I64(1)).collect(),
        conflict: None,
        returning: None,
    }
}

#[test]
fn inserts() {
    same(Statement::Insert(insert(&["a", "b"])), "INSERT INTO `items` (`a`, `b`) VALUES (?, ?)");
    same(Statement::Insert(insert(&[])), "INSERT INTO `items` () VALUES ()");
    let returning = Some(Projection::Expressions(vec![column("id")]));
    let statement = Statement::Insert(Insert { returning, ..insert(&["a"]) });
    let error = compile(Flavour::MySql, &statement).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        compile(Flavour::MariaDb, &statement).unwrap(),
        "INSERT INTO `items` (`a`) VALUES (?) RETURNING `id`"
    );
}

#[test]
fn upserts_compare_the_columns_that_were_named() {
    let upsert = |action| {
        let conflict = Some(Conflict { target: vec!["email".into()], action });
        Statement::Insert(Insert { conflict, ..insert(&["email", "n"]) })
    };
    let excluded = Expression::Excluded(reference("n", ColumnType::I64));
    let taken = Assignment { column: reference("n", ColumnType::I64), value: excluded };
    let clash = "(SELECT NULL FROM (SELECT 1 UNION ALL SELECT 2) AS clash)";
    same(
        upsert(ConflictAction::Update(vec![taken])),
        &format!(
            "INSERT INTO `items` (`email`, `n`) VALUES (?, ?) ON DUPLICATE KEY UPDATE `email` = \
             IF(/* by */ `items`.`email` = VALUES(`email`), `items`.`email`, {clash}), `n` = VALUES(`n`)"
        ),
    );
    same(
        upsert(ConflictAction::Ignore),
        &format!(
            "INSERT INTO `items` (`email`, `n`) VALUES (?, ?) ON DUPLICATE KEY UPDATE `email` = \
             IF(/* by */ `items`.`email` = VALUES(`email`), IF((@eloquent_kept := @eloquent_kept + 1) IS \
             NULL, `items`.`email`, `items`.`email`), {clash})"
        ),
    );
}

fn update(assignments: Vec<Assignment>) -> Statement {
    let (table, filter, returning) = ("items".into(), Vec::new(), None);
    Statement::Update(Update { table, assignments, filter, all: true, by_key: false, returning })
}

fn assign(name: &'static str, value: Expression) -> Assignment {
    Assignment { column: reference(name, ColumnType::I64), value }
}

#[test]
fn assignments_read_the_row_as_it_was() {
    let shift = update(vec![assign("a", integer(1)), assign("b", column("a"))]);
    assert_eq!(
        each(shift),
        [
            "UPDATE `items` SET `b` = `a`, `a` = ?",
            // in its mode of simultaneous assignments
            "UPDATE `items` SET `a` = ?, `b` = `a`",
        ]
    );
    let swap = update(vec![assign("a", column("b")), assign("b", column("a"))]);
    let error = compile(Flavour::MySql, &swap).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(compile(Flavour::MariaDb, &swap).is_ok());
}

#[test]
fn rows_of_writes() {
    let returning = || Some(Projection::Expressions(vec![column("id")]));
    let (table, filter) = ("items".into(), Vec::new());
    let delete = Delete { table, filter, all: true, by_key: false, returning: returning() };
    let text = compile(Flavour::MariaDb, &Statement::Delete(delete)).unwrap();
    assert_eq!(text, "DELETE FROM `items` RETURNING `id`");
    let Statement::Update(change) = update(vec![assign("a", integer(1))]) else { return };
    let change = Statement::Update(Update { returning: returning(), ..change });
    for flavour in BOTH {
        let error = compile(flavour, &change).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
}

#[test]
fn lists_have_few_lengths() {
    let marks = |count: usize| {
        let values = (0..count).map(|_| Value::I64(1)).collect();
        let filter = vec![Predicate::In { expression: column("n"), values, negated: false }];
        let [text, _] = each(Statement::Select(Select { filter, ..select(vec![column("id")]) }));
        text.matches('?').count()
    };
    for (count, sent) in [(1, 1), (3, 4), (65, 128), (1000, 1024), (40_000, 65_536 - 25_536)] {
        assert_eq!(marks(count), sent, "{count}");
    }
}

#[test]
fn a_pattern_that_ends_in_its_escape_finds_nothing() {
    let dialect = dialect(Flavour::MySql, UuidForm::Binary);
    assert_eq!(dialect.like_pattern("a%"), None);
    assert_eq!(dialect.like_pattern(r"a\\"), None);
    assert_eq!(dialect.like_pattern(r"a\\\").as_deref(), pattern_of_nothing("\\").as_deref());
}

#[test]
fn transactions() {
    let begin = |depth, isolation, read_only| {
        let mut options = TransactionOptions::default();
        (options.isolation, options.read_only) = (isolation, read_only);
        dialect(Flavour::MySql, UuidForm::Binary).begin(depth, options).unwrap()
    };
    assert_eq!(begin(0, None, false), "START TRANSACTION");
    assert_eq!(
        begin(0, Some(Isolation::ReadCommitted), true),
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION READ ONLY"
    );
    assert_eq!(begin(2, None, false), "SAVEPOINT eloquent_2");
}

fn table() -> TableDefinition {
    let column = |name, ty| Column::new(name, ty);
    TableDefinition {
        name: "items".into(),
        columns: vec![
            column("id", ColumnType::I64).auto_increment(),
            column("token", ColumnType::Uuid),
            column("name", ColumnType::String { length: 50 }).unique(),
            column("essay", ColumnType::String { length: 20_000 }),
            column("price", ColumnType::Decimal { precision: 10, scale: 2 }).nullable(true),
            column("any", ColumnType::Decimal { precision: 0, scale: 0 }),
            column("active", ColumnType::Bool),
            column("small", ColumnType::U8),
            column("at", ColumnType::Timestamp),
            column("clock", ColumnType::Time),
            column("extra", ColumnType::Json),
            column("body", ColumnType::Bytes),
        ],
        key: vec!["id".into()],
        indexes: Vec::new(),
        if_not_exists: true,
        ..Default::default()
    }
}

#[test]
fn tables() {
    let created = |flavour, uuid| {
        alter(dialect(flavour, uuid), &SchemaChange::CreateTable(table())).unwrap().remove(0)
    };
    let body = "CREATE TABLE IF NOT EXISTS `items` (`id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY \
                KEY, `token` BINARY(16) NOT NULL, `name` VARCHAR(50) NOT NULL UNIQUE, `essay` \
                LONGTEXT NOT NULL CHECK (CHAR_LENGTH(`essay`) <= 20000), `price` DECIMAL(10, 2), \
                `any` DECIMAL(57, 28) NOT NULL, `active` TINYINT(1) NOT NULL CHECK (`active` IN \
                (0, 1)), `small` TINYINT UNSIGNED NOT NULL, `at` DATETIME(6) NOT NULL, `clock` \
                TIME(6) NOT NULL, `extra` LONGTEXT NOT NULL, `body` LONGBLOB NOT NULL) \
                ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE ";
    for flavour in BOTH {
        assert_eq!(created(flavour, UuidForm::Binary), format!("{body}{}", flavour.collation()));
        let text = created(flavour, UuidForm::Text);
        assert!(text.contains("`token` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL"));
    }
}

#[test]
fn indexes() {
    let index = Index {
        name: "i".into(),
        table: "items".into(),
        columns: vec!["a".into(), "b".into()],
        unique: true,
        if_not_exists: true,
        ..Default::default()
    };
    let drop = SchemaChange::DropIndex { table: "items".into(), name: "i".into(), if_exists: true };
    let texts = |change: SchemaChange| {
        BOTH.map(|flavour| alter(dialect(flavour, UuidForm::Binary), &change).unwrap().remove(0))
    };
    assert_eq!(
        texts(SchemaChange::CreateIndex(index)),
        [
            "/* if needed */ CREATE UNIQUE INDEX `i` ON `items` (`a`, `b`)",
            "CREATE UNIQUE INDEX IF NOT EXISTS `i` ON `items` (`a`, `b`)",
        ]
    );
    assert_eq!(
        texts(drop),
        ["/* if needed */ DROP INDEX `i` ON `items`", "DROP INDEX IF EXISTS `i` ON `items`",]
    );
}

#[test]
fn what_no_column_holds_is_refused() {
    let refused = |column: Column| {
        dialect(Flavour::MySql, UuidForm::Binary).column_type(&column).unwrap_err().kind()
    };
    let invalid = ErrorKind::InvalidInput;
    assert_eq!(refused(Column::new("a", ColumnType::Text).unique()), invalid);
    assert_eq!(refused(Column::new("a", ColumnType::Text).index()), invalid);
    let wide = ColumnType::Decimal { precision: 70, scale: 2 };
    assert_eq!(refused(Column::new("a", wide)), invalid);
    assert_eq!(refused(Column::new("a", ColumnType::ObjectId)), ErrorKind::Unsupported);
}

fn changed(flavour: Flavour, changes: Vec<TableChange>) -> Result<Vec<String>> {
    let change = SchemaChange::AlterTable { table: "t".into(), changes };
    alter(dialect(flavour, UuidForm::Binary), &change)
}

#[test]
fn changes_to_tables() {
    let mut status = Column::new("e", ColumnType::String { length: 4 });
    status.one_of = vec!["x".into(), "it's".into()];
    (status.comment, status.default) =
        (Some("a \\ b".into()), Some(ColumnDefault::Value(Value::Text("x".into()))));
    let mut text = Column::new("s", ColumnType::Text);
    text.default = Some(ColumnDefault::Value(Value::Text("y".into())));
    let mut at = Column::new("at", ColumnType::Timestamp);
    (at.precision, at.default) = (Some(3), Some(ColumnDefault::Now));
    let mut virtual_column = Column::new("v", ColumnType::I64);
    virtual_column.generated = Some(Generated { expression: "a + 1".into(), stored: false });
    let changes = || {
        vec![
            TableChange::AddColumn(status.clone()),
            TableChange::AlterColumn(text.clone()),
            TableChange::AddColumn(at.clone()),
            TableChange::AddColumn(virtual_column.clone()),
            TableChange::DropForeignKey("fk".into()),
            TableChange::DropCheck("c".into()),
            TableChange::DropKey,
            TableChange::RenameIndex { from: "i".into(), to: "j".into() },
            TableChange::SetComment(Some("why".into())),
        ]
    };
    for flavour in BOTH {
        let check = if flavour == Flavour::MariaDb { "CONSTRAINT" } else { "CHECK" };
        assert_eq!(
            changed(flavour, changes()).unwrap(),
            [
                r"ALTER TABLE `t` ADD COLUMN `e` ENUM('x', 'it''s') NOT NULL DEFAULT 'x' COMMENT 'a \\ b'",
                "ALTER TABLE `t` MODIFY COLUMN `s` LONGTEXT NOT NULL DEFAULT ('y')",
                "ALTER TABLE `t` ADD COLUMN `at` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)",
                "ALTER TABLE `t` ADD COLUMN `v` BIGINT GENERATED ALWAYS AS (a + 1) VIRTUAL",
                "ALTER TABLE `t` DROP FOREIGN KEY `fk`",
                &format!("ALTER TABLE `t` DROP {check} `c`"),
                "ALTER TABLE `t` DROP PRIMARY KEY",
                "ALTER TABLE `t` RENAME INDEX `i` TO `j`",
                "ALTER TABLE `t` COMMENT = 'why'",
            ]
        );
    }
}

#[test]
fn what_the_servers_lack_is_refused_with_a_way_out() {
    let index = |part: IndexPart, filter: Option<SchemaText>| {
        let (name, table, columns) = ("i".into(), "t".into(), vec![part]);
        let index = Index { name, table, columns, filter, ..Index::default() };
        TableChange::AddIndex(index)
    };
    let key = |on_delete, deferred| {
        let columns = vec!["a".into()];
        TableChange::AddForeignKey(ForeignKey {
            name: "fk".into(),
            foreign_columns: columns.clone(),
            columns,
            foreign_table: "p".into(),
            on_delete,
            deferred,
            ..ForeignKey::default()
        })
    };
    let lower = || IndexPart::Expression("lower(a)".into());
    let changes = || {
        [
            index("a".into(), Some("a > 1".into())),
            key(ForeignAction::SetDefault, false),
            key(ForeignAction::Cascade, true),
            index(lower(), None),
        ]
    };
    for (number, change) in changes().into_iter().enumerate() {
        for flavour in BOTH {
            let outcome = changed(flavour, vec![change.clone()]);
            if number == 3 && flavour == Flavour::MySql {
                assert_eq!(outcome.unwrap(), ["CREATE INDEX `i` ON `t` ((lower(a)))"]);
                continue;
            }
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), error.driver()), (ErrorKind::Unsupported, Some("mysql")));
            assert!(error.hint().is_some(), "{error}");
        }
    }
}
