//! What a database can do.

use crate::schema::{IndexPart, SchemaChange, TableChange};
use crate::statement::{Delete, From, Insert, Select, Statement, Update};
use crate::{Error, Result};

/// The two ways of keeping data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// Rows in tables.
    Relational,
    /// Documents in collections.
    Document,
}

/// What a database can do. Each field is read by Eloquent and has a case in the conformance suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Rows or documents.
    pub family: Family,
    /// Whether there are transactions.
    pub transactions: bool,
    /// Whether a transaction can be rolled back in part.
    pub savepoints: bool,
    /// Whether an insert or a delete can give back the rows that it wrote.
    pub returning: bool,
    /// Whether an update can, too.
    pub returning_updates: bool,
    /// Whether an insert says unasked which number the database gave its last row.
    pub last_insert_id: bool,
    /// Whether an insert can update a row that exists already.
    pub upsert: bool,
    /// Whether an update can change a part of a column where it lies: a field of a document. The elements of
    /// lists are for databases of documents.
    pub nested_updates: bool,
    /// Whether tables can be joined.
    pub joins: bool,
    /// Whether a select can lock rows.
    pub row_locks: bool,
    /// Whether an index can hold only the rows that meet a condition.
    pub partial_indexes: bool,
    /// Whether an index can be over an expression.
    pub expression_indexes: bool,
    /// Whether tables and columns can have comments.
    pub comments: bool,
    /// Whether there are lists of a type in the database's own form.
    pub arrays: bool,
    /// Whether a generated column can be computed when it is read.
    pub virtual_columns: bool,
    /// Whether changes to the schema are part of a transaction.
    pub transactional_ddl: bool,
    /// Whether there are locks by name that end with their session.
    pub named_locks: bool,
    /// Whether a transaction that may write keeps all other writers out from its start.
    pub single_writer: bool,
    /// How many values one statement can bind.
    pub max_binds: usize,
    /// How many rows an insert takes at best; more are sent in several statements.
    pub insert_rows: usize,
}

impl Capabilities {
    /// The least that a driver of this family has: no optional ability, no limit on binds.
    pub const fn minimal(family: Family) -> Self {
        Capabilities {
            family,
            transactions: false,
            savepoints: false,
            returning: false,
            returning_updates: false,
            last_insert_id: false,
            upsert: false,
            nested_updates: false,
            joins: false,
            row_locks: false,
            partial_indexes: false,
            expression_indexes: false,
            comments: false,
            arrays: false,
            virtual_columns: false,
            transactional_ddl: false,
            named_locks: false,
            single_writer: false,
            max_binds: usize::MAX,
            insert_rows: 1000,
        }
    }

    /// Refuses what this database lacks, and what none may do. A driver that does not leave its
    /// statements to the shared compiler calls it before it sends anything, and where it renders.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind) naming `driver`; those of [`Statement::check`].
    pub fn check(&self, statement: &Statement, driver: &'static str) -> Result<()> {
        let lacking = match statement {
            Statement::Select(select) => self.lacking(select),
            Statement::Pipeline(_) if self.family == Family::Relational => Some("a pipeline"),
            Statement::Insert(Insert { conflict: Some(_), .. }) if !self.upsert => {
                Some("an upsert")
            }
            Statement::Update(Update { returning: Some(_), .. }) if !self.returning_updates => {
                Some("giving back the rows of an update")
            }
            Statement::Insert(Insert { returning: Some(_), .. })
            | Statement::Delete(Delete { returning: Some(_), .. })
                if !self.returning =>
            {
                Some("giving back the rows of a write")
            }
            _ => None,
        };
        match lacking {
            Some(feature) => Err(Error::unsupported(feature, driver)),
            None => statement.check(),
        }
    }

    /// Refuses a change to the schema that needs what this database lacks. A driver that does not leave
    /// its changes to the shared compiler calls it before it sends anything.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind) naming `driver` and a way out.
    pub fn check_change(&self, change: &SchemaChange, driver: &'static str) -> Result<()> {
        let refuse = |feature: &str, hint: &'static str| {
            let error = Error::unsupported(feature, driver).with_hint(hint);
            Err(error.with_table(change.table().clone()))
        };
        let is_validated = match change {
            SchemaChange::CreateTable(table) => table.validator.is_some(),
            _ => change.steps().iter().any(|step| matches!(step, TableChange::SetValidator(_))),
        };
        if is_validated && self.family == Family::Relational {
            return refuse(
                "a validator of documents",
                "a table has types, columns that may not be null, and checks",
            );
        }
        for index in change.indexes() {
            if let (Family::Relational, Some(feature)) = (self.family, index.of_documents()) {
                return refuse(feature, "only databases of documents have it");
            }
            if index.filter.is_some() && !self.partial_indexes {
                return refuse(
                    "an index over a part of the rows",
                    "index a generated column that is null in the other rows",
                );
            }
            let is_expression = |part: &IndexPart| part.column().is_none();
            if index.columns.iter().any(is_expression) && !self.expression_indexes {
                return refuse(
                    "an index over an expression",
                    "add a generated column with the expression, and index that",
                );
            }
        }
        let of_table = match change {
            SchemaChange::CreateTable(table) => table.comment.is_some(),
            _ => change.steps().iter().any(|step| matches!(step, TableChange::SetComment(_))),
        };
        if of_table && !self.comments {
            return refuse("a comment on a table", "leave it out");
        }
        for column in change.columns() {
            let lacking = if column.comment.is_some() && !self.comments {
                ("a comment on a column", "leave it out")
            } else if column.element.is_some() && !self.arrays {
                ("a list of a type of the database", "use a list that is kept as JSON")
            } else if column.generated.as_ref().is_some_and(|generated| !generated.stored)
                && !self.virtual_columns
            {
                ("a generated column that is not stored", "let it be stored")
            } else {
                continue;
            };
            return refuse(lacking.0, lacking.1)
                .map_err(|error| error.with_column(column.name.clone()));
        }
        Ok(())
    }

    fn lacking(&self, select: &Select) -> Option<&'static str> {
        match &select.from {
            _ if !select.joins.is_empty() && !self.joins => Some("a join"),
            _ if select.lock.is_some() && !self.row_locks => Some("a row lock"),
            From::Select { select, .. } => self.lacking(select),
            From::Table { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::statement::{Lock, LockMode, LockWait, Projection, Source};

    #[test]
    fn what_is_lacking_is_refused_at_any_depth() {
        let mut inner = Select::new("users", Projection::Columns(&[]));
        inner.lock = Some(Lock { mode: LockMode::Update, wait: LockWait::Wait });
        let mut outer = Select::new("", Projection::Columns(&[]));
        outer.from = From::Select { select: Box::new(inner), source: Source(0) };
        let statement = Statement::Select(outer);
        let mut capabilities = Capabilities::minimal(Family::Document);
        let error = capabilities.check(&statement, "memory").unwrap_err();
        assert_eq!((error.kind(), error.driver()), (ErrorKind::Unsupported, Some("memory")));
        capabilities.row_locks = true;
        assert!(capabilities.check(&statement, "memory").is_ok());
    }

    #[test]
    fn what_no_database_may_do_is_refused() {
        let (filter, returning) = (Vec::new(), None);
        let delete = Delete { table: "users".into(), filter, all: false, by_key: false, returning };
        let capabilities = Capabilities::minimal(Family::Document);
        let error = capabilities.check(&Statement::Delete(delete), "memory").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnboundedWrite);
    }
}
