//! What selects give.

use eloquent_core::ErrorKind;
use eloquent_core::statement::{
    Aggregate, AggregateFunction, ArithmeticOperator, CompareOperator, Expression, Predicate,
    Projection, Select, Statement,
};
use eloquent_core::value::{Decimal, Value};

use crate::ground::{insert, of, rows, select, session, things};

fn combined(left: Expression, operator: ArithmeticOperator, right: Value) -> Expression {
    Expression::Arithmetic(Box::new(left), operator, Box::new(Expression::Value(right)))
}

fn aggregate(function: AggregateFunction, argument: Option<Expression>) -> Expression {
    Expression::Aggregate(Box::new(Aggregate { function, distinct: false, argument }))
}

#[tokio::test]
async fn arithmetic_is_exact_or_an_error() {
    use ArithmeticOperator::{Add, Divide, Multiply, Subtract};
    let mut session = session().await;
    let session = &mut *session;
    let table = things(session).await;
    let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
    let row = [Value::I64(1), Value::I64(i64::MAX), decimal("0.1")];
    session.execute(&Statement::Insert(insert(&table, ["id", "n", "price"], [row]))).await.unwrap();
    let mut computed = async |expression: Expression| {
        let mut read = select(&table, &["id"]);
        read.projection = Projection::Expressions(vec![expression]);
        rows(session, Statement::Select(read)).await.map(|mut rows| rows.remove(0).remove(0))
    };
    let half = i64::MAX / 2;
    for (expression, expected) in [
        (combined(of("n"), Subtract, Value::I64(1)), Value::I64(i64::MAX - 1)),
        (combined(of("n"), Divide, Value::I64(2)), Value::I64(half)),
        (combined(of("n"), Divide, Value::I64(-2)), Value::I64(-half)),
        (combined(of("price"), Add, decimal("0.2")), decimal("0.3")),
        (combined(of("price"), Multiply, decimal("0.1")), decimal("0.01")),
        (combined(of("code"), Add, Value::I64(1)), Value::Null),
    ] {
        assert_eq!(computed(expression.clone()).await.unwrap(), expected, "{expression:?}");
    }
    for expression in [
        combined(of("n"), Add, Value::I64(1)),
        combined(of("n"), Multiply, Value::I64(-2)),
        combined(of("n"), Divide, Value::I64(0)),
    ] {
        let error = computed(expression.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode, "{expression:?}: {error}");
    }
    let third = computed(combined(of("price"), Divide, Value::I64(3))).await.unwrap();
    let Value::Decimal(third) = third else { panic!("{third:?}") };
    assert!((third - Decimal::new(1, 1) / Decimal::from(3)).abs() < Decimal::new(1, 20), "{third}");
}

#[tokio::test]
async fn a_sum_beyond_the_integers_is_an_error() {
    let mut session = session().await;
    let session = &mut *session;
    let table = things(session).await;
    let row = || [Value::I64(i64::MAX)];
    session.execute(&Statement::Insert(insert(&table, ["n"], [row(), row()]))).await.unwrap();
    let sum = vec![aggregate(AggregateFunction::Sum, Some(of("n")))];
    let read = Select::new(table, Projection::Expressions(sum));
    let error = rows(session, Statement::Select(read)).await.unwrap_err();
    // MongoDB gives a double, the server that stands in for it an error
    assert!(matches!(error.kind(), ErrorKind::Decode | ErrorKind::Database), "{error}");
}

/// Rows that are one group without a term are a row even where there are none, unless `having` or an
/// offset leaves it out.
#[tokio::test]
async fn one_group_of_all_rows() {
    let mut session = session().await;
    let session = &mut *session;
    let table = things(session).await;
    for count in [0, 2] {
        let fields = vec![
            aggregate(AggregateFunction::Count, None),
            aggregate(AggregateFunction::Max, Some(of("n"))),
        ];
        let whole = Select::new(table.clone(), Projection::Expressions(fields.clone()));
        let greatest = if count == 0 { Value::Null } else { Value::I64(2) };
        let expected = vec![vec![Value::I64(count), greatest]];
        let read = |select: &Select| Statement::Select(select.clone());
        assert_eq!(rows(session, read(&whole)).await.unwrap(), expected);
        for least in [0, 1, 3] {
            let (operator, value) = (CompareOperator::GreaterOrEqual, Value::I64(least));
            let many = Predicate::Compare(fields[0].clone(), operator, Expression::Value(value));
            let held = Select { having: vec![many], ..whole.clone() };
            let is_held = usize::from(count >= least);
            assert_eq!(rows(session, read(&held)).await.unwrap().len(), is_held, "{count} {least}");
        }
        for (limit, offset) in [(Some(0), None), (None, Some(1))] {
            let page = Select { limit, offset, ..whole.clone() };
            assert!(rows(session, read(&page)).await.unwrap().is_empty());
        }
        if count == 0 {
            let new = insert(&table, ["n"], [[Value::I64(1)], [Value::I64(2)]]);
            session.execute(&Statement::Insert(new)).await.unwrap();
        }
    }
}
