use eloquent::prelude::*;

#[derive(Model)]
#[model(document, portable)]
struct Event {
    id: i64,
}

fn main() {}
