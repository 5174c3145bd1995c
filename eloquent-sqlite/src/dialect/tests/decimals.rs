use super::*;

#[test]
fn decimals_compare_by_value() {
    let connection = stocked();
    use CompareOperator::{Equal, Greater, Less};
    for (predicate, text, ids) in [
        (
            compare(price(), Equal, decimal("10.0")),
            r#""price" COLLATE eloquent_decimal = ?"#,
            &["2", "3"][..],
        ),
        (compare(price(), Less, integer(10)), r#""price" COLLATE eloquent_decimal < ?"#, &["1"]),
        (
            compare(decimal("9.6"), Less, price()),
            r#"CAST(? AS TEXT) COLLATE eloquent_decimal < "price""#,
            &["2", "3"],
        ),
        (
            compare(price(), Greater, column("count", ColumnType::I64)),
            r#""price" COLLATE eloquent_decimal > CAST("count" AS TEXT)"#,
            &["1", "3"],
        ),
        (
            compare(
                arithmetic(price(), ArithmeticOperator::Multiply, integer(2)),
                Greater,
                integer(19),
            ),
            r#"CAST(eloquent_mul("price", ?) AS TEXT) COLLATE eloquent_decimal > ?"#,
            &["2", "3"],
        ),
        (
            Predicate::Between {
                expression: price(),
                low: decimal("9"),
                high: decimal("9.5"),
                negated: false,
            },
            r#""price" COLLATE eloquent_decimal BETWEEN ? AND ?"#,
            &["1"],
        ),
        (
            Predicate::In {
                expression: price(),
                values: vec![Value::Decimal(Decimal::TEN), Value::Decimal(Decimal::ONE)],
                negated: false,
            },
            r#""price" COLLATE eloquent_decimal IN (?, ?)"#,
            &["2", "3"],
        ),
    ] {
        assert_eq!(condition(predicate.clone()), text);
        assert_eq!(run(&connection, &by(predicate)), ids, "{text}");
    }
}

#[test]
fn decimals_order_group_and_are_told_apart_by_value() {
    let connection = stocked();
    let ordered = Select {
        order_by: vec![Order { expression: price(), descending: true }],
        limit: Some(2),
        ..select(vec![id()])
    };
    assert_eq!(
        sql(&Statement::Select(ordered.clone())),
        r#"SELECT "id" FROM "items" ORDER BY "price" COLLATE eloquent_decimal DESC LIMIT ?"#
    );
    assert_eq!(run(&connection, &Statement::Select(ordered)), ["2", "3"]);
    let distinct = Statement::Select(Select { distinct: true, ..select(vec![price()]) });
    assert_eq!(
        sql(&distinct),
        r#"SELECT DISTINCT "price" COLLATE eloquent_decimal AS "price" FROM "items""#
    );
    assert_eq!(run(&connection, &distinct), ["9.50", "10"]);
    let count = Expression::Aggregate(Box::new(Aggregate {
        function: AggregateFunction::Count,
        distinct: false,
        argument: None,
    }));
    let grouped = Statement::Select(Select { group_by: vec![price()], ..select(vec![count]) });
    assert_eq!(
        sql(&grouped),
        r#"SELECT COUNT(*) FROM "items" GROUP BY "price" COLLATE eloquent_decimal"#
    );
    assert_eq!(run(&connection, &grouped), ["1", "2"]);
}

#[test]
fn aggregates_are_exact() {
    use AggregateFunction::{Avg, Count, Max, Min, Sum};
    let connection = stocked();
    let count = || column("count", ColumnType::I64);
    for (expression, text, result) in [
        (aggregate(Sum, false, price()), r#"eloquent_decimal_sum("price")"#, "29.5"),
        (
            aggregate(Sum, true, price()),
            r#"eloquent_decimal_sum(DISTINCT "price" COLLATE eloquent_decimal)"#,
            "19.5",
        ),
        (
            aggregate(Avg, false, price()),
            r#"eloquent_decimal_avg("price")"#,
            "9.833333333333333333333333333",
        ),
        (aggregate(Max, false, price()), r#"MAX("price" COLLATE eloquent_decimal)"#, "10"),
        (aggregate(Min, false, price()), r#"MIN("price" COLLATE eloquent_decimal)"#, "9.50"),
        (
            aggregate(Count, true, price()),
            r#"COUNT(DISTINCT "price" COLLATE eloquent_decimal)"#,
            "2",
        ),
        (aggregate(Sum, false, count()), r#"SUM("count")"#, "20"),
        (aggregate(Avg, false, count()), r#"AVG("count")"#, "6.666666666666667 (real)"),
    ] {
        let statement = Statement::Select(select(vec![expression]));
        assert_eq!(sql(&statement), format!(r#"SELECT {text} FROM "items""#));
        assert_eq!(run(&connection, &statement), [result], "{text}");
    }
}

#[test]
fn arithmetic_is_exact_unless_it_is_floating() {
    let half = || Expression::Value(Value::F64(0.5));
    let count = || column("count", ColumnType::I64);
    for (left, operator, right, text) in [
        (price(), ArithmeticOperator::Add, decimal("1"), r#"eloquent_add("price", ?)"#),
        (count(), ArithmeticOperator::Subtract, integer(1), r#"eloquent_sub("count", ?)"#),
        (count(), ArithmeticOperator::Multiply, price(), r#"eloquent_mul("count", "price")"#),
        (count(), ArithmeticOperator::Divide, integer(2), r#"eloquent_div("count", ?)"#),
        (count(), ArithmeticOperator::Multiply, half(), r#"("count" * ?)"#),
        (
            column("rate", ColumnType::F64),
            ArithmeticOperator::Add,
            count(),
            r#"("rate" + "count")"#,
        ),
    ] {
        let statement = Statement::Select(select(vec![arithmetic(left, operator, right)]));
        assert_eq!(sql(&statement), format!(r#"SELECT {text} FROM "items""#));
    }
    let connection = stocked();
    let value = arithmetic(price(), ArithmeticOperator::Add, decimal("0.1"));
    let target = ColumnRef { source: Source(0), name: "price".into(), ty: Some(PRICE) };
    let update = Statement::Update(Update {
        table: "items".into(),
        assignments: vec![Assignment { column: target, value }],
        filter: vec![compare(id(), CompareOperator::Equal, integer(1))],
        all: false,
        by_key: true,
        returning: Some(Projection::Expressions(vec![price()])),
    });
    assert_eq!(
        sql(&update),
        r#"UPDATE "items" SET "price" = eloquent_add("price", ?) WHERE "id" = ? RETURNING "price""#
    );
    assert_eq!(run(&connection, &update), ["9.6"]);
}
