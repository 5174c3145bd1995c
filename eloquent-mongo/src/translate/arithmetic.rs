//! Arithmetic: exact, or an error of the server. It would turn integers that leave their range to doubles,
//! and round decimals to its 34 digits.

use eloquent_core::schema::ColumnType;
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

/// A value that was computed for a column, unless the column is too narrow for it: the server, which knows
/// of no columns, would store it.
pub(super) fn bounded(value: Bson, ty: ColumnType) -> Bson {
    let computed = "$$computed";
    let is_beyond = match ty {
        ColumnType::Decimal { precision, scale } if precision > 0 => {
            let digits = u32::from(precision).saturating_sub(u32::from(scale));
            let Some(end) = 10_i128.checked_pow(digits).and_then(|end| i64::try_from(end).ok())
            else {
                return value;
            };
            doc! { "$or": [
                { "$gte": [{ "$abs": computed }, end] },
                { "$ne": [{ "$trunc": [computed, i32::from(scale)] }, computed] },
            ] }
        }
        _ => match ty.integer_range() {
            Some((least, most)) => {
                let most = i64::try_from(most).unwrap_or(i64::MAX);
                // the server itself sees to the ends of 64 bits
                let ends = [("$lt", least, i64::MIN), ("$gt", most, i64::MAX)]
                    .into_iter()
                    .filter(|(_, end, last)| end != last)
                    .map(|(operator, end, _)| {
                        let both = Bson::from(vec![computed.into(), Bson::Int64(end)]);
                        Bson::Document(Document::from_iter([(operator.to_owned(), both)]))
                    });
                let ends: Vec<Bson> = ends.collect();
                match ends.is_empty() {
                    true => return value,
                    false => doc! { "$or": ends },
                }
            }
            None => return value,
        },
    };
    let is_wrong = doc! { "$and": [{ "$gt": [computed, Bson::Null] }, is_beyond] };
    doc! { "$let": {
        "vars": { "computed": value },
        "in": { "$cond": [is_wrong, refusal(computed), computed] },
    } }
    .into()
}

/// An error of the server. Not constant, so that it fails only when it is reached.
fn refusal(of: &str) -> Document {
    doc! { "$toLong": { "$concat": ["out of range: ", { "$type": of }] } }
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
    doc! { "$let": {
        "vars": { "result": result },
        "in": { "$cond": [bad, refusal("$$result"), "$$result"] },
    } }
}
