//! Rows of the server, read where they lie. The [crate's page](crate) has the table.

use std::cell::OnceCell;
use std::error::Error as StdError;

use chrono::{DateTime, NaiveDateTime, TimeDelta};
use eloquent_core::row::{Row, no_column};
use eloquent_core::value::{NaiveDate, NaiveTime, Uuid, Value, ValueRef};
use eloquent_core::{Error, ErrorKind, Result};
use tokio_postgres::types::{FromSql, Type};

use crate::encode::EPOCH;
use crate::error::error;
use crate::form::{Form, Scalar};
use crate::numeric::Numeric;
use crate::{list, shown};

/// A row of the client's. Values that have no borrowed form are made on first use and kept.
pub(crate) struct PgRow<'r> {
    row: &'r tokio_postgres::Row,
    columns: &'r [Form],
    made: OnceCell<Box<[OnceCell<Value>]>>,
}

impl<'r> PgRow<'r> {
    /// A row whose columns have these forms.
    pub(crate) fn new(row: &'r tokio_postgres::Row, columns: &'r [Form]) -> Self {
        PgRow { row, columns, made: OnceCell::new() }
    }

    /// A value that has to be made, kept with the row.
    fn made(&self, index: usize, make: impl FnOnce() -> Option<Value>) -> Option<ValueRef<'_>> {
        let made = self
            .made
            .get_or_init(|| (0..self.columns.len()).map(|_| OnceCell::new()).collect())
            .get(index)?;
        if made.get().is_none() {
            let _ = made.set(make()?); // nobody else sets it
        }
        made.get().map(Value::as_ref)
    }

    /// A value that cannot be borrowed.
    #[inline(never)]
    fn other(&self, index: usize, form: Form, raw: &[u8]) -> Result<ValueRef<'_>> {
        let value = match form {
            Form::Scalar(Scalar::Numeric) => {
                self.made(index, || Some(Value::Text(Numeric::read(raw)?.text())))
            }
            Form::Scalar(scalar) => {
                self.made(index, || shown::text_of(raw, scalar).map(Value::Text))
            }
            Form::Array { element, .. } => self.made(index, || list::read(raw, element)),
            Form::Range(element) => {
                self.made(index, || shown::range(raw, element).map(Value::Text))
            }
        };
        value.ok_or_else(|| self.unreadable(index))
    }

    #[cold]
    fn unreadable(&self, index: usize) -> Error {
        let column = self.row.columns().get(index);
        let ty = column.map_or("?", |column| column.type_().name());
        let name = column.map_or_else(|| format!("#{index}"), |column| column.name().to_owned());
        match self.columns.get(index) {
            Some(Form::Scalar(Scalar::Other)) => {
                error(ErrorKind::Decode, format!("values of the type `{ty}` are not read"))
                    .with_hint("give it out as text: `column::text`")
            }
            _ => error(ErrorKind::Decode, format!("the value is none of the type `{ty}`"))
                .with_hint("if it is beyond what can be read, give it out as text: `column::text`"),
        }
        .with_column(name)
    }
}

impl Row for PgRow<'_> {
    fn len(&self) -> usize {
        self.columns.len()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        let form = *self.columns.get(index).ok_or_else(|| no_column(index))?;
        let Raw(raw) = self.row.try_get(index).map_err(|_| no_column(index))?;
        let Some(raw) = raw else { return Ok(ValueRef::Null) };
        match form {
            Form::Scalar(scalar) => match borrowed(raw, scalar) {
                Some(value) => Ok(value),
                None => self.other(index, form, raw),
            },
            _ => self.other(index, form, raw),
        }
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.row.columns().get(index).map(|column| column.name())
    }
}

/// The bytes of a value of any type; none for null.
struct Raw<'r>(Option<&'r [u8]>);

impl<'r> FromSql<'r> for Raw<'r> {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Raw(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Raw(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The value of these bytes, where it can be borrowed or copied.
#[inline]
fn borrowed(raw: &[u8], scalar: Scalar) -> Option<ValueRef<'_>> {
    Some(match scalar {
        Scalar::Bool => ValueRef::Bool(*raw.first()? != 0),
        Scalar::Int2 => ValueRef::I64(i16::from_be_bytes(raw.try_into().ok()?).into()),
        Scalar::Int4 => ValueRef::I64(i32::from_be_bytes(raw.try_into().ok()?).into()),
        Scalar::Int8 => ValueRef::I64(i64::from_be_bytes(raw.try_into().ok()?)),
        Scalar::Oid => ValueRef::I64(u32::from_be_bytes(raw.try_into().ok()?).into()),
        Scalar::Float4 => ValueRef::F64(f32::from_be_bytes(raw.try_into().ok()?).into()),
        Scalar::Float8 => ValueRef::F64(f64::from_be_bytes(raw.try_into().ok()?)),
        Scalar::Numeric => ValueRef::Decimal(Numeric::read(raw)?.decimal()?),
        Scalar::Unsigned => unsigned(raw)?,
        Scalar::Text | Scalar::Json => ValueRef::Text(std::str::from_utf8(raw).ok()?),
        // behind the version of the form
        Scalar::Jsonb => ValueRef::Text(std::str::from_utf8(raw.strip_prefix(&[1])?).ok()?),
        Scalar::Bytea => ValueRef::Bytes(raw),
        Scalar::Uuid => ValueRef::Uuid(Uuid::from_slice(raw).ok()?),
        Scalar::Date => ValueRef::Date(date(raw)?),
        Scalar::Time => ValueRef::Time(time(raw)?),
        Scalar::Timestamp => ValueRef::DateTime(moment(raw)?),
        Scalar::Timestamptz => ValueRef::Timestamp(moment(raw)?.and_utc()),
        Scalar::Void => ValueRef::Null,
        _ => return None,
    })
}

/// The value of these bytes, owned.
pub(crate) fn owned(raw: &[u8], scalar: Scalar) -> Option<Value> {
    match borrowed(raw, scalar) {
        Some(value) => Some(value.to_owned()),
        None if scalar == Scalar::Numeric => Some(Value::Text(Numeric::read(raw)?.text())),
        None => shown::text_of(raw, scalar).map(Value::Text),
    }
}

fn unsigned(raw: &[u8]) -> Option<ValueRef<'_>> {
    let decimal = Numeric::read(raw)?.decimal()?;
    if !decimal.is_integer() {
        return Some(ValueRef::Decimal(decimal));
    }
    Some(match (u64::try_from(decimal), i64::try_from(decimal)) {
        (Ok(v), _) => ValueRef::U64(v),
        (_, Ok(v)) => ValueRef::I64(v),
        _ => ValueRef::Decimal(decimal),
    })
}

/// Days since the first of 2000. The infinities are beyond what a date holds.
fn date(raw: &[u8]) -> Option<NaiveDate> {
    let days = i32::from_be_bytes(raw.try_into().ok()?);
    EPOCH.checked_add_signed(TimeDelta::try_days(days.into())?)
}

/// Microseconds since midnight. The server also knows 24:00, which is none of a day's times.
pub(crate) fn time(raw: &[u8]) -> Option<NaiveTime> {
    let micros = u64::from_be_bytes(raw.try_into().ok()?);
    let seconds = u32::try_from(micros / 1_000_000).ok()?;
    let nanos = u32::try_from(micros % 1_000_000).ok()? * 1000;
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos)
}

/// Microseconds since the first of 2000.
fn moment(raw: &[u8]) -> Option<NaiveDateTime> {
    /// From 1970 to 2000.
    const OFFSET: i64 = 946_684_800_000_000;
    let micros = i64::from_be_bytes(raw.try_into().ok()?);
    if micros == i64::MAX || micros == i64::MIN {
        return None; // infinity
    }
    DateTime::from_timestamp_micros(micros.checked_add(OFFSET)?).map(|moment| moment.naive_utc())
}
