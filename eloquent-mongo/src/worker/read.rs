//! Reading.

use std::time::Duration;

use eloquent_core::Result;
use eloquent_core::row::{Flow, RowSink};
use mongodb::bson::{Document, RawDocument, RawDocumentBuf};
use mongodb::error::Result as ClientResult;
use mongodb::{ClientSession, Collection, Cursor, Database, SessionCursor};

use super::Watch;
use super::transaction::{Open, Patience};
use crate::command::{Find, Keyless, Query, Read};
use crate::error::of_statement;

/// Shows the rows to the sink, and says how many. The server ends what takes longer than `bound`.
pub(super) async fn run(
    db: &Database,
    bound: Option<Duration>,
    mut open: Option<&mut Open>,
    mut read: Read,
    sink: &mut (dyn RowSink + 'static),
    watch: &mut Watch,
) -> Result<u64> {
    if let Some(open) = &open {
        open.ready(false)?;
    }
    if read.is_empty {
        return Ok(0);
    }
    let collection = db.collection::<RawDocumentBuf>(&read.collection);
    let rows = send(&collection, bound, open.as_deref_mut(), &mut read.query).await;
    let read = &read;
    let failed = |failed| of_statement(&failed, &read.collection);
    if let Some(open) = &mut open {
        open.note(rows.is_ok());
    }
    let mut rows = rows.map_err(failed)?;
    let mut shown = 0;
    loop {
        let advanced = rows.advance(open.as_deref_mut().map(|open| &mut open.session)).await;
        if let (Some(open), Err(_)) = (&mut open, &advanced) {
            open.note(false);
        }
        if !advanced.map_err(failed)? {
            break;
        }
        let document = rows.current();
        if let Query::Pipeline { keyless: Some(keyless), .. } = &read.query {
            return show_group(document, keyless, read, sink, watch).await;
        }
        let flow = sink.row(&read.shape.row(document)?)?;
        shown += 1;
        let goes_on = match flow {
            Flow::Continue => !watch.is_over(),
            Flow::Flush => watch.flush(sink).await?,
            Flow::Stop => false,
        };
        if !goes_on {
            return Ok(shown);
        }
    }
    match &read.query {
        Query::Pipeline { keyless: Some(keyless), .. } if shown == 0 => {
            sink.show(&keyless.empty).await
        }
        _ => Ok(shown),
    }
}

/// The one group of all rows.
async fn show_group(
    document: &RawDocument,
    keyless: &Keyless,
    read: &Read,
    sink: &mut (dyn RowSink + 'static),
    watch: &mut Watch,
) -> Result<u64> {
    if !keyless.is_wanted || !document.get_bool("held").unwrap_or(false) {
        return Ok(0);
    }
    if sink.row(&read.shape.row(document)?)? == Flow::Flush {
        watch.flush(sink).await?;
    }
    Ok(1)
}

/// The rows of a reply.
enum Rows {
    Free(Cursor<RawDocumentBuf>),
    InTransaction(SessionCursor<RawDocumentBuf>),
}

impl Rows {
    async fn advance(&mut self, session: Option<&mut ClientSession>) -> ClientResult<bool> {
        match (self, session) {
            (Rows::Free(cursor), _) => cursor.advance().await,
            (Rows::InTransaction(cursor), Some(session)) => cursor.advance(session).await,
            (Rows::InTransaction(_), None) => Ok(false),
        }
    }

    fn current(&self) -> &RawDocument {
        match self {
            Rows::Free(cursor) => cursor.current(),
            Rows::InTransaction(cursor) => cursor.current(),
        }
    }
}

/// Sends a query. Outside of a transaction it is not needed again, and is taken.
async fn send(
    collection: &Collection<RawDocumentBuf>,
    bound: Option<Duration>,
    open: Option<&mut Open>,
    query: &mut Query,
) -> ClientResult<Rows> {
    use std::mem::take;
    let Some(open) = open else {
        return Ok(Rows::Free(match query {
            Query::Find(find) => self::find(collection, bound, take(find)).await?,
            Query::Pipeline { stages, .. } => {
                let pipeline = self::aggregate(collection, bound, take(stages));
                pipeline.with_type::<RawDocumentBuf>().await?
            }
        }));
    };
    let mut patience = Patience::new();
    loop {
        let rows = match query {
            Query::Find(find) => {
                self::find(collection, bound, find.clone()).session(&mut open.session).await
            }
            Query::Pipeline { stages, .. } => {
                let pipeline = self::aggregate(collection, bound, stages.clone());
                let pipeline = pipeline.session(&mut open.session);
                pipeline.with_type::<RawDocumentBuf>().await
            }
        };
        match rows {
            Ok(rows) => return Ok(Rows::InTransaction(rows)),
            Err(failed) if open.begins_again(&failed, &mut patience).await => {}
            Err(failed) => return Err(failed),
        }
    }
}

fn find<'c>(
    collection: &'c Collection<RawDocumentBuf>,
    bound: Option<Duration>,
    find: Box<Find>,
) -> mongodb::action::Find<'c, RawDocumentBuf> {
    let mut action = collection.find(find.filter).projection(find.projection);
    if let Some(bound) = bound {
        action = action.max_time(bound);
    }
    if !find.sort.is_empty() {
        action = action.sort(find.sort);
    }
    if let Some(skip) = find.skip {
        action = action.skip(skip.unsigned_abs());
    }
    if let Some(limit) = find.limit {
        action = action.limit(limit);
    }
    action
}

fn aggregate<'c>(
    collection: &'c Collection<RawDocumentBuf>,
    bound: Option<Duration>,
    stages: Vec<Document>,
) -> mongodb::action::Aggregate<'c> {
    let action = collection.aggregate(stages);
    match bound {
        Some(bound) => action.max_time(bound),
        None => action,
    }
}
