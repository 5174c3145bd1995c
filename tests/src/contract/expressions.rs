//! What is computed: arithmetic, aggregates, raw text.

use eloquent_core::driver::Session;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{
    Aggregate, AggregateFunction, ArithmeticOperator, ColumnRef, CompareOperator, Expression,
    Predicate, Projection, RawSql, Select,
};
use eloquent_core::value::{ColumnValue, Decimal, NaiveDate, Value};
use eloquent_core::{ErrorKind, Name, Result};

use super::{Contract, col, execute, insert, query, select, value};
use crate::case::{Outcome, Stop, cases, or_lacking};

cases![Contract:
    columns_are_compared, exact_arithmetic[RELATIONAL], an_overflow_is_an_error[RELATIONAL],
    division_by_zero_is_no_number[RELATIONAL], aggregates_over_rows, aggregates_over_nothing,
    distinct_aggregates, a_sum_is_exact, least_and_greatest, predicates_as_values[RELATIONAL],
    raw_text_binds[RELATIONAL], raw_text_is_checked[RELATIONAL], raw_text_writes[RELATIONAL],
    raw_text_is_answered_or_refused[DOCUMENT],
];

const PRICE: ColumnType = ColumnType::Decimal { precision: 20, scale: 4 };
const COLUMNS: &[Column] = &[
    Column::new("id", ColumnType::I64),
    Column::new("a", ColumnType::I64).nullable(true),
    Column::new("b", ColumnType::I64).nullable(true),
    Column::new("price", PRICE).nullable(true),
    Column::new("ratio", ColumnType::F64).nullable(true),
    Column::new("day", ColumnType::Date).nullable(true),
    Column::new("name", ColumnType::Text).nullable(true),
];

fn number(name: &'static str) -> ColumnRef {
    col(name, ColumnType::I64)
}

fn price() -> ColumnRef {
    col("price", PRICE)
}

async fn sums(cx: &Contract, session: &mut dyn Session) -> Result<Name> {
    let table = cx.table(session, COLUMNS).await?;
    let row = |id, a, b, cents, ratio, day| {
        let day = NaiveDate::from_ymd_opt(2024, 1, day).expect("a date");
        [
            Value::I64(id),
            Value::I64(a),
            Value::I64(b),
            Value::Decimal(Decimal::new(cents, 2)),
            Value::F64(ratio),
            Value::Date(day),
            Value::Text(format!("name {}", id % 2)),
        ]
    };
    let mut rows = vec![
        row(1, 7, 2, 10, 0.5, 9),
        row(2, 10, 10, 20, 1.5, 10),
        row(3, -7, 2, 1_000, 4.0, 11),
        row(4, 7, 0, 900, 0.0, 2),
    ];
    rows.push([5, 0, 0, 0, 0, 0, 0].map(|id| if id == 0 { Value::Null } else { Value::I64(id) }));
    let columns = ["id", "a", "b", "price", "ratio", "day", "name"];
    execute(session, insert(&table, columns, rows)).await?;
    Ok(table)
}

async fn computed<T: ColumnValue>(
    session: &mut dyn Session,
    table: &Name,
    id: i64,
    expression: Expression,
) -> Result<T> {
    let mut read = Select::new(table.clone(), Projection::Expressions(vec![expression]));
    read.filter = vec![super::equal(number("id"), id)];
    query(session, read).await?.scalar()
}

fn arithmetic(left: ColumnRef, operator: ArithmeticOperator, right: Expression) -> Expression {
    Expression::Arithmetic(Box::new(Expression::Column(left)), operator, Box::new(right))
}

async fn columns_are_compared(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = sums(&cx, session).await?;
    let mut read = select(&table, &[number("id")]);
    let (a, b) = (Expression::Column(number("a")), Expression::Column(number("b")));
    read.filter = vec![Predicate::Compare(a, CompareOperator::Equal, b)];
    assert_eq!(or_lacking(query(session, read).await)?.column::<i64>(0)?, [2]);
    Ok(())
}

async fn exact_arithmetic(cx: Contract) -> Outcome {
    use ArithmeticOperator::{Add, Divide, Multiply, Subtract};
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = sums(&cx, session).await?;
    let b = || Expression::Column(number("b"));
    for (operator, expected) in [(Add, 9), (Subtract, 5), (Multiply, 14), (Divide, 3)] {
        let expression = arithmetic(number("a"), operator, b());
        let result: i64 = computed(session, &table, 1, expression).await?;
        assert_eq!(result, expected, "7 {operator:?} 2");
    }
    let divided: i64 = computed(session, &table, 3, arithmetic(number("a"), Divide, b())).await?;
    assert_eq!(divided, -3, "toward zero");
    let tenths = value(Decimal::new(2, 1));
    let sum: Decimal = computed(session, &table, 1, arithmetic(price(), Add, tenths)).await?;
    assert_eq!(sum, Decimal::new(3, 1), "0.1 + 0.2 in decimals");
    let half = arithmetic(col("ratio", ColumnType::F64), Divide, value(4.0));
    assert_eq!(computed::<f64>(session, &table, 1, half).await?, 0.125);
    let null = arithmetic(number("a"), Add, value(1_i64));
    assert_eq!(computed::<Option<i64>>(session, &table, 5, null).await?, None);
    Ok(())
}

/// Not a wrapped number, and not a rounded one.
async fn an_overflow_is_an_error(cx: Contract) -> Outcome {
    use ArithmeticOperator::{Add, Multiply, Subtract};
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = sums(&cx, session).await?;
    for (operator, operand) in [(Add, i64::MAX), (Subtract, i64::MIN), (Multiply, i64::MAX)] {
        let expression = arithmetic(number("a"), operator, value(operand));
        let outcome = computed::<i64>(session, &table, 1, expression).await;
        assert!(outcome.is_err(), "7 {operator:?} {operand} is {outcome:?}");
    }
    let columns = [Column::new("id", ColumnType::I64), Column::new("n", ColumnType::I64)];
    let large = cx.table(session, &columns).await?;
    let rows = [[1, i64::MAX], [2, 1]].map(|row| row.map(Value::I64));
    execute(session, insert(&large, ["id", "n"], rows)).await?;
    let sum = aggregate(AggregateFunction::Sum, number("n"));
    let read = Select::new(large, Projection::Expressions(vec![sum]));
    let outcome = query(session, read).await.and_then(|rows| rows.scalar::<i64>());
    assert!(outcome.is_err(), "the sum is {outcome:?}");
    Ok(())
}

async fn division_by_zero_is_no_number(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = sums(&cx, session).await?;
    let by_zero =
        || arithmetic(number("a"), ArithmeticOperator::Divide, Expression::Column(number("b")));
    if let Ok(result) = computed::<Option<i64>>(session, &table, 4, by_zero()).await {
        assert_eq!(result, None);
    }
    Ok(())
}

fn aggregate(function: AggregateFunction, of: ColumnRef) -> Expression {
    let argument = Some(Expression::Column(of));
    Expression::Aggregate(Box::new(Aggregate { function, distinct: false, argument }))
}

async fn aggregated<T: ColumnValue>(
    session: &mut dyn Session,
    table: &Name,
    filter: Vec<Predicate>,
    aggregate: Expression,
) -> Result<T, Stop> {
    let mut read = Select::new(table.clone(), Projection::Expressions(vec![aggregate]));
    read.filter = filter;
    Ok(or_lacking(query(session, read).await)?.scalar()?)
}

async fn aggregates_over_rows(cx: Contract) -> Outcome {
    use AggregateFunction::{Avg, Count, Sum};
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = sums(&cx, session).await?;
    let rows = Aggregate { function: Count, distinct: false, argument: None };
    let rows = Expression::Aggregate(Box::new(rows));
    assert_eq!(aggregated::<i64>(session, &table, vec![], rows).await?, 5);
    let values = aggregate(Count, number("a"));
    assert_eq!(aggregated::<i64>(session, &table, vec![], values).await?, 4);
    assert_eq!(aggregated::<i64>(session, &table, vec![], aggregate(Sum, number("a"))).await?, 17);
    let mean = aggregate(Avg, number("a"));
    assert_eq!(aggregated::<f64>(session, &table, vec![], mean).await?, 4.25);
    let mean = aggregate(Avg, col("ratio", ColumnType::F64));
    assert_eq!(aggregated::<f64>(session, &table, vec![], mean).await?, 1.5);
    Ok(())
}

async fn aggregates_over_nothing(cx: Contract) -> Outcome {
    use AggregateFunction::{Avg, Count, Max, Min, Sum};
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = sums(&cx, session).await?;
    let none = || vec![super::equal(number("id"), 99_i64)];
    let count = aggregate(Count, number("a"));
    assert_eq!(aggregated::<i64>(session, &table, none(), count).await?, 0);
    for function in [Sum, Avg, Min, Max] {
        let empty: Option<f64> =
            aggregated(session, &table, none(), aggregate(function, number("a"))).await?;
        assert_eq!(empty, None, "{function:?}");
    }
    Ok(())
}

async fn distinct_aggregates(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = sums(&cx, session).await?;
    let distinct = |function| {
        let argument = Some(Expression::Column(number("a")));
        Expression::Aggregate(Box::new(Aggregate { function, distinct: true, argument }))
    };
    let count = distinct(AggregateFunction::Count);
    assert_eq!(aggregated::<i64>(session, &table, vec![], count).await?, 3);
    let sum = distinct(AggregateFunction::Sum);
    assert_eq!(aggregated::<i64>(session, &table, vec![], sum).await?, 10);
    Ok(())
}

async fn a_sum_is_exact(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = sums(&cx, session).await?;
    let sum = aggregate(AggregateFunction::Sum, price());
    let sum: Decimal = aggregated(session, &table, vec![], sum).await?;
    assert_eq!(sum, Decimal::new(1_930, 2));
    Ok(())
}

/// By value: as text, 900.00 would be the greatest price and the 9th the last day.
async fn least_and_greatest(cx: Contract) -> Outcome {
    use AggregateFunction::{Max, Min};
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = sums(&cx, session).await?;
    let most: Decimal = aggregated(session, &table, vec![], aggregate(Max, price())).await?;
    let least: Decimal = aggregated(session, &table, vec![], aggregate(Min, price())).await?;
    assert_eq!((least, most), (Decimal::new(1, 1), Decimal::new(10, 0)));
    let day = || col("day", ColumnType::Date);
    let last: NaiveDate = aggregated(session, &table, vec![], aggregate(Max, day())).await?;
    assert_eq!(Some(last), NaiveDate::from_ymd_opt(2024, 1, 11));
    let least: i64 = aggregated(session, &table, vec![], aggregate(Min, number("a"))).await?;
    assert_eq!(least, -7);
    Ok(())
}

async fn predicates_as_values(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = sums(&cx, session).await?;
    let is_seven = || Expression::Predicate(Box::new(super::equal(number("a"), 7_i64)));
    assert!(computed::<bool>(session, &table, 1, is_seven()).await?);
    assert!(!computed::<bool>(session, &table, 2, is_seven()).await?);
    assert_eq!(computed::<Option<bool>>(session, &table, 5, is_seven()).await?, None);
    Ok(())
}

async fn raw_text_binds(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = sums(&cx, session).await?;
    let text = format!("SELECT id, '?' FROM {table} WHERE a = ? AND b < ? -- why?\n ORDER BY id");
    let rows = query(session, RawSql::trusted(text).bind(7_i64).bind(2_i64)).await?;
    assert_eq!(rows.pairs::<i64, String>()?, [(4, "?".to_owned())]);
    let mut read = select(&table, &[number("id")]);
    read.filter = vec![Predicate::Raw(RawSql::new("a + b > ?").bind(10_i64))];
    assert_eq!(query(session, read).await?.column::<i64>(0)?, [2]);
    let text = RawSql::new("COALESCE(a, ?)").bind(-1_i64);
    assert_eq!(computed::<i64>(session, &table, 5, Expression::Raw(text)).await?, -1);
    Ok(())
}

async fn raw_text_is_checked(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = sums(&cx, session).await?;
    let wrong = [
        RawSql::trusted(format!("SELECT id FROM {table} WHERE id = ?")),
        RawSql::trusted(format!("SELECT id FROM {table}")).bind(1_i64),
        RawSql::trusted(format!("DELETE FROM {table}; DELETE FROM {table}")),
        RawSql::trusted(format!("SELECT id FROM {table} WHERE name = 'open")),
        RawSql::trusted(format!("SELECT id FROM {table} WHERE id = $1")).bind(1_i64),
        RawSql::trusted(format!("SELECT id FROM {table} WHERE name = '\0'")),
    ];
    for raw in wrong {
        let error = query(session, raw.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{}: {error}", raw.text());
    }
    let error = query(session, RawSql::new("SELEC nothing")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert_eq!(query(session, select(&table, &[number("id")])).await?.rows.len(), 5);
    Ok(())
}

async fn raw_text_writes(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = sums(&cx, session).await?;
    let raw = RawSql::trusted(format!("UPDATE {table} SET a = ? WHERE id <= ?;"));
    assert_eq!(execute(session, raw.bind(1_i64).bind(3_i64)).await?.rows, 3);
    let raw = RawSql::trusted(format!("DELETE FROM {table}"));
    assert_eq!(execute(session, raw).await?.rows, 5);
    Ok(())
}

/// The language of a document database is its own; text that is not of it is an error.
async fn raw_text_is_answered_or_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let error = query(&mut *session, RawSql::new("SELECT 1")).await.unwrap_err();
    let kinds = [ErrorKind::Unsupported, ErrorKind::InvalidInput, ErrorKind::Database];
    assert!(kinds.contains(&error.kind()), "{error}");
    Ok(())
}
