//! Embedded structs: in models of each family, nested, optional, in lists.

use eloquent::model::ModelFamily;
use eloquent::prelude::*;

#[derive(ColumnValue, Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Home,
    Work,
}

#[derive(Embedded, Debug, Clone, PartialEq)]
pub struct Location {
    pub lat: f64,
    pub lon: f64,
}

#[derive(Embedded, Debug, Clone, PartialEq)]
#[embedded(rename_all = "camelCase")]
pub struct Address {
    /// The city.
    pub city: String,
    pub postal_code: Option<String>,
    pub kind: Kind,
    pub location: Option<Location>,
    #[embedded(default)]
    pub tags: Vec<String>,
    #[embedded(json)]
    pub extra: std::collections::BTreeMap<String, i64>,
    #[embedded(default = 1, rename = "n")]
    pub number: i64,
    pub days: Vec<Location>,
}

macro_rules! models {
    ($($name:ident $id:ty, [$($attribute:tt)*];)+) => {$(
        #[derive(Model, Debug, Clone, PartialEq)]
        #[model($($attribute)*)]
        pub struct $name {
            pub id: $id,
            pub address: Address,
            pub billing: Option<Address>,
            pub former: Vec<Address>,
            pub tags: Option<Vec<String>>,
        }
    )+};
}

models! {
    Row i64, [table = "rows"];
    Doc ObjectId, [document];
    Any Uuid, [portable];
}

#[derive(View, Debug)]
#[view(of = Doc)]
pub struct OnlyAddress {
    pub address: Address,
}

fn main() {
    assert_eq!(Doc::definition().family, ModelFamily::Document);
    let _ = Row::query()
        .filter(|r| r.address.city.eq("Paris").and(r.billing.location.lat.gt(1.0)))
        .order_by(|r| (r.address.postal_code.asc(), r.address.kind.desc()))
        .select(|r| (r.address, r.address.city, r.billing.location));
    let _ = Any::query().filter(|a| a.address.number.between(1, 3).and(a.billing.is_null()));
    let _ = Any::query().update(|a| (a.address.city.set("Rome"), a.address.kind.set(Kind::Work)));
    let _ = Any::query().increment(|a| a.address.number, 1);
    let _ = Doc::query()
        .filter(|d| d.tags.contains("x").and(d.former.any(|a| a.city.eq("Paris").and(a.number.gt(1)))))
        .filter(|d| d.address.tags.contains_any(["a", "b"]).or(d.former.size().gt(2)))
        .filter(|d| d.former.any(|a| a.days.any(|day| day.lat.lt(0.0))))
        .filter(|d| d.billing.exists().and(d.address.location.missing()));
    let _ = Doc::query().update(|d| {
        (
            d.tags.push("x"),
            d.address.tags.add_all_to_set(["y", "z"]),
            d.former.pull_where(|a| a.city.eq("Paris")),
            d.address.number.inc(2),
            d.billing.unset(),
        )
    });
    let _ = Doc::query().view::<OnlyAddress>();
    let _ = Doc::column::<Address>("address");
}
