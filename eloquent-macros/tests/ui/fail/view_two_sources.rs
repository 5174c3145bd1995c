use eloquent::prelude::*;

#[derive(View)]
#[view(of = Track)]
struct Totals {
    #[view(from = name, count)]
    tracks: i64,
}

fn main() {}
