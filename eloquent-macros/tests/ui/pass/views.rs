//! Views: of a model, with functions, wide, and without a model.

use eloquent::prelude::*;

#[derive(Model)]
struct Track {
    id: i64,
    name: String,
    genre_id: Option<i64>,
    milliseconds: i64,
    bytes: i32,
    price: Decimal,
    a: i64,
    b: i64,
    c: i64,
    d: i64,
    e: i64,
    f: i64,
}

#[derive(View, Debug)]
#[view(of = Track)]
struct Wide {
    id: i64,
    name: String,
    genre_id: Option<i64>,
    milliseconds: i64,
    bytes: i32,
    price: Decimal,
    a: i64,
    b: i64,
    c: i64,
    d: i64,
    e: i64,
    f: i64,
}

#[derive(View, Debug)]
#[view(of = Track)]
struct PerGenre {
    #[view(from = genre_id, column = "genre")]
    id: Option<i64>,
    #[view(count)]
    tracks: i64,
    #[view(count = genre_id)]
    with_genre: i64,
    #[view(sum = milliseconds)]
    length: Option<i64>,
    #[view(avg = price)]
    price: Option<Decimal>,
    #[view(min = name)]
    first: Option<String>,
    #[view(max = genre_id)]
    last: Option<i64>,
    #[view(from = bytes)]
    maybe: Option<i32>,
}

#[derive(View, Debug)]
struct Free {
    a: i64,
    #[view(column = "B")]
    b: String,
}

fn main() {
    assert_eq!(Wide::column_names().len(), 12);
    assert_eq!(PerGenre::column_names()[..2], ["genre", "tracks"]);
    assert_eq!(Free::column_names(), ["a", "B"]);
    let _ = Track::query().view::<Wide>();
    let _ = Track::query().group_by(|t| t.genre_id).view::<PerGenre>();
}
