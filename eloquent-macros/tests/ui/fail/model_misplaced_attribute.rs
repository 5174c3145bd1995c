use eloquent::prelude::*;

#[derive(Model)]
#[model(unique)]
struct User {
    id: i64,
    #[model(table = "users")]
    email: String,
}

fn main() {}
