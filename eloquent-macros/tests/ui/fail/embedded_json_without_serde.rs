use eloquent::prelude::*;

struct Point;

#[derive(Embedded)]
struct Address {
    city: String,
    #[embedded(json)]
    point: Point,
}

fn main() {}
