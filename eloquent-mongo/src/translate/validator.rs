//! Validators: what documents have to look like, made of columns.

use eloquent_core::schema::{Column, ColumnType, Validator};
use eloquent_core::{Error, Result};
use mongodb::bson::{Bson, Document, doc};

use super::field;
use crate::json;

/// What tells a schema that is made of columns, so that it follows when they change.
const TITLE: &str = "columns";
const SCHEMA: &str = "$jsonSchema";

/// The condition of a validator.
///
/// # Errors
/// For text that is no condition, and names that a field cannot have.
pub(crate) fn condition(validator: &Validator) -> Result<Document> {
    match validator {
        Validator::Columns(columns) => {
            let mut schema = doc! { "bsonType": "object", "title": TITLE };
            for column in columns {
                set(&mut schema, column)?;
            }
            Ok(doc! { SCHEMA: schema })
        }
        Validator::Text(text) => json::read(text.as_str()),
        _ => Err(Error::unsupported("this kind of validator", crate::error::DRIVER)),
    }
}

/// The schema of a validator, if it was made of columns.
pub(crate) fn of_columns(validator: &Document) -> Option<&Document> {
    let schema = validator.get_document(SCHEMA).ok()?;
    schema.get_str("title").is_ok_and(|title| title == TITLE).then_some(schema)
}

/// The validator with a column defined, or defined anew.
pub(crate) fn with_column(validator: &Document, column: &Column) -> Result<Option<Document>> {
    let Some(mut schema) = of_columns(validator).cloned() else { return Ok(None) };
    remove(&mut schema, field(&column.name)?);
    set(&mut schema, column)?;
    Ok(Some(doc! { SCHEMA: schema }))
}

/// The validator without a field.
pub(crate) fn without(validator: &Document, name: &str) -> Option<Document> {
    let mut schema = of_columns(validator)?.clone();
    remove(&mut schema, name);
    Some(doc! { SCHEMA: schema })
}

/// The validator with another name for a field.
pub(crate) fn renamed(validator: &Document, from: &str, to: &str) -> Option<Document> {
    let mut schema = of_columns(validator)?.clone();
    if let Ok(properties) = schema.get_document_mut("properties")
        && let Some(property) = properties.remove(from)
    {
        properties.insert(to, property);
    }
    if let Ok(required) = schema.get_array_mut("required") {
        for name in required.iter_mut().filter(|name| name.as_str() == Some(from)) {
            *name = to.into();
        }
    }
    Some(doc! { SCHEMA: schema })
}

/// Whether a validator that somebody wrote by hand speaks of a field.
pub(crate) fn mentions(value: &Bson, name: &str) -> bool {
    let is_it = |text: &str| {
        let text = text.trim_start_matches('$');
        text == name || text.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
    };
    match value {
        Bson::Document(fields) => {
            fields.iter().any(|(field, value)| is_it(field) || mentions(value, name))
        }
        Bson::Array(items) => items.iter().any(|item| mentions(item, name)),
        Bson::String(text) => is_it(text),
        _ => false,
    }
}

fn remove(schema: &mut Document, name: &str) {
    if let Ok(properties) = schema.get_document_mut("properties") {
        properties.remove(name);
    }
    let is_empty = schema.get_array_mut("required").is_ok_and(|required| {
        required.retain(|known| known.as_str() != Some(name));
        required.is_empty()
    });
    // the server takes no empty list
    if is_empty {
        schema.remove("required");
    }
}

fn set(schema: &mut Document, column: &Column) -> Result<()> {
    let name = field(&column.name)?;
    let property = property(column);
    match schema.get_document_mut("properties") {
        Ok(properties) => drop(properties.insert(name, property)),
        Err(_) => drop(schema.insert("properties", doc! { name: property })),
    }
    if !column.nullable && name != "_id" {
        match schema.get_array_mut("required") {
            Ok(required) => required.push(name.into()),
            Err(_) => drop(schema.insert("required", [name])),
        }
    }
    Ok(())
}

/// What a field may hold: all that this driver writes there, and null where that is read as nothing.
fn property(column: &Column) -> Document {
    let mut property = Document::new();
    let mut types = types(column.ty).to_vec();
    if column.nullable && !types.is_empty() {
        types.push("null");
    }
    match types.as_slice() {
        [] => {}
        [one] => drop(property.insert("bsonType", *one)),
        several => drop(property.insert("bsonType", several.to_vec())),
    }
    // the type of 64 bits is the range
    if let Some((least, greatest)) = column.ty.integer_range() {
        if least > i64::MIN {
            property.insert("minimum", least);
        }
        if let Ok(greatest) = i64::try_from(greatest)
            && greatest < i64::MAX
        {
            property.insert("maximum", greatest);
        }
    }
    if let ColumnType::String { length } = column.ty {
        property.insert("maxLength", i64::from(length));
    }
    if !column.one_of.is_empty() {
        let mut values: Vec<Bson> = column.one_of.iter().map(|value| (&**value).into()).collect();
        if column.nullable {
            values.push(Bson::Null);
        }
        property.insert("enum", values);
    }
    if let Some(element) = column.element.map(types_of_element).filter(|types| !types.is_empty()) {
        property.insert("items", doc! { "bsonType": element });
    }
    property
}

fn types_of_element(ty: ColumnType) -> Vec<&'static str> {
    let mut types = types(ty).to_vec();
    if !types.is_empty() {
        types.push("null");
    }
    types
}

fn types(ty: ColumnType) -> &'static [&'static str] {
    match ty {
        ColumnType::Bool => &["bool"],
        ColumnType::F32 | ColumnType::F64 => &["double", "int", "long"],
        ColumnType::Decimal { .. } => &["decimal"],
        ColumnType::Text | ColumnType::String { .. } | ColumnType::Time => &["string"],
        ColumnType::Bytes | ColumnType::Uuid => &["binData"],
        ColumnType::Date | ColumnType::DateTime | ColumnType::Timestamp => &["date"],
        ColumnType::Array => &["array"],
        ColumnType::Document => &["object"],
        ColumnType::ObjectId => &["objectId"],
        ty if ty.integer_range().is_some() => &["int", "long"],
        // any JSON, and what is not known here
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column> {
        let mut status = Column::new("status", ColumnType::String { length: 5 }).nullable(true);
        status.one_of = vec!["draft".into(), "done".into()];
        vec![
            Column::new("id", ColumnType::I64),
            Column::new("age", ColumnType::U8),
            status,
            Column::new("meta", ColumnType::Json),
        ]
    }

    #[test]
    fn columns_become_a_schema() {
        let condition = condition(&Validator::Columns(columns())).unwrap();
        assert_eq!(
            json::write(&condition),
            r#"{"$jsonSchema":{"bsonType":"object","title":"columns","properties":{"#.to_owned()
                + r#""_id":{"bsonType":["int","long"]},"#
                + r#""age":{"bsonType":["int","long"],"minimum":0,"maximum":255},"#
                + r#""status":{"bsonType":["string","null"],"maxLength":5,"enum":["draft","done",null]},"#
                + r#""meta":{}},"required":["age","meta"]}}"#
        );
    }

    #[test]
    fn a_schema_follows_its_columns() {
        let made = condition(&Validator::Columns(columns())).unwrap();
        let renamed = renamed(&made, "age", "years").unwrap();
        let schema = of_columns(&renamed).unwrap();
        assert!(schema.get_document("properties").unwrap().contains_key("years"));
        assert_eq!(schema.get_array("required").unwrap(), &vec!["years".into(), "meta".into()]);
        let less = without(&without(&made, "age").unwrap(), "meta").unwrap();
        assert!(!of_columns(&less).unwrap().contains_key("required"));
        let more = with_column(&less, &Column::new("n", ColumnType::Bool)).unwrap().unwrap();
        assert_eq!(of_columns(&more).unwrap().get_array("required").unwrap(), &vec!["n".into()]);
    }

    #[test]
    fn what_was_written_by_hand_is_left_alone() {
        let text = Validator::Text(r#"{"$expr": {"$lt": ["$from", "$until.day"]}}"#.into());
        let condition = condition(&text).unwrap();
        assert!(without(&condition, "from").is_none());
        let value = Bson::Document(condition);
        assert!(mentions(&value, "from") && mentions(&value, "until"));
        assert!(!mentions(&value, "fro") && !mentions(&value, "day"));
    }
}
