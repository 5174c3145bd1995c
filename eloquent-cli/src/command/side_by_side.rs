//! Asking several connections at the same time, so that one that does not answer holds up no other.

use eloquent::{Db, Environment, Error, ErrorKind, Result};

use super::Context;

/// What each connection answers, in their order. A panic of a driver is an error.
pub(super) async fn ask<T, F>(
    context: &Context<'_>,
    environment: &Environment,
    names: Vec<String>,
    question: impl Fn(Result<Db>, String) -> F,
) -> Vec<(String, Result<T>)>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let started: Vec<_> = names
        .into_iter()
        .map(|name| {
            let db = context.database(environment, &name);
            (name.clone(), tokio::spawn(question(db, name)))
        })
        .collect();
    let mut answers = Vec::new();
    for (name, task) in started {
        let answer = task.await.unwrap_or_else(|_| {
            let error = Error::new(ErrorKind::Connect, "the driver panicked");
            Err(error.with_connection(name.clone()))
        });
        answers.push((name, answer));
    }
    answers
}
