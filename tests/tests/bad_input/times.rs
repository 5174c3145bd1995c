//! Dates and times: those that do not exist, that cannot be kept, and that must not lose a digit.

use eloquent::ErrorKind;
use eloquent::prelude::*;
use eloquent::value::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::fixture::{CANARY, Refusal, refused, refused_at_once, rows, within};

#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable)]
struct Event {
    id: i64,
    day: Option<NaiveDate>,
    clock: Option<NaiveTime>,
    local: Option<NaiveDateTime>,
    at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn moment(nanos: u32) -> NaiveDateTime {
    day(2024, 2, 29).and_hms_nano_opt(23, 59, 59, nanos).unwrap()
}

#[tokio::test]
async fn stored_text_that_is_no_date_or_time_is_an_error() {
    within::<Event>(async || {
        let wrong: [(&str, &[&str]); 4] = [
            (
                "day",
                &[
                    "2023-02-30",
                    "2023-02-29",
                    "2024-13-01",
                    "2024-00-10",
                    "0000-00-00",
                    "infinity",
                    "-0044-03-15",
                    "0044-03-15 BC",
                    "10000-01-01",
                    "294276-12-31",
                    "2024-2-3",
                    "now",
                    "",
                    "2024-02-29 12:00:00",
                    "20240229",
                    CANARY,
                ],
            ),
            (
                "clock",
                &["25:61", "24:00:00", "23:59:60", "12", "1:2:3", "12:00:00Z", "12:00:00.", CANARY],
            ),
            (
                "local",
                &[
                    "2023-02-30 00:00:00",
                    "2024-02-29 25:61:00",
                    "2024-02-29 23:59:60",
                    "2024-02-29 12:00:00+02:00",
                    "2024-02-29T12:00:00Z",
                    "2024-02-29 12",
                    "0",
                    CANARY,
                ],
            ),
            (
                "at",
                &[
                    "2023-02-30T00:00:00Z",
                    "2024-02-29 23:59:60",
                    "2024-02-29 12:00:00+99:00",
                    "2024-02-29 12:00:00 Europe/Paris",
                    "10000-01-01 00:00:00",
                    "1709164800",
                    CANARY,
                ],
            ),
        ];
        Event::create(new!(Event {})).await.unwrap();
        for (column, texts) in wrong {
            for text in texts {
                let update = match column {
                    "day" => Db::raw("UPDATE events SET day = ?"),
                    "clock" => Db::raw("UPDATE events SET clock = ?"),
                    "local" => Db::raw("UPDATE events SET local = ?"),
                    _ => Db::raw("UPDATE events SET at = ?"),
                };
                assert_eq!(update.bind((*text).to_owned()).execute().await.unwrap(), 1);
                let refusal = refused(Event::find(1).await, ErrorKind::Decode);
                refusal.of::<Event>().column(column);
            }
            let mended =
                Event::update_all(|e| (e.day.set(None), e.clock.set(None), e.local.set(None)));
            mended.await.unwrap();
            Event::update_all(|e| e.at.set(None)).await.unwrap();
        }
        assert!(Event::find(1).or_fail().await.unwrap().at.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_stored_zone_is_applied() {
    within::<Event>(async || {
        Event::create(new!(Event {})).await.unwrap();
        let noon = day(2024, 7, 1).and_hms_opt(12, 0, 0).unwrap().and_utc();
        for text in [
            "2024-07-01 12:00:00",
            "2024-07-01T12:00:00Z",
            "2024-07-01T14:00:00+02:00",
            "2024-07-01 03:30:00.000-0830",
            "2024-07-01 12:00",
            "2024-07-02 11:59:00+23:59",
        ] {
            Db::raw("UPDATE events SET at = ?").bind(text.to_owned()).execute().await.unwrap();
            assert_eq!(Event::find(1).or_fail().await.unwrap().at, Some(noon), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_year_that_text_cannot_order_is_refused_on_every_way() {
    within::<Event>(async || {
        let mut event = Event::create(new!(Event {})).await.unwrap();
        for day in
            [day(10_000, 1, 1), day(-1, 12, 31), day(-44, 3, 15), NaiveDate::MIN, NaiveDate::MAX]
        {
            let year = day.format("%Y").to_string();
            let shown = year.trim_start_matches(['+', '-']).to_owned();
            let named = |refusal: Refusal, column: &str| {
                let refusal = refusal.of::<Event>().column(column);
                assert!(
                    shown.len() < 5 || shown == "10000" || !refusal.0.to_string().contains(&shown)
                );
            };
            let local = day.and_time(NaiveTime::MIN);
            let batch = || [new!(Event {}), new!(Event { day })];
            named(refused(Event::create(new!(Event { day })).await, ErrorKind::Encode), "day");
            named(refused(Event::insert_many(batch()).await, ErrorKind::Encode), "day");
            let upsert = Event::upsert(batch().map(|draft| draft.id(9))).unique_by(|e| e.id);
            named(refused(upsert.await, ErrorKind::Encode), "day");
            named(
                refused(event.update(|e| e.local = Some(local)).await, ErrorKind::Encode),
                "local",
            );
            let every = Event::update_all(|e| e.at.set(local.and_utc()));
            named(refused(every.await, ErrorKind::Encode), "at");
            let found = Event::query().filter(|e| e.day.ge(day)).await;
            named(refused(found, ErrorKind::Encode), "day");
            let many = (0..300).map(|_| day);
            let found = Event::query().filter(|e| e.day.is_in(many)).delete().await;
            named(refused(found, ErrorKind::Encode), "day");
        }
        assert_eq!(Event::all().await.unwrap(), [event]);
    })
    .await;
}

#[tokio::test]
async fn a_leap_second_is_refused_on_every_way() {
    within::<Event>(async || {
        let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_999_999_999).unwrap();
        let local = day(2016, 12, 31).and_time(leap);
        let mut event = Event::create(new!(Event {})).await.unwrap();
        let made = Event::create(new!(Event { clock: leap }));
        refused(made.await, ErrorKind::Encode).of::<Event>().column("clock");
        let changed = event.update(|e| e.local = Some(local));
        refused(changed.await, ErrorKind::Encode).of::<Event>().column("local");
        let every = Event::update_all(|e| e.at.set(local.and_utc()));
        refused(every.await, ErrorKind::Encode).of::<Event>().column("at");
        let found = Event::query().filter(|e| e.clock.lt(leap));
        refused(found.await, ErrorKind::Encode).of::<Event>().column("clock");
        assert_eq!(Event::all().await.unwrap(), [event]);
    })
    .await;
}

#[tokio::test]
async fn the_ends_of_what_can_be_kept_come_back() {
    within::<Event>(async || {
        let last = NaiveTime::from_hms_nano_opt(23, 59, 59, 999_999_999).unwrap();
        for (first, time) in
            [(day(0, 1, 1), NaiveTime::MIN), (day(9999, 12, 31), last), (day(2024, 2, 29), last)]
        {
            let local = first.and_time(time);
            let draft = new!(Event { day: first, clock: time, local, at: local.and_utc() });
            let mut event = Event::create(draft).await.unwrap();
            let made = event.clone();
            event.refresh().await.unwrap();
            assert_eq!(event, made);
            assert_eq!(event.at, Some(local.and_utc()));
            let found = Event::query().filter(|e| e.local.eq(local).and(e.clock.eq(time)));
            assert_eq!(found.sole().await.unwrap().id, event.id);
        }
    })
    .await;
}

#[tokio::test]
async fn no_nanosecond_is_lost() {
    within::<Event>(async || {
        let fractions = [0, 1, 9, 10, 99, 100, 123_456_789, 100_000_000, 500_000_000, 999_999_999];
        for nanos in fractions {
            let at = moment(nanos).and_utc();
            let draft = new!(Event { local: moment(nanos), at, clock: moment(nanos).time() });
            let mut event = Event::create(draft).await.unwrap();
            let made = event.clone();
            event.refresh().await.unwrap();
            assert_eq!(event, made);
            assert_eq!(Event::query().filter(|e| e.at.eq(at)).sole().await.unwrap(), made);
        }
        let ordered = Event::query().order_by(|e| e.at.asc()).pluck(|e| e.at).await.unwrap();
        assert!(ordered.is_sorted(), "{ordered:?}");
        let some = Event::query().filter(|e| e.local.between(moment(2), moment(100))).count();
        assert_eq!(some.await.unwrap(), 4);
        let some = Event::query().filter(|e| e.clock.gt(moment(100_000_000).time())).count();
        assert_eq!(some.await.unwrap(), 3);
    })
    .await;
}

/// A row in hand is equal to the row that is stored, or the next comparison sees a change.
#[tokio::test]
async fn kept_times_are_equal_after_saving() {
    within::<Event>(async || {
        let mut event = Event::create(new!(Event {})).await.unwrap();
        assert_eq!(Event::find(1).or_fail().await.unwrap(), event);
        event.update(|e| e.day = Some(day(2024, 1, 1))).await.unwrap();
        assert_eq!(Event::find(1).or_fail().await.unwrap(), event);
        let many = Event::create_many([new!(Event {}), new!(Event {})]).await.unwrap();
        assert_eq!(Event::find(many[1].id).or_fail().await.unwrap(), many[1]);
        assert!(!event.update(|_| ()).await.unwrap());
        let old = day(1999, 12, 31).and_hms_opt(0, 0, 0).unwrap().and_utc();
        event.update(|e| e.updated_at = old).await.unwrap();
        assert_eq!(Event::find(1).or_fail().await.unwrap().updated_at, old);
    })
    .await;
}

#[tokio::test]
async fn times_with_and_without_a_zone_are_not_mixed() {
    within::<Event>(async || {
        let event = |outcome| drop(refused_at_once(outcome, ErrorKind::InvalidInput).of::<Event>());
        event(Event::column::<DateTime<Utc>>("local").map(drop));
        event(Event::column::<NaiveDateTime>("at").map(drop));
        event(Event::column::<NaiveDateTime>("day").map(drop));
        event(Event::column::<NaiveTime>("local").map(drop));
        event(Event::column::<String>("at").map(drop));
        event(Event::column::<i64>("created_at").map(drop));
        assert!(Event::column::<Option<DateTime<Utc>>>("at").is_ok());
        assert_eq!(rows::<Event>().await, 0);
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        a_leap_second_is_refused_on_every_way
        kept_times_are_equal_after_saving
        times_with_and_without_a_zone_are_not_mixed
    ;
    mysql:
        a_year_that_text_cannot_order_is_refused_on_every_way
        a_leap_second_is_refused_on_every_way
        kept_times_are_equal_after_saving
        times_with_and_without_a_zone_are_not_mixed
    ;
    mongo:
        a_year_that_text_cannot_order_is_refused_on_every_way
        a_leap_second_is_refused_on_every_way
        kept_times_are_equal_after_saving
        times_with_and_without_a_zone_are_not_mixed
    ;
}
