//! Adding rows, or changing those that exist already.

use eloquent_core::driver::Session;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{
    ArithmeticOperator, Assignment, Conflict, ConflictAction, Expression, Insert,
};
use eloquent_core::value::Value;
use eloquent_core::{ErrorKind, Name, Result};

use super::{Contract, col, execute, insert, query, select};
use crate::case::{Outcome, cases};

cases![Contract:
    a_new_row_is_added[UPSERT], an_old_row_is_changed[UPSERT], an_old_row_is_left[UPSERT],
    old_and_new_values_meet[UPSERT], another_clash_is_an_error[UPSERT],
    upserts_are_refused[NO_UPSERT],
];

const EMAIL: ColumnType = ColumnType::String { length: 50 };

async fn accounts(cx: &Contract, session: &mut dyn Session) -> Result<Name> {
    let columns = [
        Column::new("id", ColumnType::I64),
        Column::new("email", EMAIL).unique(),
        Column::new("visits", ColumnType::I64),
    ];
    let table = cx.table(session, &columns).await?;
    execute(session, account(&table, 1, "ada", 1)).await?;
    Ok(table)
}

fn account(table: &Name, id: i64, email: &str, visits: i64) -> Insert {
    let row = [Value::I64(id), Value::Text(email.to_owned()), Value::I64(visits)];
    insert(table, ["id", "email", "visits"], [row])
}

fn visits() -> eloquent_core::statement::ColumnRef {
    col("visits", ColumnType::I64)
}

fn or(insert: Insert, action: ConflictAction) -> Insert {
    let target = vec![Name::Borrowed("email")];
    Insert { conflict: Some(Conflict { target, action }), ..insert }
}

fn take_new() -> ConflictAction {
    ConflictAction::Update(vec![Assignment {
        column: visits(),
        value: Expression::Excluded(visits()),
    }])
}

async fn all(session: &mut dyn Session, table: &Name) -> Result<Vec<(String, i64)>> {
    let mut rows =
        query(session, select(table, &[col("email", EMAIL), visits()])).await?.pairs()?;
    rows.sort_unstable();
    Ok(rows)
}

async fn a_new_row_is_added(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = accounts(&cx, session).await?;
    for (id, email, action) in [(2, "grace", take_new()), (3, "tim", ConflictAction::Ignore)] {
        let affected = execute(session, or(account(&table, id, email, 5), action)).await?;
        assert_eq!(affected.rows, 1);
    }
    let expected = [("ada", 1), ("grace", 5), ("tim", 5)].map(|(e, v)| (e.to_owned(), v));
    assert_eq!(all(session, &table).await?, expected);
    Ok(())
}

async fn an_old_row_is_changed(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = accounts(&cx, session).await?;
    let mut rows = account(&table, 8, "ada", 7);
    rows.values.extend(account(&table, 9, "tim", 9).values);
    let affected = execute(session, or(rows, take_new())).await?;
    assert!(affected.rows >= 2, "both rows were written: {}", affected.rows);
    let expected = [("ada".to_owned(), 7), ("tim".to_owned(), 9)];
    assert_eq!(all(session, &table).await?, expected);
    Ok(())
}

async fn an_old_row_is_left(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = accounts(&cx, session).await?;
    let again = or(account(&table, 8, "ada", 7), ConflictAction::Ignore);
    assert_eq!(execute(session, again).await?.rows, 0);
    assert_eq!(all(session, &table).await?, [("ada".to_owned(), 1)]);
    Ok(())
}

async fn old_and_new_values_meet(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = accounts(&cx, session).await?;
    let sum = Expression::Arithmetic(
        Box::new(Expression::Column(visits())),
        ArithmeticOperator::Add,
        Box::new(Expression::Excluded(visits())),
    );
    let add = || ConflictAction::Update(vec![Assignment { column: visits(), value: sum.clone() }]);
    for _ in 0..2 {
        execute(session, or(account(&table, 8, "ada", 10), add())).await?;
    }
    assert_eq!(all(session, &table).await?, [("ada".to_owned(), 21)]);
    Ok(())
}

/// The columns that are named decide; a clash of others is one.
async fn another_clash_is_an_error(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = accounts(&cx, session).await?;
    let clash = or(account(&table, 1, "other", 7), take_new());
    let error = execute(session, clash).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    assert_eq!(all(session, &table).await?, [("ada".to_owned(), 1)]);
    Ok(())
}

async fn upserts_are_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = accounts(&cx, session).await?;
    for action in [take_new(), ConflictAction::Ignore] {
        super::refuses(session, or(account(&table, 2, "grace", 5), action)).await;
    }
    assert_eq!(all(session, &table).await?, [("ada".to_owned(), 1)]);
    Ok(())
}
