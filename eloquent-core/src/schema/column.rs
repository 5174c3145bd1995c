//! Columns and their types.

use super::{ColumnDefault, Generated, SchemaText};
use crate::value::{Mismatch, Value, ValueRef};
use crate::{Error, Name, Result};

/// The type of a column, named for what it holds. Each driver has its own spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ColumnType {
    /// Truth.
    Bool,
    /// An integer of 8 bits.
    I8,
    /// An integer of 16 bits.
    I16,
    /// An integer of 32 bits.
    I32,
    /// An integer of 64 bits.
    I64,
    /// An unsigned integer of 8 bits.
    U8,
    /// An unsigned integer of 16 bits.
    U16,
    /// An unsigned integer of 32 bits.
    U32,
    /// An unsigned integer of 64 bits.
    U64,
    /// A single.
    F32,
    /// A double.
    F64,
    /// An exact decimal: `precision` digits, `scale` of them behind the point. A precision of 0 means
    /// as many as fit.
    Decimal {
        /// All digits.
        precision: u8,
        /// The digits behind the point.
        scale: u8,
    },
    /// Text of any length.
    Text,
    /// Text of at most `length` characters.
    String {
        /// In characters, not bytes.
        length: u32,
    },
    /// Bytes.
    Bytes,
    /// A UUID.
    Uuid,
    /// A calendar date.
    Date,
    /// A time of day.
    Time,
    /// A date and time without a zone.
    DateTime,
    /// An instant.
    Timestamp,
    /// JSON.
    Json,
    /// A list.
    Array,
    /// A document.
    Document,
    /// The key type of document databases.
    ObjectId,
}

impl ColumnType {
    /// Whether values of this type are exact decimals.
    pub const fn is_decimal(self) -> bool {
        matches!(self, ColumnType::Decimal { .. })
    }

    /// Whether values of this type are text that is compared by a collation.
    pub const fn is_text(self) -> bool {
        matches!(self, ColumnType::Text | ColumnType::String { .. })
    }

    /// Whether values of this type have a time of day.
    pub const fn has_time(self) -> bool {
        matches!(self, ColumnType::Time | ColumnType::DateTime | ColumnType::Timestamp)
    }

    /// Whether values of this type are floating-point numbers.
    pub const fn is_float(self) -> bool {
        matches!(self, ColumnType::F32 | ColumnType::F64)
    }

    /// The least and the greatest value, for integers.
    pub const fn integer_range(self) -> Option<(i64, u64)> {
        Some(match self {
            ColumnType::I8 => (i8::MIN as i64, i8::MAX as u64),
            ColumnType::I16 => (i16::MIN as i64, i16::MAX as u64),
            ColumnType::I32 => (i32::MIN as i64, i32::MAX as u64),
            ColumnType::I64 => (i64::MIN, i64::MAX as u64),
            ColumnType::U8 => (0, u8::MAX as u64),
            ColumnType::U16 => (0, u16::MAX as u64),
            ColumnType::U32 => (0, u32::MAX as u64),
            ColumnType::U64 => (0, u64::MAX),
            _ => return None,
        })
    }
}

/// A column of a table.
///
/// ```
/// use eloquent_core::schema::{Column, ColumnType};
///
/// const EMAIL: Column = Column::new("email", ColumnType::String { length: 255 }).unique();
/// assert!(EMAIL.unique && !EMAIL.nullable);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Column {
    /// Its name in the database.
    pub name: Name,
    /// What it holds.
    pub ty: ColumnType,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether the database numbers new rows in it.
    pub auto_increment: bool,
    /// Whether no two rows may share a value.
    pub unique: bool,
    /// Whether it gets an index.
    pub index: bool,
    /// Whether the database fills it when an insert leaves it out.
    pub database_default: bool,
    /// What the database fills it with.
    pub default: Option<ColumnDefault>,
    /// Whether models write it in each row, so that a database without defaults may leave the default out.
    pub model_writes: bool,
    /// What it is computed from.
    pub generated: Option<Generated>,
    /// Whether no other numbers than those of the database are taken, of a column that it numbers.
    pub identity_always: bool,
    /// The only values that it may have, for an enumeration.
    pub one_of: Vec<Name>,
    /// The type of its elements, for a list in the database's own form.
    pub element: Option<ColumnType>,
    /// How many digits the seconds of a time have behind the point; `None` means as many as are kept.
    pub precision: Option<u8>,
    /// How its text is compared and ordered: the name that the database has for it.
    pub collation: Option<Name>,
    /// What it is for.
    pub comment: Option<Name>,
    /// Its type in the language of the database, in place of the one that `ty` would get.
    pub native_type: Option<SchemaText>,
}

impl Column {
    /// A column that may not be null.
    pub const fn new(name: &'static str, ty: ColumnType) -> Self {
        Column {
            name: Name::Borrowed(name),
            ty,
            nullable: false,
            auto_increment: false,
            unique: false,
            index: false,
            database_default: false,
            default: None,
            model_writes: false,
            generated: None,
            identity_always: false,
            one_of: Vec::new(),
            element: None,
            precision: None,
            collation: None,
            comment: None,
            native_type: None,
        }
    }

    /// May be null, if `yes`.
    #[must_use]
    pub const fn nullable(mut self, yes: bool) -> Self {
        self.nullable = yes;
        self
    }

    /// Is numbered by the database.
    #[must_use]
    pub const fn auto_increment(mut self) -> Self {
        self.auto_increment = true;
        self
    }

    /// Holds each value once.
    #[must_use]
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Has an index.
    #[must_use]
    pub const fn index(mut self) -> Self {
        self.index = true;
        self
    }

    /// Has a default in the database.
    #[must_use]
    pub const fn database_default(mut self) -> Self {
        self.database_default = true;
        self
    }

    /// Refuses a value that the column cannot hold exactly: too long, too many digits, out of range.
    /// Called before anything is sent, so that every database answers alike.
    ///
    /// # Errors
    /// [`ErrorKind::NotNullViolation`](crate::ErrorKind) for null, else
    /// [`ErrorKind::Encode`](crate::ErrorKind), both naming the column.
    #[inline]
    pub fn check(&self, value: &Value) -> Result<()> {
        match (self.ty, value) {
            // whatever is of these types fits
            (ColumnType::Text, Value::Text(_)) | (ColumnType::I64, Value::I64(_)) => Ok(()),
            (_, Value::Null) if self.nullable => Ok(()),
            _ => self.check_closely(value.as_ref()),
        }
    }

    fn check_closely(&self, value: ValueRef<'_>) -> Result<()> {
        let failed = match (self.ty, value) {
            (_, ValueRef::Null) if self.nullable || self.auto_increment => return Ok(()),
            (_, ValueRef::Null) => {
                let error =
                    Error::new(crate::ErrorKind::NotNullViolation, "the column may not be null");
                return Err(error.with_column(self.name.clone()));
            }
            (ColumnType::String { length }, ValueRef::Text(text)) => too_long(text, length),
            (ColumnType::Decimal { precision, scale }, ValueRef::Decimal(decimal))
                if precision > 0 =>
            {
                let decimal = decimal.normalize();
                let whole = decimal.trunc().mantissa().unsigned_abs();
                let digits = whole.checked_ilog10().map_or(0, |log| log + 1);
                if decimal.scale() > u32::from(scale) {
                    Some(format!(
                        "the value has more than {scale} digits behind the point; round it first"
                    ))
                } else if digits > u32::from(precision - scale) {
                    Some(format!(
                        "the value has more than {} digits before the point",
                        precision - scale
                    ))
                } else {
                    None
                }
            }
            (ty, ValueRef::I64(v)) => {
                let out = |(min, max)| v < min || (v >= 0 && v.unsigned_abs() > max);
                ty.integer_range()
                    .is_some_and(out)
                    .then(|| format!("the value is out of the range of {ty:?}"))
            }
            (ty, ValueRef::U64(v)) => {
                let out = |(_, max)| v > max;
                ty.integer_range()
                    .is_some_and(out)
                    .then(|| format!("the value is out of the range of {ty:?}"))
            }
            _ => None,
        };
        match failed {
            None => Ok(()),
            Some(reason) => {
                Err(Mismatch::because(reason).into_encode_error().with_column(self.name.clone()))
            }
        }
    }
}

fn too_long(text: &str, length: u32) -> Option<String> {
    let length = length as usize;
    let fits = text.len() <= length || text.chars().count() <= length;
    (!fits).then(|| format!("the text is longer than {length} characters"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::value::Decimal;

    fn refuses(ty: ColumnType, value: Value) -> bool {
        match Column::new("c", ty).check(&value) {
            Ok(()) => false,
            Err(error) => {
                assert_eq!((error.kind(), error.column()), (ErrorKind::Encode, Some("c")));
                true
            }
        }
    }

    #[test]
    fn lengths_count_characters() {
        let ty = ColumnType::String { length: 3 };
        assert!(!refuses(ty, Value::Text("äöü".to_owned())));
        assert!(!refuses(ty, Value::Text("🦀🦀🦀".to_owned())));
        assert!(refuses(ty, Value::Text("abcd".to_owned())));
    }

    #[test]
    fn decimals_are_not_rounded() {
        let ty = ColumnType::Decimal { precision: 5, scale: 2 };
        for (text, refused) in
            [("999.99", false), ("-999.990", false), ("1.005", true), ("1000", true), ("0", false)]
        {
            let decimal: Decimal = text.parse().unwrap();
            assert_eq!(refuses(ty, Value::Decimal(decimal)), refused, "{text}");
        }
    }

    #[test]
    fn integers_stay_in_range() {
        assert!(refuses(ColumnType::I32, Value::I64(1 << 31)));
        assert!(!refuses(ColumnType::I32, Value::I64(i64::from(i32::MIN))));
        assert!(refuses(ColumnType::U8, Value::I64(-1)));
        assert!(refuses(ColumnType::I64, Value::U64(1 << 63)));
        assert!(!refuses(ColumnType::U64, Value::U64(u64::MAX)));
    }

    #[test]
    fn null_needs_leave() {
        let column = Column::new("c", ColumnType::Text);
        assert_eq!(column.check(&Value::Null).unwrap_err().kind(), ErrorKind::NotNullViolation);
        assert!(column.nullable(true).check(&Value::Null).is_ok());
    }
}
