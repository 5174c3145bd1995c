//! Writes at the limits: many rows, many values.

use eloquent_core::ErrorKind;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{Expression, Insert, Predicate, Projection, Select};
use eloquent_core::value::Value;

use super::{Contract, assign, col, equal, execute, insert, query, select, update};
use crate::case::{Outcome, cases};

cases![Contract:
    as_many_rows_as_the_driver_takes, as_many_values_as_the_driver_binds[LIMITED_BINDS],
    more_values_are_refused[LIMITED_BINDS], a_wide_table, a_column_twice_is_refused[RELATIONAL],
    a_mismatch_is_an_encode_error, keys_are_kept_apart,
];

const ID: ColumnType = ColumnType::I64;

async fn as_many_rows_as_the_driver_takes(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let capabilities = cx.connection().capabilities();
    let table = cx.table(session, &[Column::new("id", ID)]).await?;
    let rows = capabilities.insert_rows.min(capabilities.max_binds).min(100_000);
    let ids = (0..).take(rows).map(|id| [Value::I64(id)]);
    let affected = execute(session, insert(&table, ["id"], ids)).await?;
    assert_eq!(usize::try_from(affected.rows), Ok(rows));
    assert_eq!(query(session, select(&table, &[col("id", ID)])).await?.rows.len(), rows);
    Ok(())
}

/// A condition of so many bound values, from 0 up: of two kinds, so that no driver makes one of them.
fn one_of(values: u64) -> Vec<Predicate> {
    let value = |n: u64| match i64::try_from(n) {
        Ok(n) if n % 2 == 0 => Value::I64(n),
        _ => Value::U64(n),
    };
    let expression = Expression::Column(col("id", ID));
    vec![Predicate::In { expression, values: (0..values).map(value).collect(), negated: false }]
}

async fn as_many_values_as_the_driver_binds(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = cx.table(session, &[Column::new("id", ID)]).await?;
    let most = i64::try_from(cx.connection().capabilities().max_binds).expect("a number");
    let rows = [[Value::I64(0)], [Value::I64(most - 1)], [Value::I64(most)]];
    execute(session, insert(&table, ["id"], rows)).await?;
    let mut read = select(&table, &[col("id", ID)]);
    read.filter = one_of(most.unsigned_abs());
    let mut found = query(session, read).await?.column::<i64>(0)?;
    found.sort_unstable();
    assert_eq!(found, [0, most - 1]);
    Ok(())
}

async fn more_values_are_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = cx.table(session, &[Column::new("id", ID)]).await?;
    let most = u64::try_from(cx.connection().capabilities().max_binds).expect("a number");
    let mut read = select(&table, &[col("id", ID)]);
    read.filter = one_of(most + 1);
    let error = query(session, read).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert_eq!(query(session, select(&table, &[col("id", ID)])).await?.rows.len(), 0);
    Ok(())
}

async fn a_wide_table(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let mut columns = vec![Column::new("id", ID)];
    columns.extend((1..200).map(|n| {
        let mut column = Column::new("", ColumnType::I64).nullable(true);
        column.name = format!("column_{n}").into();
        column
    }));
    let table = cx.table(session, &columns).await?;
    let names = columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    let values: Vec<Value> = (0..200).map(Value::I64).collect();
    let insert =
        Insert { columns: names.clone(), values: values.clone(), ..insert(&table, [], []) };
    execute(session, insert).await?;
    let columns = names.into_iter().map(|name| {
        let mut column = col("", ColumnType::I64);
        column.name = name;
        Expression::Column(column)
    });
    let all = Select::new(table, Projection::Expressions(columns.collect()));
    assert_eq!(query(session, all).await?.rows[0].values(), values);
    Ok(())
}

async fn a_column_twice_is_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = super::crud::people(&cx, session).await?;
    let twice = insert(&table, ["id", "id"], [[Value::I64(7), Value::I64(8)]]);
    assert!(execute(session, twice).await.is_err());
    let score = || col("score", ColumnType::I64);
    let twice = vec![assign(score(), 1_i64), assign(score(), 2_i64)];
    let twice = update(&table, twice, vec![equal(col("id", ID), 1_i64)]);
    assert!(execute(session, twice).await.is_err());
    let scores = super::crud::scores(session, &table).await?;
    assert_eq!(scores, [(1, Some(10)), (2, Some(20)), (3, None)]);
    Ok(())
}

/// What has no stored form ends the statement, with its reason.
async fn a_mismatch_is_an_encode_error(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = super::crud::people(&cx, session).await?;
    let invalid = || {
        Expression::Invalid(eloquent_core::value::Mismatch::because("the value has no stored form"))
    };
    let mut read = select(&table, &[col("id", ID)]);
    let id = Expression::Column(col("id", ID));
    let operator = eloquent_core::statement::CompareOperator::Equal;
    read.filter = vec![Predicate::Compare(id, operator, invalid())];
    let error = query(session, read).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    assert!(error.message().contains("no stored form"), "{error}");
    let set = vec![eloquent_core::statement::Assignment {
        column: col("score", ColumnType::I64),
        value: invalid(),
    }];
    let change = update(&table, set, vec![equal(col("id", ID), 1_i64)]);
    let error = execute(session, change).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    Ok(())
}

async fn keys_are_kept_apart(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let columns = [
        Column::new("a", ColumnType::I64),
        Column::new("b", ColumnType::String { length: 20 }),
        Column::new("v", ColumnType::I64),
    ];
    let table = cx.keyed_table(session, &columns, &["a", "b"]).await?;
    let row = |a, b: &str, v| [Value::I64(a), Value::Text(b.to_owned()), Value::I64(v)];
    let rows = [row(1, "x", 1), row(1, "y", 2), row(2, "x", 3)];
    execute(session, insert(&table, ["a", "b", "v"], rows)).await?;
    let again = insert(&table, ["a", "b", "v"], [row(1, "y", 4)]);
    let error = execute(session, again).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    Ok(())
}
