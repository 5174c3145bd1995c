//! What belongs to connections and sessions beside statements.

use std::collections::HashSet;

use eloquent_core::ErrorKind;
use eloquent_core::driver::{Isolation, TransactionOptions};
use eloquent_core::schema::ColumnType;
use eloquent_core::value::Value;

use super::crud::{people, scores};
use super::{Contract, assign, col, equal, execute, insert, query, select, update};
use crate::case::{Outcome, cases};

cases![Contract:
    sessions_answer, sessions_share_the_database, rendering_shows_no_value, plans_show_no_value,
    both_ways_give_the_same, isolation_is_kept_or_refused[TRANSACTIONS],
    a_read_only_transaction_reads[TRANSACTIONS], capabilities_make_sense,
];

const ID: ColumnType = ColumnType::I64;
const CANARY: &str = "canary-7f3a";

async fn sessions_answer(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    session.ping().await?;
    assert!(!session.is_broken());
    session.settle().await?;
    session.reset().await?;
    session.ping().await?;
    assert!(!session.is_broken());
    Ok(())
}

async fn sessions_share_the_database(cx: Contract) -> Outcome {
    let most = cx.connection().max_sessions().unwrap_or(4).min(4);
    let mut sessions = Vec::new();
    for _ in 0..most {
        sessions.push(cx.session().await?);
    }
    let table = people(&cx, &mut *sessions[0]).await?;
    for session in &mut sessions {
        assert_eq!(scores(&mut **session, &table).await?.len(), 3);
    }
    drop(sessions);
    // what was written outlives the sessions
    assert_eq!(scores(&mut *cx.session().await?, &table).await?.len(), 3);
    Ok(())
}

/// The text has the names, and a place for each value.
async fn rendering_shows_no_value(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let name = || col("name", ColumnType::String { length: 100 });
    let canary = || CANARY.to_owned();
    let mut read = select(&table, &[col("id", ID)]);
    read.filter = vec![equal(name(), canary())];
    let row = [[Value::I64(7), Value::Text(canary())]];
    let statements: [Box<dyn Fn() -> eloquent_core::statement::Statement>; 4] = [
        Box::new(move || super::Ask::into_statement(read.clone())),
        Box::new({
            let table = table.clone();
            move || super::Ask::into_statement(insert(&table, ["id", "name"], row.clone()))
        }),
        Box::new({
            let table = table.clone();
            move || {
                let set = vec![assign(name(), CANARY.to_owned())];
                super::Ask::into_statement(update(
                    &table,
                    set,
                    vec![equal(name(), CANARY.to_owned())],
                ))
            }
        }),
        Box::new({
            let table = table.clone();
            move || {
                let filter = vec![equal(name(), CANARY.to_owned())];
                super::Ask::into_statement(super::delete(&table, filter))
            }
        }),
    ];
    for statement in statements {
        let text = session.render(&statement())?;
        assert!(text.contains(&*table), "{text}");
        assert!(!text.contains(CANARY), "{text}");
    }
    Ok(())
}

async fn plans_show_no_value(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let mut read = select(&table, &[col("id", ID)]);
    read.filter = vec![equal(col("name", ColumnType::Text), CANARY.to_owned())];
    let read = super::Ask::into_statement(read);
    match session.explain(&read).await {
        Ok(plan) => assert!(!plan.is_empty() && !plan.contains(CANARY), "{plan}"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}"),
    }
    // it was not run, and nothing is left of it
    assert_eq!(scores(session, &table).await?.len(), 3);
    Ok(())
}

/// The synchronous attempt and the asynchronous way do the same, also again and again.
async fn both_ways_give_the_same(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let mut read = select(&table, &[col("id", ID), col("score", ColumnType::I64)]);
    read.order_by = vec![eloquent_core::statement::Order {
        expression: eloquent_core::statement::Expression::Column(col("id", ID)),
        descending: true,
    }];
    let first = query(session, read.clone()).await?;
    for _ in 0..20 {
        assert_eq!(query(session, read.clone()).await?, first);
        assert_eq!(super::fetch(session, read.clone()).await?, first);
        let executed = session.execute(&super::Ask::into_statement(read.clone())).await?;
        assert_eq!(executed, first.affected);
    }
    Ok(())
}

async fn isolation_is_kept_or_refused(cx: Contract) -> Outcome {
    let (mut session, mut other) = (cx.session().await?, cx.session().await?);
    let (session, other) = (&mut *session, &mut *other);
    let table = people(&cx, session).await?;
    for isolation in [Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable]
    {
        let mut options = TransactionOptions::default();
        (options.isolation, options.read_only) = (Some(isolation), true);
        if let Err(error) = session.begin(0, options).await {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{isolation:?}: {error}");
            continue;
        }
        let before = scores(session, &table).await?;
        let new = before.iter().map(|(id, _)| id).max().map_or(1, |id| id + 1);
        let row = [[Value::I64(new), Value::Text(format!("new {new}"))]];
        let written = execute(other, insert(&table, ["id", "name"], row)).await;
        let after = scores(session, &table).await?;
        if isolation != Isolation::ReadCommitted {
            assert_eq!(after, before, "{isolation:?}");
        }
        session.commit(0).await?;
        match written {
            Ok(_) => assert_eq!(scores(session, &table).await?.len(), before.len() + 1),
            // a reader may keep writers waiting
            Err(error) => assert_eq!(error.kind(), ErrorKind::Busy, "{error}"),
        }
    }
    Ok(())
}

async fn a_read_only_transaction_reads(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let mut options = TransactionOptions::default();
    options.read_only = true;
    session.begin(0, options).await?;
    assert_eq!(scores(session, &table).await?.len(), 3);
    let row = [[Value::I64(9), Value::Text("x".to_owned())]];
    if let Err(error) = execute(session, insert(&table, ["id", "name"], row)).await {
        assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    }
    session.rollback(0).await?;
    assert_eq!(scores(session, &table).await?.len(), 3);
    // the next one may write again
    session.begin(0, TransactionOptions::default()).await?;
    let row = [[Value::I64(9), Value::Text("x".to_owned())]];
    execute(session, insert(&table, ["id", "name"], row)).await?;
    session.commit(0).await?;
    assert_eq!(scores(session, &table).await?.len(), 4);
    Ok(())
}

async fn capabilities_make_sense(cx: Contract) -> Outcome {
    let capabilities = cx.connection().capabilities();
    assert!(capabilities.max_binds > 0 && capabilities.insert_rows > 0, "{capabilities:?}");
    assert!(capabilities.transactions || !capabilities.savepoints, "{capabilities:?}");
    // the same each time, and not what the last session happened to find
    let seen: HashSet<String> =
        (0..3).map(|_| format!("{:?}", cx.connection().capabilities())).collect();
    assert_eq!(seen.len(), 1);
    drop(cx.session().await?);
    assert_eq!(cx.connection().capabilities(), capabilities);
    Ok(())
}
