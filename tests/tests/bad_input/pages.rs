//! Limits, pages and cursors: out of range, changed, and of another query.

use eloquent::ErrorKind;
use eloquent::prelude::*;
use eloquent::query::IntoOrder;
use eloquent::value::NaiveDateTime;

use crate::fixture::{CANARY, Refusal, refused, refused_at_once, rows, within};

#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable)]
struct Entry {
    id: i64,
    text: Option<String>,
    number: Option<i64>,
    ratio: Option<f64>,
    amount: Option<Decimal>,
    token: Option<Uuid>,
    data: Option<Vec<u8>>,
    at: Option<NaiveDateTime>,
    on: Option<bool>,
    #[model(default)]
    tags: Vec<String>,
}

#[derive(Model, Debug)]
#[model(portable)]
struct Other {
    id: i64,
    number: Option<i64>,
}

const TOO_MANY: [u64; 3] = [1 << 63, (1 << 63) + 1, u64::MAX];
const MOST: u64 = i64::MAX.unsigned_abs();

async fn with_entries(count: i64) {
    let drafts = (0..count).map(|number| new!(Entry { number }));
    Entry::insert_many(drafts).await.unwrap();
}

fn by_id() -> Query<Entry> {
    Entry::query().order_by(|e| e.id.asc())
}

#[tokio::test]
async fn a_limit_of_nothing_gives_nothing() {
    within::<Entry>(async || {
        with_entries(3).await;
        let none = || by_id().limit(0);
        assert_eq!(none().await.unwrap(), []);
        assert_eq!(none().offset(1).await.unwrap(), []);
        assert_eq!(none().count().await.unwrap(), 0);
        assert!(!none().exists().await.unwrap());
        assert_eq!(none().pluck(|e| e.id).await.unwrap(), [0_i64; 0]);
        assert!(none().stream().next().await.is_none());
        assert_eq!(none().first().await.unwrap(), None);
        refused(none().sole().await, ErrorKind::NotFound).of::<Entry>();
    })
    .await;
}

#[tokio::test]
async fn asking_for_one_row_does_not_widen_a_limit() {
    within::<Entry>(async || {
        with_entries(3).await;
        assert_eq!(by_id().limit(1).sole().await.unwrap().id, 1);
        assert_eq!(by_id().limit(1).offset(1).sole().await.unwrap().id, 2);
        refused(by_id().limit(2).sole().await, ErrorKind::NotUnique).of::<Entry>();
        assert_eq!(by_id().offset(2).first().or_fail().await.unwrap().id, 3);
        assert_eq!(by_id().limit(2).count().await.unwrap(), 2);
        assert_eq!(by_id().limit(2).offset(2).count().await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_greatest_limits_are_those_of_63_bits() {
    within::<Entry>(async || {
        with_entries(3).await;
        assert_eq!(by_id().limit(MOST).await.unwrap().len(), 3);
        assert_eq!(by_id().limit(MOST).offset(1).await.unwrap().len(), 2);
        assert_eq!(by_id().offset(2).await.unwrap().len(), 1);
        assert_eq!(by_id().offset(MOST).await.unwrap(), []);
        for beyond in TOO_MANY {
            // More rows than there can be: all of them, or an error, but never none.
            if let Ok(found) = by_id().limit(beyond).await {
                assert_eq!(found.len(), 3);
            }
            if let Ok(found) = by_id().offset(beyond).await {
                assert_eq!(found, []);
            }
            if let Ok(count) = by_id().limit(beyond).count().await {
                assert_eq!(count, 3);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    within::<Entry>(async || {
        with_entries(3).await;
        let wrong = [
            (0, 10),
            (1, 0),
            (0, 0),
            (u64::MAX, 2),
            (2, u64::MAX),
            (1, u64::MAX),
            (u64::MAX, u64::MAX),
            (1, MOST),
            (3, MOST - 1),
            (1 << 32, 1 << 32),
            (MOST, 3),
            (1, 1 << 63),
        ];
        for (page, per_page) in wrong {
            let named = |refusal: Refusal| drop(refusal.of::<Entry>());
            named(refused(by_id().paginate(page, per_page).await, ErrorKind::InvalidInput));
            named(refused(by_id().simple_paginate(page, per_page).await, ErrorKind::InvalidInput));
        }
        for per_page in [0, MOST, 1 << 63, u64::MAX] {
            let cursor = by_id().cursor_paginate(per_page, None).await;
            refused(cursor, ErrorKind::InvalidInput).of::<Entry>();
        }
        for query in [by_id().limit(2), by_id().offset(1), by_id().limit(0)] {
            let named = |refusal: Refusal| drop(refusal.of::<Entry>());
            named(refused(query.clone().paginate(1, 2).await, ErrorKind::InvalidInput));
            named(refused(query.clone().simple_paginate(1, 2).await, ErrorKind::InvalidInput));
            named(refused(query.cursor_paginate(2, None).await, ErrorKind::InvalidInput));
        }
    })
    .await;
}

#[tokio::test]
async fn the_greatest_pages_are_answered() {
    within::<Entry>(async || {
        with_entries(3).await;
        let page = by_id().paginate(1, MOST - 1).await.unwrap();
        assert_eq!((page.items.len(), page.total, page.has_more()), (3, 3, false));
        let page = by_id().simple_paginate(1, MOST - 1).await.unwrap();
        assert_eq!((page.items.len(), page.has_more), (3, false));
        let page = by_id().paginate(MOST, 1).await.unwrap();
        assert_eq!((page.items.len(), page.total, page.last_page()), (0, 3, 3));
        let page = by_id().cursor_paginate(MOST - 1, None).await.unwrap();
        assert_eq!((page.items.len(), page.next), (3, None));
        Entry::delete_all().await.unwrap();
        let page = by_id().paginate(1, 10).await.unwrap();
        assert_eq!((page.last_page(), page.has_more()), (1, false));
    })
    .await;
}

#[tokio::test]
async fn a_cursor_that_was_changed_is_refused() {
    within::<Entry>(async || {
        with_entries(5).await;
        let next = by_id().cursor_paginate(2, None).await.unwrap().next.unwrap();
        let mut wrong: Vec<String> = vec![
            String::new(),
            " ".into(),
            "x".into(),
            "%%%".into(),
            CANARY.into(),
            "\0".into(),
            "🦀".into(),
            "W10".into(),
            "bnVsbA".into(),
            format!("{next}="),
            format!(" {next}"),
            format!("{next}{next}"),
            "A".repeat(1_000_000),
            next.to_lowercase(),
        ];
        for end in 0..next.len() {
            wrong.push(next[..end].to_owned());
            let mut other = next.clone().into_bytes();
            other[end] = if other[end] == b'A' { b'B' } else { b'A' };
            wrong.push(String::from_utf8(other).unwrap());
        }
        for cursor in wrong {
            let page = by_id().cursor_paginate(2, Some(&cursor)).await;
            let shown = cursor.chars().take(40).collect::<String>();
            let refusal = refused(page, ErrorKind::InvalidInput).of::<Entry>();
            if shown.len() > 8 {
                refusal.hides(&[&shown]);
            }
        }
        let page = by_id().cursor_paginate(2, Some(&next)).await.unwrap();
        assert!(page.items.iter().map(|entry| entry.id).eq([3, 4]));
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_another_query_is_refused() {
    within::<Entry>(async || {
        Other::create_table().await.unwrap();
        with_entries(5).await;
        Other::insert_many((0..5).map(|number| new!(Other { number }))).await.unwrap();
        let by_number = || Entry::query().order_by(|e| e.number.asc());
        let next = by_number().cursor_paginate(2, None).await.unwrap().next.unwrap();
        let refuse = async |query: Query<Entry>| {
            let page = query.cursor_paginate(2, Some(&next)).await;
            refused(page, ErrorKind::InvalidInput).of::<Entry>();
        };
        refuse(Entry::query()).await;
        refuse(Entry::query().order_by(|e| e.number.desc())).await;
        refuse(Entry::query().order_by(|e| e.id.asc())).await;
        refuse(Entry::query().order_by(|e| e.text.asc())).await;
        refuse(Entry::query().order_by(|e| (e.number.asc(), e.text.asc()))).await;
        refuse(Entry::query().order_by(|e| (e.number.asc(), e.id.desc()))).await;
        let other =
            Other::query().order_by(|o| o.number.asc()).cursor_paginate(2, Some(&next)).await;
        refused(other, ErrorKind::InvalidInput).of::<Other>();
        assert_eq!(by_number().cursor_paginate(2, Some(&next)).await.unwrap().items[0].id, 3);
    })
    .await;
}

#[tokio::test]
async fn an_order_that_a_cursor_cannot_hold_is_refused_at_the_first_page() {
    within::<Entry>(async || {
        with_entries(5).await;
        let refuse = async |query: Query<Entry>| {
            let page = query.cursor_paginate(2, None).await;
            refused(page, ErrorKind::InvalidInput).of::<Entry>();
        };
        refuse(Entry::query().order_by(|e| (e.number + 1).asc())).await;
        refuse(Entry::query().order_by(|_| raw::<i64>("number").asc())).await;
        refuse(Entry::query().order_by(|e| e.id.eq(1).asc())).await;
        refuse(Entry::query().order_by(|e| e.tags.asc())).await;
    })
    .await;
}

fn varied() -> Vec<EntryDraft> {
    let at = |nanos: i64| {
        DateTime::<Utc>::from_timestamp_nanos(1_709_251_199_000_000_000 + nanos).naive_utc()
    };
    let decimal = |text: &str| Decimal::from_str_exact(text).unwrap();
    let mut drafts = vec![
        new!(Entry {}),
        new!(Entry {
            text: "",
            number: i64::MIN,
            ratio: f64::NEG_INFINITY,
            amount: decimal("-10")
        }),
        new!(Entry { text: "a\0b", number: i64::MAX, ratio: 5e-324, amount: decimal("9.5") }),
        new!(Entry { text: "a", number: 0, ratio: 0.1 + 0.2, amount: decimal("10") }),
        new!(Entry { text: "' --", number: 0, ratio: f64::INFINITY, amount: decimal("10.00") }),
        new!(Entry { text: "🦀", number: -1, ratio: f64::MAX, amount: decimal("0.1") }),
        new!(Entry { data: vec![0_u8, 255], token: Uuid::from_u128(1), at: at(1), on: true }),
        new!(Entry { data: vec![0_u8], token: Uuid::max(), at: at(2), on: false }),
        new!(Entry { data: Vec::<u8>::new(), token: Uuid::nil(), at: at(0), on: true }),
    ];
    drafts.push(new!(Entry {}));
    drafts
}

async fn walks_all<O: IntoOrder>(name: &str, order: impl Fn(EntryColumns) -> O) {
    let ordered = || Entry::query().order_by(&order);
    for per_page in [1, 2, 3, 10] {
        let mut seen = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = ordered().cursor_paginate(per_page, cursor.as_deref()).await.unwrap();
            assert!(page.items.len() as u64 <= per_page);
            seen.extend(page.items.into_iter().map(|entry| entry.id));
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
            assert!(seen.len() <= 10, "{name}: rows come again: {seen:?}");
        }
        seen.sort_unstable();
        assert!(seen.iter().copied().eq(1..=10), "{name}, {per_page} a page: {seen:?}");
    }
}

#[tokio::test]
async fn pages_by_any_column_give_each_row_once() {
    within::<Entry>(async || {
        Entry::insert_many(varied()).await.unwrap();
        walks_all("text", |e| e.text.asc()).await;
        walks_all("text desc", |e| e.text.desc()).await;
        walks_all("number", |e| e.number.asc()).await;
        walks_all("number desc", |e| e.number.desc()).await;
        walks_all("ratio", |e| e.ratio.asc()).await;
        walks_all("ratio desc", |e| e.ratio.desc()).await;
        walks_all("amount", |e| e.amount.asc()).await;
        walks_all("amount desc", |e| e.amount.desc()).await;
        walks_all("token", |e| e.token.asc()).await;
        walks_all("data desc", |e| e.data.desc()).await;
        walks_all("data", |e| e.data.asc()).await;
        walks_all("at", |e| e.at.asc()).await;
        walks_all("at desc", |e| e.at.desc()).await;
        walks_all("on", |e| e.on.asc()).await;
        walks_all("several", |e| (e.on.desc(), e.number.asc(), e.amount.desc(), e.id.desc())).await;
    })
    .await;
}

#[tokio::test]
async fn rows_that_come_and_go_shift_no_page() {
    within::<Entry>(async || {
        with_entries(6).await;
        let ordered = || Entry::query().order_by(|e| e.number.asc());
        let first = ordered().cursor_paginate(2, None).await.unwrap();
        // The row that the cursor stands on goes, and others come in front of it.
        Entry::query().filter(|e| e.id.le(2)).delete().await.unwrap();
        Entry::insert_many([-5, -4].map(|number| new!(Entry { number }))).await.unwrap();
        let second = ordered().cursor_paginate(2, first.next.as_deref()).await.unwrap();
        assert!(second.items.iter().map(|entry| entry.id).eq([3, 4]));
    })
    .await;
}

#[tokio::test]
async fn chunks_of_wrong_sizes_and_orders_are_refused() {
    within::<Entry>(async || {
        with_entries(5).await;
        let refuse = |chunks: eloquent::Result<_>| {
            refused_at_once::<()>(chunks, ErrorKind::InvalidInput).of::<Entry>();
        };
        refuse(Entry::query().chunk(0).map(drop));
        refuse(by_id().chunk(2).map(drop));
        refuse(Entry::query().limit(3).chunk(2).map(drop));
        refuse(Entry::query().offset(3).chunk(2).map(drop));
        refuse(Entry::query().group_by(|e| e.on).chunk(2).map(drop));
        let mut chunks = Entry::query().chunk(2).unwrap();
        let mut seen = 0;
        while let Some(chunk) = chunks.next().await.unwrap() {
            seen += chunk.len();
            let ids: Vec<i64> = chunk.iter().map(|entry| entry.id).collect();
            Entry::find_many(ids).delete().await.unwrap();
        }
        assert_eq!((seen, rows::<Entry>().await), (5, 0));
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        a_limit_of_nothing_gives_nothing
        asking_for_one_row_does_not_widen_a_limit
        the_greatest_limits_are_those_of_63_bits
        a_page_that_cannot_be_is_refused
        the_greatest_pages_are_answered
        a_cursor_that_was_changed_is_refused
        a_cursor_of_another_query_is_refused
        an_order_that_a_cursor_cannot_hold_is_refused_at_the_first_page
        rows_that_come_and_go_shift_no_page
        chunks_of_wrong_sizes_and_orders_are_refused
    ;
    mysql:
        a_limit_of_nothing_gives_nothing
        asking_for_one_row_does_not_widen_a_limit
        the_greatest_limits_are_those_of_63_bits
        a_page_that_cannot_be_is_refused
        the_greatest_pages_are_answered
        a_cursor_that_was_changed_is_refused
        a_cursor_of_another_query_is_refused
        an_order_that_a_cursor_cannot_hold_is_refused_at_the_first_page
        rows_that_come_and_go_shift_no_page
        chunks_of_wrong_sizes_and_orders_are_refused
    ;
    mongo:
        a_limit_of_nothing_gives_nothing
        asking_for_one_row_does_not_widen_a_limit
        the_greatest_limits_are_those_of_63_bits
        a_page_that_cannot_be_is_refused
        the_greatest_pages_are_answered
        a_cursor_that_was_changed_is_refused
        a_cursor_of_another_query_is_refused
        an_order_that_a_cursor_cannot_hold_is_refused_at_the_first_page
        rows_that_come_and_go_shift_no_page
        chunks_of_wrong_sizes_and_orders_are_refused
    ;
}
