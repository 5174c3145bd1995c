//! Keys: changed, missing, given by halves, and of rows that are gone.

use eloquent::ErrorKind;
use eloquent::prelude::*;

use crate::fixture::{Refusal, execute, refused, rows, within};

#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable)]
struct User {
    id: i64,
    name: String,
    #[model(default)]
    visits: i64,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable)]
struct Seat {
    #[model(key, column = "row")]
    line: i64,
    #[model(key, length = 2)]
    place: String,
    guest: Option<String>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable)]
struct Country {
    #[model(key, length = 50)]
    code: String,
    name: String,
}

async fn seats() -> Vec<Seat> {
    let drafts = [(1, "a"), (1, "b"), (2, "a")].map(|(line, place)| new!(Seat { line, place }));
    Seat::create_many(drafts).await.unwrap()
}

#[tokio::test]
async fn a_key_is_not_changed_by_an_update() {
    within::<User>(async || {
        let mut user = User::create(new!(User { name: "a" })).await.unwrap();
        let before = user.clone();
        for id in [2, 0, -1, i64::MAX, i64::MIN] {
            let changed = user.update(|u| (u.id, u.name) = (id, "b".into())).await;
            refused(changed, ErrorKind::InvalidInput).of::<User>().column("id");
            assert_eq!(user, before, "the struct is as before");
        }
        assert_eq!(User::all().await.unwrap(), [user.clone()]);
        assert!(!user.update(|u| u.id = 1).await.unwrap(), "the same key is no change");
    })
    .await;
}

#[tokio::test]
async fn no_part_of_a_key_is_changed_by_an_update() {
    within::<Seat>(async || {
        let mut seat = seats().await.remove(0);
        let before = seat.clone();
        let changed = seat.update(|s| s.line = 9).await;
        refused(changed, ErrorKind::InvalidInput).of::<Seat>().column("row");
        let changed = seat.update(|s| (s.place, s.guest) = ("z".into(), Some("g".into()))).await;
        refused(changed, ErrorKind::InvalidInput).of::<Seat>().column("place");
        assert_eq!(seat, before);
        assert_eq!(Seat::query().filter(|s| s.guest.is_not_null()).count().await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_key_of_two_columns_names_one_row() {
    within::<Seat>(async || {
        let mut seat = seats().await.remove(1);
        assert!(seat.update(|s| s.guest = Some("g".into())).await.unwrap());
        assert_eq!(Seat::query().filter(|s| s.guest.eq("g")).count().await.unwrap(), 1);
        assert_eq!(Seat::find((1, "b".to_owned())).or_fail().await.unwrap(), seat);
        assert_eq!(Seat::find((2, "b".to_owned())).await.unwrap(), None);
        let keys =
            [(1, "a"), (2, "a"), (2, "b"), (9, "z")].map(|(line, place)| (line, place.to_owned()));
        assert_eq!(Seat::find_many(keys).await.unwrap().len(), 2, "not every pairing of the parts");
        assert_eq!(Seat::find_many(Vec::<(i64, String)>::new()).await.unwrap(), []);
        let none = Seat::find_many(Vec::<(i64, String)>::new()).delete().await.unwrap();
        assert_eq!(none, 0);
        seat.delete().await.unwrap();
        assert_eq!(rows::<Seat>().await, 2);
    })
    .await;
}

#[tokio::test]
async fn half_a_key_is_refused() {
    within::<Seat>(async || {
        seats().await;
        type Draft = <Seat as Model>::Draft;
        let first = || Draft::default().line(7);
        let second = || Draft::default().place("z".to_owned());
        let named = |refusal: Refusal, column| drop(refusal.of::<Seat>().column(column));
        named(refused(Seat::create(first()).await, ErrorKind::NotNullViolation), "place");
        named(refused(Seat::create(second()).await, ErrorKind::NotNullViolation), "row");
        let batch = [new!(Seat { line: 8, place: "a" }), second()];
        named(refused(Seat::insert_many(batch).await, ErrorKind::NotNullViolation), "row");
        let upsert = Seat::upsert([first()]).unique_by(|s| (s.line, s.place));
        named(refused(upsert.await, ErrorKind::NotNullViolation), "place");
        assert_eq!(rows::<Seat>().await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_never_null() {
    within::<Country>(async || {
        let draft = <Country as Model>::Draft::default().name("x".to_owned());
        refused(Country::create(draft).await, ErrorKind::NotNullViolation)
            .of::<Country>()
            .column("code");
        let null =
            Db::raw("INSERT INTO countries (code, name) VALUES (NULL, 'canary-7f3a')").execute();
        refused(null.await, ErrorKind::NotNullViolation).table("countries").column("code");
        assert_eq!(rows::<Country>().await, 0);
    })
    .await;
}

/// A table that somebody else made may have rows without a key.
#[tokio::test]
async fn a_stored_key_of_null_is_an_error() {
    within::<User>(async || {
        execute([
            "CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT)",
            "INSERT INTO countries VALUES (NULL, 'x'), (NULL, 'y'), ('at', 'z')",
        ])
        .await;
        let all = Country::query().order_by(|c| c.name.asc());
        refused(all.clone().await, ErrorKind::Decode).of::<Country>().column("code");
        refused(all.cursor_paginate(1, None).await, ErrorKind::Decode).of::<Country>();
        assert_eq!(Country::find("at").or_fail().await.unwrap().name, "z");
        Country::find("at").or_fail().await.unwrap().delete().await.unwrap();
        assert_eq!(rows::<Country>().await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_key_of_text_is_taken_as_it_is() {
    within::<Country>(async || {
        for code in ["", " ", "AT", "at", "at ", "ät", "a\u{308}t", "' OR 1=1 --", "\0", "%"] {
            let made = Country::create(new!(Country { code, name: code })).await.unwrap();
            assert_eq!(Country::find(code).or_fail().await.unwrap(), made);
        }
        assert_eq!(rows::<Country>().await, 10);
        assert_eq!(Country::find("At").await.unwrap(), None);
        let one = Country::find("").or_fail().await.unwrap();
        one.delete().await.unwrap();
        assert_eq!(rows::<Country>().await, 9);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_is_gone_is_stale() {
    within::<User>(async || {
        let mut user = User::create(new!(User { name: "a" })).await.unwrap();
        let other = User::create(new!(User { name: "b" })).await.unwrap();
        user.clone().delete().await.unwrap();
        let before = user.clone();
        let stale = |refusal: Refusal| drop(refusal.of::<User>());
        stale(refused(user.clone().delete().await, ErrorKind::Stale));
        stale(refused(user.update(|u| u.name = "c".into()).await, ErrorKind::Stale));
        stale(refused(user.refresh().await, ErrorKind::Stale));
        assert_eq!(user, before, "the struct is as before");
        stale(refused(User::find(user.id).or_fail().await, ErrorKind::NotFound));
        assert_eq!(User::all().await.unwrap(), [other]);
    })
    .await;
}

#[tokio::test]
async fn one_row_means_one_row() {
    within::<User>(async || {
        refused(User::query().sole().await, ErrorKind::NotFound).of::<User>();
        refused(User::query().first().or_fail().await, ErrorKind::NotFound).of::<User>();
        User::insert_many(["a", "a", "b"].map(|name| new!(User { name }))).await.unwrap();
        let same = User::query().filter(|u| u.name.eq("a"));
        refused(same.sole().await, ErrorKind::NotUnique).of::<User>();
        assert_eq!(User::query().filter(|u| u.name.eq("b")).sole().await.unwrap().id, 3);
    })
    .await;
}

/// The last number of a table leaves SQLite no next one, so that it picks any.
/// Only SQLite has tables that leave rows out without a word.
#[tokio::test]
async fn no_key_is_made_up_for_a_row_that_the_table_leaves_out() {
    within::<User>(async || {
        let table = "CREATE TABLE users (id INTEGER PRIMARY KEY, \
             name TEXT UNIQUE ON CONFLICT IGNORE, visits INTEGER NOT NULL DEFAULT 0)";
        execute(["DROP TABLE users", table]).await;
        let draft = |name: &str| new!(User { name, visits: 0 });
        assert_eq!(User::create(draft("a")).await.unwrap().id, 1);
        assert_eq!(User::insert_many([draft("b"), draft("c")]).await.unwrap(), [2, 3]);
        refused(User::create(draft("a")).await, ErrorKind::Database).of::<User>();
        for rows in [2, 100] {
            let drafts = (0..rows).map(|_| draft("d"));
            refused(User::insert_many(drafts).await, ErrorKind::Database).of::<User>();
        }
    })
    .await;
}

#[tokio::test]
async fn keys_after_the_last_number_are_those_of_their_rows() {
    within::<User>(async || {
        for id in [i64::MIN, -1, 0, i64::MAX] {
            let made = User::create(new!(User { id, name: "given" })).await.unwrap();
            assert_eq!(made.id, id);
        }
        let names = ["p", "q", "r"];
        let keys = User::insert_many(names.map(|name| new!(User { name }))).await.unwrap();
        for (key, name) in keys.into_iter().zip(names) {
            assert_eq!(User::find(key).or_fail().await.unwrap().name, name);
        }
        let made = User::create_many(names.map(|name| new!(User { name }))).await.unwrap();
        for user in made {
            assert_eq!(User::find(user.id).or_fail().await.unwrap(), user);
        }
        assert_eq!(rows::<User>().await, 10);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_exists_already_is_refused() {
    within::<Seat>(async || {
        let before = seats().await;
        let again = Seat::create(new!(Seat { line: 1, place: "a", guest: "g" }));
        refused(again.await, ErrorKind::UniqueViolation).of::<Seat>().hides(&["`g`"]);
        let batch = [new!(Seat { line: 5, place: "a" }), new!(Seat { line: 5, place: "a" })];
        refused(Seat::create_many(batch).await, ErrorKind::UniqueViolation).of::<Seat>();
        let merged = Seat::query().filter(|s| s.line.eq(2)).update(|s| s.line.set(1));
        refused(merged.await, ErrorKind::UniqueViolation).of::<Seat>();
        assert_eq!(
            Seat::query().order_by(|s| (s.line.asc(), s.place.asc())).await.unwrap(),
            before
        );
    })
    .await;
}

#[tokio::test]
async fn a_change_that_is_dropped_before_it_is_awaited_is_undone() {
    within::<User>(async || {
        let mut user = User::create(new!(User { name: "a" })).await.unwrap();
        drop(user.update(|u| u.name = "b".into()));
        assert_eq!(user.name, "a");
        drop(user.clone().delete());
        drop(User::create(new!(User { name: "c" })));
        assert_eq!(User::all().await.unwrap(), [user]);
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        a_key_is_not_changed_by_an_update
        no_part_of_a_key_is_changed_by_an_update
        a_key_of_two_columns_names_one_row
        half_a_key_is_refused
        a_key_is_never_null
        a_row_that_is_gone_is_stale
        one_row_means_one_row
        keys_after_the_last_number_are_those_of_their_rows
        a_key_that_exists_already_is_refused
        a_change_that_is_dropped_before_it_is_awaited_is_undone
    ;
    mysql:
        a_key_is_not_changed_by_an_update
        no_part_of_a_key_is_changed_by_an_update
        a_key_of_two_columns_names_one_row
        half_a_key_is_refused
        a_key_of_text_is_taken_as_it_is
        a_row_that_is_gone_is_stale
        one_row_means_one_row
        a_key_that_exists_already_is_refused
        a_change_that_is_dropped_before_it_is_awaited_is_undone
    ;
    mongo:
        a_key_is_not_changed_by_an_update
        no_part_of_a_key_is_changed_by_an_update
        a_key_of_two_columns_names_one_row
        half_a_key_is_refused
        a_key_of_text_is_taken_as_it_is
        a_row_that_is_gone_is_stale
        one_row_means_one_row
        a_key_that_exists_already_is_refused
        a_change_that_is_dropped_before_it_is_awaited_is_undone
    ;
}
