use eloquent::prelude::*;

#[derive(Model)]
enum Status {
    Open,
    Closed,
}

fn main() {}
