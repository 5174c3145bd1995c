//! JSON as BSON, and back. An integer beyond 64 bits with a sign is stored as a decimal.

use eloquent_core::value::{Decimal, Mismatch, format_date_time};
use mongodb::bson::{Bson, Document, RawBsonRef};
use serde_json::{Map, Number, Value as JsonValue};

use super::decode::moment;
use super::encode::{deeper, field};

pub(super) fn encode(json: &JsonValue, depth: usize) -> Result<Bson, Mismatch> {
    Ok(match json {
        JsonValue::Null => Bson::Null,
        JsonValue::Bool(truth) => Bson::Boolean(*truth),
        JsonValue::String(text) => Bson::String(text.clone()),
        JsonValue::Number(number) => number_to_bson(number)?,
        JsonValue::Array(items) => {
            let depth = deeper(depth)?;
            Bson::Array(items.iter().map(|item| encode(item, depth)).collect::<Result<_, _>>()?)
        }
        JsonValue::Object(fields) => {
            let depth = deeper(depth)?;
            let fields = fields
                .iter()
                .map(|(name, value)| Ok((field(name)?.to_owned(), encode(value, depth)?)));
            Bson::Document(fields.collect::<Result<Document, Mismatch>>()?)
        }
    })
}

fn number_to_bson(number: &Number) -> Result<Bson, Mismatch> {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(integer), ..) => Ok(Bson::Int64(integer)),
        (_, Some(integer), _) => {
            Ok(Bson::Decimal128(super::decimal::encode(Decimal::from(integer))))
        }
        (.., Some(double)) => Ok(Bson::Double(double)),
        _ => Err(Mismatch::because("the number in the JSON has no form here")),
    }
}

pub(super) fn decode(stored: RawBsonRef<'_>) -> Result<JsonValue, Mismatch> {
    Ok(match stored {
        RawBsonRef::Null | RawBsonRef::Undefined => JsonValue::Null,
        RawBsonRef::Boolean(truth) => truth.into(),
        RawBsonRef::Int32(integer) => integer.into(),
        RawBsonRef::Int64(integer) => integer.into(),
        RawBsonRef::Double(double) => Number::from_f64(double)
            .map(JsonValue::Number)
            .ok_or(Mismatch::because("NaN and infinity have no JSON form"))?,
        RawBsonRef::Decimal128(decimal) => {
            let decimal = super::decimal::decode(decimal, false)?;
            match u64::try_from(decimal) {
                Ok(integer) if decimal.is_integer() => integer.into(),
                _ => decimal.to_string().into(),
            }
        }
        RawBsonRef::String(text) | RawBsonRef::Symbol(text) => text.into(),
        RawBsonRef::ObjectId(id) => id.to_hex().into(),
        RawBsonRef::DateTime(time) => format_date_time(moment(time)?.naive_utc())?.into(),
        RawBsonRef::Array(items) => {
            let mut array = Vec::new();
            for item in items {
                array.push(decode(item.map_err(|_| super::decode::damaged())?)?);
            }
            JsonValue::Array(array)
        }
        RawBsonRef::Document(fields) => {
            let mut object = Map::new();
            for field in fields {
                let (name, value) = field.map_err(|_| super::decode::damaged())?;
                object.insert(name.as_str().to_owned(), decode(value)?);
            }
            JsonValue::Object(object)
        }
        other => return Err(super::decode::foreign(other)),
    })
}
