//! Selects as text.

use super::compiler::Compiler;
use crate::schema::{ColumnType, shorten_name};
use crate::statement::{
    ColumnRef, Expression, From, Join, JoinKind, Predicate, Projection, Select, Source,
};
use crate::{Error, Result};

/// A table of a select: how the statement refers to it and the name that it goes by.
struct Table<'s> {
    source: Source,
    name: &'s str,
    alias: String,
}

impl Table<'_> {
    fn is_renamed(&self) -> bool {
        self.alias != self.name
    }
}

impl Compiler<'_> {
    pub(super) fn select(&mut self, select: &Select) -> Result<()> {
        self.check_select(select)?;
        let outside = std::mem::replace(&mut self.aggregate, false);
        let tables = tables(select, self.dialect.max_identifier())?;
        let qualified = tables.len() > 1 || self.is_nested();
        let scope = tables
            .iter()
            .map(|table| {
                if !qualified {
                    return Ok((table.source, String::new()));
                }
                let mut prefix = self.part(|compiler| compiler.ident(&table.alias))?;
                prefix.push('.');
                Ok((table.source, prefix))
            })
            .collect::<Result<Vec<_>>>()?;
        self.scope(scope, |compiler| compiler.clauses(select, &tables))?;

        let filtered = !select.filter.iter().all(Predicate::is_always_true);
        self.scan |= self.aggregate && !filtered;
        self.unknown |= select.lock.is_some();
        self.aggregate = outside;
        Ok(())
    }

    fn check_select(&self, select: &Select) -> Result<()> {
        let (capabilities, driver) = (self.dialect.capabilities(), self.dialect.driver());
        if !select.joins.is_empty() && !capabilities.joins {
            return Err(Error::unsupported("a join", driver));
        }
        if select.lock.is_some() && !capabilities.row_locks {
            return Err(Error::unsupported("a row lock", driver));
        }
        Ok(())
    }

    fn clauses(&mut self, select: &Select, tables: &[Table<'_>]) -> Result<()> {
        self.push(if select.distinct { "SELECT DISTINCT " } else { "SELECT " });
        self.projection(&select.projection, select.distinct)?;
        self.push(" FROM ");
        self.from(select, tables)?;
        for (join, table) in select.joins.iter().zip(&tables[1..]) {
            self.join(join, table, select)?;
        }
        if !select.filter.is_empty() {
            self.push(" WHERE ");
            self.chain(&select.filter, " AND ", true)?;
        }
        if !select.group_by.is_empty() {
            self.push(" GROUP BY ");
            self.groups(&select.group_by)?;
        }
        if !select.having.is_empty() {
            self.push(" HAVING ");
            self.chain(&select.having, " AND ", true)?;
        }
        if !select.order_by.is_empty() {
            self.push(" ORDER BY ");
            self.orders(select)?;
        }
        self.page(select)?;
        if let Some(lock) = select.lock {
            self.dialect.lock(&mut self.sql, lock);
        }
        Ok(())
    }

    /// Writes what each row holds.
    pub(super) fn projection(&mut self, projection: &Projection, distinct: bool) -> Result<()> {
        let nothing = || Error::invalid("the statement asks for no columns");
        match projection {
            Projection::Columns([]) => Err(nothing()),
            Projection::Expressions(list) if list.is_empty() => Err(nothing()),
            Projection::Columns(columns) => self.list(", ", *columns, |compiler, column| {
                let name = column.name.clone();
                let column = ColumnRef { source: Source(0), name, ty: Some(column.ty) };
                compiler.projected(&Expression::Column(column), distinct)
            }),
            Projection::Expressions(list) => self
                .list(", ", list, |compiler, expression| compiler.projected(expression, distinct)),
        }
    }

    /// Writes a column of the result. Rows that are told apart are compared by it.
    fn projected(&mut self, expression: &Expression, distinct: bool) -> Result<()> {
        match (expression, expression.column_type().filter(|_| distinct)) {
            (Expression::Raw(_), _) | (_, None) => self.expression(expression),
            (_, ty) => {
                self.comparable(expression, ty, true)?;
                // The dialect may have made an expression of the column, which has no name then.
                if let (Expression::Column(column), Some(ColumnType::Decimal { .. })) =
                    (expression, ty)
                {
                    self.push(" AS ");
                    self.ident(&column.name)?;
                }
                Ok(())
            }
        }
    }

    fn from(&mut self, select: &Select, tables: &[Table<'_>]) -> Result<()> {
        let Some(table) = tables.first() else { return Ok(()) };
        if let From::Select { select: inner, .. } = &select.from {
            self.push("(");
            // A derived table sees nothing of the statement around it.
            self.isolated(|compiler| compiler.select(inner))?;
            self.push(") AS ");
            self.ident(&table.alias)?;
        } else {
            self.ident(table.name)?;
            if table.is_renamed() {
                self.push(" AS ");
                self.ident(&table.alias)?;
            }
        }
        if let Some(lock) = select.lock {
            self.dialect.lock_hint(&mut self.sql, lock);
        }
        Ok(())
    }

    fn join(&mut self, join: &Join, table: &Table<'_>, select: &Select) -> Result<()> {
        self.push(match join.kind {
            JoinKind::Inner => " INNER JOIN ",
            JoinKind::Left => " LEFT JOIN ",
            JoinKind::Right => " RIGHT JOIN ",
            JoinKind::Cross => " CROSS JOIN ",
        });
        self.ident(table.name)?;
        if table.is_renamed() {
            self.push(" AS ");
            self.ident(&table.alias)?;
        }
        if let Some(lock) = select.lock {
            self.dialect.lock_hint(&mut self.sql, lock);
        }
        match (&join.on, join.kind) {
            (Some(_), JoinKind::Cross) => {
                Err(Error::invalid("a cross join has no condition").with_table(join.table.clone()))
            }
            (None, JoinKind::Cross) => Ok(()),
            (None, _) => {
                Err(Error::invalid("a join needs a condition").with_table(join.table.clone()))
            }
            (Some(on), _) => {
                self.push(" ON ");
                self.predicate(on)
            }
        }
    }

    fn page(&mut self, select: &Select) -> Result<()> {
        if select.limit.is_none() && select.offset.is_none() {
            return Ok(());
        }
        let limit = match select.limit {
            Some(rows) if !self.dialect.binds_limit(rows) => Some(rows.to_string()),
            limit => self.count(limit)?,
        };
        let offset = self.count(select.offset)?;
        let page = super::parts::Page {
            limit: limit.as_deref(),
            offset: offset.as_deref(),
            ordered: !select.order_by.is_empty(),
        };
        self.dialect.page(&mut self.sql, &page);
        Ok(())
    }

    fn count(&mut self, count: Option<u64>) -> Result<Option<String>> {
        match count {
            None => Ok(None),
            Some(_) => self.about(None, |compiler| {
                let bind = |compiler: &mut Self| {
                    compiler.bind();
                    Ok(())
                };
                compiler.part(bind).map(Some)
            }),
        }
    }
}

/// The tables of a select in order, each with a name of its own.
fn tables(select: &Select, longest: usize) -> Result<Vec<Table<'_>>> {
    let (first, source) = match &select.from {
        From::Table { name, source } => (name.as_ref(), *source),
        From::Select { select, source } => (select.from.table().unwrap_or("rows"), *source),
    };
    let joined = select.joins.iter().map(|join| (join.table.as_ref(), join.source));
    let all: Vec<(&str, Source)> = std::iter::once((first, source)).chain(joined).collect();
    let mut tables: Vec<Table<'_>> = Vec::with_capacity(all.len());
    for (name, source) in &all {
        if tables.iter().any(|table| table.source == *source) {
            return Err(Error::invalid("two tables of the statement have the same number")
                .with_table((*name).to_owned()));
        }
        let alias = if tables.iter().any(|table| table.alias.eq_ignore_ascii_case(name)) {
            numbered(name, &all, &tables, longest)
        } else {
            (*name).to_owned()
        };
        tables.push(Table { source: *source, name, alias });
    }
    Ok(tables)
}

/// `posts_2` for the second `posts`, unless that is the name of another table.
fn numbered(name: &str, all: &[(&str, Source)], tables: &[Table<'_>], longest: usize) -> String {
    let mut number = 2_usize;
    loop {
        let alias = shorten_name(format!("{name}_{number}"), longest);
        let taken = all.iter().any(|(other, _)| other.eq_ignore_ascii_case(&alias))
            || tables.iter().any(|table| table.alias.eq_ignore_ascii_case(&alias));
        if !taken {
            return alias;
        }
        number += 1;
    }
}
