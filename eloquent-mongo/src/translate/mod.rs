//! From statements to what the server takes: commands, filters, pipelines.
//!
//! A value of a statement enters as a typed value: behind `$eq` and its kin in a filter, in `$literal` in
//! an expression. Names are checked, and stand only where the server expects a name. So nothing that comes
//! from outside can become an operator.

mod arithmetic;
mod change;
mod expression;
mod filter;
mod group;
mod join;
mod list;
mod name;
mod pattern;
mod pipeline;
mod plan;
pub(crate) mod schema;
mod scope;
mod select;
#[cfg(test)]
mod tests;
pub(crate) mod validator;
mod write;

use eloquent_core::driver::{Capabilities, Family};
use eloquent_core::statement::Statement;
use eloquent_core::{Error, Result};

use crate::command::Command;
use crate::error::DRIVER;

pub(crate) use name::{check_collection, column, field};
pub(crate) use write::{KEY, either};

/// Whether a statement is made to be sent, or to be shown: then each value is a `?`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Sent,
    Shown,
}

/// What this driver can do. Transactions need a replica set.
pub(crate) fn capabilities(transactions: bool) -> Capabilities {
    let mut capabilities = Capabilities::minimal(Family::Document);
    capabilities.transactions = transactions;
    capabilities.returning = true;
    capabilities.returning_updates = true;
    capabilities.upsert = true;
    capabilities.nested_updates = true;
    capabilities.joins = true;
    capabilities.partial_indexes = true;
    capabilities.insert_rows = 10_000;
    capabilities
}

/// The command of a statement.
///
/// # Errors
/// For what the server lacks, for names that it does not take, and for values that it cannot hold.
pub(crate) fn command(statement: &Statement, form: Form) -> Result<Command> {
    // transactions are begun elsewhere, so that it does not matter here whether there are any
    capabilities(true).check(statement, DRIVER)?;
    if let Some(table) = statement.table() {
        check_collection(table)?;
    }
    let command = match statement {
        Statement::Select(select) => select::read(select, form),
        Statement::Insert(insert) => write::insert(insert, form),
        Statement::Update(update) => write::update(update, form),
        Statement::Delete(delete) => write::delete(delete, form),
        Statement::Pipeline(pipeline) => pipeline::read(pipeline, form),
        Statement::Raw(_) => Err(Error::unsupported("raw text", DRIVER)
            .with_hint("use the query builder: this database has no language of text")),
        _ => Err(Error::unsupported("this statement", DRIVER)),
    };
    command.map_err(|error| {
        let error = error.with_driver(DRIVER);
        match statement.table() {
            Some(table) => error.with_table(table.to_owned()),
            None => error,
        }
    })
}
