//! Every type, there and back: exactly as it was, or an error that names the column.

use std::fmt::Debug;

use eloquent_core::driver::Session;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::value::{
    ColumnValue, DateTime, Decimal, Document, NaiveDate, NaiveDateTime, NaiveTime, ObjectId, Utc,
    Uuid, Value,
};
use eloquent_core::{ErrorKind, Name};
use proptest::prelude::{Strategy, any};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::{Contract, col, equal, execute, fetch, insert, query, select};
use crate::case::{Outcome, cases};

cases![Contract:
    booleans, signed_integers, unsigned_integers, doubles, singles, decimals, bytes, uuids, dates,
    times, dates_with_times, timestamps, documents, documents_keep_their_order, arrays, object_ids, nulls_of_every_type,
];

/// Random values of a type, the same in each run.
pub(super) fn samples<S: Strategy>(strategy: S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    let mut sample = || strategy.new_tree(&mut runner).expect("a value").current();
    (0..count).map(|_| sample()).collect()
}

/// A table with a number as its key and a column `v`.
pub(super) async fn holder(
    cx: &Contract,
    session: &mut dyn Session,
    ty: ColumnType,
) -> eloquent_core::Result<Name> {
    let columns = [Column::new("id", ColumnType::I64), Column::new("v", ty).nullable(true)];
    cx.table(session, &columns).await
}

/// Stores values and reads them back. Those that have to fit come back; those that may not are refused
/// with an error that names the column, or come back.
pub(super) async fn round_trip<T: ColumnValue + Clone + Debug>(
    cx: &Contract,
    ty: ColumnType,
    fits: impl IntoIterator<Item = T>,
    may_fit: impl IntoIterator<Item = T>,
    same: fn(&T, &T) -> bool,
) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = holder(cx, session, ty).await?;
    let fits = fits.into_iter().map(|value| (value, true));
    let all = fits.chain(may_fit.into_iter().map(|value| (value, false)));
    for (id, (value, has_to)) in (0_i64..).zip(all) {
        let bound = value.to_value().expect("a stored form");
        let stored = execute(session, insert(&table, ["id", "v"], [[Value::I64(id), bound]])).await;
        let read = select(&table, &[col("v", ty)]);
        let read = eloquent_core::statement::Select {
            filter: vec![equal(col("id", ColumnType::I64), id)],
            ..read
        };
        if let Err(error) = stored {
            assert!(!has_to, "{value:?} has to fit, but: {error}");
            assert_eq!(error.kind(), ErrorKind::Encode, "{value:?}: {error}");
            assert_eq!(error.column(), Some("v"), "{value:?}: {error}");
            assert_eq!(
                query(session, read).await?.rows.len(),
                0,
                "{value:?} was refused and stored"
            );
            continue;
        }
        for rows in [query(session, read.clone()).await?, fetch(session, read).await?] {
            match rows.scalar::<Option<T>>() {
                Ok(Some(back)) => assert!(same(&value, &back), "{value:?} came back as {back:?}"),
                Ok(None) => panic!("{value:?} came back as null"),
                Err(error) => {
                    assert!(!has_to, "{value:?} has to come back, but: {error}");
                    assert_eq!(error.kind(), ErrorKind::Decode, "{value:?}: {error}");
                    assert_eq!(error.column(), Some("v"), "{value:?}: {error}");
                }
            }
        }
    }
    Ok(())
}

fn same<T: PartialEq>(one: &T, other: &T) -> bool {
    one == other
}

async fn booleans(cx: Contract) -> Outcome {
    round_trip(&cx, ColumnType::Bool, [true, false], [], same).await
}

async fn signed_integers(cx: Contract) -> Outcome {
    round_trip(&cx, ColumnType::I8, [i8::MIN, -1, 0, i8::MAX], [], same).await?;
    round_trip(&cx, ColumnType::I16, [i16::MIN, -1, 0, i16::MAX], [], same).await?;
    round_trip(&cx, ColumnType::I32, [i32::MIN, -1, 0, i32::MAX], [], same).await?;
    let edges = [i64::MIN, i64::MIN + 1, -1, 0, (1 << 53) + 1, i64::MAX - 1, i64::MAX];
    let all = edges.into_iter().chain(samples(any::<i64>(), 40));
    round_trip(&cx, ColumnType::I64, all, [], same).await
}

async fn unsigned_integers(cx: Contract) -> Outcome {
    round_trip(&cx, ColumnType::U8, [0, u8::MAX], [], same).await?;
    round_trip(&cx, ColumnType::U16, [0, u16::MAX], [], same).await?;
    round_trip(&cx, ColumnType::U32, [0, u32::MAX], [], same).await?;
    let small = [0, (1 << 53) + 1, i64::MAX as u64];
    let large = [1 << 63, u64::MAX - 1, u64::MAX];
    let random = samples(any::<u64>(), 40);
    round_trip(&cx, ColumnType::U64, small, large.into_iter().chain(random), same).await
}

async fn doubles(cx: Contract) -> Outcome {
    let fits =
        [0.0, 1.0, -1.5, 0.1, 0.1 + 0.2, 1e15 + 0.3, f64::MIN_POSITIVE, 123_456_789.987_654_33];
    let edges = [f64::MIN, f64::MAX, 5e-324, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let random = samples(proptest::num::f64::ANY, 60);
    // -0.0 equals 0.0, so it is no other number; NaN equals nothing, and has to stay NaN
    let same = |a: &f64, b: &f64| a == b || (a.is_nan() && b.is_nan());
    round_trip(&cx, ColumnType::F64, fits, edges.into_iter().chain(random), same).await
}

async fn singles(cx: Contract) -> Outcome {
    let fits = [0.0, 1.0, -1.5, 0.1, 16_777_216.0];
    let edges = [f32::MIN, f32::MAX, f32::MIN_POSITIVE, 1e-45, f32::NAN, f32::INFINITY];
    let random = samples(proptest::num::f32::ANY, 60);
    let same = |a: &f32, b: &f32| a == b || (a.is_nan() && b.is_nan());
    round_trip(&cx, ColumnType::F32, fits, edges.into_iter().chain(random), same).await
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

async fn decimals(cx: Contract) -> Outcome {
    let money = ["0", "0.01", "-0.01", "19.99", "123456.78", "-99999999.99"].map(decimal);
    let ty = ColumnType::Decimal { precision: 10, scale: 2 };
    round_trip(&cx, ty, money, ["1.10", "2.00"].map(decimal), same).await?;
    let edges = [
        "0.1234567890123456789012345678",
        "79228162514264337593543950335",
        "-79228162514264337593543950335",
        "7922816251426433759354395033.5",
        "9007199254740993.00000000001",
    ]
    .map(decimal);
    let parts = (any::<i64>(), 0_u32..28);
    let random = samples(parts, 60).into_iter().map(|(number, scale)| Decimal::new(number, scale));
    let ty = ColumnType::Decimal { precision: 0, scale: 0 };
    round_trip(&cx, ty, [], edges.into_iter().chain(random), same).await
}

async fn bytes(cx: Contract) -> Outcome {
    let all: Vec<u8> = (0..=255).collect();
    let fits = [vec![], vec![0], vec![0, 0], all.clone(), all.repeat(4096)];
    let random = samples(proptest::collection::vec(any::<u8>(), 0..64), 40);
    round_trip(&cx, ColumnType::Bytes, fits.into_iter().chain(random), [], same).await
}

async fn uuids(cx: Contract) -> Outcome {
    let random = samples(any::<u128>(), 20).into_iter().map(Uuid::from_u128);
    let fits = [Uuid::nil(), Uuid::max(), Uuid::from_u128(1)].into_iter().chain(random);
    round_trip(&cx, ColumnType::Uuid, fits, [], same).await
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

async fn dates(cx: Contract) -> Outcome {
    let fits = [day(1970, 1, 1), day(1999, 12, 31), day(2024, 2, 29), day(2100, 3, 1)];
    let edges = [day(1, 1, 1), day(999, 6, 15), day(1582, 10, 10), day(9999, 12, 31)];
    let beyond = [day(0, 1, 1), day(-1, 1, 1), day(10_000, 1, 1), NaiveDate::MIN, NaiveDate::MAX];
    round_trip(&cx, ColumnType::Date, fits, edges.into_iter().chain(beyond), same).await
}

fn time(hour: u32, minute: u32, second: u32, nanos: u32) -> NaiveTime {
    NaiveTime::from_hms_nano_opt(hour, minute, second, nanos).expect("a time")
}

/// Times to the millisecond, which every database keeps, and finer ones.
fn clock() -> (Vec<NaiveTime>, Vec<NaiveTime>) {
    let coarse = vec![time(0, 0, 0, 0), time(12, 30, 1, 0), time(23, 59, 59, 999_000_000)];
    let fine = [1, 1_000, 123_456_000, 999_999_000, 999_999_999, 1_500_000_000];
    (coarse, fine.map(|nanos| time(23, 59, 59, nanos)).to_vec())
}

async fn times(cx: Contract) -> Outcome {
    let (coarse, fine) = clock();
    round_trip(&cx, ColumnType::Time, coarse, fine, same).await
}

fn moments() -> (Vec<NaiveDateTime>, Vec<NaiveDateTime>) {
    let (coarse, fine) = clock();
    let days = [day(1970, 1, 1), day(2024, 2, 29), day(2037, 12, 31)];
    let fits = days.iter().flat_map(|day| coarse.iter().map(|time| day.and_time(*time)));
    // after the last second of 32 bits, in the gap of a change to summer time, before the epoch, …
    let days =
        [day(2038, 1, 19), day(2024, 3, 31), day(1900, 1, 1), day(1, 1, 1), day(9999, 12, 31)];
    let times = coarse.iter().chain(&fine).chain([&NaiveTime::MIN]);
    let edges = times.flat_map(|time| days.iter().map(|day| day.and_time(*time)));
    (fits.collect(), edges.chain([NaiveDateTime::MIN, NaiveDateTime::MAX]).collect())
}

async fn dates_with_times(cx: Contract) -> Outcome {
    let (fits, edges) = moments();
    round_trip(&cx, ColumnType::DateTime, fits, edges, same).await
}

async fn timestamps(cx: Contract) -> Outcome {
    let (fits, edges) = moments();
    let instants = |moments: Vec<NaiveDateTime>| moments.into_iter().map(|moment| moment.and_utc());
    let seconds = samples(0_i64..4_000_000_000, 40);
    let random =
        seconds.into_iter().filter_map(|second| DateTime::<Utc>::from_timestamp(second, 0));
    round_trip(&cx, ColumnType::Timestamp, instants(fits), instants(edges).chain(random), same)
        .await
}

async fn documents(cx: Contract) -> Outcome {
    let inner: Document = [("lat".to_owned(), Value::F64(48.25))].into_iter().collect();
    let list = Value::Array(vec![Value::I64(1), Value::Null, Value::Bool(true)]);
    let fields = [
        ("a".to_owned(), Value::Text("text".to_owned())),
        ("b".to_owned(), Value::Null),
        ("inner".to_owned(), Value::Document(inner)),
        ("large".to_owned(), Value::I64(i64::MAX)),
        ("list".to_owned(), list),
    ];
    let fits = [Document::new(), fields.into_iter().collect()];
    let names = ["", "a.b", "$where", "__proto__", "\u{1f980}", "a\"b"];
    let edges = names.map(|name| [(name.to_owned(), Value::I64(1))].into_iter().collect());
    let bytes = [("b".to_owned(), Value::Bytes(vec![1]))].into_iter().collect();
    round_trip(&cx, ColumnType::Document, fits, edges.into_iter().chain([bytes]), same).await
}

/// A document is named values in order.
async fn documents_keep_their_order(cx: Contract) -> Outcome {
    let names = ["b", "a", "c", "B", "10", "9"];
    let document = (0..).zip(names).map(|(n, name)| (name.to_owned(), Value::I64(n))).collect();
    let same: fn(&Document, &Document) -> bool = |a, b| a.iter().eq(b.iter());
    round_trip(&cx, ColumnType::Document, [document], [], same).await
}

async fn arrays(cx: Contract) -> Outcome {
    let numbers = [vec![], vec![1, -1], vec![i64::MIN, i64::MAX]];
    round_trip(&cx, ColumnType::Array, numbers, [], same).await?;
    let texts = [vec![], vec![String::new(), "a\"b\\c,\u{1f980}".to_owned()]];
    round_trip(&cx, ColumnType::Array, texts, [], same).await?;
    round_trip(&cx, ColumnType::Array, [vec![true, false]], [], same).await?;
    round_trip(&cx, ColumnType::Array, [vec![0.5, -1.25]], [vec![f64::NAN]], |a, b| {
        a.iter().zip(b).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
    })
    .await?;
    let ids = [vec![Uuid::nil(), Uuid::max()]];
    round_trip(&cx, ColumnType::Array, ids, [], same).await?;
    let prices = [vec![decimal("0.1"), decimal("79228162514264337593543950335")]];
    round_trip(&cx, ColumnType::Array, prices, [], same).await?;
    round_trip(&cx, ColumnType::Array, [vec![day(2024, 2, 29)]], [], same).await
}

/// A database without a form for object ids refuses the column, before there is a table.
async fn object_ids(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    if let Err(error) = holder(&cx, &mut *session, ColumnType::ObjectId).await {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        return Ok(());
    }
    drop(session);
    let fits = [ObjectId::from_bytes([0; 12]), ObjectId::from_bytes([255; 12])];
    round_trip(&cx, ColumnType::ObjectId, fits, [], same).await
}

async fn nulls_of_every_type(cx: Contract) -> Outcome {
    use ColumnType::{
        Array, Bool, Bytes, Date, F32, F64, I8, I16, I32, I64, Json, Text, Time, Timestamp, U8,
        U16, U32, U64,
    };
    let mut session = cx.session().await?;
    let session = &mut *session;
    let decimal = ColumnType::Decimal { precision: 10, scale: 2 };
    let types = [
        Bool,
        I8,
        I16,
        I32,
        I64,
        U8,
        U16,
        U32,
        U64,
        F32,
        F64,
        decimal,
        Text,
        ColumnType::String { length: 9 },
        Bytes,
        ColumnType::Uuid,
        Date,
        Time,
        ColumnType::DateTime,
        Timestamp,
        Json,
        Array,
        ColumnType::Document,
    ];
    for ty in types {
        let table = holder(&cx, session, ty).await?;
        let rows = [[Value::I64(1), Value::Null]];
        execute(session, insert(&table, ["id", "v"], rows)).await?;
        let rows = query(session, select(&table, &[col("v", ty)])).await?;
        assert_eq!(rows.rows[0].values(), [Value::Null], "{ty:?}");
    }
    Ok(())
}
