//! Adding, reading, changing and removing rows.

use eloquent_core::driver::Session;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{
    ArithmeticOperator, Assignment, Expression, Insert, Order, Predicate, Projection, Select,
};
use eloquent_core::value::Value;
use eloquent_core::{ErrorKind, Name, Result};

use super::{
    Contract, assign, col, compare, delete, equal, execute, insert, query, select, update, value,
};
use crate::case::{Outcome, cases, or_lacking};

cases![Contract:
    what_is_inserted_is_there, an_insert_is_whole_or_not_at_all, updates_say_how_many,
    an_update_computes, an_update_reads_the_old_row, deletes_say_how_many,
    a_write_without_a_filter_is_refused, every_row_if_that_is_said,
];

pub(super) const ID: ColumnType = ColumnType::I64;
const NAME: ColumnType = ColumnType::String { length: 100 };
pub(super) const COLUMNS: &[Column] = &[
    Column::new("id", ID),
    Column::new("name", NAME),
    Column::new("score", ColumnType::I64).nullable(true),
];

/// Three people with scores 10, 20 and none.
pub(super) async fn people(cx: &Contract, session: &mut dyn Session) -> Result<Name> {
    let table = cx.table(session, COLUMNS).await?;
    let row = |id, name: &str, score| [Value::I64(id), Value::Text(name.to_owned()), score];
    let rows = [
        row(1, "ada", Value::I64(10)),
        row(2, "grace", Value::I64(20)),
        row(3, "edsger", Value::Null),
    ];
    execute(session, insert(&table, ["id", "name", "score"], rows)).await?;
    Ok(table)
}

pub(super) async fn scores(
    session: &mut dyn Session,
    table: &Name,
) -> Result<Vec<(i64, Option<i64>)>> {
    let mut read = select(table, &[col("id", ID), col("score", ColumnType::I64)]);
    read.order_by = vec![by_id()];
    query(session, read).await?.pairs()
}

pub(super) fn by_id() -> Order {
    Order { expression: Expression::Column(col("id", ID)), descending: false }
}

pub(super) const UNTOUCHED: [(i64, Option<i64>); 3] = [(1, Some(10)), (2, Some(20)), (3, None)];

async fn what_is_inserted_is_there(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    assert_eq!(scores(session, &table).await?, UNTOUCHED);
    let mut whole = Select::new(table.clone(), Projection::Columns(COLUMNS));
    whole.filter = vec![equal(col("id", ID), 2_i64)];
    let rows = query(session, whole).await?;
    assert_eq!(rows.affected.rows, 1, "a read says how many rows it gave");
    assert_eq!(rows.rows[0].names(), ["id", "name", "score"]);
    assert_eq!(rows.rows[0].read::<String>("name")?, "grace");
    // another session sees it as well
    let mut other = cx.session().await?;
    assert_eq!(scores(&mut *other, &table).await?, UNTOUCHED);
    Ok(())
}

async fn an_insert_is_whole_or_not_at_all(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let row = |id: i64| [Value::I64(id), Value::Text("x".to_owned())];
    let clashing = insert(&table, ["id", "name"], [row(4), row(5), row(1)]);
    let error = execute(session, clashing).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    assert_eq!(scores(session, &table).await?, UNTOUCHED);
    let ragged = Insert { values: vec![Value::I64(4)], ..insert(&table, ["id", "name"], [row(4)]) };
    let error = execute(session, ragged).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert_eq!(scores(session, &table).await?, UNTOUCHED);
    Ok(())
}

async fn updates_say_how_many(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let score = || col("score", ColumnType::I64);
    let both = vec![Predicate::IsNull { expression: Expression::Column(score()), negated: true }];
    let set = vec![assign(score(), 7_i64), assign(col("name", NAME), "same".to_owned())];
    assert_eq!(execute(session, update(&table, set, both)).await?.rows, 2);
    assert_eq!(scores(session, &table).await?, [(1, Some(7)), (2, Some(7)), (3, None)]);
    let none = vec![equal(col("id", ID), 99_i64)];
    let set = vec![assign(score(), 8_i64)];
    assert_eq!(execute(session, update(&table, set, none)).await?.rows, 0);
    // a row that matches counts, also when it is as it was
    let set = vec![assign(score(), 7_i64)];
    let one = vec![equal(col("id", ID), 1_i64)];
    assert_eq!(execute(session, update(&table, set, one)).await?.rows, 1);
    let set = vec![assign(score(), None::<i64>)];
    let mut one = update(&table, set, vec![equal(col("id", ID), 1_i64)]);
    one.by_key = true;
    assert_eq!(execute(session, one).await?.rows, 1);
    assert_eq!(scores(session, &table).await?, [(1, None), (2, Some(7)), (3, None)]);
    Ok(())
}

async fn an_update_computes(cx: Contract) -> Outcome {
    use ArithmeticOperator::{Add, Multiply, Subtract};
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let score = || col("score", ColumnType::I64);
    for (operator, operand, expected) in
        [(Add, 5_i64, [15, 25]), (Subtract, 10, [5, 15]), (Multiply, -2, [-10, -30])]
    {
        let old = Box::new(Expression::Column(score()));
        let new = Expression::Arithmetic(old, operator, Box::new(value(operand)));
        let set = vec![Assignment { column: score(), value: new }];
        let filter = vec![compare(
            col("id", ID),
            eloquent_core::statement::CompareOperator::LessOrEqual,
            2_i64,
        )];
        let affected = or_lacking(execute(session, update(&table, set, filter)).await)?;
        assert_eq!(affected.rows, 2);
        let [first, second] = expected;
        assert_eq!(
            scores(session, &table).await?,
            [(1, Some(first)), (2, Some(second)), (3, None)],
            "{operator:?}"
        );
    }
    Ok(())
}

/// Both assignments see the row as it was before, so that two columns can be swapped.
async fn an_update_reads_the_old_row(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let columns = [
        Column::new("id", ID),
        Column::new("a", ColumnType::I64),
        Column::new("b", ColumnType::I64),
    ];
    let table = cx.table(session, &columns).await?;
    let row = [[1, 10, 20].map(Value::I64)];
    execute(session, insert(&table, ["id", "a", "b"], row)).await?;
    let number = |name| col(name, ColumnType::I64);
    let set = vec![
        Assignment { column: number("a"), value: Expression::Column(number("b")) },
        Assignment { column: number("b"), value: Expression::Column(number("a")) },
    ];
    let filter = vec![equal(number("id"), 1_i64)];
    or_lacking(execute(session, update(&table, set, filter)).await)?;
    let read = select(&table, &[number("a"), number("b")]);
    assert_eq!(query(session, read).await?.pairs::<i64, i64>()?, [(20, 10)]);
    Ok(())
}

async fn deletes_say_how_many(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let two = vec![Predicate::In {
        expression: Expression::Column(col("id", ID)),
        values: vec![Value::I64(1), Value::I64(3), Value::I64(99)],
        negated: false,
    }];
    assert_eq!(execute(session, delete(&table, two.clone())).await?.rows, 2);
    assert_eq!(execute(session, delete(&table, two)).await?.rows, 0);
    assert_eq!(scores(session, &table).await?, [(2, Some(20))]);
    Ok(())
}

async fn a_write_without_a_filter_is_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let nothing_in = Predicate::In {
        expression: Expression::Column(col("id", ID)),
        values: Vec::new(),
        negated: true,
    };
    let filters: [Vec<Predicate>; 5] = [
        vec![],
        vec![Predicate::Constant(true)],
        vec![Predicate::And(vec![])],
        vec![Predicate::Not(Box::new(Predicate::Constant(false)))],
        vec![nothing_in],
    ];
    for filter in filters {
        let set = vec![assign(col("score", ColumnType::I64), 0_i64)];
        let change = update(&table, set, filter.clone());
        let error = execute(session, change).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnboundedWrite, "{filter:?}: {error}");
        let error = execute(session, delete(&table, filter.clone())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnboundedWrite, "{filter:?}: {error}");
    }
    assert_eq!(scores(session, &table).await?, UNTOUCHED);
    Ok(())
}

async fn every_row_if_that_is_said(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let set = vec![assign(col("score", ColumnType::I64), 1_i64)];
    let mut all = update(&table, set, vec![]);
    all.all = true;
    assert_eq!(execute(session, all).await?.rows, 3);
    assert_eq!(scores(session, &table).await?, [1, 2, 3].map(|id| (id, Some(1))));
    let mut all = delete(&table, vec![]);
    all.all = true;
    assert_eq!(execute(session, all).await?.rows, 3);
    assert!(scores(session, &table).await?.is_empty());
    Ok(())
}
