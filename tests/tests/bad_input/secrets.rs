//! What is printed and logged along the way shows no value.

use std::sync::{Arc, Mutex};

use eloquent::prelude::*;
use eloquent::{ErrorKind, RawSql};

use crate::fixture::{CANARY, refused, within};

#[derive(Model, Debug, Clone, PartialEq)]
struct Login {
    #[model(key, length = 50)]
    name: String,
    #[model(length = 20)]
    password: String,
}

fn draft() -> LoginDraft {
    new!(Login { name: CANARY, password: CANARY })
}

#[track_caller]
fn shows_nothing(printed: &dyn std::fmt::Debug) {
    for text in [format!("{printed:?}"), format!("{printed:#?}")] {
        assert!(!text.contains(CANARY), "{text}");
    }
}

#[tokio::test]
async fn nothing_that_waits_to_be_run_shows_its_values() {
    within::<Login>(async || {
        let mut login = Login::create(draft()).await.unwrap();
        let some = || Login::query().filter(|l| l.password.eq(CANARY));
        shows_nothing(&some());
        shows_nothing(&some().first());
        shows_nothing(&some().select(|l| l.name));
        shows_nothing(&some().stream());
        shows_nothing(&some().chunk(5).unwrap());
        shows_nothing(&some().delete());
        shows_nothing(&some().update(|l| l.password.set(CANARY)));
        shows_nothing(&Login::update_all(|l| l.password.set(CANARY)));
        shows_nothing(&Login::find(CANARY));
        shows_nothing(&Login::find_many([CANARY.to_owned()]));
        shows_nothing(&Login::create(draft()));
        shows_nothing(&Login::create_many([draft()]));
        shows_nothing(&Login::insert_many([draft()]));
        shows_nothing(&Login::upsert([draft()]).unique_by(|l| l.name));
        shows_nothing(&login.clone().delete());
        shows_nothing(&login.update(|l| l.password = CANARY.into()));
        shows_nothing(&Db::raw("SELECT ?").bind(CANARY.to_owned()));
        shows_nothing(&Login::columns(eloquent_core::statement::Source(0)).name.eq(CANARY));
    })
    .await;
}

#[tokio::test]
async fn raw_text_does_not_show_what_is_bound_to_it() {
    within::<Login>(async || {
        let sql = RawSql::new("name = ?").bind(CANARY.to_owned());
        shows_nothing(&sql);
        assert_eq!(Login::query().filter(|_| raw::<bool>(sql)).count().await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn the_log_shows_no_values() {
    within::<Login>(async || {
        let db = Db::current().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = heard.clone();
        db.on_query(move |event| {
            let text =
                format!("{event:?} {} {:?}", event.sql, event.error.map(ToString::to_string));
            ear.lock().unwrap().push(text);
        });
        db.enable_query_log();
        let mut login = Login::create(draft()).await.unwrap();
        refused(Login::create(draft()).await, ErrorKind::UniqueViolation).of::<Login>();
        refused(Login::insert_many([draft(), draft()]).await, ErrorKind::UniqueViolation);
        Login::upsert([draft()]).unique_by(|l| l.name).await.unwrap();
        login.update(|l| l.password = format!("{CANARY}2")).await.unwrap();
        let some = || {
            Login::query().filter(|l| l.name.is_in([CANARY, "x"]).or(l.password.contains(CANARY)))
        };
        assert_eq!(some().count().await.unwrap(), 1);
        let raw = Db::raw("SELECT * FROM nowhere WHERE name = ?").bind(CANARY.to_owned());
        refused(raw.rows().await, ErrorKind::InvalidInput).table("nowhere");
        let mut shown = db.query_log();
        assert!(shown.len() >= 7, "all of them are in the log: {shown:#?}");
        shown.push(some().to_sql().await.unwrap());
        shown.push(some().explain().await.unwrap());
        shown.push(some().delete().to_sql().await.unwrap());
        shown.append(&mut heard.lock().unwrap());
        for text in shown {
            assert!(!text.contains(CANARY), "{text}");
        }
        login.delete().await.unwrap();
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        nothing_that_waits_to_be_run_shows_its_values
        raw_text_does_not_show_what_is_bound_to_it
        the_log_shows_no_values
    ;
    mysql:
        nothing_that_waits_to_be_run_shows_its_values
        raw_text_does_not_show_what_is_bound_to_it
        the_log_shows_no_values
    ;
}
