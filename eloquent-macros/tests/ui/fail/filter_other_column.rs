use eloquent::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    name: String,
    age: Option<i32>,
}

fn main() {
    let _ = User::query().filter(|u| u.name.eq(u.age));
}
