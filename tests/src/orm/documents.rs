//! Document models: embedded structs, lists, and what only documents can be asked.

pub(super) mod changes;
pub(super) mod keys;

use eloquent::prelude::*;
use eloquent::query::IntoExpr;
use eloquent::value::{Document, NaiveDate, NaiveDateTime, Value};
use eloquent::{ErrorKind, Result};

use super::Orm;
use super::models::empty;
use crate::case::{Outcome, cases};

cases![Orm:
    documents_come_back[DOCUMENT], paths_in_filters[DOCUMENT],
    paths_in_orders_and_projections[DOCUMENT], inner_dates_and_decimals[DOCUMENT, NESTED_UPDATES],
    lists_are_asked[DOCUMENT], elements_are_matched[DOCUMENT], presence[DOCUMENT],
];

#[derive(ColumnValue, Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Home,
    Work,
}

#[derive(Embedded, Debug, Clone, PartialEq)]
pub(crate) struct Location {
    lat: f64,
    lon: f64,
}

#[derive(Embedded, Debug, Clone, PartialEq)]
pub(crate) struct Address {
    city: String,
    zip: Option<String>,
    kind: Kind,
    location: Option<Location>,
}

#[derive(Embedded, Debug, Clone, PartialEq)]
pub(crate) struct Line {
    sku: String,
    quantity: i64,
    #[embedded(rename = "price")]
    each: Decimal,
    tags: Vec<String>,
    day: Option<NaiveDate>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(document, table = "suite_customers")]
pub(crate) struct Customer {
    id: ObjectId,
    name: String,
    address: Address,
    billing: Option<Address>,
    lines: Vec<Line>,
    tags: Option<Vec<String>>,
    #[model(default)]
    visits: i64,
    settings: Option<eloquent::value::Document>,
}

fn address(city: &str, kind: Kind, lat: Option<f64>) -> Address {
    let location = lat.map(|lat| Location { lat, lon: 2.0 });
    Address { city: city.to_owned(), zip: None, kind, location }
}

fn line(sku: &str, quantity: i64, cents: i64) -> Line {
    let day = NaiveDate::from_ymd_opt(2024, 2, u32::try_from(quantity).unwrap_or(1));
    let tags = vec![format!("t{quantity}")];
    Line { sku: sku.to_owned(), quantity, each: Decimal::new(cents, 2), tags, day }
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

/// Ada in Paris, with lines a (1) and b (5) and tags; Bob in Rome, with line b (2) and no tags; Cyd in
/// Oslo, billed in Paris, without lines and with an empty list of tags.
async fn customers() -> Result<Vec<Customer>> {
    empty::<Customer>().await?;
    let zip = |zip: &str, address: Address| Address { zip: Some(zip.to_owned()), ..address };
    Customer::create_many([
        new!(Customer {
            name: "ada",
            address: zip("75001", address("Paris", Kind::Home, Some(48.9))),
            lines: vec![line("a", 1, 1_050), line("b", 5, 99)],
            tags: texts(&["x", "y"]),
        }),
        new!(Customer {
            name: "bob",
            address: address("Rome", Kind::Work, Some(41.9)),
            lines: vec![line("b", 2, 900)],
        }),
        new!(Customer {
            name: "cyd",
            address: address("Oslo", Kind::Home, None),
            billing: address("Paris", Kind::Work, None),
            lines: Vec::new(),
            tags: Vec::<String>::new(),
            visits: 3,
        }),
    ])
    .await
}

/// The names for which a condition holds, in their order.
async fn names<E: IntoExpr<bool>>(
    condition: impl FnOnce(<Customer as Model>::Columns) -> E,
) -> Result<Vec<String>> {
    Customer::query().filter(condition).order_by(|c| c.name.asc()).pluck(|c| c.name).await
}

async fn one(name: &str) -> Result<Customer> {
    Customer::query().filter(|c| c.name.eq(name)).sole().await
}

/// Whether the database is sent commands; one in memory has none, nor operators in them.
async fn is_sent_commands() -> Result<bool> {
    Ok(Customer::query().to_sql().await?.starts_with('{'))
}

async fn documents_come_back(_: Orm) -> Outcome {
    let customers = customers().await?;
    let mut read = Customer::query().order_by(|c| c.name.asc()).await?;
    assert_eq!(read, customers);
    let ada = &mut read[0];
    ada.update(|ada| {
        ada.address.city = "Lyon".to_owned();
        ada.lines.push(line("c", 7, 5));
        ada.address.location = None;
    })
    .await?;
    assert_eq!(Customer::find(ada.id).or_fail().await?, *ada);
    Ok(())
}

async fn paths_in_filters(_: Orm) -> Outcome {
    customers().await?;
    assert_eq!(names(|c| c.address.city.eq("Paris")).await?, ["ada"]);
    assert_eq!(names(|c| c.address.city.ne("Paris")).await?, ["bob", "cyd"]);
    assert_eq!(names(|c| c.address.kind.eq(Kind::Home)).await?, ["ada", "cyd"]);
    assert_eq!(names(|c| c.billing.city.eq("Paris")).await?, ["cyd"]);
    assert_eq!(names(|c| c.billing.city.ne("Rome")).await?, ["cyd"], "null is unknown");
    assert_eq!(names(|c| c.address.location.lat.gt(45.0)).await?, ["ada"]);
    assert_eq!(names(|c| !c.address.location.lat.gt(45.0)).await?, ["bob"]);
    assert_eq!(names(|c| c.address.location.is_null()).await?, ["cyd"]);
    assert_eq!(names(|c| c.address.zip.is_not_null()).await?, ["ada"]);
    assert_eq!(names(|c| c.address.city.is_in(["Rome", "Oslo"])).await?, ["bob", "cyd"]);
    assert_eq!(names(|c| c.address.city.starts_with("R")).await?, ["bob"]);
    let low = c_lat_between(40.0, 45.0).await?;
    assert_eq!(low, ["bob"]);
    assert_eq!(names(|c| (c.address.location.lat * 2.0).gt(90.0)).await?, ["ada"]);
    assert_eq!(names(|c| c.address.city.eq(c.billing.city)).await?, [""; 0]);
    Ok(())
}

async fn c_lat_between(low: f64, high: f64) -> Result<Vec<String>> {
    names(|c| c.address.location.lat.between(low, high)).await
}

async fn paths_in_orders_and_projections(_: Orm) -> Outcome {
    customers().await?;
    let cities: Vec<String> =
        Customer::query().order_by(|c| c.address.city.desc()).pluck(|c| c.address.city).await?;
    assert_eq!(cities, ["Rome", "Paris", "Oslo"]);
    let places: Vec<(String, Option<f64>, Address)> = Customer::query()
        .order_by(|c| (c.address.location.lat.asc(), c.name.asc()))
        .select(|c| (c.name, c.address.location.lat.optional(), c.address))
        .await?;
    assert_eq!(places[0].1, None, "what is missing comes first");
    assert_eq!((places[2].0.as_str(), places[2].1), ("ada", Some(48.9)));
    assert_eq!(places[2].2.city, "Paris");
    let kinds: Vec<(Kind, i64)> = Customer::query()
        .group_by(|c| c.address.kind)
        .order_by(|c| c.address.kind.asc())
        .select(|c| (c.address.kind, count()))
        .await?;
    assert_eq!(kinds, [(Kind::Home, 2), (Kind::Work, 1)]);
    let most: Option<f64> = Customer::query().max(|c| c.address.location.lat).await?;
    assert_eq!(most, Some(48.9));
    Ok(())
}

#[derive(Embedded, Debug, Clone, PartialEq)]
struct Moments {
    day: NaiveDate,
    local: NaiveDateTime,
    instant: DateTime<Utc>,
    amount: Decimal,
    key: Uuid,
    days: Vec<NaiveDate>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(document, table = "suite_customers")]
struct Logged {
    id: ObjectId,
    at: Moments,
    days: Vec<NaiveDate>,
}

async fn inner_dates_and_decimals(_: Orm) -> Outcome {
    empty::<Logged>().await?;
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).expect("a day");
    let local = day.and_hms_opt(1, 2, 3).expect("a time");
    let (key, amount) = (Uuid::max(), Decimal::new(1_250, 2));
    let at = Moments { day, local, instant: local.and_utc(), amount, key, days: vec![day] };
    let logged = Logged::create(new!(Logged { at: at.clone(), days: vec![day] })).await?;
    assert_eq!(Logged::query().sole().await?, logged);
    assert_eq!(logged.at, at);
    let found = |query: eloquent::Query<Logged>| async move { query.count().await };
    assert_eq!(found(Logged::query().filter(|l| l.at.day.eq(day))).await?, 1);
    assert_eq!(found(Logged::query().filter(|l| l.at.day.lt(day))).await?, 0);
    assert_eq!(found(Logged::query().filter(|l| l.at.day.is_in([day]))).await?, 1);
    assert_eq!(found(Logged::query().filter(|l| l.at.local.ge(local))).await?, 1);
    assert_eq!(found(Logged::query().filter(|l| l.at.instant.eq(local.and_utc()))).await?, 1);
    // 9 is less than 12.50, which as text it is not
    assert_eq!(found(Logged::query().filter(|l| l.at.amount.gt(Decimal::from(9)))).await?, 1);
    assert_eq!(found(Logged::query().filter(|l| l.at.key.eq(key))).await?, 1);
    assert_eq!(found(Logged::query().filter(|l| l.days.contains(day))).await?, 1);
    assert_eq!(found(Logged::query().filter(|l| l.at.days.contains(day))).await?, 1);
    assert_eq!(found(Logged::query().filter(|l| l.at.days.any(|d| d.le(day)))).await?, 1);
    let next = NaiveDate::from_ymd_opt(2025, 1, 1).expect("a day");
    let changed = Logged::query().filter(|l| l.id.eq(logged.id)).update(|l| {
        (l.at.day.set(next), l.days.push(next), l.at.days.push(next), l.at.amount.inc(Decimal::ONE))
    });
    assert_eq!(changed.await?, 1);
    let read = Logged::query().filter(|l| l.at.day.eq(next)).sole().await?;
    assert_eq!((&read.days, &read.at.days), (&vec![day, next], &vec![day, next]));
    assert_eq!(read.at.amount, Decimal::new(1_350, 2));
    Ok(())
}

async fn lists_are_asked(_: Orm) -> Outcome {
    customers().await?;
    assert_eq!(names(|c| c.tags.contains("x")).await?, ["ada"]);
    assert_eq!(names(|c| !c.tags.contains("x")).await?, ["cyd"], "without a list it is unknown");
    assert_eq!(names(|c| c.tags.contains_any(["z", "y"])).await?, ["ada"]);
    assert_eq!(names(|c| c.tags.contains_any([""; 0])).await?, [""; 0]);
    assert_eq!(names(|c| c.tags.contains_all(["y", "x"])).await?, ["ada"]);
    assert_eq!(names(|c| c.tags.contains_all(["x", "z"])).await?, [""; 0]);
    assert_eq!(names(|c| !c.tags.contains_all(["x", "z"])).await?, ["ada", "cyd"]);
    assert_eq!(names(|c| c.tags.contains_all([""; 0])).await?, ["ada", "cyd"]);
    assert_eq!(names(|c| c.tags.size().eq(2)).await?, ["ada"]);
    assert_eq!(names(|c| c.tags.size().eq(0)).await?, ["cyd"]);
    assert_eq!(names(|c| !c.tags.size().eq(2)).await?, ["cyd"]);
    assert_eq!(names(|c| c.lines.size().ge(1)).await?, ["ada", "bob"]);
    assert_eq!(names(|c| c.tags.size().lt(9)).await?, ["ada", "cyd"]);
    let sizes: Vec<(String, Option<i64>)> = Customer::query()
        .order_by(|c| c.name.asc())
        .select(|c| (c.name, c.tags.size().optional()))
        .await?;
    assert_eq!(sizes.iter().map(|(_, size)| *size).collect::<Vec<_>>(), [Some(2), None, Some(0)]);
    let counted: Vec<(bool, i64)> = Customer::query()
        .filter(|c| c.tags.exists())
        .group_by(|c| c.tags.contains("x"))
        .order_by(|c| c.tags.contains("x").asc())
        .select(|c| (c.tags.contains("x"), count()))
        .await?;
    assert_eq!(counted, [(false, 1), (true, 1)]);
    Ok(())
}

async fn elements_are_matched(_: Orm) -> Outcome {
    customers().await?;
    assert_eq!(names(|c| c.lines.any(|l| l.sku.eq("b"))).await?, ["ada", "bob"]);
    // one element has to meet all of it
    let both = names(|c| c.lines.any(|l| l.sku.eq("a").and(l.quantity.gt(1)))).await?;
    assert_eq!(both, [""; 0]);
    let both = names(|c| c.lines.any(|l| l.sku.eq("b").and(l.quantity.gt(2)))).await?;
    assert_eq!(both, ["ada"]);
    let either = names(|c| c.lines.any(|l| l.sku.eq("a").or(l.quantity.eq(2)))).await?;
    assert_eq!(either, ["ada", "bob"]);
    assert_eq!(names(|c| !c.lines.any(|l| l.sku.eq("a"))).await?, ["bob", "cyd"]);
    assert_eq!(names(|c| c.lines.any(|l| !l.sku.eq("b"))).await?, ["ada"]);
    assert_eq!(names(|c| c.lines.any(|l| l.each.gt(Decimal::from(10)))).await?, ["ada"]);
    let day = NaiveDate::from_ymd_opt(2024, 2, 5).expect("a day");
    assert_eq!(names(|c| c.lines.any(|l| l.day.eq(day))).await?, ["ada"]);
    // computed, and lists in lists
    assert_eq!(names(|c| c.lines.any(|l| (l.quantity * 2).gt(9))).await?, ["ada"]);
    assert_eq!(names(|c| c.lines.any(|l| l.tags.contains("t2"))).await?, ["bob"]);
    assert_eq!(names(|c| c.lines.any(|l| l.tags.any(|t| t.eq("t5")))).await?, ["ada"]);
    // scalars
    assert_eq!(names(|c| c.tags.any(|t| t.starts_with("y"))).await?, ["ada"]);
    assert_eq!(names(|c| c.tags.any(|t| t.gt("x").and(t.lt("z")))).await?, ["ada"]);
    assert_eq!(names(|c| c.tags.any(|t| t.eq("q").or(t.eq("y")))).await?, ["ada"]);
    assert_eq!(names(|c| c.tags.any(|t| t.ne("x").and(t.ne("y")))).await?, [""; 0]);
    assert_eq!(names(|c| !c.tags.any(|t| t.eq("x"))).await?, ["cyd"]);
    let error = names(|c| c.lines.any(|l| l.sku.eq(c.name))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    // whoever translates the statement knows which list it is
    assert!(error.column().is_none_or(|column| column == "lines"), "{error}");
    Ok(())
}

async fn presence(_: Orm) -> Outcome {
    customers().await?;
    assert_eq!(names(|c| c.tags.exists()).await?, ["ada", "cyd"]);
    assert_eq!(names(|c| c.tags.missing()).await?, ["bob"]);
    assert_eq!(names(|c| !c.tags.exists()).await?, ["bob"]);
    assert_eq!(names(|c| c.billing.exists()).await?, ["cyd"]);
    assert_eq!(names(|c| c.address.location.missing()).await?, ["cyd"]);
    assert_eq!(names(|c| c.address.zip.exists()).await?, ["ada"]);
    Ok(())
}
