//! Arithmetic: exact, or an error of the server. It would turn integers that leave their range to doubles,
//! and round decimals to its 34 digits.

use eloquent_core::statement::ArithmeticOperator;
use mongodb::bson::{Bson, Document, doc};

/// Two numbers combined; null when one of them is. `integers` says that both are known to be integers.
pub(super) fn combined(
    left: Bson,
    operator: ArithmeticOperator,
    right: Bson,
    integers: bool,
) -> Bson {
    let name = match operator {
        ArithmeticOperator::Add => "$add",
        ArithmeticOperator::Subtract => "$subtract",
        ArithmeticOperator::Multiply => "$multiply",
        ArithmeticOperator::Divide => "$divide",
    };
    let both = Bson::from(vec![Bson::from("$$left"), Bson::from("$$right")]);
    let plain = Document::from_iter([(name.to_owned(), both)]);
    let result = match operator {
        ArithmeticOperator::Divide if integers => quotient(),
        ArithmeticOperator::Divide => plain,
        _ => checked(plain),
    };
    let vars = doc! { "left": left, "right": right };
    let is_null = doc! { "$or": [
        { "$lte": ["$$left", Bson::Null] },
        { "$lte": ["$$right", Bson::Null] },
    ] };
    doc! { "$let": { "vars": vars, "in": { "$cond": [is_null, Bson::Null, result] } } }.into()
}

/// The whole part of a quotient of integers, in decimals, which hold all of them.
fn quotient() -> Document {
    let whole = doc! { "$subtract": ["$$left", { "$mod": ["$$left", "$$right"] }] };
    let divided = doc! { "$divide": [{ "$toDecimal": whole }, { "$toDecimal": "$$right" }] };
    doc! { "$toLong": divided }
}

/// The result, unless it is a double of two integers, no number, or a decimal that may have been rounded.
fn checked(result: Document) -> Document {
    let integer = |side: &str| doc! { "$in": [{ "$type": side }, ["int", "long"]] };
    let is_double = doc! { "$eq": [{ "$type": "$$result" }, "double"] };
    let no_number = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(Bson::Double).to_vec();
    let is_decimal = doc! { "$eq": [{ "$type": "$$result" }, "decimal"] };
    let digits = doc! { "$strLenBytes": { "$toString": "$$result" } };
    let bad = doc! { "$or": [
        { "$and": [is_double, integer("$$left"), integer("$$right")] },
        { "$in": ["$$result", no_number] },
        { "$cond": [is_decimal, { "$gt": [digits, 33] }, false] },
    ] };
    // not constant, so that it fails only when it is reached
    let refusal = doc! { "$toLong": { "$concat": ["out of range: ", { "$type": "$$result" }] } };
    doc! { "$let": {
        "vars": { "result": result },
        "in": { "$cond": [bad, refusal, "$$result"] },
    } }
}
