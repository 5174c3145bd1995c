//! Changes to the schema as text.

mod column;
mod constraint;
mod steps;
mod table;

use super::Dialect;
use super::compiler::quote_identifier;
use crate::schema::{SchemaChange, SchemaText, TableChange, TableInfo, ViewDefinition};
use crate::statement::scan_unbound;
use crate::{Error, Name, Result};

pub use column::{Place, define_column};
pub use constraint::{create_index, define_check, define_foreign_key};
pub use table::column_index;

/// The statements that make a change to the schema.
///
/// # Errors
/// What the dialect lacks, and what is wrong with the change.
pub fn alter(dialect: &dyn Dialect, change: &SchemaChange) -> Result<Vec<String>> {
    alter_known(dialect, change, None)
}

/// The same for a table of which it is known how it looks before the change: some databases have to be
/// told what goes.
///
/// # Errors
/// As [`alter`].
pub fn alter_known(
    dialect: &dyn Dialect,
    change: &SchemaChange,
    known: Option<&TableInfo>,
) -> Result<Vec<String>> {
    statements(dialect, change, known)
        .map_err(|error| error.with_table(change.table().clone()).with_driver(dialect.driver()))
}

/// Whether a change has to know how the table looks before it.
pub(super) fn has_to_know(change: &SchemaChange) -> bool {
    let has_to = |step: &TableChange| {
        matches!(
            step,
            TableChange::AlterColumn(_)
                | TableChange::DropKey
                | TableChange::DropIndex(_)
                | TableChange::RenameIndex { .. }
        )
    };
    change.steps().iter().any(has_to)
}

fn statements(
    dialect: &dyn Dialect,
    change: &SchemaChange,
    known: Option<&TableInfo>,
) -> Result<Vec<String>> {
    dialect.capabilities().check_change(change, dialect.driver())?;
    match change {
        SchemaChange::CreateTable(definition) => table::create_table(dialect, definition),
        SchemaChange::AlterTable { table, changes } => {
            steps::alter_table(dialect, table, changes, known)
        }
        SchemaChange::RenameTable { from, to } => {
            let (from, to) = (quote_identifier(dialect, from)?, quote_identifier(dialect, to)?);
            Ok(vec![format!("ALTER TABLE {from} RENAME TO {to}")])
        }
        SchemaChange::DropTable { table, if_exists } => {
            let table = quote_identifier(dialect, table)?;
            Ok(vec![dialect.drop_table(&table, *if_exists)])
        }
        SchemaChange::CreateIndex(index) => Ok(vec![create_index(dialect, index)?]),
        SchemaChange::DropIndex { table, name, if_exists } => {
            let table = quote_identifier(dialect, table)?;
            let name = quote_identifier(dialect, name)?;
            Ok(vec![dialect.drop_index(&table, &name, *if_exists)])
        }
        SchemaChange::CreateView(ViewDefinition { name, query, or_replace }) => {
            let name = quote_identifier(dialect, name)?;
            let query = schema_text(dialect, query)?;
            Ok(dialect.create_view(&name, query.trim_end(), *or_replace))
        }
        SchemaChange::DropView { view, if_exists } => {
            let view = quote_identifier(dialect, view)?;
            Ok(vec![format!("DROP VIEW {}{view}", if *if_exists { "IF EXISTS " } else { "" })])
        }
    }
}

/// Text of the schema, made sure that it stays within its place.
///
/// # Errors
/// [`ErrorKind::InvalidInput`](crate::ErrorKind) for text that is empty, ends within a string or comment,
/// has parentheses that do not match, a `;` or a NUL character.
pub fn schema_text(dialect: &dyn Dialect, text: &SchemaText) -> Result<String> {
    let scan = scan_unbound(text.as_str(), dialect.backslash_escapes())?;
    if scan.is_blank {
        return Err(Error::invalid("the text for the schema is empty"));
    }
    if scan.ends_statement {
        return Err(Error::invalid("the text for the schema contains `;`"));
    }
    let end = if scan.ends_in_comment { "\n" } else { "" };
    Ok(format!("{}{end}", text.as_str().trim()))
}

fn quoted_list(dialect: &dyn Dialect, names: &[Name]) -> Result<String> {
    let quoted = names.iter().map(|name| quote_identifier(dialect, name));
    Ok(quoted.collect::<Result<Vec<_>>>()?.join(", "))
}
