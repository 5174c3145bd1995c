//! Expressions and predicates.

use super::super::expression::subject;
use super::super::inside::removes;
use super::{ListForm, Shape, Tag};
use crate::statement::{
    Aggregate, Change, ChangeAction, CompareOperator, Expression, Predicate, RawSql, Root,
};
use crate::value::{Mismatch, Value, ValueRef};
use crate::{Error, Result};

impl<'s> Shape<'_, 's> {
    pub(super) fn expressions(&mut self, expressions: &'s [Expression]) -> Result<()> {
        self.len(expressions.len());
        expressions.iter().try_for_each(|expression| self.expression(expression))
    }

    pub(super) fn expression(&mut self, expression: &'s Expression) -> Result<()> {
        match expression {
            Expression::Column(column) => {
                self.tag(Tag::Column);
                self.column(column);
                Ok(())
            }
            Expression::Excluded(column) => {
                self.tag(Tag::Excluded);
                self.column(column);
                Ok(())
            }
            Expression::Value(value) => {
                self.tag(Tag::Value);
                self.key.push(kind(value));
                self.binds.push(value.as_ref());
                Ok(())
            }
            Expression::Arithmetic(left, operator, right) => {
                self.tag(Tag::Arithmetic);
                self.key.push(*operator as u8);
                self.deeper(|shape| {
                    shape.expression(left)?;
                    shape.expression(right)
                })
            }
            Expression::Aggregate(aggregate) => self.deeper(|shape| shape.aggregate(aggregate)),
            Expression::Predicate(predicate) => {
                self.tag(Tag::Truth);
                self.deeper(|shape| shape.predicate(predicate))
            }
            Expression::Path(path) => {
                self.tag(Tag::Path);
                match &path.root {
                    Root::Column(column) => self.column(column),
                    Root::Element(number) => self.key.extend_from_slice(&number.to_le_bytes()),
                }
                self.names(&path.fields);
                self.ty(path.ty);
                Ok(())
            }
            Expression::Changed(changes) => self.changed(changes),
            // the compiler refuses it
            Expression::Size(_) => Ok(()),
            Expression::Raw(raw) => self.raw(raw),
            Expression::Invalid(mismatch) => Err(mismatch.clone().into_encode_error()),
        }
    }

    /// A part of JSON is bound as JSON, so that the text is the same for all types.
    fn changed(&mut self, changes: &'s [Change]) -> Result<()> {
        Change::check(changes)?;
        self.tag(Tag::Changed);
        self.len(changes.len());
        for change in changes {
            self.names(&change.fields);
            match &change.action {
                action if removes(action) => self.key.push(0),
                ChangeAction::Set(Expression::Value(value)) => {
                    self.key.push(1);
                    let json = value.as_ref().to_json().map_err(Mismatch::into_encode_error)?;
                    self.binds.derive(Value::Json(Box::new(json)));
                }
                ChangeAction::Set(Expression::Invalid(mismatch)) => {
                    return Err(mismatch.clone().into_encode_error());
                }
                // the compiler refuses it
                _ => self.key.push(2),
            }
        }
        Ok(())
    }

    fn aggregate(&mut self, aggregate: &'s Aggregate) -> Result<()> {
        self.tag(Tag::Aggregate);
        self.key.push(aggregate.function as u8);
        self.key.push(u8::from(aggregate.distinct));
        match &aggregate.argument {
            Some(argument) => self.expression(argument),
            None => {
                self.tag(Tag::Absent);
                Ok(())
            }
        }
    }

    pub(super) fn predicates(&mut self, predicates: &'s [Predicate]) -> Result<()> {
        self.len(predicates.len());
        predicates.iter().try_for_each(|predicate| self.predicate(predicate))
    }

    pub(super) fn predicate(&mut self, predicate: &'s Predicate) -> Result<()> {
        self.unplaced_predicate(predicate).map_err(|error| {
            let column = match predicate {
                Predicate::Compare(left, _, right) => subject(left).or_else(|| subject(right)),
                Predicate::In { expression, .. }
                | Predicate::Between { expression, .. }
                | Predicate::Like { expression, .. } => subject(expression),
                _ => None,
            };
            match column {
                Some(column) => error.with_column(column.clone()),
                None => error,
            }
        })
    }

    fn unplaced_predicate(&mut self, predicate: &'s Predicate) -> Result<()> {
        match predicate {
            Predicate::Constant(truth) => self.flagged(Tag::Constant, *truth),
            Predicate::IsTrue(expression) => {
                self.tag(Tag::IsTrue);
                return self.expression(expression);
            }
            Predicate::Compare(left, operator, right) => {
                return self.compare(left, *operator, right);
            }
            Predicate::In { expression, values, negated } => {
                return self.is_in(expression, values, *negated);
            }
            Predicate::Between { expression, low, high, negated } => {
                if is_null(low) || is_null(high) {
                    return Err(Error::invalid("a range cannot end at null"));
                }
                self.flagged(Tag::Between, *negated);
                self.expression(expression)?;
                self.expression(low)?;
                return self.expression(high);
            }
            Predicate::IsNull { expression, negated } => {
                self.flagged(Tag::IsNull, *negated);
                return self.expression(expression);
            }
            Predicate::Like { expression, pattern, negated } => {
                self.flagged(Tag::Like, *negated);
                self.expression(expression)?;
                let Value::Text(pattern) = pattern else {
                    let error = format!("a pattern is text, not {}", pattern.type_name());
                    return Err(Error::invalid(error));
                };
                match self.dialect.like_pattern(pattern) {
                    Some(own) => self.binds.derive(Value::Text(own)),
                    None => self.binds.push(ValueRef::Text(pattern)),
                }
            }
            // the compiler refuses them
            Predicate::Exists { .. } | Predicate::List(_) => {}
            Predicate::And(all) => {
                self.tag(Tag::And);
                return self.deeper(|shape| shape.predicates(all));
            }
            Predicate::Or(any) => {
                self.tag(Tag::Or);
                return self.deeper(|shape| shape.predicates(any));
            }
            Predicate::Not(inner) => {
                self.tag(Tag::Not);
                return self.deeper(|shape| shape.predicate(inner));
            }
            Predicate::Raw(raw) => return self.raw(raw),
        }
        Ok(())
    }

    fn compare(
        &mut self,
        left: &'s Expression,
        operator: CompareOperator,
        right: &'s Expression,
    ) -> Result<()> {
        self.tag(Tag::Compare);
        self.key.push(operator as u8);
        if !is_null(left) && !is_null(right) {
            self.expression(left)?;
            return self.expression(right);
        }
        if !matches!(operator, CompareOperator::Equal | CompareOperator::NotEqual) {
            return Err(Error::invalid("null is neither less nor greater than a value"));
        }
        // A null that is compared with is not bound, it changes the text.
        for side in [left, right] {
            if is_null(side) {
                self.tag(Tag::Absent);
            } else {
                self.expression(side)?;
            }
        }
        Ok(())
    }

    fn is_in(
        &mut self,
        expression: &'s Expression,
        values: &'s [Value],
        negated: bool,
    ) -> Result<()> {
        let form = ListForm::of(self.dialect, values, self.padding)?;
        if matches!(form, ListForm::Empty) {
            self.flagged(Tag::EmptyList, negated);
            return Ok(());
        }
        let mut decimal = false;
        for value in values {
            match value {
                Value::Null => {
                    let error = Error::invalid("a list to look in cannot hold null");
                    return Err(error.with_hint("ask for null in a predicate of its own"));
                }
                Value::Decimal(_) => decimal = true,
                _ => {}
            }
        }
        let flags = u8::from(negated) | u8::from(decimal) << 1;
        match form {
            ListForm::Packed(list) => {
                self.tag(Tag::PackedList);
                self.key.extend_from_slice(&[flags, list.form]);
                self.expression(expression)?;
                self.binds.derive(list.value);
            }
            ListForm::Each(count) => {
                self.tag(Tag::List);
                self.key.push(flags);
                self.len(count);
                self.expression(expression)?;
                self.binds.reserve(count);
                let last = values.last().map(Value::as_ref);
                let rest = last.into_iter().cycle().take(count.saturating_sub(values.len()));
                values.iter().map(Value::as_ref).chain(rest).for_each(|v| self.binds.push(v));
            }
            ListForm::Empty => {}
        }
        Ok(())
    }

    pub(super) fn raw(&mut self, raw: &'s RawSql) -> Result<()> {
        if let Some(mismatch) = raw.mismatch() {
            return Err(mismatch.clone().into_encode_error());
        }
        self.tag(Tag::Raw);
        self.name(raw.text());
        self.len(raw.binds().len());
        raw.binds().iter().for_each(|value| self.binds.push(value.as_ref()));
        Ok(())
    }
}

/// What the text can depend on: which type a bound value is of, and whether it is null.
fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Decimal(_) => 1,
        Value::F64(_) => 2,
        Value::I64(_) => 3,
        Value::U64(_) => 4,
        Value::Bool(_) => 5,
        Value::Text(_) => 6,
        Value::Bytes(_) => 7,
        Value::Uuid(_) => 8,
        Value::Date(_) => 9,
        Value::Time(_) => 10,
        Value::DateTime(_) => 11,
        Value::Timestamp(_) => 12,
        Value::Json(_) => 13,
        Value::Array(_) => 14,
        Value::Document(_) => 15,
        Value::ObjectId(_) => 16,
    }
}

fn is_null(expression: &Expression) -> bool {
    matches!(expression, Expression::Value(Value::Null))
}
