use eloquent::prelude::*;

#[derive(Model)]
struct Track {
    id: i64,
    name: String,
    milliseconds: i64,
}

#[derive(View)]
#[view(of = Track)]
struct TrackCard {
    name: String,
    #[view(from = milliseconds)]
    length: i32,
}

fn main() {}
