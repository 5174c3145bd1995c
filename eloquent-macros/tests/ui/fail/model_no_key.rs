use eloquent::prelude::*;

#[derive(Model)]
struct Track {
    track_id: i64,
    name: String,
}

fn main() {}
