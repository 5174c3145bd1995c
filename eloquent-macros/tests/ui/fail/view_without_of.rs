use eloquent::prelude::*;

#[derive(View)]
struct Totals {
    #[view(count)]
    tracks: i64,
}

fn main() {}
