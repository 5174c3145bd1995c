use eloquent::prelude::*;

#[derive(Model, Debug)]
#[model(document)]
struct Order {
    id: Uuid,
    total: i64,
}

fn main() {
    let _ = Order::query().lock_for_update();
}
