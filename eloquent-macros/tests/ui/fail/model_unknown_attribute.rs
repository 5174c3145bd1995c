use eloquent::prelude::*;

#[derive(Model)]
#[model(tabel = "users")]
struct User {
    id: i64,
    #[model(colum = "mail")]
    email: String,
}

fn main() {}
