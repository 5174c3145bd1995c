use eloquent::prelude::*;

#[derive(Model, Debug)]
#[model(document)]
struct Order {
    id: Uuid,
    user_id: i64,
}

#[derive(Model, Debug)]
struct User {
    id: i64,
    name: String,
}

fn main() {
    let _ = Order::query().join::<User, _>(|(o, u)| o.user_id.eq(u.id));
}
