//! How MySQL and MariaDB spell SQL.

mod path;

use std::borrow::Cow;

use eloquent_core::driver::{Capabilities, Family, Isolation, Question, TransactionOptions};
use eloquent_core::schema::{Column, ColumnType, ForeignAction, ForeignKey};
use eloquent_core::sql::{
    AggregateCall, ArithmeticCall, ColumnParts, Dialect, IndexParts, InsertParts, PackedList, Page,
    PathCall, PathChanges, ScriptSyntax, no_moment, pattern_of_nothing, quote_identifier,
    standard_literal,
};
use eloquent_core::statement::{
    AggregateFunction, ArithmeticOperator, Effect, Lock, LockMode, LockWait, RawSql,
};
use eloquent_core::value::Value;
use eloquent_core::{Error, Result};

use crate::config::UuidForm;
use crate::error::DRIVER;
use crate::flavour::Flavour;
use crate::migrate;
use crate::upsert;

/// One flavour, with one form of UUIDs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MySqlDialect {
    flavour: Flavour,
    uuid: UuidForm,
}

static DIALECTS: [MySqlDialect; 4] = [
    MySqlDialect { flavour: Flavour::MySql, uuid: UuidForm::Binary },
    MySqlDialect { flavour: Flavour::MySql, uuid: UuidForm::Text },
    MySqlDialect { flavour: Flavour::MariaDb, uuid: UuidForm::Binary },
    MySqlDialect { flavour: Flavour::MariaDb, uuid: UuidForm::Text },
];

/// The dialect of a connection.
pub(crate) fn dialect(flavour: Flavour, uuid: UuidForm) -> &'static MySqlDialect {
    let of = |dialect: &&MySqlDialect| dialect.flavour == flavour && dialect.uuid == uuid;
    DIALECTS.iter().find(of).unwrap_or(&DIALECTS[0])
}

/// The most characters that a column may have and still be indexed whole.
const INDEXED: u32 = 768;
/// The most characters of a text that is part of its row.
const IN_ROW: u32 = 16_383;
/// The most values of a list that are bound one by one; the rest is for what else the statement binds.
const LONGEST_LIST: usize = 60_000;
/// Stands in front of a change that is fine when it was made before.
pub(crate) const IF_NEEDED: &str = "/* if needed */ ";

impl MySqlDialect {
    /// Whose server it is.
    pub(crate) fn flavour(&self) -> Flavour {
        self.flavour
    }

    fn is_mariadb(&self) -> bool {
        self.flavour == Flavour::MariaDb
    }
}

impl Dialect for MySqlDialect {
    fn driver(&self) -> &'static str {
        DRIVER
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::minimal(Family::Relational);
        capabilities.transactions = true;
        capabilities.savepoints = true;
        capabilities.returning = self.is_mariadb();
        capabilities.last_insert_id = true;
        capabilities.upsert = true;
        capabilities.nested_updates = true;
        capabilities.joins = true;
        capabilities.row_locks = true;
        capabilities.expression_indexes = !self.is_mariadb();
        capabilities.comments = true;
        capabilities.virtual_columns = true;
        capabilities.named_locks = true;
        capabilities.max_binds = 65_535;
        capabilities.insert_rows = 1000;
        capabilities
    }

    fn quotes(&self) -> (char, char) {
        ('`', '`')
    }

    /// The server counts characters; names of others than ASCII may be somewhat shorter here.
    fn max_identifier(&self) -> usize {
        64
    }

    fn backslash_escapes(&self) -> bool {
        true
    }

    /// Integers divide to an integer, towards zero, or the result would be a decimal.
    fn arithmetic(&self, sql: &mut String, call: &ArithmeticCall<'_>) -> Result<()> {
        let integers = call.ty.is_some_and(|ty| ty.integer_range().is_some());
        if call.operator == ArithmeticOperator::Divide && integers {
            for part in ["(", call.left, " DIV ", call.right, ")"] {
                sql.push_str(part);
            }
        } else {
            call.standard(sql);
        }
        Ok(())
    }

    fn path(&self, sql: &mut String, call: &PathCall<'_>) -> Result<()> {
        sql.push_str(&path::value(call, self.flavour, self.uuid)?);
        Ok(())
    }

    fn path_changes(&self, sql: &mut String, changes: &PathChanges<'_>) -> Result<()> {
        sql.push_str(&path::changed(changes));
        Ok(())
    }

    /// The mean of integers is a double, as in other databases.
    fn aggregate(&self, sql: &mut String, call: &AggregateCall<'_>) -> Result<()> {
        match (call.function, call.argument, call.ty) {
            (AggregateFunction::Avg, Some(argument), Some(ty)) if ty.integer_range().is_some() => {
                let distinct = if call.distinct { "DISTINCT " } else { "" };
                for part in ["AVG(", distinct, argument, " + 0e0)"] {
                    sql.push_str(part);
                }
            }
            _ => call.standard(sql),
        }
        Ok(())
    }

    /// It is one already.
    fn like_escape(&self) -> &'static str {
        ""
    }

    fn like_pattern(&self, pattern: &str) -> Option<String> {
        pattern_of_nothing(pattern)
    }

    /// Only lists that are longer than what a statement binds: the server looks through a table of values
    /// where it would look up each of a list.
    fn pack_list(&self, values: &[Value]) -> Result<Option<PackedList>> {
        if values.len() <= LONGEST_LIST {
            return Ok(None);
        }
        let mut array = String::from("[");
        for value in values {
            let Value::I64(number) = value else { return Ok(None) };
            let comma = if array.len() > 1 { "," } else { "" };
            array.push_str(comma);
            array.push_str(&number.to_string());
        }
        array.push(']');
        Ok(Some(PackedList { value: Value::Text(array), form: 0 }))
    }

    fn unpack_list(&self, sql: &mut String, _form: u8, placeholder: &str) {
        let parts = [
            "(SELECT v FROM JSON_TABLE(",
            placeholder,
            ", '$[*]' COLUMNS (v BIGINT PATH '$')) AS list)",
        ];
        parts.into_iter().for_each(|part| sql.push_str(part));
    }

    /// To a power of two, so that few texts are prepared: one that has to make room for another costs
    /// more than values that are sent twice.
    fn list_length(&self, count: usize) -> usize {
        count.next_power_of_two()
    }

    /// An offset stands behind a limit only.
    fn page(&self, sql: &mut String, page: &Page<'_>) {
        Page { limit: page.limit.or(Some("18446744073709551615")), ..*page }.standard(sql);
    }

    fn lock(&self, sql: &mut String, lock: Lock) {
        sql.push_str(match lock.mode {
            LockMode::Update => " FOR UPDATE",
            LockMode::Share if self.is_mariadb() => " LOCK IN SHARE MODE",
            LockMode::Share => " FOR SHARE",
        });
        sql.push_str(match lock.wait {
            LockWait::Wait => "",
            LockWait::NoWait => " NOWAIT",
            LockWait::SkipLocked => " SKIP LOCKED",
        });
    }

    fn insert(&self, parts: &InsertParts<'_>) -> Result<String> {
        let mut sql = match parts.columns {
            [] => format!("INSERT INTO {} () VALUES ()", parts.table),
            columns => {
                format!(
                    "INSERT INTO {} ({}) VALUES {}",
                    parts.table,
                    columns.join(", "),
                    parts.rows
                )
            }
        };
        if let Some(conflict) = &parts.conflict {
            if conflict.update.is_none() && parts.returning.is_some() {
                // the server would give rows back that were there before as well
                return Err(Error::unsupported(
                    "giving back what an upsert has not ignored",
                    DRIVER,
                ));
            }
            upsert::write(&mut sql, parts.table, conflict)?;
        }
        if let Some(returning) = parts.returning {
            sql.push_str(" RETURNING ");
            sql.push_str(returning);
        }
        Ok(sql)
    }

    /// MariaDB has a mode in which it does not.
    fn assigns_in_turn(&self) -> bool {
        !self.is_mariadb()
    }

    fn excluded(&self, sql: &mut String, column: &str) {
        for part in ["VALUES(", column, ")"] {
            sql.push_str(part);
        }
    }

    fn begin(&self, depth: u32, options: TransactionOptions) -> Result<String> {
        if depth > 0 {
            return Ok(format!("SAVEPOINT eloquent_{depth}"));
        }
        let mut sql = String::new();
        if let Some(isolation) = options.isolation {
            sql.push_str("SET TRANSACTION ISOLATION LEVEL ");
            sql.push_str(match isolation {
                Isolation::ReadCommitted => "READ COMMITTED",
                Isolation::RepeatableRead => "REPEATABLE READ",
                Isolation::Serializable => "SERIALIZABLE",
                _ => return Err(Error::unsupported("this isolation", DRIVER)),
            });
            sql.push_str("; ");
        }
        sql.push_str("START TRANSACTION");
        if options.read_only {
            sql.push_str(" READ ONLY");
        }
        Ok(sql)
    }

    /// The settings of the session let a backslash take the meaning of the next character away.
    fn text_literal(&self, text: &str) -> Result<String> {
        if text.contains('\0') {
            return Err(Error::invalid("a constant of the schema contains a NUL character"));
        }
        Ok(format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")))
    }

    fn literal(&self, value: &Value, _column: &Column) -> Result<String> {
        match value {
            Value::Bool(truth) => Ok(u8::from(*truth).to_string()),
            Value::Uuid(id) if self.uuid == UuidForm::Binary => Ok(format!("X'{}'", id.simple())),
            _ => standard_literal(value, &|text| self.text_literal(text)),
        }
    }

    fn now(&self, column: &Column) -> Result<Cow<'static, str>> {
        let digits = column.precision.unwrap_or(6);
        match column.ty {
            ColumnType::Date => Ok(Cow::Borrowed("(CURRENT_DATE)")),
            ColumnType::Time => Ok(format!("(CURRENT_TIME({digits}))").into()),
            ColumnType::DateTime | ColumnType::Timestamp => {
                Ok(format!("CURRENT_TIMESTAMP({digits})").into())
            }
            _ => Err(no_moment()),
        }
    }

    /// What is kept beside its row has an expression by default, and no constant.
    fn default_constant(&self, column: &Column, constant: String) -> String {
        let in_row = match column.ty {
            ColumnType::String { length } => length <= IN_ROW,
            ColumnType::Text
            | ColumnType::Bytes
            | ColumnType::Json
            | ColumnType::Array
            | ColumnType::Document => false,
            _ => true,
        };
        if in_row || !column.one_of.is_empty() { constant } else { format!("({constant})") }
    }

    fn has_enumerations(&self) -> bool {
        true
    }

    fn inline_comment(&self, comment: &str) -> Option<String> {
        Some(format!(" COMMENT {comment}"))
    }

    fn table_comment(&self, table: &str, comment: &str) -> String {
        format!("ALTER TABLE {table} COMMENT = {comment}")
    }

    fn fills_new_columns(&self) -> bool {
        true
    }

    fn alter_column(&self, parts: &ColumnParts<'_>) -> Result<Vec<String>> {
        let check = parts.known.and_then(|known| known.type_check.as_deref());
        // without a name it is a part of the definition, and goes with it
        let check = check.map(|name| quote_identifier(self, name)).transpose()?;
        let dropped = check.map(|name| self.drop_check(parts.table, &name));
        let modified = format!("ALTER TABLE {} MODIFY COLUMN {}", parts.table, parts.definition);
        Ok(dropped.into_iter().chain([modified]).collect())
    }

    fn check_foreign_key(&self, key: &ForeignKey) -> Result<()> {
        let actions = [key.on_delete, key.on_update];
        if actions.contains(&ForeignAction::SetDefault) {
            return Err(Error::unsupported("a foreign key that sets a default", DRIVER)
                .with_hint("set null, or restrict"));
        }
        if key.deferred {
            return Err(Error::unsupported("a foreign key that is looked at on commit", DRIVER)
                .with_hint(
                    "leave `deferred` out, and write rows behind those that they refer to",
                ));
        }
        Ok(())
    }

    fn drop_foreign_key(&self, table: &str, name: &str) -> String {
        format!("ALTER TABLE {table} DROP FOREIGN KEY {name}")
    }

    fn drop_check(&self, table: &str, name: &str) -> String {
        let what = if self.is_mariadb() { "CONSTRAINT" } else { "CHECK" };
        format!("ALTER TABLE {table} DROP {what} {name}")
    }

    fn drop_key(&self, table: &str, _name: Option<&str>) -> Result<String> {
        Ok(format!("ALTER TABLE {table} DROP PRIMARY KEY"))
    }

    fn rename_index(&self, table: &str, from: &str, to: &str) -> String {
        format!("ALTER TABLE {table} RENAME INDEX {from} TO {to}")
    }

    fn column_type(&self, column: &Column) -> Result<Cow<'static, str>> {
        if !column.one_of.is_empty() {
            let values = column.one_of.iter().map(|value| self.text_literal(value));
            return Ok(format!("ENUM({})", values.collect::<Result<Vec<_>>>()?.join(", ")).into());
        }
        let digits = column.precision.unwrap_or(6);
        Ok(Cow::Borrowed(match column.ty {
            ColumnType::Bool => "TINYINT(1)",
            ColumnType::I8 => "TINYINT",
            ColumnType::I16 => "SMALLINT",
            ColumnType::I32 => "INT",
            ColumnType::I64 => "BIGINT",
            ColumnType::U8 => "TINYINT UNSIGNED",
            ColumnType::U16 => "SMALLINT UNSIGNED",
            ColumnType::U32 => "INT UNSIGNED",
            ColumnType::U64 => "BIGINT UNSIGNED",
            ColumnType::F32 => "FLOAT",
            ColumnType::F64 => "DOUBLE",
            // whatever a decimal of the ORM holds: 29 digits before the point, 28 behind it
            ColumnType::Decimal { precision: 0, .. } => "DECIMAL(57, 28)",
            ColumnType::Decimal { precision, scale } => return decimal(precision, scale),
            ColumnType::Text if column.unique || column.index => {
                let message = "a text column without a length cannot be unique or indexed";
                return Err(Error::invalid(message)
                    .with_hint(format!("give it a length of at most {INDEXED} characters")));
            }
            ColumnType::String { length } if length <= IN_ROW => {
                return Ok(format!("VARCHAR({length})").into());
            }
            // JSON too: the servers' own type sorts fields, and stops at fewer levels
            ColumnType::Text
            | ColumnType::String { .. }
            | ColumnType::Json
            | ColumnType::Array
            | ColumnType::Document => "LONGTEXT",
            ColumnType::Bytes => "LONGBLOB",
            ColumnType::Uuid => match self.uuid {
                UuidForm::Binary => "BINARY(16)",
                UuidForm::Text => "CHAR(36) CHARACTER SET ascii COLLATE ascii_bin",
            },
            ColumnType::Date => "DATE",
            ColumnType::Time => return Ok(format!("TIME({digits})").into()),
            // not TIMESTAMP, which ends in 2038
            ColumnType::DateTime | ColumnType::Timestamp => {
                return Ok(format!("DATETIME({digits})").into());
            }
            _ => return Err(Error::unsupported("a column of this type", DRIVER)),
        }))
    }

    fn column_check(&self, column: &Column, name: &str) -> Option<String> {
        match column.ty {
            ColumnType::Bool => Some(format!("{name} IN (0, 1)")),
            ColumnType::String { length } if length > IN_ROW => {
                Some(format!("CHAR_LENGTH({name}) <= {length}"))
            }
            _ => None,
        }
    }

    fn auto_increment(&self, column: &Column, sole_key: bool) -> Result<&'static str> {
        if column.identity_always {
            return Err(Error::unsupported("an identity that takes no other numbers", DRIVER)
                .with_hint("leave `always` out"));
        }
        if sole_key || column.unique {
            Ok(" NOT NULL AUTO_INCREMENT")
        } else {
            Err(Error::invalid("only a column that is all of a key or unique can be numbered"))
        }
    }

    fn table_options(&self) -> &'static str {
        match self.flavour {
            Flavour::MySql => {
                " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin"
            }
            Flavour::MariaDb => {
                " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"
            }
        }
    }

    fn create_index(&self, parts: &IndexParts<'_>) -> Result<String> {
        let condition = parts.if_not_exists && !self.is_mariadb();
        let sql = IndexParts {
            if_not_exists: parts.if_not_exists && self.is_mariadb(),
            name: parts.name,
            table: parts.table,
            columns: parts.columns,
            unique: parts.unique,
            filter: parts.filter,
        }
        .standard();
        Ok(if condition { format!("{IF_NEEDED}{sql}") } else { sql })
    }

    fn drop_index(&self, table: &str, name: &str, if_exists: bool) -> String {
        match (if_exists, self.flavour) {
            (false, _) => format!("DROP INDEX {name} ON {table}"),
            (true, Flavour::MariaDb) => format!("DROP INDEX IF EXISTS {name} ON {table}"),
            (true, Flavour::MySql) => format!("{IF_NEEDED}DROP INDEX {name} ON {table}"),
        }
    }

    fn script(&self) -> ScriptSyntax {
        migrate::syntax()
    }

    fn effect(&self, words: &[&str]) -> Effect {
        migrate::effect(words)
    }

    fn question(&self, question: Question<'_>) -> Option<RawSql> {
        migrate::question(question, self.is_mariadb())
    }

    fn migration_settings(&self, _in_transaction: bool) -> &'static [&'static str] {
        migrate::SETTINGS
    }

    fn drop_all(&self, tables: &[&str], views: &[&str]) -> Vec<String> {
        migrate::drop_all(tables, views)
    }
}

fn decimal(precision: u8, scale: u8) -> Result<Cow<'static, str>> {
    if precision > 65 || scale > 30 || scale > precision {
        return Err(Error::invalid(
            "a decimal column has at most 65 digits, and 30 of them behind the point",
        ));
    }
    Ok(format!("DECIMAL({precision}, {scale})").into())
}

#[cfg(test)]
mod tests;
