//! What the server tells of its collections.

use std::time::Duration;

use eloquent_core::schema::{
    ColumnInfo, IndexInfo, IndexKind, IndexPart, KeyInfo, TableInfo, TableKind, TableSummary,
};
use eloquent_core::{Name, Result};
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};

use super::counter;
use crate::error::{code, of_connect, of_statement};
use crate::json;
use crate::translate::column;

/// A collection or view.
pub(crate) struct Known {
    pub(crate) name: String,
    /// What it is a view of, if it is one.
    pub(crate) view: Option<Document>,
    /// Its validator; empty without one.
    pub(crate) validator: Document,
}

/// The collections and views that meet a condition, by name, without those of the server.
pub(crate) async fn collections(db: &Database, filter: Document) -> Result<Vec<Known>> {
    let mut cursor =
        db.list_collections().filter(filter).await.map_err(|failed| of_connect(&failed))?;
    let mut all = Vec::new();
    while cursor.advance().await.map_err(|failed| of_connect(&failed))? {
        let told = Document::try_from(cursor.current()).map_err(|_| crate::shape::damaged())?;
        let name = told.get_str("name").unwrap_or_default().to_owned();
        if name.starts_with("system.") {
            continue;
        }
        let options = told.get_document("options").cloned().unwrap_or_default();
        let validator = options.get_document("validator").cloned().unwrap_or_default();
        let view = told.get_str("type").is_ok_and(|kind| kind == "view").then_some(options);
        all.push(Known { name, view, validator });
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

/// The collections and views of the application.
pub(crate) async fn tables(db: &Database) -> Result<Vec<TableSummary>> {
    let all = collections(db, Document::new()).await?;
    let ours = all.into_iter().filter(|known| known.name != counter::COUNTERS);
    Ok(ours.map(|known| TableSummary::new(known.name, kind(known.view.as_ref()))).collect())
}

fn kind(view: Option<&Document>) -> TableKind {
    if view.is_some() { TableKind::View } else { TableKind::Table }
}

/// The indexes of a collection, as the server tells, without that of the key of documents.
pub(super) async fn indexes_of(db: &Database, collection: &Name) -> Result<Vec<Document>> {
    let failed = |reason: mongodb::error::Error| of_statement(&reason, collection);
    let reply = db.run_command(doc! { "listIndexes": &**collection, "cursor": {} }).await;
    let reply = match reply {
        // NamespaceNotFound
        Err(reason) if code(&reason) == Some(26) => return Ok(Vec::new()),
        reply => reply.map_err(failed)?,
    };
    // a collection has at most 64 of them, which are in one reply
    let batch = reply.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch"));
    let all = batch.map_err(|_| crate::shape::damaged())?.iter().filter_map(Bson::as_document);
    let all = all.filter(|index| index.get_str("name").is_ok_and(|name| name != "_id_")).cloned();
    Ok(all
        .map(|mut index| {
            index.remove("v");
            index.remove("ns");
            index
        })
        .collect())
}

/// What a collection or view looks like. Its fields are known from a validator, if it has one.
pub(crate) async fn table(db: &Database, name: &str) -> Result<Option<TableInfo>> {
    let Some(known) = collections(db, doc! { "name": name }).await?.pop() else { return Ok(None) };
    let mut table = TableInfo::new(name, kind(known.view.as_ref()));
    if let Some(view) = &known.view {
        table.query = Some(json::write(view));
        return Ok(Some(table));
    }
    table.key = Some(KeyInfo { name: Some("_id_".to_owned()), columns: vec!["id".to_owned()] });
    if !known.validator.is_empty() {
        table.validator = Some(json::write(&known.validator));
    }
    table.columns = columns(&known.validator);
    let mut indexes: Vec<IndexInfo> =
        indexes_of(db, &name.to_owned().into()).await?.iter().map(index).collect();
    indexes.sort_by(|one, other| one.name.cmp(&other.name));
    table.indexes = indexes;
    Ok(Some(table))
}

fn columns(validator: &Document) -> Vec<ColumnInfo> {
    let Ok(schema) = validator.get_document("$jsonSchema") else { return Vec::new() };
    let Ok(properties) = schema.get_document("properties") else { return Vec::new() };
    let required = schema.get_array("required").map(Vec::as_slice).unwrap_or_default();
    let each = properties.iter().map(|(field, property)| {
        let types = property.as_document().and_then(|property| property.get("bsonType"));
        let text = match types {
            Some(Bson::String(one)) => one.clone(),
            Some(Bson::Array(several)) => {
                several.iter().filter_map(Bson::as_str).collect::<Vec<_>>().join("|")
            }
            _ => "any".to_owned(),
        };
        let mut column = ColumnInfo::new(column(field), text);
        let is_required = required.iter().any(|name| name.as_str() == Some(field));
        column.nullable = !is_required && field != "_id";
        let allowed = property.as_document().and_then(|property| property.get_array("enum").ok());
        let allowed = allowed.into_iter().flatten().filter_map(Bson::as_str);
        column.one_of = allowed.map(str::to_owned).collect();
        column
    });
    each.collect()
}

fn index(told: &Document) -> IndexInfo {
    let is_true = |field: &str| told.get_bool(field).unwrap_or_default();
    let mut index = IndexInfo::new(told.get_str("name").unwrap_or_default(), is_true("unique"));
    let keys = told.get_document("key").cloned().unwrap_or_default();
    let has = |kind: &str| keys.values().any(|value| value.as_str() == Some(kind));
    index.kind = match (has("text"), has("2dsphere")) {
        (true, _) => IndexKind::Text,
        (_, true) => IndexKind::Geo,
        _ => IndexKind::Plain,
    };
    // of an index of words, the keys are the server's own
    let fields: Vec<&String> = match told.get_document("weights") {
        Ok(weights) if index.kind == IndexKind::Text => weights.keys().collect(),
        _ => keys.keys().collect(),
    };
    index.parts = fields
        .into_iter()
        .map(|field| IndexPart::Column(column(field).to_owned().into()))
        .collect();
    index.sparse = is_true("sparse");
    let after = match told.get("expireAfterSeconds") {
        Some(Bson::Int32(seconds)) => u64::try_from(*seconds).ok(),
        Some(Bson::Int64(seconds)) => u64::try_from(*seconds).ok(),
        Some(Bson::Double(seconds)) => Some(Duration::from_secs_f64(seconds.max(0.0)).as_secs()),
        _ => None,
    };
    index.expires_after = after.map(Duration::from_secs);
    index.filter = told
        .get_document("partialFilterExpression")
        .ok()
        .and_then(|filter| asked(filter, &keys))
        .map(|filter| json::write(&filter));
    index
}

/// The condition of an index that somebody asked for, without the one that an index that is unique has by
/// itself: that its fields are there.
fn asked(filter: &Document, keys: &Document) -> Option<Document> {
    let exist: Document =
        keys.keys().map(|field| (field.clone(), doc! { "$exists": true }.into())).collect();
    if *filter == exist {
        return None;
    }
    match filter.get_array("$and").ok().map(Vec::as_slice) {
        Some([Bson::Document(asked), Bson::Document(own)])
            if filter.len() == 1 && *own == exist =>
        {
            Some(asked.clone())
        }
        _ => Some(filter.clone()),
    }
}
