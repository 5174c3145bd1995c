//! Structs inside of rows: a document inside of a document, or JSON in a column of a table.

use std::borrow::Cow;

use eloquent_core::schema::ColumnType;
use eloquent_core::value::{ColumnValue, Document, Element, Mismatch, Value, ValueRef};
use serde_json::Value as JsonValue;

use super::Family;
use crate::query::{Place, Way};

/// A struct that is kept inside of a row. Implemented by `#[derive(Embedded)]`.
///
/// On a document database it is a document inside of the document, in a table it is a column of JSON. A
/// field of a model may be one, an `Option` of one, or a `Vec` of them, and so may a field of an embedded
/// struct, to any depth. Closures of queries see its fields: `|u| u.address.city.eq("Paris")`.
///
/// ```
/// use eloquent::prelude::*;
///
/// #[derive(Embedded, Debug, Clone, PartialEq)]
/// struct Address {
///     street: String,
///     city: String,
/// }
///
/// #[derive(Model, Debug)]
/// #[model(portable)]
/// struct User {
///     id: Uuid,
///     address: Address,
///     former: Vec<Address>,
/// }
///
/// let in_paris = User::query().filter(|u| u.address.city.eq("Paris"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not embedded",
    label = "its fields are not known",
    note = "add `#[derive(Embedded)]` to the struct"
)]
pub trait Embedded: ColumnValue<Inside = Self> + Element {
    /// The fields, as closures of queries of a model of the family `F` see them.
    type Paths<F: Family>: Copy + Send + Sync + 'static;

    /// The names under which the fields are kept.
    const FIELDS: &'static [&'static str];

    /// The fields of the struct at this place.
    #[doc(hidden)]
    fn paths<W: Way, F: Family>(place: Place) -> Self::Paths<F>;
}

/// The fields of an embedded struct that is written. What is null is left out.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct FieldsOut(Vec<(String, Value)>);

impl FieldsOut {
    /// Adds a field.
    ///
    /// # Errors
    /// When the value has no stored form.
    pub fn push(
        &mut self,
        name: &'static str,
        value: Result<Value, Mismatch>,
    ) -> Result<(), Mismatch> {
        let value = value.map_err(|mismatch| inside(name, &mismatch))?;
        if !value.is_null() {
            self.0.push((name.to_owned(), value));
        }
        Ok(())
    }

    /// All of them.
    pub fn finish(self) -> Value {
        Value::Document(self.0.into_iter().collect())
    }
}

/// The fields of an embedded struct that is read.
#[doc(hidden)]
#[derive(Debug)]
pub struct FieldsIn<'v>(Kept<'v>);

#[derive(Debug)]
enum Kept<'v> {
    Document(&'v Document),
    Json(Cow<'v, JsonValue>),
}

impl<'v> FieldsIn<'v> {
    /// The fields of a stored value.
    ///
    /// # Errors
    /// When it is no document.
    pub fn of(value: ValueRef<'v>) -> Result<Self, Mismatch> {
        let kept = match value {
            ValueRef::Document(document) => Kept::Document(document),
            ValueRef::Json(json @ JsonValue::Object(_)) => Kept::Json(Cow::Borrowed(json)),
            ValueRef::Text(text) => match serde_json::from_str(text) {
                Ok(json @ JsonValue::Object(_)) => Kept::Json(Cow::Owned(json)),
                _ => return Err(Mismatch::because("expected a document, found other text")),
            },
            other => return Err(Mismatch::wrong_type("a document", other)),
        };
        Ok(FieldsIn(kept))
    }

    /// Reads a field.
    ///
    /// # Errors
    /// When it is missing and not an `Option`, or does not fit; the error names it.
    pub fn read<T: ColumnValue>(&self, name: &'static str) -> Result<T, Mismatch> {
        self.found(name).map_or_else(
            || match T::NULLABLE {
                true => T::from_value(ValueRef::Null),
                false => Err(Mismatch::because(format!("the field `{name}` is missing"))),
            },
            |value| read(value).map_err(|mismatch| inside(name, &mismatch)),
        )
    }

    /// Reads a field, or takes its default where it is missing.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn read_or<T: ColumnValue>(
        &self,
        name: &'static str,
        default: impl FnOnce() -> T,
    ) -> Result<T, Mismatch> {
        match self.found(name) {
            Some(_) => self.read(name),
            None => Ok(default()),
        }
    }

    fn found(&self, name: &str) -> Option<ValueRef<'_>> {
        match &self.0 {
            Kept::Document(document) => document.get(name).map(Value::as_ref),
            Kept::Json(json) => json.get(name).map(ValueRef::from_json),
        }
    }
}

/// A value inside of a document has no column that tells its type.
fn read<T: ColumnValue>(value: ValueRef<'_>) -> Result<T, Mismatch> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        ValueRef::Null if T::TYPE == ColumnType::Json && !T::NULLABLE => {
            T::from_value(ValueRef::Json(&JsonValue::Null))
        }
        ValueRef::Null | ValueRef::Json(_) => T::from_value(value),
        other if T::TYPE == ColumnType::Json => {
            let json = other.to_json()?;
            T::from_value(ValueRef::Json(&json))
        }
        // programs in JavaScript write whole numbers as doubles
        ValueRef::F64(double)
            if T::TYPE.integer_range().is_some()
                && double.fract() == 0.0
                && double.abs() <= EXACT =>
        {
            #[allow(clippy::cast_possible_truncation)] // whole, and in range
            T::from_value(ValueRef::I64(double as i64))
        }
        other => T::from_value(other),
    }
}

/// A mismatch of a field, which it names.
fn inside(name: &str, mismatch: &Mismatch) -> Mismatch {
    Mismatch::because(format!("in the field `{name}`: {}", mismatch.reason()))
}
