//! Numbers: the ends of each range, what overflows, and what is no number.

use eloquent::prelude::*;
use eloquent::query::Expr;
use eloquent::{ErrorKind, RawSql};

use crate::fixture::{Refusal, execute, refused, rows, within};

#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable)]
struct Counter {
    #[model(key, auto = false)]
    id: i64,
    #[model(default)]
    small: i32,
    #[model(default)]
    wide: i64,
    #[model(default)]
    big: u64,
    #[model(default, column_type = I16)]
    narrow: i64,
    #[model(default)]
    ratio: f64,
    single: Option<f32>,
    #[model(default)]
    on: bool,
}

/// The row of key 1, from the database.
async fn first() -> Counter {
    Counter::find(1).or_fail().await.unwrap()
}

async fn one(draft: CounterDraft) -> Counter {
    Counter::create(draft.id(1)).await.unwrap()
}

#[tokio::test]
async fn the_ends_of_64_bits_come_back() {
    within::<Counter>(async || {
        for end in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
            let made = Counter::create(new!(Counter { id: end, wide: end })).await.unwrap();
            assert_eq!(Counter::find(end).await.unwrap(), Some(made));
            let same = Counter::query().filter(|c| c.wide.eq(end)).filter(|c| c.wide.is_in([end]));
            assert_eq!(same.sole().await.unwrap().id, end);
        }
        let ordered = Counter::query().order_by(|c| c.wide.desc()).pluck(|c| c.wide).await.unwrap();
        assert_eq!(ordered, [i64::MAX, i64::MAX - 1, 0, -1, i64::MIN + 1, i64::MIN]);
        let all = Counter::query().filter(|c| c.wide.between(i64::MIN, i64::MAX)).count();
        assert_eq!(all.await.unwrap(), 6);
        assert_eq!(Counter::query().min(|c| c.wide).await.unwrap(), Some(i64::MIN));
        assert_eq!(Counter::query().max(|c| c.id).await.unwrap(), Some(i64::MAX));
    })
    .await;
}

#[tokio::test]
async fn an_unsigned_number_up_to_63_bits_comes_back() {
    within::<Counter>(async || {
        let most = i64::MAX.unsigned_abs();
        let mut made = one(new!(Counter { id: 1, big: most })).await;
        assert_eq!(first().await.big, most);
        assert_eq!(Counter::query().filter(|c| c.big.ge(most)).count().await.unwrap(), 1);
        made.update(|c| c.big = 0).await.unwrap();
        assert_eq!(first().await.big, 0);
    })
    .await;
}

#[tokio::test]
async fn an_unsigned_number_beyond_63_bits_is_refused_on_every_way_in() {
    within::<Counter>(async || {
        let mut made = one(new!(Counter { id: 1, big: 7_u64 })).await;
        for big in [1_u64 << 63, u64::MAX] {
            let digits = big.to_string();
            let is_named = |refusal: Refusal| {
                refusal.of::<Counter>().column("big").hides(&[&digits, "-1", "e19"]);
            };
            let batch =
                || [2, 3, 4].map(|id| new!(Counter { id, big: if id == 3 { big } else { 1 } }));
            is_named(refused(
                Counter::create(new!(Counter { id: 3, big })).await,
                ErrorKind::Encode,
            ));
            is_named(refused(Counter::create_many(batch()).await, ErrorKind::Encode));
            is_named(refused(Counter::insert_many(batch()).await, ErrorKind::Encode));
            let upsert = Counter::upsert(batch()).unique_by(|c| c.id);
            is_named(refused(upsert.await, ErrorKind::Encode));
            is_named(refused(made.update(|c| c.big = big).await, ErrorKind::Encode));
            let every = Counter::update_all(|c| c.big.set(big));
            is_named(refused(every.await, ErrorKind::Encode));
            let more = Counter::query().filter(|c| c.id.eq(1)).increment(|c| c.big, big);
            is_named(refused(more.await, ErrorKind::Encode));
            assert_eq!(Counter::all().await.unwrap(), [made.clone()]);
        }
    })
    .await;
}

#[tokio::test]
async fn an_unsigned_number_beyond_63_bits_in_a_filter_never_wraps() {
    within::<Counter>(async || {
        one(new!(Counter { id: 1, big: 7_u64 })).await;
        let named = |refusal: Refusal| {
            refusal.of::<Counter>().column("big").hides(&["18446744073709551615"]);
        };
        let max = u64::MAX;
        let query = Counter::query;
        named(refused(query().filter(|c| c.big.eq(max)).await, ErrorKind::Encode));
        named(refused(query().filter(|c| c.big.lt(max)).count().await, ErrorKind::Encode));
        named(refused(query().filter(|c| c.big.between(1, max)).first().await, ErrorKind::Encode));
        named(refused(query().filter(|c| c.big.is_in([7, max])).exists().await, ErrorKind::Encode));
        let long = (0..200).chain([max]);
        named(refused(query().filter(|c| c.big.not_in(long)).delete().await, ErrorKind::Encode));
        named(refused(query().filter(|c| c.big.ge(max)).delete().await, ErrorKind::Encode));
        assert_eq!(rows::<Counter>().await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_number_that_its_column_is_too_narrow_for_is_refused() {
    within::<Counter>(async || {
        let mut made = one(new!(Counter { id: 1, narrow: 5_i64 })).await;
        for narrow in [32_768_i64, -32_769, i64::MAX, i64::MIN] {
            let is_named =
                |refusal: Refusal| drop(refusal.of::<Counter>().column("narrow").hides(&["3276"]));
            let batch = || [new!(Counter { id: 2 }), new!(Counter { id: 3, narrow })];
            is_named(refused(
                Counter::create(new!(Counter { id: 3, narrow })).await,
                ErrorKind::Encode,
            ));
            is_named(refused(Counter::insert_many(batch()).await, ErrorKind::Encode));
            let upsert = Counter::upsert(batch()).unique_by(|c| c.id);
            is_named(refused(upsert.await, ErrorKind::Encode));
            is_named(refused(made.update(|c| c.narrow = narrow).await, ErrorKind::Encode));
            let some = Counter::query().filter(|c| c.id.eq(1)).update(|c| c.narrow.set(narrow));
            is_named(refused(some.await, ErrorKind::Encode));
            assert_eq!(Counter::query().filter(|c| c.narrow.eq(narrow)).count().await.unwrap(), 0);
        }
        assert_eq!(Counter::all().await.unwrap(), [made]);
    })
    .await;
}

/// Sums are made in the database, so that only the database can see where they end.
#[tokio::test]
async fn an_increment_past_the_end_of_a_column_is_refused() {
    within::<Counter>(async || {
        let full = new!(Counter { id: 1, small: i32::MAX, wide: i64::MAX, narrow: 32_767_i64 });
        let made = one(full.big(i64::MAX.unsigned_abs())).await;
        Counter::create(new!(Counter { id: 2 })).await.unwrap();
        let all = || Counter::query().filter(|c| c.id.is_in([1, 2]));
        refused(all().increment(|c| c.wide, 1).await, ErrorKind::Encode).of::<Counter>();
        refused(all().increment(|c| c.big, 1_u64).await, ErrorKind::Encode).of::<Counter>();
        refused(all().increment(|c| c.small, 1).await, ErrorKind::CheckViolation).of::<Counter>();
        refused(all().increment(|c| c.narrow, 1).await, ErrorKind::CheckViolation).of::<Counter>();
        refused(all().decrement(|c| c.wide, -1).await, ErrorKind::Encode).of::<Counter>();
        refused(all().update(|c| c.wide.set(c.wide * 2)).await, ErrorKind::Encode).of::<Counter>();
        refused(all().decrement(|c| c.big, 1_u64).await, ErrorKind::CheckViolation).of::<Counter>();
        assert_eq!(first().await, made, "no row is changed, not even those before");
        assert_eq!(Counter::find(2).or_fail().await.unwrap().wide, 0);
        let kind = Db::raw("SELECT typeof(wide) FROM counters WHERE id = 1").scalar::<String>();
        assert_eq!(kind.await.unwrap().as_deref(), Some("integer"));
    })
    .await;
}

#[tokio::test]
async fn arithmetic_that_has_no_result_is_refused_wherever_it_stands() {
    within::<Counter>(async || {
        one(new!(Counter { id: 1, wide: i64::MIN })).await;
        let query = Counter::query;
        let refuse = |outcome| refused::<u64>(outcome, ErrorKind::Encode).of::<Counter>();
        refuse(query().filter(|c| (c.wide - 1).lt(0)).count().await);
        refuse(query().filter(|c| (c.wide / -1).gt(0)).delete().await);
        refuse(query().filter(|c| (c.wide / 0).is_null()).delete().await);
        refuse(Counter::update_all(|c| c.small.set(c.small / 0)).await);
        refuse(Counter::update_all(|c| c.wide.set(c.wide - 1)).await);
        refused(query().pluck(|c| c.wide - 1).await, ErrorKind::Encode).of::<Counter>();
        refused(query().order_by(|c| (c.wide - 1).asc()).await, ErrorKind::Encode).of::<Counter>();
        assert_eq!(first().await.wide, i64::MIN);
    })
    .await;
}

#[tokio::test]
async fn a_minus_in_front_of_a_negative_number_is_no_comment() {
    within::<Counter>(async || {
        one(new!(Counter { id: 1, wide: 5_i64 })).await;
        let more = Counter::update_all(|c| c.wide.set(c.wide - -1));
        assert_eq!(more.await.unwrap(), 1);
        let more = Counter::update_all(|c| c.wide.set(minus(-2)));
        assert_eq!(more.await.unwrap(), 1);
        assert_eq!(first().await.wide, 8);
        let sum = Db::raw("SELECT 1 -? -?").bind(-1_i64).bind(-2_i64).scalar::<i64>();
        assert_eq!(sum.await.unwrap(), Some(4));
    })
    .await;
}

fn minus(number: i64) -> Expr<i64> {
    raw(RawSql::new("wide -?").bind(number))
}

#[tokio::test]
async fn sums_are_exact_or_refused() {
    within::<Counter>(async || {
        let half = i64::MAX / 2 + 1;
        let drafts = [1, 2].map(|id| {
            new!(Counter { id, small: i32::MAX, wide: half, big: i64::MAX.unsigned_abs() })
        });
        Counter::insert_many(drafts).await.unwrap();
        let small = Counter::query().sum(|c| c.small).await.unwrap();
        assert_eq!(small, Some(2 * i64::from(i32::MAX)));
        refused(Counter::query().sum(|c| c.wide).await, ErrorKind::Encode).of::<Counter>();
        refused(Counter::query().sum(|c| c.big).await, ErrorKind::Encode).of::<Counter>();
        let grouped = Counter::query().group_by(|c| c.on).select(|c| (c.on, c.wide.sum()));
        refused(grouped.await, ErrorKind::Encode).of::<Counter>();
        let none = Counter::query().filter(|_| false);
        assert_eq!(none.clone().sum(|c| c.wide).await.unwrap(), None);
        assert_eq!(none.avg(|c| c.small).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn doubles_come_back_to_the_last_bit() {
    within::<Counter>(async || {
        let doubles = [
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            5e-324,
            0.1 + 0.2,
            f64::EPSILON,
            1e15 + 0.3,
            f64::INFINITY,
            f64::NEG_INFINITY,
            9_007_199_254_740_993.0,
            0.0,
        ];
        for (id, ratio) in (10..).zip(doubles) {
            let made = Counter::create(new!(Counter { id, ratio })).await.unwrap();
            let found = Counter::query().filter(|c| c.ratio.eq(ratio)).sole().await.unwrap();
            assert_eq!(found, made);
            assert_eq!(found.ratio.to_bits(), ratio.to_bits());
            let listed = Counter::query().filter(|c| c.ratio.is_in([ratio, 0.5])).sole();
            assert_eq!(listed.await.unwrap().id, id);
        }
        let zero = Counter::query().filter(|c| c.ratio.eq(-0.0)).sole().await.unwrap();
        assert_eq!(zero.ratio, 0.0);
        for single in [f32::MAX, f32::MIN_POSITIVE, 0.1, f32::NEG_INFINITY] {
            let made = Counter::upsert([new!(Counter { id: 1, single })]).unique_by(|c| c.id);
            made.await.unwrap();
            assert_eq!(first().await.single, Some(single));
        }
    })
    .await;
}

/// SQLite would store null instead.
#[tokio::test]
async fn nan_is_refused_on_every_way() {
    within::<Counter>(async || {
        let mut made = one(new!(Counter { id: 1, ratio: 0.5 })).await;
        let nan = f64::NAN;
        let ratio = |refusal: Refusal| drop(refusal.of::<Counter>().column("ratio"));
        let batch = || [new!(Counter { id: 2 }), new!(Counter { id: 3, ratio: nan })];
        ratio(refused(
            Counter::create(new!(Counter { id: 3, ratio: nan })).await,
            ErrorKind::Encode,
        ));
        ratio(refused(Counter::insert_many(batch()).await, ErrorKind::Encode));
        let upsert = Counter::upsert(batch()).unique_by(|c| c.id);
        ratio(refused(upsert.await, ErrorKind::Encode));
        ratio(refused(made.update(|c| c.ratio = nan).await, ErrorKind::Encode));
        ratio(refused(Counter::update_all(|c| c.ratio.set(nan)).await, ErrorKind::Encode));
        let query = Counter::query;
        ratio(refused(query().filter(|c| c.ratio.eq(nan)).await, ErrorKind::Encode));
        ratio(refused(query().filter(|c| c.ratio.ne(nan)).delete().await, ErrorKind::Encode));
        ratio(refused(query().filter(|c| c.ratio.is_in([1.0, nan])).await, ErrorKind::Encode));
        ratio(refused(query().filter(|c| c.ratio.between(nan, 1.0)).await, ErrorKind::Encode));
        let single = Counter::create(new!(Counter { id: 4, single: f32::NAN }));
        refused(single.await, ErrorKind::Encode).of::<Counter>().column("single");
        refused(Db::raw("SELECT ?").bind(nan).scalar::<f64>().await, ErrorKind::Encode);
        assert_eq!(made.ratio, 0.5, "the struct is as before");
        assert_eq!(Counter::all().await.unwrap(), [made]);
    })
    .await;
}

#[derive(Model, Debug)]
#[model(portable)]
struct Sample {
    #[model(key, auto = false)]
    at: f64,
    note: String,
}

#[tokio::test]
async fn nan_is_no_key() {
    within::<Sample>(async || {
        Sample::create(new!(Sample { at: f64::NEG_INFINITY, note: "a" })).await.unwrap();
        let made = Sample::create(new!(Sample { at: f64::NAN, note: "b" }));
        refused(made.await, ErrorKind::Encode).of::<Sample>().column("at");
        refused(Sample::find(f64::NAN).await, ErrorKind::Encode).of::<Sample>().column("at");
        let some = Sample::find_many([0.5, f64::NAN]);
        refused(some.await, ErrorKind::Encode).of::<Sample>().column("at");
        let lost = Sample { at: f64::NAN, note: String::new() };
        refused(lost.delete().await, ErrorKind::Encode).of::<Sample>().column("at");
        let found = Sample::find(f64::NEG_INFINITY).or_fail().await.unwrap();
        assert_eq!((found.at, found.note.as_str()), (f64::NEG_INFINITY, "a"));
        assert_eq!(rows::<Sample>().await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_table_refuses_what_other_programs_write() {
    within::<Counter>(async || {
        one(new!(Counter { id: 1 })).await;
        let wrong = [
            "UPDATE counters SET small = 2147483648",
            "UPDATE counters SET narrow = -32769",
            "UPDATE counters SET big = -1",
            "UPDATE counters SET \"on\" = 2",
            "UPDATE counters SET wide = 'many'",
            "UPDATE counters SET wide = 1.5",
            "UPDATE counters SET ratio = 'canary-7f3a'",
        ];
        for sql in wrong {
            refused(Db::raw(sql).execute().await, ErrorKind::CheckViolation);
        }
        let null = Db::raw("UPDATE counters SET wide = NULL").execute();
        refused(null.await, ErrorKind::NotNullViolation).table("counters").column("wide");
    })
    .await;
}

/// A table that somebody else made holds whatever they put there.
#[tokio::test]
async fn stored_numbers_that_do_not_fit_are_not_bent() {
    within::<Sample>(async || {
        execute([
            "CREATE TABLE counters (id INTEGER PRIMARY KEY, small, wide, big, narrow, ratio, single, \"on\")",
            "INSERT INTO counters VALUES (1, 1, 1, 1, 1, 1, 1, 1)",
        ])
        .await;
        let wrong = [
            ("UPDATE counters SET small = 2147483648", "small"),
            ("UPDATE counters SET wide = 9223372036854775808", "wide"),
            ("UPDATE counters SET wide = 1.0", "wide"),
            ("UPDATE counters SET wide = '1'", "wide"),
            ("UPDATE counters SET big = -1", "big"),
            ("UPDATE counters SET big = NULL", "big"),
            ("UPDATE counters SET ratio = 9007199254740993", "ratio"),
            ("UPDATE counters SET ratio = '0.5'", "ratio"),
            ("UPDATE counters SET single = 0.1", "single"),
            ("UPDATE counters SET \"on\" = 2", "on"),
            ("UPDATE counters SET \"on\" = 'true'", "on"),
        ];
        for (sql, column) in wrong {
            Db::raw(sql).execute().await.unwrap();
            refused(Counter::find(1).await, ErrorKind::Decode).of::<Counter>().column(column);
            execute(["DELETE FROM counters", "INSERT INTO counters VALUES (1, 1, 1, 1, 1, 1, 1, 1)"])
                .await;
        }
        assert_eq!(first().await.ratio, 1.0);
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        the_ends_of_64_bits_come_back
        an_unsigned_number_up_to_63_bits_comes_back
        a_number_that_its_column_is_too_narrow_for_is_refused
        a_minus_in_front_of_a_negative_number_is_no_comment
        doubles_come_back_to_the_last_bit
    ;
    mysql:
        the_ends_of_64_bits_come_back
        an_unsigned_number_up_to_63_bits_comes_back
        a_number_that_its_column_is_too_narrow_for_is_refused
        a_minus_in_front_of_a_negative_number_is_no_comment
        nan_is_refused_on_every_way
    ;
    mongo:
        the_ends_of_64_bits_come_back
        an_unsigned_number_up_to_63_bits_comes_back
        an_unsigned_number_beyond_63_bits_is_refused_on_every_way_in
        a_number_that_its_column_is_too_narrow_for_is_refused
        doubles_come_back_to_the_last_bit
    ;
}
