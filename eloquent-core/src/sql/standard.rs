//! Standard SQL: what the hooks of a dialect do unless it overrides them.

use std::borrow::Cow;

use super::parts::{
    AggregateCall, ArithmeticCall, ColumnParts, ConflictParts, DeleteParts, IndexParts,
    InsertParts, Page, TableParts, UpdateParts,
};
use crate::driver::{Isolation, TransactionOptions};
use crate::schema::{Column, ColumnInfo, ColumnType};
use crate::statement::{AggregateFunction, ArithmeticOperator, Effect, Lock, LockMode, LockWait};
use crate::value::{Mismatch, Value, format_date, format_date_time, format_time};
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
        let mut sql = format!(
            "CREATE {unique}INDEX {condition}{} ON {} ({})",
            self.name, self.table, self.columns
        );
        filter(&mut sql, self.filter);
        sql
    }
}

impl ColumnParts<'_> {
    /// Standard SQL, with the casts that are not made unasked.
    pub fn standard(&self) -> Vec<String> {
        let alter = format!("ALTER TABLE {} ALTER COLUMN {}", self.table, self.name);
        let known = |is: fn(&ColumnInfo) -> bool| self.known.is_none_or(is);
        let numbered = self.known.is_some_and(|known| known.auto_increment);
        let mut sql = Vec::new();
        if let Some(check) = self.known.and_then(|known| known.type_check.as_deref()) {
            let check = check.replace('"', "\"\"");
            sql.push(format!("ALTER TABLE {} DROP CONSTRAINT \"{check}\"", self.table));
        }
        if numbered && !self.column.auto_increment {
            sql.push(format!("{alter} DROP IDENTITY IF EXISTS"));
        }
        if !(numbered && self.column.auto_increment) && known(|known| known.default.is_some()) {
            sql.push(format!("{alter} DROP DEFAULT"));
        }
        let using = match self.known.and_then(|known| known.ty) {
            Some(before) if needs_cast(before, self.column.ty) => {
                let bare = self.ty.split(" COLLATE ").next().unwrap_or(self.ty);
                format!(" USING CAST({} AS {bare})", self.name)
            }
            _ => String::new(),
        };
        sql.push(format!("{alter} TYPE {}{using}", self.ty));
        let null = if self.column.nullable && !self.column.auto_increment { "DROP" } else { "SET" };
        sql.push(format!("{alter} {null} NOT NULL"));
        if self.column.auto_increment && !numbered {
            let how = if self.column.identity_always { "ALWAYS" } else { "BY DEFAULT" };
            sql.push(format!("{alter} ADD GENERATED {how} AS IDENTITY"));
        }
        if let Some(default) = self.default {
            sql.push(format!("{alter} SET DEFAULT {default}"));
        }
        if let Some(check) = self.check {
            sql.push(format!("ALTER TABLE {} ADD CHECK ({check})", self.table));
        }
        if self.comment.is_some() || self.known.is_some_and(|known| known.comment.is_some()) {
            let comment = self.comment.unwrap_or("NULL");
            sql.push(format!("COMMENT ON COLUMN {}.{} IS {comment}", self.table, self.name));
        }
        sql
    }
}

/// Whether values have to be asked to become others: text that is read, and truth that is counted.
fn needs_cast(before: ColumnType, after: ColumnType) -> bool {
    let is_truth = |ty| ty == ColumnType::Bool;
    !after.is_text() && (before.is_text() || is_truth(before) != is_truth(after))
}

/// Text as a constant.
///
/// # Errors
/// When it holds a NUL character.
pub(super) fn text_literal(text: &str) -> Result<String> {
    if text.contains('\0') {
        return Err(Error::invalid("a constant of the schema contains a NUL character"));
    }
    Ok(format!("'{}'", text.replace('\'', "''")))
}

/// A value as a constant of standard SQL; `quote` makes one of a text.
///
/// # Errors
/// When it has no such form.
pub fn standard_literal(value: &Value, quote: &dyn Fn(&str) -> Result<String>) -> Result<String> {
    let encode = Mismatch::into_encode_error;
    let text = |text: String| quote(&text);
    match value {
        Value::Null => Ok(String::from("NULL")),
        Value::Bool(truth) => Ok(String::from(if *truth { "TRUE" } else { "FALSE" })),
        Value::I64(number) => Ok(number.to_string()),
        Value::U64(number) => Ok(number.to_string()),
        Value::F64(number) if number.is_finite() => Ok(format!("{number:e}")),
        Value::F64(_) => Err(Error::invalid("a default is a finite number")),
        Value::Decimal(number) => Ok(number.to_string()),
        Value::Text(value) => quote(value),
        Value::Bytes(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            Ok(format!("X'{hex}'"))
        }
        Value::Uuid(value) => text(value.to_string()),
        Value::ObjectId(value) => text(value.to_string()),
        Value::Date(value) => text(format_date(*value).map_err(encode)?),
        Value::Time(value) => text(format_time(*value).map_err(encode)?),
        Value::DateTime(value) => text(format_date_time(*value).map_err(encode)?),
        Value::Timestamp(value) => text(format_date_time(value.naive_utc()).map_err(encode)?),
        Value::Json(value) => text(value.to_string()),
        Value::Array(_) | Value::Document(_) => {
            let json = value.as_ref().to_json().map_err(encode)?;
            text(json.to_string())
        }
    }
}

/// The present moment in the form of a column.
///
/// # Errors
/// For a column that holds no such.
pub(super) fn now(column: &Column) -> Result<&'static str> {
    match column.ty {
        ColumnType::Date => Ok("CURRENT_DATE"),
        ColumnType::Time => Ok("CURRENT_TIME"),
        ColumnType::DateTime | ColumnType::Timestamp => Ok("CURRENT_TIMESTAMP"),
        _ => Err(no_moment()),
    }
}

/// The error of a present moment in a column that holds none.
pub fn no_moment() -> Error {
    Error::invalid("only a date or a time can be the present moment by default")
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
pub(super) fn effect(words: &[&str], transactional_ddl: bool) -> Effect {
    let first = words.first().copied().unwrap_or_default();
    if CONTROL.contains(&first) || words.starts_with(&["PREPARE", "TRANSACTION"]) {
        return Effect::Refused("begins or ends a transaction");
    }
    if transactional_ddl || ROWS.contains(&first) { Effect::Plain } else { Effect::Commits }
}
