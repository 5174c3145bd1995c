//! The clauses of a select: order, limit, offset, distinct, groups, joins, locks.

use eloquent_core::driver::Session;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{
    Aggregate, AggregateFunction, ColumnRef, CompareOperator, Expression, From, Join, JoinKind,
    Lock, LockMode, LockWait, Order, Predicate, Projection, Select, Source,
};
use eloquent_core::value::Value;
use eloquent_core::{Name, Result};

use super::{Contract, col, equal, execute, insert, query, select, value};
use crate::case::{Outcome, cases, or_lacking};

cases![Contract:
    rows_come_in_order, nulls_come_first, order_by_several, limits_and_offsets, distinct_rows,
    groups, having, a_select_of_a_select[RELATIONAL], joins[JOINS], joins_are_refused[NO_JOINS],
    locks[ROW_LOCKS, TRANSACTIONS], locks_are_refused[NO_ROW_LOCKS],
];

const ID: ColumnType = ColumnType::I64;

/// Numbers from 1 to 6 in two groups, with a mark that may be null.
async fn numbers(cx: &Contract, session: &mut dyn Session) -> Result<Name> {
    let columns = [
        Column::new("id", ID),
        Column::new("team", ColumnType::Text),
        Column::new("mark", ColumnType::I64).nullable(true),
    ];
    let table = cx.table(session, &columns).await?;
    let row = |id, team: &str, mark| {
        [
            Value::I64(id),
            Value::Text(team.to_owned()),
            Option::map_or(mark, Value::Null, Value::I64),
        ]
    };
    let rows = [
        row(4, "a", Some(5)),
        row(1, "b", None),
        row(6, "b", Some(7)),
        row(2, "a", Some(5)),
        row(5, "b", None),
        row(3, "a", Some(-1)),
    ];
    execute(session, insert(&table, ["id", "team", "mark"], rows)).await?;
    Ok(table)
}

fn id() -> ColumnRef {
    col("id", ID)
}

fn mark() -> ColumnRef {
    col("mark", ColumnType::I64)
}

fn team() -> ColumnRef {
    col("team", ColumnType::Text)
}

fn order(column: ColumnRef, descending: bool) -> Order {
    Order { expression: Expression::Column(column), descending }
}

async fn rows_come_in_order(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    for descending in [false, true] {
        let mut read = select(&table, &[id()]);
        read.order_by = vec![order(id(), descending)];
        let mut expected = [1, 2, 3, 4, 5, 6];
        if descending {
            expected.reverse();
        }
        assert_eq!(query(session, read).await?.column::<i64>(0)?, expected);
    }
    Ok(())
}

/// Null comes before every value, whatever the database's habit.
async fn nulls_come_first(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    let mut read = select(&table, &[id()]);
    read.order_by = vec![order(mark(), false), order(id(), false)];
    assert_eq!(query(session, read.clone()).await?.column::<i64>(0)?, [1, 5, 3, 2, 4, 6]);
    read.order_by = vec![order(mark(), true), order(id(), false)];
    assert_eq!(query(session, read).await?.column::<i64>(0)?, [6, 2, 4, 3, 1, 5]);
    Ok(())
}

async fn order_by_several(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    let mut read = select(&table, &[id()]);
    read.order_by = vec![order(team(), true), order(id(), false)];
    assert_eq!(query(session, read).await?.column::<i64>(0)?, [1, 5, 6, 2, 3, 4]);
    Ok(())
}

async fn limits_and_offsets(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    let most = u64::try_from(i64::MAX).expect("a number");
    let cases: [(Option<u64>, Option<u64>, &[i64]); 9] = [
        (Some(0), None, &[]),
        (Some(2), None, &[1, 2]),
        (Some(100), None, &[1, 2, 3, 4, 5, 6]),
        (Some(2), Some(2), &[3, 4]),
        (Some(2), Some(5), &[6]),
        (Some(2), Some(6), &[]),
        (None, Some(4), &[5, 6]),
        (Some(most), Some(4), &[5, 6]),
        (Some(1), Some(most), &[]),
    ];
    for (limit, offset, expected) in cases {
        let mut read = select(&table, &[id()]);
        (read.order_by, read.limit, read.offset) = (vec![order(id(), false)], limit, offset);
        assert_eq!(query(session, read).await?.column::<i64>(0)?, expected, "{limit:?} {offset:?}");
    }
    // without an order the number still holds
    let mut read = select(&table, &[id()]);
    (read.limit, read.offset) = (Some(3), Some(1));
    assert_eq!(query(session, read).await?.rows.len(), 3);
    // a number that no database counts to is refused or means every row
    let mut read = select(&table, &[id()]);
    read.limit = Some(u64::MAX);
    if let Ok(rows) = query(session, read).await {
        assert_eq!(rows.rows.len(), 6);
    }
    Ok(())
}

async fn distinct_rows(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    let mut read = select(&table, &[team(), mark()]);
    read.distinct = true;
    read.order_by = vec![order(team(), false), order(mark(), false)];
    let rows = or_lacking(query(session, read.clone()).await)?;
    let expected = [("a", Some(-1)), ("a", Some(5)), ("b", None), ("b", Some(7))];
    let expected = expected.map(|(team, mark)| (team.to_owned(), mark));
    assert_eq!(rows.pairs::<String, Option<i64>>()?, expected);
    // the limit counts what is left
    (read.limit, read.offset) = (Some(2), Some(1));
    assert_eq!(query(session, read).await?.pairs::<String, Option<i64>>()?, expected[1..3]);
    Ok(())
}

fn aggregate(function: AggregateFunction, argument: Option<ColumnRef>) -> Expression {
    let argument = argument.map(Expression::Column);
    Expression::Aggregate(Box::new(Aggregate { function, distinct: false, argument }))
}

async fn groups(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    let columns = vec![
        Expression::Column(team()),
        aggregate(AggregateFunction::Count, None),
        aggregate(AggregateFunction::Count, Some(mark())),
        aggregate(AggregateFunction::Sum, Some(mark())),
    ];
    let mut read = Select::new(table.clone(), Projection::Expressions(columns));
    read.group_by = vec![Expression::Column(team())];
    read.order_by = vec![order(team(), false)];
    let rows = or_lacking(query(session, read).await)?;
    assert_eq!(rows.column::<String>(0)?, ["a", "b"]);
    assert_eq!(rows.column::<i64>(1)?, [3, 3]);
    assert_eq!(rows.column::<i64>(2)?, [3, 1]);
    assert_eq!(rows.column::<Option<i64>>(3)?, [Some(9), Some(7)]);
    Ok(())
}

async fn having(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    let mut read = select(&table, &[team()]);
    read.group_by = vec![Expression::Column(team())];
    read.having = vec![Predicate::Compare(
        aggregate(AggregateFunction::Count, Some(mark())),
        CompareOperator::Greater,
        value(1_i64),
    )];
    assert_eq!(or_lacking(query(session, read).await)?.column::<String>(0)?, ["a"]);
    Ok(())
}

/// As a count of rows that a limit or distinct leaves.
async fn a_select_of_a_select(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    let mut inner = select(&table, &[team(), mark()]);
    inner.distinct = true;
    let count = vec![aggregate(AggregateFunction::Count, None)];
    let mut outer = Select::new("", Projection::Expressions(count));
    outer.from = From::Select { select: Box::new(inner), source: Source(0) };
    assert_eq!(query(session, outer).await?.scalar::<i64>()?, 4);
    Ok(())
}

fn of_second(name: &'static str) -> ColumnRef {
    ColumnRef { source: Source(1), ..col(name, ID) }
}

fn join(kind: JoinKind, table: &Name) -> Join {
    let same = Predicate::Compare(
        Expression::Column(of_second("number")),
        CompareOperator::Equal,
        Expression::Column(id()),
    );
    let on = (kind != JoinKind::Cross).then_some(same);
    Join { kind, table: table.clone(), source: Source(1), on }
}

async fn notes(cx: &Contract, session: &mut dyn Session) -> Result<Name> {
    let columns = [Column::new("id", ID), Column::new("number", ID)];
    let table = cx.table(session, &columns).await?;
    let rows =
        [(10, 1), (11, 1), (12, 2), (13, 99)].map(|(id, number)| [id, number].map(Value::I64));
    execute(session, insert(&table, ["id", "number"], rows)).await?;
    Ok(table)
}

async fn joins(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (numbers, notes) = (numbers(&cx, session).await?, notes(&cx, session).await?);
    let pairs = [(1, 10), (1, 11), (2, 12)].map(|(number, note)| (Some(number), Some(note)));
    let alone = [3, 4, 5, 6].map(|number| (Some(number), None));
    let expected = [
        (JoinKind::Inner, pairs.to_vec()),
        (JoinKind::Left, pairs.into_iter().chain(alone).collect()),
        (JoinKind::Right, pairs.into_iter().chain([(None, Some(13))]).collect()),
    ];
    for (kind, mut expected) in expected {
        let mut read = select(&numbers, &[id(), of_second("id")]);
        read.joins = vec![join(kind, &notes)];
        let mut rows = query(session, read).await?.pairs::<Option<i64>, Option<i64>>()?;
        rows.sort_unstable();
        expected.sort_unstable();
        assert_eq!(rows, expected, "{kind:?}");
    }
    let mut read = select(&numbers, &[id(), of_second("id")]);
    read.joins = vec![join(JoinKind::Cross, &notes)];
    read.filter = vec![equal(of_second("number"), 99_i64)];
    read.order_by = vec![order(id(), false)];
    let rows = query(session, read).await?.pairs::<i64, i64>()?;
    assert_eq!(rows, [1, 2, 3, 4, 5, 6].map(|id| (id, 13)));
    // a table with itself
    let mut read = select(&notes, &[id(), of_second("id")]);
    let same = Predicate::Compare(
        Expression::Column(col("number", ID)),
        CompareOperator::Equal,
        Expression::Column(of_second("number")),
    );
    read.joins = vec![Join {
        kind: JoinKind::Inner,
        table: notes.clone(),
        source: Source(1),
        on: Some(same),
    }];
    assert_eq!(query(session, read).await?.rows.len(), 6);
    Ok(())
}

async fn joins_are_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (numbers, notes) = (numbers(&cx, session).await?, notes(&cx, session).await?);
    for kind in [JoinKind::Inner, JoinKind::Left, JoinKind::Right, JoinKind::Cross] {
        let mut read = select(&numbers, &[id(), of_second("id")]);
        read.joins = vec![join(kind, &notes)];
        super::refuses(session, read).await;
    }
    Ok(())
}

fn locked(table: &Name, mode: LockMode, wait: LockWait) -> Select {
    let mut read = select(table, &[id()]);
    read.filter = vec![equal(id(), 1_i64)];
    read.lock = Some(Lock { mode, wait });
    read
}

async fn locks(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    let mut other = cx.session().await?;
    let other = &mut *other;
    session.begin(0, Default::default()).await?;
    other.begin(0, Default::default()).await?;
    let first = locked(&table, LockMode::Update, LockWait::Wait);
    assert_eq!(query(session, first).await?.rows.len(), 1);
    let skipping = locked(&table, LockMode::Update, LockWait::SkipLocked);
    assert_eq!(query(other, skipping).await?.rows.len(), 0);
    let failing = locked(&table, LockMode::Share, LockWait::NoWait);
    let error = query(other, failing).await.unwrap_err();
    assert_eq!(error.kind(), eloquent_core::ErrorKind::Busy, "{error}");
    other.rollback(0).await?;
    session.rollback(0).await?;
    let free = locked(&table, LockMode::Share, LockWait::NoWait);
    assert_eq!(query(other, free).await?.rows.len(), 1);
    Ok(())
}

async fn locks_are_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    for mode in [LockMode::Update, LockMode::Share] {
        for wait in [LockWait::Wait, LockWait::NoWait, LockWait::SkipLocked] {
            super::refuses(session, locked(&table, mode, wait)).await;
        }
    }
    Ok(())
}
