use std::sync::Arc;

use super::*;
use crate::statement::{Assignment, Insert, Order, Update};
use crate::value::Decimal;

fn compile(cache: &StatementCache, statement: &Statement) -> Arc<Compiled> {
    let mut binds = Binds::new();
    cache.compile(&Plain, statement, &mut binds).unwrap()
}

fn shares(left: &Statement, right: &Statement) -> bool {
    let cache = StatementCache::default();
    let (left, right) = (compile(&cache, left), compile(&cache, right));
    let shared = Arc::ptr_eq(&left, &right);
    assert_eq!(shared, left.sql() == right.sql(), "{} | {}", left.sql(), right.sql());
    shared
}

fn text(value: &str) -> Expression {
    Expression::Value(Value::Text(value.into()))
}

#[test]
fn values_do_not_matter() {
    let by_id = |id| filtered(equals(column("id"), value(id)));
    assert!(shares(&by_id(1), &by_id(2)));
    let by_name = |name| filtered(equals(column("name"), text(name)));
    assert!(shares(&by_name("a"), &by_name("b")));
    let limited = |limit| Statement::Select(Select { limit: Some(limit), ..users() });
    assert!(shares(&limited(1), &limited(100)));
    let set = |value| {
        let column = reference("name", None);
        Statement::Update(Update {
            table: "users".into(),
            assignments: vec![Assignment { column, value: Expression::Value(value) }],
            filter: vec![equals(super::column("id"), super::value(1))],
            all: false,
            by_key: true,
            returning: None,
        })
    };
    assert!(shares(&set(Value::Null), &set(Value::Text("a".into()))));
}

#[test]
fn lists_share_by_bucket() {
    let list = |count| filtered(is_in(integers(0..count), false));
    assert!(shares(&list(5), &list(8)));
    assert!(shares(&list(65), &list(128)));
    for (left, right) in [(4, 5), (8, 9), (64, 65), (128, 129), (0, 1)] {
        assert!(!shares(&list(left), &list(right)), "{left} {right}");
    }
    assert!(!shares(&list(3), &filtered(is_in(integers(0..3), true))));
}

#[test]
fn what_changes_the_text_matters() {
    let rows = |count| {
        Statement::Insert(Insert {
            table: "users".into(),
            columns: vec!["a".into(), "b".into()],
            values: integers(0..count),
            conflict: None,
            returning: None,
        })
    };
    assert!(shares(&rows(2), &rows(2)));
    assert!(!shares(&rows(2), &rows(4)));
    let null = Expression::Value(Value::Null);
    let by = |left: Expression, right: Expression| filtered(equals(left, right));
    assert!(!shares(&by(column("a"), null), &by(column("a"), value(1))));
    assert!(!shares(&by(column("a"), value(1)), &by(value(1), column("a"))));
    let select = |select: Select| Statement::Select(select);
    let order = |descending| {
        select(Select { order_by: vec![Order { expression: column("a"), descending }], ..users() })
    };
    assert!(!shares(&order(true), &order(false)));
    assert!(!shares(
        &select(Select { limit: Some(1), ..users() }),
        &select(Select { offset: Some(1), ..users() })
    ));
    let group = |name: &'static str| select(Select { group_by: vec![column(name)], ..users() });
    assert!(!shares(&group("a"), &order(false)));
    assert!(!shares(&group("a"), &group("b")));
    let one = filtered(Predicate::And(vec![equals(column("a"), value(1)); 2]));
    let other = filtered(Predicate::Or(vec![equals(column("a"), value(1)); 2]));
    assert!(!shares(&one, &other));
}

/// Names that would run into each other if their lengths were not part of the shape.
#[test]
fn names_do_not_run_into_each_other() {
    let grouped = |names: &[&'static str]| {
        let group_by = names.iter().map(|name| column(*name)).collect();
        Statement::Select(Select { group_by, ..users() })
    };
    let long = "x".repeat(300);
    assert!(!shares(&grouped(&["ab", "c"]), &grouped(&["a", "bc"])));
    let by = |name: &str| filtered(equals(column(name.to_owned()), value(1)));
    let cache = StatementCache::default();
    let statement = by(&long);
    let mut binds = Binds::new();
    // Longer than names may be: what matters is that nothing is mixed up on the way to the error.
    assert!(cache.compile(&Plain, &statement, &mut binds).is_err());
    assert!(cache.is_empty());
}

/// The text depends on whether a bound value is a decimal (the dialect compares by it).
#[test]
fn the_kind_of_a_value_matters_where_the_text_may_depend_on_it() {
    let cache = StatementCache::default();
    let decimal = Expression::Value(Value::Decimal(Decimal::ONE));
    let of = |value: Expression| compile(&cache, &filtered(equals(column("a"), value)));
    assert!(!Arc::ptr_eq(&of(decimal.clone()), &of(value(1))));
    assert!(Arc::ptr_eq(&of(decimal.clone()), &of(decimal)));
    assert!(Arc::ptr_eq(&of(text("a")), &of(text("b"))));
    assert!(!Arc::ptr_eq(&of(text("a")), &of(Expression::Value(Value::Bool(true)))));
}

#[test]
fn two_projections_of_equal_length_are_told_apart() {
    static OTHER: [Column; 2] =
        [Column::new("id", ColumnType::I64), Column::new("mail", ColumnType::Text)];
    let other = Statement::Select(Select::new("users", Projection::Columns(&OTHER)));
    assert!(!shares(&Statement::Select(users()), &other));
    let less = Statement::Select(Select::new("users", Projection::Columns(&USERS[..1])));
    assert!(!shares(&Statement::Select(users()), &less));
}

#[test]
fn the_binds_of_a_hit_are_those_of_its_own_statement() {
    let cache = StatementCache::default();
    for id in 0..3 {
        let statement = filtered(equals(column("id"), value(id)));
        let mut binds = Binds::new();
        cache.compile(&Plain, &statement, &mut binds).unwrap();
        assert_eq!(ValueRef::to_owned(binds.values()[0]), Value::I64(id));
        assert_eq!((binds.len(), cache.len()), (1, 1));
    }
}

#[test]
fn the_cache_is_bounded_and_keeps_what_is_used() {
    let cache = StatementCache::with_capacity(8);
    let by = |name: String| filtered(equals(column(name), value(1)));
    let kept = compile(&cache, &by("kept".into()));
    for number in 0..100 {
        compile(&cache, &by(format!("c{number}")));
        assert!(Arc::ptr_eq(&kept, &compile(&cache, &by("kept".into()))), "{number}");
        assert!(cache.len() <= 8);
    }
}

#[test]
fn huge_shapes_are_not_kept() {
    let cache = StatementCache::default();
    let text: String = format!("SELECT '{}'", "x".repeat(20_000));
    let statement = Statement::Raw(RawSql::trusted(text));
    let compiled = compile(&cache, &statement);
    assert_eq!(compiled.sql().len(), 20_009);
    assert!(cache.is_empty());
}

#[test]
fn errors_are_not_kept() {
    let cache = StatementCache::default();
    let statement = filtered(equals(column_of(3, "id"), value(1)));
    for _ in 0..2 {
        assert!(cache.compile(&Plain, &statement, &mut Binds::new()).is_err());
    }
    assert!(cache.is_empty());
}

#[test]
fn threads_share_one_statement() {
    let cache = StatementCache::default();
    let statement = filtered(equals(column("id"), value(1)));
    let all: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| compile(&cache, &statement))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(all.iter().all(|one| Arc::ptr_eq(one, &all[0])));
}
