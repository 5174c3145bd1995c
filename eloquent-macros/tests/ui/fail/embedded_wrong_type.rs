//! A path is as typed as a column.

use eloquent::prelude::*;

#[derive(Embedded, Debug, Clone)]
struct Address {
    city: String,
}

#[derive(Model, Debug)]
struct User {
    id: i64,
    address: Address,
}

fn main() {
    let _ = User::query().filter(|u| u.address.city.eq(1));
}
