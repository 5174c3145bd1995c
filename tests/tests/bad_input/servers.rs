//! What servers keep that others do not, and what only they refuse.

use eloquent::ErrorKind;
use eloquent::prelude::*;
use eloquent::value::{Document, NaiveDate, Value};
use eloquent_conformance::server::Server;

use crate::fixture::{
    CANARY, Refusal, execute, on_servers, refused, rows, server, within, within_settings,
};

#[derive(Model, Debug, Clone, PartialEq)]
struct Note {
    id: i64,
    #[model(length = 5, unique)]
    title: String,
    body: Option<String>,
}

#[derive(Model, Debug, Clone, PartialEq)]
struct Counter {
    #[model(key, auto = false)]
    id: i64,
    #[model(default)]
    small: i32,
    #[model(default)]
    wide: i64,
    #[model(default)]
    big: u64,
    #[model(decimal(6, 2), default)]
    amount: Decimal,
    ratio: Option<f64>,
}

#[derive(Model, Debug, Clone, PartialEq)]
struct Sheet {
    id: i64,
    fields: Option<Document>,
}

#[derive(Model, Debug, Clone, PartialEq)]
struct Event {
    id: i64,
    day: Option<NaiveDate>,
    at: Option<DateTime<Utc>>,
}

fn is_pg() -> bool {
    server() == Some(Server::Pg)
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn text_with_nul_is_refused_on_every_way_with_its_column() {
    within::<Note>(async || {
        let mut note = Note::create(new!(Note { title: "fits", body: "b" })).await.unwrap();
        let before = note.clone();
        let log = Db::current().unwrap();
        log.enable_query_log();
        for text in ["\0", "a\0b", "a\0"] {
            let draft = || new!(Note { title: "x", body: text });
            let named = |refusal: Refusal| drop(refusal.of::<Note>().column("body"));
            named(refused(Note::create(draft()).await, ErrorKind::Encode));
            named(refused(Note::insert_many([draft()]).await, ErrorKind::Encode));
            let upsert = Note::upsert([draft()]).unique_by(|n| n.title);
            named(refused(upsert.await, ErrorKind::Encode));
            named(refused(note.update(|n| n.body = Some(text.into())).await, ErrorKind::Encode));
            let every = Note::update_all(|n| n.body.set(text));
            named(refused(every.await, ErrorKind::Encode));
            let found = Note::query().filter(|n| n.body.eq(text));
            named(refused(found.delete().await, ErrorKind::Encode));
            let found = Note::query().filter(|n| n.body.is_in(["b", text]));
            named(refused(found.delete().await, ErrorKind::Encode));
            let raw = Db::raw("SELECT CAST(? AS TEXT)").bind(text.to_owned()).rows();
            refused(raw.await, ErrorKind::Encode);
        }
        assert_eq!(note, before);
        assert_eq!(Note::all().await.unwrap(), [before]);
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn an_unsigned_number_of_64_bits_comes_back() {
    within::<Counter>(async || {
        for (id, big) in [(1, u64::MAX), (2, 1 << 63), (3, (1 << 63) - 1), (4, 0)] {
            let made = Counter::create(new!(Counter { id, big })).await.unwrap();
            assert_eq!(Counter::find(id).or_fail().await.unwrap(), made);
            let same = Counter::query().filter(|c| c.big.eq(big)).filter(|c| c.big.is_in([big]));
            assert_eq!(same.sole().await.unwrap().id, id);
        }
        let ordered = Counter::query().order_by(|c| c.big.asc()).pluck(|c| c.id).await.unwrap();
        assert_eq!(ordered, [4, 3, 2, 1]);
        let far = Counter::query().filter(|c| c.big.gt(1_u64 << 63)).count().await.unwrap();
        assert_eq!(far, 1);
        let one = Counter::query().filter(|c| c.id.eq(1));
        assert!(one.increment(|c| c.big, 1_u64).await.is_err(), "it does not wrap");
        assert_eq!(Counter::find(1).or_fail().await.unwrap().big, u64::MAX);
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn arithmetic_past_the_end_of_a_column_writes_nothing() {
    within::<Counter>(async || {
        let full = new!(Counter { id: 1, small: i32::MAX, wide: i64::MAX });
        let full = Counter::create(full.amount(Decimal::new(999_999, 2))).await.unwrap();
        Counter::create(new!(Counter { id: 2 })).await.unwrap();
        let all = || Counter::query().filter(|c| c.id.is_in([1, 2]));
        let refuse = |outcome: eloquent::Result<u64>| {
            let error = outcome.unwrap_err();
            let kinds = [ErrorKind::Encode, ErrorKind::CheckViolation];
            assert!(kinds.contains(&error.kind()), "{error}");
            assert_eq!((error.model(), error.table()), (Some("Counter"), Some("counters")));
        };
        refuse(all().increment(|c| c.small, 1).await);
        refuse(all().increment(|c| c.wide, 1).await);
        refuse(all().decrement(|c| c.wide, -1).await);
        refuse(all().update(|c| c.wide.set(c.wide * 2)).await);
        refuse(all().decrement(|c| c.big, 1_u64).await);
        refuse(all().increment(|c| c.amount, Decimal::ONE).await);
        assert_eq!(Counter::find(1).or_fail().await.unwrap(), full);
        assert_eq!(Counter::find(2).or_fail().await.unwrap().wide, 0);
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn what_is_no_finite_number_comes_back_or_is_refused() {
    within::<Counter>(async || {
        for (id, ratio) in [(1, f64::INFINITY), (2, f64::NEG_INFINITY), (3, f64::NAN)] {
            let made = Counter::create(new!(Counter { id, ratio }));
            if is_pg() {
                made.await.unwrap();
                let found = Counter::find(id).or_fail().await.unwrap().ratio.unwrap();
                assert_eq!(found.is_nan(), ratio.is_nan());
                assert!(ratio.is_nan() || found == ratio);
            } else {
                refused(made.await, ErrorKind::Encode).of::<Counter>().column("ratio");
                let found = Counter::query().filter(|c| c.ratio.eq(ratio)).delete();
                refused(found.await, ErrorKind::Encode).of::<Counter>().column("ratio");
            }
        }
        assert_eq!(rows::<Counter>().await, if is_pg() { 3 } else { 0 });
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn the_server_itself_refuses_what_does_not_fit() {
    within::<Counter>(async || {
        let made = Counter::create(new!(Counter { id: 1 })).await.unwrap();
        for sql in [
            "UPDATE counters SET small = 2147483648",
            "UPDATE counters SET wide = 9223372036854775808",
            "UPDATE counters SET big = -1",
            "UPDATE counters SET big = 18446744073709551616",
            "UPDATE counters SET amount = 10000",
            "UPDATE counters SET wide = 'canary-7f3a'",
            "UPDATE counters SET ratio = 'canary-7f3a'",
        ] {
            let error = Db::raw(sql).execute().await.unwrap_err();
            let kinds = [ErrorKind::Encode, ErrorKind::CheckViolation];
            assert!(kinds.contains(&error.kind()), "{sql}: {error}");
            refused(Err::<(), _>(error), error_kind(sql).await).hides(&[CANARY]);
        }
        let null = Db::raw("UPDATE counters SET wide = NULL").execute();
        refused(null.await, ErrorKind::NotNullViolation).column("wide");
        assert_eq!(Counter::all().await.unwrap(), [made]);
    })
    .await;
}

/// The kind of the error of a statement, which may be run again.
async fn error_kind(sql: &'static str) -> ErrorKind {
    Db::raw(sql).execute().await.unwrap_err().kind()
}

#[tokio::main(flavor = "current_thread")]
async fn letters_and_blanks_are_told_apart() {
    within::<Note>(async || {
        let titles = ["a", "A", "a ", " a", "ä", "a\u{308}", "0", "00", "", " ", "ß", "ss", "ı"];
        for title in titles {
            Note::create(new!(Note { title, body: title })).await.unwrap();
        }
        for title in titles {
            let by_title = Note::query().filter(|n| n.title.eq(title));
            assert_eq!(by_title.sole().await.unwrap().title, title);
            let by_body = Note::query().filter(|n| n.body.is_in([title]));
            assert_eq!(by_body.sole().await.unwrap().title, title);
        }
        let distinct = Note::query().distinct().select(|n| n.body).await.unwrap();
        assert_eq!(distinct.len(), titles.len());
        assert_eq!(Note::query().filter(|n| n.body.eq("0.0")).count().await.unwrap(), 0);
        assert_eq!(Note::query().filter(|n| n.body.starts_with("A")).count().await.unwrap(), 1);
        let ordered = Note::query().order_by(|n| n.title.asc()).pluck(|n| n.title).await.unwrap();
        assert!(ordered.is_sorted(), "{ordered:?}");
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn text_is_no_number_to_compare_with() {
    within::<Note>(async || {
        Note::create(new!(Note { title: "abc", body: "0" })).await.unwrap();
        // MariaDB takes every text without a digit in front for 0
        let raw = Db::raw("DELETE FROM notes WHERE title = ?").bind(0_i64).execute().await;
        if is_pg() {
            refused(raw, ErrorKind::InvalidInput);
        } else {
            assert!(raw.is_err() || rows::<Note>().await == 0, "as the server documents it");
        }
        let wrong = Note::column::<i64>("title");
        assert_eq!(wrong.unwrap_err().kind(), ErrorKind::InvalidInput);
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn bytes_that_are_no_text_are_an_error_to_read() {
    within::<Sheet>(async || {
        execute([
            "CREATE TABLE notes (id BIGINT PRIMARY KEY, title VARBINARY(5) NOT NULL, body VARBINARY(50))",
            "INSERT INTO notes VALUES (1, 'a', x'63616eff'), (2, 'b', 'fine')",
        ])
        .await;
        let named = |refusal: Refusal| drop(refusal.of::<Note>().hides(&["can"]));
        named(refused(Note::find(1).await, ErrorKind::Decode));
        named(refused(Note::query().order_by(|n| n.id.asc()).await, ErrorKind::Decode));
        named(refused(Note::query().pluck(|n| n.body).await, ErrorKind::Decode));
    })
    .await;
}

/// The server converts what its tables hold in another character set.
#[tokio::main(flavor = "current_thread")]
async fn other_character_sets_are_converted_or_refused() {
    within::<Sheet>(async || {
        execute(["CREATE TABLE notes (id BIGINT PRIMARY KEY AUTO_INCREMENT, \
             title VARCHAR(5) CHARACTER SET utf8mb3 NOT NULL, body TEXT CHARACTER SET latin1)"])
        .await;
        let note = Note::create(new!(Note { title: "é", body: "é" })).await.unwrap();
        assert_eq!(Note::find(note.id).or_fail().await.unwrap(), note);
        let emoji = Note::create(new!(Note { title: "🦀" })).await;
        refused(emoji, ErrorKind::CheckViolation).of::<Note>().column("title");
        let emoji = Note::create(new!(Note { title: "x", body: "🦀" })).await;
        refused(emoji, ErrorKind::CheckViolation).of::<Note>().column("body");
        assert_eq!(rows::<Note>().await, 1);
    })
    .await;
}

/// The server itself lets no bytes in that are no text.
#[tokio::main(flavor = "current_thread")]
async fn bytes_that_are_no_text_do_not_get_in() {
    within::<Note>(async || {
        let wrong = Db::raw("INSERT INTO notes (title) VALUES (E'\\\\xff')").execute();
        wrong.await.unwrap(); // a backslash and letters
        for sql in [
            "INSERT INTO notes (title) VALUES (E'\\xff')",
            "INSERT INTO notes (title) VALUES (convert_from('\\xff', 'UTF8'))",
            "INSERT INTO notes (title) VALUES (chr(0))",
        ] {
            assert!(Db::raw(sql).execute().await.is_err(), "{sql}");
        }
        assert_eq!(rows::<Note>().await, 1);
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn times_beyond_2038_come_back() {
    within::<Event>(async || {
        for (year, nanos) in [(2038, 1_000), (2039, 999_999_000), (2106, 0), (9999, 999_999_000)] {
            let at = day(year, 12, 31).and_hms_nano_opt(23, 59, 59, nanos).unwrap().and_utc();
            let made = Event::create(new!(Event { day: day(year, 12, 31), at })).await.unwrap();
            assert_eq!(Event::find(made.id).or_fail().await.unwrap(), made);
            assert_eq!(Event::query().filter(|e| e.at.eq(at)).sole().await.unwrap(), made);
        }
        let old = day(1, 1, 1).and_hms_opt(0, 0, 0).unwrap().and_utc();
        let made = Event::create(new!(Event { day: day(1, 1, 1), at: old })).await.unwrap();
        assert_eq!(Event::find(made.id).or_fail().await.unwrap(), made);
        let fine = day(2024, 1, 1).and_hms_nano_opt(0, 0, 0, 1).unwrap().and_utc();
        let made = Event::create(new!(Event { at: fine }));
        refused(made.await, ErrorKind::Encode).of::<Event>().column("at");
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn a_date_of_zeros_is_an_error() {
    with_zeros(&[], async || {
        refused(Event::find(1).await, ErrorKind::Decode).of::<Event>().column("day");
        refused(Event::query().await, ErrorKind::Decode).of::<Event>().column("day");
        Event::update_all(|e| e.day.set(None)).await.unwrap();
        refused(Event::find(1).await, ErrorKind::Decode).of::<Event>().column("at");
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn a_date_of_zeros_is_null_where_that_is_set() {
    with_zeros(&[("zero_dates", "null")], async || {
        let event = Event::find(1).or_fail().await.unwrap();
        assert_eq!((event.day, event.at), (None, None));
    })
    .await;
}

/// A row with dates that only a lax session lets in.
async fn with_zeros(settings: &[(&str, &str)], test: impl AsyncFnOnce()) {
    within_settings::<Event>(settings, async || {
        let wrong = Db::raw("INSERT INTO events (id, day) VALUES (1, '0000-00-00')").execute();
        refused(wrong.await, ErrorKind::CheckViolation).column("day");
        let lax = "INSERT IGNORE INTO events (id, day, at) VALUES (1, '0000-00-00', '2023-02-30')";
        Db::raw(lax).execute().await.unwrap();
        test().await;
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn dates_without_an_end_are_an_error_and_those_before_our_time_come_back() {
    within::<Event>(async || {
        let ides = Event::create(new!(Event { day: day(-43, 3, 15) })).await.unwrap();
        assert_eq!(Event::find(ides.id).or_fail().await.unwrap(), ides);
        let shown = Db::raw("SELECT CAST(day AS TEXT) FROM events").scalar::<String>();
        assert_eq!(shown.await.unwrap().as_deref(), Some("0044-03-15 BC"));
        for (sql, column) in [
            ("UPDATE events SET day = 'infinity'", "day"),
            ("UPDATE events SET day = '-infinity'", "day"),
            ("UPDATE events SET day = NULL, at = 'infinity'", "at"),
            ("UPDATE events SET at = '-infinity'", "at"),
        ] {
            Db::raw(sql).execute().await.unwrap();
            refused(Event::find(ides.id).await, ErrorKind::Decode).of::<Event>().column(column);
        }
        // the last day that the server knows is none that chrono lacks
        Db::raw("UPDATE events SET at = NULL, day = '5874897-12-31'").execute().await.unwrap();
        refused(Event::find(ides.id).await, ErrorKind::Decode).of::<Event>().column("day");
        Db::raw("UPDATE events SET day = NULL, at = '294276-12-31 00:00Z'")
            .execute()
            .await
            .unwrap();
        match Event::find(ides.id).or_fail().await {
            Ok(event) => assert_eq!(event.at.unwrap().format("%Y").to_string(), "+294276"),
            Err(error) => drop(refused(Err::<(), _>(error), ErrorKind::Decode).column("at")),
        }
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn json_with_nul_comes_back_or_is_refused() {
    within::<Sheet>(async || {
        for (key, value) in [("k", "a\0b"), ("\0", "v")] {
            let fields = Document::from_iter([(key.to_owned(), Value::Text(value.to_owned()))]);
            let made = Sheet::create(new!(Sheet { fields })).await;
            // a type that keeps the text as it is takes it, one that reads it does not
            match made {
                Ok(made) => assert_eq!(Sheet::find(made.id).or_fail().await.unwrap(), made),
                Err(error) => {
                    assert!(is_pg(), "{error}");
                    refused(Err::<(), _>(error), ErrorKind::Encode).of::<Sheet>().column("fields");
                }
            }
        }
    })
    .await;
}

#[derive(Model, Debug)]
#[model(table = "t63_abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghi")]
struct Long63 {
    id: i64,
    #[model(column = "c63_abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghi", index)]
    number: i64,
}

#[derive(Model, Debug)]
#[model(table = "t64_abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij")]
struct Long64 {
    id: i64,
}

#[derive(Model, Debug)]
#[model(table = "t65_abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijk")]
struct Long65 {
    id: i64,
}

#[tokio::main(flavor = "current_thread")]
async fn names_are_as_long_as_the_server_takes_and_never_cut() {
    within::<Long63>(async || {
        assert_eq!([Long63::definition().table.len(), Long64::definition().table.len()], [63, 64]);
        Long63::create(new!(Long63 { number: 5 })).await.unwrap();
        assert_eq!(Long63::query().filter(|l| l.number.eq(5)).count().await.unwrap(), 1);
        let made = Long64::create_table().await;
        if is_pg() {
            refused(made, ErrorKind::InvalidInput).of::<Long64>().says("63");
            refused(Long64::query().await, ErrorKind::InvalidInput).of::<Long64>();
        } else {
            made.unwrap();
            Long64::query().await.unwrap();
        }
        refused(Long65::create_table().await, ErrorKind::InvalidInput).of::<Long65>();
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn violations_name_their_constraint_and_table() {
    within::<Note>(async || {
        execute([
            "CREATE TABLE owners (id BIGINT PRIMARY KEY)",
            "ALTER TABLE notes ADD CONSTRAINT owned FOREIGN KEY (id) REFERENCES owners (id)",
            "ALTER TABLE notes ADD CONSTRAINT no_x CHECK (body <> 'x')",
            "INSERT INTO owners VALUES (1), (2)",
        ])
        .await;
        Note::create(new!(Note { id: 1, title: "a" })).await.unwrap();
        let is = |refusal: Refusal, constraint: &str| {
            assert_eq!(refusal.0.constraint(), Some(constraint), "{}", refusal.0);
            refusal.of::<Note>()
        };
        let orphan = Note::create(new!(Note { id: 9, title: "b" })).await;
        is(refused(orphan, ErrorKind::ForeignKeyViolation), "owned");
        let check = Note::create(new!(Note { id: 2, title: "b", body: "x" })).await;
        is(refused(check, ErrorKind::CheckViolation), "no_x");
        let twice = Note::create(new!(Note { id: 2, title: "a" })).await;
        let twice = refused(twice, ErrorKind::UniqueViolation).of::<Note>().column("title");
        assert!(twice.0.constraint().is_some(), "{}", twice.0);
        let parent = Db::raw("DELETE FROM owners WHERE id = 1").execute().await;
        refused(parent, ErrorKind::ForeignKeyViolation);
        assert_eq!(rows::<Note>().await, 1);
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn a_row_that_is_too_big_for_the_server_leaves_the_connection_fit() {
    within::<Note>(async || {
        let most = Db::raw("SELECT @@max_allowed_packet").scalar::<i64>().await.unwrap().unwrap();
        let body = "x".repeat(usize::try_from(most).unwrap() + 1);
        let made = Note::create(new!(Note { title: "big", body })).await;
        assert!(made.is_err());
        assert_eq!(rows::<Note>().await, 0);
    })
    .await;
}

on_servers! {
    pg:
        text_with_nul_is_refused_on_every_way_with_its_column
        an_unsigned_number_of_64_bits_comes_back
        arithmetic_past_the_end_of_a_column_writes_nothing
        what_is_no_finite_number_comes_back_or_is_refused
        the_server_itself_refuses_what_does_not_fit
        letters_and_blanks_are_told_apart
        text_is_no_number_to_compare_with
        bytes_that_are_no_text_do_not_get_in
        times_beyond_2038_come_back
        dates_without_an_end_are_an_error_and_those_before_our_time_come_back
        json_with_nul_comes_back_or_is_refused
        names_are_as_long_as_the_server_takes_and_never_cut
        violations_name_their_constraint_and_table
    ;
    mysql:
        an_unsigned_number_of_64_bits_comes_back
        arithmetic_past_the_end_of_a_column_writes_nothing
        what_is_no_finite_number_comes_back_or_is_refused
        the_server_itself_refuses_what_does_not_fit
        letters_and_blanks_are_told_apart
        text_is_no_number_to_compare_with
        bytes_that_are_no_text_are_an_error_to_read
        other_character_sets_are_converted_or_refused
        times_beyond_2038_come_back
        a_date_of_zeros_is_an_error
        a_date_of_zeros_is_null_where_that_is_set
        json_with_nul_comes_back_or_is_refused
        names_are_as_long_as_the_server_takes_and_never_cut
        violations_name_their_constraint_and_table
        a_row_that_is_too_big_for_the_server_leaves_the_connection_fit
    ;
}
