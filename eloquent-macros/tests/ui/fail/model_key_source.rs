use eloquent::prelude::*;

#[derive(Model)]
struct Country {
    #[model(key, auto)]
    code: String,
}

#[derive(Model)]
struct City {
    #[model(auto, uuid)]
    id: i64,
}

fn main() {}
