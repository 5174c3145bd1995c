use eloquent::prelude::*;

#[derive(Model, Debug)]
#[model(document)]
struct User {
    id: Uuid,
    name: String,
}

fn main() {
    let _ = User::query().update(|u| u.name.unset());
}
