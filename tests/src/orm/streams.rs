//! Rows one after the other.

use std::sync::atomic::{AtomicUsize, Ordering};

use eloquent::prelude::*;
use eloquent::value::{Mismatch, Value, ValueRef};
use eloquent::{ErrorKind, Result};
use eloquent_core::schema::ColumnType;

use super::Orm;
use super::models::{Item, empty, items};
use crate::cancellation::{Moment, poll_times};
use crate::case::{Bench, Outcome, cases};

cases![Orm:
    every_row_in_order, values_and_tuples, memory_is_bounded, a_stream_that_is_dropped,
    a_stream_that_waits_is_dropped, an_error_ends_it, in_a_transaction[TRANSACTIONS],
];

/// More than the reader's batches hold.
const MANY: i64 = 3_000;

async fn idle(cx: &Orm) -> Result<()> {
    let connection = cx.db.connection(cx.db.default_connection())?;
    for _ in 0..10_000 {
        if connection.status().in_use == 0 {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("a session is still in use: {:?}", connection.status());
}

async fn every_row_in_order(_: Orm) -> Outcome {
    items(0..MANY).await?;
    let mut rows = Item::query().order_by(|i| i.id.asc()).stream();
    let mut next = 0;
    while let Some(item) = rows.next().await {
        assert_eq!(item?.id, next);
        next += 1;
    }
    assert_eq!(next, MANY);
    assert!(rows.next().await.is_none(), "it stays at its end");
    items([]).await?;
    assert!(Item::query().stream().next().await.is_none());
    Ok(())
}

async fn values_and_tuples(_: Orm) -> Outcome {
    items(0..600).await?;
    let mut rows = Item::query().order_by(|i| i.id.desc()).select(|i| (i.id, i.rank)).stream();
    let mut seen = 0;
    while let Some(row) = rows.next().await {
        let (id, _) = row?;
        assert_eq!(id, 599 - seen);
        seen += 1;
    }
    assert_eq!(seen, 600);
    Ok(())
}

static ALIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);
/// The counters are of the process, so one case at a time uses them.
static COUNTING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A value that is counted for as long as it lives.
#[derive(Debug)]
struct Counted(i64);

impl Counted {
    fn new(value: i64) -> Self {
        let alive = ALIVE.fetch_add(1, Ordering::Relaxed) + 1;
        MOST.fetch_max(alive, Ordering::Relaxed);
        Counted(value)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ColumnValue for Counted {
    type Plain = Self;
    type Inside = eloquent::value::Opaque;
    const TYPE: ColumnType = ColumnType::I64;

    fn into_value(self) -> std::result::Result<Value, Mismatch> {
        self.0.into_value()
    }

    fn to_value(&self) -> std::result::Result<Value, Mismatch> {
        self.0.to_value()
    }

    fn from_value(value: ValueRef<'_>) -> std::result::Result<Self, Mismatch> {
        i64::from_value(value).map(Counted::new)
    }
}

#[derive(Model, Debug)]
#[model(portable, table = "suite_items")]
struct CountedItem {
    #[model(key, auto = false)]
    id: i64,
    rank: Option<Counted>,
    label: String,
}

/// However many rows there are, few of them are held at a time.
async fn memory_is_bounded(_: Orm) -> Outcome {
    let _alone = COUNTING.lock().await;
    empty::<Item>().await?;
    let drafts = (0..MANY).map(|id| new!(Item { id, rank: id, label: "x" }));
    Item::insert_many(drafts).await?;
    MOST.store(0, Ordering::Relaxed);
    let mut rows = CountedItem::query().order_by(|i| i.id.asc()).stream();
    let mut seen = 0;
    while let Some(row) = rows.next().await {
        let row = row?;
        assert_eq!((row.id, row.rank.as_ref().map(|rank| rank.0)), (seen, Some(seen)));
        assert_eq!(row.label, "x");
        seen += 1;
        if seen % 50 == 0 {
            // the reader is slow, and the driver waits for it
            tokio::task::yield_now().await;
        }
    }
    drop(rows);
    assert_eq!(seen, MANY);
    let most = MOST.load(Ordering::Relaxed);
    assert!(most <= 1_200, "{most} of {MANY} rows were held at once");
    assert_eq!(ALIVE.load(Ordering::Relaxed), 0);
    Ok(())
}

async fn a_stream_that_is_dropped(cx: Orm) -> Outcome {
    items(0..MANY).await?;
    for read in [0, 1, 255, 256, 257, 1_000, 2_999] {
        let mut rows = Item::query().stream();
        for _ in 0..read {
            rows.next().await.expect("a row")?;
        }
        drop(rows);
        idle(&cx).await?;
        assert_eq!(Item::query().count().await?, 3_000);
        Item::query().filter(|i| i.id.eq(0)).update(|i| i.label.set("written")).await?;
    }
    Ok(())
}

async fn a_stream_that_waits_is_dropped(cx: Orm) -> Outcome {
    items(0..MANY).await?;
    for polls in 0..20 {
        let mut rows = Item::query().stream();
        let next = poll_times(polls, Moment::Waiting, rows.next()).await;
        drop(next);
        drop(rows);
        idle(&cx).await?;
        assert_eq!(Item::query().count().await?, 3_000);
    }
    Ok(())
}

/// Nothing follows an error, and what came before it was good.
async fn an_error_ends_it(cx: Orm) -> Outcome {
    empty::<Item>().await?;
    let label = |id: i64| if id == 2_000 { "broken" } else { "7" };
    Item::insert_many((0..MANY).map(|id| new!(Item { id, label: label(id) }))).await?;
    let mut rows = Strict::query().order_by(|i| i.id.asc()).stream();
    let mut seen = 0;
    let error = loop {
        match rows.next().await.expect("an error before the end") {
            Ok(row) => {
                assert_eq!((row.id, row.label), (seen, Decimal::from(7)));
                seen += 1;
            }
            Err(error) => break error,
        }
    };
    assert_eq!((error.kind(), error.column()), (ErrorKind::Decode, Some("label")), "{error}");
    assert_eq!(error.model(), Some("Strict"));
    assert!(seen <= 2_000);
    assert!(rows.next().await.is_none());
    idle(&cx).await?;
    Ok(())
}

/// An item whose label has to be a number.
#[derive(Model, Debug)]
#[model(portable, table = "suite_items")]
struct Strict {
    #[model(key, auto = false)]
    id: i64,
    label: Decimal,
}

async fn in_a_transaction(cx: Orm) -> Outcome {
    items(0..MANY).await?;
    Db::transaction(async {
        Item::create(new!(Item { id: MANY, label: "new" })).await?;
        let mut rows = Item::query().stream();
        let mut seen = 0;
        while let Some(row) = rows.next().await {
            row?;
            seen += 1;
        }
        assert_eq!(seen, MANY + 1);
        let mut rows = Item::query().stream();
        rows.next().await.expect("a row")?;
        drop(rows);
        // a read that nobody waits for leaves the transaction as it was
        Item::create(new!(Item { id: MANY + 1, label: "new" })).await?;
        Ok::<(), eloquent::Error>(())
    })
    .await?;
    assert_eq!(Item::query().count().await?, 3_002);
    assert!(cx.capabilities().transactions);
    idle(&cx).await?;
    Ok(())
}
