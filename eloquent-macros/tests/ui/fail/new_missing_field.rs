use eloquent::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    name: String,
    email: String,
    age: Option<i32>,
}

fn main() {
    let _ = new!(User { name: "Ada" });
}
