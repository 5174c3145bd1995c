use eloquent::prelude::*;

struct User {
    name: String,
}

fn main() {
    let _ = new!(User { name: "Ada" });
}
