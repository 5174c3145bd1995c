//! Errors: their kind, what they name, and what they keep to themselves.

use eloquent_core::driver::Session;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::RawSql;
use eloquent_core::value::Value;
use eloquent_core::{Error, ErrorKind, Name, Result};

use super::sinks::{Mood, Moody, show};
use super::{Contract, assign, col, delete, equal, execute, insert, query, select, update};
use crate::case::{Outcome, cases};

cases![Contract:
    a_taken_key, a_taken_value, a_missing_value[RELATIONAL], a_check_that_fails[RELATIONAL],
    a_missing_parent[RELATIONAL], a_parent_that_is_needed[RELATIONAL], no_value_is_told,
    the_sinks_error_comes_back, after_an_error_all_is_well,
];

const ID: ColumnType = ColumnType::I64;
const TEXT: ColumnType = ColumnType::String { length: 100 };
const CANARY: &str = "canary-51c0";

async fn people(cx: &Contract, session: &mut dyn Session) -> Result<Name> {
    let columns =
        [Column::new("id", ID), Column::new("email", TEXT).unique(), Column::new("name", TEXT)];
    let table = cx.table(session, &columns).await?;
    person(session, &table, 1, CANARY).await?;
    Ok(table)
}

async fn person(session: &mut dyn Session, table: &Name, id: i64, email: &str) -> Result<()> {
    let row = [Value::I64(id), Value::Text(email.to_owned()), Value::Text(CANARY.to_owned())];
    execute(session, insert(table, ["id", "email", "name"], [row])).await.map(drop)
}

/// A violation names its table, and the column or the constraint.
fn names(error: &Error, kind: ErrorKind, table: &Name, column: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(error.table(), Some(&**table), "{error}");
    let constraint = error.constraint().is_some_and(|name| name.contains(column));
    assert!(error.column() == Some(column) || constraint, "{error}");
    assert!(!error.to_string().contains(CANARY), "{error}");
}

async fn a_taken_key(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let error = person(session, &table, 1, "other").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    assert_eq!(error.table(), Some(&*table), "{error}");
    assert!(error.column().is_some() || error.constraint().is_some(), "{error}");
    Ok(())
}

async fn a_taken_value(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let error = person(session, &table, 2, CANARY).await.unwrap_err();
    names(&error, ErrorKind::UniqueViolation, &table, "email");
    person(session, &table, 2, "other").await?;
    let set = vec![assign(col("email", TEXT), CANARY.to_owned())];
    let change = update(&table, set, vec![equal(col("id", ID), 2_i64)]);
    names(
        &execute(session, change).await.unwrap_err(),
        ErrorKind::UniqueViolation,
        &table,
        "email",
    );
    Ok(())
}

async fn a_missing_value(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let row = [Value::I64(2), Value::Text("other".to_owned()), Value::Null];
    let null = insert(&table, ["id", "email", "name"], [row]);
    names(&execute(session, null).await.unwrap_err(), ErrorKind::NotNullViolation, &table, "name");
    let left_out =
        insert(&table, ["id", "name"], [[Value::I64(2), Value::Text(CANARY.to_owned())]]);
    let error = execute(session, left_out).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotNullViolation, "{error}");
    let set = vec![assign(col("name", TEXT), None::<String>)];
    let change = update(&table, set, vec![equal(col("id", ID), 1_i64)]);
    names(
        &execute(session, change).await.unwrap_err(),
        ErrorKind::NotNullViolation,
        &table,
        "name",
    );
    Ok(())
}

async fn a_check_that_fails(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = cx.name("checked");
    let text = format!(
        "CREATE TABLE {table} (id BIGINT PRIMARY KEY, CONSTRAINT {table}_small CHECK (id < 10))"
    );
    execute(session, RawSql::trusted(text)).await?;
    let error = execute(session, insert(&table, ["id"], [[Value::I64(10)]])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CheckViolation, "{error}");
    assert_eq!(error.constraint(), Some(format!("{table}_small").as_str()), "{error}");
    execute(session, insert(&table, ["id"], [[Value::I64(9)]])).await?;
    Ok(())
}

async fn family(cx: &Contract, session: &mut dyn Session) -> Result<(Name, Name)> {
    let (parents, children) = (cx.name("parents"), cx.name("children"));
    let text = format!("CREATE TABLE {parents} (id BIGINT NOT NULL PRIMARY KEY)");
    execute(session, RawSql::trusted(text)).await?;
    let text = format!(
        "CREATE TABLE {children} (id BIGINT NOT NULL PRIMARY KEY, parent BIGINT NOT NULL, \
         CONSTRAINT {children}_parent FOREIGN KEY (parent) REFERENCES {parents} (id))"
    );
    execute(session, RawSql::trusted(text)).await?;
    execute(session, insert(&parents, ["id"], [[Value::I64(1)]])).await?;
    execute(session, insert(&children, ["id", "parent"], [[Value::I64(1), Value::I64(1)]])).await?;
    Ok((parents, children))
}

async fn a_missing_parent(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (_, children) = family(&cx, session).await?;
    let orphan = insert(&children, ["id", "parent"], [[Value::I64(2), Value::I64(99)]]);
    let error = execute(session, orphan).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
    assert_eq!(error.table(), Some(&*children), "{error}");
    Ok(())
}

async fn a_parent_that_is_needed(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (parents, _) = family(&cx, session).await?;
    let remove = delete(&parents, vec![equal(col("id", ID), 1_i64)]);
    let error = execute(session, remove).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
    assert_eq!(query(session, select(&parents, &[col("id", ID)])).await?.rows.len(), 1);
    Ok(())
}

/// An error may end up in a log or before a user: it has names in it, and no values.
async fn no_value_is_told(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let mut errors = vec![person(session, &table, 1, CANARY).await.unwrap_err()];
    let wrong = insert(&cx.name("missing"), ["id"], [[Value::Text(CANARY.to_owned())]]);
    errors.extend(execute(session, wrong).await.err());
    let set = vec![assign(col("missing", TEXT), CANARY.to_owned())];
    let wrong = update(&table, set, vec![equal(col("email", TEXT), CANARY.to_owned())]);
    errors.extend(execute(session, wrong).await.err());
    for error in errors {
        let mut text = format!("{error} {error:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text.push_str(&format!("{cause} {cause:?}"));
            source = cause.source();
        }
        assert!(!text.contains(CANARY), "{text}");
    }
    Ok(())
}

async fn the_sinks_error_comes_back(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let read = select(&table, &[col("id", ID)]);
    let error = show(session, &read, Moody::new(Mood::Fail, 1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Custom, "{error}");
    assert!(error.downcast_ref::<std::io::Error>().is_some(), "{error}");
    assert_eq!(query(session, read).await?.rows.len(), 1);
    Ok(())
}

/// A statement that failed leaves the session as it was.
async fn after_an_error_all_is_well(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    for id in 2..30 {
        assert!(person(session, &table, 1, "x").await.is_err());
        assert!(!session.is_broken());
        person(session, &table, id, &format!("person {id}")).await?;
    }
    session.reset().await?;
    assert_eq!(query(session, select(&table, &[col("id", ID)])).await?.rows.len(), 29);
    Ok(())
}
