use chrono::NaiveDate;
use eloquent_core::schema::ColumnType;
use eloquent_core::value::{ColumnValue as _, Decimal, Document as Fields, Json, Uuid, Value};
use mongodb::bson::raw::cstr;
use mongodb::bson::{Bson, Decimal128, RawDocumentBuf};
use proptest::prelude::{any, prop_assert_eq};
use proptest::test_runner::TestRunner;

use super::encode::check_length;
use super::{append, decode, encode};

/// A value there and back, both ways of writing it.
fn back(value: &Value, ty: Option<ColumnType>) -> Value {
    let name = cstr!("v");
    let mut document = RawDocumentBuf::new();
    append(&mut document, name, value).unwrap();
    let encoded = Bson::try_from(document.get("v").unwrap().unwrap()).unwrap();
    assert_eq!(encoded, encode(value).unwrap());
    let stored = document.get("v").unwrap().unwrap();
    decode(stored, ty, false).unwrap().as_ref().to_owned()
}

fn reason(value: &Value) -> String {
    encode(value).unwrap_err().reason().to_owned()
}

/// Lengths that no test could have in memory are refused before anything is copied.
#[test]
fn what_no_document_can_hold_is_refused() {
    assert!(check_length(16 << 20).is_ok());
    for length in [(16 << 20) + 1, 1 << 31, 1 << 32, usize::MAX] {
        assert!(check_length(length).is_err(), "{length}");
    }
    let name = cstr!("v");
    let large = Value::Bytes(vec![0; (16 << 20) + 1]);
    let text = Value::Text("x".repeat((16 << 20) + 1));
    for value in [large.clone(), text, Value::Array(vec![large])] {
        assert!(encode(&value).is_err());
        assert!(append(&mut RawDocumentBuf::new(), name, &value).is_err());
    }
}

#[test]
fn decimals_keep_every_digit() {
    for text in
        ["0", "-0.10", "1.10", "79228162514264337593543950335", "0.0000000000000000000000000001"]
    {
        let decimal: Decimal = text.parse().unwrap();
        let Value::Decimal(back) = back(&Value::Decimal(decimal), None) else { panic!("{text}") };
        assert_eq!((back, back.scale()), (decimal, decimal.scale()), "{text}");
        // the same bits as the client writes
        let theirs: Decimal128 = text.parse().unwrap();
        assert_eq!(super::decimal::encode(decimal).bytes(), theirs.bytes(), "{text}");
    }
}

#[test]
fn what_a_decimal_has_no_room_for_is_refused_or_rounded() {
    let stored = |text: &str| text.parse::<Decimal128>().unwrap();
    let third = stored("0.3333333333333333333333333333333333");
    assert!(super::decimal::decode(third, false).is_err());
    let rounded = super::decimal::decode(third, true).unwrap();
    assert_eq!(rounded.to_string(), "0.3333333333333333333333333333");
    assert_eq!(super::decimal::decode(stored("1E+3"), false).unwrap(), Decimal::from(1000));
    assert_eq!(super::decimal::decode(stored("0E-6000"), false).unwrap(), Decimal::ZERO);
    assert_eq!(super::decimal::decode(stored("1E-6000"), true).unwrap(), Decimal::ZERO);
    for text in ["NaN", "Infinity", "-Infinity", "1E+30", "1E+6000"] {
        assert!(super::decimal::decode(stored(text), true).is_err(), "{text}");
    }
}

#[test]
fn what_cannot_be_stored_exactly_is_refused() {
    assert!(reason(&Value::U64(1 << 63)).contains("9223372036854775807"));
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let fine = day.and_hms_nano_opt(1, 2, 3, 4_000_001).unwrap();
    assert!(reason(&Value::DateTime(fine)).contains("millisecond"));
    let leap = day.and_hms_milli_opt(23, 59, 59, 1_500).unwrap();
    assert!(reason(&Value::Timestamp(leap.and_utc())).contains("leap second"));
    assert!(reason(&Value::Date(NaiveDate::MAX)).contains("9999"));
}

#[test]
fn names_that_mean_something_are_refused_at_any_depth() {
    for name in ["", "$gt", "$where", "a.b", "a\0"] {
        let fields: Fields = [(name.to_owned(), Value::I64(1))].into_iter().collect();
        let nested = Value::Array(vec![Value::Array(vec![Value::Document(fields.clone())])]);
        reason(&nested);
        let outer = [("a".to_owned(), Value::Document(fields))].into_iter().collect();
        reason(&Value::Document(outer));
        let json = Json(std::collections::BTreeMap::from([(name, 1)]));
        let text = serde_json::to_value(&json.0).unwrap();
        let text = serde_json::json!([{ "a": text }]);
        assert!(!reason(&text.into_value().unwrap()).contains("where"), "no name is told");
    }
}

#[test]
fn depth_is_bounded() {
    let nest = |levels: usize| {
        let inner = (0..levels).fold(serde_json::Value::from(1), |inner, _| vec![inner].into());
        inner.into_value().unwrap()
    };
    assert!(encode(&nest(99)).is_ok());
    assert!(reason(&nest(100)).contains("100 levels"));
    let list = (0..10_000).fold(Value::I64(1), |inner, _| Value::Array(vec![inner]));
    assert!(reason(&list).contains("100 levels"));
    // values this deep are dropped by hand, level by level
    let mut list = list;
    while let Value::Array(mut items) = list {
        list = items.pop().unwrap_or(Value::Null);
    }
}

#[test]
fn json_comes_back_as_it_was() {
    let json = serde_json::json!({
        "b": [null, true, 1, -1.5, "text"], "a": { "c": u64::MAX }, "whole": 2.0
    });
    let value = json.into_value().unwrap();
    assert_eq!(back(&value, Some(ColumnType::Json)), value);
    // a null of JSON is a value
    let null = serde_json::Value::Null.into_value().unwrap();
    assert_eq!(back(&null, Some(ColumnType::Json)), null);
    assert_eq!(back(&null, Some(ColumnType::Text)), Value::Null);
}

#[test]
fn documents_keep_what_they_hold() {
    let moment = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap().and_hms_opt(1, 2, 3).unwrap();
    let fields = [
        ("uuid", Value::Uuid(Uuid::max())),
        ("at", Value::Timestamp(moment.and_utc())),
        ("price", Value::Decimal("1.10".parse().unwrap())),
        ("bytes", Value::Bytes(vec![0, 1])),
        ("nan", Value::F64(f64::INFINITY)),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
    let document = Value::Document(fields);
    assert_eq!(back(&document, Some(ColumnType::Document)), document);
    let day = Value::Date(moment.date());
    let fields = [("day".to_owned(), day.clone())].into_iter().collect();
    let stored = back(&Value::Document(fields), None);
    let Value::Document(stored) = stored else { panic!("no document") };
    assert_eq!(stored.get("day"), Some(&Value::Text("2024-02-29".to_owned())));
    // the type of a column tells a day from an instant
    assert_eq!(back(&day, Some(ColumnType::Date)), day);
    let days = Vec::<NaiveDate>::from_value(back(&Value::Array(vec![day]), None).as_ref());
    assert_eq!(days.unwrap(), [moment.date()]);
}

#[test]
fn whole_doubles_are_integers_where_one_is_wanted() {
    let read = |double: f64| {
        let mut document = RawDocumentBuf::new();
        document.append(cstr!("v"), double);
        let stored = document.get("v").unwrap().unwrap();
        decode(stored, Some(ColumnType::I64), false).map(|cell| cell.as_ref().to_owned())
    };
    assert_eq!(read(5.0).unwrap(), Value::I64(5));
    assert!(read(5.5).is_err() && read(9.3e18).is_err() && read(f64::NAN).is_err());
}

#[test]
fn random_values_come_back() {
    let values = (any::<i64>(), any::<String>(), 0_u32..28);
    let outcome = TestRunner::deterministic().run(&values, |(integer, text, scale)| {
        let decimal = Value::Decimal(Decimal::new(integer, scale));
        for value in [Value::I64(integer), Value::Text(text), decimal] {
            prop_assert_eq!(back(&value, None), value);
        }
        Ok(())
    });
    outcome.unwrap();
}
