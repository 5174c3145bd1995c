//! Sinks that stop, wait, fail and panic.

use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use eloquent_core::ErrorKind;

use super::*;

/// A sink that does what it is told on its second row.
struct Odd(fn() -> Result<Flow>, u32);

impl RowSink for Odd {
    fn row(&mut self, _: &dyn Row) -> Result<Flow> {
        self.1 += 1;
        if self.1 == 2 { (self.0)() } else { Ok(Flow::Continue) }
    }

    fn reset(&mut self) {
        self.1 = 0;
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

const THREE: &str = "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3";
const WRITE_THREE: &str = "INSERT INTO t (name) VALUES ('a'), ('b'), ('c') RETURNING id";

fn panics() -> Result<Flow> {
    std::panic::resume_unwind(Box::new(()))
}

fn fails() -> Result<Flow> {
    Err(Error::new(ErrorKind::Decode, "no").with_driver("sqlite"))
}

#[tokio::test]
async fn a_panic_is_an_error_and_the_session_goes_on() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    session.begin(0, Default::default()).await.unwrap();
    execute(session, &write("INSERT INTO t (name) VALUES ('x')")).await.unwrap();
    let here = session.query_now(&read(THREE), &[], &mut Odd(panics, 0));
    assert_eq!(kind(here), ErrorKind::Database);
    let away = session.query_later(&read(THREE), &[], Box::new(Odd(panics, 0))).await;
    assert_eq!(kind(away), ErrorKind::Database);
    session.commit(0).await.unwrap();
    assert_eq!(fixture.count(), 1);
}

#[tokio::test]
async fn an_error_of_the_sink_is_what_the_caller_gets() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    assert_eq!(kind(session.query_now(&read(THREE), &[], &mut Odd(fails, 0))), ErrorKind::Decode);
    let away = session.query_later(&read(THREE), &[], Box::new(Odd(fails, 0))).await;
    assert_eq!(kind(away), ErrorKind::Decode);
}

/// The rows of a write are there before the first one is shown, and are committed by the last step.
#[tokio::test]
async fn a_write_is_done_wholly_whatever_the_sink_says() {
    let mut fixture = Fixture::new(&[]).await;
    let mut expected = 0;
    for say in [fails, panics, || Ok(Flow::Stop), || Ok(Flow::Flush)] {
        let session = &mut fixture.session;
        let here = session.query_now(&write(WRITE_THREE), &[], &mut Odd(say, 0));
        let away = session.query_later(&write(WRITE_THREE), &[], Box::new(Odd(say, 0))).await;
        assert_eq!(here.is_ok(), away.is_ok());
        if let Ok(now) = here {
            assert_eq!(now, Now::Done(Affected { rows: 3, last_id: Some(expected + 3) }));
        }
        expected += 6;
        assert_eq!(fixture.count(), expected);
    }
}

#[tokio::test]
async fn a_sink_that_has_enough_ends_a_read() {
    let mut fixture = Fixture::new(&[]).await;
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let stop = || Ok(Flow::Stop);
    let affected = Affected { rows: 2, last_id: None };
    let session = &mut fixture.session;
    assert_eq!(
        session.query_now(&read(endless), &[], &mut Odd(stop, 0)).unwrap(),
        Now::Done(affected)
    );
    let fetched =
        ends(session.query_later(&read(endless), &[], Box::new(Odd(stop, 0)))).await.unwrap();
    assert_eq!(fetched.affected, affected);
}

#[tokio::test]
async fn a_sink_that_wants_to_be_flushed_is_sent_away_empty() {
    let mut fixture = Fixture::new(&[]).await;
    let mut sink = Odd(|| Ok(Flow::Flush), 0);
    assert_eq!(fixture.session.query_now(&read(THREE), &[], &mut sink).unwrap(), Now::Later);
    assert_eq!(sink.1, 0);
}

/// A sink with room for one row: it has room again when the row was taken out.
#[derive(Clone, Default)]
struct Narrow(Arc<Mutex<(Option<i64>, Option<Waker>)>>);

impl RowSink for Narrow {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let before = self.0.lock().unwrap().0.replace(row.read(0)?);
        assert_eq!(before, None, "there was no room");
        Ok(Flow::Flush)
    }

    fn reset(&mut self) {}

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let mut state = self.0.lock().unwrap();
        if state.0.is_none() {
            return Poll::Ready(Ok(()));
        }
        state.1 = Some(cx.waker().clone());
        Poll::Pending
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl Narrow {
    fn take(&self) -> Option<i64> {
        let mut state = self.0.lock().unwrap();
        let row = state.0.take()?;
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
        Some(row)
    }
}

#[tokio::test]
async fn the_worker_waits_for_a_sink_without_room() {
    let mut fixture = Fixture::new(&[]).await;
    let sink = Narrow::default();
    let taker = sink.clone();
    let thread = std::thread::spawn(move || {
        let mut rows = Vec::new();
        while rows.len() < 3 {
            rows.extend(taker.take());
            std::thread::yield_now();
        }
        rows
    });
    ends(fixture.session.query_later(&read(THREE), &[], Box::new(sink))).await.unwrap();
    assert_eq!(thread.join().unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn a_sink_that_never_has_room_is_left_when_the_future_is_dropped() {
    let mut fixture = Fixture::new(&[]).await;
    for polls in [1, 2, 20, 200] {
        let sink = Narrow::default();
        drop_after(polls, fixture.session.query_later(&read(THREE), &[], Box::new(sink))).await;
        ends(fixture.session.settle()).await.unwrap();
    }
    assert_eq!(integer(&mut fixture.session, "SELECT 7").await, 7);
}
