use eloquent::prelude::*;

struct Point;

#[derive(Model)]
struct User {
    id: i64,
    home: Option<Point>,
    way: Vec<Point>,
}

fn main() {
    let _ = User::find(1);
}
