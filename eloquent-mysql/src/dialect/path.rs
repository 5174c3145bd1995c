//! Values inside of JSON, read and changed.

use eloquent_core::schema::ColumnType;
use eloquent_core::sql::{PathCall, PathChanges};
use eloquent_core::{Error, Result};

use super::{Flavour, UuidForm};
use crate::error::DRIVER;

/// As text, and that as what it is text of; lists and documents as they are.
///
/// # Errors
/// For what JSON does not hold.
pub(super) fn value(call: &PathCall<'_>, flavour: Flavour, uuid: UuidForm) -> Result<String> {
    let path = call.json_path();
    let json = format!("JSON_EXTRACT({}, {path})", call.column);
    // what is null in the JSON is null
    let json = format!("IF(JSON_TYPE({json}) = 'NULL', NULL, {json})");
    // text of JSON has another collation than columns and values have
    let text = format!("(JSON_UNQUOTE({json}) COLLATE {})", flavour.collation());
    Ok(match call.ty {
        None | Some(ColumnType::Json | ColumnType::Array | ColumnType::Document) => json,
        Some(ColumnType::Bool) => format!("({text} = 'true')"),
        Some(ColumnType::U64) => format!("CAST({text} AS UNSIGNED)"),
        Some(ty) if ty.integer_range().is_some() => format!("CAST({text} AS SIGNED)"),
        Some(ColumnType::F32 | ColumnType::F64) => format!("({text} + 0e0)"),
        Some(ColumnType::Decimal { .. }) => format!("CAST({text} AS DECIMAL(65, 28))"),
        Some(ColumnType::Uuid) if uuid == UuidForm::Binary => {
            format!("UNHEX(REPLACE({text}, '-', ''))")
        }
        Some(ColumnType::Date) => format!("CAST({text} AS DATE)"),
        Some(ColumnType::Time) => format!("CAST({text} AS TIME(6))"),
        Some(ColumnType::DateTime | ColumnType::Timestamp) => {
            format!("CAST({text} AS DATETIME(6))")
        }
        Some(ColumnType::Bytes) => {
            return Err(Error::unsupported("bytes inside of JSON", DRIVER));
        }
        Some(_) => text,
    })
}

/// A column of JSON with changes inside of it. Text becomes JSON by `JSON_EXTRACT(.., '$')`, which both
/// servers read in the same way.
pub(super) fn changed(changes: &PathChanges<'_>) -> String {
    let object = |path: &str| {
        let there = format!("JSON_EXTRACT({}, {path})", changes.column);
        format!("IF(COALESCE(JSON_TYPE({there}), 'NULL') = 'NULL', '{{}}', {there})")
    };
    changes.with_functions(object, |text| format!("JSON_EXTRACT({text}, '$')"))
}
