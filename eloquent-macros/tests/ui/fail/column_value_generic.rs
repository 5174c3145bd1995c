use eloquent::prelude::*;

#[derive(ColumnValue)]
struct Id<T>(T);

fn main() {}
