use super::dialects::{Forgetful, Minimal};
use super::*;
use crate::sql::Cost;
use crate::statement::{
    ArithmeticOperator, Assignment, Conflict, ConflictAction, Delete, Insert, Update,
};

fn insert(columns: &[&'static str], values: Vec<Value>) -> Insert {
    Insert {
        table: "users".into(),
        columns: columns.iter().map(|name| Name::Borrowed(*name)).collect(),
        values,
        conflict: None,
        returning: None,
    }
}

fn upsert(target: &[&'static str], action: ConflictAction) -> Statement {
    let target = target.iter().map(|name| Name::Borrowed(*name)).collect();
    let conflict = Some(Conflict { target, action });
    Statement::Insert(Insert { conflict, ..insert(&["id", "hits"], integers([1, 2])) })
}

fn set(name: &'static str, value: Expression) -> Assignment {
    Assignment { column: reference(name, None), value }
}

fn update(assignments: Vec<Assignment>, filter: Vec<Predicate>) -> Update {
    Update {
        table: "users".into(),
        assignments,
        filter,
        all: false,
        by_key: false,
        returning: None,
    }
}

fn delete(filter: Vec<Predicate>) -> Delete {
    Delete { table: "users".into(), filter, all: false, by_key: false, returning: None }
}

fn add(left: Expression, right: Expression) -> Expression {
    Expression::Arithmetic(Box::new(left), ArithmeticOperator::Add, Box::new(right))
}

#[test]
fn inserts() {
    let statement = Statement::Insert(Insert {
        returning: Some(Projection::Columns(&USERS)),
        ..insert(&["id", "name"], integers(1..=6))
    });
    let rendered = render(&Postgres, &statement).unwrap();
    assert_eq!(
        rendered.sql,
        "INSERT INTO \"users\" (\"id\", \"name\") VALUES ($1, $2), ($3, $4), ($5, $6) \
         RETURNING \"id\", \"name\""
    );
    assert_eq!(rendered.binds, integers(1..=6));
    let column = |bind| rendered.compiled.column_of(bind).map(|name| name.as_ref());
    assert_eq!(
        [column(0), column(1), column(4), column(6)],
        [Some("id"), Some("name"), Some("id"), None]
    );
    let defaults = Statement::Insert(insert(&[], vec![]));
    assert_eq!(sql(&defaults), r#"INSERT INTO "users" DEFAULT VALUES"#);
}

#[test]
fn inserts_that_make_no_sense_are_refused() {
    for (columns, values) in [
        (&["id", "name"][..], integers(1..=3)),
        (&["id"], vec![]),
        (&[], integers([1])),
        (&["id", "ID"], integers(1..=2)),
        (&[""], integers([1])),
    ] {
        invalid(&Statement::Insert(insert(columns, values)));
    }
    let message = invalid(&Statement::Insert(insert(&["a", "b", "a"], integers(1..=3))));
    assert!(message.contains("column `a`"), "{message}");
}

#[test]
fn upserts() {
    assert_eq!(
        sql(&upsert(&["id"], ConflictAction::Ignore)),
        r#"INSERT INTO "users" ("id", "hits") VALUES (?, ?) ON CONFLICT ("id") DO NOTHING"#
    );
    let excluded = Expression::Excluded(reference("name", None));
    let action = ConflictAction::Update(vec![
        set("name", excluded),
        set("hits", add(column("hits"), value(3))),
    ]);
    let rendered = render(&Plain, &upsert(&["id", "org"], action)).unwrap();
    assert_eq!(
        rendered.sql,
        "INSERT INTO \"users\" (\"id\", \"hits\") VALUES (?, ?) ON CONFLICT (\"id\", \"org\") \
         DO UPDATE SET \"name\" = excluded.\"name\", \"hits\" = (\"users\".\"hits\" + ?)"
    );
    assert_eq!(rendered.binds, integers(1..=3));
    assert_eq!(rendered.compiled.column_of(2).unwrap(), "hits");
}

#[test]
fn upserts_that_make_no_sense_are_refused() {
    invalid(&upsert(&[], ConflictAction::Ignore));
    invalid(&upsert(&["id", "id"], ConflictAction::Ignore));
    invalid(&upsert(&["id"], ConflictAction::Update(vec![])));
    let conflict = Conflict { target: vec!["id".into()], action: ConflictAction::Ignore };
    let defaults = Insert { conflict: Some(conflict), ..insert(&[], vec![]) };
    invalid(&Statement::Insert(defaults));
    let elsewhere = set("hits", column_of(1, "hits"));
    invalid(&upsert(&["id"], ConflictAction::Update(vec![elsewhere])));
}

#[test]
fn updates() {
    let hits = add(typed("hits", ColumnType::I64), value(1));
    let null = Expression::Value(Value::Null);
    let statement = Statement::Update(Update {
        returning: Some(Projection::Expressions(vec![column("hits")])),
        ..update(
            vec![set("hits", hits), set("name", null)],
            vec![equals(column("id"), value(2)), equals(column("org"), value(3))],
        )
    });
    let rendered = render(&Plain, &statement).unwrap();
    assert_eq!(
        rendered.sql,
        "UPDATE \"users\" SET \"hits\" = (\"hits\" + ?), \"name\" = ? \
         WHERE \"id\" = ? AND \"org\" = ? RETURNING \"hits\""
    );
    assert_eq!(rendered.binds, [Value::I64(1), Value::Null, Value::I64(2), Value::I64(3)]);
    let columns: Vec<_> =
        (0..4).map(|bind| rendered.compiled.column_of(bind).unwrap().as_ref()).collect();
    assert_eq!(columns, ["hits", "name", "id", "org"]);
}

#[test]
fn assignments_that_make_no_sense_are_refused() {
    let filter = || vec![equals(column("id"), value(1))];
    invalid(&Statement::Update(update(vec![], filter())));
    let twice = vec![set("a", value(1)), set("A", value(2))];
    assert!(invalid(&Statement::Update(update(twice, filter()))).contains("column `A`"));
    let mut foreign = set("a", value(1));
    foreign.column.source = Source(1);
    assert!(invalid(&Statement::Update(update(vec![foreign], filter()))).contains("column `a`"));
}

#[test]
fn deletes() {
    let statement = Statement::Delete(delete(vec![equals(column("id"), value(1))]));
    assert_eq!(sql(&statement), r#"DELETE FROM "users" WHERE "id" = ?"#);
    let all = Statement::Delete(Delete { all: true, ..delete(vec![]) });
    assert_eq!(sql(&all), r#"DELETE FROM "users""#);
}

#[test]
fn a_write_of_every_row_has_to_say_so() {
    let always = || {
        vec![
            vec![],
            vec![Predicate::And(vec![])],
            vec![is_in(vec![], true), Predicate::Constant(true)],
            vec![Predicate::Not(Box::new(Predicate::Or(vec![])))],
        ]
    };
    for filter in always() {
        let deletes = Statement::Delete(Delete { by_key: true, ..delete(filter.clone()) });
        let updates = Statement::Update(update(vec![set("a", value(1))], filter));
        for (statement, remedy) in [(deletes, "delete_all"), (updates, "update_all")] {
            let error = refused(&statement);
            assert_eq!(error.kind(), ErrorKind::UnboundedWrite);
            assert_eq!(error.table(), Some("users"));
            assert!(error.to_string().contains(remedy));
        }
    }
    for filter in always() {
        sql(&Statement::Update(Update { all: true, ..update(vec![set("a", value(1))], filter) }));
    }
}

#[test]
fn lacking_abilities_are_told() {
    let returning = Some(Projection::Columns(&USERS));
    let upsert = upsert(&["id"], ConflictAction::Ignore);
    let filter = vec![equals(column("id"), value(1))];
    for statement in [
        upsert,
        Statement::Insert(Insert {
            returning: returning.clone(),
            ..insert(&["id"], integers([1]))
        }),
        Statement::Delete(Delete { returning, ..delete(filter) }),
    ] {
        let error = render(&Minimal, &statement).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn short_writes_are_known() {
    let cost = |statement| render(&Plain, &statement).unwrap().compiled.cost();
    let filter = || vec![equals(column("id"), value(1))];
    assert_eq!(cost(Statement::Insert(insert(&["id"], integers(0..100)))), Cost::BoundedWrite);
    assert_eq!(cost(Statement::Insert(insert(&["id"], integers(0..101)))), Cost::Unknown);
    assert_eq!(cost(Statement::Delete(delete(filter()))), Cost::Unknown);
    let by_key = Delete { by_key: true, ..delete(filter()) };
    assert_eq!(cost(Statement::Delete(by_key)), Cost::BoundedWrite);
    let raw = Predicate::Raw(raw("slow(id)"));
    let by_key = Delete { by_key: true, ..delete(vec![raw]) };
    assert_eq!(cost(Statement::Delete(by_key)), Cost::Unknown);
}

#[test]
fn text_that_asks_for_other_binds_than_there_are_is_not_sent() {
    let error =
        render(&Forgetful, &Statement::Insert(insert(&["id"], integers([1])))).err().unwrap();
    assert!(error.to_string().contains("disagree"), "{error}");
}

#[test]
fn raw_statements() {
    let raw = raw("SELECT '?', a ?? b FROM t WHERE c = ? AND d = ?::int; -- done");
    let statement = Statement::Raw(raw.bind(1_i64).bind("x".to_owned()));
    let rendered = render(&Postgres, &statement).unwrap();
    assert_eq!(rendered.sql, "SELECT '?', a ? b FROM t WHERE c = $1 AND d = $2::int");
    assert_eq!(rendered.binds, [Value::I64(1), Value::Text("x".into())]);
    assert_eq!(rendered.compiled.cost(), Cost::Unknown);
    assert!(rendered.compiled.table().is_none());
    invalid(&Statement::Raw(RawSql::new("  -- nothing")));
    invalid(&Statement::Raw(RawSql::new("SELECT ?")));
}

#[test]
fn transactions() {
    use crate::driver::{Isolation, TransactionOptions};
    let mut options = TransactionOptions::default();
    assert_eq!(Plain.begin(0, options).unwrap(), "BEGIN");
    options.isolation = Some(Isolation::Serializable);
    options.read_only = true;
    assert_eq!(Plain.begin(0, options).unwrap(), "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY");
    assert_eq!(Plain.begin(2, options).unwrap(), "SAVEPOINT eloquent_2");
    assert_eq!(
        (Plain.commit(0), Plain.commit(2)),
        ("COMMIT".into(), "RELEASE SAVEPOINT eloquent_2".into())
    );
    assert_eq!(Plain.rollback(0), "ROLLBACK");
    assert_eq!(Plain.rollback(1), "ROLLBACK TO SAVEPOINT eloquent_1; RELEASE SAVEPOINT eloquent_1");
    for depth in 0..2 {
        let error = Minimal.begin(depth, TransactionOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
