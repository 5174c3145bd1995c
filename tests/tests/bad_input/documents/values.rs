//! Object ids, numbers, moments and sizes: what documents hold, exactly or not at all.

use eloquent::ErrorKind;
use eloquent::prelude::*;
use eloquent::value::{Document, ObjectId, Value};

use super::{Data, Login, count, fields, json};
use crate::fixture::{Refusal, refused, refused_at_once, rows, within};

/// In which the innermost stands in so many others.
fn nested(levels: usize) -> Document {
    (1..levels).fold(fields("a", Value::I64(1)), |inner, _| fields("a", Value::Document(inner)))
}

fn deep(levels: usize) -> Data {
    let inner = (0..levels).fold(serde_json::Value::from(1), |inner, level| match level % 2 {
        0 => serde_json::Value::Array(vec![inner]),
        _ => serde_json::json!({ "a": inner }),
    });
    Json(inner)
}

fn dec(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(document)]
struct Place {
    id: ObjectId,
    label: String,
    other: Option<ObjectId>,
}

#[tokio::main(flavor = "current_thread")]
async fn object_ids_are_of_24_digits_and_never_guessed() {
    within::<Place>(async || {
        let digits = "507f1f77bcf86cd799439011";
        let id: ObjectId = digits.parse().unwrap();
        let upper: ObjectId = digits.to_uppercase().parse().unwrap();
        assert_eq!((id, id.to_string().as_str()), (upper, digits));
        for wrong in [
            &digits[1..],
            "507f1f77bcf86cd7994390111",
            "507f1f77bcf86cd79943901g",
            "",
            " 507f1f77bcf86cd79943901",
            "507f1f77-bcf86cd79943901",
            "{\"$oid\": \"507f1f77bcf86c\"}",
            "ObjectId(507f1f77bcf86cd)",
        ] {
            assert!(wrong.parse::<ObjectId>().is_err(), "{wrong}");
        }
        let place = Place::create(new!(Place { id, label: digits, other: id })).await.unwrap();
        assert_eq!(Place::find(upper).or_fail().await.unwrap(), place);
        // the same digits as text are text, and an id is none
        assert_eq!(Place::query().filter(|p| p.label.eq(digits)).count().await.unwrap(), 1);
        assert_eq!(Place::query().filter(|p| p.other.eq(id)).count().await.unwrap(), 1);
        let error = refused_at_once(Place::column::<String>("id"), ErrorKind::InvalidInput);
        error.of::<Place>().column("id");
        let made = Place::create(new!(Place { label: "b" })).await.unwrap();
        assert_ne!(made.id, id);
        assert_eq!(Place::find(made.id).or_fail().await.unwrap(), made);
        let again = Place::create(new!(Place { id, label: "c" })).await;
        refused(again, ErrorKind::UniqueViolation).of::<Place>().column("id").hides(&[digits]);
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn a_number_that_no_document_holds_is_compared_and_never_stored() {
    within::<Login>(async || {
        let row = Login::create(new!(Login { name: "a", big: 7_u64 })).await.unwrap();
        let max = u64::MAX;
        assert_eq!(count(|l| l.big.eq(max)).await, 0);
        assert_eq!(count(|l| l.big.ne(max)).await, 1);
        assert_eq!(count(|l| l.big.lt(max)).await, 1);
        assert_eq!(count(|l| l.big.ge(max)).await, 0);
        assert_eq!(count(|l| l.big.between(1, max)).await, 1);
        assert_eq!(count(|l| l.big.is_in([7, max])).await, 1);
        assert_eq!(count(|l| l.big.not_in([max, 1 << 63])).await, 1);
        let one = || Login::query().filter(|l| l.id.eq(row.id));
        let named = |refusal: Refusal| {
            drop(refusal.of::<Login>().column("big").hides(&["18446744073709551615"]));
        };
        named(refused(one().increment(|l| l.big, max).await, ErrorKind::Encode));
        named(refused(one().update(|l| l.big.set(l.big * max)).await, ErrorKind::Encode));
        let inner = one().filter(|l| (l.big + max).gt(1)).count().await;
        refused(inner, ErrorKind::Encode).of::<Login>();
        assert_eq!(Login::all().await.unwrap(), [row]);
    })
    .await;
}

/// The server knows of no columns: what it computes is held to them all the same.
#[tokio::main(flavor = "current_thread")]
async fn a_column_stays_as_narrow_as_it_is_declared() {
    within::<Login>(async || {
        let full =
            new!(Login { name: "a", small: i32::MAX, wide: i64::MAX, amount: dec("9999.99") });
        let row = Login::create(full).await.unwrap();
        Login::create(new!(Login { name: "b" })).await.unwrap();
        let all = || Login::query().filter(|l| l.id.ge(0));
        let refuse = |outcome| drop(refused::<u64>(outcome, ErrorKind::Encode).of::<Login>());
        refuse(all().increment(|l| l.small, 1).await);
        refuse(all().decrement(|l| l.small, i32::MIN).await);
        refuse(all().increment(|l| l.wide, 1).await);
        refuse(all().update(|l| l.wide.set(l.wide * 2)).await);
        refuse(all().decrement(|l| l.big, 1_u64).await);
        refuse(all().increment(|l| l.amount, dec("0.01")).await);
        refuse(all().update(|l| l.amount.set(l.amount - dec("0.001"))).await);
        refuse(all().update(|l| l.small.set(l.small / 0)).await);
        refuse(all().update(|l| l.amount.set(l.amount / dec("0.00"))).await);
        assert_eq!(Login::find(row.id).or_fail().await.unwrap(), row, "no document is changed");
        // up to the end it goes
        let one = || Login::query().filter(|l| l.id.eq(row.id));
        assert_eq!(one().decrement(|l| l.small, 1).await.unwrap(), 1);
        assert_eq!(one().increment(|l| l.small, 1).await.unwrap(), 1);
        assert_eq!(one().decrement(|l| l.amount, dec("19999.98")).await.unwrap(), 1);
        let found = Login::find(row.id).or_fail().await.unwrap();
        assert_eq!((found.small, found.amount), (i32::MAX, dec("-9999.99")));
        let batch = [new!(Login { name: "c" }), new!(Login { name: "d", amount: dec("1.005") })];
        let fine = refused(Login::insert_many(batch).await, ErrorKind::Encode);
        fine.of::<Login>().column("amount").hides(&["1.005"]);
        assert_eq!(rows::<Login>().await, 2);
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn sums_are_exact_or_refused() {
    within::<Login>(async || {
        let half = i64::MAX / 2 + 1;
        let drafts = [1, 2].map(|id| new!(Login { id, name: "a", small: i32::MAX, wide: half }));
        Login::insert_many(drafts).await.unwrap();
        let small = Login::query().sum(|l| l.small).await.unwrap();
        assert_eq!(small, Some(2 * i64::from(i32::MAX)));
        // the sum is beyond 64 bits, so there is none
        let sum = Login::query().sum(|l| l.wide).await;
        assert!(sum.is_err(), "{sum:?}");
        Login::update_all(|l| l.exact.set(dec("79228162514264337593543950335"))).await.unwrap();
        refused(Login::query().sum(|l| l.exact).await, ErrorKind::Decode).of::<Login>();
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn decimals_have_all_their_digits() {
    within::<Login>(async || {
        for text in [
            "79228162514264337593543950335",
            "-7.9228162514264337593543950335",
            "0.0000000000000000000000000001",
            "1.5000",
            "-0.3",
        ] {
            let exact = dec(text);
            let row = Login::create(new!(Login { name: "a", exact })).await.unwrap();
            let found = Login::query().filter(|l| l.exact.eq(exact)).sole().await.unwrap();
            assert_eq!(found.id, row.id);
            assert_eq!(found.exact.map(|exact| exact.to_string()).as_deref(), Some(text));
        }
        // what is larger is no decimal to begin with
        for text in ["1e100000", "12345678901234567890123456789012345678", "1e-100000", "NaN"] {
            assert!(Decimal::from_str_exact(text).is_err(), "{text}");
        }
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn a_moment_is_exact_to_the_millisecond_or_refused() {
    within::<Login>(async || {
        let moment =
            |nanos: i64| DateTime::<Utc>::from_timestamp_nanos(1_709_251_199_000_000_000 + nanos);
        for nanos in [0, 1_000_000, 123_000_000, 999_000_000] {
            let at = moment(nanos);
            let draft = new!(Login { name: "a", at, local: at.naive_utc() });
            let mut row = Login::create(draft).await.unwrap();
            let made = row.clone();
            row.refresh().await.unwrap();
            assert_eq!(row, made, "equal after saving");
            assert_eq!(Login::query().filter(|l| l.at.eq(at)).sole().await.unwrap(), made);
        }
        let mut row = Login::query().order_by(|l| l.id.asc()).first().or_fail().await.unwrap();
        for nanos in [1, 999, 1_000, 999_999, 123_456_789, 999_999_999] {
            let at = moment(nanos);
            let named = |refusal: Refusal, column| drop(refusal.of::<Login>().column(column));
            let made = Login::create(new!(Login { name: "b", at })).await;
            named(refused(made, ErrorKind::Encode), "at");
            let changed = row.update(|l| l.local = Some(at.naive_utc())).await;
            named(refused(changed, ErrorKind::Encode), "local");
            let every = Login::update_all(|l| l.at.set(at)).await;
            named(refused(every, ErrorKind::Encode), "at");
            // no document holds it, and on which side of it one lies is exact
            assert_eq!(count(|l| l.at.eq(at)).await, 0);
            assert_eq!(count(|l| l.at.ne(at)).await, 4);
            let before = [0, 1_000_000, 123_000_000, 999_000_000].iter().filter(|n| **n < nanos);
            let before = before.count() as u64;
            assert_eq!(count(|l| l.at.lt(at)).await, before, "{nanos}");
            assert_eq!(count(|l| l.at.ge(at)).await, 4 - before, "{nanos}");
        }
        assert_eq!(rows::<Login>().await, 4);
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn json_is_as_deep_as_documents_are() {
    within::<Login>(async || {
        // the document around is the first of 100 levels
        let draft = new!(Login { name: "a", fields: nested(99), data: deep(99) });
        let mut row = Login::create(draft).await.unwrap();
        assert_eq!(Login::find(row.id).or_fail().await.unwrap(), row);
        let before = row.clone();
        for levels in [100, 101, 500] {
            let named = |refusal: Refusal, column| {
                drop(refusal.of::<Login>().column(column).says("100 levels"));
            };
            let made = Login::create(new!(Login { name: "b", fields: nested(levels) })).await;
            named(refused(made, ErrorKind::Encode), "fields");
            let made = Login::create(new!(Login { name: "b", data: deep(levels) })).await;
            named(refused(made, ErrorKind::Encode), "data");
            let changed = row.update(|l| l.fields = Some(nested(levels))).await;
            named(refused(changed, ErrorKind::Encode), "fields");
            let found = Login::query().filter(|l| l.data.eq(deep(levels))).await;
            named(refused(found, ErrorKind::Encode), "data");
            let every = Login::update_all(|l| l.fields.set(nested(levels))).await;
            named(refused(every, ErrorKind::Encode), "fields");
        }
        // as text it does not get that far
        let text = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_err());
        assert_eq!(row, before, "the struct is as before");
        assert_eq!(Login::all().await.unwrap(), [before]);
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn the_last_of_equal_keys_counts() {
    within::<Login>(async || {
        let twice = || json(r#"{"a": 1, "b": 2, "a": 3}"#);
        let row = Login::create(new!(Login { name: "a", data: twice() })).await.unwrap();
        let found = Login::find(row.id).or_fail().await.unwrap();
        assert_eq!(found.data, Some(json(r#"{"a": 3, "b": 2}"#)));
        assert_eq!(count(|l| l.data.eq(twice())).await, 1);
        assert_eq!(count(|l| l.data.eq(json(r#"{"a": 1, "b": 2}"#))).await, 0);
        let both = [("a", 1), ("b", 2), ("a", 3)];
        let both: Document =
            both.into_iter().map(|(name, value)| (name.to_owned(), Value::I64(value))).collect();
        let row = Login::create(new!(Login { name: "b", fields: both })).await.unwrap();
        let found = Login::find(row.id).or_fail().await.unwrap().fields.unwrap();
        assert_eq!((found.len(), found.get("a")), (2, Some(&Value::I64(3))));
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn a_document_is_16_megabytes_at_most() {
    within::<Login>(async || {
        let megabytes = |count: usize| vec![7_u8; count << 20];
        let mut row = Login::create(new!(Login { name: "a", blob: megabytes(15) })).await.unwrap();
        assert!(Login::find(row.id).or_fail().await.unwrap() == row);
        for count in [16, 17, 64, 200] {
            let draft = || new!(Login { name: "b", blob: megabytes(count) });
            let named = |refusal: Refusal| drop(refusal.of::<Login>().says("larger than"));
            named(refused(Login::create(draft()).await, ErrorKind::Encode));
            let batch = [new!(Login { name: "c" }), draft()];
            named(refused(Login::insert_many(batch).await, ErrorKind::Encode));
            let changed = row.update(|l| l.blob = Some(megabytes(count))).await;
            named(refused(changed, ErrorKind::Encode));
        }
        assert_eq!(rows::<Login>().await, 1);
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn a_number_of_rows_is_a_number() {
    within::<Login>(async || {
        Login::insert_many((1..4).map(|id| new!(Login { id, name: "a" }))).await.unwrap();
        let by_id = || Login::query().order_by(|l| l.id.asc());
        assert_eq!(by_id().limit(0).await.unwrap(), []);
        assert_eq!(by_id().limit(0).count().await.unwrap(), 0);
        let most = i64::MAX.unsigned_abs();
        assert_eq!(by_id().limit(most).await.unwrap().len(), 3);
        assert_eq!(by_id().limit(most).offset(most).await.unwrap(), []);
        assert_eq!(by_id().limit(u64::MAX).offset(1).count().await.unwrap(), 2);
        for (page, size) in [(u64::MAX, 2), (3, most - 1), (0, 1), (1, 0)] {
            let page = by_id().paginate(page, size).await;
            refused(page, ErrorKind::InvalidInput).of::<Login>();
        }
    })
    .await;
}

on_documents! {
    object_ids_are_of_24_digits_and_never_guessed
    a_number_that_no_document_holds_is_compared_and_never_stored
    a_column_stays_as_narrow_as_it_is_declared
    sums_are_exact_or_refused
    decimals_have_all_their_digits
    a_moment_is_exact_to_the_millisecond_or_refused
    json_is_as_deep_as_documents_are
    the_last_of_equal_keys_counts
    a_document_is_16_megabytes_at_most
    a_number_of_rows_is_a_number
}
