use eloquent::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    #[model(length("255"))]
    email: String,
    #[model(column = mail)]
    mail: String,
}

fn main() {}
