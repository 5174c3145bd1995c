use super::*;
use crate::value::Mismatch;

#[test]
fn every_comparison() {
    for (operator, text) in [
        (CompareOperator::Equal, r#""a" = ?"#),
        (CompareOperator::NotEqual, r#""a" <> ?"#),
        (CompareOperator::Less, r#""a" < ?"#),
        (CompareOperator::LessOrEqual, r#""a" <= ?"#),
        (CompareOperator::Greater, r#""a" > ?"#),
        (CompareOperator::GreaterOrEqual, r#""a" >= ?"#),
    ] {
        assert_eq!(condition(Predicate::Compare(column("a"), operator, value(1))), text);
    }
}

#[test]
fn null_is_asked_for_not_compared_with() {
    let null = || Expression::Value(Value::Null);
    for (left, operator, right, text) in [
        (column("a"), CompareOperator::Equal, null(), r#""a" IS NULL"#),
        (column("a"), CompareOperator::NotEqual, null(), r#""a" IS NOT NULL"#),
        (null(), CompareOperator::Equal, column("a"), r#""a" IS NULL"#),
        (null(), CompareOperator::Equal, null(), "1 = 1"),
        (null(), CompareOperator::NotEqual, null(), "1 = 0"),
    ] {
        let statement = filtered(Predicate::Compare(left, operator, right));
        let rendered = render(&Plain, &statement).unwrap();
        assert!(rendered.sql.ends_with(text), "{}", rendered.sql);
        assert!(rendered.binds.is_empty());
    }
    let less = Predicate::Compare(column("a"), CompareOperator::Less, null());
    assert!(invalid(&filtered(less)).contains("column `a`"));
    let between =
        Predicate::Between { expression: column("a"), low: value(1), high: null(), negated: false };
    assert!(invalid(&filtered(between)).contains("column `a`"));
    for negated in [false, true] {
        let list = is_in(vec![Value::I64(1), Value::Null], negated);
        assert!(invalid(&filtered(list)).contains("column `id`"));
    }
}

#[test]
fn other_predicates() {
    let expression = || column("a");
    for (predicate, text) in [
        (Predicate::Constant(true), "1 = 1"),
        (Predicate::IsTrue(column("a")), r#""a""#),
        (Predicate::IsNull { expression: expression(), negated: false }, r#""a" IS NULL"#),
        (Predicate::IsNull { expression: expression(), negated: true }, r#""a" IS NOT NULL"#),
        (
            Predicate::Between {
                expression: expression(),
                low: value(1),
                high: value(2),
                negated: true,
            },
            r#""a" NOT BETWEEN ? AND ?"#,
        ),
        (
            Predicate::Like {
                expression: expression(),
                pattern: Value::Text("A%".into()),
                negated: false,
            },
            r#""a" LIKE ? ESCAPE '\'"#,
        ),
        (Predicate::Not(Box::new(equals(column("a"), value(1)))), r#"NOT ("a" = ?)"#),
        (Predicate::Raw(raw("a = ? OR b = '?'").bind(1_i64)), "(a = ? OR b = '?')"),
        (Predicate::Raw(raw("a = 1 -- why")), "(a = 1 -- why\n)"),
        (equals(Expression::Raw(raw("a + 1")), value(1)), "(a + 1) = ?"),
    ] {
        assert_eq!(condition(predicate), text);
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let like = |pattern| Predicate::Like { expression: column("a"), pattern, negated: false };
    assert!(invalid(&filtered(like(Value::I64(1)))).contains("column `a`"));
    assert!(invalid(&filtered(like(Value::Null))).contains("column `a`"));
    invalid(&filtered(Predicate::Raw(raw("a = 1; DROP TABLE users"))));
    invalid(&filtered(Predicate::Raw(raw("a = 1;"))));
    let unstored = Expression::Invalid(Mismatch::because("the key of a map is no text"));
    let error = refused(&filtered(equals(column("a"), unstored)));
    assert_eq!((error.kind(), error.column()), (ErrorKind::Encode, Some("a")));
}

#[test]
fn an_empty_list_holds_nothing() {
    assert_eq!(condition(is_in(vec![], false)), "1 = 0");
    assert_eq!(condition(is_in(vec![], true)), "1 = 1");
    assert_eq!(condition(Predicate::And(vec![])), "1 = 1");
    assert_eq!(condition(Predicate::Or(vec![])), "1 = 0");
}

#[test]
fn lists_are_filled_up_with_their_last_value() {
    let rendered = render(&Plain, &filtered(is_in(integers(1..=5), false))).unwrap();
    assert!(rendered.sql.ends_with(r#""id" IN (?, ?, ?, ?, ?, ?, ?, ?)"#));
    assert_eq!(rendered.binds, integers([1, 2, 3, 4, 5, 5, 5, 5]));
    assert_eq!(condition(is_in(integers([1]), true)), r#""id" NOT IN (?)"#);
    for (count, bound) in [(3, 4), (33, 64), (64, 64), (65, 128), (960, 960), (970, 970)] {
        let rendered = render(&Plain, &filtered(is_in(integers(0..count), false))).unwrap();
        assert_eq!(rendered.binds.len(), bound, "{count}");
    }
}

#[test]
fn long_lists_are_packed_where_the_dialect_can() {
    let statement = filtered(Predicate::And(vec![
        equals(column("a"), value(1)),
        is_in(integers(0..70_000), false),
        equals(column("b"), value(2)),
    ]));
    let rendered = render(&Postgres, &statement).unwrap();
    assert!(
        rendered.sql.ends_with(r#"WHERE "a" = $1 AND "id" IN (SELECT unnest($2)) AND "b" = $3"#)
    );
    assert_eq!(rendered.binds[0], Value::I64(1));
    assert_eq!(rendered.binds[1], Value::Array(integers(0..70_000)));
    assert_eq!(rendered.binds[2], Value::I64(2));
    assert_eq!(rendered.compiled.column_of(1).unwrap(), "id");
    let message = invalid(&statement);
    assert!(message.contains("70002") && message.contains("1000"), "{message}");
}

#[test]
fn and_and_or_are_told_apart() {
    let a = || equals(column("a"), value(1));
    let either = || Predicate::Or(vec![a(), a()]);
    let both = Predicate::And(vec![either(), a(), Predicate::Not(Box::new(either()))]);
    assert_eq!(condition(both), r#"("a" = ? OR "a" = ?) AND "a" = ? AND NOT ("a" = ? OR "a" = ?)"#);
    let single = Predicate::And(vec![a(), Predicate::Or(vec![a()])]);
    assert_eq!(condition(single), r#""a" = ? AND ("a" = ?)"#);
    let select = Select { filter: vec![either(), a()], ..users() };
    let text = sql(&Statement::Select(select));
    assert!(text.ends_with(r#"WHERE ("a" = ? OR "a" = ?) AND "a" = ?"#));
    let select = Select { filter: vec![either()], ..users() };
    assert!(sql(&Statement::Select(select)).ends_with(r#"WHERE "a" = ? OR "a" = ?"#));
}

/// How deep a parser that reads chains from the left gets.
fn depth(text: &str) -> usize {
    let (mut chains, mut deepest) = (vec![0_usize], 0);
    for token in text.split_inclusive([' ', '(', ')']) {
        let length = chains.last_mut().unwrap();
        match token.trim_end() {
            "AND" | "OR" => *length += 1,
            _ if token.ends_with('(') => chains.push(0),
            _ if token.ends_with(')') => {
                chains.pop();
            }
            _ => {}
        }
        deepest = deepest.max(chains.iter().sum::<usize>() + chains.len());
    }
    deepest
}

#[test]
fn long_chains_are_balanced() {
    for count in [50, 51, 1001, 5000] {
        let any = (0..count).map(|_| Predicate::IsTrue(column("a"))).collect();
        let text = condition(Predicate::Or(any));
        assert_eq!(text.matches(r#""a""#).count(), count);
        assert_eq!(text.matches(" OR ").count(), count - 1);
        assert!(depth(&text) < 150, "{count}: {}", depth(&text));
    }
    assert!(!condition(Predicate::Or(vec![Predicate::IsTrue(column("a")); 50])).contains('('));
}

#[test]
fn depth_is_bounded() {
    let nest = |levels: usize| {
        (0..levels).fold(equals(column("a"), value(1)), |inner, level| match level % 3 {
            0 => Predicate::And(vec![inner]),
            1 => Predicate::Not(Box::new(inner)),
            _ => Predicate::IsTrue(Expression::Predicate(Box::new(inner))),
        })
    };
    assert!(render(&Plain, &filtered(nest(200))).is_ok());
    assert!(invalid(&filtered(nest(201))).contains("200 levels"));
    assert!(invalid(&filtered(nest(5000))).contains("200 levels"));
}
