use eloquent::prelude::*;

#[derive(ColumnValue)]
struct Nickname(Option<String>);

fn main() {}
