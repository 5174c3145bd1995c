//! What migrations need to know of the server.

use eloquent_core::driver::{Object, Question};
use eloquent_core::row::OwnedRow;
use eloquent_core::value::Value;
use eloquent_core::{Error, ErrorKind, Result};
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};

use crate::connection::Shared;
use crate::error::{DRIVER, code, error, of_connect, of_statement};
use crate::{account, json, worker};

/// Answers a question.
///
/// # Errors
/// What the server reports. It has no locks by name, and its sessions are not those of the client.
pub(crate) async fn ask(shared: &Shared, question: Question<'_>) -> Result<Vec<OwnedRow>> {
    match question {
        Question::Clock => {
            let hello = shared.live().db.run_command(doc! { "hello": 1 }).await;
            let hello = hello.map_err(|failed| of_connect(&failed))?;
            let now = hello
                .get_datetime("localTime")
                .map_err(|_| error(ErrorKind::Decode, "the server does not say what time it is"))?;
            Ok(vec![row([Value::I64(now.timestamp_millis())])])
        }
        Question::HasTable(name) => {
            let found = worker::collections(&shared.live().db, doc! { "name": name }).await?;
            let found = found.iter().any(|known| known.view.is_none());
            Ok(vec![row([Value::I64(i64::from(found))])])
        }
        Question::Objects => {
            let all = worker::collections(&shared.live().db, Document::new()).await?;
            let kind = |is_view: bool| if is_view { "view" } else { "table" }.to_owned();
            Ok(all
                .into_iter()
                .map(|known| {
                    row([Value::Text(known.name), Value::Text(kind(known.view.is_some()))])
                })
                .collect())
        }
        Question::Sizes => sizes(&shared.live().db).await,
        Question::Account => account::ask(&shared.live().db).await,
        _ => Err(Error::unsupported("this question", DRIVER)),
    }
}

/// What each collection takes up, with its indexes.
async fn sizes(db: &Database) -> Result<Vec<OwnedRow>> {
    let mut sizes = Vec::new();
    for known in worker::collections(db, Document::new()).await? {
        if known.view.is_some() {
            continue;
        }
        let told = match db.run_command(doc! { "collStats": &known.name }).await {
            // CommandNotFound
            Err(failed) if code(&failed) == Some(59) => {
                return Err(Error::unsupported("the sizes of collections", DRIVER));
            }
            // NamespaceNotFound: dropped in the meantime
            Err(failed) if code(&failed) == Some(26) => continue,
            told => told.map_err(|failed| of_statement(&failed, &known.name))?,
        };
        let bytes: i64 =
            ["storageSize", "totalIndexSize"].map(|key| whole(&told, key)).iter().sum();
        sizes.push(row([Value::Text(known.name), Value::I64(bytes)]));
    }
    Ok(sizes)
}

/// A number in whatever form the server gives it; 0 where it says nothing.
fn whole(told: &Document, key: &str) -> i64 {
    match told.get(key) {
        Some(Bson::Int32(number)) => i64::from(*number),
        Some(Bson::Int64(number)) => *number,
        #[allow(clippy::cast_possible_truncation)] // `as` goes to the nearest number that there is
        Some(Bson::Double(number)) => *number as i64,
        _ => 0,
    }
}

pub(crate) fn row<const N: usize>(values: [Value; N]) -> OwnedRow {
    let names: Vec<String> = (0..N).map(|number| format!("f{number}")).collect();
    OwnedRow::new(names, values.into())
}

/// The commands that drop all of these: the views first, which lean on collections.
pub(crate) fn drop_all(objects: &[Object]) -> Vec<String> {
    let (views, tables): (Vec<_>, Vec<_>) =
        objects.iter().partition(|object| object.kind == "view");
    views.into_iter().chain(tables).map(|one| json::write(&doc! { "drop": &one.name })).collect()
}
