//! What only collections have, on a model that lives in tables.

use eloquent::prelude::*;

#[derive(Model)]
struct Order {
    id: i64,
    cents: i64,
}

fn main() {
    let _ = Order::watch();
}
