use eloquent::prelude::*;

struct Address {
    city: String,
}

#[derive(Model)]
struct User {
    id: i64,
    address: Address,
}

fn main() {}
