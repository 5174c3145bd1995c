//! Filters. What cannot be said in one is an expression within `$expr`.
//!
//! A filter finds the rows for which a predicate is true. To negate, one asks for the rows for which it is
//! false, down to the comparisons; a row for which it is unknown, because a null is compared, is found by
//! neither.

use std::borrow::Cow;

use eloquent_core::Result;
use eloquent_core::schema::ColumnType;
use eloquent_core::statement::{CompareOperator, Expression, Predicate};
use eloquent_core::value::Value;
use eloquent_core::{Error, ErrorKind};
use mongodb::bson::{Bson, Document, doc};

use super::expression::{flipped, negated as opposite};
use super::pattern;
use super::scope::{Reached, Scope};

/// What is asked of a column, or of what is inside of one.
type Condition<'c> = Box<dyn Fn(&Reached) -> Result<Bson> + 'c>;

impl Scope {
    /// The filter for which all of these hold.
    pub(super) fn matching(&self, all: &[Predicate]) -> Result<Document> {
        let parts = all.iter().map(|one| self.filter(one, true));
        Ok(and(parts.collect::<Result<_>>()?))
    }

    /// The filter for the rows for which a predicate is true, or false.
    fn filter(&self, predicate: &Predicate, truth: bool) -> Result<Document> {
        let parts = |of: &[Predicate]| {
            of.iter().map(|one| self.filter(one, truth)).collect::<Result<Vec<_>>>()
        };
        match predicate {
            Predicate::Constant(constant) => Ok(constantly(*constant == truth)),
            Predicate::Not(inner) => self.filter(inner, !truth),
            Predicate::And(all) if truth => Ok(and(parts(all)?)),
            Predicate::And(all) => Ok(or(parts(all)?)),
            Predicate::Or(any) if truth => Ok(or(parts(any)?)),
            Predicate::Or(any) => Ok(and(parts(any)?)),
            _ => match self.on_a_column(predicate, truth)? {
                Some(filter) => Ok(filter),
                None => Ok(doc! { "$expr": self.truth(predicate, truth)? }),
            },
        }
    }

    /// A predicate about one column and values.
    fn on_a_column(&self, predicate: &Predicate, truth: bool) -> Result<Option<Document>> {
        let (expression, condition): (_, Condition<'_>) = match predicate {
            Predicate::IsTrue(expression) => {
                (expression, Box::new(move |_| Ok(doc! { "$eq": truth }.into())))
            }
            Predicate::Compare(
                Expression::Size(list),
                CompareOperator::Equal,
                Expression::Value(Value::I64(size)),
            ) if *size >= 0 => {
                let Some(place) = self.reach(list)? else { return Ok(None) };
                let size = doc! { "$size": self.operand(&Value::I64(*size))? };
                let condition = match truth {
                    true => size,
                    false => doc! { "$type": "array", "$not": size },
                };
                return Ok(Some(Document::from_iter([(place.path, condition.into())])));
            }
            Predicate::Compare(left, _, Expression::Invalid(mismatch)) => {
                let error = mismatch.clone().into_encode_error();
                return Err(match self.reach(left)? {
                    Some(reached) => error.with_column(reached.column),
                    None => error,
                });
            }
            Predicate::List(asked) => return self.on_a_list(asked, truth),
            Predicate::Exists { expression, negated } => {
                (expression, Box::new(move |_| Ok(doc! { "$exists": *negated != truth }.into())))
            }
            Predicate::Compare(
                left @ (Expression::Column(_) | Expression::Path(_)),
                operator,
                Expression::Value(value),
            ) => (left, Box::new(move |column| self.compared(column, *operator, value, truth))),
            Predicate::Compare(
                Expression::Value(value),
                operator,
                right @ (Expression::Column(_) | Expression::Path(_)),
            ) => {
                let operator = flipped(*operator);
                (right, Box::new(move |column| self.compared(column, operator, value, truth)))
            }
            Predicate::In { expression, values, negated } => {
                (expression, Box::new(move |column| self.listed(column, values, *negated != truth)))
            }
            Predicate::IsNull { expression, negated } => {
                (expression, Box::new(move |column| Ok(null(column, *negated != truth))))
            }
            Predicate::Like { expression, pattern: Value::Text(pattern), negated } => {
                (expression, Box::new(move |_| Ok(self.like(pattern, *negated != truth))))
            }
            Predicate::Between {
                expression,
                low: Expression::Value(low),
                high: Expression::Value(high),
                negated,
            } => return self.between(expression, low, high, *negated != truth),
            _ => return Ok(None),
        };
        let Some(reached) = self.reach(expression)? else { return Ok(None) };
        if let Predicate::In { values, negated, .. } = predicate {
            // nothing is in an empty list, not even an unknown value
            if values.is_empty() {
                return Ok(Some(constantly(*negated == truth)));
            }
        }
        let condition =
            condition(&reached).map_err(|error| error.with_column(reached.column.clone()))?;
        Ok(Some(Document::from_iter([(reached.path, condition)])))
    }

    fn compared(
        &self,
        column: &Reached,
        operator: CompareOperator,
        value: &Value,
        truth: bool,
    ) -> Result<Bson> {
        if value.is_null() {
            return match operator {
                CompareOperator::Equal => Ok(null(column, truth)),
                CompareOperator::NotEqual => Ok(null(column, !truth)),
                _ => Err(Error::invalid("null is neither less nor greater than a value")),
            };
        }
        let operator = if truth { operator } else { opposite(operator) };
        let (value, operator) = match coarse(value, operator) {
            Coarse::Never => return Ok(doc! { "$in": [] }.into()),
            Coarse::Always => return Ok(doc! { "$ne": Bson::Null }.into()),
            Coarse::Compare(value, operator) => (self.operand_at(&value, column.inside)?, operator),
        };
        Ok(Bson::Document(match operator {
            CompareOperator::Equal => doc! { "$eq": value },
            CompareOperator::NotEqual => doc! { "$nin": [value, Bson::Null] },
            CompareOperator::Less => doc! { "$lt": value },
            CompareOperator::LessOrEqual => doc! { "$lte": value },
            CompareOperator::Greater => doc! { "$gt": value },
            CompareOperator::GreaterOrEqual => doc! { "$gte": value },
        }))
    }

    fn listed(&self, column: &Reached, values: &[Value], among: bool) -> Result<Bson> {
        let mut list = values
            .iter()
            // no document holds a moment that is too fine
            .filter(|value| crate::value::floor(value).is_none())
            .map(|value| match value.is_null() {
                true => Err(Error::invalid("a list to look in cannot hold null")
                    .with_hint("ask for null in a predicate of its own")),
                false => self.operand_at(value, column.inside),
            })
            .collect::<Result<Vec<_>>>()?;
        if among {
            return Ok(doc! { "$in": list }.into());
        }
        list.push(Bson::Null);
        Ok(doc! { "$nin": list }.into())
    }

    fn like(&self, pattern: &str, matches: bool) -> Bson {
        let shown = match self.form {
            super::Form::Shown => Some("?".to_owned()),
            super::Form::Sent => pattern::expression(pattern),
        };
        Bson::Document(match shown {
            Some(expression) if matches => doc! { "$regex": expression, "$options": "s" },
            Some(expression) => {
                let matches = doc! { "$regex": expression, "$options": "s" };
                doc! { "$type": "string", "$not": matches }
            }
            None if matches => doc! { "$in": [] },
            None => doc! { "$type": "string" },
        })
    }

    fn between(
        &self,
        expression: &Expression,
        low: &Value,
        high: &Value,
        inside: bool,
    ) -> Result<Option<Document>> {
        if low.is_null() || high.is_null() {
            return Err(Error::invalid("a range cannot end at null"));
        }
        let Some(column) = self.reach(expression)? else { return Ok(None) };
        let end = |operator, value| {
            let condition = self.compared(&column, operator, value, inside);
            condition.map_err(|error: Error| error.with_column(column.column.clone()))
        };
        let low = end(CompareOperator::GreaterOrEqual, low)?;
        let high = end(CompareOperator::LessOrEqual, high)?;
        let on = |condition: Bson| Document::from_iter([(column.path.clone(), condition)]);
        Ok(Some(match (inside, low, high) {
            (true, Bson::Document(mut both), Bson::Document(high)) => {
                both.extend(high);
                on(both.into())
            }
            (true, low, high) => and(vec![on(low), on(high)]),
            (false, low, high) => or(vec![on(low), on(high)]),
        }))
    }
}

/// A comparison with a value, or what comes of it with one that is too fine to be stored: what is less
/// than that is at most the moment before it.
pub(super) enum Coarse<'v> {
    Compare(Cow<'v, Value>, CompareOperator),
    /// It holds for every value.
    Always,
    /// It holds for none.
    Never,
}

pub(super) fn coarse(value: &Value, operator: CompareOperator) -> Coarse<'_> {
    let Some(floor) = crate::value::floor(value) else {
        return Coarse::Compare(Cow::Borrowed(value), operator);
    };
    let operator = match operator {
        CompareOperator::Equal => return Coarse::Never,
        CompareOperator::NotEqual => return Coarse::Always,
        CompareOperator::Less | CompareOperator::LessOrEqual => CompareOperator::LessOrEqual,
        CompareOperator::Greater | CompareOperator::GreaterOrEqual => CompareOperator::Greater,
    };
    Coarse::Compare(Cow::Owned(floor), operator)
}

/// Whether there is no value. In a column of JSON, null is a value.
fn null(column: &Reached, is_null: bool) -> Bson {
    Bson::Document(match (column.ty, is_null) {
        (Some(ColumnType::Json), is_null) => doc! { "$exists": !is_null },
        (_, true) => doc! { "$eq": Bson::Null },
        (_, false) => doc! { "$ne": Bson::Null },
    })
}

/// Every document or none.
pub(super) fn constantly(truth: bool) -> Document {
    if truth {
        Document::new()
    } else {
        doc! { "_id": { "$in": [] } }
    }
}

/// All of them, in one document if their names allow it: the server bounds how deep filters are.
fn and(mut parts: Vec<Document>) -> Document {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let never = constantly(false);
    if parts.contains(&never) {
        return never;
    }
    let mut all = Document::new();
    let mut others: Vec<Bson> = Vec::new();
    for part in parts {
        if part.keys().any(|name| all.contains_key(name) || name == "$and") {
            others.push(part.into());
        } else {
            all.extend(part);
        }
    }
    if !others.is_empty() {
        all.insert("$and", others);
    }
    all
}

fn or(parts: Vec<Document>) -> Document {
    if parts.iter().any(Document::is_empty) {
        return Document::new();
    }
    let never = constantly(false);
    let mut parts: Vec<Document> = parts.into_iter().filter(|part| *part != never).collect();
    match parts.len() {
        0 => constantly(false),
        1 => parts.remove(0),
        _ => doc! { "$or": parts },
    }
}

/// The error of raw text inside a statement.
pub(super) fn raw() -> Error {
    Error::new(ErrorKind::Unsupported, "raw text is not supported by this database")
}
