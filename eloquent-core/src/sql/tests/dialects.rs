//! Dialects to compile with. Their texts show what the hooks can and cannot change.

use std::fmt::Write as _;

use crate::driver::{Capabilities, Family, Isolation, TransactionOptions};
use crate::sql::{DeleteParts, Dialect, InsertParts, PackedList, Page, UpdateParts, WriteKind};
use crate::statement::{Lock, LockMode, LockWait};
use crate::value::Value;
use crate::{Error, Result};

pub(super) const fn everything() -> Capabilities {
    let mut capabilities = Capabilities::minimal(Family::Relational);
    capabilities.transactions = true;
    capabilities.savepoints = true;
    capabilities.returning = true;
    capabilities.returning_updates = true;
    capabilities.upsert = true;
    capabilities.joins = true;
    capabilities.row_locks = true;
    capabilities.max_binds = 1000;
    capabilities
}

/// No overrides.
#[derive(Debug)]
pub(super) struct Plain;

impl Dialect for Plain {
    fn driver(&self) -> &'static str {
        "plain"
    }

    fn capabilities(&self) -> Capabilities {
        everything()
    }
}

/// No abilities.
#[derive(Debug)]
pub(super) struct Minimal;

impl Dialect for Minimal {
    fn driver(&self) -> &'static str {
        "minimal"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::minimal(Family::Relational)
    }
}

/// Numbered placeholders, short names, lists as one array.
#[derive(Debug)]
pub(super) struct Postgres;

impl Dialect for Postgres {
    fn driver(&self) -> &'static str {
        "pg"
    }

    fn capabilities(&self) -> Capabilities {
        everything()
    }

    fn max_identifier(&self) -> usize {
        63
    }

    fn placeholder(&self, sql: &mut String, index: usize) {
        let _ = write!(sql, "${}", index + 1);
    }

    fn pack_list(&self, values: &[Value]) -> Result<Option<PackedList>> {
        Ok(Some(PackedList { value: Value::Array(values.to_vec()), form: 0 }))
    }

    fn unpack_list(&self, sql: &mut String, _form: u8, placeholder: &str) {
        let _ = write!(sql, "(SELECT unnest({placeholder}))");
    }
}

/// Placeholders by position, yet the offset in front of the limit.
#[derive(Debug)]
pub(super) struct OffsetFirst;

impl Dialect for OffsetFirst {
    fn driver(&self) -> &'static str {
        "offset_first"
    }

    fn capabilities(&self) -> Capabilities {
        everything()
    }

    fn page(&self, sql: &mut String, page: &Page<'_>) {
        let _ = write!(
            sql,
            " OFFSET {} ROWS FETCH NEXT {} ROWS ONLY",
            page.offset.unwrap_or("0"),
            page.limit.unwrap_or("ALL")
        );
    }
}

/// A dialect with a fault: it loses the rows of an insert.
#[derive(Debug)]
pub(super) struct Forgetful;

impl Dialect for Forgetful {
    fn driver(&self) -> &'static str {
        "forgetful"
    }

    fn capabilities(&self) -> Capabilities {
        everything()
    }

    fn insert(&self, parts: &InsertParts<'_>) -> Result<String> {
        Ok(format!("INSERT INTO {} DEFAULT VALUES", parts.table))
    }
}

/// SQL Server, as far from the standard as it gets.
#[derive(Debug)]
pub(super) struct Tsql;

impl Tsql {
    fn output(sql: &mut String, returning: Option<&str>) {
        if let Some(returning) = returning {
            let _ = write!(sql, " OUTPUT {returning}");
        }
    }
}

impl Dialect for Tsql {
    fn driver(&self) -> &'static str {
        "mssql"
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = everything();
        capabilities.max_binds = 2100;
        capabilities
    }

    fn quotes(&self) -> (char, char) {
        ('[', ']')
    }

    fn placeholder(&self, sql: &mut String, index: usize) {
        let _ = write!(sql, "@P{}", index + 1);
    }

    fn is_true(&self) -> &'static str {
        " = 1"
    }

    fn truth(&self, sql: &mut String, predicate: &str) {
        let _ = write!(sql, "CASE WHEN {predicate} THEN 1 ELSE 0 END");
    }

    fn like_pattern(&self, pattern: &str) -> Option<String> {
        pattern.contains('[').then(|| pattern.replace('[', r"\["))
    }

    fn page(&self, sql: &mut String, page: &Page<'_>) {
        if !page.ordered {
            sql.push_str(" ORDER BY (SELECT NULL)");
        }
        let _ = write!(sql, " OFFSET {} ROWS", page.offset.unwrap_or("0"));
        if let Some(limit) = page.limit {
            let _ = write!(sql, " FETCH NEXT {limit} ROWS ONLY");
        }
    }

    fn lock_hint(&self, sql: &mut String, lock: Lock) {
        sql.push_str(match lock.mode {
            LockMode::Update => " WITH (UPDLOCK, ROWLOCK",
            LockMode::Share => " WITH (HOLDLOCK, ROWLOCK",
        });
        sql.push_str(match lock.wait {
            LockWait::Wait => ")",
            LockWait::NoWait => ", NOWAIT)",
            LockWait::SkipLocked => ", READPAST)",
        });
    }

    fn lock(&self, _: &mut String, _: Lock) {}

    fn returning_source(&self, write: WriteKind) -> Option<&'static str> {
        Some(if write == WriteKind::Delete { "DELETED" } else { "INSERTED" })
    }

    fn insert(&self, parts: &InsertParts<'_>) -> Result<String> {
        let columns = parts.columns.join(", ");
        let Some(conflict) = &parts.conflict else {
            let mut sql = format!("INSERT INTO {}", parts.table);
            if !parts.columns.is_empty() {
                let _ = write!(sql, " ({columns})");
            }
            Self::output(&mut sql, parts.returning);
            if parts.columns.is_empty() {
                sql.push_str(" DEFAULT VALUES");
            } else {
                let _ = write!(sql, " VALUES {}", parts.rows);
            }
            return Ok(sql);
        };
        let table = parts.table;
        let each = |with: &dyn Fn(&String) -> String, names: &[String], joint: &str| {
            names.iter().map(with).collect::<Vec<_>>().join(joint)
        };
        let same = |name: &String| format!("{table}.{name} = excluded.{name}");
        let new = |name: &String| format!("excluded.{name}");
        let mut sql = format!(
            "MERGE INTO {table} WITH (HOLDLOCK) USING (VALUES {}) AS excluded ({columns}) ON {}",
            parts.rows,
            each(&same, conflict.target, " AND "),
        );
        if let Some(update) = conflict.update {
            let _ = write!(sql, " WHEN MATCHED THEN UPDATE SET {update}");
        }
        let values = each(&new, parts.columns, ", ");
        let _ = write!(sql, " WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})");
        Self::output(&mut sql, parts.returning);
        sql.push(';');
        Ok(sql)
    }

    fn update(&self, parts: &UpdateParts<'_>) -> Result<String> {
        let mut sql = format!("UPDATE {} SET {}", parts.table, parts.assignments);
        Self::output(&mut sql, parts.returning);
        if let Some(filter) = parts.filter {
            let _ = write!(sql, " WHERE {filter}");
        }
        Ok(sql)
    }

    fn delete(&self, parts: &DeleteParts<'_>) -> Result<String> {
        let mut sql = format!("DELETE FROM {}", parts.table);
        Self::output(&mut sql, parts.returning);
        if let Some(filter) = parts.filter {
            let _ = write!(sql, " WHERE {filter}");
        }
        Ok(sql)
    }

    fn begin(&self, depth: u32, options: TransactionOptions) -> Result<String> {
        if options.read_only {
            return Err(Error::unsupported("a read-only transaction", self.driver()));
        }
        let level = match options.isolation {
            _ if depth > 0 => return Ok(format!("SAVE TRANSACTION eloquent_{depth}")),
            None => return Ok(String::from("BEGIN TRANSACTION")),
            Some(Isolation::ReadCommitted) => "READ COMMITTED",
            Some(Isolation::RepeatableRead) => "REPEATABLE READ",
            Some(Isolation::Serializable) => "SERIALIZABLE",
        };
        Ok(format!("SET TRANSACTION ISOLATION LEVEL {level}; BEGIN TRANSACTION"))
    }

    fn commit(&self, depth: u32) -> String {
        // A savepoint goes with its transaction.
        if depth == 0 { String::from("COMMIT TRANSACTION") } else { String::new() }
    }

    fn rollback(&self, depth: u32) -> String {
        match depth {
            0 => String::from("ROLLBACK TRANSACTION"),
            _ => format!("ROLLBACK TRANSACTION eloquent_{depth}"),
        }
    }

    fn explain(&self, _: &str) -> Result<String> {
        Err(Error::unsupported("explaining a statement", self.driver()))
    }

    fn drop_index(&self, table: &str, name: &str, if_exists: bool) -> String {
        format!("DROP INDEX {}{name} ON {table}", if if_exists { "IF EXISTS " } else { "" })
    }

    fn auto_increment(&self, _: &crate::schema::Column, _sole_key: bool) -> Result<&'static str> {
        Ok(" IDENTITY(1, 1)")
    }
}
