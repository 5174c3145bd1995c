//! The values of a statement on their way to SQLite, from where they lie or from another thread.

use std::ops::Range;

use eloquent_core::Result;
use eloquent_core::sql::Compiled;
use eloquent_core::value::{Mismatch, ValueRef};
use eloquent_core::{Error, ErrorKind};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef as Stored};
use rusqlite::{Statement, ffi};

use crate::error::{DRIVER, error, extended_code, translate, with_table};
use crate::value::store;

/// What a statement binds, in the order of its placeholders.
pub(crate) trait Binds {
    /// The number of values.
    fn len(&self) -> usize;

    /// One of them, if it is stored as it lies there.
    fn lent(&self, index: usize) -> Option<Stored<'_>>;

    /// The stored form of one of them.
    ///
    /// # Errors
    /// When SQLite has none that is exact.
    fn stored(&self, index: usize) -> Result<ToSqlOutput<'_>, Mismatch>;
}

impl Binds for [ValueRef<'_>] {
    fn len(&self) -> usize {
        self.len()
    }

    #[inline]
    fn lent(&self, index: usize) -> Option<Stored<'_>> {
        Some(match self[index] {
            ValueRef::Null => Stored::Null,
            ValueRef::I64(v) => Stored::Integer(v),
            ValueRef::Text(v) => Stored::Text(v.as_bytes()),
            _ => return None,
        })
    }

    fn stored(&self, index: usize) -> Result<ToSqlOutput<'_>, Mismatch> {
        store(self[index])
    }
}

/// Values in their stored form, to be taken to another thread: all text and bytes in one block.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    values: Vec<PackedValue>,
    block: Vec<u8>,
}

#[derive(Debug)]
enum PackedValue {
    Null,
    Integer(i64),
    Real(f64),
    Text(Range<usize>),
    Blob(Range<usize>),
}

impl Packed {
    /// Packs the values of a statement.
    ///
    /// # Errors
    /// For the first one that SQLite has no exact form for, naming its column.
    pub(crate) fn of(statement: &Compiled, binds: &[ValueRef<'_>]) -> Result<Packed> {
        let mut packed = Packed::default();
        packed.values.reserve_exact(binds.len());
        for (index, value) in binds.iter().enumerate() {
            packed
                .push(*value)
                .map_err(|mismatch| unbound(mismatch.into_encode_error(), statement, index))?;
        }
        Ok(packed)
    }

    fn push(&mut self, value: ValueRef<'_>) -> Result<(), Mismatch> {
        let value = match store(value)? {
            ToSqlOutput::Borrowed(value) => self.pack(value),
            ToSqlOutput::Owned(value) => self.pack((&value).into()),
            _ => return Err(Mismatch::because("the value cannot be taken to another thread")),
        };
        self.values.push(value);
        Ok(())
    }

    fn pack(&mut self, value: Stored<'_>) -> PackedValue {
        match value {
            Stored::Null => PackedValue::Null,
            Stored::Integer(v) => PackedValue::Integer(v),
            Stored::Real(v) => PackedValue::Real(v),
            Stored::Text(v) => PackedValue::Text(self.keep(v)),
            Stored::Blob(v) => PackedValue::Blob(self.keep(v)),
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.block.len();
        self.block.extend_from_slice(bytes);
        start..self.block.len()
    }
}

impl Binds for Packed {
    fn len(&self) -> usize {
        self.values.len()
    }

    #[inline]
    fn lent(&self, index: usize) -> Option<Stored<'_>> {
        Some(match &self.values[index] {
            PackedValue::Null => Stored::Null,
            PackedValue::Integer(v) => Stored::Integer(*v),
            PackedValue::Real(v) => Stored::Real(*v),
            PackedValue::Text(range) => Stored::Text(&self.block[range.clone()]),
            PackedValue::Blob(range) => Stored::Blob(&self.block[range.clone()]),
        })
    }

    fn stored(&self, index: usize) -> Result<ToSqlOutput<'_>, Mismatch> {
        Ok(ToSqlOutput::Borrowed(self.lent(index).unwrap_or(Stored::Null)))
    }
}

/// Binds the values of a statement, which has to have as many placeholders.
///
/// # Errors
/// When it has not, and when a value has no exact form or is too large, naming its column.
pub(crate) fn bind(
    prepared: &mut Statement<'_>,
    statement: &Compiled,
    binds: &(impl Binds + ?Sized),
) -> Result<()> {
    if prepared.parameter_count() != binds.len() {
        let message = format!(
            "the statement has {} placeholders and {} values",
            prepared.parameter_count(),
            binds.len()
        );
        return Err(error(ErrorKind::InvalidInput, message));
    }
    for index in 0..binds.len() {
        match binds.lent(index) {
            Some(value) => prepared.raw_bind_parameter(index + 1, Lent(value)),
            None => {
                let stored = binds.stored(index);
                let stored = stored
                    .map_err(|mismatch| unbound(mismatch.into_encode_error(), statement, index))?;
                prepared.raw_bind_parameter(index + 1, stored)
            }
        }
        .map_err(|cause| match extended_code(&cause) {
            Some(ffi::SQLITE_TOOBIG) => unbound(translate(&cause), statement, index),
            _ => translate(&cause),
        })?;
    }
    Ok(())
}

/// Bound as it is, without a step for those values that are made.
struct Lent<'v>(Stored<'v>);

impl ToSql for Lent<'_> {
    #[inline]
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.0))
    }
}

/// The error of a value that cannot be stored, with the place where it was to go.
fn unbound(error: Error, statement: &Compiled, index: usize) -> Error {
    let error = error.with_driver(DRIVER);
    let error = match statement.column_of(index) {
        Some(column) => error.with_column(column.clone()),
        None => error,
    };
    with_table(error, statement)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::owned;

    #[test]
    fn packed_values_are_those_that_lie_there() {
        let values = [
            ValueRef::Text("a\0b Ü"),
            ValueRef::Null,
            ValueRef::Bytes(&[0, 255]),
            ValueRef::I64(i64::MIN),
            ValueRef::Text(""),
            ValueRef::F64(0.5),
            ValueRef::Decimal("1.10".parse().unwrap()),
        ];
        let packed = Packed::of(&Compiled::raw("SELECT 1"), &values).unwrap();
        assert_eq!(Binds::len(&packed), values.len());
        for (index, value) in values.iter().enumerate() {
            let ToSqlOutput::Borrowed(packed) = packed.stored(index).unwrap() else { panic!() };
            assert_eq!(packed, (&owned(*value)).into());
        }
    }
}
