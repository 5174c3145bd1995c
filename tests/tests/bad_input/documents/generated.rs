//! Generated JSON, with the names and texts that mean something to the server strewn in.

use eloquent::ErrorKind;
use eloquent::prelude::*;
use proptest::prelude::{BoxedStrategy, Just, Strategy as _, any, prop_oneof};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::Value as JsonValue;

use super::{Login, count};
use crate::fixture::{refused, rows, within};

const CASES: usize = 120;

fn names() -> BoxedStrategy<String> {
    let odd = [
        "$gt",
        "$ne",
        "$where",
        "$or",
        "$expr",
        "$literal",
        "$",
        "",
        "a.b",
        ".",
        "a\0",
        "__proto__",
        "_id",
        "id",
        "name",
        "?",
        "$$ROOT",
    ];
    prop_oneof![
        3 => proptest::sample::select(vec!["a", "b", "c", "_id", "gt$", "__proto__"]).prop_map(str::to_owned),
        1 => proptest::sample::select(odd.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
    .boxed()
}

fn values() -> BoxedStrategy<JsonValue> {
    let leaf = prop_oneof![
        Just(JsonValue::Null),
        any::<bool>().prop_map(JsonValue::from),
        any::<i64>().prop_map(JsonValue::from),
        any::<u64>().prop_map(JsonValue::from),
        any::<f64>().prop_map(JsonValue::from),
        any::<String>().prop_map(JsonValue::from),
        names().prop_map(|name| JsonValue::from(format!("${name}"))),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(JsonValue::Array),
            proptest::collection::vec((names(), inner), 0..3)
                .prop_map(|fields| JsonValue::Object(fields.into_iter().collect())),
        ]
    })
    .boxed()
}

/// Whether a name in it is none of a field.
fn is_odd(value: &JsonValue) -> bool {
    match value {
        JsonValue::Array(items) => items.iter().any(is_odd),
        JsonValue::Object(fields) => fields.iter().any(|(name, value)| {
            name.is_empty() || name.starts_with('$') || name.contains(['.', '\0']) || is_odd(value)
        }),
        _ => false,
    }
}

/// What is stored comes back, and is found by itself alone; what has an odd name is refused on every way.
#[tokio::main(flavor = "current_thread")]
async fn generated_json_comes_back_or_is_refused() {
    within::<Login>(async || {
        let mut runner = TestRunner::deterministic();
        // whoever turns a value to an operator finds this one
        Login::create(new!(Login { name: "root", data: Json(JsonValue::from("secret")) }))
            .await
            .unwrap();
        let (mut stored, mut odd) = (0, 0);
        for _ in 0..CASES {
            let value = values().new_tree(&mut runner).unwrap().current();
            let data = || Json(value.clone());
            let made = Login::create(new!(Login { name: "a", data: data() })).await;
            let found = Login::query().filter(|l| l.data.eq(data())).await;
            let others = Login::query().filter(|l| l.data.ne(data())).count().await;
            let every =
                Login::query().filter(|l| l.name.eq("a")).update(|l| l.data.set(data())).await;
            if is_odd(&value) {
                odd += 1;
                refused(made, ErrorKind::Encode).of::<Login>().column("data");
                refused(found, ErrorKind::Encode).of::<Login>().column("data");
                refused(others, ErrorKind::Encode).of::<Login>().column("data");
                refused(every, ErrorKind::Encode).of::<Login>().column("data");
                assert_eq!(rows::<Login>().await, 1, "{value}");
                continue;
            }
            stored += 1;
            let made = made.unwrap();
            let found = found.unwrap();
            assert_eq!(found.len(), 1, "{value}");
            assert_eq!(found[0].data, Some(data()), "{value}");
            assert_eq!(others.unwrap(), 1, "{value}");
            assert_eq!(every.unwrap(), 1, "{value}");
            assert_eq!(Login::find(made.id).or_fail().await.unwrap().data, Some(data()), "{value}");
            made.delete().await.unwrap();
        }
        assert!(stored > CASES / 4 && odd > 5, "{stored} and {odd}");
        assert_eq!(count(|l| l.name.eq("root")).await, 1);
    })
    .await;
}

on_documents! {
    generated_json_comes_back_or_is_refused
}
