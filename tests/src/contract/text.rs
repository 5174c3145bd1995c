//! Text and JSON, there and back.

use std::collections::BTreeMap;

use eloquent_core::driver::Family;
use eloquent_core::schema::ColumnType;
use eloquent_core::statement::{Projection, Select};
use eloquent_core::value::{ColumnValue, JSON_DEPTH, Json, Value, ValueRef};
use eloquent_core::{ErrorKind, Name};
use proptest::prelude::any;

use super::values::{holder, round_trip, samples};
use super::{Contract, col, equal, execute, insert, query, select};
use crate::case::{Outcome, cases};

cases![Contract:
    any_text, limited_text, text_is_data, json_of_every_shape, json_null_is_a_value, deep_json,
    a_wrong_type_names_the_column, out_of_range_is_refused[RELATIONAL],
];

/// What has broken someone's quoting, escaping or counting.
const NASTY: &[&str] = &[
    "",
    " ",
    "  spaces  ",
    "'",
    "''",
    "\"",
    "`",
    "\\",
    "\\'",
    "%",
    "_",
    "a\nb\r\nc\t",
    "--",
    "/* */",
    ";",
    "?",
    "??",
    "$1",
    ":name",
    "@p1",
    "{\"$gt\": 1}",
    "NULL",
    "null",
    "\u{feff}bom",
    "Ünïcödé",
    "e\u{301}",
    "\u{1f980}\u{1f980}",
    "\u{10ffff}",
    "\u{202e}right to left",
    "'; DROP TABLE t; --",
];

async fn any_text(cx: Contract) -> Outcome {
    let same: fn(&String, &String) -> bool = |a, b| a == b;
    let nasty: Vec<String> = NASTY.iter().copied().map(str::to_owned).collect();
    let long = ["x".repeat(1 << 20), "ü".repeat(70_000)];
    let random = samples(any::<String>(), 40);
    let nul = ["\0", "a\0b", "a\0"].map(str::to_owned);
    let fits = nasty.into_iter().chain(long);
    round_trip(&cx, ColumnType::Text, fits, random.into_iter().chain(nul), same).await
}

/// The limit is in characters.
async fn limited_text(cx: Contract) -> Outcome {
    let fits = ["", "abc", "äöü", "\u{1f980}\u{1f980}\u{1f980}"].map(str::to_owned);
    round_trip(&cx, ColumnType::String { length: 3 }, fits, [], |a, b| a == b).await
}

/// Text finds the row that holds it and no other.
async fn text_is_data(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let ty = ColumnType::Text;
    let table = holder(&cx, session, ty).await?;
    let texts = NASTY.iter().copied().filter(|text| text.trim() == *text);
    let texts: Vec<(i64, &str)> = (0..).zip(texts).collect();
    for (id, text) in &texts {
        let row = [[Value::I64(*id), Value::Text((*text).to_owned())]];
        execute(session, insert(&table, ["id", "v"], row)).await?;
    }
    for (id, text) in &texts {
        let filter = vec![equal(col("v", ty), (*text).to_owned())];
        let found = Select { filter, ..select(&table, &[col("id", ColumnType::I64)]) };
        assert_eq!(query(session, found).await?.column::<i64>(0)?, [*id], "{text:?}");
    }
    Ok(())
}

async fn json_of_every_shape(cx: Contract) -> Outcome {
    let ty = ColumnType::Json;
    round_trip(&cx, ty, [Json(vec![1_i64, -1, i64::MAX])], [], |a, b| a == b).await?;
    round_trip(&cx, ty, [Json(u64::MAX)], [], |a, b| a == b).await?;
    round_trip(&cx, ty, [Json(0.1), Json(-2.5e-10)], [], |a, b| a == b).await?;
    round_trip(&cx, ty, [Json(true)], [], |a, b| a == b).await?;
    let texts = ["", "text", "\"", "\u{1f980}", "a\\b\n"].map(|text| Json(text.to_owned()));
    round_trip(&cx, ty, texts, [Json("a\0b".to_owned())], |a, b| a == b).await?;
    type Fields = BTreeMap<String, Vec<Option<i64>>>;
    let fields = |names: &[&str]| -> Json<Fields> {
        let field = |name: &&str| ((*name).to_owned(), vec![None, Some(1)]);
        Json(names.iter().map(field).collect())
    };
    let plain = fields(&["b", "a", "__proto__", "\u{1f980}"]);
    // where JSON is a document, these may be more than names
    let odd = ["", "a.b", "$gt"].map(|name| fields(&[name]));
    let (fits, may_fit) = match cx.connection().capabilities().family {
        Family::Document => (vec![plain], odd.to_vec()),
        _ => ([&[plain][..], &odd[..]].concat(), Vec::new()),
    };
    round_trip(&cx, ty, fits, may_fit, |a, b| a == b).await
}

/// A JSON null is not the absence of a value.
async fn json_null_is_a_value(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = holder(&cx, session, ColumnType::Json).await?;
    let null = Json(None::<i64>).into_value().expect("a stored form");
    let rows = [[Value::I64(1), null], [Value::I64(2), Value::Null]];
    execute(session, insert(&table, ["id", "v"], rows)).await?;
    let absent = Select {
        filter: vec![super::is_null(col("v", ColumnType::Json))],
        ..select(&table, &[col("id", ColumnType::I64)])
    };
    assert_eq!(query(session, absent).await?.column::<i64>(0)?, [2]);
    let filter = vec![equal(col("id", ColumnType::I64), 1_i64)];
    let read = Select { filter, ..select(&table, &[col("v", ColumnType::Json)]) };
    assert_eq!(query(session, read).await?.scalar::<Json<Option<i64>>>()?, Json(None));
    Ok(())
}

/// JSON as deep as a reader takes is stored; deeper is refused.
async fn deep_json(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = holder(&cx, session, ColumnType::Json).await?;
    let nested = |levels: usize| {
        let innermost = Json(1_i64).into_value().expect("a stored form");
        (0..levels).fold(innermost, |inner, _| {
            let Value::Json(inner) = inner else { panic!("no JSON") };
            Json(vec![*inner]).into_value().expect("a stored form")
        })
    };
    let deepest = nested(JSON_DEPTH);
    let family = cx.connection().capabilities().family;
    let stored = execute(session, insert(&table, ["id", "v"], [[Value::I64(1), deepest.clone()]]));
    match stored.await {
        // a document has a depth of its own, which is less
        Err(error) if family == Family::Document => {
            assert_eq!((error.kind(), error.column()), (ErrorKind::Encode, Some("v")), "{error}");
            let rows = [[Value::I64(1), nested(90)]];
            execute(session, insert(&table, ["id", "v"], rows)).await?;
            let rows = query(session, select(&table, &[col("v", ColumnType::Json)])).await?;
            assert_eq!(rows.rows[0].values(), [nested(90)]);
            return Ok(());
        }
        stored => stored?,
    };
    let rows = query(session, select(&table, &[col("v", ColumnType::Json)])).await?;
    let back = match rows.rows[0].values() {
        [Value::Json(json)] => Value::Json(json.clone()),
        [Value::Text(text)] => {
            let json = as_json(ValueRef::Text(text));
            assert_eq!(json, deepest);
            json
        }
        other => panic!("no JSON: {other:?}"),
    };
    assert_eq!(back, deepest);
    if family == Family::Relational {
        let deeper = [[Value::I64(2), nested(JSON_DEPTH + 1)]];
        let error = execute(session, insert(&table, ["id", "v"], deeper)).await.unwrap_err();
        assert_eq!((error.kind(), error.column()), (ErrorKind::Encode, Some("v")), "{error}");
    }
    Ok(())
}

/// Stored text as a JSON value, whose type is not named here: that of a sample.
fn as_json(text: ValueRef<'_>) -> Value {
    fn like<T: ColumnValue>(_: Box<T>, text: ValueRef<'_>) -> Value {
        T::from_value(text).expect("JSON").into_value().expect("a stored form")
    }
    let Value::Json(sample) = Json(1).into_value().expect("a stored form") else {
        panic!("no JSON")
    };
    like(sample, text)
}

async fn a_wrong_type_names_the_column(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = holder(&cx, session, ColumnType::Text).await?;
    let rows = [[Value::I64(1), Value::Text("canary".to_owned())]];
    execute(session, insert(&table, ["id", "v"], rows)).await?;
    let rows = query(session, select(&table, &[col("v", ColumnType::Text)])).await?;
    for error in [rows.scalar::<i64>().unwrap_err(), rows.scalar::<bool>().unwrap_err()] {
        assert_eq!((error.kind(), error.column()), (ErrorKind::Decode, Some("v")), "{error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    Ok(())
}

/// What does not fit its column is not made to fit: not wrapped, rounded or cut off.
async fn out_of_range_is_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let too_large: [(ColumnType, Value); 7] = [
        (ColumnType::I8, Value::I64(128)),
        (ColumnType::I16, Value::I64(-32_769)),
        (ColumnType::I32, Value::I64(1 << 31)),
        (ColumnType::U8, Value::I64(-1)),
        (ColumnType::U64, Value::I64(-1)),
        (ColumnType::String { length: 3 }, Value::Text("abcd".to_owned())),
        (ColumnType::I64, Value::Text("text".to_owned())),
    ];
    for (ty, value) in too_large {
        let table = holder(&cx, session, ty).await?;
        let row = [[Value::I64(1), value.clone()]];
        let error = execute(session, insert(&table, ["id", "v"], row)).await.unwrap_err();
        let kinds = [ErrorKind::CheckViolation, ErrorKind::Encode];
        assert!(kinds.contains(&error.kind()), "{value:?} in {ty:?}: {error}");
        assert_eq!(count(session, &table).await?, 0, "{value:?} in {ty:?}");
    }
    Ok(())
}

async fn count(
    session: &mut dyn eloquent_core::driver::Session,
    table: &Name,
) -> eloquent_core::Result<usize> {
    let projection = Projection::Expressions(vec![super::value(1_i64)]);
    Ok(query(session, Select::new(table.clone(), projection)).await?.rows.len())
}
