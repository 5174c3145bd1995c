//! Text and bytes: NUL, what is not UTF-8, lengths, wildcards, and what looks like SQL.

use eloquent::ErrorKind;
use eloquent::prelude::*;
use eloquent::query::IntoExpr;

use crate::fixture::{CANARY, execute, refused, rows, within};

#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable)]
struct Note {
    id: i64,
    #[model(length = 5, unique)]
    title: String,
    body: Option<String>,
    data: Option<Vec<u8>>,
}

/// Five characters of four bytes each.
const CRABS: &str = "🦀🦀🦀🦀🦀";

async fn bodies_where<E: IntoExpr<bool>>(condition: impl FnOnce(NoteColumns) -> E) -> Vec<String> {
    let found = Note::query().filter(condition).order_by(|n| n.id.asc()).await.unwrap();
    found.into_iter().filter_map(|note| note.body).collect()
}

async fn with_bodies(bodies: &[&str]) {
    let drafts = bodies
        .iter()
        .zip(0..)
        .map(|(body, number)| new!(Note { title: format!("{number}"), body: *body }));
    Note::insert_many(drafts).await.unwrap();
}

#[tokio::test]
async fn text_with_nul_comes_back_whole() {
    within::<Note>(async || {
        let texts = ["a\0b", "\0", "\0\0", "a\0", "\0a", ""];
        for (number, text) in texts.into_iter().enumerate() {
            let title = format!("t{number}");
            let mut note = Note::create(new!(Note { title: &title, body: text })).await.unwrap();
            assert_eq!(Note::find(note.id).or_fail().await.unwrap().body.as_deref(), Some(text));
            note.update(|n| n.body = Some(format!("{text}\0x"))).await.unwrap();
            note.refresh().await.unwrap();
            assert_eq!(note.body, Some(format!("{text}\0x")));
            let set = Note::query().filter(|n| n.id.eq(note.id)).update(|n| n.body.set(text));
            assert_eq!(set.await.unwrap(), 1);
            let found = Note::query().filter(|n| n.body.eq(text)).sole().await.unwrap();
            assert_eq!(found.id, note.id);
        }
        let keys = Note::insert_many([new!(Note { title: "m\0" }), new!(Note { title: "m\0\0" })]);
        assert_eq!(keys.await.unwrap().len(), 2);
        let upsert = Note::upsert([new!(Note { title: "m\0", body: "u\0p" })]);
        upsert.unique_by(|n| n.title).await.unwrap();
        let note = Note::query().filter(|n| n.title.eq("m\0")).sole().await.unwrap();
        assert_eq!(note.body.as_deref(), Some("u\0p"));
        assert_eq!(rows::<Note>().await, 8);
    })
    .await;
}

/// SQLite reads a pattern up to a NUL only, so what stands behind it must not be lost.
#[tokio::test]
async fn a_nul_in_a_search_is_no_wildcard() {
    within::<Note>(async || {
        with_bodies(&["plain", "a\0b", "", "a"]).await;
        assert_eq!(bodies_where(|n| n.body.contains("\0")).await, ["a\0b"]);
        assert_eq!(bodies_where(|n| n.body.starts_with("a\0")).await, ["a\0b"]);
        assert_eq!(bodies_where(|n| n.body.ends_with("\0b")).await, ["a\0b"]);
    })
    .await;
}

#[tokio::test]
async fn what_stands_behind_a_nul_is_found() {
    within::<Note>(async || {
        with_bodies(&["plain", "a\0b", "b"]).await;
        assert_eq!(bodies_where(|n| n.body.contains("b")).await, ["a\0b", "b"]);
        assert_eq!(bodies_where(|n| n.body.ends_with("b")).await, ["a\0b", "b"]);
        assert_eq!(bodies_where(|n| n.body.like("a")).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_delete_by_a_search_for_nul_spares_the_other_rows() {
    within::<Note>(async || {
        with_bodies(&["plain", "other"]).await;
        // It may be refused as well, as long as nothing is removed.
        let _ = Note::query().filter(|n| n.body.contains("\0")).delete().await;
        assert_eq!(rows::<Note>().await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_list_with_a_nul_in_it_finds_each_text() {
    within::<Note>(async || {
        let texts: Vec<String> = (0..500).map(|i| format!("{i}\0{i}")).collect();
        with_bodies(&["7", "7\x007", "7\0", "499\x00499"]).await;
        assert_eq!(bodies_where(|n| n.body.is_in(&texts)).await, ["7\x007", "499\x00499"]);
        assert_eq!(bodies_where(|n| n.body.not_in(&texts)).await, ["7", "7\0"]);
    })
    .await;
}

#[tokio::test]
async fn stored_text_that_is_not_utf8_is_an_error_on_every_way_out() {
    within::<Note>(async || {
        execute([
            "INSERT INTO notes (id, title, body) VALUES (1, 'good', 'good')",
            "INSERT INTO notes (id, title, body) VALUES (2, 'bad', CAST(x'63616eff' AS TEXT))",
            "INSERT INTO notes (id, title, body) VALUES (3, 'good2', 'good')",
        ])
        .await;
        let all = || Note::query().order_by(|n| n.id.asc());
        let is_named = |refusal: crate::fixture::Refusal| {
            refusal.of::<Note>().column("body").hides(&["can\u{fffd}", "can"]);
        };
        is_named(refused(all().await, ErrorKind::Decode));
        is_named(refused(Note::find(2).await, ErrorKind::Decode));
        is_named(refused(all().offset(1).first().await, ErrorKind::Decode));
        is_named(refused(all().filter(|n| n.title.eq("bad")).sole().await, ErrorKind::Decode));
        is_named(refused(all().pluck(|n| n.body).await, ErrorKind::Decode));
        is_named(refused(all().select(|n| (n.id, n.body)).await, ErrorKind::Decode));
        is_named(refused(all().paginate(1, 2).await, ErrorKind::Decode));
        is_named(refused(all().simple_paginate(2, 1).await, ErrorKind::Decode));
        is_named(refused(all().cursor_paginate(2, None).await, ErrorKind::Decode));
        is_named(refused(Note::find_many([1, 2, 3]).await, ErrorKind::Decode));
        is_named(refused(Note::query().chunk(9).unwrap().next().await, ErrorKind::Decode));
        let mut note = Note::find(1).or_fail().await.unwrap();
        note.id = 2;
        is_named(refused(note.refresh().await, ErrorKind::Decode));
        let raw = || Db::raw("SELECT * FROM notes WHERE id = ?").bind(2_i64);
        refused(raw().fetch::<Note>().await, ErrorKind::Decode).column("body");
        refused(raw().rows().await, ErrorKind::Decode).column("body");
        let scalar = Db::raw("SELECT body FROM notes WHERE id = 2").scalar::<String>();
        refused(scalar.await, ErrorKind::Decode).column("body");
        // What does not read it works, and so it can be mended.
        assert_eq!(all().pluck(|n| n.title).await.unwrap(), ["good", "bad", "good2"]);
        let bad = Note::query().filter(|n| n.id.eq(2));
        assert_eq!(bad.update(|n| n.body.set("mended")).await.unwrap(), 1);
        assert_eq!(all().await.unwrap().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_stream_ends_at_text_that_is_not_utf8() {
    within::<Note>(async || {
        execute([
            "INSERT INTO notes (title, body) VALUES ('good', 'good')",
            "INSERT INTO notes (title, body) VALUES ('bad', CAST(x'ff' AS TEXT))",
        ])
        .await;
        let mut stream = Note::query().order_by(|n| n.id.asc()).stream();
        let error = loop {
            match stream.next().await.unwrap() {
                Ok(note) => assert_eq!(note.title, "good"),
                Err(error) => break error,
            }
        };
        refused(Err::<(), _>(error), ErrorKind::Decode).of::<Note>().column("body");
        assert!(stream.next().await.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_length_counts_characters_and_not_bytes() {
    within::<Note>(async || {
        for title in
            ["abcde", CRABS, "ééééé", "\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}", ""]
        {
            let note = Note::create(new!(Note { title })).await.unwrap();
            assert_eq!(Note::find(note.id).or_fail().await.unwrap().title, title);
        }
        assert_eq!(rows::<Note>().await, 5);
    })
    .await;
}

#[tokio::test]
async fn text_that_is_too_long_is_refused_on_every_way_in() {
    within::<Note>(async || {
        let mut note = Note::create(new!(Note { title: "fits" })).await.unwrap();
        for long in ["abcdef", "🦀🦀🦀🦀🦀🦀", "abcd\0e", CANARY] {
            let draft = || new!(Note { title: long });
            let around = || [new!(Note { title: "x" }), draft(), new!(Note { title: "y" })];
            let is_named = |refusal: crate::fixture::Refusal| {
                refusal.of::<Note>().column("title").hides(&[long]);
            };
            is_named(refused(Note::create(draft()).await, ErrorKind::Encode));
            is_named(refused(Note::create_many(around()).await, ErrorKind::Encode));
            is_named(refused(Note::insert_many(around()).await, ErrorKind::Encode));
            let upsert = Note::upsert(around()).unique_by(|n| n.title);
            is_named(refused(upsert.await, ErrorKind::Encode));
            is_named(refused(note.update(|n| n.title = long.into()).await, ErrorKind::Encode));
            let every = Note::update_all(|n| n.title.set(long));
            is_named(refused(every.await, ErrorKind::Encode));
            let some = Note::query().filter(|n| n.id.eq(note.id)).update(|n| n.title.set(long));
            is_named(refused(some.await, ErrorKind::Encode));
            assert_eq!(Note::query().filter(|n| n.title.eq(long)).count().await.unwrap(), 0);
            assert_eq!(note.title, "fits", "the struct is as before");
            assert_eq!(Note::all().await.unwrap(), [note.clone()]);
        }
    })
    .await;
}

/// What the application cannot see beforehand is refused by the table itself.
#[tokio::test]
async fn text_that_the_database_makes_too_long_is_refused_by_the_table() {
    within::<Note>(async || {
        let note = Note::create(new!(Note { title: "fits" })).await.unwrap();
        let grown = Note::query().filter(|n| n.id.eq(note.id));
        let grown = grown.update(|n| n.title.set(raw::<String>("title || 'xx'")));
        refused(grown.await, ErrorKind::CheckViolation).of::<Note>();
        let inserted = Db::raw("INSERT INTO notes (title) VALUES (?)").bind(CANARY.to_owned());
        refused(inserted.execute().await, ErrorKind::CheckViolation);
        assert_eq!(Note::all().await.unwrap(), [note]);
    })
    .await;
}

#[tokio::test]
async fn text_that_looks_like_sql_stays_text() {
    within::<Note>(async || {
        let hostile = [
            "'; DROP TABLE notes; --",
            "\" OR 1=1 --",
            "x' OR 'x'='x",
            "?",
            "??",
            "$1",
            ":a",
            "@p1",
            "?1",
            "%s",
            "{}",
            "\\",
            "\\'",
            "`",
            "[",
            "/*",
            "--",
            ";",
            "\u{202e}abc",
            "\u{feff}",
            "a\r\nb\t",
            "NULL",
            "0",
            "0.0",
        ];
        with_bodies(&hostile).await;
        for text in hostile {
            assert_eq!(bodies_where(|n| n.body.eq(text)).await, [text]);
            assert_eq!(bodies_where(|n| n.body.is_in([text])).await, [text]);
            let one = Note::query().filter(|n| n.body.eq(text));
            assert_eq!(one.clone().update(|n| n.body.set(text)).await.unwrap(), 1);
            assert_eq!(one.delete().await.unwrap(), 1);
        }
        assert_eq!(rows::<Note>().await, 0);
    })
    .await;
}

#[tokio::test]
async fn wildcards_in_a_search_are_ordinary_characters() {
    within::<Note>(async || {
        for special in ["%", "_", "\\", "[", "]", "^", "*", "?", "'", "\"", "\\%", "%_", "\\\\"] {
            Note::delete_all().await.unwrap();
            let (first, middle, last) =
                (format!("{special}bc"), format!("a{special}c"), format!("ab{special}"));
            with_bodies(&[&first, &middle, &last, "axc", "xbc", "abx", "abc", ""]).await;
            let expected = [first.clone(), middle.clone(), last.clone()];
            assert_eq!(bodies_where(|n| n.body.contains(special)).await, expected, "{special}");
            assert_eq!(bodies_where(|n| n.body.starts_with(special)).await, [first], "{special}");
            assert_eq!(bodies_where(|n| n.body.ends_with(special)).await, [last], "{special}");
            let inside = format!("a{special}c");
            assert_eq!(bodies_where(|n| n.body.contains(&inside)).await, [middle], "{special}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_pattern_that_ends_in_its_escape_finds_nothing_more() {
    within::<Note>(async || {
        with_bodies(&["a\\", "a", "ab"]).await;
        assert_eq!(bodies_where(|n| n.body.like("a\\\\")).await, ["a\\"]);
        assert_eq!(bodies_where(|n| n.body.like("a\\")).await, Vec::<String>::new());
        assert_eq!(bodies_where(|n| n.body.contains("")).await, ["a\\", "a", "ab"]);
    })
    .await;
}

#[tokio::test]
async fn empty_text_and_bytes_are_not_null() {
    within::<Note>(async || {
        let draft = new!(Note { title: "", body: "", data: Vec::<u8>::new() });
        let empty = Note::create(draft).await.unwrap();
        Note::create(new!(Note { title: "null" })).await.unwrap();
        let found = Note::find(empty.id).or_fail().await.unwrap();
        assert_eq!((found.body.as_deref(), found.data.as_deref()), (Some(""), Some(&[][..])));
        assert_eq!(Note::query().filter(|n| n.body.eq("")).sole().await.unwrap(), empty);
        let null = Note::query().filter(|n| n.data.is_null()).sole().await.unwrap();
        assert_eq!((null.title.as_str(), null.body), ("null", None));
    })
    .await;
}

#[tokio::test]
async fn megabytes_come_back_whole() {
    within::<Note>(async || {
        let body = "🦀\0é".repeat(600_000);
        let data: Vec<u8> = (0..=u8::MAX).cycle().take(5_000_000).collect();
        let draft = new!(Note { title: "big", body: &body, data: &data });
        let note = Note::create(draft).await.unwrap();
        let found = Note::find(note.id).or_fail().await.unwrap();
        assert!(found.body == Some(body) && found.data == Some(data));
    })
    .await;
}

#[tokio::test]
async fn bytes_and_text_are_not_mixed_up_by_the_table() {
    within::<Note>(async || {
        let bytes = Db::raw("INSERT INTO notes (title, body) VALUES ('a', x'ff00')");
        let refusal = refused(bytes.execute().await, ErrorKind::CheckViolation);
        refusal.table("notes").column("body");
        let text =
            Db::raw("INSERT INTO notes (title, data) VALUES ('a', ?)").bind(CANARY.to_owned());
        let refusal = refused(text.execute().await, ErrorKind::CheckViolation);
        refusal.table("notes").column("data");
        assert_eq!(rows::<Note>().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_value_that_exists_already_is_not_shown() {
    within::<Note>(async || {
        let secret = "k9\0§x";
        let note = Note::create(new!(Note { title: secret })).await.unwrap();
        let mut other = Note::create(new!(Note { title: "o" })).await.unwrap();
        let again = || new!(Note { title: secret, body: CANARY });
        let is_named = |refusal: crate::fixture::Refusal| {
            refusal.of::<Note>().column("title").hides(&["k9", "§x"]);
        };
        is_named(refused(Note::create(again()).await, ErrorKind::UniqueViolation));
        let batch = [new!(Note { title: "n" }), again()];
        is_named(refused(Note::insert_many(batch).await, ErrorKind::UniqueViolation));
        let changed = other.update(|n| n.title = secret.into());
        is_named(refused(changed.await, ErrorKind::UniqueViolation));
        let every = Note::update_all(|n| n.title.set("same"));
        is_named(refused(every.await, ErrorKind::UniqueViolation));
        let keyed =
            Note::upsert([new!(Note { id: note.id + 9, title: secret })]).unique_by(|n| n.id);
        is_named(refused(keyed.await, ErrorKind::UniqueViolation));
        let all = Note::query().order_by(|n| n.id.asc()).await.unwrap();
        assert_eq!(all, [note, other]);
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        a_delete_by_a_search_for_nul_spares_the_other_rows
        a_length_counts_characters_and_not_bytes
        text_that_the_database_makes_too_long_is_refused_by_the_table
        text_that_looks_like_sql_stays_text
        wildcards_in_a_search_are_ordinary_characters
        empty_text_and_bytes_are_not_null
    ;
    mysql:
        text_with_nul_comes_back_whole
        a_nul_in_a_search_is_no_wildcard
        what_stands_behind_a_nul_is_found
        a_delete_by_a_search_for_nul_spares_the_other_rows
        a_list_with_a_nul_in_it_finds_each_text
        a_length_counts_characters_and_not_bytes
        text_that_is_too_long_is_refused_on_every_way_in
        text_that_the_database_makes_too_long_is_refused_by_the_table
        text_that_looks_like_sql_stays_text
        wildcards_in_a_search_are_ordinary_characters
        a_pattern_that_ends_in_its_escape_finds_nothing_more
        empty_text_and_bytes_are_not_null
        megabytes_come_back_whole
    ;
    mongo:
        text_with_nul_comes_back_whole
        a_nul_in_a_search_is_no_wildcard
        what_stands_behind_a_nul_is_found
        a_delete_by_a_search_for_nul_spares_the_other_rows
        a_list_with_a_nul_in_it_finds_each_text
        a_length_counts_characters_and_not_bytes
        text_that_is_too_long_is_refused_on_every_way_in
        text_that_looks_like_sql_stays_text
        wildcards_in_a_search_are_ordinary_characters
        a_pattern_that_ends_in_its_escape_finds_nothing_more
        empty_text_and_bytes_are_not_null
        megabytes_come_back_whole
        a_value_that_exists_already_is_not_shown
    ;
}
