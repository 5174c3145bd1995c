use eloquent_core::schema::{ColumnDefault, Generated, SchemaChange, TableChange, TableDefinition};
use eloquent_core::sql::{Binds, StatementCache, alter};
use eloquent_core::statement::{
    Aggregate, ColumnRef, CompareOperator, Expression, Lock, LockMode, LockWait, Order, Predicate,
    Projection, Select, Source, Statement,
};
use eloquent_core::value::ValueRef;
use eloquent_core::{ErrorKind, Name};

use super::*;

#[track_caller]
fn compile(statement: Statement) -> (String, Vec<Value>) {
    let mut binds = Binds::new();
    let compiled = StatementCache::default().compile(&PgDialect, &statement, &mut binds).unwrap();
    (compiled.sql().to_owned(), binds.values().iter().copied().map(ValueRef::to_owned).collect())
}

fn column(name: &'static str, ty: ColumnType) -> Expression {
    Expression::Column(ColumnRef { source: Source(0), name: name.into(), ty: Some(ty) })
}

fn select(expressions: Vec<Expression>) -> Select {
    Select::new("items", Projection::Expressions(expressions))
}

#[track_caller]
fn expression(expression: Expression) -> String {
    let (text, _) = compile(Statement::Select(select(vec![expression])));
    text.strip_prefix("SELECT ").unwrap().strip_suffix(" FROM \"items\"").unwrap().to_owned()
}

#[track_caller]
fn filtered(predicate: Predicate) -> (String, Vec<Value>) {
    let read = Select { filter: vec![predicate], ..select(vec![column("a", ColumnType::I64)]) };
    let (text, binds) = compile(Statement::Select(read));
    let (_, filter) = text.split_once(" WHERE ").unwrap();
    (filter.to_owned(), binds)
}

fn arithmetic(ty: ColumnType, operator: ArithmeticOperator) -> String {
    let [left, right] = ["a", "b"].map(|name| Box::new(column(name, ty)));
    expression(Expression::Arithmetic(left, operator, right))
}

fn aggregate(function: AggregateFunction, ty: ColumnType) -> String {
    let argument = Some(column("a", ty));
    expression(Expression::Aggregate(Box::new(Aggregate { function, distinct: false, argument })))
}

#[test]
fn integers_stay_integers() {
    use AggregateFunction::{Avg, Max, Sum};
    use ArithmeticOperator::{Add, Divide};
    assert_eq!(arithmetic(ColumnType::I64, Divide), r#"("a" / "b")"#);
    assert_eq!(arithmetic(ColumnType::U64, Divide), r#"div("a", "b")::numeric(20, 0)"#);
    assert_eq!(arithmetic(ColumnType::U8, Add), r#"("a" + "b")::bigint"#);
    assert_eq!(aggregate(Sum, ColumnType::I32), r#"SUM("a")::bigint"#);
    assert_eq!(aggregate(Sum, ColumnType::U64), r#"SUM("a")::numeric(20, 0)"#);
    assert_eq!(aggregate(Avg, ColumnType::I64), r#"AVG("a")::double precision"#);
    assert_eq!(aggregate(Max, ColumnType::I64), r#"MAX("a")"#);
}

#[test]
fn values_that_stand_for_themselves_have_a_type() {
    let value = |value| expression(Expression::Value(value));
    assert_eq!(value(Value::I64(1)), "$1::bigint");
    assert_eq!(value(Value::Text("a".to_owned())), "$1::text");
    assert_eq!(value(Value::Null), "$1");
}

#[test]
fn long_lists_are_one_value() {
    let one_of = |ty, values: Vec<Value>| {
        filtered(Predicate::In { expression: column("a", ty), values, negated: false })
    };
    let (text, binds) = one_of(ColumnType::I64, (0..100).map(Value::I64).collect());
    assert_eq!((text.as_str(), binds.len()), (r#""a" = ANY ($1::bigint[])"#, 1));
    let texts = (0..100).map(|n| Value::Text(n.to_string())).collect();
    let (text, binds) = one_of(ColumnType::Text, texts);
    assert_eq!((text.as_str(), binds.len()), (r#""a" = ANY ($1)"#, 1));
    let (text, binds) = one_of(ColumnType::I64, (0..64).map(Value::I64).collect());
    assert!(text.starts_with(r#""a" IN ($1, $2"#), "{text}");
    assert_eq!(binds.len(), 64);
}

#[test]
fn what_a_column_cannot_hold_is_unequal_to_it() {
    let value = Expression::Value(Value::I64(1 << 40));
    let compare = |ty| {
        let (left, right) = (column("a", ty), value.clone());
        filtered(Predicate::Compare(left, CompareOperator::Equal, right)).0
    };
    assert_eq!(compare(ColumnType::I16), r#""a" = $1::bigint"#);
    assert_eq!(compare(ColumnType::U64), r#""a" = $1::numeric"#);
}

/// An index of a column that is never null serves its order only where nothing is said of nulls.
#[test]
fn nulls_are_spoken_of_where_there_may_be_some() {
    static COLUMNS: [Column; 2] =
        [Column::new("id", ColumnType::I64), Column::new("mark", ColumnType::I64).nullable(true)];
    let order = |projection, names: &[&'static str]| {
        let order = |name: &&'static str| Order {
            expression: column(name, ColumnType::I64),
            descending: *name == "mark",
        };
        let order_by = names.iter().map(order).collect();
        let (text, _) =
            compile(Statement::Select(Select { order_by, ..Select::new("items", projection) }));
        text.split_once(" ORDER BY ").unwrap().1.to_owned()
    };
    let all = Projection::Columns(&COLUMNS);
    assert_eq!(order(all, &["mark", "id"]), r#""mark" DESC NULLS LAST, "id""#);
    let one = Projection::Expressions(vec![column("id", ColumnType::I64)]);
    assert_eq!(order(one, &["id"]), r#""id" NULLS FIRST"#);
}

#[test]
fn locks() {
    let lock = Some(Lock { mode: LockMode::Share, wait: LockWait::SkipLocked });
    let read = Select { lock, ..select(vec![column("a", ColumnType::I64)]) };
    let (text, _) = compile(Statement::Select(read));
    assert_eq!(text, r#"SELECT "a" FROM "items" FOR SHARE SKIP LOCKED"#);
}

#[test]
fn names_are_not_cut_off() {
    let read = |length| {
        let name = Name::from("a".repeat(length));
        let table = Select::new(name, Projection::Expressions(vec![column("a", ColumnType::I64)]));
        let statement = Statement::Select(table);
        let mut binds = Binds::new();
        StatementCache::default().compile(&PgDialect, &statement, &mut binds).map(drop)
    };
    assert!(read(63).is_ok());
    assert_eq!(read(64).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn tables() {
    let columns = [
        Column::new("id", ColumnType::I64).auto_increment(),
        Column::new("small", ColumnType::U8),
        Column::new("big", ColumnType::U64).nullable(true),
        Column::new("price", ColumnType::Decimal { precision: 10, scale: 2 }),
        Column::new("seen", ColumnType::Timestamp),
        Column::new("data", ColumnType::Json),
        Column::new("name", ColumnType::String { length: 9 }),
    ];
    let change = SchemaChange::CreateTable(TableDefinition {
        name: "items".into(),
        columns: columns.into(),
        key: vec!["id".into()],
        indexes: Vec::new(),
        if_not_exists: false,
        ..Default::default()
    });
    let text = alter(&PgDialect, &change).unwrap();
    let expected = [
        r#""id" bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"#,
        r#""small" smallint NOT NULL CHECK ("small" BETWEEN 0 AND 255)"#,
        r#""big" numeric(20, 0) CHECK ("big" BETWEEN 0 AND 18446744073709551615)"#,
        r#""price" numeric(10, 2) NOT NULL"#,
        r#""seen" timestamptz NOT NULL"#,
        r#""data" jsonb NOT NULL"#,
        r#""name" varchar(9) COLLATE "C" NOT NULL"#,
    ];
    assert_eq!(text, [format!("CREATE TABLE \"items\" ({})", expected.join(", "))]);
}

fn changed(changes: Vec<TableChange>) -> Vec<String> {
    alter(&PgDialect, &SchemaChange::AlterTable { table: "t".into(), changes }).unwrap()
}

#[test]
fn columns_are_added_with_all_that_they_have() {
    let mut list = Column::new("l", ColumnType::Array);
    list.element = Some(ColumnType::I32);
    list.default = Some(ColumnDefault::Value(Value::Array(vec![Value::I64(1), Value::I64(2)])));
    let mut text = Column::new("s", ColumnType::String { length: 9 });
    text.collation = Some("de-x-icu".into());
    let mut at = Column::new("at", ColumnType::Timestamp);
    (at.precision, at.default) = (Some(3), Some(ColumnDefault::Now));
    let bytes = ColumnDefault::Value(Value::Bytes(vec![1, 255]));
    let mut body = Column::new("b", ColumnType::Bytes);
    body.default = Some(bytes);
    let mut id = Column::new("id", ColumnType::I64).auto_increment();
    id.identity_always = true;
    let mut status = Column::new("e", ColumnType::String { length: 1 });
    (status.one_of, status.comment) = (vec!["x".into()], Some("why".into()));
    let changes = [list, text, at, body, id, status].map(TableChange::AddColumn);
    assert_eq!(
        changed(changes.into()),
        [
            r#"ALTER TABLE "t" ADD COLUMN "l" integer[] NOT NULL DEFAULT '{1,2}'"#,
            r#"ALTER TABLE "t" ADD COLUMN "s" varchar(9) COLLATE "de-x-icu" NOT NULL"#,
            r#"ALTER TABLE "t" ADD COLUMN "at" timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP"#,
            r#"ALTER TABLE "t" ADD COLUMN "b" bytea NOT NULL DEFAULT '\x01ff'::bytea"#,
            r#"ALTER TABLE "t" ADD COLUMN "id" bigint GENERATED ALWAYS AS IDENTITY"#,
            r#"ALTER TABLE "t" ADD COLUMN "e" varchar(1) COLLATE "C" NOT NULL CHECK ("e" IN ('x'))"#,
            r#"COMMENT ON COLUMN "t"."e" IS 'why'"#,
        ]
    );
}

#[test]
fn what_the_server_lacks_is_refused_with_a_way_out() {
    let mut computed = Column::new("v", ColumnType::I64);
    computed.generated = Some(Generated { expression: "a".into(), stored: false });
    let changes = vec![TableChange::AddColumn(computed)];
    let change = SchemaChange::AlterTable { table: "t".into(), changes };
    let error = alter(&PgDialect, &change).unwrap_err();
    assert_eq!((error.kind(), error.driver()), (ErrorKind::Unsupported, Some("pg")));
    assert!(error.hint().is_some(), "{error}");
    let name = "n".repeat(64);
    let drop = SchemaChange::DropTable { table: name.into(), if_exists: false };
    assert_eq!(alter(&PgDialect, &drop).unwrap_err().kind(), ErrorKind::InvalidInput);
}
