//! Statements and their clauses.

use super::super::compiler::pipeline;
use super::{Shape, Tag};
use crate::statement::{
    Assignment, ConflictAction, Delete, Expression, From, Insert, Join, Order, Projection, Select,
    Statement, Update,
};
use crate::value::ValueRef;
use crate::{Error, Result};

impl<'s> Shape<'_, 's> {
    pub(super) fn statement(&mut self, statement: &'s Statement) -> Result<()> {
        match statement {
            Statement::Select(select) => self.select(select),
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Raw(raw) => self.raw(raw),
            Statement::Pipeline(_) => Err(pipeline(self.dialect.driver())),
        }
    }

    fn select(&mut self, select: &'s Select) -> Result<()> {
        self.tag(Tag::Select);
        let lock = select.lock.map_or(0, |lock| 1 + lock.mode as u8 * 3 + lock.wait as u8);
        let present = [
            select.distinct,
            select.limit.is_some(),
            select.offset.is_some(),
            !select.joins.is_empty(),
            !select.group_by.is_empty(),
            !select.having.is_empty(),
            !select.order_by.is_empty(),
        ];
        let present = present.iter().rev().fold(0, |bits, bit| bits << 1 | u8::from(*bit));
        self.key.extend_from_slice(&[present, lock]);
        self.projection(&select.projection)?;
        match &select.from {
            From::Table { name, source } => {
                self.tag(Tag::Table);
                self.source(*source);
                self.name(name);
            }
            From::Select { select, source } => {
                self.tag(Tag::Select);
                self.source(*source);
                self.deeper(|shape| shape.select(select))?;
            }
        }
        if !select.joins.is_empty() {
            self.len(select.joins.len());
            select.joins.iter().try_for_each(|join| self.join(join))?;
        }
        self.predicates(&select.filter)?;
        // Most selects have none of these, and bytes that are not written need not be hashed.
        if !select.group_by.is_empty() {
            self.expressions(&select.group_by)?;
        }
        if !select.having.is_empty() {
            self.predicates(&select.having)?;
        }
        if !select.order_by.is_empty() {
            self.orders(&select.order_by)?;
        }
        self.limit(select.limit)?;
        self.count(select.offset, "offset")
    }

    fn join(&mut self, join: &'s Join) -> Result<()> {
        self.key.push(join.kind as u8);
        self.source(join.source);
        self.name(&join.table);
        match &join.on {
            Some(on) => self.predicate(on),
            None => {
                self.tag(Tag::Absent);
                Ok(())
            }
        }
    }

    fn orders(&mut self, orders: &'s [Order]) -> Result<()> {
        self.len(orders.len());
        for order in orders {
            self.key.push(u8::from(order.descending));
            self.expression(&order.expression)?;
        }
        Ok(())
    }

    fn count(&mut self, count: Option<u64>, clause: &str) -> Result<()> {
        let Some(count) = count else { return Ok(()) };
        let signed = i64::try_from(count).map_err(|_| {
            Error::invalid(format!("the {clause} is greater than 9223372036854775807"))
        })?;
        self.binds.push(ValueRef::I64(signed));
        Ok(())
    }

    fn limit(&mut self, limit: Option<u64>) -> Result<()> {
        match limit {
            Some(rows) if !self.dialect.binds_limit(rows) => {
                self.tag(Tag::Constant);
                self.key.extend_from_slice(&rows.to_le_bytes());
                Ok(())
            }
            Some(_) => {
                self.tag(Tag::Bound);
                self.count(limit, "limit")
            }
            None => Ok(()),
        }
    }

    fn projection(&mut self, projection: &'s Projection) -> Result<()> {
        match projection {
            Projection::Columns(columns) => {
                // They are static and cannot change, so where they lie says what they are.
                self.tag(Tag::Columns);
                self.key.extend_from_slice(&columns.as_ptr().addr().to_le_bytes());
                self.len(columns.len());
                Ok(())
            }
            Projection::Expressions(list) => {
                self.tag(Tag::Expressions);
                self.expressions(list)
            }
        }
    }

    fn returning(&mut self, returning: Option<&'s Projection>) -> Result<()> {
        match returning {
            Some(projection) => self.projection(projection),
            None => {
                self.tag(Tag::Absent);
                Ok(())
            }
        }
    }

    fn insert(&mut self, insert: &'s Insert) -> Result<()> {
        self.tag(Tag::Insert);
        self.name(&insert.table);
        self.names(&insert.columns);
        self.len(insert.values.len());
        self.binds.extend(&insert.values);
        match &insert.conflict {
            None => self.tag(Tag::Absent),
            Some(conflict) => {
                match &conflict.action {
                    ConflictAction::Ignore => self.tag(Tag::Ignore),
                    ConflictAction::Update(assignments) => {
                        self.tag(Tag::Update);
                        self.assignments(assignments)?;
                    }
                }
                self.names(&conflict.target);
            }
        }
        self.returning(insert.returning.as_ref())
    }

    fn update(&mut self, update: &'s Update) -> Result<()> {
        self.tag(Tag::Update);
        self.name(&update.table);
        self.key.push(u8::from(update.all) | u8::from(update.by_key) << 1);
        self.assignments(&update.assignments)?;
        self.predicates(&update.filter)?;
        self.returning(update.returning.as_ref())
    }

    fn delete(&mut self, delete: &'s Delete) -> Result<()> {
        self.tag(Tag::Delete);
        self.name(&delete.table);
        self.key.push(u8::from(delete.all) | u8::from(delete.by_key) << 1);
        self.predicates(&delete.filter)?;
        self.returning(delete.returning.as_ref())
    }

    fn assignments(&mut self, assignments: &'s [Assignment]) -> Result<()> {
        self.len(assignments.len());
        for assignment in assignments {
            self.source(assignment.column.source);
            self.name(&assignment.column.name);
            match &assignment.value {
                // The text is the same for every type and for null.
                Expression::Value(value) => {
                    self.tag(Tag::Bound);
                    self.binds.push(value.as_ref());
                }
                other => self
                    .expression(other)
                    .map_err(|error| error.with_column(assignment.column.name.clone()))?,
            }
        }
        Ok(())
    }
}
