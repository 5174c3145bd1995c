//! Feeds: change streams of the server, which go on by themselves.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use eloquent_core::driver::{ChangeKind, Feed, FullRow, RawChange, ResumeToken, Watched};
use eloquent_core::row::OwnedRow;
use eloquent_core::statement::{ColumnRef, Expression};
use eloquent_core::value::{DateTime, Utc};
use eloquent_core::{Error, ErrorKind, Result};
use mongodb::bson::{self, Document, RawDocumentBuf, Timestamp, doc};
use mongodb::change_stream::ChangeStream;
use mongodb::change_stream::event::{ChangeStreamEvent, OperationType, ResumeToken as ClientToken};
use mongodb::error::{Error as ClientError, ErrorKind as Client, RESUMABLE_CHANGE_STREAM_ERROR};
use mongodb::options::FullDocumentType;

use crate::connection::Shared;
use crate::error::{DRIVER, NO_PLACE, REPLICA_SET, error, of_statement};
use crate::shape::{Shape, damaged};
use crate::translate::check_collection;

/// How long the server waits for a change before it says that there was none.
const ROUND: Duration = Duration::from_secs(1);

type Event = ChangeStreamEvent<RawDocumentBuf>;
type Told = Option<Result<RawChange>>;

/// A change stream.
pub(crate) struct MongoFeed {
    state: State,
    /// The place up to which all has been told.
    token: Arc<Mutex<Option<ClientToken>>>,
}

enum State {
    Idle(Box<Source>),
    /// Waits for the next change. It is kept when nobody waits for it, so that nothing is lost.
    Waiting(Pin<Box<dyn Future<Output = (Box<Source>, Told)> + Send>>),
    Over,
}

impl MongoFeed {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the server has no change streams, or cannot go on from the place that is asked for.
    pub(crate) async fn open(shared: Arc<Shared>, watched: Watched) -> Result<Self> {
        check_collection(&watched.table)?;
        if !shared.transactions {
            return Err(Error::unsupported("watching a collection", DRIVER)
                .with_table(watched.table.clone())
                .with_hint(REPLICA_SET));
        }
        if !matches!(&watched.key[..], [key] if key.name == "id") {
            return Err(Error::unsupported("watching a model whose key is not `id`", DRIVER)
                .with_table(watched.table.clone())
                .with_hint("the server names documents by their `_id`: make `id` the key"));
        }
        let resumed = watched.resume_after.as_ref().map(parse).transpose()?;
        let token = Arc::new(Mutex::new(resumed));
        let mut source = Box::new(Source {
            row: shape(&watched.columns),
            key: shape(&watched.key),
            began: None,
            stream: None,
            token: token.clone(),
            shared,
            watched,
        });
        source.begin().await?;
        Ok(MongoFeed { state: State::Idle(source), token })
    }
}

impl Feed for MongoFeed {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        let mut waiting = match std::mem::replace(&mut self.state, State::Over) {
            State::Over => return Poll::Ready(None),
            State::Waiting(waiting) => waiting,
            State::Idle(mut source) => Box::pin(async move {
                let told = source.next().await;
                (source, told)
            }),
        };
        let Poll::Ready((source, told)) = waiting.as_mut().poll(cx) else {
            self.state = State::Waiting(waiting);
            return Poll::Pending;
        };
        if matches!(told, Some(Ok(_))) {
            self.state = State::Idle(source);
        }
        Poll::Ready(told)
    }

    fn token(&self) -> Option<ResumeToken> {
        lock(&self.token).as_ref().and_then(text)
    }
}

impl fmt::Debug for MongoFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoFeed")
            .field("is_over", &matches!(self.state, State::Over))
            .finish_non_exhaustive()
    }
}

/// Where changes come from.
struct Source {
    shared: Arc<Shared>,
    watched: Watched,
    row: Shape,
    key: Shape,
    /// The time of the server when it began, for as long as there is no token.
    began: Option<Timestamp>,
    stream: Option<ChangeStream<Event>>,
    token: Arc<Mutex<Option<ClientToken>>>,
}

impl Source {
    async fn begin(&mut self) -> Result<()> {
        if lock(&self.token).is_none() {
            let reply = self.shared.live().db.run_command(doc! { "ping": 1 }).await;
            let reply = reply.map_err(|failed| self.failed(&failed))?;
            self.began = reply.get_timestamp("operationTime").ok();
        }
        self.watch(false).await.map_err(|failed| self.failed(&failed))
    }

    /// Opens a change stream behind what has been told.
    async fn watch(&mut self, is_again: bool) -> mongodb::error::Result<()> {
        let live = self.shared.live();
        let collection = live.db.collection::<RawDocumentBuf>(&self.watched.table);
        let mut action =
            collection.watch().pipeline(stages(&self.watched.kinds)).max_await_time(ROUND);
        if self.watched.full_row == FullRow::LookedUp {
            action = action.full_document(FullDocumentType::UpdateLookup);
        }
        let token = lock(&self.token).clone();
        match (token, self.began) {
            (Some(token), _) => action = action.resume_after(token),
            (None, Some(began)) if is_again => action = action.start_at_operation_time(began),
            (None, _) => {}
        }
        let stream = action.await?;
        self.note(&stream);
        self.stream = Some(stream);
        Ok(())
    }

    fn note(&self, stream: &ChangeStream<Event>) {
        if let Some(token) = stream.resume_token() {
            *lock(&self.token) = Some(token);
        }
    }

    async fn next(&mut self) -> Told {
        let mut closing = self.shared.closing.subscribe();
        tokio::select! {
            biased;
            _ = closing.wait_for(|closing| *closing) => {
                Some(Err(error(ErrorKind::Connect, "the connection has been closed")))
            }
            told = self.tell() => told,
        }
    }

    async fn tell(&mut self) -> Told {
        loop {
            let Some(stream) = &mut self.stream else { return None };
            // the server answers each round; when it does not, the connection is dead
            let silence = ROUND + self.shared.connect_timeout;
            let round = tokio::time::timeout(silence, stream.next_if_any()).await;
            match round {
                Ok(Ok(Some(event))) => {
                    *lock(&self.token) = Some(event.id.clone());
                    match self.change(event) {
                        Ok(Some(change)) => return Some(Ok(change)),
                        Ok(None) => {}
                        Err(error) => {
                            return Some(Err(error.with_table(self.watched.table.clone())));
                        }
                    }
                }
                Ok(Ok(None)) => {
                    let is_alive = stream.is_alive();
                    if let Some(token) = stream.resume_token() {
                        *lock(&self.token) = Some(token);
                    }
                    if !is_alive {
                        return None;
                    }
                }
                Ok(Err(failed)) if !is_passing(&failed) => {
                    return Some(Err(self.failed(&failed)));
                }
                Ok(Err(_)) | Err(_) => {
                    if let Err(error) = self.again().await {
                        return Some(Err(error));
                    }
                }
            }
        }
    }

    /// Goes on behind what has been told, once the server can be reached again.
    async fn again(&mut self) -> Result<()> {
        self.stream = None;
        let until = Instant::now() + self.watched.patience;
        let mut pause = Duration::from_millis(20);
        if lock(&self.token).is_none() && self.began.is_none() {
            let message = "the server was lost before it named a place to go on from";
            return Err(error(ErrorKind::ConnectionLost, message)
                .with_table(self.watched.table.clone())
                .with_hint("watch anew, and read the collection for what has happened meanwhile"));
        }
        while Instant::now() < until {
            let bound = until.saturating_duration_since(Instant::now());
            match tokio::time::timeout(bound, self.watch(true)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(failed)) if is_passing(&failed) => {}
                Ok(Err(failed)) => return Err(self.failed(&failed)),
                Err(_) => break,
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
        let message = format!("the server was lost for longer than {:?}", self.watched.patience);
        Err(error(ErrorKind::ConnectionLost, message)
            .with_table(self.watched.table.clone())
            .with_hint("watch anew with `resume_after` and the token of the last change"))
    }

    fn failed(&self, failed: &ClientError) -> Error {
        of_statement(failed, &self.watched.table)
    }

    /// A change, if it is one of a document.
    fn change(&self, event: Event) -> Result<Option<RawChange>> {
        let kind = match event.operation_type {
            OperationType::Insert => ChangeKind::Insert,
            OperationType::Update => ChangeKind::Update,
            OperationType::Replace => ChangeKind::Replace,
            OperationType::Delete => ChangeKind::Delete,
            _ => return Ok(None),
        };
        let key = event.document_key.ok_or_else(damaged)?;
        let key = RawDocumentBuf::try_from(&key).map_err(|_| damaged())?;
        let mut changed = Vec::new();
        if let Some(update) = event.update_description {
            let truncated = update.truncated_arrays.into_iter().flatten();
            let names = update.updated_fields.into_iter().map(|(name, _)| name);
            changed.extend(names.chain(update.removed_fields));
            changed.extend(truncated.map(|array| array.field));
            changed.iter_mut().filter(|name| *name == "_id").for_each(|name| *name = "id".into());
        }
        let walled = event.wall_time.and_then(|time| instant(time.timestamp_millis()));
        let clustered = event.cluster_time.and_then(|time| instant(i64::from(time.time) * 1000));
        Ok(Some(RawChange {
            kind,
            token: text(&event.id).ok_or_else(damaged)?,
            key: owned(&self.key, &key)?,
            row: event.full_document.map(|row| owned(&self.row, &row)).transpose()?,
            changed,
            at: walled.or(clustered),
        }))
    }
}

fn lock(token: &Mutex<Option<ClientToken>>) -> std::sync::MutexGuard<'_, Option<ClientToken>> {
    token.lock().unwrap_or_else(PoisonError::into_inner)
}

fn instant(milliseconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(milliseconds)
}

fn shape(columns: &[ColumnRef]) -> Shape {
    let columns: Vec<_> = columns.iter().cloned().map(Expression::Column).collect();
    Shape::of_results(&columns)
}

fn owned(shape: &Shape, document: &RawDocumentBuf) -> Result<OwnedRow> {
    OwnedRow::copy(&shape.row(document)?, &mut None)
}

/// Leaves out what is not wanted, but for the end of the stream.
fn stages(kinds: &[ChangeKind]) -> Option<Document> {
    if kinds.is_empty() {
        return None;
    }
    let name = |kind: &ChangeKind| match kind {
        ChangeKind::Insert => "insert",
        ChangeKind::Update => "update",
        ChangeKind::Replace => "replace",
        _ => "delete",
    };
    let names: Vec<_> = kinds.iter().map(name).chain(["invalidate"]).collect();
    Some(doc! { "$match": { "operationType": { "$in": names } } })
}

/// Whether the server may be there again: another one is elected, or the network comes back.
fn is_passing(failed: &ClientError) -> bool {
    if failed.contains_label(RESUMABLE_CHANGE_STREAM_ERROR) {
        return true;
    }
    match &*failed.kind {
        Client::Io(_) | Client::ConnectionPoolCleared { .. } | Client::ServerSelection { .. } => {
            true
        }
        // the cursor has gone with its server, or the server is about to go
        Client::Command(command) => matches!(
            command.code,
            6 | 7
                | 43
                | 63
                | 89
                | 91
                | 133
                | 150
                | 189
                | 234
                | 262
                | 9001
                | 10107
                | 11600
                | 11602
                | 13388
                | 13435
                | 13436
        ),
        _ => false,
    }
}

/// A token as text: the digits of its bytes.
fn text(token: &ClientToken) -> Option<ResumeToken> {
    use std::fmt::Write as _;
    let bytes = bson::serialize_to_vec(token).ok()?;
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(digits, "{byte:02x}").ok()?;
    }
    Some(ResumeToken::new(digits))
}

/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) when the text is none of a token.
fn parse(token: &ResumeToken) -> Result<ClientToken> {
    let digits = token.as_str();
    let bytes: Option<Vec<u8>> = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect();
    bytes.and_then(|bytes| bson::deserialize_from_slice(&bytes).ok()).ok_or_else(|| {
        error(ErrorKind::InvalidInput, NO_PLACE)
            .with_hint("take the text as `ResumeToken::as_str` gave it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_text_and_back() {
        let document = doc! { "_data": "82ff", "n": 1_i64 };
        let token: ClientToken = bson::deserialize_from_bson(document.into()).unwrap();
        let text = text(&token).unwrap();
        assert_eq!(parse(&text).unwrap(), token);
        for nonsense in ["", "8", "canary", "00", "é€"] {
            let error = parse(&ResumeToken::new(nonsense)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{nonsense}");
        }
    }

    #[test]
    fn the_end_is_always_wanted() {
        assert_eq!(stages(&[]), None);
        let wanted = doc! { "$in": ["delete", "invalidate"] };
        let stage = doc! { "$match": { "operationType": wanted } };
        assert_eq!(stages(&[ChangeKind::Delete]), Some(stage));
    }
}
