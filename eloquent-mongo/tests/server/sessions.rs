//! Transactions, and what becomes of statements that nobody waits for.

use std::future::poll_fn;
use std::task::Poll;

use eloquent_core::ErrorKind;
use eloquent_core::driver::{Isolation, TransactionOptions};
use eloquent_core::statement::{Expression, Statement};
use eloquent_core::value::Value;

use crate::ground::{column, connection, insert, text, things, update};

#[tokio::test]
async fn an_error_ends_the_transaction() {
    let connection = connection().await;
    let mut session = connection.session().await.unwrap();
    let session = &mut *session;
    let table = things(session).await;
    let add = |code: &str| Statement::Insert(insert(&table, ["code"], [[text(code)]]));
    for commit in [true, false] {
        session.begin(0, TransactionOptions::default()).await.unwrap();
        session.execute(&add("a")).await.unwrap();
        let error = session.execute(&add("a")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
        let error = session.execute(&add("b")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TransactionAborted, "{error}");
        if commit {
            let error = session.commit(0).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TransactionAborted, "{error}");
        } else {
            session.rollback(0).await.unwrap();
        }
        assert!(column(session, &table, "code").await.is_empty());
    }
    session.execute(&add("a")).await.unwrap();
}

/// The first statement waits for the other transaction; a later one is told to be run again.
#[tokio::test]
async fn conflicts_wait_or_can_be_retried() {
    let connection = connection().await;
    let mut one = connection.session().await.unwrap();
    let mut other = connection.session().await.unwrap();
    let table = things(&mut *one).await;
    let new = insert(&table, ["n"], [[Value::I64(0)]]);
    one.execute(&Statement::Insert(new)).await.unwrap();
    let set = |n| Statement::Update(update(&table, "n", Expression::Value(Value::I64(n))));

    one.begin(0, TransactionOptions::default()).await.unwrap();
    one.execute(&set(1)).await.unwrap();
    let waiting = tokio::spawn({
        let statement = set(2);
        async move {
            other.begin(0, TransactionOptions::default()).await.unwrap();
            let outcome = other.execute(&statement).await;
            (other, outcome)
        }
    });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(!waiting.is_finished(), "it waits");
    one.commit(0).await.unwrap();
    let (mut other, outcome) = waiting.await.unwrap();
    assert_eq!(outcome.unwrap().rows, 1);
    other.commit(0).await.unwrap();
    assert_eq!(column(&mut *one, &table, "n").await, [Value::I64(2)]);

    one.begin(0, TransactionOptions::default()).await.unwrap();
    assert_eq!(column(&mut *one, &table, "n").await, [Value::I64(2)]);
    other.execute(&set(3)).await.unwrap();
    let error = one.execute(&set(4)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SerializationFailure, "{error}");
    one.rollback(0).await.unwrap();
    assert_eq!(column(&mut *one, &table, "n").await, [Value::I64(3)]);
}

#[tokio::test]
async fn what_the_server_lacks_is_refused() {
    let mut session = connection().await.session().await.unwrap();
    for isolation in [Isolation::ReadCommitted, Isolation::Serializable] {
        let mut options = TransactionOptions::default();
        options.isolation = Some(isolation);
        let error = session.begin(0, options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    let mut options = TransactionOptions::default();
    options.read_only = true;
    let table = things(&mut *session).await;
    session.begin(0, options).await.unwrap();
    let new = Statement::Insert(insert(&table, ["n"], [[Value::I64(1)]]));
    let error = session.execute(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    let error = session.begin(1, TransactionOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    session.rollback(0).await.unwrap();
}

/// Polls a future once, which has to wait for the server then.
async fn begin<F: Future + Unpin>(future: &mut F) {
    poll_fn(|cx| {
        assert!(std::pin::Pin::new(&mut *future).poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

/// Also when it is dropped where no runtime is at hand.
#[test]
fn a_write_that_was_begun_comes_to_its_end() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut session, table) = runtime.block_on(async {
        let mut session = connection().await.session().await.unwrap();
        let table = things(&mut *session).await;
        (session, table)
    });
    let add = |code: &str| Statement::Insert(insert(&table, ["code"], [[text(code)]]));
    let (first, second) = (add("a"), add("b"));
    let mut write = session.execute(&first);
    runtime.block_on(begin(&mut write));
    drop(write);
    runtime.block_on(async {
        session.settle().await.unwrap();
        assert_eq!(column(&mut *session, &table, "code").await, [text("a")]);
        session.begin(0, TransactionOptions::default()).await.unwrap();
        let mut write = session.execute(&second);
        begin(&mut write).await;
        drop(write);
        // what comes next waits for it
        session.commit(0).await.unwrap();
        assert_eq!(column(&mut *session, &table, "code").await, [text("a"), text("b")]);
    });
}
