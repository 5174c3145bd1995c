//! Values and names that would be operators, if they were let through.

use eloquent::ErrorKind;
use eloquent::prelude::*;
use eloquent::value::{Document, Value};

use super::{Login, count, fields, json};
use crate::fixture::{CANARY, Refusal, refused, refused_at_once, rows, within};

/// What those who attack documents send in place of a password.
const INJECTIONS: &[&str] = &[
    r#"{"$gt": ""}"#,
    r#"{"$ne": null}"#,
    r#"{"$where": "return true"}"#,
    r#"{"$regex": ".*"}"#,
    r#"{"a": {"$or": [{}, {"a": 1}]}}"#,
    r#"{"a": [{"$expr": true}]}"#,
    r#"[{"$function": {"body": "f"}}]"#,
    r#"{"$eq": "x", "a": 1}"#,
    r#"{"a": 1, "$$ROOT": 1}"#,
    r#"{"a.b": 1}"#,
    r#"{"": 1}"#,
    r#"{"a": {"b": {"": {"c": 1}}}}"#,
    "{\"a\\u0000\": 1}",
];

#[tokio::main(flavor = "current_thread")]
async fn what_looks_like_an_operator_is_compared_as_it_is() {
    within::<Login>(async || {
        Login::create(new!(Login { name: "root", password: CANARY })).await.unwrap();
        let texts = ["$gt", "$$ROOT", "$password", "$literal", "{\"$ne\": null}", "= 1 or 1="];
        for text in texts.iter().chain(INJECTIONS) {
            assert_eq!(count(|l| l.password.eq(*text)).await, 0, "{text}");
            assert_eq!(count(|l| l.password.ne(*text)).await, 1, "{text}");
            assert_eq!(count(|l| l.password.is_in([*text])).await, 0, "{text}");
            assert_eq!(count(|l| l.password.eq(l.name).or(l.name.eq(*text))).await, 0);
            let mut found = Login::create(new!(Login { name: *text, password: *text }));
            let mut row = found.await.unwrap();
            assert_eq!((row.name.as_str(), row.password.as_str()), (*text, *text));
            // computed beside the column, where `$password` would be the field
            assert_eq!(count(|l| l.id.eq(row.id).and((l.wide + 0).eq(0))).await, 1);
            row.update(|l| l.password = format!("${text}")).await.unwrap();
            found = Login::create(new!(Login { name: "x" }));
            drop(found);
            row.refresh().await.unwrap();
            assert_eq!(row.password, format!("${text}"));
            let set = Login::query().filter(|l| l.id.eq(row.id));
            let both = set.update(|l| (l.password.set(*text), l.wide.set(l.wide + 1)));
            assert_eq!(both.await.unwrap(), 1);
            row.refresh().await.unwrap();
            assert_eq!((row.password.as_str(), row.wide), (*text, 1));
            let found = Login::query().filter(|l| l.password.eq(*text)).sole().await.unwrap();
            assert_eq!(found.id, row.id);
            row.delete().await.unwrap();
        }
        assert_eq!(rows::<Login>().await, 1);
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn a_value_with_the_name_of_an_operator_is_refused_on_every_way() {
    within::<Login>(async || {
        let draft = new!(Login { name: "a", data: json("{}"), fields: Document::new() });
        let mut row = Login::create(draft).await.unwrap();
        let before = row.clone();
        for text in INJECTIONS {
            let data = || json(text);
            let named =
                |refusal: Refusal| drop(refusal.of::<Login>().column("data").hides(&[text]));
            let draft = || new!(Login { name: "b", data: data() });
            let batch = || [new!(Login { name: "c" }), draft()];
            named(refused(Login::create(draft()).await, ErrorKind::Encode));
            named(refused(Login::create_many(batch()).await, ErrorKind::Encode));
            named(refused(Login::insert_many(batch()).await, ErrorKind::Encode));
            let upsert = Login::upsert([draft().id(7)]).unique_by(|l| l.id);
            named(refused(upsert.await, ErrorKind::Encode));
            named(refused(row.update(|l| l.data = Some(data())).await, ErrorKind::Encode));
            let every = Login::update_all(|l| l.data.set(data()));
            named(refused(every.await, ErrorKind::Encode));
            let query = Login::query;
            named(refused(query().filter(|l| l.data.eq(data())).await, ErrorKind::Encode));
            named(refused(query().filter(|l| l.data.ne(data())).delete().await, ErrorKind::Encode));
            let listed = query().filter(|l| l.data.is_in([json("{}"), data()]));
            named(refused(listed.count().await, ErrorKind::Encode));
            let negated = query().filter(|l| !l.data.eq(data()));
            named(refused(negated.exists().await, ErrorKind::Encode));
        }
        for name in ["$gt", "$where", "$or", "a.b", "", "a\0b", "$"] {
            let odd = || fields(name, Value::Text(CANARY.to_owned()));
            let inner = || fields("a", Value::Array(vec![Value::Document(odd())]));
            for odd in [odd(), inner()] {
                let named = |refusal: Refusal| drop(refusal.of::<Login>().column("fields"));
                let made = Login::create(new!(Login { name: "b", fields: odd.clone() }));
                named(refused(made.await, ErrorKind::Encode));
                let found = Login::query().filter(|l| l.fields.eq(odd.clone()));
                named(refused(found.await, ErrorKind::Encode));
                let every = Login::update_all(|l| l.fields.set(odd));
                named(refused(every.await, ErrorKind::Encode));
            }
        }
        assert_eq!(row, before, "the struct is as before");
        assert_eq!(Login::all().await.unwrap(), [before]);
        // a name that means something elsewhere only
        let data = json(r#"{"__proto__": {"constructor": 1}, "gt$": 2, "length": 3}"#);
        row.update(|l| l.data = Some(data.clone())).await.unwrap();
        assert_eq!(count(|l| l.data.eq(data.clone())).await, 1);
        assert_eq!(Login::find(row.id).or_fail().await.unwrap().data, Some(data));
    })
    .await;
}

#[derive(Model, Debug)]
#[model(document)]
struct Operator {
    id: i64,
    #[model(column = "$password")]
    password: Option<String>,
}

#[derive(Model, Debug)]
#[model(document)]
struct Dotted {
    id: i64,
    #[model(column = "a.b")]
    inner: Option<String>,
}

#[derive(Model, Debug)]
#[model(document, table = "system.users")]
struct System {
    id: i64,
}

#[derive(Model, Debug, PartialEq)]
#[model(document)]
struct Proto {
    id: i64,
    #[model(column = "__proto__")]
    proto: Option<i64>,
}

#[tokio::main(flavor = "current_thread")]
async fn a_model_with_the_name_of_an_operator_is_refused() {
    within::<Login>(async || {
        macro_rules! refuses {
            ($model:ident, $field:ident, $column:literal) => {
                let named = |refusal: Refusal| {
                    drop(refusal.of::<$model>().column($column));
                };
                let query = $model::query;
                let draft = || new!($model { $field: "x" });
                named(refused($model::create(draft()).await, ErrorKind::InvalidInput));
                named(refused($model::all().await, ErrorKind::InvalidInput));
                named(refused(query().pluck(|o| o.$field).await, ErrorKind::InvalidInput));
                let found = query().filter(|o| o.$field.eq("x")).delete();
                named(refused(found.await, ErrorKind::InvalidInput));
                let ordered = query().order_by(|o| o.$field.asc()).select(|o| o.id);
                named(refused(ordered.await, ErrorKind::InvalidInput));
                let grouped = query().group_by(|o| o.$field).select(|_| eloquent::query::count());
                named(refused(grouped.await, ErrorKind::InvalidInput));
                let every = $model::update_all(|o| o.$field.set("x"));
                named(refused(every.await, ErrorKind::InvalidInput));
                let upsert = $model::upsert([draft()]).unique_by(|o| o.$field);
                named(refused(upsert.await, ErrorKind::InvalidInput));
            };
        }
        refuses!(Operator, password, "$password");
        refuses!(Dotted, inner, "a.b");
        refused(System::all().await, ErrorKind::InvalidInput).of::<System>();
        refused(System::delete_all().await, ErrorKind::InvalidInput).of::<System>();
        let proto = Proto::create(new!(Proto { proto: 5 })).await.unwrap();
        assert_eq!(Proto::query().filter(|p| p.proto.eq(5)).sole().await.unwrap(), proto);
        Proto::drop_table().await.unwrap();
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn a_name_from_outside_is_that_of_a_field_or_refused() {
    within::<Login>(async || {
        Login::create(new!(Login { name: "a", password: CANARY })).await.unwrap();
        for name in ["$password", "$$ROOT", "$gt", "_id", "data.a", "password.0", "a\0", "", "*"] {
            let wrong = refused_at_once(Login::column::<String>(name), ErrorKind::InvalidInput);
            wrong.of::<Login>();
            let wrong = refused_at_once(Login::query().order_by_str(name), ErrorKind::InvalidInput);
            wrong.of::<Login>();
        }
        for order in ["id $gt", "id -1", "id {\"$meta\": 1}", "id sideways", "id 1; drop"] {
            refused_at_once(Login::query().order_by_str(order), ErrorKind::InvalidInput);
        }
        let known = Login::column::<String>("password").unwrap();
        assert_eq!(Login::query().filter(|_| known.ne("x")).count().await.unwrap(), 1);
    })
    .await;
}

/// Names with a meaning in paths of JSON are no names here, and what they could reach stays as it is.
#[tokio::main(flavor = "current_thread")]
async fn a_path_from_outside_is_no_path() {
    within::<Login>(async || {
        let draft = new!(Login { name: "a", data: json(r#"{"a": {"b": 1}}"#) });
        let row = Login::create(draft).await.unwrap();
        for path in ["')) or 1=1 --", "a\"b", "[*]", "a->b", "#>>"] {
            let data = Json(serde_json::json!({ path: 1 }));
            assert_eq!(count(|l| l.data.eq(data.clone())).await, 0);
            let other = Login::create(new!(Login { name: "b", data: data.clone() }));
            let other = other.await.unwrap();
            assert_eq!(count(|l| l.data.eq(data.clone())).await, 1, "{path}");
            assert_eq!(Login::find(other.id).or_fail().await.unwrap().data, Some(data));
            other.delete().await.unwrap();
        }
        for path in ["$[*]", "..", "$.a", "a.b", "a.0"] {
            let data = || Json(serde_json::json!({ path: 1 }));
            let found = Login::query().filter(|l| l.data.eq(data())).await;
            refused(found, ErrorKind::Encode).of::<Login>().column("data");
            let made = Login::create(new!(Login { name: "b", data: data() })).await;
            refused(made, ErrorKind::Encode).of::<Login>().column("data");
        }
        assert_eq!(Login::all().await.unwrap(), [row]);
    })
    .await;
}

on_documents! {
    what_looks_like_an_operator_is_compared_as_it_is
    a_value_with_the_name_of_an_operator_is_refused_on_every_way
    a_model_with_the_name_of_an_operator_is_refused
    a_name_from_outside_is_that_of_a_field_or_refused
    a_path_from_outside_is_no_path
}
