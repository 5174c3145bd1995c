//! What only collections have, on a model that lives in tables.

use eloquent::prelude::*;

#[derive(Model)]
struct Order {
    id: i64,
    cents: i64,
}

fn orders(stages: eloquent::Stages) {
    let _ = Order::aggregate(stages);
}

fn main() {}
