//! Making changes to the schema on a session.

use super::schema::{alter_known, has_to_know};
use super::{SqlSession, query_rows, quote_identifier};
use crate::schema::{Column, SchemaChange, TableChange};
use crate::{Error, ErrorKind, Result};

/// Makes a change: all of it or nothing, where the database has changes to the schema in transactions.
pub(super) async fn alter<S: SqlSession + ?Sized>(
    session: &mut S,
    change: &SchemaChange,
) -> Result<()> {
    let outcome = make(session, change).await;
    outcome.map_err(|error| {
        error.with_table(change.table().clone()).with_driver(session.dialect().driver())
    })
}

async fn make<S: SqlSession + ?Sized>(session: &mut S, change: &SchemaChange) -> Result<()> {
    let known = match has_to_know(change) {
        true => {
            let table = session.inspect_table(change.table()).await?;
            Some(table.ok_or_else(|| Error::invalid("there is no such table"))?)
        }
        false => None,
    };
    let statements = alter_known(session.dialect(), change, known.as_ref())?;
    if session.dialect().fills_new_columns() {
        refuse_to_fill(session, change).await?;
    }
    if session.dialect().capabilities().transactional_ddl {
        // several statements in one text are a transaction
        return session.batch(&statements.join(";\n")).await;
    }
    for (done, sql) in statements.iter().enumerate() {
        session.batch(sql).await.map_err(|error| match done {
            0 => error,
            _ => error.with_hint(format!(
                "this database makes the steps of a change one by one: {done} of {} are made and stay",
                statements.len()
            )),
        })?;
    }
    Ok(())
}

/// Refuses a column that would get a value out of nowhere in the rows that there are.
async fn refuse_to_fill<S: SqlSession + ?Sized>(
    session: &mut S,
    change: &SchemaChange,
) -> Result<()> {
    let is_bare = |column: &&Column| {
        !column.nullable
            && !column.auto_increment
            && column.default.is_none()
            && column.generated.is_none()
    };
    let added = change.steps().iter().filter_map(|step| match step {
        TableChange::AddColumn(column) => Some(column),
        _ => None,
    });
    let Some(column) = added.into_iter().find(is_bare) else { return Ok(()) };
    let table = quote_identifier(session.dialect(), change.table())?;
    let rows = query_rows(session, &format!("SELECT 1 FROM {table} LIMIT 1"), &[]).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let message =
        "the new column may not be null, and the rows that there are have no value for it";
    Err(Error::new(ErrorKind::NotNullViolation, message)
        .with_hint("give it a default, or let it be null")
        .with_column(column.name.clone()))
}
