use eloquent::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    #[model(default = true, database_default)]
    active: bool,
}

fn main() {}
