//! Changes to a table that exists.

use super::super::Dialect;
use super::super::compiler::quote_identifier;
use super::super::parts::ColumnParts;
use super::column::{self, Place, define_column};
use super::constraint::{create_index, define_check, define_foreign_key};
use super::quoted_list;
use super::table::{column_comment, column_index};
use crate::schema::{Column, IndexInfo, TableChange, TableInfo};
use crate::{Error, Name, Result};

pub(super) fn alter_table(
    dialect: &dyn Dialect,
    table: &Name,
    changes: &[TableChange],
    known: Option<&TableInfo>,
) -> Result<Vec<String>> {
    let quoted = quote_identifier(dialect, table)?;
    let mut steps = Steps { dialect, table, quoted, known: known.cloned(), sql: Vec::new() };
    for change in changes {
        steps.step(change)?;
    }
    Ok(steps.sql)
}

struct Steps<'a> {
    dialect: &'a dyn Dialect,
    table: &'a Name,
    quoted: String,
    /// How the table looks before the step, as far as a later one may ask.
    known: Option<TableInfo>,
    sql: Vec<String>,
}

impl Steps<'_> {
    fn step(&mut self, change: &TableChange) -> Result<()> {
        let (dialect, table) = (self.dialect, self.quoted.clone());
        let quote = |name: &Name| quote_identifier(dialect, name);
        let sql = match change {
            TableChange::AddColumn(column) => return self.add_column(column),
            TableChange::AlterColumn(column) => {
                let altered = self.alter_column(column);
                return altered.map_err(|error| error.with_column(column.name.clone()));
            }
            TableChange::RenameColumn { from, to } => {
                let columns = self.known.iter_mut().flat_map(|known| &mut known.columns);
                for column in columns.filter(|column| column.name == **from) {
                    column.name = to.to_string();
                }
                format!("ALTER TABLE {table} RENAME COLUMN {} TO {}", quote(from)?, quote(to)?)
            }
            TableChange::DropColumn(name) => {
                format!("ALTER TABLE {table} DROP COLUMN {}", quote(name)?)
            }
            TableChange::AddKey(columns) if columns.is_empty() => {
                return Err(Error::invalid("the primary key has no columns"));
            }
            TableChange::AddKey(columns) => {
                format!("ALTER TABLE {table} ADD PRIMARY KEY ({})", quoted_list(dialect, columns)?)
            }
            TableChange::DropKey => {
                let key = self.known.as_ref().and_then(|known| known.key.as_ref()?.name.as_ref());
                let name = key.map(|name| quote_identifier(dialect, name)).transpose()?;
                dialect.drop_key(&table, name.as_deref())?
            }
            TableChange::AddIndex(index) if index.table != *self.table => {
                let message = format!("the index `{}` is of another table", index.name);
                return Err(Error::invalid(message));
            }
            TableChange::AddIndex(index) => {
                if let Some(known) = &mut self.known {
                    known.indexes.push(IndexInfo::new(&*index.name, index.unique));
                }
                create_index(dialect, index)?
            }
            TableChange::DropIndex(name) if self.is_of_constraint(name) => {
                dialect.drop_unique(&table, &quote(name)?)
            }
            TableChange::DropIndex(name) => dialect.drop_index(&table, &quote(name)?, false),
            TableChange::RenameIndex { from, to } => {
                self.rename_known(from, to)?;
                dialect.rename_index(&table, &quote(from)?, &quote(to)?)
            }
            TableChange::AddForeignKey(key) => {
                format!("ALTER TABLE {table} ADD {}", define_foreign_key(dialect, key)?)
            }
            TableChange::DropForeignKey(name) => dialect.drop_foreign_key(&table, &quote(name)?),
            TableChange::AddCheck(check) => {
                format!("ALTER TABLE {table} ADD {}", define_check(dialect, check)?)
            }
            TableChange::DropCheck(name) => dialect.drop_check(&table, &quote(name)?),
            TableChange::SetComment(comment) => {
                let text = dialect.text_literal(comment.as_deref().unwrap_or_default())?;
                dialect.table_comment(&table, &text)
            }
            TableChange::SetValidator(_) => {
                return Err(Error::unsupported("a validator of documents", dialect.driver()));
            }
        };
        self.sql.push(sql);
        Ok(())
    }

    /// A database may take the name of an index that is not there for that of a table.
    fn rename_known(&mut self, from: &str, to: &str) -> Result<()> {
        let Some(known) = &mut self.known else { return Ok(()) };
        // what belongs to a key is not told among the indexes
        let of_key = known.key.as_ref().is_some_and(|key| key.name.as_deref() == Some(from))
            || known.foreign_key(from).is_some();
        match known.indexes.iter_mut().find(|index| index.name == from) {
            Some(index) => index.name = to.to_owned(),
            None if of_key => {}
            None => return Err(Error::invalid(format!("there is no index `{from}`"))),
        }
        Ok(())
    }

    fn is_of_constraint(&self, index: &str) -> bool {
        let index = self.known.as_ref().and_then(|known| known.index(index));
        index.is_some_and(|index| index.of_constraint)
    }

    fn add_column(&mut self, column: &Column) -> Result<()> {
        let definition = define_column(self.dialect, column, Place::default())?;
        self.sql.push(format!("ALTER TABLE {} ADD COLUMN {definition}", self.quoted));
        if column.index {
            let index = column_index(self.dialect, self.table, &column.name, false);
            self.sql.push(create_index(self.dialect, &index)?);
        }
        self.sql.extend(column_comment(self.dialect, &self.quoted, column)?);
        Ok(())
    }

    fn alter_column(&mut self, column: &Column) -> Result<()> {
        let known = match &self.known {
            None => None,
            Some(table) => Some(table.column(&column.name).ok_or_else(|| {
                let names: Vec<_> = table.columns.iter().map(|column| &*column.name).collect();
                Error::invalid("there is no such column")
                    .with_hint(format!("the columns are: {}", names.join(", ")))
            })?),
        };
        let is = |name: &str| name == &*column.name;
        let key = self.known.as_ref().and_then(|known| known.key.as_ref());
        let key = key.map(|key| &key.columns[..]).unwrap_or_default();
        let mut indexes = self.known.iter().flat_map(|known| &known.indexes);
        let is_key = key.iter().any(|name| is(name));
        let place = Place {
            is_key,
            sole_key: is_key && key.len() == 1,
            indexed: indexes.any(|index| index.columns().any(is)),
            exists: true,
        };
        let parts = column::parts(self.dialect, column, place)?;
        let definition = column::write(self.dialect, column, place, &parts)?;
        self.sql.extend(self.dialect.alter_column(&ColumnParts {
            table: &self.quoted,
            name: &parts.name,
            definition: &definition,
            ty: &parts.ty,
            default: parts.default.as_deref(),
            check: parts.check.as_deref(),
            comment: parts.comment.as_deref(),
            column,
            known,
        })?);
        Ok(())
    }
}
