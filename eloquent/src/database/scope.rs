//! What is in scope of a task: its database and its transaction.

use tokio::task_local;

use super::Db;
use super::transaction::Tx;

#[derive(Clone)]
struct Scope {
    db: Db,
    transaction: Option<Tx>,
}

task_local! {
    static SCOPE: Scope;
}

pub(super) fn database() -> Option<Db> {
    SCOPE.try_with(|scope| scope.db.clone()).ok()
}

pub(super) fn transaction() -> Option<Tx> {
    SCOPE.try_with(|scope| scope.transaction.clone()).ok().flatten()
}

pub(super) async fn with_database<F: Future>(db: Db, future: F) -> F::Output {
    SCOPE.scope(Scope { db, transaction: None }, future).await
}

pub(super) async fn with_transaction<F: Future>(transaction: Tx, future: F) -> F::Output {
    let scope = Scope { db: transaction.db().clone(), transaction: Some(transaction) };
    SCOPE.scope(scope, future).await
}

/// The future, in the scope of the caller wherever it runs.
pub(super) fn carried<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let scope = SCOPE.try_with(Scope::clone).ok();
    async move {
        match scope {
            Some(scope) => SCOPE.scope(scope, future).await,
            None => future.await,
        }
    }
}
