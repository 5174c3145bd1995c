//! Writing. Where several documents are written and there are transactions, all of them are, or none.

use std::mem::{replace, take};
use std::sync::Arc;
use std::time::Duration;

use eloquent_core::driver::{Concerns, TransactionOptions};
use eloquent_core::{Error, ErrorKind, Result};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};
use mongodb::error::Error as ClientError;
use mongodb::options::ReturnDocument;
use mongodb::{ClientSession, Collection, Database};

use super::transaction::{Open, Patience};
use super::{Worker, counter};
use crate::command::{Change, Command, Ids, NewDocuments, Removal, Upsert, UpsertRow};
use crate::concerns;
use crate::connection::Shared;
use crate::error::{error, is_conflict, of_code, of_statement};
use crate::shape::damaged;
use crate::translate::{KEY, either};

/// What a write did.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) rows: u64,
    /// The documents that are given back, if they are wanted: those of an insert are what it was given.
    pub(super) documents: Vec<RawDocumentBuf>,
}

/// Why a write failed: the server said so, or its reply does.
pub(super) enum Failure {
    Client(ClientError),
    Told(Error),
}

impl From<ClientError> for Failure {
    fn from(failed: ClientError) -> Self {
        Failure::Client(failed)
    }
}

impl From<Error> for Failure {
    fn from(told: Error) -> Self {
        Failure::Told(told)
    }
}

impl Failure {
    fn into_error(self, collection: &str) -> Error {
        match self {
            Failure::Client(failed) => of_statement(&failed, collection),
            Failure::Told(told) => told.with_table(collection.to_owned()),
        }
    }
}

type Session<'s> = Option<&'s mut ClientSession>;

impl Worker {
    /// Writes. The server knows no time limit for most writes, so that it is kept here.
    pub(super) async fn write(&mut self, command: Command) -> Result<Written> {
        let Some(bound) = self.shared.statement_timeout else { return self.run(command).await };
        let collection = command.collection().to_owned();
        let outcome = tokio::time::timeout(bound, Box::pin(self.run(command))).await;
        outcome.unwrap_or_else(|_| {
            if let Some(open) = &mut self.open {
                open.note(false);
            }
            Err(late(bound).with_table(collection))
        })
    }

    async fn run(&mut self, mut command: Command) -> Result<Written> {
        if let Some(open) = &self.open {
            open.ready(true)?;
        }
        if command.asks_for_keys() {
            let numbered = Box::pin(number(&self.live.db, &mut command)).await;
            numbered.map_err(|failed| of_statement(&failed, command.collection()))?;
        }
        let mut written = self.act(&mut command).await?;
        if let Command::Insert(NewDocuments { documents, returning: Some(_), .. }) = command {
            written.documents = documents;
        }
        Ok(written)
    }

    async fn act(&mut self, command: &mut Command) -> Result<Written> {
        if let Some(open) = &mut self.open {
            let mut patience = Patience::new();
            let outcome = loop {
                match perform(&self.db, Some(&mut open.session), command, Times::Several).await {
                    Err(Failure::Client(failed))
                        if open.begins_again(&failed, &mut patience).await => {}
                    outcome => break outcome,
                }
            };
            open.note(outcome.is_ok());
            return outcome.map_err(|failure| failure.into_error(command.collection()));
        }
        if command.is_several() && self.shared.transactions {
            return Box::pin(whole(&self.shared, &self.db, &self.concerns, command)).await;
        }
        let outcome = perform(&self.db, None, command, Times::Once).await;
        outcome.map_err(|failure| failure.into_error(command.collection()))
    }
}

/// All of it, or nothing.
async fn whole(
    shared: &Arc<Shared>,
    db: &Database,
    concerns: &Concerns,
    command: &mut Command,
) -> Result<Written> {
    // its reads are a part of the write: nothing else goes to secondaries
    let mut concerns = *concerns;
    concerns.read_preference = None;
    concerns.read = None;
    let mut patience = Patience::new();
    loop {
        let mut open =
            Open::begin(shared, db.client(), &concerns, TransactionOptions::default()).await?;
        match perform(db, Some(&mut open.session), command, Times::Several).await {
            Ok(written) => {
                open.commit().await.map_err(|e| e.with_table(command.collection().to_owned()))?;
                return Ok(written);
            }
            Err(failure) => {
                open.abort().await;
                let again = matches!(&failure, Failure::Client(failed) if is_conflict(failed));
                if !again || !patience.wait().await {
                    return Err(failure.into_error(command.collection()));
                }
            }
        }
    }
}

/// Gives the command the keys that it asks for.
async fn number(db: &Database, command: &mut Command) -> std::result::Result<(), ClientError> {
    let (ids, count) = match command {
        Command::Insert(insert) => (insert.ids, insert.documents.len()),
        Command::Upsert(upsert) => (upsert.ids, upsert.rows.len()),
        _ => return Ok(()),
    };
    let first = match ids {
        Ids::Given | Ids::Made => return Ok(()),
        Ids::Numbered => Some(counter::take_for_certain(db, command.collection(), count).await?),
        Ids::Asked => counter::take(db, command.collection(), count).await?,
    };
    let mut number = first;
    let mut id = || match &mut number {
        Some(number) => {
            *number += 1;
            Bson::Int64(*number - 1)
        }
        None => Bson::ObjectId(ObjectId::new()),
    };
    match command {
        Command::Insert(insert) => {
            insert.documents.iter_mut().for_each(|rest| *rest = with_key(id(), rest));
        }
        Command::Upsert(upsert) => {
            upsert.rows.iter_mut().for_each(|row| set_key_if_new(row, id()));
        }
        _ => {}
    }
    Ok(())
}

/// A document with a key, unless it has one.
fn with_key(id: Bson, rest: &RawDocumentBuf) -> RawDocumentBuf {
    if rest.get("_id").is_ok_and(|id| id.is_some()) {
        return rest.clone();
    }
    let mut document = RawDocumentBuf::new();
    match id {
        Bson::Int64(id) => document.append(KEY, id),
        Bson::ObjectId(id) => document.append(KEY, id),
        _ => {}
    }
    for (name, value) in rest.iter().flatten() {
        document.append(name, value);
    }
    document
}

fn set_key_if_new(row: &mut UpsertRow, id: Bson) {
    if let Some(stage) = row.pipeline.first_mut()
        && let Ok(set) = stage.get_document_mut("$set")
        && !set.contains_key("_id")
    {
        set.insert("_id", either(doc! { "$literal": id }, "$_id"));
    }
}

/// How often a command is performed, at most.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    /// So that what it is made of can be taken.
    Once,
    Several,
}

async fn perform(
    db: &Database,
    session: Session<'_>,
    command: &mut Command,
    times: Times,
) -> std::result::Result<Written, Failure> {
    let collection = db.collection::<RawDocumentBuf>(command.collection());
    match command {
        Command::Insert(new) => insert(&collection, session, new).await,
        Command::Update(change) => update(&collection, session, change, times).await,
        Command::Delete(removal) => delete(&collection, session, removal).await,
        Command::Upsert(rows) => Box::pin(upsert(db, session, rows)).await,
        Command::Read(_) => Ok(Written::default()),
    }
}

/// Adds the session to an action, if there is one.
macro_rules! within {
    ($action:expr, $session:expr) => {
        match &mut $session {
            Some(session) => $action.session(&mut **session).await,
            None => $action.await,
        }
    };
}

async fn insert(
    collection: &Collection<RawDocumentBuf>,
    mut session: Session<'_>,
    new: &NewDocuments,
) -> std::result::Result<Written, Failure> {
    match &new.documents[..] {
        [one] => drop(within!(collection.insert_one(one), session)?),
        many => drop(within!(collection.insert_many(many), session)?),
    }
    Ok(Written { rows: new.documents.len() as u64, documents: Vec::new() })
}

async fn update(
    collection: &Collection<RawDocumentBuf>,
    mut session: Session<'_>,
    change: &mut Change,
    times: Times,
) -> std::result::Result<Written, Failure> {
    if change.returning.is_none() {
        let (filter, modifications) = match times {
            Times::Once => {
                (take(&mut change.filter), replace(&mut change.change, Document::new().into()))
            }
            Times::Several => (change.filter.clone(), change.change.clone()),
        };
        let result = match change.is_one {
            true => within!(collection.update_one(filter, modifications), session)?,
            false => within!(collection.update_many(filter, modifications), session)?,
        };
        return Ok(Written { rows: result.matched_count, documents: Vec::new() });
    }
    let mut written = Written::default();
    for filter in Box::pin(each(collection, &mut session, &change.filter, change.is_one)).await? {
        let action = collection
            .find_one_and_update(filter, change.change.clone())
            .return_document(ReturnDocument::After);
        written.documents.extend(within!(action, session)?);
    }
    written.rows = written.documents.len() as u64;
    Ok(written)
}

async fn delete(
    collection: &Collection<RawDocumentBuf>,
    mut session: Session<'_>,
    removal: &Removal,
) -> std::result::Result<Written, Failure> {
    let filter = &removal.filter;
    if removal.returning.is_none() {
        let result = match removal.is_one {
            true => within!(collection.delete_one(filter.clone()), session)?,
            false => within!(collection.delete_many(filter.clone()), session)?,
        };
        return Ok(Written { rows: result.deleted_count, documents: Vec::new() });
    }
    let mut written = Written::default();
    for filter in Box::pin(each(collection, &mut session, filter, removal.is_one)).await? {
        let action = collection.find_one_and_delete(filter);
        written.documents.extend(within!(action, session)?);
    }
    written.rows = written.documents.len() as u64;
    Ok(written)
}

/// A filter for each document for which a filter holds. The server gives back what it writes one by one
/// only; it looks at the filter again, since a document may have changed in between.
async fn each(
    collection: &Collection<RawDocumentBuf>,
    session: &mut Session<'_>,
    filter: &Document,
    is_one: bool,
) -> std::result::Result<Vec<Document>, Failure> {
    if is_one {
        return Ok(vec![filter.clone()]);
    }
    let found = collection.find(filter.clone()).projection(doc! { "_id": 1 });
    let found = found.selection_criteria(concerns::primary());
    let mut filters = Vec::new();
    let mut note = |document: &mongodb::bson::RawDocument| -> std::result::Result<(), Failure> {
        let key = document.get("_id").ok().flatten().ok_or_else(damaged)?;
        let key = Bson::try_from(key).map_err(|_| damaged())?;
        filters.push(doc! { "$and": [{ "_id": { "$eq": key } }, filter.clone()] });
        Ok(())
    };
    match session {
        Some(session) => {
            let mut cursor = found.session(&mut **session).await?;
            while cursor.advance(session).await? {
                note(cursor.current())?;
            }
        }
        None => {
            let mut cursor = found.await?;
            while cursor.advance().await? {
                note(cursor.current())?;
            }
        }
    }
    Ok(filters)
}

async fn upsert(
    db: &Database,
    mut session: Session<'_>,
    upsert: &Upsert,
) -> std::result::Result<Written, Failure> {
    if upsert.returning.is_none() {
        let command = acknowledged(upsert.document(), db, session.is_some())?;
        let reply = within!(db.run_command(command), session)?;
        refuse_errors(&reply)?;
        let new = reply.get_array("upserted").map_or(0, Vec::len) as u64;
        let all = count(&reply, "n");
        let rows = if upsert.ignores { new } else { all };
        return Ok(Written { rows, documents: Vec::new() });
    }
    let mut written = Written::default();
    for row in &upsert.rows {
        let command = doc! {
            "findAndModify": &upsert.collection,
            "query": row.filter.clone(),
            "update": row.pipeline.clone(),
            "upsert": true,
            "new": true,
        };
        let command = acknowledged(command, db, session.is_some())?;
        let reply = within!(db.run_command(command), session)?;
        let was_there = reply
            .get_document("lastErrorObject")
            .is_ok_and(|told| told.get_bool("updatedExisting").unwrap_or(false));
        if upsert.ignores && was_there {
            continue;
        }
        let document = reply.get_document("value").map_err(|_| damaged())?;
        written.documents.push(RawDocumentBuf::try_from(document).map_err(|_| damaged())?);
    }
    written.rows = written.documents.len() as u64;
    Ok(written)
}

/// The command with the write concern of the database, which the client adds to its own commands only. That
/// of a transaction is said when it is committed.
fn acknowledged(mut command: Document, db: &Database, in_transaction: bool) -> Result<Document> {
    if let (Some(concern), false) = (db.write_concern(), in_transaction) {
        let concern = mongodb::bson::serialize_to_bson(concern).map_err(|_| damaged())?;
        command.insert("writeConcern", concern);
    }
    Ok(command)
}

fn late(bound: Duration) -> Error {
    error(ErrorKind::Timeout, format!("the write took longer than {bound:?}")).with_hint(
        "it may have happened all the same: look before it is written again, or raise \
         `statement_timeout_ms`",
    )
}

/// A reply that is a success may hold errors, and one of those may be that too few members have it.
fn refuse_errors(reply: &Document) -> Result<()> {
    if let Ok(concern) = reply.get_document("writeConcernError") {
        let code = i32::try_from(count(concern, "code")).unwrap_or_default();
        return Err(of_code(code, concern.get_str("errmsg").unwrap_or_default()));
    }
    let errors = reply.get_array("writeErrors").into_iter().flatten();
    match errors.filter_map(Bson::as_document).next() {
        None => Ok(()),
        Some(error) => {
            let code = i32::try_from(count(error, "code")).unwrap_or_default();
            Err(of_code(code, error.get_str("errmsg").unwrap_or_default()))
        }
    }
}

fn count(reply: &Document, name: &str) -> u64 {
    match reply.get(name) {
        Some(Bson::Int32(number)) => u64::try_from(*number).unwrap_or_default(),
        Some(Bson::Int64(number)) => u64::try_from(*number).unwrap_or_default(),
        _ => 0,
    }
}
