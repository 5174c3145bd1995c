//! The steps of a transaction: begin, commit and rollback, of it and of savepoints, each within its bound.

use std::time::Instant;

use eloquent_core::driver::TransactionOptions;
use eloquent_core::{Error, ErrorKind, Result};

use super::super::pool::{Lease, within};
use super::super::target::Connection;

#[derive(Clone, Copy)]
pub(super) enum Step {
    Begin(u32, TransactionOptions),
    Commit(u32),
    Rollback(u32),
}

impl Step {
    /// What the log says: the step, not any database's spelling of it.
    fn text(self) -> String {
        match self {
            Step::Begin(0, _) => "BEGIN".to_owned(),
            Step::Begin(depth, _) => format!("SAVEPOINT {depth}"),
            Step::Commit(0) => "COMMIT".to_owned(),
            Step::Commit(depth) => format!("RELEASE SAVEPOINT {depth}"),
            Step::Rollback(0) => "ROLLBACK".to_owned(),
            Step::Rollback(depth) => format!("ROLLBACK TO SAVEPOINT {depth}"),
        }
    }
}

pub(super) async fn step(connection: &Connection, lease: &mut Lease, kind: Step) -> Result<()> {
    let started = Instant::now();
    let pool = connection.pool();
    let bound = match kind {
        Step::Rollback(_) => Some(pool.options().reset_timeout),
        _ => pool.options().statement_timeout,
    };
    let session = lease.start()?;
    let outcome = within(bound, async {
        match kind {
            Step::Begin(depth, options) => session.begin(depth, options).await,
            Step::Commit(depth) => session.commit(depth).await,
            Step::Rollback(depth) => session.rollback(depth).await,
        }
    })
    .await;
    let is_late = outcome.is_err();
    let outcome = lease.finish(outcome).map_err(|error| match kind {
        Step::Commit(0) if is_late => {
            pool.locate(Error::new(ErrorKind::CommitUnknown, error.message().to_owned()))
        }
        _ => error,
    });
    let report = outcome.as_ref().map(|()| 0);
    connection.db().events().report(
        (pool.name(), pool.driver()),
        started.elapsed(),
        report,
        || kind.text(),
    );
    outcome
}
