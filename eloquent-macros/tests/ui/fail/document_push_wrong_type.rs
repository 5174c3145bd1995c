use eloquent::prelude::*;

#[derive(Model, Debug)]
#[model(document)]
struct User {
    id: Uuid,
    tags: Vec<String>,
}

fn main() {
    let _ = User::query().update(|u| u.tags.push(1));
}
