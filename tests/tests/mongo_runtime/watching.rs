//! Change streams.

use std::time::{Duration, Instant};

use eloquent::prelude::*;
use eloquent::{ChangeKind, Changes, ErrorKind, Result, ResumeToken};
use eloquent_conformance::cancellation::{Moment, poll_times};
use eloquent_conformance::proxy::{End, Proxy};

use crate::ground::{Ground, Order, address, config, order};

const PATIENCE: Duration = Duration::from_secs(30);

/// The next change, as text: kind, key and what the row holds.
async fn next(changes: &mut Changes<Order>) -> Result<String> {
    let change = tokio::time::timeout(PATIENCE, changes.next()).await.expect("a change in time");
    let change = change.expect("no end")?;
    let row = change.row.map(|row| format!(" {}={}", row.customer, row.cents)).unwrap_or_default();
    Ok(format!("{:?} {}{row}", change.kind, change.key))
}

#[tokio::test]
async fn each_kind_of_change_is_told() -> Result<()> {
    let ground = Ground::new().await?;
    ground.fill().await?;
    let mut changes = Order::watch().on(&ground.db).await?;
    Order::create(order(9, "ada", 1)).on(&ground.db).await?;
    let mut nine = Order::find(9).on(&ground.db).or_fail().await?;
    nine.update(|o| o.cents = 2).on(&ground.db).await?;
    let replacement = eloquent::mongo::bson::doc! { "customer": "grace", "cents": 3_i64 };
    let orders = eloquent::mongo::database(&ground.connection).await?;
    let orders = orders.collection::<eloquent::mongo::bson::Document>("orders");
    let nine_again = eloquent::mongo::bson::doc! { "_id": 9_i64 };
    orders.replace_one(nine_again, replacement).await.expect("a replacement");
    nine.delete().on(&ground.db).await?;
    assert_eq!(next(&mut changes).await?, "Insert 9 ada=1");
    let update = changes.next().await.expect("no end")?;
    assert_eq!((update.kind, update.key, update.row), (ChangeKind::Update, 9, None));
    assert_eq!(update.changed, ["cents"]);
    assert!(update.at.is_some_and(|at| (Utc::now() - at).num_minutes().abs() < 5));
    assert_eq!(next(&mut changes).await?, "Replace 9 grace=3");
    assert_eq!(next(&mut changes).await?, "Delete 9");
    ground.finish().await
}

#[tokio::test]
async fn only_what_is_wanted_with_the_document() -> Result<()> {
    let ground = Ground::new().await?;
    ground.fill().await?;
    let kinds = [ChangeKind::Update, ChangeKind::Delete];
    let mut changes = Order::watch().only(kinds).full_document().on(&ground.db).await?;
    Order::create(order(9, "ada", 1)).on(&ground.db).await?;
    let write = Order::query().filter(|o| o.id.eq(9)).update(|o| o.cents.set(7));
    assert_eq!(write.on(&ground.db).await?, 1);
    assert_eq!(next(&mut changes).await?, "Update 9 ada=7");
    Order::query().filter(|o| o.id.eq(9)).delete().on(&ground.db).await?;
    assert_eq!(next(&mut changes).await?, "Delete 9");
    ground.finish().await
}

/// What a transaction writes is told once it has been committed, and never if it has not.
#[tokio::test]
async fn transactions_are_told_when_they_are_committed() -> Result<()> {
    let ground = Ground::new().await?;
    let mut changes = Order::watch().on(&ground.db).await?;
    for (base, commit) in [(10, false), (20, true)] {
        let transaction = ground.db.begin().await?;
        Order::create(order(base, "ada", 1)).on(&transaction).await?;
        Order::create(order(base + 1, "ada", 1)).on(&transaction).await?;
        if commit { transaction.commit().await? } else { transaction.rollback().await? }
    }
    assert_eq!(next(&mut changes).await?, "Insert 20 ada=1");
    assert_eq!(next(&mut changes).await?, "Insert 21 ada=1");
    ground.finish().await
}

#[tokio::test]
async fn another_stream_goes_on_where_one_was() -> Result<()> {
    let ground = Ground::new().await?;
    let mut changes = Order::watch().on(&ground.db).await?;
    for id in 1..=4 {
        Order::create(order(id, "ada", id)).on(&ground.db).await?;
    }
    next(&mut changes).await?;
    let second = changes.next().await.expect("no end")?;
    assert_eq!(changes.token(), Some(second.token.clone()));
    drop(changes);
    // kept as text, as an application would
    let token = ResumeToken::new(second.token.as_str());
    let mut changes = Order::watch().resume_after(token).on(&ground.db).await?;
    assert_eq!(next(&mut changes).await?, "Insert 3 ada=3");
    assert_eq!(next(&mut changes).await?, "Insert 4 ada=4");
    let error =
        Order::watch().resume_after(ResumeToken::new("canary")).on(&ground.db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    ground.finish().await
}

/// The connection is cut again and again, before, between and behind changes: none is left out, and none is
/// told twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_goes_on_when_the_network_is_back() -> Result<()> {
    const CHANGES: i64 = 40;
    let proxy = Proxy::to(&address()).await.expect("a port");
    let uri = format!("mongodb://127.0.0.1:{}/?directConnection=true", proxy.port());
    let ground = Ground::new().await?;
    let database = ground.config.get("db").expect("a name");
    let config = ground.config.clone().set("uri", uri).set("db", database);
    let config =
        config.set("connect_timeout_ms", "1000").set("server_selection_timeout_ms", "1000");
    let far = Db::builder().connection(config).build()?;
    let mut changes = Order::watch().on(&far).await?;
    let direct = ground.db.clone();
    let writing = tokio::spawn(async move {
        for id in 0..CHANGES {
            Order::create(order(id, "ada", id)).on(&direct).await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        eloquent::Result::Ok(())
    });
    for id in 0..CHANGES {
        match id % 8 {
            0 => proxy.disconnect(End::Reset),
            4 => proxy.disconnect(End::Close),
            _ => {}
        }
        assert_eq!(next(&mut changes).await?, format!("Insert {id} ada={id}"));
    }
    writing.await.expect("no panic")?;
    drop(changes);
    ground.finish().await
}

/// A server that is not there again in time is an error, behind which another stream can go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patience_has_an_end() -> Result<()> {
    let proxy = Proxy::to(&address()).await.expect("a port");
    let uri = format!("mongodb://127.0.0.1:{}/?directConnection=true", proxy.port());
    let config = config("shop").set("uri", uri).set("connect_timeout_ms", "300");
    let ground = Ground::with(config.set("server_selection_timeout_ms", "300")).await?;
    let patience = Duration::from_secs(2);
    let mut changes = Order::watch().patience(patience).on(&ground.db).await?;
    Order::create(order(1, "ada", 1)).on(&ground.db).await?;
    let first = changes.next().await.expect("no end")?;
    drop(proxy);
    let began = Instant::now();
    let error = tokio::time::timeout(PATIENCE, changes.next()).await.expect("an end in time");
    let error = error.expect("an error").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("resume_after")), "{error}");
    assert!(began.elapsed() >= patience, "{:?}", began.elapsed());
    assert!(changes.next().await.is_none(), "nothing follows an error");
    assert!(!first.token.as_str().is_empty());
    Ok(())
}

/// Dropped at each of its awaits, it leaves nothing out.
#[tokio::test]
async fn dropping_the_future_loses_nothing() -> Result<()> {
    let ground = Ground::new().await?;
    let mut changes = Order::watch().on(&ground.db).await?;
    for id in 0..20 {
        Order::create(order(id, "ada", id)).on(&ground.db).await?;
        let mut told = None;
        for polls in (0..5).cycle() {
            if let Some(change) = poll_times(polls, Moment::Woken, changes.next()).await {
                told = change.transpose()?;
                break;
            }
        }
        assert_eq!(told.map(|change| change.key), Some(id));
    }
    ground.finish().await
}

#[tokio::test]
async fn it_ends_with_its_collection_and_its_connection() -> Result<()> {
    let ground = Ground::new().await?;
    ground.fill().await?;
    let mut changes = Order::watch().only([ChangeKind::Insert]).on(&ground.db).await?;
    Order::drop_table().on(&ground.db).await?;
    let end = tokio::time::timeout(PATIENCE, changes.next()).await.expect("an end in time");
    assert!(end.is_none(), "{end:?}");
    Order::create_table().on(&ground.db).await?;
    let mut changes = Order::watch().on(&ground.db).await?;
    let mut held = Order::watch().on(&ground.db).await?;
    let waiting = tokio::spawn(async move { changes.next().await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let began = Instant::now();
    ground.db.close().await?;
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    for end in [waiting.await.expect("no panic"), held.next().await] {
        let error = end.expect("an error").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    }
    Ground::with(ground.config).await?.finish().await
}

#[tokio::test]
async fn where_there_are_no_changes_it_is_refused() -> Result<()> {
    let ground = Ground::new().await?;
    let transaction = ground.db.begin().await?;
    let error = Order::watch().on(&transaction).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    transaction.rollback().await?;
    #[derive(Model, Debug)]
    #[model(portable)]
    struct Coded {
        #[model(key, auto = false)]
        code: String,
    }
    let error = Coded::watch().on(&ground.db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::Unsupported, Some("Coded")), "{error}");
    let sql = Db::builder().url("app", "sqlite::memory:").build()?;
    let error = Coded::watch().on(&sql).await.unwrap_err();
    assert_eq!((error.kind(), error.driver()), (ErrorKind::Unsupported, Some("sqlite")), "{error}");
    assert!(error.hint().is_some(), "{error}");
    // a model of documents does not get that far
    let error = Order::watch().on(&sql).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    ground.finish().await
}
