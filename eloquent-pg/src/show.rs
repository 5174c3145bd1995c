//! Showing rows to a sink.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use eloquent_core::Error;
use eloquent_core::row::{Flow, RowSink};
use futures_core::Stream as _;
use tokio_postgres::{Row, RowStream};

use crate::decode::PgRow;
use crate::form::Form;
use crate::line::Line;
use crate::prepared::forms;

/// After so many rows that nobody wants, a read is ended on the server.
pub(crate) const UNWANTED: u64 = 1000;

/// What came of a statement.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// The rows that the sink took.
    pub(crate) taken: u64,
    /// Whether everything was read; if not, there are more rows that nobody wants.
    pub(crate) is_over: bool,
    /// The error of the sink.
    pub(crate) refused: Option<Error>,
}

/// Shows each row to the sink for as long as it wants any, and reads on to the end: a write has written
/// all its rows before it gives the first one, and whatever follows has to wait for the end. Only after
/// so many unwanted rows it gives up.
pub(crate) async fn show(
    line: &Line,
    mut stream: Pin<&mut RowStream>,
    columns: Option<&[Form]>,
    sink: &mut dyn RowSink,
    unwanted: u64,
) -> Result<Shown, tokio_postgres::Error> {
    let mut shown = Shown::default();
    // of a statement that was not prepared, the first row tells
    let mut told: Option<Box<[Form]>> = None;
    loop {
        let Some(row) = poll_fn(|cx| next(line, stream.as_mut(), cx)).await else {
            shown.is_over = true;
            return Ok(shown);
        };
        let row = row?;
        let columns = match columns {
            Some(columns) => columns,
            None => told.get_or_insert_with(|| forms(row.columns())),
        };
        let flow = sink.row(&PgRow::new(&row, columns));
        shown.taken += u64::from(flow.is_ok());
        let flushed = match flow {
            Ok(Flow::Continue) => continue,
            Ok(Flow::Flush) => poll_fn(|cx| sink.poll_flush(cx)).await,
            Ok(Flow::Stop) => break,
            Err(error) => Err(error),
        };
        if let Err(error) = flushed {
            shown.refused = Some(error);
            break;
        }
    }
    shown.is_over = skip(line, stream, unwanted).await?;
    Ok(shown)
}

/// Reads on, so many rows at most. Whether this was the end.
pub(crate) async fn skip(
    line: &Line,
    mut stream: Pin<&mut RowStream>,
    most: u64,
) -> Result<bool, tokio_postgres::Error> {
    for _ in 0..most {
        match poll_fn(|cx| next(line, stream.as_mut(), cx)).await {
            Some(row) => drop(row?),
            None => return Ok(true),
        }
    }
    Ok(false)
}

fn next(
    line: &Line,
    mut stream: Pin<&mut RowStream>,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Row, tokio_postgres::Error>>> {
    line.poll(cx, |cx| stream.as_mut().poll_next(cx))
}
