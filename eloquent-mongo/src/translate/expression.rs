//! Expressions of pipelines.

use std::borrow::Cow;

use eloquent_core::schema::ColumnType;
use eloquent_core::statement::{ColumnRef, CompareOperator, Expression, Predicate};
use eloquent_core::value::Value;
use eloquent_core::{Error, Result};
use mongodb::bson::{Bson, Document, doc};

use super::filter::{Coarse, coarse, raw};
use super::scope::Scope;
use super::{Form, pattern};

impl Scope {
    /// The value of an expression; missing where it is null, or null.
    pub(super) fn value(&self, expression: &Expression) -> Result<Bson> {
        if let Some(group) = &self.group
            && let Some(known) = group.find(expression)
        {
            return Ok(known);
        }
        match expression {
            Expression::Column(column) => self.column(column),
            Expression::Path(path) => self.inner(path),
            Expression::Size(list) => self.size(list),
            Expression::Changed(_) => {
                Err(Error::invalid("a change inside of a column is what an update assigns"))
            }
            Expression::Value(Value::Null) => Ok(Bson::Null),
            Expression::Value(value) => self.literal(value),
            Expression::Arithmetic(left, operator, right) => {
                let integers = expression.column_type().is_some_and(is_integer);
                let both = (self.number(left)?, self.number(right)?);
                Ok(super::arithmetic::combined(both.0, *operator, both.1, integers))
            }
            Expression::Aggregate(_) => {
                Err(Error::invalid("a function over rows chooses rows or groups; use `having`"))
            }
            Expression::Excluded(column) => self.excluded(column),
            Expression::Predicate(predicate) => Ok(doc! { "$cond": [
                self.truth(predicate, true)?,
                true,
                { "$cond": [self.truth(predicate, false)?, false, Bson::Null] },
            ] }
            .into()),
            Expression::Raw(_) => Err(raw()),
            Expression::Invalid(mismatch) => Err(mismatch.clone().into_encode_error()),
            _ => Err(Error::unsupported("this expression", crate::error::DRIVER)),
        }
    }

    /// A side of arithmetic. What can be compared with, though no document holds it, gives no result that
    /// one could hold.
    fn number(&self, side: &Expression) -> Result<Bson> {
        if let (Form::Sent, Expression::Value(value @ Value::U64(_))) = (self.form, side) {
            crate::value::encode(value)
                .map_err(eloquent_core::value::Mismatch::into_encode_error)?;
        }
        self.value(side)
    }

    fn excluded(&self, column: &ColumnRef) -> Result<Bson> {
        let Some(excluded) = &self.excluded else {
            return Err(Error::invalid("only an upsert has values that it would have written"));
        };
        let value = excluded.row.get(super::field(&column.name)?).cloned();
        Ok(value.map_or(Bson::Null, |value| doc! { "$literal": value }.into()))
    }

    /// Whether a predicate is true, or false: a boolean, never null.
    pub(super) fn truth(&self, predicate: &Predicate, truth: bool) -> Result<Bson> {
        let parts = |of: &[Predicate], operator: &str| {
            let parts = of.iter().map(|one| self.truth(one, truth)).collect::<Result<Vec<_>>>()?;
            Ok(Bson::Document(Document::from_iter([(operator.to_owned(), parts.into())])))
        };
        Ok(match predicate {
            Predicate::Constant(constant) => doc! { "$literal": *constant == truth }.into(),
            Predicate::IsTrue(expression) => {
                doc! { "$eq": [self.value(expression)?, truth] }.into()
            }
            Predicate::Compare(left, operator, right) => {
                self.comparison(left, *operator, right, truth)?
            }
            Predicate::In { expression, values, negated } => {
                if values.is_empty() {
                    return Ok(doc! { "$literal": *negated == truth }.into());
                }
                if values.iter().any(Value::is_null) {
                    return Err(Error::invalid("a list to look in cannot hold null")
                        .with_hint("ask for null in a predicate of its own"));
                }
                let held = values.iter().filter(|value| crate::value::floor(value).is_none());
                let inside = self.is_inside(expression);
                let list: Vec<_> =
                    held.map(|value| self.literal_at(value, inside)).collect::<Result<_>>()?;
                let found = doc! { "$in": [self.value(expression)?, list] };
                let found = if *negated == truth {
                    doc! { "$not": [found] }
                } else {
                    found
                };
                doc! { "$and": [self.known(expression)?, found] }.into()
            }
            Predicate::Between { expression, low, high, negated } => {
                let (above, below) = match *negated == truth {
                    false => (CompareOperator::GreaterOrEqual, CompareOperator::LessOrEqual),
                    true => (CompareOperator::Less, CompareOperator::Greater),
                };
                let is_null = |end: &Expression| matches!(end, Expression::Value(Value::Null));
                if is_null(low) || is_null(high) {
                    return Err(Error::invalid("a range cannot end at null"));
                }
                let ends = [
                    self.comparison(expression, above, low, true)?,
                    self.comparison(expression, below, high, true)?,
                ];
                let operator = if *negated == truth { "$or" } else { "$and" };
                Document::from_iter([(operator.to_owned(), Bson::from(ends.to_vec()))]).into()
            }
            Predicate::IsNull { expression, negated } => {
                let known = self.known(expression)?;
                if *negated == truth { known } else { doc! { "$not": [known] }.into() }
            }
            Predicate::Like { expression, pattern: Value::Text(text), negated } => {
                let value = self.value(expression)?;
                let is_text = doc! { "$eq": [{ "$type": value.clone() }, "string"] };
                let shown = match self.form {
                    Form::Shown => Some("?".to_owned()),
                    Form::Sent => pattern::expression(text),
                };
                let found: Bson = match shown {
                    Some(expression) => {
                        let expression = doc! { "$literal": expression };
                        let of = doc! { "input": value, "regex": expression, "options": "s" };
                        doc! { "$regexMatch": of }.into()
                    }
                    None => doc! { "$literal": false }.into(),
                };
                let found = match *negated == truth {
                    true => doc! { "$not": [found] }.into(),
                    false => found,
                };
                doc! { "$cond": [is_text, found, false] }.into()
            }
            Predicate::Exists { expression, negated } => {
                let operator = if *negated == truth { "$eq" } else { "$ne" };
                let both = Bson::from(vec![
                    doc! { "$type": self.value(expression)? }.into(),
                    Bson::from("missing"),
                ]);
                Document::from_iter([(operator.to_owned(), both)]).into()
            }
            Predicate::List(asked) => self.list_truth(asked, truth)?,
            Predicate::And(all) => parts(all, if truth { "$and" } else { "$or" })?,
            Predicate::Or(any) => parts(any, if truth { "$or" } else { "$and" })?,
            Predicate::Not(inner) => self.truth(inner, !truth)?,
            Predicate::Raw(_) => return Err(raw()),
            _ => return Err(Error::unsupported("this condition", crate::error::DRIVER)),
        })
    }

    fn comparison(
        &self,
        left: &Expression,
        operator: CompareOperator,
        right: &Expression,
        truth: bool,
    ) -> Result<Bson> {
        let is_null = |side: &Expression| matches!(side, Expression::Value(Value::Null));
        let other = match (is_null(left), is_null(right)) {
            (true, _) => Some(right),
            (_, true) => Some(left),
            _ => None,
        };
        if let Some(other) = other {
            let known = self.known(other)?;
            return match operator {
                CompareOperator::NotEqual if truth => Ok(known),
                CompareOperator::Equal if !truth => Ok(known),
                CompareOperator::Equal | CompareOperator::NotEqual => {
                    Ok(doc! { "$not": [known] }.into())
                }
                _ => Err(Error::invalid("null is neither less nor greater than a value")),
            };
        }
        let operator = if truth { operator } else { negated(operator) };
        // a value stands on the right
        let (left, operator, right) = match (left, right) {
            (Expression::Value(_), Expression::Value(_)) => (left, operator, right),
            (Expression::Value(_), right) => (right, flipped(operator), left),
            _ => (left, operator, right),
        };
        let (right, operator) = match right {
            Expression::Value(value) => match coarse(value, operator) {
                Coarse::Always => return self.known(left),
                Coarse::Never => return Ok(doc! { "$literal": false }.into()),
                Coarse::Compare(value, operator) => {
                    (Cow::Owned(Expression::Value(value.into_owned())), operator)
                }
            },
            other => (Cow::Borrowed(other), operator),
        };
        let right = &*right;
        let name = match operator {
            CompareOperator::Equal => "$eq",
            CompareOperator::NotEqual => "$ne",
            CompareOperator::Less => "$lt",
            CompareOperator::LessOrEqual => "$lte",
            CompareOperator::Greater => "$gt",
            CompareOperator::GreaterOrEqual => "$gte",
        };
        let beside = |side: &Expression, error: Error| match side {
            Expression::Column(column) => error.with_column(column.name.clone()),
            _ => error,
        };
        let inside = self.is_inside(left);
        let right_value = match right {
            Expression::Value(value) if inside => self.literal_at(value, true),
            other => self.value(other),
        };
        let both = Bson::from(vec![
            self.value(left).map_err(|error| beside(right, error))?,
            right_value.map_err(|error| beside(left, error))?,
        ]);
        let compared = Bson::Document(Document::from_iter([(name.to_owned(), both)]));
        let mut all = Vec::new();
        for side in [left, right] {
            if !matches!(side, Expression::Value(_)) {
                all.push(self.known(side)?);
            }
        }
        all.push(compared);
        Ok(doc! { "$and": all }.into())
    }

    /// Whether an expression has a value. In the order of the server what is missing comes before null,
    /// and null before all values.
    pub(super) fn known(&self, expression: &Expression) -> Result<Bson> {
        let value = self.value(expression)?;
        Ok(match expression {
            Expression::Column(_) | Expression::Path(_)
                if expression.column_type() == Some(ColumnType::Json) =>
            {
                doc! { "$ne": [{ "$type": value }, "missing"] }.into()
            }
            _ => doc! { "$gt": [value, Bson::Null] }.into(),
        })
    }
}

pub(super) fn is_integer(ty: ColumnType) -> bool {
    ty.integer_range().is_some()
}

/// The operator that holds where this one does not.
pub(super) fn negated(operator: CompareOperator) -> CompareOperator {
    match operator {
        CompareOperator::Equal => CompareOperator::NotEqual,
        CompareOperator::NotEqual => CompareOperator::Equal,
        CompareOperator::Less => CompareOperator::GreaterOrEqual,
        CompareOperator::LessOrEqual => CompareOperator::Greater,
        CompareOperator::Greater => CompareOperator::LessOrEqual,
        CompareOperator::GreaterOrEqual => CompareOperator::Less,
    }
}

/// The operator with its sides exchanged.
pub(super) fn flipped(operator: CompareOperator) -> CompareOperator {
    match operator {
        CompareOperator::Less => CompareOperator::Greater,
        CompareOperator::LessOrEqual => CompareOperator::GreaterOrEqual,
        CompareOperator::Greater => CompareOperator::Less,
        CompareOperator::GreaterOrEqual => CompareOperator::LessOrEqual,
        same => same,
    }
}
