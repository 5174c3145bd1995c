//! Changes to the schema as text.

use super::Dialect;
use super::compiler::{quote_identifier, shorten};
use super::parts::{IndexParts, TableParts};
use crate::schema::{Column, Index, SchemaChange, TableDefinition};
use crate::{Error, Name, Result};

/// The statements that make a change to the schema.
///
/// # Errors
/// What the dialect lacks, and what is wrong with the change.
pub fn alter(dialect: &dyn Dialect, change: &SchemaChange) -> Result<Vec<String>> {
    let result = match change {
        SchemaChange::CreateTable(table) => {
            create_table(dialect, table).map_err(|error| error.with_table(table.name.clone()))
        }
        SchemaChange::DropTable { table, if_exists } => quote_identifier(dialect, table)
            .map(|quoted| vec![dialect.drop_table(&quoted, *if_exists)]),
        SchemaChange::CreateIndex(index) => create_index(dialect, index)
            .map(|sql| vec![sql])
            .map_err(|error| error.with_table(index.table.clone())),
        SchemaChange::DropIndex { table, name, if_exists } => {
            let table = quote_identifier(dialect, table)?;
            let name = quote_identifier(dialect, name)?;
            Ok(vec![dialect.drop_index(&table, &name, *if_exists)])
        }
    };
    result.map_err(|error| error.with_driver(dialect.driver()))
}

fn create_table(dialect: &dyn Dialect, table: &TableDefinition) -> Result<Vec<String>> {
    check_table(table)?;
    let mut body = table
        .columns
        .iter()
        .map(|column| {
            define(dialect, table, column).map_err(|error| error.with_column(column.name.clone()))
        })
        .collect::<Result<Vec<_>>>()?;
    if table.key.len() > 1 {
        body.push(format!("PRIMARY KEY ({})", quoted_list(dialect, &table.key)?));
    }
    let name = quote_identifier(dialect, &table.name)?;
    let mut statements = vec![dialect.create_table(&TableParts {
        table: &name,
        if_not_exists: table.if_not_exists,
        body: &body.join(", "),
    })?];
    for column in table.columns.iter().filter(|column| column.index) {
        let index = Index {
            name: index_name(dialect, &table.name, &column.name),
            table: table.name.clone(),
            columns: vec![column.name.clone()],
            unique: false,
            if_not_exists: table.if_not_exists,
        };
        statements.push(create_index(dialect, &index)?);
    }
    for index in &table.indexes {
        // a table that is left alone has its indexes already
        let if_not_exists = index.if_not_exists || table.if_not_exists;
        statements.push(create_index(dialect, &Index { if_not_exists, ..index.clone() })?);
    }
    Ok(statements)
}

/// The name of the index that a column asks for.
fn index_name(dialect: &dyn Dialect, table: &str, column: &str) -> Name {
    shorten(format!("idx_{table}_{column}"), dialect.max_identifier()).into()
}

fn define(dialect: &dyn Dialect, table: &TableDefinition, column: &Column) -> Result<String> {
    if column.database_default {
        let error = Error::invalid(
            "the column is marked as filled by the database, but not with what; it cannot be \
             created from the model",
        );
        return Err(error.with_hint("create the table in a migration with raw text"));
    }
    let is_key = table.key.contains(&column.name);
    let sole_key = is_key && table.key.len() == 1;
    let name = quote_identifier(dialect, &column.name)?;
    let mut sql = format!("{name} {}", dialect.column_type(column)?);
    if column.auto_increment {
        if column.ty.integer_range().is_none() {
            return Err(Error::invalid("only an integer column can be numbered by the database"));
        }
        sql.push_str(dialect.auto_increment(column, sole_key)?);
    } else if is_key || !column.nullable {
        sql.push_str(" NOT NULL");
    }
    if sole_key {
        sql.push_str(" PRIMARY KEY");
    } else if column.unique {
        sql.push_str(" UNIQUE");
    }
    if let Some(check) = dialect.column_check(column, &name) {
        sql.push_str(&format!(" CHECK ({check})"));
    }
    Ok(sql)
}

fn create_index(dialect: &dyn Dialect, index: &Index) -> Result<String> {
    if index.columns.is_empty() {
        return Err(Error::invalid(format!("the index `{}` has no columns", index.name)));
    }
    let name = quote_identifier(dialect, &index.name)?;
    let table = quote_identifier(dialect, &index.table)?;
    let columns = quoted_list(dialect, &index.columns)?;
    dialect.create_index(&IndexParts {
        name: &name,
        table: &table,
        columns: &columns,
        unique: index.unique,
        if_not_exists: index.if_not_exists,
    })
}

fn quoted_list(dialect: &dyn Dialect, names: &[Name]) -> Result<String> {
    let quoted = names.iter().map(|name| quote_identifier(dialect, name));
    Ok(quoted.collect::<Result<Vec<_>>>()?.join(", "))
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
    for name in table.key.iter().chain(indexed) {
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
