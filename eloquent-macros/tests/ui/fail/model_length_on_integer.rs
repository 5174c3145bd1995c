use eloquent::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    #[model(length = 3)]
    age: i32,
}

fn main() {}
