use eloquent::prelude::*;

struct Track {
    name: String,
}

#[derive(View)]
#[view(of = Track)]
struct TrackCard {
    name: String,
}

fn main() {}
