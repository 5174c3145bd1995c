//! The definition of a column.

use super::super::Dialect;
use super::super::compiler::quote_identifier;
use super::schema_text;
use crate::schema::{Column, ColumnDefault};
use crate::{Error, Result};

/// Where a column stands in its table.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    /// Whether it is a part of the primary key.
    pub is_key: bool,
    /// Whether it is all of the primary key, which is then told in its definition.
    pub sole_key: bool,
    /// Whether an index is over it.
    pub indexed: bool,
    /// Whether its keys are told elsewhere: the definition is of a column that exists.
    pub exists: bool,
}

/// The parts of a definition that are needed apart from each other as well.
pub(super) struct Defined {
    pub(super) name: String,
    /// With the collation.
    pub(super) ty: String,
    pub(super) default: Option<String>,
    pub(super) check: Option<String>,
    pub(super) comment: Option<String>,
}

/// The definition of a column as it stands in the creation of a table.
///
/// # Errors
/// What the dialect lacks, and what is wrong with the column, naming it.
pub fn define_column(dialect: &dyn Dialect, column: &Column, place: Place) -> Result<String> {
    let define = || parts(dialect, column, place).and_then(|p| write(dialect, column, place, &p));
    define().map_err(|error| error.with_column(column.name.clone()))
}

pub(super) fn parts(dialect: &dyn Dialect, column: &Column, place: Place) -> Result<Defined> {
    refuse(column)?;
    let name = quote_identifier(dialect, &column.name)?;
    let mut ty = match &column.native_type {
        Some(text) => schema_text(dialect, text)?,
        None if place.indexed && !column.index => {
            dialect.column_type(&column.clone().index())?.into_owned()
        }
        None => dialect.column_type(column)?.into_owned(),
    };
    if let Some(collation) = &column.collation {
        ty.push_str(&format!(" COLLATE {}", quote_identifier(dialect, collation)?));
    }
    let default = match &column.default {
        None => None,
        Some(ColumnDefault::Value(value)) => {
            column.check(value)?;
            Some(dialect.default_constant(column, dialect.literal(value, column)?))
        }
        Some(ColumnDefault::Now) => Some(dialect.now(column)?.into_owned()),
        Some(ColumnDefault::Expression(text)) => Some(format!("({})", schema_text(dialect, text)?)),
    };
    let check = match column.one_of.as_slice() {
        _ if column.native_type.is_some() => None,
        [] => dialect.column_check(column, &name),
        _ if dialect.has_enumerations() => None,
        values => {
            let values = values.iter().map(|value| dialect.text_literal(value));
            Some(format!("{name} IN ({})", values.collect::<Result<Vec<_>>>()?.join(", ")))
        }
    };
    let comment = column.comment.as_ref().map(|text| dialect.text_literal(text)).transpose()?;
    Ok(Defined { name, ty, default, check, comment })
}

pub(super) fn write(
    dialect: &dyn Dialect,
    column: &Column,
    place: Place,
    parts: &Defined,
) -> Result<String> {
    let mut sql = format!("{} {}", parts.name, parts.ty);
    if let Some(generated) = &column.generated {
        let how = if generated.stored { "STORED" } else { "VIRTUAL" };
        let expression = schema_text(dialect, &generated.expression)?;
        sql.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {how}"));
    } else if column.auto_increment {
        if column.ty.integer_range().is_none() {
            return Err(Error::invalid("only an integer column can be numbered by the database"));
        }
        sql.push_str(dialect.auto_increment(column, place.sole_key)?);
    } else if place.is_key || !column.nullable {
        sql.push_str(" NOT NULL");
    }
    if let Some(default) = &parts.default {
        sql.push_str(" DEFAULT ");
        sql.push_str(default);
    }
    if place.sole_key && !place.exists {
        sql.push_str(" PRIMARY KEY");
    } else if column.unique && !place.exists {
        sql.push_str(" UNIQUE");
    }
    if let Some(comment) = parts.comment.as_deref().and_then(|text| dialect.inline_comment(text)) {
        sql.push_str(&comment);
    }
    if let Some(check) = &parts.check {
        sql.push_str(&format!(" CHECK ({check})"));
    }
    Ok(sql)
}

/// What no database can make sense of.
fn refuse(column: &Column) -> Result<()> {
    let message = if column.generated.is_some() && column.default.is_some() {
        "a generated column has no default"
    } else if column.generated.is_some() && column.auto_increment {
        "a generated column cannot be numbered by the database"
    } else if column.auto_increment && column.default.is_some() {
        "a column that the database numbers has no default"
    } else if column.identity_always && !column.auto_increment {
        "only a column that the database numbers can refuse other numbers"
    } else if column.collation.is_some() && !column.ty.is_text() {
        "only a text column has a collation"
    } else if !column.one_of.is_empty() && !column.ty.is_text() {
        "only a text column is an enumeration"
    } else if column.precision.is_some() && !column.ty.has_time() {
        "only a time has digits behind its seconds"
    } else if column.precision.is_some_and(|digits| digits > 6) {
        "a time has at most 6 digits behind its seconds"
    } else if column.database_default && column.default.is_none() && column.generated.is_none() {
        let error = Error::invalid(
            "the column is marked as filled by the database, but not with what; it cannot be \
             created from the model",
        );
        return Err(error.with_hint("create the table with the schema builder, with a default"));
    } else {
        return Ok(());
    };
    Err(Error::invalid(message))
}
