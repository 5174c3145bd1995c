use eloquent::prelude::*;

struct User {
    id: i64,
}

fn main() {
    let _ = User::find_many([1]);
}
