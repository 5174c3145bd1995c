//! Documents and their keys.

use std::fmt;
use std::str::FromStr;

use super::{ColumnValue, Element, Mismatch, Value, ValueRef};
use crate::schema::ColumnType;

/// Named values in order, as document databases store them.
///
/// ```
/// use eloquent_core::value::{Document, Value};
///
/// let document: Document = [("lat".to_owned(), Value::F64(48.2))].into_iter().collect();
/// assert_eq!(document.get("lat"), Some(&Value::F64(48.2)));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document(Vec<(String, Value)>);

impl Document {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Sets a field: in its place when it exists, else at the end.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        let name = name.into();
        match self.0.iter_mut().find(|(key, _)| *key == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// The fields in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Value)> for Document {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Self {
        let mut document = Document::new();
        for (name, value) in fields {
            document.set(name, value);
        }
        document
    }
}

impl ColumnValue for Document {
    type Plain = Self;
    type Inside = crate::value::Opaque;
    const TYPE: ColumnType = ColumnType::Document;

    fn into_value(self) -> Result<Value, Mismatch> {
        Ok(Value::Document(self))
    }

    fn to_value(&self) -> Result<Value, Mismatch> {
        Ok(Value::Document(self.clone()))
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Document(document) => Ok(document.clone()),
            ValueRef::Json(json) => super::json::document(json),
            ValueRef::Text(text) => super::json::document(&super::json::parse(text)?),
            other => Err(Mismatch::wrong_type("a document", other)),
        }
    }
}

impl Element for Document {}

/// The twelve-byte key that document databases give their documents.
///
/// ```
/// use eloquent_core::value::ObjectId;
///
/// let id: ObjectId = "65f1c0ffee65f1c0ffee65f1".parse().unwrap();
/// assert_eq!(id.to_string(), "65f1c0ffee65f1c0ffee65f1");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId([u8; 12]);

impl ObjectId {
    /// The key of these bytes.
    pub const fn from_bytes(bytes: [u8; 12]) -> Self {
        ObjectId(bytes)
    }

    /// The bytes of the key.
    pub const fn bytes(self) -> [u8; 12] {
        self.0
    }

    pub(super) fn from_slice(bytes: &[u8]) -> Result<Self, Mismatch> {
        let bytes = bytes.try_into();
        bytes.map(ObjectId).map_err(|_| Mismatch::because("an object id has 12 bytes"))
    }
}

impl FromStr for ObjectId {
    type Err = Mismatch;

    fn from_str(text: &str) -> Result<Self, Mismatch> {
        let wrong = || Mismatch::because("an object id has 24 hexadecimal digits");
        if text.len() != 24 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut bytes = [0; 12];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| wrong())?;
        }
        Ok(ObjectId(bytes))
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl serde::Serialize for ObjectId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ObjectId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|wrong: Mismatch| serde::de::Error::custom(wrong.reason()))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_ids_are_exactly_24_digits() {
        for text in [
            "",
            "65f1c0ffee65f1c0ffee65f",
            "65f1c0ffee65f1c0ffee65f1a",
            "65f1c0ffee65f1c0ffee65fg",
            "+5f1c0ffee65f1c0ffee65f1",
        ] {
            assert!(text.parse::<ObjectId>().is_err(), "{text}");
        }
        let upper: ObjectId = "65F1C0FFEE65F1C0FFEE65F1".parse().unwrap();
        assert_eq!(upper.to_string(), "65f1c0ffee65f1c0ffee65f1");
    }

    #[test]
    fn setting_a_field_twice_keeps_its_place() {
        let mut document = Document::new();
        document.set("a", Value::I64(1));
        document.set("b", Value::I64(2));
        document.set("a", Value::I64(3));
        let fields: Vec<_> = document.iter().map(|(name, _)| name).collect();
        assert_eq!(fields, ["a", "b"]);
        assert_eq!(document.get("a"), Some(&Value::I64(3)));
    }
}
