//! Transactions and savepoints.

use eloquent_core::ErrorKind;
use eloquent_core::driver::{Session, TransactionOptions};
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::value::Value;
use eloquent_core::{Name, Result};

use super::{Contract, col, delete, equal, execute, insert, query, select};
use crate::case::{Outcome, cases};

cases![Contract:
    a_commit_keeps[TRANSACTIONS], a_rollback_undoes[TRANSACTIONS],
    others_see_nothing_before_the_commit[TRANSACTIONS], it_sees_its_own_writes[TRANSACTIONS],
    one_after_the_other[TRANSACTIONS], a_failed_statement_can_be_rolled_back[TRANSACTIONS],
    a_dropped_session_rolls_back[TRANSACTIONS], a_reset_rolls_back[TRANSACTIONS],
    settling_keeps_the_transaction[TRANSACTIONS], writers_take_turns[TRANSACTIONS],
    transactions_are_refused[NO_TRANSACTIONS], savepoints_undo_in_part[SAVEPOINTS],
    savepoints_nest[SAVEPOINTS], a_name_is_used_again[SAVEPOINTS],
    a_failed_statement_spares_the_outer_part[SAVEPOINTS],
    an_outer_rollback_takes_all[SAVEPOINTS], savepoints_are_refused[NO_SAVEPOINTS, TRANSACTIONS],
];

const ID: ColumnType = ColumnType::I64;

async fn table(cx: &Contract, session: &mut dyn Session) -> Result<Name> {
    cx.table(session, &[Column::new("id", ID)]).await
}

async fn add(session: &mut dyn Session, table: &Name, id: i64) -> Result<()> {
    execute(session, insert(table, ["id"], [[Value::I64(id)]])).await.map(drop)
}

async fn ids(session: &mut dyn Session, table: &Name) -> Result<Vec<i64>> {
    let mut ids = query(session, select(table, &[col("id", ID)])).await?.column(0)?;
    ids.sort_unstable();
    Ok(ids)
}

async fn begin(session: &mut dyn Session, depth: u32) -> Result<()> {
    session.begin(depth, TransactionOptions::default()).await
}

async fn a_commit_keeps(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let table = table(&cx, &mut *session).await?;
    begin(&mut *session, 0).await?;
    add(&mut *session, &table, 1).await?;
    add(&mut *session, &table, 2).await?;
    session.commit(0).await?;
    drop(session);
    assert_eq!(ids(&mut *cx.session().await?, &table).await?, [1, 2]);
    Ok(())
}

async fn a_rollback_undoes(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = table(&cx, session).await?;
    add(session, &table, 1).await?;
    begin(session, 0).await?;
    add(session, &table, 2).await?;
    execute(session, delete(&table, vec![equal(col("id", ID), 1_i64)])).await?;
    session.rollback(0).await?;
    assert_eq!(ids(session, &table).await?, [1]);
    // after it, each statement stands for itself again
    add(session, &table, 3).await?;
    assert_eq!(ids(&mut *cx.session().await?, &table).await?, [1, 3]);
    Ok(())
}

async fn others_see_nothing_before_the_commit(cx: Contract) -> Outcome {
    let (mut session, mut other) = (cx.session().await?, cx.session().await?);
    let (session, other) = (&mut *session, &mut *other);
    let table = table(&cx, session).await?;
    begin(session, 0).await?;
    add(session, &table, 1).await?;
    match ids(other, &table).await {
        Ok(seen) => assert_eq!(seen, [0_i64; 0]),
        // a database in memory may let readers wait
        Err(error) => assert_eq!(error.kind(), ErrorKind::Busy, "{error}"),
    }
    session.commit(0).await?;
    assert_eq!(ids(other, &table).await?, [1]);
    Ok(())
}

async fn it_sees_its_own_writes(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = table(&cx, session).await?;
    begin(session, 0).await?;
    add(session, &table, 1).await?;
    assert_eq!(ids(session, &table).await?, [1]);
    session.rollback(0).await?;
    Ok(())
}

async fn one_after_the_other(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = table(&cx, session).await?;
    for id in 0..50 {
        begin(session, 0).await?;
        add(session, &table, id).await?;
        if id % 2 == 0 { session.commit(0).await? } else { session.rollback(0).await? }
    }
    assert_eq!(ids(session, &table).await?, (0..25).map(|n| n * 2).collect::<Vec<i64>>());
    Ok(())
}

async fn a_failed_statement_can_be_rolled_back(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = table(&cx, session).await?;
    begin(session, 0).await?;
    add(session, &table, 1).await?;
    let error = add(session, &table, 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    session.rollback(0).await?;
    assert!(ids(session, &table).await?.is_empty());
    begin(session, 0).await?;
    add(session, &table, 2).await?;
    session.commit(0).await?;
    assert_eq!(ids(session, &table).await?, [2]);
    Ok(())
}

async fn a_dropped_session_rolls_back(cx: Contract) -> Outcome {
    let mut other = cx.session().await?;
    let table = table(&cx, &mut *other).await?;
    let mut session = cx.session().await?;
    begin(&mut *session, 0).await?;
    add(&mut *session, &table, 1).await?;
    drop(session);
    // what it held is free: this waits at most for the session to close
    begin(&mut *other, 0).await?;
    add(&mut *other, &table, 1).await?;
    other.commit(0).await?;
    assert_eq!(ids(&mut *other, &table).await?, [1]);
    Ok(())
}

async fn a_reset_rolls_back(cx: Contract) -> Outcome {
    let (mut session, mut other) = (cx.session().await?, cx.session().await?);
    let (session, other) = (&mut *session, &mut *other);
    let table = table(&cx, session).await?;
    begin(session, 0).await?;
    add(session, &table, 1).await?;
    session.reset().await?;
    assert!(ids(session, &table).await?.is_empty());
    begin(other, 0).await?;
    add(other, &table, 2).await?;
    other.commit(0).await?;
    // as new: it can begin again, and what it writes is kept
    begin(session, 0).await?;
    add(session, &table, 3).await?;
    session.commit(0).await?;
    session.reset().await?;
    assert_eq!(ids(other, &table).await?, [2, 3]);
    Ok(())
}

async fn settling_keeps_the_transaction(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = table(&cx, session).await?;
    begin(session, 0).await?;
    add(session, &table, 1).await?;
    session.settle().await?;
    add(session, &table, 2).await?;
    session.commit(0).await?;
    assert_eq!(ids(&mut *cx.session().await?, &table).await?, [1, 2]);
    Ok(())
}

/// Two transactions that write at the same time both come to their end, one after the other if need
/// be. None is lost.
async fn writers_take_turns(cx: Contract) -> Outcome {
    let mut first = cx.session().await?;
    let table = table(&cx, &mut *first).await?;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4_i64 {
        let (cx, table) = (cx.clone(), table.clone());
        writers.spawn(async move {
            let mut session = cx.session().await?;
            let session = &mut *session;
            for step in 0..10 {
                begin(session, 0).await?;
                add(session, &table, writer * 100 + step).await?;
                add(session, &table, writer * 100 + step + 50).await?;
                session.commit(0).await?;
            }
            Ok::<(), eloquent_core::Error>(())
        });
    }
    while let Some(written) = writers.join_next().await {
        written.expect("no panic")?;
    }
    assert_eq!(ids(&mut *first, &table).await?.len(), 80);
    Ok(())
}

async fn transactions_are_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    for depth in [0, 1] {
        let error = begin(&mut *session, depth).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    assert!(!cx.connection().capabilities().savepoints, "savepoints are parts of transactions");
    Ok(())
}

async fn savepoints_undo_in_part(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = table(&cx, session).await?;
    begin(session, 0).await?;
    add(session, &table, 1).await?;
    begin(session, 1).await?;
    add(session, &table, 2).await?;
    session.rollback(1).await?;
    assert_eq!(ids(session, &table).await?, [1]);
    begin(session, 1).await?;
    add(session, &table, 3).await?;
    session.commit(1).await?;
    session.commit(0).await?;
    assert_eq!(ids(session, &table).await?, [1, 3]);
    Ok(())
}

async fn savepoints_nest(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = table(&cx, session).await?;
    begin(session, 0).await?;
    for depth in 1..=5 {
        begin(session, depth).await?;
        add(session, &table, depth.into()).await?;
    }
    session.commit(5).await?;
    session.rollback(4).await?;
    session.commit(3).await?;
    session.commit(2).await?;
    session.commit(1).await?;
    session.commit(0).await?;
    assert_eq!(ids(session, &table).await?, [1, 2, 3]);
    Ok(())
}

async fn a_name_is_used_again(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = table(&cx, session).await?;
    begin(session, 0).await?;
    for id in 0..20 {
        begin(session, 1).await?;
        add(session, &table, id).await?;
        if id % 2 == 0 { session.commit(1).await? } else { session.rollback(1).await? }
    }
    session.commit(0).await?;
    assert_eq!(ids(session, &table).await?.len(), 10);
    Ok(())
}

async fn a_failed_statement_spares_the_outer_part(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = table(&cx, session).await?;
    begin(session, 0).await?;
    add(session, &table, 1).await?;
    begin(session, 1).await?;
    add(session, &table, 2).await?;
    assert!(add(session, &table, 1).await.is_err());
    session.rollback(1).await?;
    add(session, &table, 3).await?;
    session.commit(0).await?;
    assert_eq!(ids(session, &table).await?, [1, 3]);
    Ok(())
}

async fn an_outer_rollback_takes_all(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = table(&cx, session).await?;
    begin(session, 0).await?;
    begin(session, 1).await?;
    add(session, &table, 1).await?;
    session.commit(1).await?;
    begin(session, 1).await?;
    add(session, &table, 2).await?;
    session.rollback(0).await?;
    assert!(ids(session, &table).await?.is_empty());
    Ok(())
}

async fn savepoints_are_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = table(&cx, session).await?;
    begin(session, 0).await?;
    add(session, &table, 1).await?;
    let error = begin(session, 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    // nothing was sent, so the transaction is as it was
    add(session, &table, 2).await?;
    session.commit(0).await?;
    assert_eq!(ids(session, &table).await?, [1, 2]);
    Ok(())
}
