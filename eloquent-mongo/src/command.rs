//! Commands: what a statement becomes, ready to be sent or shown.

use eloquent_core::row::OwnedRow;
use eloquent_core::{Error, Result};
use mongodb::bson::raw::cstr;
use mongodb::bson::{Bson, Document, RawArrayBuf, RawDocumentBuf, doc};
use mongodb::options::UpdateModifications;

use crate::shape::Shape;

/// A field that only the document of an upsert has that is new.
pub(crate) const NEW: &str = "eloquent_new";
/// A field that no document has.
pub(crate) const NEVER: &str = "eloquent_never";

/// What is to be done.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Read(Read),
    Insert(NewDocuments),
    Update(Change),
    Delete(Removal),
    Upsert(Upsert),
}

#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) collection: String,
    pub(crate) query: Query,
    pub(crate) shape: Shape,
    /// No row is asked for, so that there is nothing to send.
    pub(crate) is_empty: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Query {
    Find(Box<Find>),
    Pipeline { stages: Vec<Document>, keyless: Option<Keyless> },
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Find {
    pub(crate) filter: Document,
    pub(crate) projection: RawDocumentBuf,
    pub(crate) sort: Document,
    pub(crate) skip: Option<i64>,
    pub(crate) limit: Option<i64>,
}

/// All rows as one group, which the server gives only if there are any. It says of its one document in
/// the field `held` whether it is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Keyless {
    /// The rows when there are none to group.
    pub(crate) empty: Vec<OwnedRow>,
    /// Whether the row is not passed over.
    pub(crate) is_wanted: bool,
}

/// Where the keys of new documents come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ids {
    /// They are among the values.
    Given,
    /// They have been made: object ids.
    Made,
    /// They are numbers that follow each other.
    Numbered,
    /// Numbers if the collection was made with such a key, else object ids.
    Asked,
}

#[derive(Debug, Clone)]
pub(crate) struct NewDocuments {
    pub(crate) collection: String,
    pub(crate) documents: Vec<RawDocumentBuf>,
    pub(crate) ids: Ids,
    pub(crate) returning: Option<Shape>,
}

#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) collection: String,
    pub(crate) filter: Document,
    pub(crate) change: UpdateModifications,
    pub(crate) is_one: bool,
    pub(crate) returning: Option<Shape>,
}

#[derive(Debug, Clone)]
pub(crate) struct Removal {
    pub(crate) collection: String,
    pub(crate) filter: Document,
    pub(crate) is_one: bool,
    pub(crate) returning: Option<Shape>,
}

#[derive(Debug, Clone)]
pub(crate) struct Upsert {
    pub(crate) collection: String,
    pub(crate) rows: Vec<UpsertRow>,
    /// Whether a document that is there stays as it is.
    pub(crate) ignores: bool,
    pub(crate) ids: Ids,
    pub(crate) returning: Option<Shape>,
}

#[derive(Debug, Clone)]
pub(crate) struct UpsertRow {
    pub(crate) filter: Document,
    pub(crate) pipeline: Vec<Document>,
}

impl Command {
    /// The collection that it is about.
    pub(crate) fn collection(&self) -> &str {
        match self {
            Command::Read(read) => &read.collection,
            Command::Insert(insert) => &insert.collection,
            Command::Update(update) => &update.collection,
            Command::Delete(delete) => &delete.collection,
            Command::Upsert(upsert) => &upsert.collection,
        }
    }

    /// Whether it writes several documents, of which all are to be written or none.
    pub(crate) fn is_several(&self) -> bool {
        match self {
            Command::Insert(insert) => insert.documents.len() > 1,
            Command::Update(update) => !update.is_one,
            Command::Upsert(upsert) => upsert.rows.len() > 1,
            Command::Read(_) | Command::Delete(_) => false,
        }
    }

    /// Whether its documents are still to be given keys.
    pub(crate) fn asks_for_keys(&self) -> bool {
        let ids = match self {
            Command::Insert(insert) => insert.ids,
            Command::Upsert(upsert) => upsert.ids,
            Command::Read(_) | Command::Update(_) | Command::Delete(_) => return false,
        };
        matches!(ids, Ids::Numbered | Ids::Asked)
    }

    /// What a write gives back.
    pub(crate) fn returning(&self) -> Option<&Shape> {
        match self {
            Command::Read(_) => None,
            Command::Insert(insert) => insert.returning.as_ref(),
            Command::Update(update) => update.returning.as_ref(),
            Command::Delete(delete) => delete.returning.as_ref(),
            Command::Upsert(upsert) => upsert.returning.as_ref(),
        }
    }

    /// The command as a document, as the server is sent it.
    pub(crate) fn document(&self) -> Document {
        match self {
            Command::Read(read) => {
                read.raw().ok().and_then(|raw| Document::try_from(raw).ok()).unwrap_or_default()
            }
            Command::Insert(insert) => {
                let documents =
                    insert.documents.iter().map(|d| Document::try_from(d).unwrap_or_default());
                doc! { "insert": &insert.collection, "documents": documents.collect::<Vec<_>>() }
            }
            Command::Update(update) => {
                let one = doc! {
                    "q": update.filter.clone(),
                    "u": modifications(&update.change),
                    "multi": !update.is_one,
                };
                doc! { "update": &update.collection, "updates": [one] }
            }
            Command::Delete(delete) => {
                let one = doc! { "q": delete.filter.clone(), "limit": i32::from(delete.is_one) };
                doc! { "delete": &delete.collection, "deletes": [one] }
            }
            Command::Upsert(upsert) => upsert.document(),
        }
    }
}

impl Read {
    /// The command as the server is sent it.
    ///
    /// # Errors
    /// For names that hold a NUL character.
    pub(crate) fn raw(&self) -> Result<RawDocumentBuf> {
        let mut command = RawDocumentBuf::new();
        match &self.query {
            Query::Find(find) => {
                command.append(cstr!("find"), self.collection.as_str());
                command.append(cstr!("filter"), raw(&find.filter)?);
                command.append(cstr!("projection"), &*find.projection);
                if !find.sort.is_empty() {
                    command.append(cstr!("sort"), raw(&find.sort)?);
                }
                for (name, number) in [(cstr!("skip"), find.skip), (cstr!("limit"), find.limit)] {
                    if let Some(number) = number {
                        command.append(name, number);
                    }
                }
            }
            Query::Pipeline { stages, .. } => {
                let mut pipeline = RawArrayBuf::new();
                for stage in stages {
                    pipeline.push(raw(stage)?);
                }
                command.append(cstr!("aggregate"), self.collection.as_str());
                command.append(cstr!("pipeline"), pipeline);
                command.append(cstr!("cursor"), RawDocumentBuf::new());
            }
        }
        Ok(command)
    }
}

/// A document as it is sent.
///
/// # Errors
/// For names that hold a NUL character.
pub(crate) fn raw(document: &Document) -> Result<RawDocumentBuf> {
    RawDocumentBuf::try_from(document).map_err(|_| Error::invalid("a name has a NUL character"))
}

impl Upsert {
    /// One command for all rows.
    pub(crate) fn document(&self) -> Document {
        let updates = self.rows.iter().map(|row| {
            doc! { "q": row.filter.clone(), "u": row.pipeline.clone(), "upsert": true }
        });
        doc! { "update": &self.collection, "updates": updates.collect::<Vec<_>>() }
    }
}

fn modifications(change: &UpdateModifications) -> Bson {
    match change {
        UpdateModifications::Pipeline(stages) => stages.clone().into(),
        UpdateModifications::Document(document) => document.clone().into(),
        _ => Bson::Null,
    }
}
