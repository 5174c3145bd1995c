//! Fields whose names are words of Rust, or of the generated code.

use eloquent::prelude::*;

#[derive(Model, Debug)]
struct Odd {
    id: i64,
    r#type: String,
    #[model(default = 3)]
    r#match: i64,
    source: String,
    new: String,
    default: String,
    clone: String,
    values: String,
    columns: String,
    column: Option<String>,
    row: String,
    now: Option<i64>,
    value: String,
    is_odd: bool,
    into_values: bool,
}

#[derive(View, Debug)]
#[view(of = Odd)]
struct OddView {
    r#type: String,
    #[view(from = r#match)]
    columns: i64,
    #[view(from = value)]
    out: String,
}

#[derive(Model)]
struct r#Static {
    id: i64,
}

fn main() {
    assert_eq!(Odd::column_names()[1..3], ["type", "match"]);
    assert_eq!(Odd::FIELDS[1], "r#type");
    assert_eq!(Static::definition().name, "Static");
    let new = "new";
    let _ = new!(Odd {
        r#type: "odd",
        source: "source",
        new,
        default: "default",
        clone: "clone",
        values: "values",
        columns: "columns",
        row: "row",
        value: "value",
        is_odd: true,
        into_values: false,
    });
    let _ = Odd::query().filter(|o| {
        o.r#type.eq("odd").and(o.source.eq("s")).and(o.new.eq("n")).and(o.clone.eq(o.default))
    });
}
