//! What only documents have, on a model that lives in tables as well.

use eloquent::prelude::*;

#[derive(Model, Debug)]
#[model(portable)]
struct User {
    id: Uuid,
    tags: Vec<String>,
}

fn main() {
    let _ = User::query().filter(|u| u.tags.contains_all(["a", "b"]));
}
