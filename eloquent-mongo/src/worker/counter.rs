//! Numbers for keys: a collection of counters, one document for each collection whose keys are numbered.
//!
//! They are given outside of transactions, so that those do not wait for each other; a number that a
//! transaction took and did not use is left out, as in all databases.

use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Result;
use mongodb::options::ReturnDocument;
use mongodb::{Collection, Database};

/// Where the counters are.
pub(super) const COUNTERS: &str = "eloquent_counters";

fn counters(db: &Database) -> Collection<Document> {
    db.collection(COUNTERS)
}

/// Takes so many numbers that follow each other, and gives the first; `None` when the keys of the
/// collection are not numbered.
pub(super) async fn take(db: &Database, collection: &str, count: usize) -> Result<Option<i64>> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let taken = counters(db)
        .find_one_and_update(doc! { "_id": collection }, doc! { "$inc": { "last": count } })
        .return_document(ReturnDocument::After)
        .await?;
    let last = taken.and_then(|counter| counter.get("last").and_then(integer));
    Ok(last.map(|last| last - count + 1))
}

/// The same, for a collection whose keys are numbered for certain: what has no counter yet gets one, that
/// goes on behind the greatest number there is.
pub(super) async fn take_for_certain(db: &Database, collection: &str, count: usize) -> Result<i64> {
    if let Some(first) = take(db, collection, count).await? {
        return Ok(first);
    }
    let greatest = db
        .collection::<Document>(collection)
        .find_one(doc! { "_id": { "$type": "number" } })
        .sort(doc! { "_id": -1 })
        .selection_criteria(crate::concerns::primary())
        .projection(doc! { "_id": 1 })
        .await?;
    let greatest = greatest.and_then(|document| document.get("_id").and_then(integer)).unwrap_or(0);
    make(db, collection, greatest.max(0)).await?;
    Ok(take(db, collection, count).await?.unwrap_or(greatest + 1))
}

/// Makes a counter that stands at `last`, unless there is one.
pub(super) async fn make(db: &Database, collection: &str, last: i64) -> Result<()> {
    let made = doc! { "$setOnInsert": { "last": last } };
    let outcome = counters(db).update_one(doc! { "_id": collection }, made).upsert(true).await;
    match outcome {
        // another one made it at the same time
        Err(failed) if crate::error::code(&failed) == Some(11000) => Ok(()),
        outcome => outcome.map(drop),
    }
}

/// Where a counter stands.
pub(super) async fn last(db: &Database, collection: &str) -> Result<Option<i64>> {
    let counter = counters(db).find_one(doc! { "_id": collection }).await?;
    Ok(counter.and_then(|counter| counter.get("last").and_then(integer)))
}

/// Forgets a counter.
pub(super) async fn forget(db: &Database, collection: &str) -> Result<()> {
    counters(db).delete_one(doc! { "_id": collection }).await.map(drop)
}

fn integer(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(integer) => Some((*integer).into()),
        Bson::Int64(integer) => Some(*integer),
        _ => None,
    }
}
