//! Keys: what names a row.
//!
//! The trait stands here rather than above the drivers because of coherence: only beside
//! [`ColumnValue`] may it be implemented for all column types and for tuples of them.

use std::fmt::Debug;

use super::{ColumnValue, Mismatch, Value, ValueRef};
use crate::Result;
use crate::row::RowReader;

/// A primary key: the type of one column, or a tuple of several.
pub trait Key: Clone + Debug + Send + Sync + 'static {
    /// Hands its values over, in the order of the key's columns.
    ///
    /// # Errors
    /// When a value has no stored form.
    fn give(&self, take: &mut dyn FnMut(Value)) -> Result<(), Mismatch>;

    /// Its values, in the order of the key's columns.
    ///
    /// # Errors
    /// When a value has no stored form.
    fn to_values(&self) -> Result<Vec<Value>, Mismatch> {
        let mut values = Vec::new();
        self.give(&mut |value| values.push(value))?;
        Ok(values)
    }

    /// Reads it from columns in that order.
    ///
    /// # Errors
    /// When a value does not fit.
    fn from_row(row: &mut RowReader<'_>) -> Result<Self>;

    /// The key of one column that the database has numbered; `None` for one of several, or when it does
    /// not hold the number.
    fn from_number(_number: i64) -> Option<Self> {
        None
    }
}

impl<T: ColumnValue + Clone + Debug> Key for T {
    fn give(&self, take: &mut dyn FnMut(Value)) -> Result<(), Mismatch> {
        take(self.to_value()?);
        Ok(())
    }

    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        row.read()
    }

    fn from_number(number: i64) -> Option<Self> {
        Self::from_value(ValueRef::I64(number)).ok()
    }
}

macro_rules! composite_keys {
    ($(($($name:ident),+))+) => {$(
        impl<$($name: ColumnValue + Clone + Debug),+> Key for ($($name,)+) {
            #[allow(non_snake_case)]
            fn give(&self, take: &mut dyn FnMut(Value)) -> Result<(), Mismatch> {
                let ($($name,)+) = self;
                $(take($name.to_value()?);)+
                Ok(())
            }

            fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
                Ok(($(row.read::<$name>()?,)+))
            }
        }
    )+};
}

composite_keys! { (A, B) (A, B, C) (A, B, C, D) }
