//! Pipelines that the author of the program wrote.

use eloquent_core::statement::{Expression, Pipeline};
use eloquent_core::{Error, Result};
use mongodb::bson::{Bson, Document};

use super::Form;
use crate::command::{Command, Query, Read};
use crate::error::DRIVER;
use crate::shape::Shape;

/// The command of a pipeline.
///
/// # Errors
/// For the stages of another driver, and when there is nothing to read.
pub(super) fn read(pipeline: &Pipeline, form: Form) -> Result<Command> {
    let Some(stages) = pipeline.stages.get::<Vec<Document>>() else {
        let what = format!("a pipeline for the driver `{}`", pipeline.stages.driver());
        return Err(Error::unsupported(&what, DRIVER)
            .with_hint("make its stages with `eloquent::mongo::pipeline`"));
    };
    for column in &pipeline.columns {
        super::field(&column.name)?;
    }
    let columns: Vec<_> = pipeline.columns.iter().cloned().map(Expression::Column).collect();
    let stages = match form {
        Form::Sent => stages.clone(),
        Form::Shown => stages.iter().map(shown).collect(),
    };
    Ok(Command::Read(Read {
        collection: pipeline.table.clone().into_owned(),
        query: Query::Pipeline { stages, keyless: None },
        shape: Shape::of_results(&columns),
        is_empty: false,
    }))
}

/// Stages that hold numbers of the author's and names, and no values to compare with.
const PLAIN: &[&str] = &["$sort", "$limit", "$skip", "$count", "$unset", "$sample", "$out"];
/// What names collections and fields inside of stages.
const NAMES: &[&str] = &[
    "as",
    "connectFromField",
    "connectToField",
    "foreignField",
    "from",
    "coll",
    "db",
    "into",
    "localField",
    "path",
];

fn shown(stage: &Document) -> Document {
    stage
        .iter()
        .map(|(name, value)| {
            let value = match PLAIN.contains(&name.as_str()) {
                true => value.clone(),
                false => without_values(value, name == "$match"),
            };
            (name.clone(), value)
        })
        .collect()
}

/// Operators, fields and their names stay. Where a filter stands, text is a value whatever it begins with.
fn without_values(value: &Bson, in_filter: bool) -> Bson {
    match value {
        Bson::Document(fields) => fields
            .iter()
            .map(|(name, value)| {
                let value = match (name.as_str(), value) {
                    ("$literal", _) => Bson::from("?"),
                    ("$expr", value) => without_values(value, false),
                    ("$match", value) => without_values(value, true),
                    ("pipeline" | "$facet", value) => without_values(value, false),
                    (name, Bson::String(text)) if !in_filter && NAMES.contains(&name) => {
                        Bson::from(text.as_str())
                    }
                    (_, value) => without_values(value, in_filter),
                };
                (name.clone(), value)
            })
            .collect::<Document>()
            .into(),
        Bson::Array(items) => {
            items.iter().map(|item| without_values(item, in_filter)).collect::<Vec<_>>().into()
        }
        Bson::String(text) if !in_filter && text.starts_with('$') => Bson::from(text.as_str()),
        Bson::Null => Bson::Null,
        _ => Bson::from("?"),
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    #[test]
    fn stages_are_shown_without_values() {
        let stage = doc! { "$match": { "name": "$canary", "$expr": { "$gt": ["$age", 18] } } };
        let expected = doc! { "$match": { "name": "?", "$expr": { "$gt": ["$age", "?"] } } };
        assert_eq!(shown(&stage), expected);
        let stage =
            doc! { "$group": { "_id": "$city", "n": { "$sum": { "$literal": "$canary" } } } };
        let expected = doc! { "$group": { "_id": "$city", "n": { "$sum": { "$literal": "?" } } } };
        assert_eq!(shown(&stage), expected);
        let lookup =
            doc! { "from": "users", "as": "u", "pipeline": [{ "$match": { "from": "canary" } }] };
        let expected =
            doc! { "from": "users", "as": "u", "pipeline": [{ "$match": { "from": "?" } }] };
        assert_eq!(shown(&doc! { "$lookup": lookup }), doc! { "$lookup": expected });
        assert_eq!(shown(&doc! { "$sort": { "age": -1 } }), doc! { "$sort": { "age": -1 } });
    }
}
