use eloquent::prelude::*;

struct Point;

#[derive(View)]
struct Place {
    name: String,
    point: Point,
}

fn main() {}
