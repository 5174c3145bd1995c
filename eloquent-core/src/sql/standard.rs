//! Standard SQL: what the hooks of a dialect do unless it overrides them.

use std::borrow::Cow;

use super::parts::{
    AggregateCall, ArithmeticCall, ConflictParts, DeleteParts, IndexParts, InsertParts, Page,
    TableParts, UpdateParts,
};
use crate::driver::{Isolation, TransactionOptions};
use crate::schema::ColumnType;
use crate::statement::{AggregateFunction, ArithmeticOperator, Effect, Lock, LockMode, LockWait};
use crate::{Error, Result};

impl ArithmeticCall<'_> {
    /// Writes standard SQL.
    pub fn standard(&self, sql: &mut String) {
        let operator = match self.operator {
            ArithmeticOperator::Add => " + ",
            ArithmeticOperator::Subtract => " - ",
            ArithmeticOperator::Multiply => " * ",
            ArithmeticOperator::Divide => " / ",
        };
        for part in ["(", self.left, operator, self.right, ")"] {
            sql.push_str(part);
        }
    }
}

impl AggregateCall<'_> {
    /// Writes standard SQL.
    pub fn standard(&self, sql: &mut String) {
        sql.push_str(match self.function {
            AggregateFunction::Count => "COUNT(",
            AggregateFunction::Sum => "SUM(",
            AggregateFunction::Avg => "AVG(",
            AggregateFunction::Min => "MIN(",
            AggregateFunction::Max => "MAX(",
        });
        if self.distinct {
            sql.push_str("DISTINCT ");
        }
        sql.push_str(self.argument.unwrap_or("*"));
        sql.push(')');
    }
}

impl Page<'_> {
    /// Writes standard SQL.
    pub fn standard(&self, sql: &mut String) {
        for (clause, count) in [(" LIMIT ", self.limit), (" OFFSET ", self.offset)] {
            if let Some(count) = count {
                sql.push_str(clause);
                sql.push_str(count);
            }
        }
    }
}

pub(super) fn is_in(negated: bool) -> &'static str {
    if negated { " NOT IN " } else { " IN " }
}

pub(super) fn lock(sql: &mut String, lock: Lock) {
    sql.push_str(match lock.mode {
        LockMode::Update => " FOR UPDATE",
        LockMode::Share => " FOR SHARE",
    });
    sql.push_str(match lock.wait {
        LockWait::Wait => "",
        LockWait::NoWait => " NOWAIT",
        LockWait::SkipLocked => " SKIP LOCKED",
    });
}

impl InsertParts<'_> {
    /// Standard SQL.
    pub fn standard(&self) -> String {
        let mut sql = format!("INSERT INTO {}", self.table);
        if self.columns.is_empty() {
            sql.push_str(" DEFAULT VALUES");
        } else {
            sql.push_str(&format!(" ({}) VALUES {}", self.columns.join(", "), self.rows));
        }
        if let Some(conflict) = &self.conflict {
            on_conflict(&mut sql, conflict);
        }
        returning(&mut sql, self.returning);
        sql
    }
}

fn on_conflict(sql: &mut String, conflict: &ConflictParts<'_>) {
    sql.push_str(&format!(" ON CONFLICT ({}) DO ", conflict.target.join(", ")));
    match conflict.update {
        Some(update) => {
            sql.push_str("UPDATE SET ");
            sql.push_str(update);
        }
        None => sql.push_str("NOTHING"),
    }
}

impl UpdateParts<'_> {
    /// Standard SQL.
    pub fn standard(&self) -> String {
        let mut sql = format!("UPDATE {} SET {}", self.table, self.assignments);
        filter(&mut sql, self.filter);
        returning(&mut sql, self.returning);
        sql
    }
}

impl DeleteParts<'_> {
    /// Standard SQL.
    pub fn standard(&self) -> String {
        let mut sql = format!("DELETE FROM {}", self.table);
        filter(&mut sql, self.filter);
        returning(&mut sql, self.returning);
        sql
    }
}

fn filter(sql: &mut String, filter: Option<&str>) {
    if let Some(filter) = filter {
        sql.push_str(" WHERE ");
        sql.push_str(filter);
    }
}

fn returning(sql: &mut String, returning: Option<&str>) {
    if let Some(returning) = returning {
        sql.push_str(" RETURNING ");
        sql.push_str(returning);
    }
}

pub(super) fn begin(depth: u32, options: TransactionOptions) -> String {
    if depth > 0 {
        return format!("SAVEPOINT eloquent_{depth}");
    }
    let mut sql = String::from("BEGIN");
    if let Some(isolation) = options.isolation {
        sql.push_str(" ISOLATION LEVEL ");
        sql.push_str(match isolation {
            Isolation::ReadCommitted => "READ COMMITTED",
            Isolation::RepeatableRead => "REPEATABLE READ",
            Isolation::Serializable => "SERIALIZABLE",
        });
    }
    if options.read_only {
        sql.push_str(" READ ONLY");
    }
    sql
}

pub(super) fn commit(depth: u32) -> String {
    match depth {
        0 => String::from("COMMIT"),
        _ => format!("RELEASE SAVEPOINT eloquent_{depth}"),
    }
}

pub(super) fn rollback(depth: u32) -> String {
    match depth {
        0 => String::from("ROLLBACK"),
        _ => format!("ROLLBACK TO SAVEPOINT eloquent_{depth}; RELEASE SAVEPOINT eloquent_{depth}"),
    }
}

pub(super) fn column_type(ty: ColumnType, driver: &'static str) -> Result<Cow<'static, str>> {
    Ok(Cow::Borrowed(match ty {
        ColumnType::Bool => "BOOLEAN",
        ColumnType::I8 | ColumnType::I16 | ColumnType::U8 => "SMALLINT",
        ColumnType::I32 | ColumnType::U16 => "INTEGER",
        ColumnType::I64 | ColumnType::U32 => "BIGINT",
        ColumnType::U64 => "NUMERIC(20, 0)",
        ColumnType::F32 => "REAL",
        ColumnType::F64 => "DOUBLE PRECISION",
        ColumnType::Decimal { precision: 0, .. } => "NUMERIC",
        ColumnType::Decimal { precision, scale } => {
            return Ok(format!("NUMERIC({precision}, {scale})").into());
        }
        ColumnType::Text => "TEXT",
        ColumnType::String { length } => return Ok(format!("VARCHAR({length})").into()),
        ColumnType::Bytes => "BLOB",
        ColumnType::Uuid => "UUID",
        ColumnType::Date => "DATE",
        ColumnType::Time => "TIME",
        ColumnType::DateTime => "TIMESTAMP",
        ColumnType::Timestamp => "TIMESTAMP WITH TIME ZONE",
        ColumnType::Json | ColumnType::Array | ColumnType::Document => "JSON",
        ColumnType::ObjectId => return Err(Error::unsupported("an object id column", driver)),
    }))
}

impl TableParts<'_> {
    /// Standard SQL.
    pub fn standard(&self) -> String {
        let condition = if self.if_not_exists { "IF NOT EXISTS " } else { "" };
        format!("CREATE TABLE {condition}{} ({})", self.table, self.body)
    }
}

impl IndexParts<'_> {
    /// Standard SQL.
    pub fn standard(&self) -> String {
        let unique = if self.unique { "UNIQUE " } else { "" };
        let condition = if self.if_not_exists { "IF NOT EXISTS " } else { "" };
        format!(
            "CREATE {unique}INDEX {condition}{} ON {} ({})",
            self.name, self.table, self.columns
        )
    }
}

/// Stands for a pattern that ends in its escape, for databases that refuse such a one: no text meets it.
pub fn pattern_of_nothing(pattern: &str) -> Option<String> {
    const NOTHING: &str =
        "\u{10fffe}\u{10ffff}a pattern that ends in its escape\u{10ffff}\u{10fffe}";
    let escapes = pattern.len() - pattern.trim_end_matches('\\').len();
    (escapes % 2 == 1).then(|| NOTHING.to_owned())
}

/// What begins or ends a transaction.
const CONTROL: &[&str] =
    &["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"];
/// What leaves the schema as it is.
const ROWS: &[&str] =
    &["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "WITH", "VALUES", "SET", "DO"];

/// See [`Dialect::effect`](super::Dialect::effect).
pub(super) fn effect(words: &[&str], transactional_schema: bool) -> Effect {
    let first = words.first().copied().unwrap_or_default();
    if CONTROL.contains(&first) || words.starts_with(&["PREPARE", "TRANSACTION"]) {
        return Effect::Refused("begins or ends a transaction");
    }
    if transactional_schema || ROWS.contains(&first) { Effect::Plain } else { Effect::Commits }
}
