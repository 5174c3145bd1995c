use eloquent::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    name: String,
}

fn main() {
    let _ = User::query().update(|u| u.name.set(3));
}
