//! Embedded structs in models that live anywhere: JSON in a table, a document in a collection.

use eloquent::prelude::*;
use eloquent::query::IntoExpr;
use eloquent::value::NaiveDate;
use eloquent::{ErrorKind, Result};

use super::Orm;
use super::models::empty;
use crate::case::{Outcome, cases};

cases![Orm: comes_back, paths, orders_and_projections, a_part_is_not_set_in_tables[RELATIONAL]];

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

/// It would be a change inside of JSON, which is not done in silence.
async fn a_part_is_not_set_in_tables(_: Orm) -> Outcome {
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
