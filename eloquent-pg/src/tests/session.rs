//! Sessions: what is kept, what is undone, what is cancelled.

use std::future::poll_fn;
use std::pin::pin;
use std::time::{Duration, Instant};

use eloquent_core::ErrorKind;
use tokio::time::timeout;

use super::*;

#[tokio::test]
async fn statements_survive_changes_of_their_tables() -> Result<()> {
    let mut session = session().await?;
    let session = &mut *session;
    run(session, "CREATE TEMP TABLE changing (a int)").await?;
    run(session, "INSERT INTO changing VALUES (1)").await?;
    let all = raw("SELECT * FROM changing", &[]);
    assert_eq!(query(session, &all).await?.1[0].values(), [Value::I64(1)]);
    run(session, "ALTER TABLE changing ADD b text DEFAULT 'x'").await?;
    let expected = [Value::I64(1), Value::Text("x".to_owned())];
    assert_eq!(query(session, &all).await?.1[0].values(), expected);
    // in a transaction the statement that failed has voided it; the one after it is fine
    session.begin(0, Default::default()).await?;
    run(session, "ALTER TABLE changing DROP b").await?;
    assert!(query(session, &all).await.is_err());
    assert_eq!(session.commit(0).await.unwrap_err().kind(), ErrorKind::TransactionAborted);
    assert_eq!(query(session, &all).await?.1[0].values(), expected);
    Ok(())
}

#[tokio::test]
async fn statements_that_are_forgotten_are_prepared_again() -> Result<()> {
    let connection = connection(config().set("statement_cache", "2")).await?;
    let mut session = connection.session().await?;
    let session = &mut *session;
    for round in 0..3 {
        for number in 0..5 {
            let text = format!("SELECT {number}::bigint + ?::bigint");
            let sum = one(session, &text, &[Value::I64(round)]).await?;
            assert_eq!(sum, Value::I64(number + round));
        }
    }
    let kept = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 's%'";
    let Value::I64(kept) = one(session, kept, &[]).await? else { panic!("a number") };
    assert!(kept <= 3, "{kept}");
    run(session, "DEALLOCATE ALL").await?;
    assert_eq!(
        one(session, "SELECT 4::bigint + ?::bigint", &[Value::I64(2)]).await?,
        Value::I64(6)
    );
    Ok(())
}

/// Whoever waits is woken by the answer and by nothing else: not by what it has sent itself.
#[tokio::test]
async fn a_statement_is_polled_once_for_its_answer() -> Result<()> {
    let mut session = session().await?;
    let session = &mut *session;
    let statement = raw("SELECT 1::bigint", &[]);
    query(session, &statement).await?; // prepares it
    let mut fewest = u32::MAX;
    // an answer may come in parts, but hardly each time
    for _ in 0..50 {
        let mut polls = 0;
        let mut step = pin!(query(session, &statement));
        poll_fn(|cx| {
            polls += 1;
            step.as_mut().poll(cx)
        })
        .await?;
        fewest = fewest.min(polls);
    }
    assert_eq!(fewest, 2, "once to send, once when the answer is there");
    Ok(())
}

/// The client library holds back what nobody has taken yet; its rest is asked for.
#[tokio::test]
async fn an_answer_that_nobody_reads_comes_to_its_end() -> Result<()> {
    let mut session = session().await?;
    let session = &mut *session;
    let rows = "SELECT repeat('x', 1000) FROM generate_series(1, 50000)";
    for _ in 0..3 {
        let affected = timeout(Duration::from_secs(30), run(session, rows)).await;
        assert_eq!(affected.expect("it does not hang")?.rows, 50_000);
    }
    Ok(())
}

#[tokio::test]
async fn an_idle_session_knows_that_it_was_ended() -> Result<()> {
    let (mut session, mut other) = (session().await?, session().await?);
    let Value::I64(id) = one(&mut *session, "SELECT pg_backend_pid()", &[]).await? else {
        panic!("a number");
    };
    assert!(!session.is_broken());
    run(&mut *other, &format!("SELECT pg_terminate_backend({id})")).await?;
    let broken = async {
        while !session.is_broken() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), broken).await.expect("it is told without being used");
    Ok(())
}

#[tokio::test]
async fn a_reset_undoes_settings_and_keeps_statements() -> Result<()> {
    let mut session = session().await?;
    let session = &mut *session;
    for text in [
        "SET timezone = 'Asia/Tokyo'",
        "SET statement_timeout = 1234",
        "CREATE TEMP TABLE mine (a int)",
        "SELECT pg_advisory_lock(4711)",
    ] {
        run(session, text).await?;
    }
    session.begin(0, Default::default()).await?;
    session.reset().await?;
    let setting = |name| format!("SELECT current_setting('{name}')");
    let text = |text: &str| Value::Text(text.to_owned());
    assert_eq!(one(session, &setting("timezone"), &[]).await?, text("UTC"));
    assert_eq!(one(session, &setting("statement_timeout"), &[]).await?, text("0"));
    assert_eq!(one(session, &setting("application_name"), &[]).await?, text("eloquent"));
    let gone = "SELECT to_regclass('pg_temp.mine') IS NULL";
    assert_eq!(one(session, gone, &[]).await?, Value::Bool(true));
    let locks =
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
    assert_eq!(one(session, locks, &[]).await?, Value::I64(0));
    session.begin(0, Default::default()).await?;
    session.rollback(0).await
}

#[tokio::test]
async fn what_takes_too_long_is_cancelled_on_the_server() -> Result<()> {
    let mut session = session().await?;
    let session = &mut *session;
    let sleep = raw("SELECT pg_sleep(60)", &[]);
    let short = Duration::from_millis(50);
    for _ in 0..2 {
        assert!(timeout(short, session.execute(&sleep)).await.is_err());
        let start = Instant::now();
        session.reset().await?;
        assert!(start.elapsed() < Duration::from_secs(30));
        assert_eq!(one(session, "SELECT 1::bigint", &[]).await?, Value::I64(1));
    }
    // in a transaction, which is void then
    session.begin(0, Default::default()).await?;
    assert!(timeout(short, session.execute(&sleep)).await.is_err());
    session.settle().await?;
    let error = run(session, "SELECT 1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TransactionAborted);
    let error = session.commit(0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TransactionAborted);
    assert_eq!(one(session, "SELECT 1::bigint", &[]).await?, Value::I64(1));
    Ok(())
}

#[tokio::test]
async fn a_statement_has_its_time() -> Result<()> {
    let connection = connection(config().set("statement_timeout_ms", "50")).await?;
    let mut session = connection.session().await?;
    let error = run(&mut *session, "SELECT pg_sleep(60)").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    session.ping().await
}

#[tokio::test]
async fn a_commit_after_an_error_is_one() -> Result<()> {
    let mut session = session().await?;
    let session = &mut *session;
    session.begin(0, Default::default()).await?;
    session.begin(1, Default::default()).await?;
    assert!(run(session, "SELECT 1/0").await.is_err());
    session.rollback(1).await?;
    assert_eq!(one(session, "SELECT 1::bigint", &[]).await?, Value::I64(1));
    assert!(run(session, "SELECT 1/0").await.is_err());
    let error = session.commit(0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TransactionAborted);
    session.begin(0, Default::default()).await?;
    session.commit(0).await
}

#[tokio::test]
async fn raw_text_does_not_end_transactions() -> Result<()> {
    let mut session = session().await?;
    session.begin(0, Default::default()).await?;
    for text in ["COMMIT", "/* a */ rollback", "SAVEPOINT a"] {
        let error = run(&mut *session, text).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    // nor does a second statement behind the first one
    assert!(run(&mut *session, "SELECT 1; COMMIT").await.is_err());
    session.rollback(0).await
}

#[tokio::test]
async fn plans_are_explained_and_nothing_is_run() -> Result<()> {
    for mut session in [session().await?, at_once("plans").await?] {
        let session = &mut *session;
        let read = raw("SELECT oid FROM pg_class WHERE relname = ?", &[Value::Null]);
        let plan = session.explain(&read).await?;
        assert!(plan.contains("pg_class") && plan.contains("$1"), "{plan}");
        for text in ["SELECT 1; CREATE TABLE explained (a int)", "SELECT FROM nowhere", "VACUUM"] {
            assert!(session.explain(&raw(text, &[])).await.is_err(), "{text}");
        }
        let made = "SELECT to_regclass('explained') IS NULL";
        assert_eq!(one(session, made, &[]).await?, Value::Bool(true));
    }
    Ok(())
}

#[tokio::test]
async fn errors_say_what_and_where() -> Result<()> {
    let mut session = session().await?;
    let session = &mut *session;
    run(
        session,
        "CREATE TEMP TABLE places (id int PRIMARY KEY, name varchar(3) NOT NULL, \
         parent int REFERENCES places, size int CONSTRAINT positive CHECK (size > 0))",
    )
    .await?;
    run(session, "INSERT INTO places VALUES (1, 'a', NULL, 1)").await?;
    let cases = [
        ("(1, 'a')", ErrorKind::UniqueViolation, Some("id"), Some("places_pkey")),
        ("(2, NULL)", ErrorKind::NotNullViolation, Some("name"), None),
        ("(2, 'long')", ErrorKind::CheckViolation, None, None),
        ("(2, 'a', 9)", ErrorKind::ForeignKeyViolation, None, Some("places_parent_fkey")),
        ("(2, 'a', NULL, 0)", ErrorKind::CheckViolation, None, Some("positive")),
        ("(2, 'canary'::int)", ErrorKind::Encode, None, None),
    ];
    for (row, kind, column, constraint) in cases {
        let error = run(session, &format!("INSERT INTO places VALUES {row}")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{row}: {error}");
        assert_eq!((error.column(), error.constraint()), (column, constraint), "{row}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    for (text, kind, column, table) in [
        ("SELECT nme FROM places", ErrorKind::InvalidInput, Some("nme"), None),
        ("SELECT 1 FROM nowhere", ErrorKind::InvalidInput, None, Some("nowhere")),
        ("SELEC", ErrorKind::InvalidInput, None, None),
        ("SELECT 1/0", ErrorKind::InvalidInput, None, None),
    ] {
        let error = run(session, text).await.unwrap_err();
        assert_eq!((error.kind(), error.column(), error.table()), (kind, column, table), "{error}");
    }
    Ok(())
}
