//! Joins, as look-ups. Behind the first of them each table is a document of its own inside.

use eloquent_core::Result;
use eloquent_core::schema::ColumnType;
use eloquent_core::statement::{
    ColumnRef, CompareOperator, Expression, Join, JoinKind, Predicate, Source,
};
use mongodb::bson::{Bson, Document, doc};

use super::name::check_collection;
use super::scope::{Place, Scope};
use super::{Form, field};

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
    let mut look_up = doc! { "from": &*join.table };
    if let Some((local, foreign)) = equal_columns(join, left) {
        // an index can serve these; the condition in the pipeline decides, for a field that is missing too
        look_up.insert("localField", format!("{}.{}", inside(local.source), field(&local.name)?));
        look_up.insert("foreignField", field(&foreign.name)?);
    }
    look_up.extend(doc! { "let": known, "pipeline": pipeline, "as": own.as_str() });
    stages.push(doc! { "$lookup": look_up });
    let keep = join.kind == JoinKind::Left;
    let path = format!("${own}");
    stages.push(doc! { "$unwind": { "path": path, "preserveNullAndEmptyArrays": keep } });
    Ok(())
}

/// The columns that a join compares, if it is about one of each side and no more. To the server, the fields
/// of a look-up are equal for every element of a list, so that columns of lists are left out.
fn equal_columns<'j>(join: &'j Join, left: &[Source]) -> Option<(&'j ColumnRef, &'j ColumnRef)> {
    let Some(Predicate::Compare(
        Expression::Column(one),
        CompareOperator::Equal,
        Expression::Column(other),
    )) = &join.on
    else {
        return None;
    };
    let is_plain = |column: &ColumnRef| {
        use ColumnType::{ObjectId, String, Text, Uuid};
        let is_scalar = |ty| matches!(ty, Text | String { .. } | Uuid | ObjectId);
        column.ty.is_some_and(|ty| is_scalar(ty) || ty.integer_range().is_some())
    };
    let (local, foreign) = if other.source == join.source { (one, other) } else { (other, one) };
    let is_across = foreign.source == join.source && left.contains(&local.source);
    (is_across && is_plain(one) && is_plain(other)).then_some((local, foreign))
}

fn condition(join: &Join, scope: &Scope) -> Result<Bson> {
    match &join.on {
        Some(on) => scope.truth(on, true),
        None => Ok(doc! { "$literal": true }.into()),
    }
}
