//! Refusing what a limited wrapper lacks, as a driver that lacks it would.

use eloquent_core::driver::Capabilities;
use eloquent_core::statement::{Assignment, Expression, From, Select, Statement};
use eloquent_core::{Error, Result};

/// Refuses a statement that needs a capability which was taken away.
pub(super) fn check(
    statement: &Statement,
    capabilities: Capabilities,
    driver: &'static str,
) -> Result<()> {
    let refused = match statement {
        Statement::Select(select) => return check_select(select, capabilities, driver),
        Statement::Insert(insert) if insert.conflict.is_some() && !capabilities.upsert => {
            return Err(Error::unsupported("an upsert", driver));
        }
        Statement::Insert(insert) => insert.returning.is_some() && !capabilities.returning,
        Statement::Update(update) if !capabilities.nested_updates => {
            if let Some(part) = update.assignments.iter().find(|one| is_of_a_part(one)) {
                return Err(Error::unsupported("a change inside of a column", driver)
                    .with_hint("read the column, and write it as a whole")
                    .with_column(part.column.name.clone()));
            }
            update.returning.is_some() && !capabilities.returning_updates
        }
        Statement::Update(update) => update.returning.is_some() && !capabilities.returning_updates,
        Statement::Delete(delete) => delete.returning.is_some() && !capabilities.returning,
        _ => false,
    };
    if refused {
        return Err(Error::unsupported("giving back the rows of a write", driver));
    }
    Ok(())
}

fn is_of_a_part(assignment: &Assignment) -> bool {
    matches!(assignment.value, Expression::Changed(_))
}

fn check_select(select: &Select, capabilities: Capabilities, driver: &'static str) -> Result<()> {
    if !select.joins.is_empty() && !capabilities.joins {
        return Err(Error::unsupported("a join", driver));
    }
    if select.lock.is_some() && !capabilities.row_locks {
        return Err(Error::unsupported("a row lock", driver));
    }
    match &select.from {
        From::Select { select, .. } => check_select(select, capabilities, driver),
        _ => Ok(()),
    }
}

/// Refuses a step of a transaction that needs a capability which was taken away.
pub(super) fn check_depth(
    depth: u32,
    capabilities: Capabilities,
    driver: &'static str,
) -> Result<()> {
    if !capabilities.transactions {
        return Err(Error::unsupported("a transaction", driver));
    }
    if depth > 0 && !capabilities.savepoints {
        return Err(Error::unsupported("a transaction inside a transaction", driver));
    }
    Ok(())
}
