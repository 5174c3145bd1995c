//! What writes do.

use eloquent_core::ErrorKind;
use eloquent_core::statement::{
    ArithmeticOperator, Assignment, Conflict, ConflictAction, Delete, Expression, Insert,
    Projection, Statement, Update,
};
use eloquent_core::value::Value;

use crate::ground::{col, column, equal, insert, of, rows, session, text, things, update};

#[tokio::test]
async fn all_rows_are_written_or_none() {
    let mut session = session().await;
    let session = &mut *session;
    let table = things(session).await;
    let codes = ["a", "b", "a"].map(|code| [text(code)]);
    let error = session.execute(&Statement::Insert(insert(&table, ["code"], codes))).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    assert_eq!((error.table(), error.column()), (Some(&*table), Some("code")), "{error}");
    assert!(column(session, &table, "code").await.is_empty());

    let codes = ["a", "b"].map(|code| [text(code)]);
    session.execute(&Statement::Insert(insert(&table, ["code"], codes))).await.unwrap();
    let same = Statement::Update(update(&table, "code", Expression::Value(text("c"))));
    let error = session.execute(&same).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    assert_eq!(column(session, &table, "code").await, [text("a"), text("b")]);
}

#[tokio::test]
async fn null_is_no_value_to_a_unique_index() {
    let mut session = session().await;
    let session = &mut *session;
    let table = things(session).await;
    let nulls = [[Value::Null], [Value::Null]];
    session.execute(&Statement::Insert(insert(&table, ["code"], nulls))).await.unwrap();
    let given = insert(&table, ["code"], [[text("a")]]);
    session.execute(&Statement::Insert(given)).await.unwrap();
    let emptied = Statement::Update(update(&table, "code", Expression::Value(Value::Null)));
    assert_eq!(session.execute(&emptied).await.unwrap().rows, 3);
    assert_eq!(column(session, &table, "code").await, [Value::Null, Value::Null, Value::Null]);
    // computed nulls as well
    let copied = Statement::Update(update(&table, "code", of("price")));
    assert_eq!(session.execute(&copied).await.unwrap().rows, 3);
}

#[tokio::test]
async fn an_update_that_leaves_the_range_writes_nothing() {
    let mut session = session().await;
    let session = &mut *session;
    let table = things(session).await;
    let numbers = [[Value::I64(1)], [Value::I64(i64::MAX)], [Value::Null]];
    session.execute(&Statement::Insert(insert(&table, ["n"], numbers))).await.unwrap();
    let by = |n| {
        let value = Box::new(Expression::Value(Value::I64(n)));
        Expression::Arithmetic(Box::new(of("n")), ArithmeticOperator::Add, value)
    };
    let more = Statement::Update(update(&table, "n", by(1)));
    assert_eq!(session.execute(&more).await.unwrap_err().kind(), ErrorKind::Encode);
    let untouched = [Value::I64(1), Value::I64(i64::MAX), Value::Null];
    assert_eq!(column(session, &table, "n").await, untouched);
    session.execute(&Statement::Update(update(&table, "n", by(-1)))).await.unwrap();
    let less = [Value::I64(0), Value::I64(i64::MAX - 1), Value::Null];
    assert_eq!(column(session, &table, "n").await, less);
}

#[tokio::test]
async fn rows_of_several_are_given_back() {
    let mut session = session().await;
    let session = &mut *session;
    let table = things(session).await;
    let numbers = (0..5).map(|n| [Value::I64(n)]);
    session.execute(&Statement::Insert(insert(&table, ["n"], numbers))).await.unwrap();
    let columns = || Some(Projection::Expressions(vec![of("id"), of("n"), of("id")]));
    let change = update(&table, "n", Expression::Value(Value::I64(9)));
    let small = equal("id", Value::I64(2));
    let change = Update { filter: vec![small], all: false, returning: columns(), ..change };
    let changed = rows(session, Statement::Update(change)).await.unwrap();
    assert_eq!(changed, [[Value::I64(2), Value::I64(9), Value::I64(2)]]);
    let (filter, returning) = (Vec::new(), columns());
    let gone = Delete { table: table.clone(), filter, all: true, by_key: false, returning };
    let mut gone = rows(session, Statement::Delete(gone)).await.unwrap();
    gone.sort_by_key(|row| format!("{row:?}"));
    assert_eq!(gone.len(), 5);
    assert_eq!(gone[1], [Value::I64(2), Value::I64(9), Value::I64(2)]);
    assert!(column(session, &table, "id").await.is_empty());
}

fn upsert(insert: Insert, target: &'static str, action: ConflictAction) -> Statement {
    let conflict = Some(Conflict { target: vec![target.into()], action });
    Statement::Insert(Insert { conflict, ..insert })
}

fn add_up() -> ConflictAction {
    let sum = Expression::Arithmetic(
        Box::new(of("n")),
        ArithmeticOperator::Add,
        Box::new(Expression::Excluded(col("n"))),
    );
    ConflictAction::Update(vec![Assignment { column: col("n"), value: sum }])
}

#[tokio::test]
async fn an_upsert_knows_new_documents_from_old_ones() {
    let mut session = session().await;
    let session = &mut *session;
    let table = things(session).await;
    let rows_of = |code: Value, n| insert(&table, ["code", "n"], [[code, Value::I64(n)]]);
    for n in [1, 10] {
        session.execute(&upsert(rows_of(text("a"), n), "code", add_up())).await.unwrap();
    }
    // null is equal to no value, so that these are new each time
    for _ in 0..2 {
        session.execute(&upsert(rows_of(Value::Null, 5), "code", add_up())).await.unwrap();
    }
    let expected = [11, 5, 5].map(Value::I64);
    assert_eq!(column(session, &table, "n").await, expected);
    let ids = column(session, &table, "id").await;
    assert!(ids.iter().all(|id| matches!(id, Value::I64(_))), "{ids:?}");
    // by the key itself, where a document has nothing else
    let bare = insert(&table, ["id"], [[Value::I64(100)]]);
    session.execute(&Statement::Insert(bare)).await.unwrap();
    let again = || insert(&table, ["id", "n"], [[Value::I64(100), Value::I64(7)]]);
    let kept = session.execute(&upsert(again(), "id", ConflictAction::Ignore)).await.unwrap();
    assert_eq!(kept.rows, 0);
    let find = || {
        let read = crate::ground::select(&table, &["n"]);
        let filter = vec![equal("id", Value::I64(100))];
        Statement::Select(eloquent_core::statement::Select { filter, ..read })
    };
    assert_eq!(rows(session, find()).await.unwrap(), [[Value::Null]]);
    let action = ConflictAction::Update(vec![Assignment {
        column: col("n"),
        value: Expression::Excluded(col("n")),
    }]);
    let mut change = upsert(again(), "id", action);
    if let Statement::Insert(insert) = &mut change {
        insert.returning = Some(Projection::Expressions(vec![of("id"), of("n")]));
    }
    let given = rows(session, change).await.unwrap();
    assert_eq!(given, [[Value::I64(100), Value::I64(7)]]);
    assert_eq!(rows(session, find()).await.unwrap(), [[Value::I64(7)]]);
}

#[tokio::test]
async fn the_key_of_a_document_stays() {
    let mut session = session().await;
    let session = &mut *session;
    let table = things(session).await;
    session.execute(&Statement::Insert(insert(&table, [], []))).await.unwrap();
    let change = Statement::Update(update(&table, "id", Expression::Value(Value::I64(9))));
    let error = session.execute(&change).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert_eq!(column(session, &table, "id").await, [Value::I64(1)]);
}
