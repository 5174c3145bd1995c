use eloquent::prelude::*;

struct Point;

#[derive(Embedded)]
struct Address {
    city: String,
    #[embedded(default)]
    point: Option<Point>,
}

#[derive(Model)]
struct User {
    id: i64,
    address: Address,
}

fn main() {
    let _ = User::query().filter(|u| u.address.city.eq("Paris"));
}
