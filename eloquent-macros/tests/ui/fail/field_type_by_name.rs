use eloquent::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    name: &'static str,
    visits: Option<usize>,
}

#[derive(View)]
struct Initial {
    letter: char,
}

#[derive(Embedded)]
struct Score {
    points: isize,
}

fn main() {}
