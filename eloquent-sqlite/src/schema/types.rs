//! Which type a column was made for: SQLite keeps most of them as one of a few, with a condition.

use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::sql::{Dialect as _, quote_identifier, read_constants};

use super::layout::{ColumnText, What};
use crate::dialect::SqliteDialect;

/// What is known of a column's type.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) ty: Option<ColumnType>,
    pub(super) one_of: Vec<String>,
    /// The condition that belongs to the type.
    pub(super) check: Option<usize>,
}

const INTEGERS: &[ColumnType] = &[
    ColumnType::Bool,
    ColumnType::I8,
    ColumnType::I16,
    ColumnType::I32,
    ColumnType::U8,
    ColumnType::U16,
    ColumnType::U32,
    ColumnType::U64,
];

/// Finds the type of a column.
pub(super) fn known(column: &ColumnText) -> Known {
    let text = column.type_text.to_ascii_uppercase();
    let plain = plain(&text);
    let Ok(quoted) = quote_identifier(&SqliteDialect, &column.name) else {
        return Known { ty: plain, ..Known::default() };
    };
    for (position, check) in column.constraints.iter().enumerate() {
        if check.what != What::Check || check.name.is_some() {
            continue;
        }
        let of_column = |ty: &ColumnType| {
            let made = SqliteDialect.column_check(&Column::new("", *ty), &quoted);
            made.as_deref() == Some(&*check.inside)
        };
        let of_text = || {
            let values = check.inside.strip_prefix(&*quoted)?.strip_prefix(" IN ")?;
            read_constants(values, &[])
        };
        let check = Some(position);
        match &*text {
            "INTEGER" => {
                if let Some(ty) = INTEGERS.iter().find(|ty| of_column(ty)) {
                    return Known { ty: Some(*ty), check, ..Known::default() };
                }
            }
            "TEXT" => {
                let inside = &column.constraints[position].inside;
                let ty = [length(inside), decimal(inside), Some(ColumnType::Json)];
                if let Some(ty) = ty.into_iter().flatten().find(of_column) {
                    return Known { ty: Some(ty), check, ..Known::default() };
                }
                if let Some(one_of) = of_text() {
                    let longest = one_of.iter().map(|value| value.chars().count()).max();
                    let length = u32::try_from(longest.unwrap_or(0)).unwrap_or(u32::MAX);
                    return Known { ty: Some(ColumnType::String { length }), one_of, check };
                }
            }
            _ => {}
        }
    }
    Known { ty: plain, ..Known::default() }
}

fn plain(text: &str) -> Option<ColumnType> {
    let length = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(length) = length("VARCHAR").and_then(|length| length.trim().parse().ok()) {
        return Some(ColumnType::String { length });
    }
    Some(match text {
        "INT" | "INTEGER" | "BIGINT" => ColumnType::I64,
        "BOOLEAN" => ColumnType::Bool,
        "REAL" | "DOUBLE" | "FLOAT" => ColumnType::F64,
        "TEXT" => ColumnType::Text,
        "BLOB" => ColumnType::Bytes,
        "DATE" => ColumnType::Date,
        "DATETIME" => ColumnType::DateTime,
        _ => return None,
    })
}

fn number(text: &str) -> Option<u32> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().ok()
}

fn length(condition: &str) -> Option<ColumnType> {
    let (_, length) = condition.rsplit_once(" <= ")?;
    Some(ColumnType::String { length: number(length)? })
}

fn decimal(condition: &str) -> Option<ColumnType> {
    let (_, whole) = condition.split_once("'-0')) <= ")?;
    let (_, scale) = condition.rsplit_once(" <= ")?;
    let (whole, scale) = (u8::try_from(number(whole)?).ok()?, u8::try_from(number(scale)?).ok()?);
    Some(ColumnType::Decimal { precision: whole.checked_add(scale)?, scale })
}
