//! Reading.

use std::time::Duration;

use eloquent_core::Result;
use eloquent_core::row::{Flow, RowSink};
use mongodb::bson::raw::cstr;
use mongodb::bson::{Document, RawDocument, RawDocumentBuf, serialize_to_raw_document_buf};
use mongodb::error::Result as ClientResult;
use mongodb::options::RunCursorCommandOptions;
use mongodb::{ClientSession, Cursor, Database, SessionCursor};

use super::Watch;
use super::transaction::{Open, Patience};
use crate::command::{Keyless, Query, Read};
use crate::error::{is_worth_a_second_read, of_statement};
use crate::shape::damaged;

/// What the settings say of reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How long the server may work on a command.
    pub(super) bound: Option<Duration>,
    /// Whether a read outside of a transaction may be sent a second time.
    pub(super) reads_again: bool,
}

/// Shows the rows to the sink, and says how many. The server ends what takes longer than the bound.
pub(super) async fn run(
    db: &Database,
    limits: Limits,
    mut open: Option<&mut Open>,
    read: &Read,
    sink: &mut (dyn RowSink + 'static),
    watch: &Watch,
) -> Result<u64> {
    if let Some(open) = &open {
        open.ready(false)?;
    }
    if read.is_empty {
        return Ok(0);
    }
    let mut command = read.raw()?;
    if let Some(bound) = limits.bound {
        command.append(cstr!("maxTimeMS"), i64::try_from(bound.as_millis()).unwrap_or(i64::MAX));
    }
    let rows = match open.as_deref_mut() {
        Some(open) => send_within(db, open, &command).await,
        None => send(db, limits, command).await?,
    };
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
    watch: &Watch,
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
    Free(Cursor<Document>),
    InTransaction(SessionCursor<Document>),
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

/// Sends a command with the concerns of the database, which the client adds to its own commands only. As
/// it does with those, it is sent once more where the server was lost, or is none to read from any more.
async fn send(
    db: &Database,
    limits: Limits,
    mut command: RawDocumentBuf,
) -> Result<ClientResult<Rows>> {
    if let Some(concern) = db.read_concern() {
        let concern = serialize_to_raw_document_buf(concern).map_err(|_| damaged())?;
        command.append(cstr!("readConcern"), concern);
    }
    let mut options = RunCursorCommandOptions::default();
    options.selection_criteria = db.selection_criteria().cloned();
    let once = async |command| {
        db.run_raw_cursor_command(command).with_options(options.clone()).await.map(Rows::Free)
    };
    if !limits.reads_again {
        return Ok(once(command).await);
    }
    Ok(match once(command.clone()).await {
        Err(failed) if is_worth_a_second_read(&failed) => once(command).await,
        rows => rows,
    })
}

/// Sends a command in a transaction, which says itself how it reads.
async fn send_within(
    db: &Database,
    open: &mut Open,
    command: &RawDocumentBuf,
) -> ClientResult<Rows> {
    let mut patience = Patience::new();
    loop {
        let sent = db.run_raw_cursor_command(command.clone());
        match sent.session(&mut open.session).await {
            Ok(rows) => return Ok(Rows::InTransaction(rows)),
            Err(failed) if open.begins_again(&failed, &mut patience).await => {}
            Err(failed) => return Err(failed),
        }
    }
}
