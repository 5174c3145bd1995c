//! The models of the suite.

use eloquent::prelude::*;
use eloquent::value::NaiveDate;
use eloquent::{Db, Result};

/// A row with a key that is made for it, and columns of most types.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable, table = "suite_people")]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    #[model(unique, length = 100)]
    pub(crate) email: String,
    #[model(length = 50)]
    pub(crate) name: String,
    pub(crate) age: i64,
    pub(crate) nick: Option<String>,
    #[model(default = true)]
    pub(crate) active: bool,
    #[model(decimal(12, 2), default = Decimal::ZERO)]
    pub(crate) balance: Decimal,
    pub(crate) born: Option<NaiveDate>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// A row with a key that is given, and little else.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable, table = "suite_items")]
pub(crate) struct Item {
    #[model(key, auto = false)]
    pub(crate) id: i64,
    pub(crate) rank: Option<i64>,
    pub(crate) label: String,
}

/// A row of another row.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable, table = "suite_pets")]
pub(crate) struct Pet {
    pub(crate) id: Uuid,
    pub(crate) owner: Uuid,
    pub(crate) name: String,
}

/// A row with a key of two columns.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable, table = "suite_seats")]
pub(crate) struct Seat {
    #[model(key)]
    pub(crate) line: i64,
    #[model(key, length = 10)]
    pub(crate) place: String,
    pub(crate) guest: Option<String>,
}

/// A row that the database numbers.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable, table = "suite_notes")]
pub(crate) struct Note {
    pub(crate) id: i64,
    #[model(unique, length = 50)]
    pub(crate) title: String,
    #[model(default)]
    pub(crate) stars: i64,
}

/// A part of a person.
#[derive(View, Debug, Clone, PartialEq)]
#[view(of = Person)]
pub(crate) struct NameAndAge {
    pub(crate) name: String,
    pub(crate) age: i64,
}

/// Drops the tables of all models.
pub(crate) async fn drop_tables(db: &Db) -> Result<()> {
    Person::drop_table().on(db).await?;
    Item::drop_table().on(db).await?;
    Pet::drop_table().on(db).await?;
    Seat::drop_table().on(db).await?;
    Note::drop_table().on(db).await?;
    match db.capabilities().await?.family {
        eloquent::Family::Document => super::documents::Customer::drop_table().on(db).await,
        _ => Ok(()),
    }
}

/// Creates an empty table of a model.
pub(crate) async fn empty<M: Model>() -> Result<()> {
    M::drop_table().await?;
    M::create_table().await
}

/// A person by name and age.
pub(crate) fn person(name: &str, age: i64) -> <Person as Model>::Draft {
    new!(Person { email: format!("{name}@example.org"), name, age })
}

/// Ada (36), Grace (85), Alan (41, called al, not active, with 12.50), Edsger (72, called ewd).
pub(crate) async fn people() -> Result<Vec<Person>> {
    empty::<Person>().await?;
    let born = NaiveDate::from_ymd_opt(1912, 6, 23);
    Person::create_many([
        person("ada", 36),
        person("grace", 85),
        person("alan", 41).nick("al").active(false).balance(Decimal::new(1_250, 2)).born(born),
        person("edsger", 72).nick("ewd").balance(Decimal::new(900, 2)),
    ])
    .await
}

/// Items with these numbers, whose ranks are the numbers modulo 3, null for 2.
pub(crate) async fn items(ids: impl IntoIterator<Item = i64>) -> Result<()> {
    empty::<Item>().await?;
    let item = |id: i64| {
        let rank = Some(id.rem_euclid(3)).filter(|rank| *rank < 2);
        new!(Item { id, rank, label: format!("item {id}") })
    };
    Item::insert_many(ids.into_iter().map(item)).await.map(drop)
}
