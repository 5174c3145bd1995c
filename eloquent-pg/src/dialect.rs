//! How PostgreSQL spells SQL.

use std::borrow::Cow;
use std::fmt::Write as _;

use eloquent_core::Error;
use eloquent_core::Name;
use eloquent_core::Result;
use eloquent_core::driver::{Capabilities, Family, Object, Question};
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::sql::{
    AggregateCall, ArithmeticCall, Dialect, Operand, OperandKind, PackedList, PathCall,
    PathChanges, PathStep, ScriptSyntax, pattern_of_nothing, standard_literal,
};
use eloquent_core::statement::{AggregateFunction, ArithmeticOperator, Effect, RawSql};
use eloquent_core::value::{Mismatch, Value, format_date_time};

use crate::error::DRIVER;
use crate::migrate;
use crate::text::list_of;

/// PostgreSQL.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PgDialect;

/// Limits up to this are part of the text.
const LARGEST_SPELLED_LIMIT: u64 = 100;

/// The types that lists are packed as, by the number of their form. The first is for the server to find.
const LISTS: [&str; 4] = ["", "::bigint[]", "::double precision[]", "::numeric[]"];

impl Dialect for PgDialect {
    fn driver(&self) -> &'static str {
        DRIVER
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::minimal(Family::Relational);
        capabilities.transactions = true;
        capabilities.savepoints = true;
        capabilities.returning = true;
        capabilities.returning_updates = true;
        capabilities.upsert = true;
        capabilities.nested_updates = true;
        capabilities.joins = true;
        capabilities.row_locks = true;
        capabilities.partial_indexes = true;
        capabilities.expression_indexes = true;
        capabilities.comments = true;
        capabilities.arrays = true;
        capabilities.transactional_ddl = true;
        capabilities.named_locks = true;
        capabilities.max_binds = 65_535;
        capabilities.insert_rows = 10_000;
        capabilities
    }

    /// The server cuts longer names off.
    fn max_identifier(&self) -> usize {
        63
    }

    /// The server plans a statement anew for each bound limit that makes it cheap. Few numbers are that
    /// small, so that they do not crowd the prepared statements out.
    fn binds_limit(&self, rows: u64) -> bool {
        rows > LARGEST_SPELLED_LIMIT
    }

    fn placeholder(&self, sql: &mut String, index: usize) {
        let _ = write!(sql, "${}", index + 1); // writing to a `String` cannot fail
    }

    /// Where nothing stands next to a value, the server would take it for text.
    fn bound(&self, sql: &mut String, placeholder: &str, ty: Option<ColumnType>) {
        sql.push_str(placeholder);
        sql.push_str(match ty {
            Some(ColumnType::Bool) => "::boolean",
            Some(ColumnType::I64) => "::bigint",
            Some(ColumnType::U64) => "::numeric(20, 0)",
            Some(ColumnType::F64) => "::double precision",
            Some(ColumnType::Decimal { .. }) => "::numeric",
            Some(ColumnType::Text) => "::text",
            Some(ColumnType::Bytes) => "::bytea",
            Some(ColumnType::Uuid) => "::uuid",
            Some(ColumnType::Date) => "::date",
            Some(ColumnType::Time) => "::time",
            Some(ColumnType::DateTime) => "::timestamp",
            Some(ColumnType::Timestamp) => "::timestamptz",
            Some(ColumnType::Json | ColumnType::Array) => "::jsonb",
            Some(ColumnType::Document) => "::json",
            _ => "",
        });
    }

    /// A number is bound as wide as numbers of its kind are, not as narrow as the column beside it: what
    /// the column cannot hold is unequal to it, and no error.
    fn comparable(&self, sql: &mut String, ty: ColumnType, operand: &Operand<'_>) {
        sql.push_str(operand.text);
        if matches!(ty, ColumnType::Json | ColumnType::Array | ColumnType::Document) {
            // the type that keeps fields in their order cannot be compared
            sql.push_str("::jsonb");
        }
        if operand.kind == OperandKind::Bound {
            sql.push_str(match ty {
                ColumnType::U64 | ColumnType::Decimal { .. } => "::numeric",
                ColumnType::F32 | ColumnType::F64 => "::double precision",
                ty if ty.integer_range().is_some() => "::bigint",
                _ => "",
            });
        }
    }

    /// An unsigned integer of 64 bits is a `numeric`, which would divide with a fraction.
    fn arithmetic(&self, sql: &mut String, call: &ArithmeticCall<'_>) -> Result<()> {
        let unsigned = match call.ty {
            Some(ColumnType::U64) => "::numeric(20, 0)",
            Some(ColumnType::U8 | ColumnType::U16 | ColumnType::U32) => "::bigint",
            _ => {
                call.standard(sql);
                return Ok(());
            }
        };
        if call.operator == ArithmeticOperator::Divide {
            for part in ["div(", call.left, ", ", call.right, ")"] {
                sql.push_str(part);
            }
        } else {
            call.standard(sql);
        }
        sql.push_str(unsigned);
        Ok(())
    }

    /// As text, and that as what it is text of; lists and documents as they are.
    fn path(&self, sql: &mut String, call: &PathCall<'_>) -> Result<()> {
        let ty = match call.ty {
            None | Some(ColumnType::Json | ColumnType::Array | ColumnType::Document) => "",
            Some(ColumnType::Bool) => "::boolean",
            Some(ColumnType::U64 | ColumnType::Decimal { .. }) => "::numeric",
            Some(ColumnType::F32 | ColumnType::F64) => "::double precision",
            Some(ty) if ty.integer_range().is_some() => "::bigint",
            Some(ColumnType::Uuid) => "::uuid",
            Some(ColumnType::Date) => "::date",
            Some(ColumnType::Time) => "::time",
            Some(ColumnType::DateTime) => "::timestamp",
            // kept as text without a zone, in UTC as the session is
            Some(ColumnType::Timestamp) => "::timestamptz",
            Some(ColumnType::Bytes) => {
                return Err(Error::unsupported("bytes inside of JSON", DRIVER));
            }
            Some(_) => "::text",
        };
        let path = path_of(call.fields);
        let operator = if ty.is_empty() { "#>" } else { "#>>" };
        // what is null in the JSON is null
        let (open, close) =
            if ty.is_empty() { ("NULLIF(", "::jsonb, 'null'::jsonb)") } else { ("(", ")") };
        sql.extend([open, "(", call.column, " ", operator, " ", &path, ")", close, ty]);
        Ok(())
    }

    /// What is nested is made from the outside in: the server makes the last field of a path only.
    fn path_changes(&self, sql: &mut String, changes: &PathChanges<'_>) -> Result<()> {
        let stored = format!("{}::jsonb", changes.column);
        let mut whole = match changes.only_removes() {
            true => stored.clone(),
            false => format!("COALESCE({stored}, '{{}}'::jsonb)"),
        };
        for step in changes.steps {
            whole = match step {
                PathStep::Object(fields) => {
                    let path = path_of(fields);
                    format!(
                        "jsonb_set({whole}, {path}, \
                         COALESCE(NULLIF({stored} #> {path}, 'null'::jsonb), '{{}}'::jsonb))"
                    )
                }
                PathStep::Set(fields, value) => {
                    format!("jsonb_set({whole}, {}, {value}::jsonb)", path_of(fields))
                }
                PathStep::Remove(fields) => format!("({whole} #- {})", path_of(fields)),
            };
        }
        sql.push_str(&whole);
        Ok(())
    }

    /// The sum of integers is an integer, or an error; their mean is a double.
    fn aggregate(&self, sql: &mut String, call: &AggregateCall<'_>) -> Result<()> {
        use AggregateFunction::{Avg, Count, Max, Min, Sum};
        call.standard(sql);
        let is_integer = call.ty.is_some_and(|ty| ty.integer_range().is_some());
        sql.push_str(match (call.function, call.ty) {
            (Count, _) => "",
            (Sum | Min | Max, Some(ColumnType::U64)) => "::numeric(20, 0)",
            (Sum, _) if is_integer => "::bigint",
            (Avg, _) if is_integer => "::double precision",
            _ => "",
        });
        Ok(())
    }

    fn nulls_first(&self, descending: bool) -> &'static str {
        if descending { " NULLS LAST" } else { " NULLS FIRST" }
    }

    /// One list in place of many binds, when all values are of one kind.
    fn pack_list(&self, values: &[Value]) -> Result<Option<PackedList>> {
        let Some(first) = values.first() else { return Ok(None) };
        let kind = std::mem::discriminant(first);
        if values.iter().any(|value| std::mem::discriminant(value) != kind) {
            return Ok(None);
        }
        let form = match first {
            Value::I64(_) => 1,
            Value::F64(_) => 2,
            Value::Decimal(_) | Value::U64(_) => 3,
            Value::Text(_)
            | Value::Bytes(_)
            | Value::Uuid(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::DateTime(_)
            | Value::Timestamp(_) => 0,
            _ => return Ok(None),
        };
        let list = list_of(values).map_err(Mismatch::into_encode_error)?;
        Ok(Some(PackedList { value: Value::Text(list), form }))
    }

    fn packed_operator(&self, negated: bool) -> &'static str {
        if negated { " <> ALL " } else { " = ANY " }
    }

    fn unpack_list(&self, sql: &mut String, form: u8, placeholder: &str) {
        let ty = LISTS.get(usize::from(form)).copied().unwrap_or_default();
        for part in ["(", placeholder, ty, ")"] {
            sql.push_str(part);
        }
    }

    fn like_pattern(&self, pattern: &str) -> Option<String> {
        pattern_of_nothing(pattern)
    }

    /// A moment that has no zone is kept as one in UTC, as the session has it.
    fn literal(&self, value: &Value, column: &Column) -> Result<String> {
        match value {
            Value::Bytes(bytes) => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                Ok(format!("'\\x{hex}'::bytea"))
            }
            Value::Array(items) if column.element.is_some() => {
                let list = list_of(items).map_err(Mismatch::into_encode_error)?;
                self.text_literal(&list)
            }
            Value::Timestamp(at) => {
                let text = format_date_time(at.naive_utc()).map_err(Mismatch::into_encode_error)?;
                self.text_literal(&format!("{text}+00"))
            }
            _ => standard_literal(value, &|text| self.text_literal(text)),
        }
    }

    fn column_type(&self, column: &Column) -> Result<Cow<'static, str>> {
        if let Some(element) = column.element {
            return Ok(format!("{}[]", type_of(&Column::new("", element))?).into());
        }
        let ty = type_of(column)?;
        // in its own collation text is ordered by its characters, as with all databases, and not as the
        // server's language has it
        Ok(match column.ty.is_text() && column.collation.is_none() {
            true => format!(r#"{ty} COLLATE "C""#).into(),
            false => ty,
        })
    }

    /// The server has no unsigned integers, and none of 8 bits.
    fn column_check(&self, column: &Column, name: &str) -> Option<String> {
        match column.ty {
            _ if column.element.is_some() => None,
            ColumnType::I8
            | ColumnType::U8
            | ColumnType::U16
            | ColumnType::U32
            | ColumnType::U64 => {
                let (min, max) = column.ty.integer_range()?;
                Some(format!("{name} BETWEEN {min} AND {max}"))
            }
            _ => None,
        }
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

    fn migration_settings(&self, in_transaction: bool) -> &'static [&'static str] {
        if in_transaction { migrate::SETTINGS } else { &[] }
    }

    fn drop_all(&self, tables: &[&str], views: &[&str]) -> Vec<String> {
        migrate::drop_all(tables, views)
    }

    fn drop_object(&self, object: &Object) -> Option<String> {
        migrate::drop_object(object)
    }
}

/// The fields that lead to a place inside of JSON, as a list of text.
fn path_of(fields: &[Name]) -> String {
    let fields: Vec<_> = fields.iter().map(|field| format!("\"{field}\"")).collect();
    format!("'{{{}}}'", fields.join(","))
}

/// The type of a column without its collation. A document keeps the order of its fields, which `jsonb` does
/// not.
fn type_of(column: &Column) -> Result<Cow<'static, str>> {
    let digits = |ty: &str| column.precision.map(|digits| format!("{ty}({digits})").into());
    Ok(Cow::Borrowed(match column.ty {
        ColumnType::Bool => "boolean",
        ColumnType::I8 | ColumnType::I16 | ColumnType::U8 => "smallint",
        ColumnType::I32 | ColumnType::U16 => "integer",
        ColumnType::I64 | ColumnType::U32 => "bigint",
        // what numbers itself cannot be a `numeric`
        ColumnType::U64 if column.auto_increment => "bigint",
        ColumnType::U64 => "numeric(20, 0)",
        ColumnType::F32 => "real",
        ColumnType::F64 => "double precision",
        ColumnType::Decimal { precision: 0, .. } => "numeric",
        ColumnType::Decimal { precision, scale } => {
            return Ok(format!("numeric({precision}, {scale})").into());
        }
        ColumnType::Text => "text",
        ColumnType::String { length } => return Ok(format!("varchar({length})").into()),
        ColumnType::Bytes => "bytea",
        ColumnType::Uuid => "uuid",
        ColumnType::Date => "date",
        ColumnType::Time => return Ok(digits("time").unwrap_or("time".into())),
        ColumnType::DateTime => return Ok(digits("timestamp").unwrap_or("timestamp".into())),
        ColumnType::Timestamp => return Ok(digits("timestamptz").unwrap_or("timestamptz".into())),
        ColumnType::Json | ColumnType::Array => "jsonb",
        ColumnType::Document => "json",
        ColumnType::ObjectId => "varchar(24)",
        _ => return Err(Error::unsupported("a column of this type", DRIVER)),
    }))
}

#[cfg(test)]
mod tests;
