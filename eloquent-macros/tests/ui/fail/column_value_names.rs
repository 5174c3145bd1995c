use eloquent::prelude::*;

#[derive(ColumnValue)]
#[column(rename_all = "kebab-case")]
enum Status {
    Open,
    Closed,
}

#[derive(ColumnValue)]
enum Answer {
    Yes,
    #[column(rename = "yes")]
    Sure,
}

fn main() {}
