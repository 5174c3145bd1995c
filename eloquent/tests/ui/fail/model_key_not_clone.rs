use eloquent::prelude::*;

#[derive(ColumnValue)]
struct UserId(i64);

#[derive(Model)]
struct User {
    id: UserId,
}

fn main() {}
