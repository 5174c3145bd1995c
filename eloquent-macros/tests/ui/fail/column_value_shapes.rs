use eloquent::prelude::*;

#[derive(ColumnValue)]
enum Never {}

#[derive(ColumnValue)]
struct Address {
    city: String,
    street: String,
}

fn main() {}
