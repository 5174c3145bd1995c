//! Statements that fail, are lost, are never answered, or panic.

use std::sync::Arc;
use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{ErrorKind, Result};
use eloquent_conformance::wrapper::{Call, Fault, Step};

use crate::ground::{Ground, Item, options};

#[tokio::test]
async fn calls_and_sessions_are_counted() -> Result<()> {
    let ground = Ground::new(options()).await?;
    ground.wrapper.listen();
    let transaction = ground.db.begin().await?;
    assert_eq!(ground.wrapper.counts().in_transaction, 1);
    Item::create(new!(Item { id: 1, label: "x" })).on(&transaction).await?;
    transaction.nested().await?.commit().await?;
    transaction.commit().await?;
    let steps: Vec<(Step, u32)> =
        ground.wrapper.calls().iter().map(|c| (c.step, c.depth)).collect();
    let expected = [
        (Step::Begin, 0),
        (Step::Statement, 0),
        (Step::Begin, 1),
        (Step::Commit, 1),
        (Step::Commit, 0),
    ];
    assert_eq!(steps, expected);
    let counts = ground.wrapper.counts();
    assert_eq!((counts.opened, counts.closed, counts.in_transaction), (1, 0, 0));
    ground.db.close().await?;
    assert_eq!(ground.wrapper.counts().closed, 1);
    Ok(())
}

#[tokio::test]
async fn an_update_sends_the_difference() -> Result<()> {
    let ground = Ground::new(options()).await?;
    ground.add(1).await?;
    let mut item = Item::find(1).on(&ground.db).or_fail().await?;
    ground.wrapper.listen();
    item.update(|i| i.label = "x".into()).on(&ground.db).await?;
    assert_eq!(ground.wrapper.calls(), []);
    item.update(|i| i.label = "new".into()).on(&ground.db).await?;
    let calls: Vec<Call> = ground.wrapper.calls();
    assert_eq!(calls.len(), 1);
    let text = &calls[0].text;
    assert!(text.contains("label") && text.contains("UPDATE") && !text.contains("new"), "{text}");
    Ok(())
}

#[tokio::test]
async fn an_error_says_where_and_harms_nothing() -> Result<()> {
    let ground = Ground::new(options()).await?;
    ground.wrapper.inject(Fault::before(Step::Statement, ErrorKind::Full));
    let error = ground.add(1).await.unwrap_err();
    assert_eq!((error.kind(), error.connection()), (ErrorKind::Full, Some("main")), "{error}");
    assert_eq!(error.model(), Some("Item"));
    ground.is_healthy().await;
    assert_eq!(ground.ids().await?, [0; 0]);
    assert_eq!(ground.wrapper.counts().opened, 1, "the session is used again");
    Ok(())
}

#[tokio::test]
async fn a_lost_session_is_replaced_and_nothing_is_sent_twice() -> Result<()> {
    let ground = Ground::new(options()).await?;
    for (id, fault) in
        [(1, Fault::lost_before(Step::Statement)), (2, Fault::lost_after(Step::Statement))]
    {
        ground.wrapper.inject(fault);
        let error = ground.add(id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
        ground.is_healthy().await;
    }
    // the second one happened, as the error says may be
    assert_eq!(ground.ids().await?, [2]);
    let counts = ground.wrapper.counts();
    assert_eq!((counts.opened, counts.closed), (3, 2));
    Ok(())
}

#[tokio::test]
async fn silence_ends_with_the_statement_timeout() -> Result<()> {
    let ground = Ground::new(options().statement_timeout(Duration::from_millis(30))).await?;
    ground.wrapper.inject(Fault::never(Step::Statement));
    let error = ground.add(1).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::Timeout, Some("Item")), "{error}");
    ground.is_healthy().await;
    // in a transaction it takes the transaction along
    let transaction = Db::transaction(async {
        ground.add(2).await?;
        ground.wrapper.inject(Fault::never(Step::Statement));
        assert_eq!(ground.add(3).await.unwrap_err().kind(), ErrorKind::Timeout);
        ground.add(4).await
    });
    let error = ground.db.scope(transaction.into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TransactionAborted, "{error}");
    ground.is_healthy().await;
    assert_eq!(ground.ids().await?, [0; 0]);
    Ok(())
}

#[tokio::test]
async fn a_driver_that_panics_takes_nobody_along() -> Result<()> {
    let ground = Arc::new(Ground::new(options()).await?);
    for _ in 0..5 {
        let task = ground.clone();
        ground.wrapper.inject(Fault::panic(Step::Statement));
        let panicked = tokio::spawn(async move { task.add(1).await }).await;
        assert!(panicked.is_err_and(|error| error.is_panic()));
        ground.is_healthy().await;
        let task = ground.clone();
        let inside = tokio::spawn(async move {
            let db = task.db.clone();
            db.scope(
                Db::transaction(async {
                    task.add(1).await?;
                    task.wrapper.inject(Fault::panic(Step::Statement));
                    task.add(2).await
                })
                .into_future(),
            )
            .await
        });
        assert!(inside.await.is_err_and(|error| error.is_panic()));
        ground.is_healthy().await;
    }
    assert_eq!(ground.ids().await?, [0; 0]);
    Ok(())
}
