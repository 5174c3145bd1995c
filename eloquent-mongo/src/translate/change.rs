//! Changes inside of columns, as operators of an update.

use eloquent_core::statement::{Assignment, Change, ChangeAction, Expression};
use eloquent_core::value::Value;
use eloquent_core::{Error, Name, Result};
use mongodb::bson::{Bson, Document, doc};

use super::name::{field, inner_field};
use super::scope::Scope;
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
                    ("$pull", scope.pulled(*number, predicate, inside)?)
                }
                _ => return Err(Error::unsupported("this change inside of a column", DRIVER)),
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

/// Whether a change needs no computation on the server.
pub(super) fn is_plain(change: &Change) -> bool {
    !matches!(
        &change.action,
        ChangeAction::Set(value) if !matches!(value, Expression::Value(_) | Expression::Invalid(_))
    )
}

/// The changes of a column as fields of a `$set` of a pipeline. Only what is set can be computed.
pub(super) fn computed_fields(
    column: &Name,
    changes: &[Change],
    scope: &Scope,
    set: &mut Document,
) -> Result<()> {
    Change::check(changes)?;
    for change in changes {
        let path = path(field(column)?, &change.fields)?;
        let value = match &change.action {
            ChangeAction::Unset | ChangeAction::Set(Expression::Value(Value::Null)) => {
                Bson::from("$$REMOVE")
            }
            ChangeAction::Set(Expression::Value(value)) => {
                doc! { "$literal": stored(value, scope, !change.fields.is_empty())? }.into()
            }
            ChangeAction::Set(value) => {
                doc! { "$ifNull": [scope.value(value)?, "$$REMOVE"] }.into()
            }
            _ => return Err(computed()),
        };
        set.insert(path, value);
    }
    Ok(())
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
    Error::unsupported("computing a value and changing a list in one update", DRIVER)
        .with_hint("send two updates, in a transaction if it matters")
}
