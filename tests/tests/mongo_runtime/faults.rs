//! A network that is slow, breaks off or says nothing, between the application and the server.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use eloquent::prelude::*;
use eloquent::{Connection, ErrorKind, PoolOptions, Result, Transaction};
use eloquent_conformance::proxy::{Cut, End, Lane, Proxy, Way};

use crate::ground::{Ground, Order, address, order};

/// How long to wait for what has to happen: many times what it takes.
const PATIENCE: Duration = Duration::from_secs(60);
const ACQUIRE: Duration = Duration::from_secs(2);
const SESSIONS: usize = 4;

/// A database behind a proxy, and a look past it.
struct Far {
    ground: Ground,
    db: Db,
    connection: Connection,
    proxy: Proxy,
}

fn options() -> PoolOptions {
    let mut options = PoolOptions::default()
        .max_sessions(SESSIONS)
        .acquire_timeout(PATIENCE)
        .statement_timeout(PATIENCE);
    options.connect_timeout = PATIENCE;
    options
}

/// Bounds for those who wait for a silent server.
fn impatient() -> PoolOptions {
    let mut options = options().acquire_timeout(ACQUIRE).statement_timeout(Duration::from_secs(1));
    options.connect_timeout = Duration::from_secs(2);
    options.reset_timeout = Duration::from_millis(500);
    options
}

impl Far {
    async fn new(options: PoolOptions) -> Result<Far> {
        Self::with(options, "").await
    }

    /// The settings are a part of the URI.
    async fn with(options: PoolOptions, settings: &str) -> Result<Far> {
        let ground = Ground::new().await?;
        let proxy = Proxy::to(&address()).await.expect("a port");
        let port = proxy.port();
        let uri = format!("mongodb://127.0.0.1:{port}/?directConnection=true{settings}");
        let config = ground.config.clone().set("uri", uri).set("connect_timeout_ms", "2000");
        let config = config.set("server_selection_timeout_ms", "2000");
        let db = Db::builder().connection(config).pool(options).build()?;
        let connection = db.connection("shop")?;
        connection.ping().await?;
        Ok(Far { ground, db, connection, proxy })
    }

    async fn add(&self, id: i64) -> Result<()> {
        Order::create(order(id, "ada", 1)).on(&self.db).await.map(drop)
    }

    /// What is there, seen past the proxy.
    async fn ids(&self) -> Result<Vec<i64>> {
        Order::query().order_by(|o| o.id.asc()).select(|o| o.id).on(&self.ground.db).await
    }

    async fn is_idle(&self) {
        let began = Instant::now();
        while self.connection.status().in_use > 0 {
            let status = self.connection.status();
            assert!(began.elapsed() < PATIENCE, "a permit does not come back: {status:?}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// After the network is back, all sessions have to be, within the acquire timeout and two seconds.
    async fn recovers(self, acknowledged: &[i64], possible: &[i64]) -> Result<()> {
        self.is_idle().await;
        self.proxy.heal().await;
        let began = Instant::now();
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..SESSIONS {
            let db = self.db.clone();
            attempts.spawn(async move {
                loop {
                    match usable(&db).await {
                        Ok(transaction) => return transaction,
                        Err(error) => {
                            assert!(began.elapsed() < PATIENCE, "no session can be had: {error}");
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                    }
                }
            });
        }
        let held = attempts.join_all().await;
        let took = began.elapsed();
        println!("mongo: full capacity {took:?} after the network was back");
        // within twice what is promised: the machine may be busy
        assert!(took < 2 * (ACQUIRE + Duration::from_secs(2)), "{took:?}");
        for transaction in held {
            transaction.rollback().await?;
        }
        self.add(100).await?;
        let ids = self.ids().await?;
        assert!(acknowledged.iter().chain(&[100]).all(|id| ids.contains(id)), "{ids:?}");
        assert!(ids.iter().all(|id| *id == 100 || possible.contains(id)), "{ids:?}");
        self.finish().await
    }

    async fn finish(self) -> Result<()> {
        self.is_idle().await;
        drop(self.proxy);
        // nothing of it can reach the server any more
        drop(self.db);
        self.ground.finish().await
    }
}

async fn usable(db: &Db) -> Result<Transaction> {
    let transaction = db.begin().await?;
    Order::query().on(&transaction).count().await?;
    Ok(transaction)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_network_while_idle() -> Result<()> {
    let far = Far::new(impatient()).await?;
    far.add(1).await?;
    far.proxy.set(Way::Both, Lane::black_hole());
    for _ in 0..SESSIONS {
        let error = Order::query().on(&far.db).get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    }
    far.recovers(&[1], &[1]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_network_in_a_commit() -> Result<()> {
    let far = Far::new(impatient()).await?;
    let transaction = far.db.begin().await?;
    Order::create(order(1, "ada", 1)).on(&transaction).await?;
    far.proxy.set(Way::ToServer, Lane::black_hole());
    let error =
        tokio::time::timeout(PATIENCE, transaction.commit()).await.expect("an end").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error}");
    far.recovers(&[], &[1]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_network_in_a_rollback() -> Result<()> {
    let far = Far::new(impatient()).await?;
    let mut open = Vec::new();
    for id in 0..4 {
        let transaction = far.db.begin().await?;
        Order::create(order(id, "ada", 1)).on(&transaction).await?;
        open.push(transaction);
    }
    far.proxy.set(Way::Both, Lane::black_hole());
    drop(open.split_off(2));
    for transaction in open {
        let rollback = tokio::time::timeout(PATIENCE, transaction.rollback());
        let _ = rollback.await.expect("a rollback does not wait for ever");
    }
    far.recovers(&[], &[]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_network_and_dropped_futures() -> Result<()> {
    let far = Far::new(impatient()).await?;
    far.proxy.set(Way::Both, Lane::black_hole());
    for id in 0..2 {
        let moment = Duration::from_millis(50);
        assert!(tokio::time::timeout(moment, Order::query().on(&far.db).get()).await.is_err());
        assert!(tokio::time::timeout(moment, far.add(id)).await.is_err());
    }
    far.recovers(&[], &[0, 1]).await
}

/// Login, statements, a transaction and rows, some of which are long.
async fn everything(far: &Far, length: usize) -> Result<()> {
    let text: String = "añ☃".chars().cycle().take(length).collect();
    let made = far.db.begin().await?;
    for id in 0..5 {
        Order::create(order(id, &text, id)).on(&made).await?;
    }
    made.commit().await?;
    let orders = Order::query().order_by(|o| o.id.asc()).on(&far.db).get().await?;
    assert_eq!(orders.iter().map(|o| o.id).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert!(orders.iter().all(|o| o.customer == text));
    assert_eq!(Order::delete_all().on(&far.db).await?, 5);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_network_is_not_wrong() -> Result<()> {
    let far = Far::new(options()).await?;
    for way in [Way::ToClient, Way::ToServer, Way::Both] {
        far.proxy.set(Way::Both, Lane::default());
        far.proxy.set(way, Lane::default().slices(1));
        everything(&far, 2_000).await?;
    }
    far.proxy.set(Way::Both, Lane::default().delay(Duration::from_millis(100)));
    everything(&far, 10).await?;
    far.finish().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_go_on_and_writes_are_not_repeated_when_connections_die() -> Result<()> {
    let far = Far::new(options()).await?;
    let mut acknowledged = Vec::new();
    for (id, end) in (0..20).zip([End::Reset, End::Close].into_iter().cycle()) {
        far.proxy.disconnect(end);
        match far.add(id).await {
            Ok(()) => acknowledged.push(id),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}"),
        }
        far.proxy.disconnect(end);
        let ids = Order::query().order_by(|o| o.id.asc()).select(|o| o.id).on(&far.db).await?;
        assert!(acknowledged.iter().all(|id| ids.contains(id)), "{ids:?}");
    }
    assert_eq!(far.ids().await?.len(), acknowledged.len(), "what failed was not sent");
    far.finish().await
}

/// The driver sends a read twice, and Eloquent runs it again once: four attempts. `retryReads=false` leaves
/// out the first kind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_whose_answer_is_lost_is_sent_again() -> Result<()> {
    for (settings, attempts) in [("", 4), ("&retryReads=false", 2)] {
        let far = Far::with(options(), settings).await?;
        far.add(1).await?;
        let read = || Order::find(1).on(&far.db).or_fail();
        for cuts in 0..attempts {
            (0..cuts).for_each(|_| far.proxy.cut(Cut::at_text("find\0")));
            assert_eq!(read().await?.id, 1, "{cuts} answers were lost");
            assert_eq!(far.proxy.pending(), 0);
        }
        (0..attempts).for_each(|_| far.proxy.cut(Cut::at_text("find\0")));
        let error = read().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
        assert_eq!(far.proxy.pending(), 0);
        far.finish().await?;
    }
    Ok(())
}

/// In the middle of a transaction, all of it is run again where that was asked for, and nothing happens
/// twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_is_run_again_when_the_client_says_so() -> Result<()> {
    let far = Far::new(options()).await?;
    Order::create(order(0, "ada", 0)).on(&far.db).await?;
    let attempts = AtomicU32::new(0);
    let make = || async {
        let attempt = attempts.fetch_add(1, Ordering::Relaxed);
        Order::query().filter(|o| o.id.eq(0)).increment(|o| o.cents, 1).await?;
        if attempt < 2 {
            far.proxy.cut(Cut::at_text("update\0"));
        }
        Order::query().filter(|o| o.id.eq(0)).increment(|o| o.cents, 1).await.map(drop)
    };
    far.db.scope(Db::transaction_retry(5, make).into_future()).await?;
    assert_eq!(attempts.into_inner(), 3);
    assert_eq!(Order::find(0).on(&far.db).or_fail().await?.cents, 2);
    // without having been asked for, it is an error that says so
    let once = Db::transaction(async {
        Order::query().filter(|o| o.id.eq(0)).increment(|o| o.cents, 1).await?;
        far.proxy.cut(Cut::at_text("update\0"));
        Order::query().filter(|o| o.id.eq(0)).increment(|o| o.cents, 1).await.map(drop)
    });
    let error = far.db.scope(once.into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert!(error.is_retryable(), "{error}");
    assert_eq!(Order::find(0).on(&far.db).or_fail().await?.cents, 2);
    far.finish().await
}

/// A hundred increments by four tasks, each of which reads first: none is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conflicts_are_run_again() -> Result<()> {
    let ground = Ground::new().await?;
    Order::create(order(0, "ada", 0)).on(&ground.db).await?;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let db = ground.db.clone();
        tasks.spawn(async move {
            for _ in 0..25 {
                let make = || async {
                    let mut one = Order::find(0).or_fail().await?;
                    let next = one.cents + 1;
                    one.update(|o| o.cents = next).await.map(drop)
                };
                db.scope(Db::transaction_retry(100, make).into_future()).await.expect("a commit");
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(Order::find(0).on(&ground.db).or_fail().await?.cents, 100);
    ground.finish().await
}

/// A commit whose answer is lost is asked for again; one of which nothing can be learned is told as such.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost() -> Result<()> {
    let far = Far::new(options()).await?;
    let commit = || Cut::at_text("commitTransaction\0");
    for (id, cuts) in [(1, 1), (2, 2), (3, 3)] {
        let transaction = far.db.begin().await?;
        Order::create(order(id, "ada", 1)).on(&transaction).await?;
        (0..cuts).for_each(|_| far.proxy.cut(commit()));
        transaction.commit().await?;
        assert_eq!(far.proxy.pending(), 0, "{cuts} answers were lost");
        assert!(far.ids().await?.contains(&id));
    }
    // neither is it run again as a whole
    let attempts = AtomicU32::new(0);
    (0..1_000).for_each(|_| far.proxy.cut(commit()));
    let make = || async {
        attempts.fetch_add(1, Ordering::Relaxed);
        far.add(4).await
    };
    let error = far.db.scope(Db::transaction_retry(5, make).into_future()).await.unwrap_err();
    assert_eq!((error.kind(), attempts.into_inner()), (ErrorKind::CommitUnknown, 1), "{error}");
    assert_eq!(far.ids().await?, [1, 2, 3, 4]);
    far.finish().await
}

/// Nothing is written twice, and what is acknowledged is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_writes_whose_answers_are_lost() -> Result<()> {
    const WRITES: i64 = 1_000;
    // the client pauses after each loss: several of them side by side
    const CLIENTS: i64 = 10;
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(writes_whose_answers_are_lost(WRITES / CLIENTS));
    }
    let (mut rows, mut outcomes) = (0, BTreeMap::<&str, u32>::new());
    for outcome in clients.join_all().await {
        let (written, told) = outcome?;
        rows += written;
        told.into_iter().for_each(|(kind, count)| *outcomes.entry(kind).or_default() += count);
    }
    println!("mongo: {rows} rows of {WRITES} writes, reported as {outcomes:?}");
    Ok(())
}

async fn writes_whose_answers_are_lost(
    writes: i64,
) -> Result<(usize, BTreeMap<&'static str, u32>)> {
    let far = Far::new(options().max_sessions(1)).await?;
    Counted::create_table().on(&far.ground.db).await?;
    let mut outcomes = BTreeMap::<&str, u32>::new();
    let mut acknowledged = Vec::new();
    for number in 0..writes {
        // numbers are given by the server, so that a write that happened twice would be seen
        let customer = number.to_string();
        let add = || Counted::create(new!(Counted { customer: customer.as_str() }));
        let insert = Cut::at_text("insert\0");
        let outcome = match number % 4 {
            // the answer is lost once, and the client asks again
            0 => {
                far.proxy.cut(insert);
                add().on(&far.db).await.map(drop)
            }
            // and once more
            1 => {
                (0..2).for_each(|_| far.proxy.cut(insert.clone()));
                add().on(&far.db).await.map(drop)
            }
            2 => {
                far.proxy.cut(insert.before_the_server());
                add().on(&far.db).await.map(drop)
            }
            _ => {
                far.proxy.cut(Cut::at_text("commitTransaction\0"));
                let make = || async { add().await.map(drop) };
                far.db.scope(Db::transaction_retry(5, make).into_future()).await
            }
        };
        assert_eq!(far.proxy.pending(), 0, "{number}: {outcome:?}");
        let told = match outcome {
            Ok(()) => {
                acknowledged.push(customer);
                "acknowledged"
            }
            Err(error) => {
                let lost = [ErrorKind::ConnectionLost, ErrorKind::CommitUnknown];
                assert!(lost.contains(&error.kind()), "{number}: {error}");
                error.kind().code()
            }
        };
        *outcomes.entry(told).or_default() += 1;
    }
    let rows = Counted::query().select(|c| c.customer).on(&far.ground.db).await?;
    let once: std::collections::BTreeSet<_> = rows.iter().collect();
    assert_eq!(once.len(), rows.len(), "nothing is written twice");
    assert!(acknowledged.iter().all(|customer| once.contains(customer)), "nothing is lost");
    let written = rows.len();
    far.finish().await?;
    Ok((written, outcomes))
}

#[derive(Model, Debug)]
#[model(portable, table = "counted")]
struct Counted {
    #[allow(dead_code)]
    id: i64,
    customer: String,
}
