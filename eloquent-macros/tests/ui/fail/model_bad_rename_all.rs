use eloquent::prelude::*;

#[derive(Model)]
#[model(rename_all = "camelcase")]
struct User {
    id: i64,
}

fn main() {}
