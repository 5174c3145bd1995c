//! The writer of text: names, marks for binds, the tables in view, and the text's last check.

use std::fmt::Write as _;

use super::Dialect;
use super::compiled::{BindColumns, Cost};
use super::shape::Padding;
use crate::statement::{ColumnRef, RawSegment, RawSql, Source, Statement};
use crate::{Error, Name, Result};

/// Stands for a bind in unfinished text, with its number between two of it. No name, raw text or
/// keyword can hold it.
const MARK: char = '\0';

/// Text and what is known of it, before it is shared.
pub(super) struct Finished {
    pub(super) sql: String,
    pub(super) cost: Cost,
    pub(super) columns: BindColumns,
    /// The order in which the text takes the binds, unless it is theirs.
    pub(super) order: Option<Box<[usize]>>,
}

/// Writes the text of one statement. The binds are numbered in the order of
/// [`shape`](super::shape), which is what ties the two together.
pub(super) struct Compiler<'a> {
    pub(super) dialect: &'a dyn Dialect,
    pub(super) sql: String,
    pub(super) padding: Padding,
    pub(super) columns: BindColumns,
    /// The column that binds are compared with or go to at this point.
    pub(super) about: Option<Name>,
    /// Whether a part of the statement has a cost that cannot be judged: raw text, a lock.
    pub(super) unknown: bool,
    /// Whether a select is an aggregate without a filter.
    pub(super) scan: bool,
    /// Whether a function over rows is part of the select at this point.
    pub(super) aggregate: bool,
    /// Whether the values of an insert can be named here.
    pub(super) in_conflict: bool,
    binds: usize,
    /// The tables of the selects around this point, the innermost last, each with what its columns
    /// are prefixed with.
    scopes: Vec<Vec<(Source, String)>>,
}

/// Compiles a statement that `binds` values are bound to.
pub(super) fn compile(
    dialect: &dyn Dialect,
    statement: &Statement,
    padding: Padding,
    binds: usize,
) -> Result<Finished> {
    let mut compiler = Compiler {
        dialect,
        sql: String::with_capacity(128),
        padding,
        columns: BindColumns::default(),
        about: None,
        unknown: false,
        scan: false,
        aggregate: false,
        in_conflict: false,
        binds: 0,
        scopes: Vec::new(),
    };
    let cost = match statement {
        Statement::Select(select) => {
            compiler.select(select)?;
            if compiler.scan { Cost::Scan } else { Cost::Read }
        }
        Statement::Insert(insert) => compiler.insert(insert)?,
        Statement::Update(update) => compiler.update(update)?,
        Statement::Delete(delete) => compiler.delete(delete)?,
        Statement::Raw(raw) => {
            compiler.raw_statement(raw)?;
            Cost::Unknown
        }
        Statement::Pipeline(_) => return Err(pipeline(compiler.dialect.driver())),
    };
    let cost = if compiler.unknown { Cost::Unknown } else { cost };
    compiler.finish(cost, binds)
}

/// The error of stages of a database of documents.
#[cold]
pub(super) fn pipeline(driver: &'static str) -> Error {
    Error::unsupported("a pipeline", driver)
        .with_hint("pipelines are for databases of documents; use the query builder or `Db::raw`")
}

impl Compiler<'_> {
    pub(super) fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    /// Writes `write` for each item, with a separator in between.
    pub(super) fn list<T>(
        &mut self,
        separator: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<()>,
    ) -> Result<()> {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.push(separator);
            }
            write(self, item)?;
        }
        Ok(())
    }

    /// Writes into a text apart from the statement, for a hook to place.
    pub(super) fn part(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<String> {
        let outside = std::mem::take(&mut self.sql);
        let result = write(self);
        let part = std::mem::replace(&mut self.sql, outside);
        result.map(|()| part)
    }

    pub(super) fn ident(&mut self, name: &str) -> Result<()> {
        quote_into(self.dialect, name, &mut self.sql)
    }

    /// Marks the place of the next bind.
    pub(super) fn bind(&mut self) {
        self.columns.push(self.about.clone());
        self.bind_of_cycle();
    }

    /// As [`bind`](Self::bind), when the columns are known as a cycle.
    pub(super) fn bind_of_cycle(&mut self) {
        // Writing to a `String` cannot fail.
        let _ = write!(self.sql, "{MARK}{}{MARK}", self.binds);
        self.binds += 1;
    }

    /// Writes with binds counted as compared with, or going to, `column`.
    pub(super) fn about<T>(
        &mut self,
        column: Option<&Name>,
        write: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let outside = std::mem::replace(&mut self.about, column.cloned());
        let result = write(self);
        self.about = outside;
        result
    }

    /// Writes with these tables in view, besides those around.
    pub(super) fn scope<T>(
        &mut self,
        tables: Vec<(Source, String)>,
        write: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.scopes.push(tables);
        let result = write(self);
        self.scopes.pop();
        result
    }

    /// Writes with none of the tables around in view.
    pub(super) fn isolated<T>(&mut self, write: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let outside = std::mem::take(&mut self.scopes);
        let result = write(self);
        self.scopes = outside;
        result
    }

    /// Whether the statement stands inside another.
    pub(super) fn is_nested(&self) -> bool {
        !self.scopes.is_empty()
    }

    pub(super) fn column(&mut self, column: &ColumnRef) -> Result<()> {
        let mut tables = self.scopes.iter().rev().flatten();
        let Some((_, prefix)) = tables.find(|(source, _)| *source == column.source) else {
            return Err(Error::invalid(
                "the column belongs to a table that is not in the statement",
            )
            .with_column(column.name.clone()));
        };
        self.sql.push_str(prefix);
        self.ident(&column.name)
    }

    /// Writes raw text as a part of a statement.
    pub(super) fn raw_fragment(&mut self, raw: &RawSql) -> Result<()> {
        self.unknown = true;
        let scan = raw.scan(self.dialect.backslash_escapes())?;
        if scan.ends_statement {
            return Err(Error::invalid("raw text inside a statement contains `;`"));
        }
        if scan.is_blank {
            return Err(Error::invalid("the raw text inside a statement is empty"));
        }
        self.segments(&scan.segments);
        if scan.ends_in_comment {
            // What follows is not to become a part of the comment.
            self.push("\n");
        }
        Ok(())
    }

    fn raw_statement(&mut self, raw: &RawSql) -> Result<()> {
        self.unknown = true;
        let scan = raw.scan(self.dialect.backslash_escapes())?;
        if scan.is_blank {
            return Err(Error::invalid("the raw statement is empty"));
        }
        self.segments(&scan.segments);
        Ok(())
    }

    fn segments(&mut self, segments: &[RawSegment<'_>]) {
        for segment in segments {
            match segment {
                RawSegment::Text(text) => self.push(text),
                RawSegment::Bind => self.bind(),
            }
        }
    }

    /// Turns marks into placeholders and makes sure that the text asks for exactly what is bound.
    fn finish(mut self, cost: Cost, binds: usize) -> Result<Finished> {
        let disagree = || {
            Error::invalid(
                "the text of the statement and its bound values disagree; nothing was sent",
            )
        };
        if self.binds != binds {
            return Err(disagree());
        }
        let mut sql = String::with_capacity(self.sql.len());
        let mut order = Vec::with_capacity(binds);
        for (index, piece) in self.sql.split(MARK).enumerate() {
            if index % 2 == 0 {
                sql.push_str(piece);
            } else {
                let bind = piece.parse::<usize>().map_err(|_| disagree())?;
                self.dialect.placeholder(&mut sql, bind);
                order.push(bind);
            }
        }
        let mut seen = vec![false; binds];
        for bind in &order {
            let first = seen.get_mut(*bind).is_some_and(|seen| !std::mem::replace(seen, true));
            if !first {
                return Err(disagree());
            }
        }
        if order.len() != binds {
            return Err(disagree());
        }
        let order = (!order.is_sorted() && self.is_positional()).then(|| order.into_boxed_slice());
        if let Some(order) = &order {
            self.columns = self.columns.reordered(order);
        }
        Ok(Finished { sql, cost, columns: self.columns, order })
    }

    /// Whether placeholders take binds in the order of the text.
    fn is_positional(&self) -> bool {
        let (mut first, mut second) = (String::new(), String::new());
        self.dialect.placeholder(&mut first, 0);
        self.dialect.placeholder(&mut second, 1);
        first == second
    }
}

/// A name, quoted.
///
/// # Errors
/// [`ErrorKind::InvalidInput`](crate::ErrorKind) for a name that is empty, holds NUL or is longer than
/// the database takes.
pub fn quote_identifier(dialect: &dyn Dialect, name: &str) -> Result<String> {
    let mut sql = String::with_capacity(name.len() + 2);
    quote_into(dialect, name, &mut sql)?;
    Ok(sql)
}

fn quote_into(dialect: &dyn Dialect, name: &str, sql: &mut String) -> Result<()> {
    let longest = dialect.max_identifier();
    if name.is_empty() {
        return Err(Error::invalid("a name of a table, column or index is empty"));
    }
    if name.contains(MARK) {
        return Err(Error::invalid("a name of a table, column or index contains a NUL character"));
    }
    if name.len() > longest {
        return Err(Error::invalid(format!(
            "the name `{name}` has {} bytes; this database takes {longest}",
            name.len()
        )));
    }
    let (open, close) = dialect.quotes();
    sql.push(open);
    for c in name.chars() {
        sql.push(c);
        if c == close {
            sql.push(c);
        }
    }
    sql.push(close);
    Ok(())
}
