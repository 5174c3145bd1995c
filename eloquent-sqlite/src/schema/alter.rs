//! Changes to a table, step by step. What `ALTER TABLE` has no words for is gathered, and made in one go
//! by building the table anew.

use eloquent_core::driver::TransactionOptions;
use eloquent_core::schema::{Column, ColumnDefault, Index, SchemaChange, TableChange};
use eloquent_core::sql::{
    Dialect as _, Place, alter, column_index, create_index, define_check, define_column,
    define_foreign_key, quote_identifier,
};
use eloquent_core::value::Value;
use eloquent_core::{Error, ErrorKind, Name, Result};
use rusqlite::Connection;

use super::inspect::{names, text_of};
use super::layout::{ColumnText, Constraint, Layout, What};
use super::rebuild::{Broken, rebuild};
use super::tokens::{Kind, tokens};
use super::types;
use crate::dialect::SqliteDialect;
use crate::engine::{Engine, Fault};
use crate::error::{DRIVER, error};
use crate::transaction::Control;

/// The savepoint around a change inside a transaction.
const SAVEPOINT: &str = "eloquent_alter";

impl Engine {
    /// Makes a change: all of it or nothing.
    ///
    /// # Errors
    /// What is wrong with the change, and what SQLite reports. Nothing has changed then.
    pub(crate) fn alter(&mut self, change: &SchemaChange) -> Result<()> {
        let table = || change.table().clone();
        let steps = match change {
            SchemaChange::AlterTable { .. } => {
                SqliteDialect
                    .capabilities()
                    .check_change(change, DRIVER)
                    .map_err(|error| error.with_table(table()))?;
                None
            }
            _ => Some(alter(&SqliteDialect, change)?),
        };
        let outcome = self.check_transaction().and_then(|()| self.check_may_write());
        let outcome = outcome.and_then(|()| match &self.transaction {
            Some(_) => self.alter_within(change, steps),
            None => self.alter_alone(change, steps),
        });
        outcome.map_err(|fault| {
            let error = match fault {
                Fault::Own(error) => error,
                fault => fault.into_plain_error(),
            };
            error.with_table(table()).with_driver(DRIVER)
        })
    }

    /// In a transaction of its own. References are not held to while a table is gone for a moment, so
    /// that nothing that refers to it goes with it; they are looked at before the commit.
    fn alter_alone(
        &mut self,
        change: &SchemaChange,
        steps: Option<Vec<String>>,
    ) -> Result<(), Fault> {
        let rebuilds = steps.is_none();
        let enforced = rebuilds && enforces(&self.connection)?;
        if enforced {
            self.connection.execute_batch("PRAGMA foreign_keys=OFF")?;
        }
        let mut outcome = self.control(Control::Begin(0, TransactionOptions::default()));
        if outcome.is_ok() {
            outcome = run(&self.connection, change, steps);
            if let Some(transaction) = &mut self.transaction {
                transaction.note_write(0, true);
            }
            outcome = match outcome {
                Ok(()) => self.control(Control::Commit(0)),
                Err(fault) => Err(fault),
            };
            if outcome.is_err() {
                self.control(Control::Rollback(0))?;
            }
        }
        if enforced && let Err(cause) = self.connection.execute_batch("PRAGMA foreign_keys=ON") {
            // the reset before the next use sets it
            self.unclean = true;
            outcome = outcome.and(Err(cause.into()));
        }
        outcome
    }

    /// Within the transaction that is open.
    fn alter_within(
        &mut self,
        change: &SchemaChange,
        steps: Option<Vec<String>>,
    ) -> Result<(), Fault> {
        self.connection.execute_batch(&format!("SAVEPOINT {SAVEPOINT}"))?;
        let outcome = run(&self.connection, change, steps);
        if let Some(transaction) = &mut self.transaction {
            transaction.note_write(0, true);
        }
        let end = match &outcome {
            Ok(()) => format!("RELEASE {SAVEPOINT}"),
            // SQLite may have rolled all of it back by itself
            Err(_) if self.connection.is_autocommit() => return outcome,
            Err(_) => format!("ROLLBACK TO {SAVEPOINT}; RELEASE {SAVEPOINT}"),
        };
        self.connection.execute_batch(&end)?;
        outcome
    }
}

/// Whether references are held to.
fn enforces(connection: &Connection) -> Result<bool, Fault> {
    Ok(connection.pragma_query_value(None, "foreign_keys", |row| row.get(0))?)
}

fn run(
    connection: &Connection,
    change: &SchemaChange,
    steps: Option<Vec<String>>,
) -> Result<(), Fault> {
    if let Some(steps) = steps {
        for sql in steps {
            connection.execute_batch(&sql)?;
        }
        return Ok(());
    }
    let Some((name, false, _)) = text_of(connection, change.table())? else {
        return Err(error(ErrorKind::InvalidInput, "there is no such table").into());
    };
    let before = Broken::find(connection, &name)?;
    let mut work = Work {
        connection,
        quoted: quote_identifier(&SqliteDialect, &name)?,
        table: name,
        pending: None,
    };
    for step in change.steps() {
        work.step(step).map_err(|fault| match (fault, step.column()) {
            (Fault::Own(error), Some(column)) => Fault::Own(error.with_column(column.name.clone())),
            (fault, _) => fault,
        })?;
    }
    work.flush()?;
    before.compare(connection, &work.table)
}

struct Work<'c> {
    connection: &'c Connection,
    table: String,
    quoted: String,
    /// How the table is to look, when it has to be built anew.
    pending: Option<Layout>,
}

impl Work<'_> {
    fn step(&mut self, change: &TableChange) -> Result<(), Fault> {
        let table = Name::from(self.table.clone());
        match change {
            TableChange::AddColumn(column) => return self.add_column(column),
            TableChange::AlterColumn(column) => return self.alter_column(column),
            TableChange::DropColumn(name) => return self.drop_column(name),
            TableChange::RenameColumn { from, to } => {
                let (from, to) = (quote(from)?, quote(to)?);
                return self
                    .native(&format!("ALTER TABLE {} RENAME COLUMN {from} TO {to}", self.quoted));
            }
            TableChange::AddIndex(index) if !index.table.eq_ignore_ascii_case(&self.table) => {
                let text = format!("the index `{}` is of another table", index.name);
                return Err(error(ErrorKind::InvalidInput, text).into());
            }
            TableChange::AddIndex(index) => {
                let index = Index { table, ..index.clone() };
                return self.native(&create_index(&SqliteDialect, &index)?);
            }
            TableChange::DropIndex(name) => return self.drop_index(name),
            TableChange::RenameIndex { from, to } => return self.rename_index(from, to),
            _ => {}
        }
        let layout = self.layout()?;
        let mut add = |text: String| {
            layout.constraints.extend(Constraint::read(&text));
        };
        match change {
            TableChange::AddForeignKey(key) => add(define_foreign_key(&SqliteDialect, key)?),
            TableChange::AddCheck(check) => add(define_check(&SqliteDialect, check)?),
            TableChange::AddKey(columns) => add_key(layout, columns)?,
            TableChange::DropKey => drop_key(layout)?,
            TableChange::DropForeignKey(name) => layout.drop_named(What::References, name)?,
            TableChange::DropCheck(name) => layout.drop_named(What::Check, name)?,
            _ => return Err(Error::unsupported("this change of a table", DRIVER).into()),
        }
        Ok(())
    }

    /// How the table is to look, to be changed.
    fn layout(&mut self) -> Result<&mut Layout, Fault> {
        let layout = match self.pending.take() {
            Some(layout) => layout,
            None => self.written()?,
        };
        Ok(self.pending.insert(layout))
    }

    /// How the table looks.
    fn written(&self) -> Result<Layout, Fault> {
        let text = text_of(self.connection, &self.table)?.map(|(_, _, sql)| sql);
        Ok(Layout::read(&text.unwrap_or_default())?)
    }

    fn flush(&mut self) -> Result<(), Fault> {
        match self.pending.take() {
            Some(layout) => rebuild(self.connection, &self.table, &layout),
            None => Ok(()),
        }
    }

    /// Runs what SQLite has words for.
    fn native(&mut self, sql: &str) -> Result<(), Fault> {
        self.flush()?;
        Ok(self.connection.execute_batch(sql)?)
    }

    fn add_column(&mut self, column: &Column) -> Result<(), Fault> {
        let text = define_column(&SqliteDialect, column, Place::default())?;
        if self.pending.is_none() && can_be_added(column) {
            self.native(&format!("ALTER TABLE {} ADD COLUMN {text}", self.quoted))?;
        } else {
            let layout = self.layout()?;
            if layout.position(&column.name).is_ok() {
                return Err(error(ErrorKind::InvalidInput, "there is such a column already").into());
            }
            layout.columns.extend(ColumnText::read(&text));
        }
        if column.index {
            let table = Name::from(self.table.clone());
            let index = column_index(&SqliteDialect, &table, &column.name, false);
            self.native(&create_index(&SqliteDialect, &index)?)?;
        }
        Ok(())
    }

    /// The new definition, with what the old one said of keys, references and checks.
    fn alter_column(&mut self, column: &Column) -> Result<(), Fault> {
        let layout = self.layout()?;
        let position = layout.position(&column.name)?;
        let key = layout.key();
        let is_key = key.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
        let sole_key = is_key && key.len() == 1;
        let place = Place { is_key, sole_key, indexed: false, exists: true };
        let text = define_column(&SqliteDialect, column, place)?;
        let old = &layout.columns[position];
        let of_type = types::known(old).check;
        let keeps = |(position, constraint): &(usize, &Constraint)| match constraint.what {
            What::Key | What::Unique | What::References => true,
            What::Check => Some(*position) != of_type,
            _ => false,
        };
        let kept = old.constraints.iter().enumerate().filter(keeps);
        let kept: Vec<_> = kept.map(|(_, constraint)| constraint.clone()).collect();
        if let Some(mut new) = ColumnText::read(&text) {
            new.constraints.extend(kept);
            layout.columns[position] = new;
        }
        Ok(())
    }

    fn drop_column(&mut self, name: &str) -> Result<(), Fault> {
        let (connection, table) = (self.connection, self.table.clone());
        for index in names(connection, INDEXES, &table)? {
            if concerns(connection, &index, name)? {
                self.native(&format!("DROP INDEX {}", quote(&index)?))?;
            }
        }
        let layout = match &self.pending {
            Some(layout) => layout.clone(),
            None => self.written()?,
        };
        let position = layout.position(name)?;
        if layout.columns.len() == 1 {
            let text = "the column is the only one of its table";
            let refused = error(ErrorKind::InvalidInput, text).with_column(name.to_owned());
            return Err(refused.with_hint("drop the table").into());
        }
        let is_bound = |column: &ColumnText| {
            [What::Key, What::Unique, What::References]
                .iter()
                .any(|what| column.get(*what).is_some())
        };
        let is_free = !is_bound(&layout.columns[position])
            && !layout.constraints.iter().any(|constraint| constraint.mentions(name));
        if self.pending.is_none() && is_free {
            return self.native(&format!(
                "ALTER TABLE {} DROP COLUMN {}",
                self.quoted,
                quote(name)?
            ));
        }
        let layout = self.layout()?;
        layout.columns.remove(position);
        layout.constraints.retain(|constraint| !constraint.mentions(name));
        Ok(())
    }

    /// An index of a constraint goes with that.
    fn drop_index(&mut self, name: &str) -> Result<(), Fault> {
        self.flush()?;
        let of_constraint: Vec<String> = names(self.connection, OF_UNIQUE, &self.table)?;
        if !of_constraint.iter().any(|index| index == name) {
            return self.native(&format!("DROP INDEX {}", quote(name)?));
        }
        let columns = names(self.connection, PARTS, name)?;
        let layout = self.layout()?;
        let over = |names: &[String]| {
            names.len() == columns.len()
                && names.iter().zip(&columns).all(|(one, other)| one.eq_ignore_ascii_case(other))
        };
        layout.constraints.retain(|one| one.what != What::Unique || !over(&one.names));
        for column in &mut layout.columns {
            if over(std::slice::from_ref(&column.name)) {
                column.constraints.retain(|constraint| constraint.what != What::Unique);
            }
        }
        Ok(())
    }

    /// SQLite has no words for it: the index is made again.
    fn rename_index(&mut self, from: &str, to: &str) -> Result<(), Fault> {
        self.flush()?;
        let known = names(self.connection, INDEX_TEXT, from)?;
        let sql = known.first().ok_or_else(|| {
            error(
                ErrorKind::InvalidInput,
                format!("there is no index `{from}` that has a name of its own"),
            )
        })?;
        let all = tokens(sql);
        let name = all.iter().position(|token| token.is("INDEX")).map(|position| position + 1);
        let name =
            name.and_then(|position| all.get(position)).filter(|token| token.kind != Kind::Sign);
        let Some(name) = name else {
            return Err(
                error(ErrorKind::Unsupported, "the text of the index cannot be read").into()
            );
        };
        let renamed = format!("{}{}{}", &sql[..name.start], quote(to)?, &sql[name.end()..]);
        self.connection.execute_batch(&format!("DROP INDEX {}", quote(from)?))?;
        Ok(self.connection.execute_batch(&renamed)?)
    }
}

const INDEXES: &str =
    "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL";
const INDEX_TEXT: &str =
    "SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?1 COLLATE NOCASE";
const OF_UNIQUE: &str = "SELECT name FROM pragma_index_list(?1) WHERE origin = 'u'";
const PARTS: &str = "SELECT name FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno";

fn quote(name: &str) -> Result<String> {
    quote_identifier(&SqliteDialect, name)
}

/// Whether an index is over a column, or has it in an expression or in its condition.
fn concerns(connection: &Connection, index: &str, column: &str) -> Result<bool, Fault> {
    let text = names(connection, INDEX_TEXT, index)?;
    let sql = text.first().map(String::as_str).unwrap_or_default();
    let all = tokens(sql);
    let open = all.iter().position(|token| token.kind == Kind::Open).unwrap_or(all.len());
    let mut behind = all[open..].iter().filter(|token| token.is_name());
    Ok(behind.any(|token| token.name().eq_ignore_ascii_case(column)))
}

/// Whether `ALTER TABLE .. ADD COLUMN` takes it.
fn can_be_added(column: &Column) -> bool {
    let default = match &column.default {
        None => None,
        Some(ColumnDefault::Value(Value::Null)) => None,
        Some(ColumnDefault::Value(_)) => Some(()),
        Some(_) => return false,
    };
    let stored = column.generated.as_ref().is_some_and(|generated| generated.stored);
    let filled = column.nullable || default.is_some() || column.generated.is_some();
    !column.unique && !column.auto_increment && !stored && filled
}

fn add_key(layout: &mut Layout, columns: &[Name]) -> Result<(), Fault> {
    if columns.is_empty() {
        return Err(error(ErrorKind::InvalidInput, "the primary key has no columns").into());
    }
    if !layout.key().is_empty() {
        return Err(error(ErrorKind::InvalidInput, "the table has a primary key already").into());
    }
    let mut quoted = Vec::new();
    for name in columns {
        let position = layout.position(name)?;
        layout.columns[position].refuse_null();
        quoted.push(quote(name)?);
    }
    let text = format!("PRIMARY KEY ({})", quoted.join(", "));
    layout.constraints.extend(Constraint::read(&text));
    Ok(())
}

/// What was a part of the key still may not be null.
fn drop_key(layout: &mut Layout) -> Result<(), Fault> {
    let key = layout.key();
    if key.is_empty() {
        return Err(error(ErrorKind::InvalidInput, "the table has no primary key").into());
    }
    layout.constraints.retain(|constraint| constraint.what != What::Key);
    for name in &key {
        let position = layout.position(name)?;
        let column = &mut layout.columns[position];
        column.constraints.retain(|constraint| constraint.what != What::Key);
        column.refuse_null();
    }
    Ok(())
}
