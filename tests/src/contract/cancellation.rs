//! Futures that are dropped, and the session that is left.

use eloquent_core::driver::{Session, TransactionOptions};
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::Statement;
use eloquent_core::value::Value;
use eloquent_core::{Name, Result};

use super::{Ask, Collect, Contract, col, execute, insert, query, select};
use crate::cancellation::{Moment, poll_times};
use crate::case::{Outcome, cases};

cases![Contract:
    a_read_can_be_dropped, a_write_can_be_dropped, a_begin_can_be_dropped[TRANSACTIONS],
    a_commit_can_be_dropped[TRANSACTIONS], a_rollback_can_be_dropped[TRANSACTIONS],
    a_read_in_a_transaction_can_be_dropped[TRANSACTIONS],
    a_savepoint_can_be_dropped[SAVEPOINTS], opening_can_be_dropped, a_dropped_session_lets_go,
];

const ID: ColumnType = ColumnType::I64;
/// More awaits than a single step of a session has.
const ENDLESS: usize = 10_000;

async fn numbers(cx: &Contract, session: &mut dyn Session) -> Result<Name> {
    let table = cx.table(session, &[Column::new("id", ID)]).await?;
    let rows = (0..100).map(|id| [Value::I64(id)]);
    execute(session, insert(&table, ["id"], rows)).await?;
    Ok(table)
}

fn all(table: &Name) -> Statement {
    select(table, &[col("id", ID)]).into_statement()
}

fn one(table: &Name, id: i64) -> Statement {
    insert(table, ["id"], [[Value::I64(id)]]).into_statement()
}

async fn ids(session: &mut dyn Session, table: &Name) -> Result<Vec<i64>> {
    let mut ids = query(session, all(table)).await?.column(0)?;
    ids.sort_unstable();
    Ok(ids)
}

async fn begin(session: &mut dyn Session) -> Result<()> {
    session.begin(0, TransactionOptions::default()).await
}

/// Every number of polls until the step ends, at both moments.
fn attempts() -> impl Iterator<Item = (usize, Moment)> {
    (0..ENDLESS).flat_map(|polls| [(polls, Moment::Waiting), (polls, Moment::Woken)])
}

/// Whether another session can write right away, so that nothing is locked.
async fn is_free(cx: &Contract, table: &Name) -> Result<()> {
    let mut other = cx.session().await?;
    execute(&mut *other, one(table, -1)).await?;
    let gone = super::delete(table, vec![super::equal(col("id", ID), -1_i64)]);
    assert_eq!(execute(&mut *other, gone).await?.rows, 1);
    Ok(())
}

async fn a_read_can_be_dropped(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    let read = all(&table);
    for (polls, moment) in attempts() {
        let fetch = session.fetch(&read, Box::new(Collect::default()));
        let ended = poll_times(polls, moment, fetch).await.transpose()?.is_some();
        session.reset().await?;
        assert_eq!(ids(session, &table).await?.len(), 100);
        if ended {
            break;
        }
    }
    is_free(&cx, &table).await?;
    Ok(())
}

/// The row is there or not, and it is there if that was said.
async fn a_write_can_be_dropped(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    for (id, (polls, moment)) in (1000_i64..).zip(attempts()) {
        let write = one(&table, id);
        let ended = poll_times(polls, moment, session.execute(&write)).await.transpose()?;
        session.reset().await?;
        let found = ids(session, &table).await?;
        assert!(found.iter().filter(|found| **found < 1000).count() == 100);
        is_free(&cx, &table).await?;
        if ended.is_some() {
            assert!(found.contains(&id), "it was acknowledged, and is gone");
            break;
        }
    }
    Ok(())
}

async fn a_begin_can_be_dropped(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    for (polls, moment) in attempts() {
        let ended = poll_times(polls, moment, begin(session)).await.transpose()?.is_some();
        session.reset().await?;
        is_free(&cx, &table).await?;
        // no transaction is left open, in which this would be lost
        execute(session, one(&table, 500)).await?;
        let mut other = cx.session().await?;
        assert!(ids(&mut *other, &table).await?.contains(&500));
        let gone = super::delete(&table, vec![super::equal(col("id", ID), 500_i64)]);
        execute(session, gone).await?;
        if ended {
            break;
        }
    }
    Ok(())
}

/// All of it is there, or nothing; all, if that was said.
async fn a_commit_can_be_dropped(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    for (id, (polls, moment)) in (1000_i64..).step_by(2).zip(attempts()) {
        begin(session).await?;
        execute(session, one(&table, id)).await?;
        execute(session, one(&table, id + 1)).await?;
        let ended = poll_times(polls, moment, session.commit(0)).await.transpose()?;
        session.reset().await?;
        is_free(&cx, &table).await?;
        let found = ids(session, &table).await?;
        assert_eq!(found.contains(&id), found.contains(&(id + 1)), "a part of a transaction");
        if ended.is_some() {
            assert!(found.contains(&id), "it was acknowledged, and is gone");
            break;
        }
    }
    Ok(())
}

async fn a_rollback_can_be_dropped(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    for (polls, moment) in attempts() {
        begin(session).await?;
        execute(session, one(&table, 1000)).await?;
        let ended = poll_times(polls, moment, session.rollback(0)).await.transpose()?;
        session.reset().await?;
        is_free(&cx, &table).await?;
        assert_eq!(ids(session, &table).await?.len(), 100);
        if ended.is_some() {
            break;
        }
    }
    Ok(())
}

/// A transaction outlives a read that nobody waits for.
async fn a_read_in_a_transaction_can_be_dropped(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    let read = all(&table);
    for (id, (polls, moment)) in (1000_i64..).zip(attempts()) {
        begin(session).await?;
        execute(session, one(&table, id)).await?;
        let fetch = session.fetch(&read, Box::new(Collect::default()));
        let ended = poll_times(polls, moment, fetch).await.transpose()?.is_some();
        session.settle().await?;
        assert!(ids(session, &table).await?.contains(&id));
        session.commit(0).await?;
        assert!(ids(&mut *cx.session().await?, &table).await?.contains(&id));
        if ended {
            break;
        }
    }
    Ok(())
}

async fn a_savepoint_can_be_dropped(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = numbers(&cx, session).await?;
    for (polls, moment) in attempts() {
        begin(session).await?;
        execute(session, one(&table, 1000)).await?;
        let savepoint = session.begin(1, TransactionOptions::default());
        let ended = poll_times(polls, moment, savepoint).await.transpose()?.is_some();
        session.settle().await?;
        session.rollback(0).await?;
        is_free(&cx, &table).await?;
        assert_eq!(ids(session, &table).await?.len(), 100);
        if ended {
            break;
        }
    }
    Ok(())
}

async fn opening_can_be_dropped(cx: Contract) -> Outcome {
    for (polls, moment) in attempts() {
        let opened = poll_times(polls, moment, cx.session()).await.transpose()?;
        let ended = opened.is_some();
        drop(opened);
        cx.session().await?.ping().await?;
        if ended {
            break;
        }
    }
    Ok(())
}

/// A session that is dropped while something is under way closes, and what it held is free.
async fn a_dropped_session_lets_go(cx: Contract) -> Outcome {
    let mut first = cx.session().await?;
    let table = numbers(&cx, &mut *first).await?;
    drop(first);
    for (id, (polls, moment)) in (1000_i64..).zip(attempts()) {
        let mut session = cx.session().await?;
        if cx.connection().capabilities().transactions {
            begin(&mut *session).await?;
        }
        let write = one(&table, id);
        let ended = poll_times(polls, moment, session.execute(&write)).await.transpose()?;
        drop(session);
        is_free(&cx, &table).await?;
        if ended.is_some() {
            break;
        }
    }
    Ok(())
}
