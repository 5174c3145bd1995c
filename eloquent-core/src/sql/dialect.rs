//! How one database spells SQL.

use std::borrow::Cow;
use std::fmt::Debug;

use super::ScriptSyntax;
use super::parts::{
    AggregateCall, ArithmeticCall, ColumnParts, DeleteParts, IndexParts, InsertParts, Operand,
    PackedList, Page, PathCall, PathChanges, TableParts, UpdateParts, WriteKind,
};
use super::standard::{self, standard_literal};
use crate::driver::{Capabilities, Object, Question, TransactionOptions};
use crate::schema::{Column, ColumnType, ForeignKey};
use crate::statement::{Effect, Lock, RawSql};
use crate::value::Value;
use crate::{Error, Result};

/// How one database spells SQL. The defaults are standard SQL, as far as databases agree on it.
///
/// A hook is handed finished parts of the text and puts them together. The parts hold marks in place of
/// placeholders, so that each bind keeps its number wherever its part ends up; a part that the
/// statement has must stand in the result exactly once.
pub trait Dialect: Debug + Send + Sync + 'static {
    /// The name of the driver, for errors.
    fn driver(&self) -> &'static str;

    /// What the database can do.
    fn capabilities(&self) -> Capabilities;

    // Names, binds and constants.

    /// What opens and closes a quoted name. The closing one is doubled inside.
    fn quotes(&self) -> (char, char) {
        ('"', '"')
    }

    /// The greatest length of a name, in bytes. Longer ones are refused, because databases cut them
    /// off without a word.
    fn max_identifier(&self) -> usize {
        128
    }

    /// Writes the placeholder of a bind, counted from 0.
    fn placeholder(&self, sql: &mut String, _index: usize) {
        sql.push('?');
    }

    /// Whether a backslash in a string of raw text takes the meaning of the next character away.
    fn backslash_escapes(&self) -> bool {
        false
    }

    /// A predicate that always or never holds.
    fn constant(&self, truth: bool) -> &'static str {
        if truth { "1 = 1" } else { "1 = 0" }
    }

    /// What makes a predicate of a boolean, written behind it.
    fn is_true(&self) -> &'static str {
        ""
    }

    /// Writes a predicate where a value is wanted.
    fn truth(&self, sql: &mut String, predicate: &str) {
        sql.push('(');
        sql.push_str(predicate);
        sql.push(')');
    }

    // Expressions.

    /// Writes a bound value that stands for itself: given out, computed with, an argument. `ty` is its
    /// own type, unless it is null. For databases that would take it for another type.
    fn bound(&self, sql: &mut String, placeholder: &str, _ty: Option<ColumnType>) {
        sql.push_str(placeholder);
    }

    /// Writes an operand of a comparison of values of type `ty`, so that they compare as they should.
    fn comparable(&self, sql: &mut String, _ty: ColumnType, operand: &Operand<'_>) {
        sql.push_str(operand.text);
    }

    /// Writes two numbers combined. The result is exact or an error of the database.
    ///
    /// # Errors
    /// When the database cannot.
    fn arithmetic(&self, sql: &mut String, call: &ArithmeticCall<'_>) -> Result<()> {
        call.standard(sql);
        Ok(())
    }

    /// Writes the value inside of a column of JSON, in the type that it has by itself; null where there is
    /// none.
    ///
    /// # Errors
    /// When the database cannot.
    fn path(&self, _sql: &mut String, _call: &PathCall<'_>) -> Result<()> {
        Err(Error::unsupported("a value inside of a column", self.driver())
            .with_hint("keep it in a column of its own"))
    }

    /// Writes a column of JSON with changes inside of it.
    ///
    /// # Errors
    /// When the database cannot.
    fn path_changes(&self, _sql: &mut String, _changes: &PathChanges<'_>) -> Result<()> {
        Err(Error::unsupported("a change inside of a column", self.driver())
            .with_hint("read the column, and write it as a whole"))
    }

    /// Writes a function over the rows of a group.
    ///
    /// # Errors
    /// When the database cannot.
    fn aggregate(&self, sql: &mut String, call: &AggregateCall<'_>) -> Result<()> {
        call.standard(sql);
        Ok(())
    }

    /// What makes a backslash the escape of a pattern, written behind it.
    fn like_escape(&self) -> &'static str {
        r" ESCAPE '\'"
    }

    /// The pattern to send, where more than `%`, `_` and `\` has a meaning for the database.
    fn like_pattern(&self, _pattern: &str) -> Option<String> {
        None
    }

    /// How many values a list of `count`, more than 64, is filled up to: the last one is repeated. The
    /// fewer lengths there are, the fewer statements are prepared.
    fn list_length(&self, count: usize) -> usize {
        count.next_multiple_of(64)
    }

    /// Packs a long list into one value, or declines. Asked for lists of more than 64 values.
    ///
    /// # Errors
    /// When a value cannot be sent exactly.
    fn pack_list(&self, _values: &[Value]) -> Result<Option<PackedList>> {
        Ok(None)
    }

    /// What asks whether a value is in a packed list, with blanks around.
    fn packed_operator(&self, negated: bool) -> &'static str {
        standard::is_in(negated)
    }

    /// Writes what stands behind that for a packed list of this form, parentheses included.
    fn unpack_list(&self, sql: &mut String, _form: u8, placeholder: &str) {
        sql.push('(');
        sql.push_str(placeholder);
        sql.push(')');
    }

    // Select.

    /// Whether a limit of so many rows is bound. Else it is part of the text, and each such number is a
    /// statement of its own.
    fn binds_limit(&self, _rows: u64) -> bool {
        true
    }

    /// Writes which part of the rows is wanted, with a blank in front.
    fn page(&self, sql: &mut String, page: &Page<'_>) {
        page.standard(sql);
    }

    /// What lets nulls come before all values, and behind them when `descending`, for databases that
    /// order them otherwise. Written behind what may be null, with a blank in front.
    fn nulls_first(&self, _descending: bool) -> &'static str {
        ""
    }

    /// Writes a lock behind the name of a table, for databases that want it there.
    fn lock_hint(&self, _sql: &mut String, _lock: Lock) {}

    /// Writes a lock at the end, with a blank in front.
    fn lock(&self, sql: &mut String, lock: Lock) {
        standard::lock(sql, lock);
    }

    // Writes.

    /// Puts an insert together.
    ///
    /// # Errors
    /// For what the database lacks.
    fn insert(&self, parts: &InsertParts<'_>) -> Result<String> {
        Ok(parts.standard())
    }

    /// Puts an update together.
    ///
    /// # Errors
    /// For what the database lacks.
    fn update(&self, parts: &UpdateParts<'_>) -> Result<String> {
        Ok(parts.standard())
    }

    /// Puts a delete together.
    ///
    /// # Errors
    /// For what the database lacks.
    fn delete(&self, parts: &DeleteParts<'_>) -> Result<String> {
        Ok(parts.standard())
    }

    /// Whether assignments take effect one after the other, so that a later one reads what an earlier
    /// one has written. They are then put into an order in which none does.
    fn assigns_in_turn(&self) -> bool {
        false
    }

    /// Writes the value that an insert would have written, inside the update of an upsert.
    fn excluded(&self, sql: &mut String, column: &str) {
        sql.push_str("excluded.");
        sql.push_str(column);
    }

    /// What columns that a write gives back are qualified with.
    fn returning_source(&self, _write: WriteKind) -> Option<&'static str> {
        None
    }

    // Transactions.

    /// Begins a transaction (depth 0) or sets a savepoint.
    ///
    /// # Errors
    /// For options that the database lacks.
    fn begin(&self, depth: u32, options: TransactionOptions) -> Result<String> {
        let capabilities = self.capabilities();
        if !capabilities.transactions {
            return Err(Error::unsupported("a transaction", self.driver()));
        }
        if depth > 0 && !capabilities.savepoints {
            return Err(Error::unsupported("a transaction inside a transaction", self.driver()));
        }
        Ok(standard::begin(depth, options))
    }

    /// Commits a transaction (depth 0) or releases a savepoint. Nothing is sent when empty.
    fn commit(&self, depth: u32) -> String {
        standard::commit(depth)
    }

    /// Rolls a transaction (depth 0) back, or to a savepoint, which is then gone.
    fn rollback(&self, depth: u32) -> String {
        standard::rollback(depth)
    }

    /// The statement that explains another.
    ///
    /// # Errors
    /// When the database has none.
    fn explain(&self, sql: &str) -> Result<String> {
        Ok(format!("EXPLAIN {sql}"))
    }

    // Schema.

    /// The type of a column.
    ///
    /// # Errors
    /// When the database has no type that holds such values exactly.
    fn column_type(&self, column: &Column) -> Result<Cow<'static, str>> {
        standard::column_type(column.ty, self.driver())
    }

    /// A condition that the values of a column have to meet, beyond what its type sees to. `name` is
    /// quoted.
    fn column_check(&self, _column: &Column, _name: &str) -> Option<String> {
        None
    }

    /// What lets the database number a column, written behind its type. `sole_key` tells whether the
    /// column is all of the primary key.
    ///
    /// # Errors
    /// When the database cannot number such a column.
    fn auto_increment(&self, column: &Column, _sole_key: bool) -> Result<&'static str> {
        Ok(match column.identity_always {
            true => " GENERATED ALWAYS AS IDENTITY",
            false => " GENERATED BY DEFAULT AS IDENTITY",
        })
    }

    /// A text as a constant of the schema.
    ///
    /// # Errors
    /// When it has no such form.
    fn text_literal(&self, text: &str) -> Result<String> {
        standard::text_literal(text)
    }

    /// The constant that a column has by default, in the form in which the column keeps it.
    ///
    /// # Errors
    /// When it has no such form.
    fn literal(&self, value: &Value, _column: &Column) -> Result<String> {
        standard_literal(value, &|text| self.text_literal(text))
    }

    /// The present moment, in the form in which the column keeps it.
    ///
    /// # Errors
    /// For a column that keeps no such.
    fn now(&self, column: &Column) -> Result<Cow<'static, str>> {
        standard::now(column).map(Cow::Borrowed)
    }

    /// What stands behind `DEFAULT` for a constant.
    fn default_constant(&self, _column: &Column, constant: String) -> String {
        constant
    }

    /// Whether the type of an enumeration holds its values. Else a condition does.
    fn has_enumerations(&self) -> bool {
        false
    }

    /// The comment in the definition of a column, with a blank in front. `None`, where it is a statement of
    /// its own. The comment is a constant.
    fn inline_comment(&self, _comment: &str) -> Option<String> {
        None
    }

    /// The statement that gives a table its comment, a constant.
    fn table_comment(&self, table: &str, comment: &str) -> String {
        format!("COMMENT ON TABLE {table} IS {comment}")
    }

    /// Whether a new column without a default, that may not be null, is filled with something in the rows
    /// that there are. It is then refused for a table with rows.
    fn fills_new_columns(&self) -> bool {
        false
    }

    /// Defines a column anew.
    ///
    /// # Errors
    /// For what the database lacks.
    fn alter_column(&self, parts: &ColumnParts<'_>) -> Result<Vec<String>> {
        if parts.column.generated.is_some()
            || parts.known.is_some_and(|known| known.generated.is_some())
        {
            let error = Error::unsupported("changing a generated column", self.driver());
            return Err(error.with_hint("drop it, and add it as it should be"));
        }
        Ok(parts.standard())
    }

    /// Refuses a foreign key that the database lacks.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind) naming what is lacking.
    fn check_foreign_key(&self, _key: &ForeignKey) -> Result<()> {
        Ok(())
    }

    /// Drops a foreign key; the names are quoted.
    fn drop_foreign_key(&self, table: &str, name: &str) -> String {
        format!("ALTER TABLE {table} DROP CONSTRAINT {name}")
    }

    /// Drops a check; the names are quoted.
    fn drop_check(&self, table: &str, name: &str) -> String {
        format!("ALTER TABLE {table} DROP CONSTRAINT {name}")
    }

    /// Drops the constraint that an index belongs to, and with it the index; the names are quoted.
    fn drop_unique(&self, table: &str, name: &str) -> String {
        format!("ALTER TABLE {table} DROP CONSTRAINT {name}")
    }

    /// Drops the primary key; the names are quoted.
    ///
    /// # Errors
    /// When the database wants its name, and that is not known.
    fn drop_key(&self, table: &str, name: Option<&str>) -> Result<String> {
        match name {
            Some(name) => Ok(format!("ALTER TABLE {table} DROP CONSTRAINT {name}")),
            None => Err(Error::invalid("the table has no primary key")),
        }
    }

    /// Gives an index another name; the names are quoted.
    fn rename_index(&self, _table: &str, from: &str, to: &str) -> String {
        format!("ALTER INDEX {from} RENAME TO {to}")
    }

    /// Creates a view; the name is quoted.
    fn create_view(&self, name: &str, query: &str, or_replace: bool) -> Vec<String> {
        let replace = if or_replace { "OR REPLACE " } else { "" };
        vec![format!("CREATE {replace}VIEW {name} AS {query}")]
    }

    /// What stands behind the definition of a table, with a blank in front.
    fn table_options(&self) -> &'static str {
        ""
    }

    /// Puts the creation of a table together.
    ///
    /// # Errors
    /// For what the database lacks.
    fn create_table(&self, parts: &TableParts<'_>) -> Result<String> {
        Ok(parts.standard() + self.table_options())
    }

    /// Drops a table; the name is quoted.
    fn drop_table(&self, table: &str, if_exists: bool) -> String {
        format!("DROP TABLE {}{table}", if if_exists { "IF EXISTS " } else { "" })
    }

    /// Puts the creation of an index together.
    ///
    /// # Errors
    /// For what the database lacks.
    fn create_index(&self, parts: &IndexParts<'_>) -> Result<String> {
        Ok(parts.standard())
    }

    /// Drops an index; the names are quoted.
    fn drop_index(&self, _table: &str, name: &str, if_exists: bool) -> String {
        format!("DROP INDEX {}{name}", if if_exists { "IF EXISTS " } else { "" })
    }

    // Migrations.

    /// What has a meaning in scripts.
    fn script(&self) -> ScriptSyntax {
        ScriptSyntax { backslash_escapes: self.backslash_escapes(), ..ScriptSyntax::default() }
    }

    /// What a statement of a script means for the transaction around it, by its first words, in capitals.
    fn effect(&self, words: &[&str]) -> Effect {
        standard::effect(words, self.capabilities().transactional_ddl)
    }

    /// What asks the server this. `None` when it has no answer.
    fn question(&self, _question: Question<'_>) -> Option<RawSql> {
        None
    }

    /// Statements that ready a session for migrations.
    fn migration_settings(&self, _in_transaction: bool) -> &'static [&'static str] {
        &[]
    }

    /// The statements that drop all of these; the names are quoted.
    fn drop_all(&self, tables: &[&str], views: &[&str]) -> Vec<String> {
        let views = views.iter().map(|view| format!("DROP VIEW {view}"));
        views.chain(tables.iter().map(|table| format!("DROP TABLE {table}"))).collect()
    }

    /// The statement that drops something else, which [`question`](Self::question) has told of, after all
    /// tables and views are gone.
    fn drop_object(&self, _object: &Object) -> Option<String> {
        None
    }
}
