use eloquent::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    #[model(column = "mail", unique, column = "e_mail")]
    email: String,
    #[model(length = 100, column_type = Text)]
    name: String,
}

fn main() {}
