use eloquent::prelude::*;

#[derive(ColumnValue)]
#[column(integer)]
enum Level {
    Low = 1,
    High = 1,
}

fn main() {}
