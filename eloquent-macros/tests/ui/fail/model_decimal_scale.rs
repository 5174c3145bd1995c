use eloquent::prelude::*;
use eloquent::value::Decimal;

#[derive(Model)]
struct Invoice {
    id: i64,
    #[model(decimal(2, 10))]
    total: Decimal,
    #[model(decimal(38, 2))]
    tax: Decimal,
}

fn main() {}
