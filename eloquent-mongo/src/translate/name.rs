//! Names of collections and fields.

use eloquent_core::{Error, Result};

/// The field of a column: the column `id` is the key of the document.
///
/// # Errors
/// [`InvalidInput`](eloquent_core::ErrorKind::InvalidInput) for a name that is not one of a field.
pub(crate) fn field(column: &str) -> Result<&str> {
    let reason = match column {
        "id" => return Ok("_id"),
        "" => "the name of the column is empty",
        _ if column.starts_with('$') => "the name of the column begins with `$`",
        _ if column.contains('.') => "the name of the column has a `.` in it",
        _ if column.contains('\0') => "the name of the column has a NUL character in it",
        _ => return Ok(column),
    };
    Err(Error::invalid(reason).with_column(column.to_owned()))
}

/// The column of a field.
pub(crate) fn column(field: &str) -> &str {
    if field == "_id" { "id" } else { field }
}

/// The name of a field inside of a column.
///
/// # Errors
/// As [`field`].
pub(crate) fn inner_field(name: &str) -> Result<&str> {
    if name == "id" { Ok(name) } else { field(name) }
}

/// Refuses what is not the name of a collection.
///
/// # Errors
/// [`InvalidInput`](eloquent_core::ErrorKind::InvalidInput).
pub(crate) fn check_collection(name: &str) -> Result<()> {
    let reason = match name {
        "" => "the name of the collection is empty",
        _ if name.contains('$') => "the name of the collection has a `$` in it",
        _ if name.contains('\0') => "the name of the collection has a NUL character in it",
        _ if name.starts_with("system.") => "the name of the collection is one of the server",
        _ if name.starts_with('.') || name.ends_with('.') => {
            "the name of the collection begins or ends with `.`"
        }
        _ => return Ok(()),
    };
    Err(Error::invalid(reason).with_table(name.to_owned()))
}
