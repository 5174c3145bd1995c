//! Indexes, foreign keys and checks.

use super::super::Dialect;
use super::super::compiler::quote_identifier;
use super::super::parts::IndexParts;
use super::{quoted_list, schema_text};
use crate::schema::{Check, ForeignAction, ForeignKey, Index, IndexPart};
use crate::{Error, Result};

/// The statement that creates an index.
///
/// # Errors
/// What the dialect lacks, and what is wrong with the index.
pub fn create_index(dialect: &dyn Dialect, index: &Index) -> Result<String> {
    if index.columns.is_empty() {
        return Err(Error::invalid(format!("the index `{}` has no columns", index.name)));
    }
    let name = quote_identifier(dialect, &index.name)?;
    let table = quote_identifier(dialect, &index.table)?;
    let part = |part: &IndexPart| match part {
        IndexPart::Column(name) => quote_identifier(dialect, name),
        IndexPart::Expression(text) => Ok(format!("({})", schema_text(dialect, text)?)),
    };
    let columns = index.columns.iter().map(part).collect::<Result<Vec<_>>>()?.join(", ");
    let filter = index.filter.as_ref().map(|text| schema_text(dialect, text)).transpose()?;
    dialect.create_index(&IndexParts {
        name: &name,
        table: &table,
        columns: &columns,
        unique: index.unique,
        if_not_exists: index.if_not_exists,
        filter: filter.as_deref(),
    })
}

/// A foreign key as it stands in the creation of a table.
///
/// # Errors
/// What the dialect lacks, and what is wrong with the key.
pub fn define_foreign_key(dialect: &dyn Dialect, key: &ForeignKey) -> Result<String> {
    let wrong = |what: &str| Error::invalid(format!("the foreign key `{}` {what}", key.name));
    if key.columns.is_empty() {
        return Err(wrong("has no columns"));
    }
    if key.foreign_table.is_empty() {
        return Err(wrong("refers to no table").with_hint("say which with `.on(\"table\")`"));
    }
    if key.columns.len() != key.foreign_columns.len() {
        return Err(wrong("does not refer to as many columns as it has"));
    }
    dialect.check_foreign_key(key)?;
    let mut sql = format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})",
        quote_identifier(dialect, &key.name)?,
        quoted_list(dialect, &key.columns)?,
        quote_identifier(dialect, &key.foreign_table)?,
        quoted_list(dialect, &key.foreign_columns)?,
    );
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        if action != ForeignAction::NoAction {
            sql.push_str(&format!(" ON {event} {}", action.words()));
        }
    }
    if key.deferred {
        sql.push_str(" DEFERRABLE INITIALLY DEFERRED");
    }
    Ok(sql)
}

/// A check as it stands in the creation of a table.
///
/// # Errors
/// When its name or text is wrong.
pub fn define_check(dialect: &dyn Dialect, check: &Check) -> Result<String> {
    let name = quote_identifier(dialect, &check.name)?;
    Ok(format!("CONSTRAINT {name} CHECK ({})", schema_text(dialect, &check.condition)?))
}
