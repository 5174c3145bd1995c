//! The values of a result, in one form for all databases.

use eloquent_core::Result;
use eloquent_core::row::{OwnedRow, Row};
use eloquent_core::schema::ColumnType;
use eloquent_core::statement::Projection;
use eloquent_core::value::{
    ColumnValue, DateTime, Decimal, Json, Mismatch, NaiveDate, NaiveDateTime, NaiveTime, Utc, Uuid,
    Value,
};

/// The values of rows, read as the types that were asked for.
///
/// # Errors
/// When a value does not fit its type.
pub(crate) fn cells(projection: &Projection, rows: &[OwnedRow]) -> Result<Vec<Vec<Value>>> {
    let types: Vec<_> = match projection {
        Projection::Columns(columns) => columns.iter().map(|column| Some(column.ty)).collect(),
        Projection::Expressions(fields) => fields.iter().map(|field| field.column_type()).collect(),
    };
    let values = |row: &OwnedRow| {
        types.iter().enumerate().map(|(at, ty)| cell(row, at, *ty)).collect::<Result<Vec<_>>>()
    };
    rows.iter().map(values).collect()
}

/// A value of a type; what has none is the truth of a condition.
fn cell(row: &OwnedRow, at: usize, ty: Option<ColumnType>) -> Result<Value> {
    match ty {
        None | Some(ColumnType::Bool) => read::<bool>(row, at),
        Some(ColumnType::U32 | ColumnType::U64) => read::<u64>(row, at),
        Some(ty) if ty.integer_range().is_some() => read::<i64>(row, at),
        Some(ColumnType::F64) => read::<f64>(row, at),
        Some(ColumnType::Decimal { .. }) => read::<Decimal>(row, at),
        Some(ColumnType::Text | ColumnType::String { .. }) => read::<String>(row, at),
        Some(ColumnType::Bytes) => read::<Vec<u8>>(row, at),
        Some(ColumnType::Uuid) => read::<Uuid>(row, at),
        Some(ColumnType::Date) => read::<NaiveDate>(row, at),
        Some(ColumnType::Time) => read::<NaiveTime>(row, at),
        Some(ColumnType::DateTime) => read::<NaiveDateTime>(row, at),
        Some(ColumnType::Timestamp) => read::<DateTime<Utc>>(row, at),
        Some(ColumnType::Json) => json(row, at),
        Some(other) => panic!("the programs read no {other:?}"),
    }
}

fn read<T: ColumnValue>(row: &OwnedRow, at: usize) -> Result<Value> {
    let value = (row as &dyn Row).read::<Option<T>>(at)?;
    value.into_value().map_err(Mismatch::into_encode_error)
}

/// JSON of any shape, whose type is that of a sample.
fn json(row: &OwnedRow, at: usize) -> Result<Value> {
    fn like<T: ColumnValue>(_: Box<T>, row: &OwnedRow, at: usize) -> Result<Value> {
        read::<T>(row, at)
    }
    match Json(0).into_value() {
        Ok(Value::Json(sample)) => like(sample, row, at),
        other => panic!("no JSON: {other:?}"),
    }
}
