//! Transactions inside transactions, and what waits for the outermost.

use std::sync::{Arc, Mutex};

use eloquent::prelude::*;
use eloquent::{Error, ErrorKind, Result};

use super::Orm;
use super::models::{Item, items};
use crate::case::{Outcome, cases};

cases![Orm:
    inner_ones_are_undone_alone[SAVEPOINTS], outer_ones_take_all[SAVEPOINTS], five_deep[SAVEPOINTS],
    guards_nest[SAVEPOINTS], dropped_levels_are_undone[SAVEPOINTS], an_inner_panic[SAVEPOINTS],
    one_level_at_a_time[SAVEPOINTS], without_savepoints_it_is_refused[NO_SAVEPOINTS, TRANSACTIONS],
    hooks_run_after_the_commit[TRANSACTIONS], hooks_of_what_is_undone[SAVEPOINTS],
    a_hook_outside_runs_at_once, a_transaction_that_is_over[TRANSACTIONS],
];

async fn add(id: i64) -> Result<()> {
    Item::create(new!(Item { id, label: "x" })).await.map(drop)
}

async fn ids() -> Result<Vec<i64>> {
    Item::query().order_by(|i| i.id.asc()).pluck(|i| i.id).await
}

fn failed<T>() -> Result<T> {
    Err(Error::custom(std::io::Error::other("on purpose")))
}

async fn inner_ones_are_undone_alone(_: Orm) -> Outcome {
    items([]).await?;
    Db::transaction(async {
        add(1).await?;
        let inner: Result<()> = Db::transaction(async {
            add(2).await?;
            failed()
        })
        .await;
        assert_eq!(inner.unwrap_err().kind(), ErrorKind::Custom);
        Db::transaction(add(3)).await?;
        add(4).await
    })
    .await?;
    assert_eq!(ids().await?, [1, 3, 4]);
    Ok(())
}

async fn outer_ones_take_all(_: Orm) -> Outcome {
    items([]).await?;
    let outer: Result<()> = Db::transaction(async {
        Db::transaction(add(1)).await?;
        failed()
    })
    .await;
    assert!(outer.is_err());
    assert_eq!(ids().await?, [0; 0]);
    Ok(())
}

fn nest(depth: i64) -> std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send>> {
    Box::pin(async move {
        add(depth).await?;
        if depth < 5 {
            // what lies below the third level is undone
            let _: Result<()> = Db::transaction(nest(depth + 1)).await;
        }
        if depth == 4 { failed() } else { Ok(()) }
    })
}

async fn five_deep(_: Orm) -> Outcome {
    items([]).await?;
    Db::transaction(nest(1)).await?;
    assert_eq!(ids().await?, [1, 2, 3]);
    Ok(())
}

async fn guards_nest(cx: Orm) -> Outcome {
    items([]).await?;
    let outer = cx.db.begin().await?;
    let item = |id| Item::create(new!(Item { id, label: "x" }));
    item(1).on(&outer).await?;
    let inner = outer.nested().await?;
    item(2).on(&inner).await?;
    inner.rollback().await?;
    let inner = outer.nested().await?;
    item(3).on(&inner).await?;
    let innermost = inner.nested().await?;
    item(4).on(&innermost).await?;
    innermost.commit().await?;
    inner.commit().await?;
    outer.commit().await?;
    assert_eq!(ids().await?, [1, 3, 4]);
    Ok(())
}

async fn dropped_levels_are_undone(cx: Orm) -> Outcome {
    items([]).await?;
    let outer = cx.db.begin().await?;
    let item = |id| Item::create(new!(Item { id, label: "x" }));
    item(1).on(&outer).await?;
    let inner = outer.nested().await?;
    item(2).on(&inner).await?;
    let innermost = inner.nested().await?;
    item(3).on(&innermost).await?;
    drop(innermost);
    drop(inner);
    item(4).on(&outer).await?;
    outer.commit().await?;
    assert_eq!(ids().await?, [1, 4]);
    Ok(())
}

async fn an_inner_panic(_: Orm) -> Outcome {
    items([]).await?;
    Db::transaction(async {
        add(1).await?;
        let inner = Db::spawn(
            Db::transaction(async {
                add(2).await?;
                if true {
                    panic!("the inner transaction panics, as it should");
                }
                Ok::<(), eloquent::Error>(())
            })
            .into_future(),
        );
        assert!(inner.await.is_err());
        add(3).await
    })
    .await?;
    assert_eq!(ids().await?, [1, 3]);
    Ok(())
}

/// The outer level cannot be used while an inner one is open: its statement would be undone with it.
async fn one_level_at_a_time(cx: Orm) -> Outcome {
    items([]).await?;
    let outer = cx.db.begin().await?;
    let inner = outer.nested().await?;
    let error = Item::query().on(&outer).count().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    inner.commit().await?;
    assert_eq!(Item::query().on(&outer).count().await?, 0);
    outer.commit().await?;
    Ok(())
}

async fn without_savepoints_it_is_refused(_: Orm) -> Outcome {
    items([]).await?;
    Db::transaction(async {
        add(1).await?;
        let error = Db::transaction(add(2)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        add(3).await
    })
    .await?;
    assert_eq!(ids().await?, [1, 3]);
    Ok(())
}

/// What the hooks wrote down.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<&'static str>>>);

impl Heard {
    fn note(&self, what: &'static str) {
        let heard = self.0.clone();
        Db::after_commit(move || heard.lock().expect("no panic").push(what));
    }

    fn all(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

async fn hooks_run_after_the_commit(cx: Orm) -> Outcome {
    items([]).await?;
    let heard = Heard::default();
    Db::transaction(async {
        heard.note("first");
        add(1).await?;
        heard.note("second");
        assert_eq!(heard.all(), [""; 0]);
        Ok::<(), eloquent::Error>(())
    })
    .await?;
    assert_eq!(heard.all(), ["first", "second"]);
    let outcome: Result<()> = Db::transaction(async {
        heard.note("never");
        failed()
    })
    .await;
    assert!(outcome.is_err());
    let transaction = cx.db.begin().await?;
    transaction.scope(async { heard.note("dropped") }).await;
    drop(transaction);
    let transaction = cx.db.begin().await?;
    transaction.scope(async { heard.note("guard") }).await;
    transaction.commit().await?;
    assert_eq!(heard.all(), ["guard"]);
    Ok(())
}

async fn hooks_of_what_is_undone(_: Orm) -> Outcome {
    items([]).await?;
    let heard = Heard::default();
    Db::transaction(async {
        let kept: Result<()> = Db::transaction(async {
            heard.note("inner");
            Ok(())
        })
        .await;
        kept?;
        assert_eq!(heard.all(), [""; 0], "the outermost decides");
        let undone: Result<()> = Db::transaction(async {
            heard.note("undone");
            let _: Result<()> = Db::transaction(async {
                heard.note("inside of what is undone");
                Ok(())
            })
            .await;
            failed()
        })
        .await;
        assert!(undone.is_err());
        heard.note("outer");
        Ok::<(), eloquent::Error>(())
    })
    .await?;
    assert_eq!(heard.all(), ["inner", "outer"]);
    Ok(())
}

async fn a_hook_outside_runs_at_once(_: Orm) -> Outcome {
    let heard = Heard::default();
    heard.note("now");
    assert_eq!(heard.all(), ["now"]);
    Ok(())
}

async fn a_transaction_that_is_over(cx: Orm) -> Outcome {
    items([]).await?;
    let transaction = cx.db.begin().await?;
    let query = Item::query().on(&transaction);
    transaction.commit().await?;
    let error = query.count().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TransactionAborted, "{error}");
    let transaction = cx.db.begin().await?;
    let query = Item::query().on(&transaction);
    drop(transaction);
    assert_eq!(query.count().await.unwrap_err().kind(), ErrorKind::TransactionAborted);
    Ok(())
}
