use eloquent::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    #[model(column_type = i32)]
    age: i64,
    #[model(column_type = String)]
    name: String,
}

fn main() {}
