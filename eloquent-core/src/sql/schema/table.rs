//! The creation of a table.

use super::super::Dialect;
use super::super::compiler::quote_identifier;
use super::super::parts::TableParts;
use super::column::{Place, define_column};
use super::constraint::{create_index, define_check, define_foreign_key};
use super::quoted_list;
use crate::schema::{Column, Index, IndexPart, TableDefinition, conventional_name};
use crate::{Error, Name, Result};

pub(super) fn create_table(dialect: &dyn Dialect, table: &TableDefinition) -> Result<Vec<String>> {
    check_table(table)?;
    let define = |column: &Column| define_column(dialect, column, place(table, column));
    let mut body = table.columns.iter().map(define).collect::<Result<Vec<_>>>()?;
    if table.key.len() > 1 {
        body.push(format!("PRIMARY KEY ({})", quoted_list(dialect, &table.key)?));
    }
    for key in &table.foreign_keys {
        body.push(define_foreign_key(dialect, key)?);
    }
    for check in &table.checks {
        body.push(define_check(dialect, check)?);
    }
    let name = quote_identifier(dialect, &table.name)?;
    let mut statements = vec![dialect.create_table(&TableParts {
        table: &name,
        if_not_exists: table.if_not_exists,
        body: &body.join(", "),
    })?];
    for column in table.columns.iter().filter(|column| column.index) {
        let index = column_index(dialect, &table.name, &column.name, table.if_not_exists);
        statements.push(create_index(dialect, &index)?);
    }
    for index in &table.indexes {
        // a table that is left alone has its indexes already
        let if_not_exists = index.if_not_exists || table.if_not_exists;
        statements.push(create_index(dialect, &Index { if_not_exists, ..index.clone() })?);
    }
    if let Some(comment) = &table.comment {
        statements.push(dialect.table_comment(&name, &dialect.text_literal(comment)?));
    }
    for column in &table.columns {
        statements.extend(column_comment(dialect, &name, column)?);
    }
    Ok(statements)
}

/// The statement that gives a column its comment, where that is no part of its definition.
pub(super) fn column_comment(
    dialect: &dyn Dialect,
    table: &str,
    column: &Column,
) -> Result<Option<String>> {
    let Some(comment) = &column.comment else { return Ok(None) };
    let comment = dialect.text_literal(comment)?;
    if dialect.inline_comment(&comment).is_some() {
        return Ok(None);
    }
    let name = quote_identifier(dialect, &column.name)?;
    Ok(Some(format!("COMMENT ON COLUMN {table}.{name} IS {comment}")))
}

/// The index that a column asks for.
pub fn column_index(
    dialect: &dyn Dialect,
    table: &Name,
    column: &Name,
    if_not_exists: bool,
) -> Index {
    let name = conventional_name("idx", table, &[column], dialect.max_identifier());
    Index {
        name: name.into(),
        table: table.clone(),
        columns: vec![IndexPart::Column(column.clone())],
        if_not_exists,
        ..Index::default()
    }
}

fn place(table: &TableDefinition, column: &Column) -> Place {
    let is_key = table.key.contains(&column.name);
    let over = |index: &Index| index.columns.iter().any(|part| part.column() == Some(&column.name));
    Place {
        is_key,
        sole_key: is_key && table.key.len() == 1,
        indexed: table.indexes.iter().any(over),
        exists: false,
    }
}

fn check_table(table: &TableDefinition) -> Result<()> {
    if table.columns.is_empty() {
        return Err(Error::invalid("a table needs a column"));
    }
    for (index, column) in table.columns.iter().enumerate() {
        let before = &table.columns[..index];
        if before.iter().any(|other| other.name.eq_ignore_ascii_case(&column.name)) {
            let error = Error::invalid("the column is defined twice");
            return Err(error.with_column(column.name.clone()));
        }
    }
    let indexed = table.indexes.iter().flat_map(|index| &index.columns);
    let indexed = indexed.filter_map(IndexPart::column);
    let foreign = table.foreign_keys.iter().flat_map(|key| &key.columns);
    for name in table.key.iter().chain(indexed).chain(foreign) {
        if !table.columns.iter().any(|column| column.name == *name) {
            let error = Error::invalid("a key or index names a column that the table lacks");
            return Err(error.with_column(name.clone()));
        }
    }
    for (index, name) in table.key.iter().enumerate() {
        if table.key[..index].contains(name) {
            let error = Error::invalid("the key names the column twice");
            return Err(error.with_column(name.clone()));
        }
    }
    if let Some(index) = table.indexes.iter().find(|index| index.table != table.name) {
        return Err(Error::invalid(format!("the index `{}` is of another table", index.name)));
    }
    Ok(())
}
