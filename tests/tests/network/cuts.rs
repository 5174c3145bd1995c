//! Connections that end in the middle of something.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use eloquent::prelude::*;
use eloquent::{ErrorKind, Result};
use eloquent_conformance::proxy::{Cut, End};

use crate::ground::{Ground, Item, options};
use crate::server::Kind;

on_servers!(
    at_any_byte_of_a_reply,
    a_commit_whose_answer_is_lost,
    a_thousand_writes_whose_answers_are_lost,
);

/// How many places of a reply are tried.
const PLACES: u64 = 40;

/// How many writes lose their answer, in half of the cases that of the COMMIT.
const WRITES: i64 = 1_000;

async fn at_any_byte_of_a_reply(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options().max_sessions(1)).await?;
    for tag in 0..10 {
        ground.add(tag).await?;
    }
    let read = || Item::query().order_by(|i| i.tag.asc()).on(&ground.db).get();
    let items = read().await?;
    let before = ground.proxy.counts();
    assert_eq!(read().await?, items);
    let after = ground.proxy.counts();
    assert_eq!(after.requests, before.requests + 1, "a prepared statement is one request");
    let length = after.to_client - before.to_client;
    for place in 0..PLACES {
        let bytes = if place < 8 { place } else { place * length / PLACES };
        for end in [End::Reset, End::Close] {
            ground.proxy.cut(Cut::at_request(1).after_bytes(bytes).with(end));
            assert_eq!(read().await?, items, "byte {bytes}, {end:?}: a read is run again");
            assert_eq!(ground.proxy.pending(), 0);
            ground.is_idle().await;
            assert_eq!(read().await?, items, "after byte {bytes}, {end:?}");
        }
    }
    assert_eq!(ground.proxy.counts().cut, 2 * PLACES);
    ground.finish().await
}

async fn a_commit_whose_answer_is_lost(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options().max_sessions(1)).await?;
    let commit = Cut::at_text("COMMIT");
    // whether the server got it or not, the client cannot know
    let cuts = [
        (commit.clone(), true),
        (commit.clone().with(End::Close), true),
        (commit.before_the_server(), false),
    ];
    for (tag, (cut, happens)) in (0..).zip(cuts) {
        let transaction = ground.db.begin().await?;
        Item::create(new!(Item { tag, text: "x" })).on(&transaction).await?;
        ground.proxy.cut(cut.clone());
        let error = transaction.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{cut:?}: {error}");
        assert_eq!(ground.proxy.pending(), 0);
        assert_eq!(ground.tags().await?.contains(&tag), happens, "{cut:?}");
    }
    // the same where the transaction would be tried again if it could be
    let attempts = AtomicU32::new(0);
    ground.proxy.cut(Cut::at_text("COMMIT"));
    let make = || async {
        attempts.fetch_add(1, Ordering::Relaxed);
        ground.add(7).await
    };
    let error = ground.db.scope(Db::transaction_retry(5, make).into_future()).await.unwrap_err();
    assert_eq!((error.kind(), attempts.into_inner()), (ErrorKind::CommitUnknown, 1), "{error}");
    assert_eq!(ground.tags().await?, [0, 1, 7]);
    ground.finish().await
}

/// Nothing is sent twice, and nobody is told that it has happened.
async fn a_thousand_writes_whose_answers_are_lost(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, options().max_sessions(1)).await?;
    // with one session, each write whose answer is lost is the first statement of its session; what is
    // looked up once for a statement is known after the first
    let mut first = 0;
    for tag in [-2, -1] {
        let before = ground.proxy.counts().requests;
        ground.add(tag).await?;
        first = u32::try_from(ground.proxy.counts().requests - before).expect("a few");
        ground.proxy.cut(Cut::at_request(1));
        assert!(Db::raw(kind.session).on(&ground.db).rows().await.is_err());
    }
    let mut kinds = BTreeMap::<&str, u32>::new();
    for tag in 0..WRITES {
        let outcome = if tag % 2 == 0 {
            ground.proxy.cut(Cut::at_request(first));
            ground.add(tag).await
        } else {
            ground.proxy.cut(Cut::at_text("COMMIT"));
            ground.db.scope(Db::transaction_retry(5, || ground.add(tag)).into_future()).await
        };
        let error = outcome.expect_err("an answer that was not seen is no success");
        *kinds.entry(error.kind().code()).or_default() += 1;
        let lost = [ErrorKind::ConnectionLost, ErrorKind::CommitUnknown];
        assert!(lost.contains(&error.kind()), "{error}");
        assert_eq!(ground.proxy.pending(), 0, "{error}");
    }
    let tags = ground.tags().await?;
    let expected: Vec<i64> = (-2..WRITES).collect();
    println!("{}: {} rows of {WRITES} writes, reported as {kinds:?}", kind.driver, tags.len() - 2);
    assert_eq!(tags, expected, "each write has happened once: the server got it");
    ground.finish().await
}
