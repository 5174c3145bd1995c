//! Changes inside of columns: operators of an update, or fields of a pipeline, which can compute.

use eloquent_core::statement::{ArithmeticOperator, Assignment, Change, ChangeAction, Expression};
use eloquent_core::value::Value;
use eloquent_core::{Error, Name, Result};
use mongodb::bson::{Bson, Document, doc};

use super::arithmetic::combined;
use super::name::{field, inner_field};
use super::scope::{Element, Scope};
use crate::error::DRIVER;

/// The operators of an update, each with its fields.
#[derive(Default)]
pub(super) struct Operators(Document);

impl Operators {
    /// The operators that do all of this.
    ///
    /// # Errors
    /// For values that have no form here, and for what has to be computed, which operators cannot.
    pub(super) fn of(assignments: &[Assignment], scope: &Scope) -> Result<Document> {
        let mut operators = Operators::default();
        for assignment in assignments {
            let column = &assignment.column.name;
            let name = field(column)?;
            match &assignment.value {
                Expression::Value(value) => operators.assign(name, value, scope, false),
                Expression::Changed(changes) => operators.change(name, changes, scope),
                _ => Err(computed()),
            }
            .map_err(|error| error.with_column(column.clone()))?;
        }
        Ok(operators.0)
    }

    fn assign(&mut self, path: &str, value: &Value, scope: &Scope, inside: bool) -> Result<()> {
        match value {
            Value::Null => self.put("$unset", path, Bson::from("")),
            value => self.put("$set", path, stored(value, scope, inside)?),
        }
        Ok(())
    }

    fn change(&mut self, column: &str, changes: &[Change], scope: &Scope) -> Result<()> {
        Change::check(changes)?;
        for change in changes {
            let path = path(column, &change.fields)?;
            let inside = !change.fields.is_empty();
            let all = |values: &[Value]| -> Result<Vec<Bson>> {
                values.iter().map(|value| stored(value, scope, inside)).collect()
            };
            let (operator, value) = match &change.action {
                ChangeAction::Set(Expression::Value(value)) => {
                    self.assign(&path, value, scope, inside)?;
                    continue;
                }
                ChangeAction::Set(Expression::Invalid(mismatch)) => {
                    return Err(mismatch.clone().into_encode_error());
                }
                ChangeAction::Set(_) => return Err(computed()),
                ChangeAction::Unset => ("$unset", Bson::from("")),
                ChangeAction::Increment(by) => ("$inc", stored(by, scope, inside)?),
                ChangeAction::Push(values) => ("$push", doc! { "$each": all(values)? }.into()),
                ChangeAction::AddToSet(values) => {
                    ("$addToSet", doc! { "$each": all(values)? }.into())
                }
                ChangeAction::Pull(values) => ("$pull", doc! { "$in": all(values)? }.into()),
                ChangeAction::PullWhere(number, predicate) => {
                    ("$pull", scope.pulled(*number, predicate, inside)?.ok_or_else(computed)?)
                }
                _ => return Err(unknown()),
            };
            self.put(operator, &path, value);
        }
        Ok(())
    }

    fn put(&mut self, operator: &str, path: &str, value: Bson) {
        let fields = self.0.entry(operator.to_owned()).or_insert_with(|| Document::new().into());
        if let Bson::Document(fields) = fields {
            fields.insert(path, value);
        }
    }
}

/// Whether an operator can say it, so that nothing is computed on the server.
pub(super) fn is_plain(change: &Change, scope: &Scope) -> Result<bool> {
    Ok(match &change.action {
        ChangeAction::Set(value) => matches!(value, Expression::Value(_) | Expression::Invalid(_)),
        ChangeAction::PullWhere(number, predicate) => {
            scope.pulled(*number, predicate, !change.fields.is_empty())?.is_some()
        }
        _ => true,
    })
}

/// The changes of a column as fields of a `$set` of a pipeline.
pub(super) fn computed_fields(
    column: &Name,
    changes: &[Change],
    scope: &Scope,
    set: &mut Document,
) -> Result<()> {
    Change::check(changes)?;
    for change in changes {
        let path = path(field(column)?, &change.fields)?;
        let value = computed_field(&path, change, scope)?;
        set.insert(path, value);
    }
    Ok(())
}

fn computed_field(path: &str, change: &Change, scope: &Scope) -> Result<Bson> {
    let inside = !change.fields.is_empty();
    let all = |values: &[Value]| -> Result<Vec<Bson>> {
        values.iter().map(|value| stored(value, scope, inside)).collect()
    };
    let place = format!("${path}");
    let list = || or_nothing(&place, Bson::Array(Vec::new()));
    Ok(match &change.action {
        ChangeAction::Unset | ChangeAction::Set(Expression::Value(Value::Null)) => {
            Bson::from("$$REMOVE")
        }
        ChangeAction::Set(Expression::Value(value)) => {
            doc! { "$literal": stored(value, scope, inside)? }.into()
        }
        ChangeAction::Set(value) => doc! { "$ifNull": [scope.value(value)?, "$$REMOVE"] }.into(),
        ChangeAction::Increment(by) => {
            let by = doc! { "$literal": stored(by, scope, inside)? };
            let there = or_nothing(&place, doc! { "$literal": 0_i64 }.into());
            combined(there, ArithmeticOperator::Add, by.into(), false)
        }
        ChangeAction::Push(values) => {
            doc! { "$concatArrays": [list(), { "$literal": all(values)? }] }.into()
        }
        ChangeAction::AddToSet(values) => {
            let mut once = Vec::<Bson>::new();
            for value in all(values)? {
                if !once.contains(&value) {
                    once.push(value);
                }
            }
            let lacks = doc! { "$not": [{ "$in": ["$$one", list()] }] };
            let new = doc! { "input": { "$literal": once }, "as": "one", "cond": lacks };
            doc! { "$concatArrays": [list(), { "$filter": new }] }.into()
        }
        ChangeAction::Pull(values) => {
            let among = doc! { "$in": ["$$one", { "$literal": all(values)? }] };
            without(&place, "one", among.into())
        }
        ChangeAction::PullWhere(number, predicate) => {
            let element = Element::variable(*number, inside);
            let name = element.name();
            without(&place, &name, scope.at_element(element).truth(predicate, true)?)
        }
        _ => return Err(unknown()),
    })
}

/// What is there, or this where nothing is. Null is neither: the server refuses the text in its place, as
/// operators refuse null.
fn or_nothing(place: &str, nothing: Bson) -> Bson {
    let is_missing = doc! { "$eq": [{ "$type": place }, "missing"] };
    doc! { "$cond": [is_missing, nothing, { "$ifNull": [place, "null"] }] }.into()
}

/// A list without the elements, in this variable, for which the condition holds; no list where there is none.
fn without(place: &str, variable: &str, condition: Bson) -> Bson {
    let rest = doc! { "$filter": {
        "input": or_nothing(place, Bson::Array(Vec::new())),
        "as": variable,
        "cond": { "$not": [condition] },
    } };
    let is_missing = doc! { "$eq": [{ "$type": place }, "missing"] };
    doc! { "$cond": [is_missing, "$$REMOVE", rest] }.into()
}

fn path(column: &str, fields: &[Name]) -> Result<String> {
    let mut path = column.to_owned();
    for name in fields {
        path.push('.');
        path.push_str(inner_field(name)?);
    }
    Ok(path)
}

fn stored(value: &Value, scope: &Scope, inside: bool) -> Result<Bson> {
    let encoded = match (scope.form, inside) {
        (super::Form::Shown, _) => return Ok(Bson::from("?")),
        (_, true) => crate::value::encode_inside(value),
        (_, false) => crate::value::encode(value),
    };
    encoded.map_err(|mismatch| mismatch.into_encode_error())
}

fn computed() -> Error {
    Error::invalid("an operator of an update cannot compute a value")
}

fn unknown() -> Error {
    Error::unsupported("this change inside of a column", DRIVER)
}
