//! One message for a field, wherever the model is used.

use eloquent::prelude::*;

struct Address {
    city: String,
}

#[derive(Model)]
struct User {
    id: i64,
    address: Address,
}

fn main() {
    let _ = User::query().filter(|u| u.id.eq(1)).lock_for_update();
    let _ = new!(User { address: Address { city: String::new() } });
}
