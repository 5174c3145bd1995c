//! Embedded structs in models that live anywhere: JSON in a table, a document in a collection.

use eloquent::prelude::*;
use eloquent::query::IntoExpr;
use eloquent::value::NaiveDate;
use eloquent::{ErrorKind, Result};

use super::Orm;
use super::models::empty;
use crate::case::{Outcome, cases};

cases![Orm:
    comes_back, paths, orders_and_projections, parts_are_set[NESTED_UPDATES],
    parts_of_nothing_are_made[NESTED_UPDATES], parts_that_clash_are_refused[NESTED_UPDATES],
    computed_parts_are_refused_in_tables[RELATIONAL, NESTED_UPDATES],
    a_part_is_not_set_in_silence[NO_NESTED_UPDATES],
];

#[derive(ColumnValue, Debug, Clone, Copy, PartialEq)]
enum Level {
    Low,
    High,
}

#[derive(Embedded, Debug, Clone, PartialEq)]
struct Limits {
    most: i64,
    part: f64,
    price: Decimal,
}

#[derive(Embedded, Debug, Clone, PartialEq)]
struct Profile {
    title: String,
    note: Option<String>,
    open: bool,
    level: Level,
    day: NaiveDate,
    seen: DateTime<Utc>,
    key: Uuid,
    limits: Limits,
    former: Vec<Limits>,
    tags: Vec<String>,
    #[embedded(rename = "plain-name")]
    odd: i32,
    extra: Json<Vec<(i64, Option<String>)>>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable, table = "suite_items")]
struct Account {
    #[model(key, auto = false)]
    id: i64,
    profile: Profile,
    second: Option<Profile>,
    limits: Vec<Limits>,
}

fn limits(most: i64) -> Limits {
    let part = 1.0 / f64::from(i32::try_from(most).unwrap_or(1));
    Limits { most, part, price: Decimal::new(most * 125, 2) }
}

fn profile(number: i64) -> Profile {
    let day =
        NaiveDate::from_ymd_opt(2024, 2, 27 + u32::try_from(number).unwrap_or(0)).expect("a day");
    Profile {
        title: format!("title \"{number}\" it's"),
        note: (number == 1).then(|| "noted".to_owned()),
        open: number == 2,
        level: if number == 1 { Level::Low } else { Level::High },
        day,
        seen: day.and_hms_milli_opt(1, 2, 3, 40).expect("a time").and_utc(),
        key: Uuid::from_u128(u128::from(number.unsigned_abs())),
        limits: limits(number * 4),
        former: vec![limits(7), limits(8)],
        tags: vec!["a".to_owned(), "b".to_owned()],
        odd: i32::try_from(number).unwrap_or(0),
        extra: Json(vec![(1, None), (2, Some("x".to_owned()))]),
    }
}

/// 1, with a second profile, and 2.
async fn accounts() -> Result<Vec<Account>> {
    empty::<Account>().await?;
    let former = vec![limits(1), limits(2)];
    Account::create_many([
        new!(Account { id: 1, profile: profile(1), second: profile(2), limits: former }),
        new!(Account { id: 2, profile: profile(2), limits: Vec::new() }),
    ])
    .await
}

async fn ids<E: IntoExpr<bool>>(
    condition: impl FnOnce(<Account as Model>::Columns) -> E,
) -> Result<Vec<i64>> {
    Account::query().filter(condition).order_by(|a| a.id.asc()).pluck(|a| a.id).await
}

async fn comes_back(_: Orm) -> Outcome {
    let accounts = accounts().await?;
    assert_eq!(Account::query().order_by(|a| a.id.asc()).await?, accounts);
    let mut first = accounts[0].clone();
    first
        .update(|a| {
            a.profile.limits.most = 99;
            a.profile.note = None;
            a.second = None;
            a.limits.push(limits(3));
        })
        .await?;
    assert_eq!(Account::find(1).or_fail().await?, first);
    assert!(!first.update(|a| a.profile.note = None).await?, "nothing is different");
    Account::query().filter(|a| a.id.eq(2)).update(|a| a.profile.set(profile(1))).await?;
    assert_eq!(Account::find(2).or_fail().await?.profile, profile(1));
    Ok(())
}

async fn paths(_: Orm) -> Outcome {
    accounts().await?;
    assert_eq!(ids(|a| a.profile.title.eq("title \"1\" it's")).await?, [1]);
    assert_eq!(ids(|a| a.profile.title.contains("\"2\"")).await?, [2]);
    assert_eq!(ids(|a| a.profile.title.ne("x")).await?, [1, 2]);
    assert_eq!(ids(|a| a.profile.note.is_null()).await?, [2]);
    assert_eq!(ids(|a| a.profile.note.eq("noted")).await?, [1]);
    assert_eq!(ids(|a| a.profile.open).await?, [2]);
    assert_eq!(ids(|a| a.profile.open.eq(false)).await?, [1]);
    assert_eq!(ids(|a| !a.profile.open).await?, [1]);
    assert_eq!(ids(|a| a.profile.level.eq(Level::High)).await?, [2]);
    assert_eq!(ids(|a| a.profile.level.is_in([Level::High, Level::Low])).await?, [1, 2]);
    assert_eq!(ids(|a| a.profile.day.eq(profile(1).day)).await?, [1]);
    assert_eq!(ids(|a| a.profile.day.gt(profile(1).day)).await?, [2]);
    assert_eq!(ids(|a| a.profile.seen.eq(profile(1).seen)).await?, [1]);
    assert_eq!(ids(|a| a.profile.seen.gt(profile(1).seen)).await?, [2]);
    assert_eq!(ids(|a| a.profile.key.eq(profile(2).key)).await?, [2]);
    assert_eq!(ids(|a| a.profile.limits.most.between(3, 5)).await?, [1]);
    assert_eq!(ids(|a| a.profile.limits.most.is_in([8, 9])).await?, [2]);
    assert_eq!(ids(|a| (a.profile.limits.most + 1).eq(9)).await?, [2]);
    assert_eq!(ids(|a| a.profile.limits.part.lt(0.2)).await?, [2]);
    // as text, 5.00 would be less than 10.00 only by chance, and 9 more
    assert_eq!(ids(|a| a.profile.limits.price.gt(Decimal::from(9))).await?, [2]);
    assert_eq!(ids(|a| a.profile.limits.price.eq(Decimal::from(5))).await?, [1]);
    assert_eq!(ids(|a| a.profile.odd.le(1)).await?, [1]);
    // what is inside of nothing is null
    assert_eq!(ids(|a| a.second.is_null()).await?, [2]);
    assert_eq!(ids(|a| a.second.limits.most.is_null()).await?, [2]);
    assert_eq!(ids(|a| a.second.limits.most.eq(8)).await?, [1]);
    assert_eq!(ids(|a| a.second.limits.most.ne(1)).await?, [1]);
    assert_eq!(ids(|a| a.profile.limits.most.lt(a.second.limits.most)).await?, [1]);
    assert_eq!(ids(|a| a.profile.odd.eq(1).and(a.second.open)).await?, [1]);
    let error = ids(|a| a.profile.limits.part.eq(f64::NAN)).await.err().map(|error| error.kind());
    assert!(error.is_none_or(|kind| kind == ErrorKind::Encode), "{error:?}");
    Ok(())
}

async fn orders_and_projections(_: Orm) -> Outcome {
    accounts().await?;
    let order = Account::query().order_by(|a| a.profile.limits.most.desc()).pluck(|a| a.id).await?;
    assert_eq!(order, [2, 1]);
    // as text, 10.00 comes before 5.00
    let order = Account::query().order_by(|a| a.profile.limits.price.asc()).pluck(|a| a.id).await?;
    assert_eq!(order, [1, 2]);
    let order = Account::query().order_by(|a| a.second.odd.asc()).pluck(|a| a.id).await?;
    assert_eq!(order, [2, 1], "null comes first");
    let read = Account::query()
        .order_by(|a| a.id.asc())
        .select(|a| {
            (a.profile.title, a.profile.open, a.profile.level, a.profile.day, a.profile.seen)
        })
        .await?;
    let expected = |p: Profile| (p.title, p.open, p.level, p.day, p.seen);
    assert_eq!(read, [expected(profile(1)), expected(profile(2))]);
    let read = Account::query()
        .order_by(|a| a.id.asc())
        .select(|a| {
            let p = a.profile;
            (
                p.key,
                p.limits.part,
                p.limits.price,
                p.odd,
                p.note,
                p.limits,
                p.tags,
                p.former,
                p.extra,
            )
        })
        .await?;
    let expected = |p: Profile| {
        let Limits { part, price, .. } = p.limits;
        (p.key, part, price, p.odd, p.note, p.limits, p.tags, p.former, p.extra)
    };
    assert_eq!(read, [expected(profile(1)), expected(profile(2))]);
    let second: Vec<Option<i64>> = Account::query()
        .order_by(|a| a.id.asc())
        .pluck(|a| a.second.limits.most.optional())
        .await?;
    assert_eq!(second, [Some(8), None]);
    let sum = Account::query().sum(|a| a.profile.limits.most).await?;
    assert_eq!(sum, Some(12));
    Ok(())
}

/// Each type, at each depth, and nothing else changes.
async fn parts_are_set(_: Orm) -> Outcome {
    let accounts = accounts().await?;
    let mut first = accounts[0].clone();
    let other = profile(2);
    let one = || Account::query().filter(|a| a.id.eq(1));
    let title = "añ☃ \"quoted\" it's \\ $ ? {} :a\n\u{1f600}null";
    let changed = one().update(|a| {
        let p = a.profile;
        let limits = (
            p.limits.most.set(i64::MAX),
            p.limits.part.set(0.1 + 0.2),
            p.limits.price.set(Decimal::new(i64::MAX, 10)),
        );
        let times = (p.day.set(other.day), p.seen.set(other.seen), p.key.set(other.key));
        let others = (p.open.set(true), p.level.set(other.level), p.odd.set(-7));
        (p.title.set(title), p.note.set(None), limits, times, others)
    });
    assert_eq!(changed.await?, 1);
    let limits_now = Limits { most: i64::MAX, part: 0.1 + 0.2, price: Decimal::new(i64::MAX, 10) };
    let (former, tags) = (first.profile.former.clone(), first.profile.tags.clone());
    first.profile = Profile {
        title: title.to_owned(),
        note: None,
        odd: -7,
        limits: limits_now,
        former,
        tags,
        extra: first.profile.extra.clone(),
        ..other.clone()
    };
    assert_eq!(Account::find(1).or_fail().await?, first);
    assert_eq!(ids(|a| a.profile.note.is_null()).await?, [1, 2]);
    assert_eq!(
        ids(|a| a.profile.title.eq(title).and(a.profile.limits.most.eq(i64::MAX))).await?,
        [1]
    );

    // what has parts itself, lists, and JSON of any shape; in the second column beside the first
    let extra = Json(vec![(i64::MIN, None), (0, Some("y".to_owned()))]);
    one()
        .update(|a| {
            (
                a.profile.limits.set(limits(3)),
                a.profile.former.set(Vec::<Limits>::new()),
                a.profile.tags.set(vec!["null".to_owned(), String::new()]),
                a.profile.extra.set(extra.clone()),
                a.second.limits.part.set(1e300),
                a.second.open.set(false),
            )
        })
        .await?;
    first.profile.limits = limits(3);
    first.profile.former = Vec::new();
    first.profile.tags = vec!["null".to_owned(), String::new()];
    first.profile.extra = extra;
    if let Some(second) = &mut first.second {
        second.limits.part = 1e300;
        second.open = false;
    }
    assert_eq!(Account::find(1).or_fail().await?, first);
    for part in [-2.5e-10, f64::MAX, f64::MIN_POSITIVE] {
        one().update(|a| a.profile.limits.part.set(part)).await?;
        assert_eq!(Account::find(1).or_fail().await?.profile.limits.part, part);
    }
    assert_eq!(Account::find(2).or_fail().await?, accounts[1], "the other row is as it was");

    // every row that is found, and no more
    assert_eq!(Account::update_all(|a| (a.profile.odd.set(9), a.profile.note.set("n"))).await?, 2);
    assert_eq!(ids(|a| a.profile.odd.eq(9).and(a.profile.note.eq("n"))).await?, [1, 2]);
    let nobody = Account::query().filter(|a| a.profile.odd.eq(1)).update(|a| a.profile.odd.set(2));
    assert_eq!(nobody.await?, 0);
    Ok(())
}

async fn parts_of_nothing_are_made(_: Orm) -> Outcome {
    let accounts = accounts().await?;
    let two = || Account::query().filter(|a| a.id.eq(2));
    two().update(|a| a.second.note.set(None)).await?;
    assert_eq!(Account::find(2).or_fail().await?, accounts[1], "there is nothing to take away");
    two().update(|a| (a.second.limits.most.set(3), a.second.limits.part.set(0.5))).await?;
    let made = two().select(|a| {
        (a.second.limits.most.optional(), a.second.limits.part.optional(), a.second.odd.optional())
    });
    assert_eq!(made.await?, [(Some(3), Some(0.5), None)]);
    two().update(|a| a.second.set(profile(1))).await?;
    assert_eq!(Account::find(2).or_fail().await?.second, Some(profile(1)));
    Ok(())
}

async fn parts_that_clash_are_refused(_: Orm) -> Outcome {
    let accounts = accounts().await?;
    let one = || Account::query().filter(|a| a.id.eq(1));
    for clash in [
        one().update(|a| (a.profile.odd.set(1), a.profile.odd.set(2))),
        one().update(|a| (a.profile.limits.set(limits(1)), a.profile.limits.most.set(2))),
        one().update(|a| (a.profile.odd.set(1), a.profile.set(profile(2)))),
    ] {
        let error = clash.await.unwrap_err();
        assert_eq!(
            (error.kind(), error.column()),
            (ErrorKind::InvalidInput, Some("profile")),
            "{error}"
        );
    }
    let error = one().update(|a| a.profile.limits.part.set(f64::NAN)).await.err();
    assert!(error.is_none_or(|error| error.kind() == ErrorKind::Encode));
    let stays = Account::find(1).or_fail().await?;
    assert!(stays == accounts[0] || stays.profile.limits.part.is_nan());
    Ok(())
}

/// The value would have to be computed as JSON.
async fn computed_parts_are_refused_in_tables(_: Orm) -> Outcome {
    let accounts = accounts().await?;
    let one = || Account::query().filter(|a| a.id.eq(1));
    for part in [
        one().update(|a| a.profile.odd.set(a.profile.odd + 1)),
        one().update(|a| (a.profile.odd.set(3), a.second.title.set(a.profile.title))),
    ] {
        let error = part.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(matches!(error.column(), Some("profile" | "second")), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("computed")), "{error}");
    }
    assert_eq!(Account::find(1).or_fail().await?, accounts[0]);
    Ok(())
}

/// It would be a change inside of JSON, which the database cannot make.
async fn a_part_is_not_set_in_silence(_: Orm) -> Outcome {
    let accounts = accounts().await?;
    let part = Account::query().filter(|a| a.id.eq(1)).update(|a| a.profile.odd.set(5));
    let error = part.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.column()),
        (ErrorKind::Unsupported, Some("profile")),
        "{error}"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("whole")), "{error}");
    assert_eq!(Account::find(1).or_fail().await?, accounts[0]);
    Ok(())
}
