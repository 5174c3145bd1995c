//! Joins, as look-ups. Behind the first of them each table is a document of its own inside.

use eloquent_core::Result;
use eloquent_core::statement::{Join, JoinKind, Source};
use mongodb::bson::{Bson, Document, doc};

use super::Form;
use super::name::check_collection;
use super::scope::{Place, Scope};

/// The name of the document of a table.
fn inside(source: Source) -> String {
    format!("s{}", source.0)
}

/// The place of tables behind joins.
pub(super) fn scope(sources: impl Iterator<Item = Source>, form: Form) -> Scope {
    Scope::of(sources.map(|source| (source, Place::Inside(inside(source)))).collect(), form)
}

/// The stage that puts the documents of a table inside.
pub(super) fn put_inside(source: Source) -> Document {
    let mut stage = doc! { "_id": 0 };
    stage.insert(inside(source), "$$ROOT");
    doc! { "$project": stage }
}

/// Joins a table to what `stages` give of `collection`; `left` are the tables so far.
pub(super) fn join(
    join: &Join,
    collection: &mut String,
    stages: &mut Vec<Document>,
    left: &[Source],
    form: Form,
) -> Result<()> {
    check_collection(&join.table)?;
    let own = inside(join.source);
    if join.kind == JoinKind::Right {
        // all of the new table, each with the rows so far that belong to it
        let variable = (join.source, Place::Variable("right".to_owned()));
        let so_far = left.iter().map(|source| (*source, Place::Inside(inside(*source))));
        let scope = Scope::of(so_far.chain([variable]).collect(), form);
        let mut pipeline = std::mem::take(stages);
        pipeline.push(doc! { "$match": { "$expr": condition(join, &scope)? } });
        let from = std::mem::replace(collection, join.table.clone().into_owned());
        stages.push(put_inside(join.source));
        let look_up = doc! {
            "from": from,
            "let": { "right": format!("${own}") },
            "pipeline": pipeline,
            "as": "left",
        };
        stages.push(doc! { "$lookup": look_up });
        stages.push(doc! { "$unwind": { "path": "$left", "preserveNullAndEmptyArrays": true } });
        let mut right = Document::new();
        right.insert(&own, format!("${own}"));
        stages.push(doc! { "$replaceRoot": { "newRoot": { "$mergeObjects": ["$left", right] } } });
        return Ok(());
    }
    let variables = left.iter().map(|source| (*source, Place::Variable(inside(*source))));
    let scope = Scope::of(variables.chain([(join.source, Place::Root)]).collect(), form);
    let known: Document = left
        .iter()
        .map(|source| (inside(*source), Bson::from(format!("${}", inside(*source)))))
        .collect();
    let pipeline = match &join.on {
        Some(_) => vec![doc! { "$match": { "$expr": condition(join, &scope)? } }],
        None => Vec::new(),
    };
    let look_up =
        doc! { "from": &*join.table, "let": known, "pipeline": pipeline, "as": own.as_str() };
    stages.push(doc! { "$lookup": look_up });
    let keep = join.kind == JoinKind::Left;
    let path = format!("${own}");
    stages.push(doc! { "$unwind": { "path": path, "preserveNullAndEmptyArrays": keep } });
    Ok(())
}

fn condition(join: &Join, scope: &Scope) -> Result<Bson> {
    match &join.on {
        Some(on) => scope.truth(on, true),
        None => Ok(doc! { "$literal": true }.into()),
    }
}
