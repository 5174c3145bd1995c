use eloquent::prelude::*;

#[derive(ColumnValue)]
enum Shape {
    Point,
    Circle(f64),
}

fn main() {}
