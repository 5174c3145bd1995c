//! Showing rows to a sink.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use eloquent_core::Error;
use eloquent_core::row::{Flow, RowSink};
use futures_core::Stream as _;
use tokio_postgres::{Row, RowStream};

use crate::decode::PgRow;
use crate::form::Form;
use crate::prepared::forms;

/// After so many rows that nobody wants, a read is ended on the server.
const UNWANTED: u64 = 1000;

/// What came of a statement.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// The rows that the sink took.
    pub(crate) taken: u64,
    /// The rows that the server counts.
    pub(crate) counted: u64,
    /// The error of the sink.
    pub(crate) refused: Option<Error>,
}

/// Shows each row to the sink, and reads to the end in any case: a write has written all its rows before
/// it gives the first one, and whatever follows has to wait for the end. `stop` asks the server to end
/// a read whose rows are no longer wanted; without, there is no such thing.
pub(crate) async fn show(
    stream: RowStream,
    columns: Option<&[Form]>,
    sink: &mut dyn RowSink,
    stop: Option<impl Future<Output = ()>>,
) -> Result<Shown, tokio_postgres::Error> {
    let mut stream = pin!(stream);
    let mut shown = Shown::default();
    let mut wanted = true;
    // of a statement that was not prepared, the first row tells
    let mut told: Option<Box<[Form]>> = None;
    while let Some(row) = poll_fn(|cx| next(stream.as_mut(), cx)).await {
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
            Ok(Flow::Stop) => {
                wanted = false;
                break;
            }
            Err(error) => Err(error),
        };
        if let Err(error) = flushed {
            shown.refused = Some(error);
            wanted = false;
            break;
        }
    }
    if !wanted {
        drain(stream.as_mut(), stop).await?;
    }
    shown.counted = stream.rows_affected().unwrap_or(shown.taken);
    Ok(shown)
}

/// Reads to the end. When that is far away, the server is asked to end it.
async fn drain(
    mut stream: Pin<&mut RowStream>,
    stop: Option<impl Future<Output = ()>>,
) -> Result<(), tokio_postgres::Error> {
    let mut unwanted = 0;
    while let Some(row) = poll_fn(|cx| next(stream.as_mut(), cx)).await {
        row?;
        unwanted += 1;
        if unwanted == UNWANTED && stop.is_some() {
            break;
        }
    }
    let Some(stop) = stop.filter(|_| unwanted == UNWANTED) else { return Ok(()) };
    stop.await;
    // the end is the error of a statement that was cancelled, unless it came first
    while let Some(Ok(_)) = poll_fn(|cx| next(stream.as_mut(), cx)).await {}
    Ok(())
}

fn next(
    stream: Pin<&mut RowStream>,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Row, tokio_postgres::Error>>> {
    stream.poll_next(cx)
}
