//! What expressions see: the tables of a statement, each at its place in the document at hand.

use eloquent_core::statement::{ColumnRef, Source};
use eloquent_core::value::Value;
use eloquent_core::{Error, Result};
use mongodb::bson::{Bson, Document, doc};

use super::Form;
use super::group::Group;
use super::name::field;
use crate::value::encode;

/// Where the fields of a table are.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// In the document itself.
    Root,
    /// In a document of this name inside.
    Inside(String),
    /// In a variable of this name.
    Variable(String),
}

/// A row that an insert would have written, for the update of an upsert.
#[derive(Debug, Clone)]
pub(super) struct Excluded {
    pub(super) row: Document,
}

#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) form: Form,
    places: Vec<(Source, Place)>,
    /// What is left of rows behind a `$group`.
    pub(super) group: Option<Group>,
    pub(super) excluded: Option<Excluded>,
}

impl Scope {
    /// One table, whose documents are at hand.
    pub(super) fn root(source: Source, form: Form) -> Self {
        Scope { form, places: vec![(source, Place::Root)], group: None, excluded: None }
    }

    pub(super) fn of(places: Vec<(Source, Place)>, form: Form) -> Self {
        Scope { form, places, group: None, excluded: None }
    }

    fn place(&self, column: &ColumnRef) -> Result<&Place> {
        let place = self.places.iter().find(|(source, _)| *source == column.source);
        place.map(|(_, place)| place).ok_or_else(|| {
            Error::invalid("the column is of a table that is not in the statement")
                .with_column(column.name.clone())
        })
    }

    /// The path of a column in a filter; `None` where a filter cannot reach it.
    pub(super) fn path(&self, column: &ColumnRef) -> Result<Option<String>> {
        let name = field(&column.name)?;
        Ok(match self.place(column)? {
            _ if self.group.is_some() => None,
            Place::Root => Some(name.to_owned()),
            Place::Inside(document) => Some(format!("{document}.{name}")),
            Place::Variable(_) => None,
        })
    }

    /// A column as an expression.
    pub(super) fn column(&self, column: &ColumnRef) -> Result<Bson> {
        let name = field(&column.name)?;
        Ok(Bson::String(match self.place(column)? {
            Place::Root => format!("${name}"),
            Place::Inside(document) => format!("${document}.{name}"),
            Place::Variable(variable) => format!("$${variable}.{name}"),
        }))
    }

    /// A bound value, for the right side of an operator of a filter.
    pub(super) fn operand(&self, value: &Value) -> Result<Bson> {
        match self.form {
            Form::Shown => Ok(Bson::String("?".to_owned())),
            Form::Sent => match value {
                // no document holds it, but it can be compared with
                Value::U64(large) if i64::try_from(*large).is_err() => {
                    let decimal = Value::Decimal((*large).into());
                    encode(&decimal).map_err(|mismatch| mismatch.into_encode_error())
                }
                value => encode(value).map_err(|mismatch| mismatch.into_encode_error()),
            },
        }
    }

    /// A bound value as an expression.
    pub(super) fn literal(&self, value: &Value) -> Result<Bson> {
        Ok(Bson::Document(doc! { "$literal": self.operand(value)? }))
    }
}
