//! How SQLite spells SQL.

use std::borrow::Cow;

use eloquent_core::driver::{Capabilities, Family, Question, TransactionOptions};
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::sql::{
    AggregateCall, ArithmeticCall, Dialect, Operand, OperandKind, PackedList, Page, PathCall,
    PathChanges, ScriptSyntax, no_moment, standard_literal,
};
use eloquent_core::statement::{AggregateFunction, ArithmeticOperator, Effect, RawSql};
use eloquent_core::value::{Value, format_date, format_date_time, format_time};
use eloquent_core::{Error, Result};

use crate::decimal::canonical;
use crate::migrate;

/// SQLite, with the functions and the collation that this crate registers on each connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SqliteDialect;

/// Lists whose values JSON has a form for.
const PLAIN: u8 = 0;
/// Lists of bytes, as text in hexadecimal.
const HEX: u8 = 1;

impl Dialect for SqliteDialect {
    fn driver(&self) -> &'static str {
        "sqlite"
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::minimal(Family::Relational);
        capabilities.transactions = true;
        capabilities.savepoints = true;
        capabilities.returning = true;
        capabilities.returning_updates = true;
        capabilities.last_insert_id = true;
        capabilities.upsert = true;
        capabilities.nested_updates = true;
        capabilities.joins = true;
        capabilities.partial_indexes = true;
        capabilities.expression_indexes = true;
        capabilities.virtual_columns = true;
        capabilities.transactional_ddl = true;
        capabilities.single_writer = true;
        capabilities.max_binds = 32_766;
        capabilities.insert_rows = 64;
        capabilities
    }

    /// SQLite sets no limit.
    fn max_identifier(&self) -> usize {
        usize::MAX
    }

    /// Decimals are text, which a collation compares by value. Other operands are made text, so that
    /// nothing turns them to doubles.
    fn comparable(&self, sql: &mut String, ty: ColumnType, operand: &Operand<'_>) {
        let cast = match operand.kind {
            _ if !ty.is_decimal() => false,
            OperandKind::Stored => false,
            OperandKind::Bound => operand.leads,
            OperandKind::Computed => true,
        };
        if cast {
            sql.push_str("CAST(");
        }
        sql.push_str(operand.text);
        if cast {
            sql.push_str(" AS TEXT)");
        }
        if ty.is_decimal() && operand.leads {
            sql.push_str(" COLLATE eloquent_decimal");
        }
    }

    /// SQLite turns an integer that overflows to a double, and knows no decimals.
    fn arithmetic(&self, sql: &mut String, call: &ArithmeticCall<'_>) -> Result<()> {
        let exact = call.ty.is_some_and(|ty| ty.is_decimal() || ty.integer_range().is_some());
        if !exact {
            call.standard(sql);
            return Ok(());
        }
        let function = match call.operator {
            ArithmeticOperator::Add => "eloquent_add(",
            ArithmeticOperator::Subtract => "eloquent_sub(",
            ArithmeticOperator::Multiply => "eloquent_mul(",
            ArithmeticOperator::Divide => "eloquent_div(",
        };
        for part in [function, call.left, ", ", call.right, ")"] {
            sql.push_str(part);
        }
        Ok(())
    }

    /// Values inside of JSON come in the type that they are stored in; lists and documents as JSON.
    fn path(&self, sql: &mut String, call: &PathCall<'_>) -> Result<()> {
        let path = call.json_path();
        let parts = match call.ty {
            // what is null in the JSON is null
            None | Some(ColumnType::Json | ColumnType::Array | ColumnType::Document) => {
                ["nullif(", call.column, " -> ", &path, ", 'null')"]
            }
            // JSON has one kind of numbers: 2.0 may stand there as 2
            Some(ColumnType::F32 | ColumnType::F64) => {
                ["CAST(json_extract(", call.column, ", ", &path, ") AS REAL)"]
            }
            Some(ColumnType::Bytes) => {
                return Err(Error::unsupported("bytes inside of JSON", self.driver()));
            }
            Some(_) => ["json_extract(", call.column, ", ", &path, ")"],
        };
        sql.extend(parts);
        Ok(())
    }

    fn path_changes(&self, sql: &mut String, changes: &PathChanges<'_>) -> Result<()> {
        let object =
            |path: &str| format!("coalesce(nullif({} -> {path}, 'null'), '{{}}')", changes.column);
        sql.push_str(&changes.with_functions(object, |text| format!("json({text})")));
        Ok(())
    }

    fn aggregate(&self, sql: &mut String, call: &AggregateCall<'_>) -> Result<()> {
        let function = match (call.function, call.argument, call.ty) {
            (AggregateFunction::Sum, Some(_), Some(ty)) if ty.is_decimal() => "sum",
            (AggregateFunction::Avg, Some(_), Some(ty)) if ty.is_decimal() => "avg",
            _ => {
                call.standard(sql);
                return Ok(());
            }
        };
        let distinct = if call.distinct { "DISTINCT " } else { "" };
        for part in ["eloquent_decimal_", function, "(", distinct] {
            sql.push_str(part);
        }
        sql.push_str(call.argument.unwrap_or_default());
        sql.push(')');
        Ok(())
    }

    /// One JSON array in place of many binds, when all values are of one kind.
    fn pack_list(&self, values: &[Value]) -> Result<Option<PackedList>> {
        let Some(first) = values.first() else { return Ok(None) };
        let kind = std::mem::discriminant(first);
        if values.iter().any(|value| std::mem::discriminant(value) != kind) {
            return Ok(None);
        }
        let mut items = Vec::with_capacity(values.len());
        for value in values {
            match item(value)? {
                Some(item) => items.push(item),
                None => return Ok(None),
            }
        }
        let form = if matches!(first, Value::Bytes(_)) { HEX } else { PLAIN };
        let array = serde_json::Value::Array(items).to_string();
        Ok(Some(PackedList { value: Value::Text(array), form }))
    }

    fn unpack_list(&self, sql: &mut String, form: u8, placeholder: &str) {
        let value = if form == HEX { "unhex(value)" } else { "value" };
        for part in ["(SELECT ", value, " FROM json_each(", placeholder, "))"] {
            sql.push_str(part);
        }
    }

    /// An offset stands behind a limit only; a negative one is none.
    fn page(&self, sql: &mut String, page: &Page<'_>) {
        Page { limit: page.limit.or(Some("-1")), ..*page }.standard(sql);
    }

    /// A transaction that reads first and writes later fails at once when another has written in
    /// between, whatever the busy timeout; so one that may write takes the lock right away. All of them
    /// are serializable.
    fn begin(&self, depth: u32, options: TransactionOptions) -> Result<String> {
        Ok(match depth {
            0 if options.read_only => String::from("BEGIN DEFERRED"),
            0 => String::from("BEGIN IMMEDIATE"),
            _ => format!("SAVEPOINT eloquent_{depth}"),
        })
    }

    fn explain(&self, sql: &str) -> Result<String> {
        Ok(format!("EXPLAIN QUERY PLAN {sql}"))
    }

    /// In the forms in which values are kept.
    fn literal(&self, value: &Value, column: &Column) -> Result<String> {
        match (value, column.ty) {
            (Value::Bool(truth), _) => Ok(u8::from(*truth).to_string()),
            (Value::Decimal(number), _) => self.text_literal(&canonical(*number)),
            (Value::I64(number), ty) if ty.is_decimal() => self.text_literal(&number.to_string()),
            _ => standard_literal(value, &|text| self.text_literal(text)),
        }
    }

    /// In the form in which moments are kept: without zeros behind the last digit of a second.
    fn now(&self, column: &Column) -> Result<Cow<'static, str>> {
        Ok(Cow::Borrowed(match column.ty {
            ColumnType::Date => "(date('now'))",
            ColumnType::Time => "(rtrim(rtrim(strftime('%H:%M:%f', 'now'), '0'), '.'))",
            ColumnType::DateTime | ColumnType::Timestamp => {
                "(rtrim(rtrim(strftime('%Y-%m-%d %H:%M:%f', 'now'), '0'), '.'))"
            }
            _ => return Err(no_moment()),
        }))
    }

    fn create_view(&self, name: &str, query: &str, or_replace: bool) -> Vec<String> {
        let dropped = or_replace.then(|| format!("DROP VIEW IF EXISTS {name}"));
        dropped.into_iter().chain([format!("CREATE VIEW {name} AS {query}")]).collect()
    }

    fn column_type(&self, column: &Column) -> Result<Cow<'static, str>> {
        if column.precision.is_some() {
            return Err(Error::unsupported("a limit to the digits behind a second", self.driver())
                .with_hint("leave it out; a time is kept as it is given"));
        }
        Ok(Cow::Borrowed(match column.ty {
            ColumnType::Bool => "INTEGER",
            ty if ty.integer_range().is_some() => "INTEGER",
            ColumnType::F32 | ColumnType::F64 => "REAL",
            ColumnType::Bytes => "BLOB",
            _ => "TEXT",
        }))
    }

    /// What SQLite would let through. The conditions use nothing of this crate, so that other programs
    /// can write to the file.
    fn column_check(&self, column: &Column, name: &str) -> Option<String> {
        match column.ty {
            ColumnType::Bool => Some(format!("{name} IN (0, 1)")),
            ColumnType::I64 => None,
            ColumnType::U64 => Some(format!("{name} >= 0")),
            ColumnType::String { length } => Some(format!("length({name}) <= {length}")),
            ColumnType::Decimal { precision, scale } if precision > 0 => {
                Some(decimal_check(name, precision, scale))
            }
            ColumnType::Json | ColumnType::Array | ColumnType::Document => {
                Some(format!("json_valid({name})"))
            }
            ty => ty.integer_range().map(|(min, max)| format!("{name} BETWEEN {min} AND {max}")),
        }
    }

    /// The primary key numbers itself. Without AUTOINCREMENT, which would cost a second write for each
    /// insert, the number of a deleted last row may be given again.
    fn auto_increment(&self, column: &Column, sole_key: bool) -> Result<&'static str> {
        if column.identity_always {
            return Err(Error::unsupported(
                "an identity that takes no other numbers",
                self.driver(),
            )
            .with_hint("leave `always` out"));
        }
        if sole_key {
            Ok("")
        } else {
            Err(Error::invalid("SQLite numbers only a column that is all of the primary key"))
        }
    }

    fn table_options(&self) -> &'static str {
        " STRICT"
    }

    fn script(&self) -> ScriptSyntax {
        migrate::syntax()
    }

    fn effect(&self, words: &[&str]) -> Effect {
        migrate::effect(words)
    }

    fn question(&self, question: Question<'_>) -> Option<RawSql> {
        migrate::question(question)
    }

    fn drop_all(&self, tables: &[&str], views: &[&str]) -> Vec<String> {
        migrate::drop_all(tables, views)
    }
}

/// Holds the digits of a decimal kept as text to those of its column, also where the database computed
/// it. The text has no zeros to spare at either end, but for the one before a point.
fn decimal_check(name: &str, precision: u8, scale: u8) -> String {
    let whole = precision - scale;
    format!(
        "length(ltrim(CASE instr({name}, '.') WHEN 0 THEN {name} \
         ELSE substr({name}, 1, instr({name}, '.') - 1) END, '-0')) <= {whole} \
         AND CASE instr({name}, '.') WHEN 0 THEN 0 ELSE length({name}) - instr({name}, '.') END <= {scale}"
    )
}

/// A value as JSON, in the form in which it is stored, if JSON brings it back exactly. Doubles are not
/// among these: SQLite may read one from text a last digit off.
fn item(value: &Value) -> Result<Option<serde_json::Value>> {
    let text = |text| Ok(Some(serde_json::Value::String(text)));
    let encode = eloquent_core::value::Mismatch::into_encode_error;
    match value {
        Value::I64(v) => Ok(Some((*v).into())),
        Value::U64(v) => Ok(i64::try_from(*v).ok().map(Into::into)),
        // SQLite ends the text of a JSON string at a NUL.
        Value::Text(v) if v.contains('\0') => Ok(None),
        Value::Text(v) => text(v.clone()),
        Value::Decimal(v) => text(canonical(*v)),
        Value::Uuid(v) => text(v.to_string()),
        Value::ObjectId(v) => text(v.to_string()),
        Value::Date(v) => text(format_date(*v).map_err(encode)?),
        Value::Time(v) => text(format_time(*v).map_err(encode)?),
        Value::DateTime(v) => text(format_date_time(*v).map_err(encode)?),
        Value::Timestamp(v) => text(format_date_time(v.naive_utc()).map_err(encode)?),
        Value::Bytes(v) => text(v.iter().map(|byte| format!("{byte:02x}")).collect()),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests;
