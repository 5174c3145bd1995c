use eloquent::prelude::*;

#[derive(ColumnValue)]
#[column(integer, rename_all = "camelCase")]
enum Level {
    Low = 1,
    #[column(rename = "top")]
    High = 2,
}

fn main() {}
