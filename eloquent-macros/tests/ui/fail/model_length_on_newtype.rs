use eloquent::prelude::*;

#[derive(ColumnValue)]
struct Age(i32);

#[derive(Model)]
struct User {
    id: i64,
    #[model(length = 3)]
    age: Age,
}

fn main() {}
