//! Sessions that are dead when they are used again: reads are run once more, nothing else is.

use eloquent::prelude::*;
use eloquent::query::raw;
use eloquent::{ErrorKind, Result};
use eloquent_conformance::proxy::{Cut, End};

use crate::ground::{Ground, Item, SESSIONS, options};
use crate::server::Kind;

on_servers!(
    reads_go_on_when_all_sessions_are_dead,
    a_read_is_run_twice_at_most,
    writes_are_not_run_again,
    what_may_write_is_not_run_again,
    a_transaction_is_not_run_again,
    a_transaction_begins_on_a_session_that_lives,
    a_stream_begins_again_before_its_first_row_only,
);

/// How often all sessions die.
const ROUNDS: u32 = 20;

const ENDS: [End; 2] = [End::Reset, End::Close];

/// Each kind of read at the same time, as many as there are sessions and more.
async fn read(ground: &Ground) -> Result<()> {
    let tags = [0, 1, 2];
    let all = || Item::query().order_by(|i| i.tag.asc()).on(&ground.db);
    let stream = async {
        let (mut rows, mut tags) = (all().stream(), Vec::new());
        while let Some(item) = rows.next().await {
            tags.push(item?.tag);
        }
        Ok(tags)
    };
    let (items, first, picked, count, page, streamed) = tokio::join!(
        all().get(),
        all().first().into_future(),
        all().select(|i| i.tag).into_future(),
        all().count(),
        all().paginate(1, 2),
        stream
    );
    assert_eq!(items?.iter().map(|item| item.tag).collect::<Vec<_>>(), tags);
    assert_eq!(first?.map(|item| item.tag), Some(0));
    assert_eq!(picked?, tags);
    assert_eq!(count?, 3);
    assert_eq!(page?.total, 3);
    assert_eq!(streamed?, tags);
    Ok(())
}

async fn reads_go_on_when_all_sessions_are_dead(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options()).await?;
    for tag in 0..3 {
        ground.add(tag).await?;
    }
    for (round, end) in (0..ROUNDS).zip(ENDS.into_iter().cycle()) {
        ground.warm_up().await?;
        assert_eq!(ground.connection.status().idle, SESSIONS);
        ground.proxy.disconnect(end);
        // every other time the client has had the time to notice
        if round % 4 > 1 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        read(&ground).await?;
    }
    // the answer is lost in the middle, of as many as come
    for _ in 0..ROUNDS {
        ground.warm_up().await?;
        for bytes in 0..3 {
            ground.proxy.cut(Cut::at_request(1).after_bytes(20 * bytes));
            Item::query().on(&ground.db).get().await?;
        }
    }
    assert_eq!(ground.proxy.counts().cut, u64::from(3 * ROUNDS));
    ground.finish().await
}

/// When the second session dies as well, that is told.
async fn a_read_is_run_twice_at_most(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options().max_sessions(1)).await?;
    ground.add(0).await?;
    let before = ground.proxy.counts().requests;
    ground.proxy.cut(Cut::at_request(1));
    Item::query().on(&ground.db).get().await?;
    let again = ground.proxy.counts().requests - before;
    // what came behind the first request: a login, and the read
    let last = u32::try_from(again - 1).expect("a few");
    ground.proxy.cut(Cut::at_request(1));
    ground.proxy.cut(Cut::at_request(last));
    let error = Item::query().on(&ground.db).get().await.expect_err("both answers were lost");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert_eq!(ground.proxy.pending(), 0);
    assert_eq!(Item::query().on(&ground.db).count().await?, 1);
    ground.finish().await
}

async fn writes_are_not_run_again(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options()).await?;
    let (mut expected, mut lost, mut tag) = (Vec::new(), 0, 0);
    for end in ENDS.into_iter().cycle().take(10) {
        ground.warm_up().await?;
        ground.proxy.disconnect(end);
        for _ in 0..2 * SESSIONS {
            tag += 1;
            match ground.add(tag).await {
                Ok(()) => expected.push(tag),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
                    lost += 1;
                }
            }
        }
    }
    println!("{}: {lost} of {tag} writes found a dead session", kind.driver);
    // a session that is known to be dead is not used for a write either, so few are lost
    assert!(lost <= 10, "{lost} of {tag}");
    assert_eq!(ground.tags().await?, expected, "nothing is written twice");
    // the server gets it, and its answer is lost: once is enough
    let raise = |tag| {
        Item::query().filter(move |i| i.tag.eq(tag)).on(&ground.db).increment(|i| i.tag, 1_000)
    };
    assert_eq!(raise(-1).await?, 0, "from here on the statement is prepared");
    ground.proxy.cut(Cut::at_request(1));
    let error = raise(tag).await.expect_err("the answer was lost");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    let raised: Vec<i64> = ground.tags().await?.into_iter().filter(|tag| *tag >= 1_000).collect();
    assert_eq!(raised, [tag + 1_000]);
    ground.finish().await
}

/// Raw text may do anything, and who locks rows is about to write.
async fn what_may_write_is_not_run_again(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options().max_sessions(1)).await?;
    ground.add(0).await?;
    let (statement, part) = (kind.session, kind.session.trim_start_matches("SELECT "));
    let is_lost = |outcome: Result<()>| {
        let error = outcome.expect_err("the answer was lost");
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
        assert_eq!(ground.proxy.pending(), 0);
    };
    ground.proxy.cut(Cut::at_request(1));
    is_lost(Db::raw(statement).on(&ground.db).rows().await.map(drop));
    ground.session().await?;
    ground.proxy.cut(Cut::at_request(1));
    is_lost(Item::query().select(|_| raw::<i64>(part)).on(&ground.db).await.map(drop));
    ground.session().await?;
    ground.proxy.cut(Cut::at_request(1));
    is_lost(Item::query().lock_for_update().on(&ground.db).get().await.map(drop));
    ground.finish().await
}

async fn a_transaction_is_not_run_again(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options()).await?;
    ground.warm_up().await?;
    let transaction = ground.db.begin().await?;
    Item::create(new!(Item { tag: 1, text: "x" })).on(&transaction).await?;
    ground.proxy.disconnect(End::Reset);
    let error = Item::query().on(&transaction).get().await.expect_err("its session is dead");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert!(transaction.commit().await.is_err());
    assert_eq!(ground.tags().await?, [0; 0]);
    assert_eq!(Item::query().on(&ground.db).count().await?, 0);
    ground.finish().await
}

async fn a_transaction_begins_on_a_session_that_lives(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options()).await?;
    ground.warm_up().await?;
    ground.proxy.disconnect(End::Reset);
    let transaction = ground.db.begin().await?;
    Item::create(new!(Item { tag: 1, text: "x" })).on(&transaction).await?;
    transaction.commit().await?;
    assert_eq!(ground.tags().await?, [1]);
    ground.finish().await
}

async fn a_stream_begins_again_before_its_first_row_only(kind: &'static Kind) -> Result<()> {
    const ROWS: i64 = 4_000;
    let ground = Ground::new(kind, options().max_sessions(1)).await?;
    let text = "x".repeat(100);
    let items: Vec<_> = (0..ROWS).map(|tag| new!(Item { tag, text: text.as_str() })).collect();
    Item::create_many(items).on(&ground.direct).await?;
    let stream = || Item::query().order_by(|i| i.tag.asc()).on(&ground.db).stream();
    let mut rows = stream();
    while rows.next().await.transpose()?.is_some() {}
    for (bytes, is_whole) in [(0, true), (1, true), (200_000, false)] {
        ground.proxy.cut(Cut::at_request(1).after_bytes(bytes));
        let (mut rows, mut tag) = (stream(), 0);
        let outcome = loop {
            match rows.next().await {
                Some(Ok(item)) => {
                    assert_eq!(item.tag, tag, "each row comes once");
                    tag += 1;
                }
                Some(Err(error)) => break Err(error),
                None => break Ok(()),
            }
        };
        assert_eq!(ground.proxy.pending(), 0);
        if is_whole {
            assert_eq!((outcome.is_ok(), tag), (true, ROWS), "after byte {bytes}: {outcome:?}");
        } else {
            let error = outcome.expect_err("its rows were cut off");
            assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
            assert!((1..ROWS).contains(&tag), "{tag} rows");
        }
    }
    ground.finish().await
}
