//! JSON: as a column of any serde type, and as the stored form of lists and documents elsewhere.

use std::ops::{Deref, DerefMut};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as JsonValue;

use super::{ColumnValue, Document, Mismatch, Value, ValueRef};
use crate::schema::ColumnType;

/// How deep JSON may be nested: what is written must be readable again, and parsers stop here.
pub const JSON_DEPTH: usize = 127;

/// Any type that serde can turn into JSON and back, stored in one column.
///
/// ```
/// use eloquent_core::value::{ColumnValue, Json, ValueRef};
///
/// let tags = Json::<Vec<(String, u8)>>::from_value(ValueRef::Text(r#"[["a", 1]]"#)).unwrap();
/// assert_eq!(tags[0].1, 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Json<T> {
    fn from(inner: T) -> Self {
        Json(inner)
    }
}

impl<T> ColumnValue for Json<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    type Plain = Self;
    type Inside = crate::value::Opaque;
    const TYPE: ColumnType = ColumnType::Json;

    fn into_value(self) -> Result<Value, Mismatch> {
        self.to_value()
    }

    fn to_value(&self) -> Result<Value, Mismatch> {
        let json = serde_json::to_value(&self.0)
            .map_err(|_| Mismatch::because("the value has no JSON form (map keys must be text)"))?;
        Ok(Value::Json(Box::new(json)))
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        let shape = |error: serde_json::Error| {
            Mismatch::because(format!(
                "the stored JSON does not have the expected shape ({:?})",
                error.classify()
            ))
        };
        match value {
            ValueRef::Json(json) => T::deserialize(json).map(Json).map_err(shape),
            ValueRef::Text(text) => serde_json::from_str(text).map(Json).map_err(shape),
            other => Err(Mismatch::wrong_type("JSON", other)),
        }
    }
}

impl ColumnValue for JsonValue {
    type Plain = Self;
    type Inside = crate::value::Opaque;
    const TYPE: ColumnType = ColumnType::Json;

    fn into_value(self) -> Result<Value, Mismatch> {
        Ok(Value::Json(Box::new(self)))
    }

    fn to_value(&self) -> Result<Value, Mismatch> {
        Ok(Value::Json(Box::new(self.clone())))
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Json(json) => Ok(json.clone()),
            ValueRef::Text(text) => parse(text),
            other => Err(Mismatch::wrong_type("JSON", other)),
        }
    }
}

/// Refuses JSON that is nested deeper than [`JSON_DEPTH`], without recursion.
///
/// # Errors
/// When it is.
pub fn check_json_depth(json: &JsonValue) -> Result<(), Mismatch> {
    let mut level: Vec<&JsonValue> = vec![json];
    for _ in 0..=JSON_DEPTH {
        let mut next = Vec::new();
        for item in level {
            match item {
                JsonValue::Array(items) => next.extend(items),
                JsonValue::Object(fields) => next.extend(fields.values()),
                _ => {}
            }
        }
        if next.is_empty() {
            return Ok(());
        }
        level = next;
    }
    Err(Mismatch::because("the JSON is nested deeper than 127 levels"))
}

pub(super) fn parse(text: &str) -> Result<JsonValue, Mismatch> {
    serde_json::from_str(text).map_err(|_| Mismatch::because("expected JSON, found other text"))
}

impl<'a> ValueRef<'a> {
    /// A JSON scalar as a value; what is no scalar stays JSON, which scalars refuse to read.
    pub fn from_json(json: &'a JsonValue) -> Self {
        scalar(json)
    }
}

pub(super) fn scalar(json: &JsonValue) -> ValueRef<'_> {
    match json {
        JsonValue::Null => ValueRef::Null,
        JsonValue::Bool(v) => ValueRef::Bool(*v),
        JsonValue::String(v) => ValueRef::Text(v),
        JsonValue::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(v), ..) => ValueRef::I64(v),
            (_, Some(v), _) => ValueRef::U64(v),
            (.., Some(v)) => ValueRef::F64(v),
            _ => ValueRef::Json(json),
        },
        JsonValue::Array(_) | JsonValue::Object(_) => ValueRef::Json(json),
    }
}

pub(super) fn document(json: &JsonValue) -> Result<Document, Mismatch> {
    match json {
        JsonValue::Object(fields) => {
            Ok(fields.iter().map(|(name, value)| (name.clone(), from_json(value))).collect())
        }
        _ => Err(Mismatch::because("expected a document, found other JSON")),
    }
}

fn from_json(json: &JsonValue) -> Value {
    match json {
        JsonValue::Array(items) => Value::Array(items.iter().map(from_json).collect()),
        JsonValue::Object(fields) => Value::Document(
            fields.iter().map(|(name, value)| (name.clone(), from_json(value))).collect(),
        ),
        _ => scalar(json).to_owned(),
    }
}

impl ValueRef<'_> {
    /// The value as JSON, for databases that store lists and documents as JSON text.
    ///
    /// Decimals, UUIDs, dates and object ids become text; bytes have no JSON form.
    ///
    /// # Errors
    /// For bytes, NaN, the infinities and nesting beyond [`JSON_DEPTH`].
    pub fn to_json(self) -> Result<JsonValue, Mismatch> {
        self.json_within(JSON_DEPTH)
    }

    fn json_within(self, depth: usize) -> Result<JsonValue, Mismatch> {
        let deeper = || {
            depth
                .checked_sub(1)
                .ok_or(Mismatch::because("the value is nested deeper than 127 levels"))
        };
        Ok(match self {
            ValueRef::Null => JsonValue::Null,
            ValueRef::Bool(v) => v.into(),
            ValueRef::I64(v) => v.into(),
            ValueRef::U64(v) => v.into(),
            ValueRef::F64(v) => serde_json::Number::from_f64(v)
                .map(JsonValue::Number)
                .ok_or(Mismatch::because("NaN and infinity have no JSON form"))?,
            ValueRef::Decimal(v) => v.to_string().into(),
            ValueRef::Text(v) => v.into(),
            ValueRef::Bytes(_) => return Err(Mismatch::because("bytes have no JSON form")),
            ValueRef::Uuid(v) => v.to_string().into(),
            ValueRef::Date(v) => super::format_date(v)?.into(),
            ValueRef::Time(v) => super::format_time(v)?.into(),
            ValueRef::DateTime(v) => super::format_date_time(v)?.into(),
            ValueRef::Timestamp(v) => super::format_date_time(v.naive_utc())?.into(),
            ValueRef::ObjectId(v) => v.to_string().into(),
            ValueRef::Json(v) => {
                check_json_depth(v)?;
                v.clone()
            }
            ValueRef::Array(items) => {
                let depth = deeper()?;
                items
                    .iter()
                    .map(|item| item.as_ref().json_within(depth))
                    .collect::<Result<Vec<_>, _>>()?
                    .into()
            }
            ValueRef::Document(fields) => {
                let depth = deeper()?;
                let fields = fields.iter().map(|(name, value)| {
                    value.as_ref().json_within(depth).map(|json| (name.to_owned(), json))
                });
                JsonValue::Object(fields.collect::<Result<_, _>>()?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_come_back_to_the_last_digit() {
        for double in [31.245_270_191_439_438, 0.1 + 0.2, f64::MAX, f64::MIN_POSITIVE, 5e-324, -0.0]
        {
            let json = ValueRef::F64(double).to_json().unwrap();
            let read = f64::from_value(ValueRef::from_json(&parse(&json.to_string()).unwrap()));
            assert_eq!(read.map(f64::to_bits), Ok(double.to_bits()), "{json}");
        }
        // as a database may write it that keeps digits
        let digits = format!("{:.0}", f64::MAX);
        assert_eq!(f64::from_value(ValueRef::from_json(&parse(&digits).unwrap())), Ok(f64::MAX));
    }

    #[test]
    fn depth_is_bounded_both_ways() {
        let nest =
            |levels: usize| (0..levels).fold(JsonValue::from(1), |inner, _| vec![inner].into());
        assert!(check_json_depth(&nest(JSON_DEPTH)).is_ok());
        assert!(parse(&nest(JSON_DEPTH).to_string()).is_ok());
        assert!(check_json_depth(&nest(JSON_DEPTH + 1)).is_err());
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(parse(&deep).is_err());
    }

    #[test]
    fn what_json_cannot_hold_is_refused() {
        assert!(ValueRef::F64(f64::NAN).to_json().is_err());
        assert!(ValueRef::Array(&[Value::Bytes(vec![1])]).to_json().is_err());
        assert_eq!(ValueRef::U64(u64::MAX).to_json().unwrap().to_string(), u64::MAX.to_string());
    }

    #[test]
    fn documents_come_back_typed() {
        let document =
            Document::from_value(ValueRef::Text(r#"{"a": 1, "b": {"c": [true, null]}}"#)).unwrap();
        assert_eq!(document.get("a"), Some(&Value::I64(1)));
        let Some(Value::Document(inner)) = document.get("b") else { panic!("no document") };
        assert_eq!(inner.get("c"), Some(&Value::Array(vec![Value::Bool(true), Value::Null])));
    }
}
