//! JSON, lists and documents: depth, keys, and what JSON has no form for.

use std::collections::BTreeMap;

use eloquent::ErrorKind;
use eloquent::prelude::*;
use eloquent::value::{Document, Value};

use crate::fixture::{CANARY, Refusal, has_sql, refused, rows, within};

type Data = Json<BTreeMap<String, Vec<i64>>>;

#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable)]
struct Sheet {
    id: i64,
    data: Option<Data>,
    fields: Option<Document>,
    #[model(default)]
    tags: Vec<String>,
    numbers: Option<Vec<f64>>,
}

fn data(keys: &[&str]) -> Data {
    Json(keys.iter().zip(0..).map(|(key, number)| ((*key).to_owned(), vec![number])).collect())
}

/// A document in which so many stand in each other.
fn nested(levels: usize) -> Document {
    (1..levels).fold(Document::from_iter([("a".to_owned(), Value::I64(1))]), |inner, _| {
        Document::from_iter([("a".to_owned(), Value::Document(inner))])
    })
}

async fn store(column: &str, text: &str) -> eloquent::Result<u64> {
    let update = match column {
        "data" => Db::raw("UPDATE sheets SET data = ?"),
        "fields" => Db::raw("UPDATE sheets SET fields = ?"),
        "tags" => Db::raw("UPDATE sheets SET tags = ?"),
        _ => Db::raw("UPDATE sheets SET numbers = ?"),
    };
    update.bind(text.to_owned()).execute().await
}

#[tokio::test]
async fn json_as_deep_as_can_be_read_comes_back() {
    within::<Sheet>(async || {
        let sheet = Sheet::create(new!(Sheet { fields: nested(127) })).await.unwrap();
        assert_eq!(Sheet::find(sheet.id).or_fail().await.unwrap(), sheet);
    })
    .await;
}

#[tokio::test]
async fn json_that_is_too_deep_is_refused_on_every_way_in() {
    within::<Sheet>(async || {
        let mut sheet = Sheet::create(new!(Sheet {})).await.unwrap();
        let before = sheet.clone();
        for levels in [128, 129, 1_000] {
            let deep = || nested(levels);
            let named = |refusal: Refusal| drop(refusal.of::<Sheet>().column("fields"));
            let batch = || [new!(Sheet {}), new!(Sheet { fields: deep() })];
            named(refused(Sheet::create(new!(Sheet { fields: deep() })).await, ErrorKind::Encode));
            named(refused(Sheet::insert_many(batch()).await, ErrorKind::Encode));
            let upsert = Sheet::upsert(batch().map(|draft| draft.id(7))).unique_by(|s| s.id);
            named(refused(upsert.await, ErrorKind::Encode));
            named(refused(sheet.update(|s| s.fields = Some(deep())).await, ErrorKind::Encode));
            let every = Sheet::update_all(|s| s.fields.set(deep()));
            named(refused(every.await, ErrorKind::Encode));
            let found = Sheet::query().filter(|s| s.fields.eq(deep()));
            named(refused(found.await, ErrorKind::Encode));
        }
        assert_eq!(sheet, before, "the struct is as before");
        assert_eq!(Sheet::all().await.unwrap(), [before]);
    })
    .await;
}

#[tokio::test]
async fn stored_json_that_is_too_deep_is_an_error() {
    within::<Sheet>(async || {
        Sheet::create(new!(Sheet {})).await.unwrap();
        let array = |levels| "[".repeat(levels) + &"]".repeat(levels);
        let object = |levels| "{\"a\":".repeat(levels) + "1" + &"}".repeat(levels);
        for (column, text) in [("fields", object(500)), ("data", object(500)), ("tags", array(500))]
        {
            store(column, &text).await.unwrap();
            refused(Sheet::find(1).await, ErrorKind::Decode).of::<Sheet>().column(column);
            store(column, if column == "tags" { "[]" } else { "{}" }).await.unwrap();
        }
        for text in [array(100_000), object(100_000), "[".repeat(100_000)] {
            refused(store("tags", &text).await, ErrorKind::CheckViolation);
        }
        assert_eq!(Sheet::find(1).or_fail().await.unwrap().tags, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn the_last_of_equal_keys_counts_for_every_type() {
    within::<Sheet>(async || {
        Sheet::create(new!(Sheet {})).await.unwrap();
        let text = r#"{"a": [1], "b": [2], "a": [3]}"#;
        store("data", text).await.unwrap();
        store("fields", text).await.unwrap();
        let sheet = Sheet::find(1).or_fail().await.unwrap();
        assert_eq!(sheet.data.unwrap()["a"], [3]);
        let fields = sheet.fields.unwrap();
        assert_eq!((fields.len(), fields.get("a")), (2, Some(&Value::Array(vec![Value::I64(3)]))));
    })
    .await;
}

#[tokio::test]
async fn keys_of_any_text_are_keys_and_nothing_else() {
    within::<Sheet>(async || {
        let keys = [
            "",
            "a.b",
            "$",
            "$gt",
            "$[*]",
            "__proto__",
            "')) or 1=1 --",
            "a\"b",
            "a\\b",
            "\0",
            "..",
            "\u{2028}",
            "\u{feff}",
            "🦀",
            "?",
            "NULL",
        ];
        let fields: Document =
            keys.iter().map(|key| ((*key).to_owned(), Value::Text((*key).to_owned()))).collect();
        let tags: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let draft = new!(Sheet { data: data(&keys), fields: fields.clone(), tags: tags.clone() });
        let sheet = Sheet::create(draft).await.unwrap();
        let found = Sheet::find(sheet.id).or_fail().await.unwrap();
        assert_eq!((found.data, found.tags), (Some(data(&keys)), tags.clone()));
        let found = found.fields.unwrap();
        assert_eq!(found.len(), keys.len());
        for key in keys {
            assert_eq!(found.get(key), Some(&Value::Text(key.to_owned())), "{key:?}");
        }
        assert_eq!(Sheet::query().filter(|s| s.tags.eq(tags)).count().await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_fields_of_a_document_keep_their_order() {
    within::<Sheet>(async || {
        let fields = ["z", "a", "m"].map(|key| (key.to_owned(), Value::I64(1)));
        let fields = Document::from_iter(fields);
        let sheet = Sheet::create(new!(Sheet { fields })).await.unwrap();
        assert_eq!(Sheet::find(sheet.id).or_fail().await.unwrap(), sheet);
    })
    .await;
}

#[tokio::test]
async fn numbers_in_documents_are_exact_or_refused() {
    within::<Sheet>(async || {
        let exact = [
            ("least", Value::I64(i64::MIN)),
            ("most", Value::U64(u64::MAX)),
            ("half", Value::F64(0.1)),
            ("tiny", Value::F64(5e-324)),
            ("huge", Value::F64(f64::MAX)),
        ];
        let fields: Document =
            exact.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let numbers = vec![0.1 + 0.2, f64::MIN, 5e-324, 1e23];
        let draft = new!(Sheet { fields: fields.clone(), numbers: numbers.clone() });
        Sheet::create(draft).await.unwrap();
        let sheet = Sheet::find(1).or_fail().await.unwrap();
        let found = sheet.fields.unwrap();
        for (key, value) in &exact {
            assert_eq!(found.get(key), Some(value), "{key}");
        }
        assert_eq!(sheet.numbers, Some(numbers));
    })
    .await;
}

#[tokio::test]
async fn what_json_has_no_form_for_is_refused() {
    within::<Sheet>(async || {
        let mut sheet = Sheet::create(new!(Sheet {})).await.unwrap();
        let bytes = || Document::from_iter([("k".to_owned(), Value::Bytes(CANARY.into()))]);
        let infinite = || Document::from_iter([("k".to_owned(), Value::F64(f64::INFINITY))]);
        for fields in [bytes(), infinite()] {
            let made = Sheet::create(new!(Sheet { fields: fields.clone() }));
            refused(made.await, ErrorKind::Encode).of::<Sheet>().column("fields");
            let changed = sheet.update(|s| s.fields = Some(fields));
            refused(changed.await, ErrorKind::Encode).of::<Sheet>().column("fields");
        }
        for number in [f64::NAN, f64::NEG_INFINITY] {
            let made = Sheet::insert_many([new!(Sheet {}), new!(Sheet { numbers: vec![number] })]);
            refused(made.await, ErrorKind::Encode).of::<Sheet>().column("numbers");
            let every = Sheet::update_all(|s| s.numbers.set(vec![1.0, number]));
            refused(every.await, ErrorKind::Encode).of::<Sheet>().column("numbers");
        }
        assert_eq!(Sheet::all().await.unwrap(), [sheet]);
    })
    .await;
}

#[tokio::test]
async fn stored_json_of_another_shape_is_an_error() {
    within::<Sheet>(async || {
        Sheet::create(new!(Sheet {})).await.unwrap();
        let wrong = [
            ("data", r#"{"a": "canary-7f3a"}"#),
            ("data", "[]"),
            ("data", "1"),
            ("data", r#"{"a": [1.5]}"#),
            ("data", r#"{"a": [9223372036854775808]}"#),
            ("fields", "[]"),
            ("fields", "\"canary-7f3a\""),
            ("fields", "null"),
            ("tags", r#"{"a": 1}"#),
            ("tags", "[1]"),
            ("tags", "[null]"),
            ("tags", r#"["a", ["canary-7f3a"]]"#),
            ("tags", "\"a\""),
            ("numbers", "[\"1\"]"),
        ];
        for (column, text) in wrong {
            store(column, text).await.unwrap();
            refused(Sheet::find(1).await, ErrorKind::Decode).of::<Sheet>().column(column);
            Sheet::delete_all().await.unwrap();
            Sheet::create(new!(Sheet { id: 1 })).await.unwrap();
        }
        let half_a_pair = store("fields", r#"{"a": "\ud800"}"#).await;
        if half_a_pair.is_ok() {
            refused(Sheet::find(1).await, ErrorKind::Decode).of::<Sheet>().column("fields");
        }
    })
    .await;
}

#[tokio::test]
async fn stored_text_that_is_no_json_is_refused_by_the_table() {
    within::<Sheet>(async || {
        Sheet::create(new!(Sheet {})).await.unwrap();
        for text in
            [CANARY, "", "{", "{\"a\":}", "[1,]", "{a: 1}", "'a'", "NaN", "[1] [2]", "\u{feff}[]"]
        {
            refused(store("data", text).await, ErrorKind::CheckViolation);
            refused(store("tags", text).await, ErrorKind::CheckViolation);
        }
        assert_eq!(Sheet::find(1).or_fail().await.unwrap().data, None);
    })
    .await;
}

#[derive(Model, Debug)]
#[model(portable)]
struct Odd {
    id: i64,
    data: Json<BTreeMap<Vec<u8>, u8>>,
}

#[tokio::test]
async fn a_map_whose_keys_are_no_text_is_refused() {
    within::<Odd>(async || {
        let odd = || Json(BTreeMap::from([(CANARY.as_bytes().to_vec(), 1)]));
        let empty = || Json(BTreeMap::new());
        let mut row = Odd::create(new!(Odd { data: empty() })).await.unwrap();
        let named = |refusal: Refusal| drop(refusal.of::<Odd>().column("data"));
        named(refused(Odd::create(new!(Odd { data: odd() })).await, ErrorKind::Encode));
        let batch = [new!(Odd { data: empty() }), new!(Odd { data: odd() })];
        named(refused(Odd::insert_many(batch).await, ErrorKind::Encode));
        let upsert = Odd::upsert([new!(Odd { data: odd() })]).unique_by(|o| o.id);
        named(refused(upsert.await, ErrorKind::Encode));
        named(refused(row.update(|o| o.data = odd()).await, ErrorKind::Encode));
        named(refused(Odd::update_all(|o| o.data.set(odd())).await, ErrorKind::Encode));
        named(refused(Odd::query().filter(|o| o.data.eq(odd())).await, ErrorKind::Encode));
        named(refused(Odd::query().filter(|o| o.data.is_in([odd()])).await, ErrorKind::Encode));
        if has_sql() {
            refused(Db::raw("SELECT ?").bind(odd()).rows().await, ErrorKind::Encode);
        }
        assert!(row.data.is_empty());
        assert_eq!(rows::<Odd>().await, 1);
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        json_as_deep_as_can_be_read_comes_back
        json_that_is_too_deep_is_refused_on_every_way_in
        the_last_of_equal_keys_counts_for_every_type
        the_fields_of_a_document_keep_their_order
        what_json_has_no_form_for_is_refused
        stored_json_of_another_shape_is_an_error
        a_map_whose_keys_are_no_text_is_refused
    ;
    mysql:
        json_as_deep_as_can_be_read_comes_back
        json_that_is_too_deep_is_refused_on_every_way_in
        the_last_of_equal_keys_counts_for_every_type
        keys_of_any_text_are_keys_and_nothing_else
        the_fields_of_a_document_keep_their_order
        numbers_in_documents_are_exact_or_refused
        what_json_has_no_form_for_is_refused
        stored_json_of_another_shape_is_an_error
        a_map_whose_keys_are_no_text_is_refused
    ;
    mongo:
        the_fields_of_a_document_keep_their_order
        a_map_whose_keys_are_no_text_is_refused
    ;
}
