//! What only documents have, on a model that lives in tables.

use eloquent::prelude::*;

#[derive(Model, Debug)]
struct User {
    id: i64,
    tags: Vec<String>,
}

fn main() {
    let _ = User::query().update(|u| u.tags.push("x"));
}
