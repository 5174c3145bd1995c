//! Sinks that stop, fail, panic, and want to be flushed.

use std::panic::AssertUnwindSafe;

use eloquent_core::ErrorKind;
use eloquent_core::driver::Session;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{Expression, Insert, Order, Projection};
use eloquent_core::value::Value;
use eloquent_core::{Name, Result};

use super::sinks::{Mood, Moody, show, show_later};
use super::{Contract, col, execute, insert, query, select};
use crate::cancellation::{Moment, poll_times};
use crate::case::{Outcome, cases};

cases![Contract:
    many_rows_come_in_order, a_sink_that_stops, a_sink_that_fails, a_sink_that_panics,
    a_sink_that_is_flushed, a_flush_that_fails, a_flush_that_never_comes,
    writes_end_though_their_sink_stops[RETURNING],
];

const ID: ColumnType = ColumnType::I64;
const MANY: i64 = 5_000;

async fn numbers(cx: &Contract, session: &mut dyn Session, count: i64) -> Result<Name> {
    let table = cx.table(session, &[Column::new("id", ID)]).await?;
    let capabilities = cx.connection().capabilities();
    let most = capabilities.insert_rows.min(capabilities.max_binds);
    let all: Vec<i64> = (0..count).collect();
    for ids in all.chunks(most) {
        execute(session, insert(&table, ["id"], ids.iter().map(|id| [Value::I64(*id)]))).await?;
    }
    Ok(table)
}

fn in_order(table: &Name) -> eloquent_core::statement::Select {
    let mut read = select(table, &[col("id", ID)]);
    read.order_by =
        vec![Order { expression: Expression::Column(col("id", ID)), descending: false }];
    read
}

async fn many_rows_come_in_order(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session, MANY).await?;
    let rows = query(session, in_order(&table)).await?;
    assert_eq!(rows.affected.rows, 5_000);
    assert!(rows.column::<i64>(0)?.into_iter().eq(0..MANY));
    Ok(())
}

/// It gets no further row, and the statement is a success.
async fn a_sink_that_stops(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session, MANY).await?;
    for at in [1, 2, 300] {
        let (_, sink) = show(session, in_order(&table), Moody::new(Mood::Stop, at)).await?;
        assert_eq!(sink.rows, at);
        let (_, sink) = show_later(session, in_order(&table), Moody::new(Mood::Stop, at)).await?;
        assert_eq!(sink.rows, at);
    }
    assert_eq!(query(session, in_order(&table)).await?.rows.len(), 5_000);
    Ok(())
}

async fn a_sink_that_fails(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session, MANY).await?;
    for at in [1, 300, 5_000] {
        let outcomes = [
            show(session, in_order(&table), Moody::new(Mood::Fail, at)).await,
            show_later(session, in_order(&table), Moody::new(Mood::Fail, at)).await,
        ];
        for outcome in outcomes {
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Custom);
        }
    }
    assert_eq!(query(session, in_order(&table)).await?.rows.len(), 5_000);
    Ok(())
}

/// On a thread of the driver it becomes an error, on the calling task it goes on as a panic. In either
/// case the database is as it was, and the session too, once it is reset.
async fn a_sink_that_panics(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let table = numbers(&cx, &mut *session, MANY).await?;
    for at in [1, 300] {
        let read = in_order(&table);
        let show = show_later(&mut *session, read, Moody::new(Mood::Panic, at));
        if let Ok(outcome) = unwinding(show).await {
            let error = outcome.expect_err("a panic is no success");
            assert!(!error.to_string().is_empty());
        }
        if session.is_broken() || session.reset().await.is_err() {
            session = cx.session().await?;
        }
        assert_eq!(query(&mut *session, in_order(&table)).await?.rows.len(), 5_000);
    }
    Ok(())
}

/// The future, with its panic caught.
async fn unwinding<F: Future>(future: F) -> std::thread::Result<F::Output> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| {
        let poll = AssertUnwindSafe(|| future.as_mut().poll(cx));
        match std::panic::catch_unwind(poll) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        }
    })
    .await
}

async fn a_sink_that_is_flushed(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session, MANY).await?;
    for at in [1, 256, 5_000] {
        let (affected, sink) = show(session, in_order(&table), Moody::new(Mood::Flush, at)).await?;
        assert_eq!((affected.rows, sink.rows), (5_000, 5_000));
        assert_eq!(sink.flushes, 2 * (5_000 / at), "asked until it is ready");
        let (_, sink) = show_later(session, in_order(&table), Moody::new(Mood::Flush, at)).await?;
        assert_eq!((sink.rows, sink.flushes), (5_000, 2 * (5_000 / at)));
    }
    Ok(())
}

async fn a_flush_that_fails(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session, MANY).await?;
    for at in [1, 300] {
        let sink = Moody::new(Mood::FailFlush, at);
        let error = show(session, in_order(&table), sink).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Custom, "{error}");
    }
    assert_eq!(query(session, in_order(&table)).await?.rows.len(), 5_000);
    Ok(())
}

/// Nobody waits for it when its future is dropped.
async fn a_flush_that_never_comes(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session, MANY).await?;
    for at in [1, 300] {
        let sink = Moody::new(Mood::NeverFlush, at);
        let never = show_later(session, in_order(&table), sink);
        let outcome = poll_times(1, Moment::Waiting, never).await;
        assert!(outcome.is_none(), "it waits for the flush");
        session.reset().await?;
        assert_eq!(query(session, in_order(&table)).await?.rows.len(), 5_000);
    }
    Ok(())
}

/// A sink that wants no further row does not keep the rows from being written.
async fn writes_end_though_their_sink_stops(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session, 0).await?;
    let rows = |from: i64| (from..from + 50).map(|id| [Value::I64(id)]);
    let returning = Some(Projection::Expressions(vec![Expression::Column(col("id", ID))]));
    for (from, later) in [(0, false), (50, true)] {
        let write = Insert { returning: returning.clone(), ..insert(&table, ["id"], rows(from)) };
        let sink = Moody::new(Mood::Stop, 1);
        let (_, sink) = match later {
            false => show(session, write, sink).await?,
            true => show_later(session, write, sink).await?,
        };
        assert_eq!(sink.rows, 1);
    }
    assert_eq!(query(session, in_order(&table)).await?.rows.len(), 100);
    Ok(())
}
