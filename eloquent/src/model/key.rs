//! Primary keys, as conditions.

use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{ColumnRef, CompareOperator, Expression, Predicate, Source};
use eloquent_core::value::Key;
use eloquent_core::{Error, Result};

use super::ModelDef;

/// The columns of the key, as expressions.
pub(crate) fn key_columns(
    definition: &'static ModelDef,
    source: Source,
) -> impl ExactSizeIterator<Item = Expression> {
    definition.key.iter().map(move |position| {
        let column = &definition.columns[*position];
        Expression::Column(ColumnRef { source, name: column.name.clone(), ty: Some(column.ty) })
    })
}

/// The condition that names one row.
pub(crate) fn key_filter<K: Key>(definition: &'static ModelDef, key: &K) -> Result<Vec<Predicate>> {
    let mut columns = key_columns(definition, Source(0));
    let mut filter = Vec::with_capacity(columns.len());
    key.give(&mut |value| {
        let value = Expression::Value(value);
        let pair = columns.next().map(|c| Predicate::Compare(c, CompareOperator::Equal, value));
        filter.extend(pair);
    })
    .map_err(|mismatch| definition.locate(mismatch.into_encode_error()))?;
    Ok(filter)
}

/// The condition that names the rows of any of these keys.
pub(crate) fn any_key<K: Key>(definition: &'static ModelDef, keys: Vec<K>) -> Predicate {
    let mut rows = Vec::with_capacity(keys.len());
    for key in &keys {
        match key.to_values() {
            Ok(values) => rows.push(values),
            Err(mismatch) => return Predicate::IsTrue(Expression::Invalid(mismatch)),
        }
    }
    let mut columns: Vec<_> = key_columns(definition, Source(0)).collect();
    match columns.pop() {
        Some(expression) if columns.is_empty() => {
            let values = rows.into_iter().flatten().collect();
            Predicate::In { expression, values, negated: false }
        }
        last => {
            columns.extend(last);
            let equal = |(column, value): (&Expression, _)| {
                Predicate::Compare(column.clone(), CompareOperator::Equal, Expression::Value(value))
            };
            let row =
                |values: Vec<_>| Predicate::And(columns.iter().zip(values).map(equal).collect());
            Predicate::Or(rows.into_iter().map(row).collect())
        }
    }
}

/// Refuses a column of another type than expected.
pub(super) fn same_type(
    definition: &'static ModelDef,
    column: &Column,
    wanted: ColumnType,
) -> Result<()> {
    use ColumnType::{Decimal, String, Text};
    let same = match (column.ty, wanted) {
        (Text | String { .. }, Text | String { .. }) | (Decimal { .. }, Decimal { .. }) => true,
        (ty, wanted) => ty == wanted,
    };
    if same {
        return Ok(());
    }
    let error = Error::invalid(format!("the column is of type {:?}, not {wanted:?}", column.ty));
    Err(definition.locate(error.with_column(column.name.clone())))
}

/// A column by name, whatever its type.
pub(super) fn column_expression(definition: &'static ModelDef, name: &str) -> Result<Expression> {
    let column = definition.column(name)?;
    Ok(Expression::Column(ColumnRef {
        source: Source(0),
        name: column.name.clone(),
        ty: Some(column.ty),
    }))
}
