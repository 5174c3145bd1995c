use super::dialects::{Minimal, OffsetFirst};
use super::*;
use crate::sql::Cost;
use crate::statement::{
    Aggregate, AggregateFunction, ArithmeticOperator, From, Join, JoinKind, Lock, LockMode,
    LockWait, Order,
};

fn aggregate(function: AggregateFunction, argument: Option<Expression>) -> Expression {
    Expression::Aggregate(Box::new(Aggregate { function, distinct: false, argument }))
}

fn expressions(list: Vec<Expression>) -> Select {
    Select::new("users", Projection::Expressions(list))
}

fn join(kind: JoinKind, table: &'static str, source: u16, on: Option<Predicate>) -> Join {
    Join { kind, table: table.into(), source: Source(source), on }
}

fn posts(source: u16) -> Join {
    let on = equals(column_of(source, "author_id"), column("id"));
    join(JoinKind::Left, "posts", source, Some(on))
}

fn cost(select: Select) -> Cost {
    render(&Plain, &Statement::Select(select)).unwrap().compiled.cost()
}

#[test]
fn a_table_alone_is_not_qualified() {
    let statement = filtered(equals(column("id"), value(7)));
    let rendered = render(&Plain, &statement).unwrap();
    assert_eq!(rendered.sql, r#"SELECT "id", "name" FROM "users" WHERE "id" = ?"#);
    assert_eq!(rendered.binds, [Value::I64(7)]);
    assert_eq!(rendered.compiled.column_of(0).unwrap(), "id");
    assert_eq!(rendered.compiled.table().unwrap(), "users");
    let pg = render(&Postgres, &statement).unwrap().sql;
    assert_eq!(pg, r#"SELECT "id", "name" FROM "users" WHERE "id" = $1"#);
}

#[test]
fn all_clauses_stand_in_the_order_of_sql() {
    let count = aggregate(AggregateFunction::Count, None);
    let select = Select {
        distinct: true,
        filter: vec![equals(column("active"), value(1)), equals(column("kind"), value(2))],
        group_by: vec![column("name")],
        having: vec![Predicate::Compare(count.clone(), CompareOperator::Greater, value(3))],
        order_by: vec![
            Order { expression: count.clone(), descending: true },
            Order { expression: column("name"), descending: false },
        ],
        limit: Some(10),
        offset: Some(20),
        lock: Some(Lock { mode: LockMode::Update, wait: LockWait::SkipLocked }),
        ..expressions(vec![column("name"), count])
    };
    let rendered = render(&Postgres, &Statement::Select(select)).unwrap();
    assert_eq!(
        rendered.sql,
        "SELECT DISTINCT \"name\", COUNT(*) FROM \"users\" WHERE \"active\" = $1 AND \"kind\" = $2 \
         GROUP BY \"name\" HAVING COUNT(*) > $3 ORDER BY COUNT(*) DESC, \"name\" LIMIT $4 OFFSET $5 \
         FOR UPDATE SKIP LOCKED"
    );
    assert_eq!(rendered.binds, integers([1, 2, 3, 10, 20]));
}

#[test]
fn joined_tables_qualify_and_repeated_ones_are_numbered() {
    let select = Select {
        joins: vec![posts(1), posts(2)],
        filter: vec![equals(column_of(2, "id"), value(1))],
        ..users()
    };
    assert_eq!(
        sql(&Statement::Select(select)),
        "SELECT \"users\".\"id\", \"users\".\"name\" FROM \"users\" \
         LEFT JOIN \"posts\" ON \"posts\".\"author_id\" = \"users\".\"id\" \
         LEFT JOIN \"posts\" AS \"posts_2\" ON \"posts_2\".\"author_id\" = \"users\".\"id\" \
         WHERE \"posts_2\".\"id\" = ?"
    );
}

#[test]
fn a_number_never_takes_the_name_of_another_table() {
    let cross = |table, source| join(JoinKind::Cross, table, source, None);
    let joins = vec![cross("USERS", 1), cross("users_2", 2), cross("users", 3)];
    let text = sql(&Statement::Select(Select { joins, ..users() }));
    assert!(text.ends_with(
        "FROM \"users\" CROSS JOIN \"USERS\" AS \"USERS_3\" CROSS JOIN \"users_2\" \
         CROSS JOIN \"users\" AS \"users_4\""
    ));
    let long = "t".repeat(63);
    let select = Select {
        from: From::Table { name: long.clone().into(), source: Source(0) },
        joins: vec![Join {
            kind: JoinKind::Cross,
            table: long.clone().into(),
            source: Source(1),
            on: None,
        }],
        ..users()
    };
    let text = render(&Postgres, &Statement::Select(select)).unwrap().sql;
    let (_, alias) = text.rsplit_once(" AS ").unwrap();
    assert!(alias.len() == 65 && !alias.contains(&long), "{alias}");
}

#[test]
fn every_kind_of_join() {
    let on = || Some(equals(column_of(1, "a"), column("b")));
    for (kind, on, text) in [
        (JoinKind::Inner, on(), r#" INNER JOIN "t" ON "t"."a" = "users"."b""#),
        (JoinKind::Left, on(), r#" LEFT JOIN "t" ON "t"."a" = "users"."b""#),
        (JoinKind::Right, on(), r#" RIGHT JOIN "t" ON "t"."a" = "users"."b""#),
        (JoinKind::Cross, None, r#" CROSS JOIN "t""#),
    ] {
        let select = Select { joins: vec![join(kind, "t", 1, on)], ..users() };
        assert!(sql(&Statement::Select(select)).ends_with(text), "{text}");
    }
    for (kind, on) in [(JoinKind::Cross, on()), (JoinKind::Inner, None)] {
        let select = Select { joins: vec![join(kind, "t", 1, on)], ..users() };
        assert!(invalid(&Statement::Select(select)).contains("`t`"));
    }
}

#[test]
fn a_select_from_a_select() {
    let inner = Select { filter: vec![equals(column("age"), value(1))], limit: Some(2), ..users() };
    let select = Select {
        from: From::Select { select: Box::new(inner), source: Source(0) },
        filter: vec![equals(column("id"), value(3))],
        ..expressions(vec![aggregate(AggregateFunction::Count, None)])
    };
    let rendered = render(&Postgres, &Statement::Select(select)).unwrap();
    assert_eq!(
        rendered.sql,
        "SELECT COUNT(*) FROM (SELECT \"id\", \"name\" FROM \"users\" WHERE \"age\" = $1 LIMIT $2) \
         AS \"users\" WHERE \"id\" = $3"
    );
    assert_eq!(rendered.binds, integers([1, 2, 3]));
}

#[test]
fn aggregates_and_arithmetic() {
    let sum = Expression::Aggregate(Box::new(Aggregate {
        function: AggregateFunction::Sum,
        distinct: true,
        argument: Some(Expression::Arithmetic(
            Box::new(column("a")),
            ArithmeticOperator::Multiply,
            Box::new(Expression::Arithmetic(
                Box::new(value(2)),
                ArithmeticOperator::Subtract,
                Box::new(Expression::Raw(raw("b % ?").bind(3_i64))),
            )),
        )),
    }));
    let average = aggregate(AggregateFunction::Avg, Some(Expression::Raw(raw("c"))));
    let truth = Expression::Predicate(Box::new(equals(column("a"), value(4))));
    let rendered =
        render(&Plain, &Statement::Select(expressions(vec![sum, average, truth]))).unwrap();
    assert_eq!(
        rendered.sql,
        r#"SELECT SUM(DISTINCT ("a" * (? - (b % ?)))), AVG(c), ("a" = ?) FROM "users""#
    );
    assert_eq!(rendered.binds, integers([2, 3, 4]));
    assert_eq!(rendered.compiled.column_of(0).unwrap(), "a");
    let min = aggregate(AggregateFunction::Min, None);
    invalid(&Statement::Select(expressions(vec![min])));
}

#[test]
fn limit_and_offset_are_bound_each_alone() {
    for (limit, offset, text) in [
        (Some(0), None, " LIMIT ?"),
        (None, Some(5), " OFFSET ?"),
        (Some(i64::MAX.unsigned_abs()), Some(0), " LIMIT ? OFFSET ?"),
    ] {
        let statement = Statement::Select(Select { limit, offset, ..users() });
        let rendered = render(&Plain, &statement).unwrap();
        assert_eq!(rendered.sql, format!(r#"SELECT "id", "name" FROM "users"{text}"#));
    }
    let statement = Statement::Select(Select { limit: Some(u64::MAX), ..users() });
    assert!(invalid(&statement).contains("limit"));
    let statement = Statement::Select(Select { offset: Some(1 << 63), ..users() });
    assert!(invalid(&statement).contains("offset"));
}

#[test]
fn binds_follow_the_order_of_the_text() {
    let statement = Statement::Select(Select {
        filter: vec![equals(column("id"), value(1))],
        limit: Some(10),
        offset: Some(20),
        ..users()
    });
    let rendered = render(&OffsetFirst, &statement).unwrap();
    assert!(rendered.sql.ends_with("\"id\" = ? OFFSET ? ROWS FETCH NEXT ? ROWS ONLY"));
    assert_eq!(rendered.binds, integers([1, 20, 10]));
    assert_eq!(rendered.compiled.column_of(0).unwrap(), "id");
    assert!(rendered.compiled.column_of(1).is_none());
}

#[test]
fn locks() {
    for (mode, wait, text) in [
        (LockMode::Update, LockWait::Wait, " FOR UPDATE"),
        (LockMode::Share, LockWait::NoWait, " FOR SHARE NOWAIT"),
    ] {
        let statement = Statement::Select(Select { lock: Some(Lock { mode, wait }), ..users() });
        assert!(sql(&statement).ends_with(text));
    }
}

#[test]
fn raw_terms_are_left_as_they_are() {
    let select = Select {
        group_by: vec![Expression::Raw(raw("year(a)"))],
        order_by: vec![Order {
            expression: Expression::Raw(raw("a = ? -- x").bind(1_i64)),
            descending: true,
        }],
        ..expressions(vec![Expression::Raw(raw("users.*"))])
    };
    assert_eq!(
        sql(&Statement::Select(select)),
        "SELECT users.* FROM \"users\" GROUP BY year(a) ORDER BY a = ? -- x\n DESC"
    );
}

#[test]
fn what_is_not_in_the_statement_is_refused() {
    let message = invalid(&filtered(equals(column_of(1, "title"), value(1))));
    assert!(message.contains("`title`") && message.contains("`users`"), "{message}");
    let excluded = Expression::Excluded(reference("name", None));
    assert!(invalid(&filtered(equals(excluded, value(1)))).contains("`name`"));
    let select = Select { joins: vec![posts(0)], ..users() };
    invalid(&Statement::Select(select));
    invalid(&Statement::Select(expressions(vec![])));
    invalid(&Statement::Select(Select::new("users", Projection::Columns(&[]))));
}

#[test]
fn a_select_inside_does_not_see_the_tables_around() {
    let inner = Select { filter: vec![equals(column_of(1, "id"), value(1))], ..users() };
    let select = Select {
        from: From::Select { select: Box::new(inner), source: Source(0) },
        joins: vec![posts(1)],
        ..users()
    };
    invalid(&Statement::Select(select));
}

#[test]
fn lacking_abilities_are_told_before_anything_else() {
    let lock = Some(Lock { mode: LockMode::Update, wait: LockWait::Wait });
    for select in [Select { joins: vec![posts(1)], ..users() }, Select { lock, ..users() }] {
        let error = render(&Minimal, &Statement::Select(select)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!((error.driver(), error.table()), (Some("minimal"), Some("users")));
    }
}

#[test]
fn the_cost_is_judged_by_the_form() {
    let count = || vec![aggregate(AggregateFunction::Count, None)];
    let filter = vec![equals(column("id"), value(1))];
    assert_eq!(cost(users()), Cost::Read);
    assert_eq!(cost(expressions(count())), Cost::Scan);
    assert_eq!(cost(Select { limit: Some(1), ..expressions(count()) }), Cost::Scan);
    let all = vec![Predicate::And(vec![])];
    assert_eq!(cost(Select { filter: all, ..expressions(count()) }), Cost::Scan);
    assert_eq!(cost(Select { filter: filter.clone(), ..expressions(count()) }), Cost::Read);
    let inner = From::Select { select: Box::new(expressions(count())), source: Source(0) };
    assert_eq!(cost(Select { from: inner, filter, ..users() }), Cost::Scan);
    let raw = vec![Expression::Raw(raw("sleep(1)"))];
    assert_eq!(cost(expressions(raw)), Cost::Unknown);
    let lock = Some(Lock { mode: LockMode::Update, wait: LockWait::Wait });
    assert_eq!(cost(Select { lock, ..users() }), Cost::Unknown);
}
