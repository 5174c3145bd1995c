//! What a connection gives to those who need more of the server than Eloquent has: the client itself,
//! commands, and stages of pipelines.

use std::sync::Arc;

use eloquent_core::driver::Opened;
use eloquent_core::statement::{IntoBind, Stages};
use eloquent_core::value::Mismatch;
use eloquent_core::{Error, ErrorKind, Result};
use mongodb::bson::{Bson, Document, doc};
use mongodb::{Client, Database};

use crate::connection::Shared;
use crate::error::{DRIVER, of_connect};
use crate::value::encode;

/// The handle of the official client on the database of a connection, which is opened if need be. What it
/// does is no part of Eloquent's transactions, and its errors are those of the client. Ask for it when it is
/// needed rather than keeping it: after a network failure the connection may have another client.
///
/// ```no_run
/// # use eloquent_core::{Result, driver::Opened};
/// # async fn example(shop: &impl Opened) -> Result<()> {
/// let database = eloquent_mongo::database(shop).await?;
/// let names = database.list_collection_names().await;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Unsupported`](eloquent_core::ErrorKind) when the connection is of another driver, and what opening it
/// can fail with.
pub async fn database(connection: &impl Opened) -> Result<Database> {
    let opened = connection.opened().await?;
    match opened.native().and_then(|handle| handle.downcast_ref::<Arc<Shared>>()) {
        Some(shared) => Ok(shared.live().db.clone()),
        None => Err(connection.locate(
            Error::new(ErrorKind::Unsupported, "the connection is none to MongoDB")
                .with_hint("name a connection whose driver is `mongo`"),
        )),
    }
}

/// The official client of a connection: for other databases of the same server, and for what concerns all
/// of it.
///
/// # Errors
/// As [`database`].
pub async fn client(connection: &impl Opened) -> Result<Client> {
    Ok(database(connection).await?.client().clone())
}

/// Runs a command of the server on the database of a connection, outside of any transaction. What is in the
/// command is its author's: put values of others into it with [`value`].
///
/// ```no_run
/// # use eloquent_core::{Result, driver::Opened};
/// # async fn example(shop: &impl Opened) -> Result<()> {
/// use eloquent_mongo::bson::doc;
///
/// let told = eloquent_mongo::run_command(shop, doc! { "dbStats": 1 }).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// What the server reports, and as [`database`].
pub async fn run_command(connection: &impl Opened, command: Document) -> Result<Document> {
    let outcome = database(connection).await?.run_command(command).await;
    outcome.map_err(|failed| connection.locate(of_connect(&failed)))
}

/// Stages for [`Model::aggregate`], which are their author's: put values of others into them with [`value`]
/// where a filter stands, and with [`literal`] where an expression does.
///
/// ```
/// use eloquent_mongo::bson::doc;
///
/// # fn example(name: String) -> eloquent_core::Result<()> {
/// let stages = eloquent_mongo::pipeline([
///     doc! { "$match": { "name": { "$gte": eloquent_mongo::value(name)? } } },
///     doc! { "$sort": { "age": -1 } },
///     doc! { "$limit": 10 },
/// ]);
/// # Ok(())
/// # }
/// ```
///
/// [`Model::aggregate`]: https://docs.rs/eloquent/latest/eloquent/trait.Model.html#method.aggregate
pub fn pipeline(stages: impl IntoIterator<Item = Document>) -> Stages {
    let stages: Vec<Document> = stages.into_iter().collect();
    let writes =
        stages.iter().any(|stage| stage.contains_key("$out") || stage.contains_key("$merge"));
    Stages::new(DRIVER, stages, !writes)
}

/// A value as Eloquent stores it, to be compared with in a filter, where text is nothing but text. In an
/// expression it would be taken for the name of a field if it begins with `$`: there use [`literal`].
///
/// # Errors
/// [`Encode`](eloquent_core::ErrorKind) when it cannot be stored, or could be an operator: a name that
/// begins with `$`, at any depth.
pub fn value(value: impl IntoBind) -> Result<Bson> {
    let refused = |mismatch: Mismatch| mismatch.into_encode_error().with_driver(DRIVER);
    encode(&value.into_bind().map_err(refused)?).map_err(refused)
}

/// A value as Eloquent stores it, for an expression: in `$literal`, so that text which begins with `$` is
/// the name of no field.
///
/// # Errors
/// As [`value`].
pub fn literal(value: impl IntoBind) -> Result<Bson> {
    Ok(Bson::Document(doc! { "$literal": self::value(value)? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_values_whatever_they_hold() {
        assert_eq!(value("$secret").unwrap(), Bson::from("$secret"));
        assert_eq!(literal("$secret").unwrap(), Bson::from(doc! { "$literal": "$secret" }));
        let operator = eloquent_core::value::Json(serde_json::json!({ "$ne": null }));
        assert!(value(operator).is_err(), "names that begin with `$` are refused at any depth");
    }

    #[test]
    fn stages_that_write_are_no_read() {
        assert!(pipeline([doc! { "$match": {} }]).only_read());
        assert!(
            !pipeline([doc! { "$match": {} }, doc! { "$merge": { "into": "other" } }]).only_read()
        );
        assert!(!pipeline([doc! { "$out": "other" }]).only_read());
    }
}
