//! A network that gives nothing on and says nothing.

use std::time::{Duration, Instant};

use eloquent::prelude::*;
use eloquent::{ErrorKind, Result};
use eloquent_conformance::proxy::{Cut, End, Lane, Way};
use eloquent_conformance::wrapper::Wrapper;

use crate::ground::{ACQUIRE, Ground, Item, PATIENCE, SESSIONS, impatient};
use crate::server::Kind;

on_servers!(
    while_idle,
    before_a_sign_of_life,
    in_the_middle_of_a_statement,
    in_a_begin,
    in_a_commit,
    in_a_rollback,
    when_a_future_is_dropped,
    while_a_session_is_opened,
    without_a_bound_on_statements,
);

/// After the network is back, all sessions have to be, and what was lost must not matter.
async fn recovers(ground: Ground) -> Result<()> {
    ground.is_idle().await;
    ground.proxy.heal().await;
    let took = ground.full_capacity().await;
    println!("{}: full capacity {took:?} after the network was back", ground.kind.driver);
    // within twice what is promised: the machine may be busy
    assert!(took < 2 * (ACQUIRE + Duration::from_secs(2)), "{took:?}");
    ground.add(100).await?;
    assert_eq!(ground.tags().await?, [100]);
    ground.finish().await
}

async fn while_idle(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, impatient()).await?;
    ground.warm_up().await?;
    assert_eq!(ground.connection.status().idle, SESSIONS);
    ground.proxy.set(Way::Both, Lane::black_hole());
    for _ in 0..SESSIONS {
        let error = Item::query().on(&ground.db).get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    }
    recovers(ground).await
}

/// Sessions that were not used for long are asked for a sign of life first. With many of them silent, the
/// caller must not wait for one after the other.
async fn before_a_sign_of_life(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, impatient()).await?;
    let wrapper = Wrapper::around(kind.driver)?;
    wrapper.set_ping_after(Duration::ZERO);
    let db = ground.around(&wrapper, impatient())?;
    let open = [db.begin().await?, db.begin().await?, db.begin().await?, db.begin().await?];
    for transaction in open {
        transaction.rollback().await?;
    }
    assert_eq!(db.connection("wrapped")?.status().idle, SESSIONS);
    ground.proxy.set(Way::ToServer, Lane::black_hole());
    let query = Item::query().on(&db).get();
    assert!(tokio::time::timeout(Duration::from_millis(50), query).await.is_err());
    // those that have not lost anything yet lose it now
    ground.proxy.heal().await;
    ground.proxy.disconnect(End::Silence);
    let began = Instant::now();
    Item::query().on(&db).get().await?;
    let took = began.elapsed();
    println!("{}: {took:?} for a session, with all others silent", kind.driver);
    assert!(took < ACQUIRE + PATIENCE / 10, "{took:?}");
    db.close().await?;
    ground.finish().await
}

async fn in_the_middle_of_a_statement(kind: &'static Kind) -> Result<()> {
    for way in [Way::ToClient, Way::Both] {
        let ground = Ground::new(kind, impatient()).await?;
        ground.warm_up().await?;
        let statements: Vec<_> = (0..SESSIONS)
            .map(|_| {
                let (db, sleep) = (ground.db.clone(), kind.sleep);
                tokio::spawn(async move { Db::raw(sleep).on(&db).rows().await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        ground.proxy.set(way, Lane::black_hole());
        for statement in statements {
            let error = statement.await.expect("no panic").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        }
        recovers(ground).await?;
    }
    Ok(())
}

async fn in_a_begin(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, impatient()).await?;
    ground.warm_up().await?;
    ground.proxy.set(Way::Both, Lane::black_hole());
    let begin = tokio::time::timeout(PATIENCE, ground.db.begin());
    let error = begin.await.expect("a begin does not wait for ever").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    recovers(ground).await
}

async fn in_a_commit(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, impatient()).await?;
    let transaction = ground.db.begin().await?;
    Item::create(new!(Item { tag: 1, text: "x" })).on(&transaction).await?;
    ground.proxy.set(Way::ToServer, Lane::black_hole());
    let commit = tokio::time::timeout(PATIENCE, transaction.commit());
    let error = commit.await.expect("a commit does not wait for ever").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error}");
    recovers(ground).await
}

async fn in_a_rollback(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, impatient()).await?;
    let mut open = Vec::new();
    for tag in 0..4 {
        let transaction = ground.db.begin().await?;
        Item::create(new!(Item { tag, text: "x" })).on(&transaction).await?;
        open.push(transaction);
    }
    ground.proxy.set(Way::Both, Lane::black_hole());
    let dropped = open.split_off(2);
    for transaction in open {
        let rollback = tokio::time::timeout(PATIENCE, transaction.rollback());
        let outcome = rollback.await.expect("a rollback does not wait for ever");
        assert!(outcome.is_err(), "nobody has answered");
    }
    drop(dropped);
    recovers(ground).await
}

async fn when_a_future_is_dropped(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, impatient()).await?;
    ground.warm_up().await?;
    ground.proxy.set(Way::Both, Lane::black_hole());
    let moment = Duration::from_millis(50);
    for _ in 0..SESSIONS {
        let query = Item::query().on(&ground.db).get();
        assert!(tokio::time::timeout(moment, query).await.is_err());
    }
    recovers(ground).await
}

/// The server takes connections and never says a word.
async fn while_a_session_is_opened(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, impatient()).await?;
    ground.proxy.set(Way::ToClient, Lane::black_hole());
    let error = Item::query().on(&ground.db).get().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Connect), "{error}");
    recovers(ground).await
}

/// Without a bound the caller waits as long as it wants to; leaving must cost nothing but the session.
async fn without_a_bound_on_statements(kind: &'static Kind) -> Result<()> {
    let mut options = impatient();
    options.statement_timeout = None;
    let ground = Ground::new(kind, options).await?;
    ground.add(1).await?;
    Item::delete_all().on(&ground.db).await?;
    ground.proxy.cut(Cut::at_request(1).with(End::Silence));
    let query = Item::query().on(&ground.db).get();
    assert!(tokio::time::timeout(Duration::from_millis(300), query).await.is_err());
    assert_eq!(ground.proxy.pending(), 0);
    recovers(ground).await
}
