mod decimals;

use eloquent_core::ErrorKind;
use eloquent_core::driver::Isolation;
use eloquent_core::schema::{ColumnDefault, Index, SchemaChange, TableDefinition, ViewDefinition};
use eloquent_core::sql::{Binds, StatementCache, alter};
use eloquent_core::statement::{
    Aggregate, ArithmeticOperator, Assignment, ColumnRef, CompareOperator, Conflict,
    ConflictAction, Expression, Insert, Lock, LockMode, LockWait, Order, Predicate, Projection,
    Select, Source, Statement, Update,
};
use eloquent_core::value::{Decimal, Uuid, ValueRef};
use rusqlite::Connection;

use super::*;

const PRICE: ColumnType = ColumnType::Decimal { precision: 10, scale: 2 };

fn column(name: &'static str, ty: ColumnType) -> Expression {
    Expression::Column(ColumnRef { source: Source(0), name: name.into(), ty: Some(ty) })
}

fn price() -> Expression {
    column("price", PRICE)
}

fn id() -> Expression {
    column("id", ColumnType::I64)
}

fn decimal(text: &str) -> Expression {
    Expression::Value(Value::Decimal(text.parse().unwrap()))
}

fn integer(value: i64) -> Expression {
    Expression::Value(Value::I64(value))
}

fn arithmetic(left: Expression, operator: ArithmeticOperator, right: Expression) -> Expression {
    Expression::Arithmetic(Box::new(left), operator, Box::new(right))
}

fn aggregate(function: AggregateFunction, distinct: bool, argument: Expression) -> Expression {
    let argument = Some(argument);
    Expression::Aggregate(Box::new(Aggregate { function, distinct, argument }))
}

fn compare(left: Expression, operator: CompareOperator, right: Expression) -> Predicate {
    Predicate::Compare(left, operator, right)
}

fn select(expressions: Vec<Expression>) -> Select {
    Select::new("items", Projection::Expressions(expressions))
}

fn by(predicate: Predicate) -> Statement {
    let order_by = vec![Order { expression: id(), descending: false }];
    Statement::Select(Select { filter: vec![predicate], order_by, ..select(vec![id()]) })
}

fn compile(statement: &Statement) -> Result<(String, Vec<rusqlite::types::Value>)> {
    let mut binds = Binds::new();
    let compiled = StatementCache::default().compile(&SqliteDialect, statement, &mut binds)?;
    let own = |value: &ValueRef<'_>| crate::tests::owned(*value);
    let binds = binds.values().iter().map(own).collect();
    Ok((compiled.sql().to_owned(), binds))
}

#[track_caller]
fn sql(statement: &Statement) -> String {
    compile(statement).unwrap().0
}

#[track_caller]
fn condition(predicate: Predicate) -> String {
    let text = sql(&by(predicate));
    let text = text.strip_prefix(r#"SELECT "id" FROM "items" WHERE "#).unwrap();
    text.strip_suffix(r#" ORDER BY "id""#).unwrap().to_owned()
}

fn items() -> TableDefinition {
    TableDefinition {
        name: "items".into(),
        columns: vec![
            Column::new("id", ColumnType::I64).auto_increment(),
            Column::new("price", PRICE).nullable(true),
            Column::new("count", ColumnType::I64),
            Column::new("name", ColumnType::Text).nullable(true),
            Column::new("body", ColumnType::Bytes).nullable(true),
            Column::new("token", ColumnType::Uuid).nullable(true),
        ],
        key: vec!["id".into()],
        indexes: vec![],
        if_not_exists: false,
        ..Default::default()
    }
}

fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    crate::functions::register(&connection).unwrap();
    for sql in alter(&SqliteDialect, &SchemaChange::CreateTable(items())).unwrap() {
        connection.execute_batch(&sql).unwrap();
    }
    connection
}

/// Three items: 9.50, 10 and 10.00, the last two equal as decimals.
fn stocked() -> Connection {
    let connection = database();
    connection
        .execute_batch(
            "INSERT INTO items (id, price, count, name, body, token) VALUES
             (1, '9.50', 3, 'a', x'00ff', '00000000-0000-0000-0000-000000000001'),
             (2, '10', 10, 'it''s', x'01', NULL), (3, '10.00', 7, NULL, NULL, NULL)",
        )
        .unwrap();
    connection
}

#[track_caller]
fn run(connection: &Connection, statement: &Statement) -> Vec<String> {
    let (sql, binds) = compile(statement).unwrap();
    let mut prepared = connection.prepare(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let read = |row: &rusqlite::Row<'_>| {
        Ok(match row.get::<_, rusqlite::types::Value>(0)? {
            rusqlite::types::Value::Null => "null".to_owned(),
            rusqlite::types::Value::Integer(v) => v.to_string(),
            rusqlite::types::Value::Real(v) => format!("{v:?} (real)"),
            rusqlite::types::Value::Text(v) => v,
            rusqlite::types::Value::Blob(v) => format!("{v:?}"),
        })
    };
    let rows = prepared.query_map(rusqlite::params_from_iter(binds), read).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap_or_else(|error| panic!("{sql}: {error}"))
}

#[test]
fn an_offset_needs_a_limit() {
    let page = |limit, offset| Statement::Select(Select { limit, offset, ..select(vec![id()]) });
    assert!(sql(&page(None, Some(1))).ends_with(" LIMIT -1 OFFSET ?"));
    assert!(sql(&page(Some(1), None)).ends_with(" LIMIT ?"));
    let connection = stocked();
    assert_eq!(run(&connection, &page(None, Some(1))), ["2", "3"]);
    assert_eq!(run(&connection, &page(Some(1), Some(1))), ["2"]);
    assert!(run(&connection, &page(Some(0), None)).is_empty());
}

/// A list of more than 64 values that ends in these.
fn long_list(fill: impl Fn(i64) -> Value, values: Vec<Value>) -> Vec<Value> {
    (0..70).map(|number| fill(1_000_000 + number)).chain(values).collect()
}

#[test]
fn long_lists_are_one_bind_of_the_stored_form() {
    let connection = stocked();
    let uuid = |number: i64| Value::Uuid(Uuid::from_u128(number.unsigned_abs().into()));
    let text = |number: i64| Value::Text(number.to_string());
    let bytes = |number: i64| Value::Bytes(number.to_be_bytes().to_vec());
    let number = |number: i64| Value::Decimal(number.into());
    let plain = "(SELECT value FROM json_each(?))";
    let hex = "(SELECT unhex(value) FROM json_each(?))";
    for (expression, values, list, ids) in [
        (id(), long_list(Value::I64, vec![Value::I64(2), Value::I64(3)]), plain, &["2", "3"][..]),
        (
            column("name", ColumnType::Text),
            long_list(text, vec![Value::Text("it's".into()), Value::Text("\"\\é🦀".into())]),
            plain,
            &["2"],
        ),
        (column("token", ColumnType::Uuid), long_list(uuid, vec![uuid(1)]), plain, &["1"]),
        (
            column("body", ColumnType::Bytes),
            long_list(bytes, vec![Value::Bytes(vec![0, 255])]),
            hex,
            &["1"],
        ),
        (price(), long_list(number, vec![number(10)]), plain, &["2", "3"]),
    ] {
        let statement = by(Predicate::In { expression, values, negated: false });
        let (sql, binds) = compile(&statement).unwrap();
        assert!(sql.contains(&format!("IN {list}")) && binds.len() == 1, "{sql}");
        assert_eq!(run(&connection, &statement), ids, "{sql}");
    }
}

#[test]
fn lists_without_an_exact_form_are_bound_one_by_one() {
    let nul = long_list(|number| Value::Text(number.to_string()), vec![Value::Text("a\0b".into())]);
    let floats = (0..70_u8).map(|number| Value::F64(number.into())).collect();
    let mixed = long_list(Value::I64, vec![Value::Text("1".into())]);
    for values in [nul, floats, mixed] {
        let statement = by(Predicate::In {
            expression: column("name", ColumnType::Text),
            values,
            negated: true,
        });
        let (sql, binds) = compile(&statement).unwrap();
        assert!(!sql.contains("json_each"));
        assert_eq!(binds.len(), 128);
        assert!(run(&stocked(), &statement).len() > 1);
    }
    let values = (0..40_000).map(|number| Value::F64(number.into())).collect();
    let error =
        compile(&by(Predicate::In { expression: id(), values, negated: false })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("32766"), "{error}");
}

#[test]
fn a_deep_condition_stays_within_the_depth_of_sqlite() {
    let one = || compare(id(), CompareOperator::Equal, integer(1));
    let any = Predicate::Or(vec![one(); 5000]);
    assert_eq!(run(&stocked(), &by(any)), ["1"]);
    let nested = (0..190).fold(one(), |inner, _| Predicate::Or(vec![Predicate::And(vec![inner])]));
    assert!(compile(&by(nested)).is_err());
    let nested = (0..190).fold(one(), |inner, _| Predicate::And(vec![inner, one()]));
    assert_eq!(run(&stocked(), &by(nested)), ["1"]);
}

#[test]
fn upserts_run() {
    let connection = stocked();
    let target = |name: &'static str| ColumnRef {
        source: Source(0),
        name: name.into(),
        ty: Some(ColumnType::I64),
    };
    let value = arithmetic(
        column("count", ColumnType::I64),
        ArithmeticOperator::Add,
        Expression::Excluded(target("count")),
    );
    let insert = |action| {
        Statement::Insert(Insert {
            table: "items".into(),
            columns: vec!["id".into(), "count".into()],
            values: vec![Value::I64(1), Value::I64(4), Value::I64(9), Value::I64(5)],
            conflict: Some(Conflict { target: vec!["id".into()], action }),
            returning: Some(Projection::Expressions(vec![column("count", ColumnType::I64)])),
        })
    };
    let update = vec![Assignment { column: target("count"), value }];
    let upsert = insert(ConflictAction::Update(update));
    assert!(sql(&upsert).contains(
        r#"DO UPDATE SET "count" = eloquent_add("items"."count", excluded."count") RETURNING"#
    ));
    assert_eq!(run(&connection, &upsert), ["7", "5"]);
    assert!(run(&connection, &insert(ConflictAction::Ignore)).is_empty());
}

#[test]
fn row_locks_are_refused() {
    let lock = Some(Lock { mode: LockMode::Update, wait: LockWait::Wait });
    let error = compile(&Statement::Select(Select { lock, ..select(vec![id()]) })).unwrap_err();
    assert_eq!((error.kind(), error.driver()), (ErrorKind::Unsupported, Some("sqlite")));
}

#[test]
fn transactions() {
    let mut options = TransactionOptions::default();
    assert_eq!(SqliteDialect.begin(0, options).unwrap(), "BEGIN IMMEDIATE");
    assert_eq!(SqliteDialect.begin(1, options).unwrap(), "SAVEPOINT eloquent_1");
    for isolation in [Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable]
    {
        options.isolation = Some(isolation);
        assert_eq!(SqliteDialect.begin(0, options).unwrap(), "BEGIN IMMEDIATE");
    }
    options.read_only = true;
    assert_eq!(SqliteDialect.begin(0, options).unwrap(), "BEGIN DEFERRED");
    let connection = database();
    for sql in [
        SqliteDialect.begin(0, TransactionOptions::default()).unwrap(),
        SqliteDialect.begin(1, TransactionOptions::default()).unwrap(),
        SqliteDialect.rollback(1),
        SqliteDialect.begin(1, TransactionOptions::default()).unwrap(),
        SqliteDialect.commit(1),
        SqliteDialect.commit(0),
    ] {
        connection.execute_batch(&sql).unwrap();
    }
    assert!(connection.is_autocommit());
}

#[test]
fn tables_are_strict_and_checked() {
    let nullable = |name, ty| Column::new(name, ty).nullable(true);
    let definition = TableDefinition {
        name: "t".into(),
        columns: vec![
            Column::new("id", ColumnType::U32).auto_increment(),
            Column::new("a", ColumnType::Bool),
            nullable("b", ColumnType::I8),
            nullable("c", ColumnType::U64),
            nullable("d", ColumnType::F32),
            nullable("e", ColumnType::String { length: 3 }),
            nullable("f", PRICE),
            nullable("g", ColumnType::Json),
            nullable("h", ColumnType::Bytes),
            Column::new("i", ColumnType::Uuid).unique(),
            nullable("j", ColumnType::Timestamp).index(),
        ],
        key: vec!["id".into()],
        indexes: vec![Index {
            name: "pair".into(),
            table: "t".into(),
            columns: vec!["a".into(), "b".into()],
            unique: false,
            if_not_exists: true,
            ..Default::default()
        }],
        if_not_exists: true,
        ..Default::default()
    };
    let statements = alter(&SqliteDialect, &SchemaChange::CreateTable(definition)).unwrap();
    assert_eq!(
        statements,
        [
            "CREATE TABLE IF NOT EXISTS \"t\" (\
             \"id\" INTEGER PRIMARY KEY CHECK (\"id\" BETWEEN 0 AND 4294967295), \
             \"a\" INTEGER NOT NULL CHECK (\"a\" IN (0, 1)), \
             \"b\" INTEGER CHECK (\"b\" BETWEEN -128 AND 127), \
             \"c\" INTEGER CHECK (\"c\" >= 0), \"d\" REAL, \
             \"e\" TEXT CHECK (length(\"e\") <= 3), \
             \"f\" TEXT CHECK (length(ltrim(CASE instr(\"f\", '.') WHEN 0 THEN \"f\" \
             ELSE substr(\"f\", 1, instr(\"f\", '.') - 1) END, '-0')) <= 8 \
             AND CASE instr(\"f\", '.') WHEN 0 THEN 0 ELSE length(\"f\") - instr(\"f\", '.') END <= 2), \
             \"g\" TEXT CHECK (json_valid(\"g\")), \"h\" BLOB, \
             \"i\" TEXT NOT NULL UNIQUE, \"j\" TEXT) STRICT",
            "CREATE INDEX IF NOT EXISTS \"idx_t_j\" ON \"t\" (\"j\")",
            "CREATE INDEX IF NOT EXISTS \"pair\" ON \"t\" (\"a\", \"b\")",
        ]
    );
    // Without the functions of this crate, as another program would open the file.
    let connection = Connection::open_in_memory().unwrap();
    for sql in statements.iter().chain(&statements) {
        connection.execute_batch(sql).unwrap();
    }
    connection.execute_batch("INSERT INTO t (a, i) VALUES (1, 'x')").unwrap();
    for (column, value, fits) in [
        ("b", "127", true),
        ("b", "128", false),
        ("b", "'x'", false),
        ("c", "-1", false),
        ("e", "'äöü'", true),
        ("e", "'abcd'", false),
        ("f", "'1.10'", true),
        ("g", "'{}'", true),
        ("g", "'{'", false),
        ("a", "2", false),
        ("id", "-1", false),
    ] {
        let done = connection.execute_batch(&format!("UPDATE t SET {column} = {value}"));
        assert_eq!(done.is_ok(), fits, "{column} = {value}: {done:?}");
    }
}

#[test]
fn only_the_whole_key_is_numbered() {
    let numbered = Column::new("b", ColumnType::I64).auto_increment();
    let definition = TableDefinition {
        name: "t".into(),
        columns: vec![Column::new("a", ColumnType::I64), numbered],
        key: vec!["a".into(), "b".into()],
        indexes: vec![],
        if_not_exists: false,
        ..Default::default()
    };
    let error = alter(&SqliteDialect, &SchemaChange::CreateTable(definition)).unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::InvalidInput, Some("b")));
}

#[test]
fn plans_are_explained() {
    let text = SqliteDialect.explain("SELECT 1").unwrap();
    assert_eq!(text, "EXPLAIN QUERY PLAN SELECT 1");
    database().prepare(&text).unwrap();
}

#[test]
fn defaults_are_in_the_form_that_is_kept() {
    let with = |ty, default| {
        let mut column = Column::new("a", ty);
        column.default = Some(default);
        let (name, columns) = ("t".into(), vec![column]);
        let table = TableDefinition { name, columns, ..TableDefinition::default() };
        let sql = alter(&SqliteDialect, &SchemaChange::CreateTable(table)).unwrap().remove(0);
        let (_, default) = sql.split_once(" DEFAULT ").unwrap();
        let default = default.strip_suffix(") STRICT").unwrap();
        default.split(" CHECK ").next().unwrap().to_owned()
    };
    let value = ColumnDefault::Value;
    assert_eq!(with(ColumnType::Bool, value(Value::Bool(true))), "1");
    assert_eq!(with(PRICE, value(Value::Decimal("1.50".parse().unwrap()))), "'1.5'");
    assert_eq!(with(PRICE, value(Value::I64(3))), "'3'");
    assert_eq!(with(ColumnType::Text, value(Value::Text("it's".into()))), "'it''s'");
    let now = "(rtrim(rtrim(strftime('%Y-%m-%d %H:%M:%f', 'now'), '0'), '.'))";
    assert_eq!(with(ColumnType::Timestamp, ColumnDefault::Now), now);
}

#[test]
fn a_replaced_view_is_dropped_first() {
    let (name, query) = ("v".into(), "SELECT 1".into());
    let view = SchemaChange::CreateView(ViewDefinition { name, query, or_replace: true });
    let expected = [r#"DROP VIEW IF EXISTS "v""#, r#"CREATE VIEW "v" AS SELECT 1"#];
    assert_eq!(alter(&SqliteDialect, &view).unwrap(), expected);
}
