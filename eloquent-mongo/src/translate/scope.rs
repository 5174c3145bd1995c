//! What expressions see: the tables of a statement, each at its place in the document at hand.

use eloquent_core::schema::ColumnType;
use eloquent_core::statement::{ColumnRef, Expression, Path, Root, Source};
use eloquent_core::value::Value;
use eloquent_core::{Error, Name, Result};
use mongodb::bson::{Bson, Document, doc};

use super::Form;
use super::group::Group;
use super::name::{field, inner_field};
use crate::value::{encode, encode_inside};

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

/// The element of a list at hand.
#[derive(Debug, Clone)]
pub(super) struct Element {
    number: u16,
    /// Whether the list is inside of a document that is inside.
    inside: bool,
    /// Whether it is in a variable. Else it is what a filter looks at.
    is_variable: bool,
}

impl Element {
    pub(super) fn found(number: u16, inside: bool) -> Self {
        Element { number, inside, is_variable: false }
    }

    pub(super) fn variable(number: u16, inside: bool) -> Self {
        Element { number, inside, is_variable: true }
    }

    /// The name of the variable.
    pub(super) fn name(&self) -> String {
        format!("e{}", self.number)
    }
}

/// Where a filter finds what an expression is about.
#[derive(Debug)]
pub(super) struct Reached {
    pub(super) path: String,
    pub(super) ty: Option<ColumnType>,
    /// Whether it is inside of a document that is inside, where values have no column that tells their
    /// type.
    pub(super) inside: bool,
    /// The column, for errors.
    pub(super) column: Name,
}

#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) form: Form,
    places: Vec<(Source, Place)>,
    /// What is left of rows behind a `$group`.
    pub(super) group: Option<Group>,
    pub(super) excluded: Option<Excluded>,
    /// What a condition on elements looks at.
    element: Option<Element>,
}

impl Scope {
    /// One table, whose documents are at hand.
    pub(super) fn root(source: Source, form: Form) -> Self {
        Scope {
            form,
            places: vec![(source, Place::Root)],
            group: None,
            excluded: None,
            element: None,
        }
    }

    pub(super) fn of(places: Vec<(Source, Place)>, form: Form) -> Self {
        Scope { form, places, group: None, excluded: None, element: None }
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

    /// Where a filter finds a column or what is inside of one; `None` where it cannot reach it.
    pub(super) fn reach(&self, expression: &Expression) -> Result<Option<Reached>> {
        Ok(match expression {
            Expression::Column(column) => self.path(column)?.map(|path| Reached {
                path,
                ty: column.ty,
                inside: false,
                column: column.name.clone(),
            }),
            Expression::Path(path) => {
                let (start, column) = match &path.root {
                    Root::Column(column) => (self.path(column)?, column.name.clone()),
                    Root::Element(number) => {
                        let element = self.element_at(*number)?;
                        let start = (!element.is_variable).then(String::new);
                        (start, path.fields.first().cloned().unwrap_or_default())
                    }
                };
                let Some(mut whole) = start else { return Ok(None) };
                for name in &path.fields {
                    if !whole.is_empty() {
                        whole.push('.');
                    }
                    whole.push_str(inner_field(name)?);
                }
                let inside = self.is_inside(expression);
                Some(Reached { path: whole, ty: path.ty, inside, column })
            }
            _ => None,
        })
    }

    /// The same with an element of a list to look at.
    pub(super) fn at_element(&self, element: Element) -> Self {
        Scope { element: Some(element), ..self.clone() }
    }

    fn element_at(&self, number: u16) -> Result<&Element> {
        self.element.as_ref().filter(|element| element.number == number).ok_or_else(|| {
            Error::invalid("a condition speaks of an element of a list that it does not look at")
        })
    }

    /// Whether what an expression reads is inside of a document that is inside.
    pub(super) fn is_inside(&self, expression: &Expression) -> bool {
        match expression {
            Expression::Path(path) => {
                !path.fields.is_empty()
                    || matches!(path.root, Root::Element(_))
                        && self.element.as_ref().is_some_and(|element| element.inside)
            }
            _ => false,
        }
    }

    /// What is inside of a column, as an expression.
    pub(super) fn inner(&self, path: &Path) -> Result<Bson> {
        let mut whole = match &path.root {
            Root::Column(column) => match self.column(column)? {
                Bson::String(text) => text,
                other => return Ok(other),
            },
            Root::Element(number) => {
                let element = self.element_at(*number)?;
                if !element.is_variable {
                    // a filter cannot name it, and what can is tried then
                    return Ok(Bson::from("$$ROOT"));
                }
                format!("$${}", element.name())
            }
        };
        for name in &path.fields {
            whole.push('.');
            whole.push_str(inner_field(name)?);
        }
        Ok(Bson::String(whole))
    }

    /// A bound value, for the right side of an operator of a filter, as it is kept there.
    pub(super) fn operand_at(&self, value: &Value, inside: bool) -> Result<Bson> {
        match (self.form, inside) {
            (Form::Sent, true) => match self.operand(value)? {
                Bson::DateTime(_) => {
                    encode_inside(value).map_err(|mismatch| mismatch.into_encode_error())
                }
                other => Ok(other),
            },
            _ => self.operand(value),
        }
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

    /// A bound value as an expression, as it is kept there.
    pub(super) fn literal_at(&self, value: &Value, inside: bool) -> Result<Bson> {
        Ok(Bson::Document(doc! { "$literal": self.operand_at(value, inside)? }))
    }

    /// A bound value as an expression.
    pub(super) fn literal(&self, value: &Value) -> Result<Bson> {
        Ok(Bson::Document(doc! { "$literal": self.operand(value)? }))
    }
}
