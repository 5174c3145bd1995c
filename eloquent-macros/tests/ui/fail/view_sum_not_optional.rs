use eloquent::prelude::*;

#[derive(Model)]
struct Track {
    id: i64,
    name: String,
    milliseconds: i64,
}

#[derive(View)]
#[view(of = Track)]
struct Playlist {
    #[view(sum = milliseconds)]
    length: i64,
}

fn main() {}
