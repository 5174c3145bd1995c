use eloquent::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    mail: String,
    #[model(column = "mail")]
    email: String,
}

fn main() {}
