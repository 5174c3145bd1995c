use eloquent::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    #[model(created_at)]
    born: i64,
}

fn main() {}
