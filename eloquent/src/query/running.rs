//! The future of a query, and of a write.

use std::pin::Pin;
use std::task::{Context, Poll};

use eloquent_core::statement::Statement;
use eloquent_core::{Error, ErrorKind, Result};

use super::sink::Gather;
use super::{BoxFuture, Plan};
use crate::database::{Executor, Located, Target, Tried};
use crate::model::ModelDef;

/// A query on its way to its rows, or a write: what it becomes when it is awaited.
///
/// The first poll tries it on a session that is at hand. Only what is not answered there at once is
/// moved into a box.
#[must_use = "a query does nothing until it is awaited"]
pub struct Running<S: Gather>(State<S>);

// a box for the large one is what this future is there to do without
#[allow(clippy::large_enum_variant)]
enum State<S: Gather> {
    Fresh(Fresh<S>),
    Boxed(BoxFuture<Result<S::Output>>),
    Failed(Error),
    Over,
}

struct Fresh<S> {
    statement: Statement,
    target: Option<Target>,
    definition: &'static ModelDef,
    sink: S,
}

impl<S: Gather> Running<S> {
    pub(crate) fn new(plan: Result<Plan>, definition: &'static ModelDef, sink: S) -> Self {
        match plan {
            Ok(plan) => Self::of(Ok(Statement::Select(plan.select)), plan.target, definition, sink),
            Err(error) => Self::of(Err(error), None, definition, sink),
        }
    }

    pub(super) fn of(
        statement: Result<Statement>,
        target: Option<Target>,
        definition: &'static ModelDef,
        sink: S,
    ) -> Self {
        Running(match statement {
            Ok(statement) => State::Fresh(Fresh { statement, target, definition, sink }),
            Err(error) => State::Failed(error),
        })
    }
}

impl<S: Gather> Future for Running<S> {
    type Output = Result<S::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let State::Boxed(future) = &mut self.0 {
            return future.as_mut().poll(cx);
        }
        let Fresh { statement, target, definition, mut sink } =
            match std::mem::replace(&mut self.0, State::Over) {
                State::Fresh(fresh) => fresh,
                State::Failed(error) => return Poll::Ready(Err(error)),
                State::Boxed(_) | State::Over => return Poll::Ready(Err(over())),
            };
        let executor = Executor::resolve(target, Some(definition))?;
        let (lent, is_again) = match executor.now(&statement, &mut sink) {
            Tried::Done(Err(error)) if executor.runs_again(&statement, &error) => {
                sink.reset();
                (None, true)
            }
            Tried::Done(outcome) => {
                let outcome = outcome.locate(definition);
                return Poll::Ready(outcome.map(|affected| sink.finish(affected)));
            }
            Tried::Later(lent) => (lent, false),
        };
        let mut future: BoxFuture<_> = Box::pin(async move {
            let outcome = match S::ROWS {
                true => {
                    let fresh = sink.fresh();
                    match executor.fetch_later(&statement, sink, lent).await {
                        Err(error) if !is_again && executor.runs_again(&statement, &error) => {
                            Box::pin(executor.fetch_later(&statement, fresh, None)).await
                        }
                        outcome => outcome,
                    }
                }
                false => executor.execute_later(&statement, lent).await.map(|done| (done, sink)),
            };
            outcome.locate(definition).map(|(affected, sink)| sink.finish(affected))
        });
        let polled = future.as_mut().poll(cx);
        self.0 = State::Boxed(future);
        polled
    }
}

// nothing in it is pinned in place
impl<S: Gather> Unpin for Running<S> {}

impl<S: Gather> std::fmt::Debug for Running<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}

fn over() -> Error {
    Error::new(ErrorKind::InvalidInput, "the query has ended and was polled again")
}
