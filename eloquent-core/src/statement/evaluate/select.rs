//! Selects over documents at hand.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::order::{Ordered, total};
use super::{Record, number, unsupported};
use crate::row::OwnedRow;
use crate::statement::{
    Aggregate, AggregateFunction, ColumnRef, Expression, From, Join, JoinKind, Predicate,
    Projection, Select, Source,
};
use crate::value::{Document, Value};
use crate::{Error, Result};

impl Select {
    /// The rows that it gives; `table` knows the documents of each table. Rows without an order come in
    /// that of the documents. What has no name of its own goes by `value`.
    ///
    /// ```
    /// use eloquent_core::schema::{Column, ColumnType};
    /// use eloquent_core::statement::{Projection, Select};
    /// use eloquent_core::value::{Document, Value};
    ///
    /// const COLUMNS: &[Column] = &[Column::new("name", ColumnType::Text)];
    /// let users: Vec<Document> =
    ///     vec![[("name".to_owned(), Value::Text("Ada".to_owned()))].into_iter().collect()];
    /// let select = Select::new("users", Projection::Columns(COLUMNS));
    /// let rows = select.evaluate(&|_| Ok(&users)).unwrap();
    /// assert_eq!(rows[0].read::<String>("name").unwrap(), "Ada");
    /// ```
    ///
    /// # Errors
    /// Those of `table`, [`Expression::evaluate`] and [`Predicate::holds`], and
    /// [`ErrorKind::Unsupported`](crate::ErrorKind) for row locks. What cannot be evaluated is refused
    /// even where there are no rows.
    pub fn evaluate<'t>(
        &self,
        table: &dyn Fn(&str) -> Result<&'t [Document]>,
    ) -> Result<Vec<OwnedRow>> {
        if self.lock.is_some() {
            return Err(unsupported("a row lock"));
        }
        let fields = fields(&self.projection)?;
        let grouped = self.look_at(&fields)?;
        let inner;
        let documents = match &self.from {
            From::Table { name, .. } => table(name)?,
            From::Select { select, .. } => {
                inner = select.evaluate(table)?.iter().map(document).collect::<Vec<_>>();
                &inner
            }
        };
        let sources = self.sources();
        let row = |document| Joined(vec![(sources[0], Some(document))]);
        let mut rows: Vec<_> = documents.iter().map(row).collect();
        for (number, join) in self.joins.iter().enumerate() {
            rows = joined(rows, join, table(&join.table)?, &sources[..=number])?;
        }
        let rows = kept(rows, &self.filter)?;
        let mut results = match grouped {
            true => self.results(&kept(self.groups(rows)?, &self.having)?, &fields)?,
            false => self.results(&rows, &fields)?,
        };
        if self.distinct {
            let mut seen = BTreeSet::new();
            results.retain(|(_, values)| seen.insert(Ordered(values.clone())));
        }
        results.sort_by(|(left, _), (right, _)| {
            let terms = self.order_by.iter().zip(left.iter().zip(right));
            let mut orders = terms.map(|(term, (left, right))| {
                let order = total(left, right);
                if term.descending { order.reverse() } else { order }
            });
            orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        let names: Arc<[String]> = fields.iter().map(name).collect();
        let [skip, take] = [self.offset.unwrap_or(0), self.limit.unwrap_or(u64::MAX)]
            .map(|rows| usize::try_from(rows).unwrap_or(usize::MAX));
        let page = results.into_iter().skip(skip).take(take);
        Ok(page.map(|(_, values)| OwnedRow::new(names.clone(), values)).collect())
    }

    /// Looks at every part once, with nulls, so that what cannot be evaluated is refused. Says whether
    /// the rows are grouped.
    fn look_at(&self, fields: &[Expression]) -> Result<bool> {
        let nulls = Nulls::default();
        let on = self.joins.iter().filter_map(|join| join.on.as_ref());
        for predicate in self.filter.iter().chain(on) {
            predicate.holds(&nulls)?;
        }
        let orders = self.order_by.iter().map(|order| &order.expression);
        for expression in &self.group_by {
            expression.evaluate(&nulls)?;
        }
        if nulls.aggregate.get() {
            return Err(Error::invalid(
                "a function over rows chooses rows or groups; use `having`",
            ));
        }
        for expression in fields.iter().chain(orders) {
            expression.evaluate(&nulls)?;
        }
        Predicate::all_hold(&self.having, &nulls)?;
        Ok(nulls.aggregate.get() || !self.group_by.is_empty() || !self.having.is_empty())
    }

    /// Its tables.
    fn sources(&self) -> Vec<Source> {
        let (From::Table { source, .. } | From::Select { source, .. }) = &self.from;
        let joined = self.joins.iter().map(|join| join.source);
        std::iter::once(*source).chain(joined).collect()
    }

    /// The groups, in the order of their first rows. Without terms all rows are one, even if there are
    /// none.
    fn groups<'d>(&self, rows: Vec<Joined<'d>>) -> Result<Vec<Group<'d>>> {
        if self.group_by.is_empty() {
            return Ok(vec![Group(rows)]);
        }
        let mut groups: Vec<Group<'_>> = Vec::new();
        let mut places = BTreeMap::new();
        for row in rows {
            let terms = self.group_by.iter().map(|term| term.evaluate(&row));
            let (place, next) = (Ordered(terms.collect::<Result<_>>()?), groups.len());
            match groups.get_mut(*places.entry(place).or_insert(next)) {
                Some(group) => group.0.push(row),
                None => groups.push(Group(vec![row])),
            }
        }
        Ok(groups)
    }

    /// What each row is ordered by, and what it holds.
    fn results<R: Record>(
        &self,
        records: &[R],
        fields: &[Expression],
    ) -> Result<Vec<(Vec<Value>, Vec<Value>)>> {
        let result = |record: &R| {
            let order = self.order_by.iter().map(|order| order.expression.evaluate(record));
            let values = fields.iter().map(|field| field.evaluate(record));
            Ok((order.collect::<Result<_>>()?, values.collect::<Result<_>>()?))
        };
        records.iter().map(result).collect()
    }
}

/// What each row holds, as expressions.
fn fields(projection: &Projection) -> Result<Vec<Expression>> {
    let fields = match projection {
        Projection::Expressions(expressions) => expressions.clone(),
        Projection::Columns(columns) => {
            let columns = columns.iter().map(|column| {
                let (name, ty) = (column.name.clone(), Some(column.ty));
                Expression::Column(ColumnRef { source: Source(0), name, ty })
            });
            columns.collect()
        }
    };
    match fields.is_empty() {
        true => Err(Error::invalid("the statement asks for no columns")),
        false => Ok(fields),
    }
}

fn name(field: &Expression) -> String {
    match field {
        Expression::Column(column) => column.name.clone().into_owned(),
        _ => "value".to_owned(),
    }
}

/// A row of a result as a document.
fn document(row: &OwnedRow) -> Document {
    row.names().iter().cloned().zip(row.values().iter().cloned()).collect()
}

/// Those for which all of these hold.
fn kept<R: Record>(records: Vec<R>, filter: &[Predicate]) -> Result<Vec<R>> {
    let mut kept = Vec::new();
    for record in records {
        if Predicate::all_hold(filter, &record)? == Some(true) {
            kept.push(record);
        }
    }
    Ok(kept)
}

/// The rows with those of a further table; `left` are the tables before it.
fn joined<'d>(
    rows: Vec<Joined<'d>>,
    join: &Join,
    documents: &'d [Document],
    left: &[Source],
) -> Result<Vec<Joined<'d>>> {
    let mut all = Vec::new();
    let mut matched = vec![false; documents.len()];
    for row in rows {
        let mut alone = true;
        for (document, matched) in documents.iter().zip(&mut matched) {
            let pair = row.with(join.source, Some(document));
            if Predicate::all_hold(join.on.as_slice(), &pair)? == Some(true) {
                (alone, *matched) = (false, true);
                all.push(pair);
            }
        }
        if alone && join.kind == JoinKind::Left {
            all.push(row.with(join.source, None));
        }
    }
    if join.kind == JoinKind::Right {
        let nothing = Joined(left.iter().map(|source| (*source, None)).collect());
        let alone = documents.iter().zip(matched).filter(|(_, matched)| !matched);
        all.extend(alone.map(|(document, _)| nothing.with(join.source, Some(document))));
    }
    Ok(all)
}

/// A document of each table; of one that has no match, none.
struct Joined<'d>(Vec<(Source, Option<&'d Document>)>);

impl<'d> Joined<'d> {
    fn with(&self, source: Source, document: Option<&'d Document>) -> Self {
        Joined(self.0.iter().copied().chain([(source, document)]).collect())
    }
}

impl Record for Joined<'_> {
    fn field(&self, column: &ColumnRef) -> Result<&Value> {
        let table = self.0.iter().find(|(source, _)| *source == column.source);
        match table {
            Some((_, Some(document))) => document.field(column),
            Some((_, None)) => Ok(&Value::Null),
            None => Err(Error::invalid("the column is of a table that is not in the statement")
                .with_column(column.name.clone())),
        }
    }
}

/// The rows of a group. Its columns are those of the first.
struct Group<'d>(Vec<Joined<'d>>);

impl Record for Group<'_> {
    fn field(&self, column: &ColumnRef) -> Result<&Value> {
        self.0.first().map_or(Ok(&Value::Null), |row| row.field(column))
    }

    fn aggregate(&self, aggregate: &Aggregate) -> Result<Value> {
        let Some(argument) = &aggregate.argument else {
            return Ok(count(self.0.len()));
        };
        let mut values = Vec::new();
        for row in &self.0 {
            let value = argument.evaluate(row)?;
            if !value.is_null() {
                values.push(value);
            }
        }
        if aggregate.distinct {
            values.sort_by(total);
            values.dedup_by(|left, right| total(left, right).is_eq());
        }
        match aggregate.function {
            AggregateFunction::Count => Ok(count(values.len())),
            AggregateFunction::Sum => number::sum(&values),
            AggregateFunction::Avg => number::mean(&values),
            AggregateFunction::Min => Ok(values.into_iter().min_by(total).unwrap_or(Value::Null)),
            AggregateFunction::Max => Ok(values.into_iter().max_by(total).unwrap_or(Value::Null)),
        }
    }
}

pub(super) fn count(rows: usize) -> Value {
    i64::try_from(rows).map_or(Value::U64(rows as u64), Value::I64)
}

/// A row of nulls, which notes whether a function over rows was asked for.
#[derive(Default)]
struct Nulls {
    aggregate: Cell<bool>,
}

impl Record for Nulls {
    fn field(&self, _: &ColumnRef) -> Result<&Value> {
        Ok(&Value::Null)
    }

    fn element(&self, _: u16) -> Result<&Value> {
        Ok(&Value::Null)
    }

    fn aggregate(&self, aggregate: &Aggregate) -> Result<Value> {
        self.aggregate.set(true);
        match &aggregate.argument {
            Some(argument) => argument.evaluate(&Nulls::default()),
            None if aggregate.function == AggregateFunction::Count && !aggregate.distinct => {
                Ok(Value::Null)
            }
            None => Err(Error::invalid("only a count of rows goes without an argument")),
        }
    }
}
