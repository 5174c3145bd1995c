//! Pages behind a row: the page goes on where the last one ended, at the same cost however far in.
//!
//! The order is made total by adding the primary key. A cursor holds the values of the order's columns
//! in the last row, and a print of the order, so that one of another query is refused.

use std::hash::Hasher as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{CompareOperator, Expression, Order, Predicate, Source};
use eloquent_core::value::{
    ColumnValue, DateTime, Decimal, Mismatch, NaiveDate, NaiveDateTime, NaiveTime, ObjectId, Utc,
    Uuid, Value, ValueRef,
};
use eloquent_core::{Error, Result};
use serde_json::Value as JsonValue;

use super::page::check_bounds;
use crate::database::at_target;
use crate::model::{Model, ModelDef, key_columns};
use crate::query::Query;

/// A page of rows, and where the next one begins.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let page = User::query().order_by(|u| u.name.asc()).cursor_paginate(20, None).await?;
/// if let Some(next) = &page.next {
///     println!("{} users, more at /users?after={next}", page.items.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CursorPage<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last. Opaque, and fit for a URL. It is no secret, and
    /// not a right: it says where to go on, not what may be seen.
    pub next: Option<String>,
}

impl<M: Model> Query<M> {
    /// The page behind a cursor; the first one when there is none. Rows that come and go between pages
    /// shift nothing.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, name: String }
    /// # async fn example() -> eloquent::Result<()> {
    /// let by_name = User::query().order_by(|u| u.name.asc());
    /// let first = by_name.clone().cursor_paginate(20, None).await?;
    /// let second = by_name.cursor_paginate(20, first.next.as_deref()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind) for an empty page, a cursor that was changed or
    /// belongs to another query, and an order by something else than columns of the model.
    pub async fn cursor_paginate(
        mut self,
        per_page: u64,
        cursor: Option<&str>,
    ) -> Result<CursorPage<M>> {
        let definition = M::definition();
        check_bounds(&self, per_page)?;
        let target = self.plan.target.clone();
        let terms = terms(definition, &mut self.plan.select.order_by)
            .map_err(at_target(target.as_ref(), definition))?;
        if let Some(cursor) = cursor {
            let values = decode(definition, &terms, cursor).ok_or_else(|| {
                let error = definition
                    .locate(Error::invalid("the cursor is not one of this query"))
                    .with_hint("pass the `next` of the page before, with the same order");
                at_target(target.as_ref(), definition)(error)
            })?;
            self.plan.select.filter.push(behind(&terms, values));
        }
        let mut items = self.limit(per_page + 1).get().await?;
        let mut next = None;
        if items.len() as u64 > per_page {
            items.pop();
            if let Some(last) = items.last() {
                let text = encode(definition, &terms, last);
                next = Some(text.map_err(at_target(target.as_ref(), definition))?);
            }
        }
        Ok(CursorPage { items, next })
    }
}

/// A column of the order.
struct Term {
    position: usize,
    column: &'static Column,
    descending: bool,
}

/// The columns of the order, after the key has been added to it.
fn terms(definition: &'static ModelDef, order: &mut Vec<Order>) -> Result<Vec<Term>> {
    let mut terms = Vec::new();
    for term in order.iter() {
        let position = match &term.expression {
            Expression::Column(column) if column.source == Source(0) => {
                definition.columns.iter().position(|known| known.name == column.name)
            }
            _ => None,
        };
        let position = position.ok_or_else(|| {
            definition
                .locate(Error::invalid("cursor pages are ordered by columns of the model only"))
        })?;
        let column = &definition.columns[position];
        if !is_kept(column.ty) {
            let error = Error::invalid("a cursor cannot hold a value of this column");
            return Err(definition.locate(error.with_column(column.name.clone())));
        }
        terms.push(Term { position, column, descending: term.descending });
    }
    for (position, expression) in
        definition.key.iter().copied().zip(key_columns(definition, Source(0)))
    {
        if !terms.iter().any(|term| term.position == position) {
            let descending = terms.last().is_some_and(|last| last.descending);
            terms.push(Term { position, column: &definition.columns[position], descending });
            order.push(Order { expression, descending });
        }
    }
    Ok(terms)
}

/// The rows that come behind these values: behind in the first column, or equal in it and behind in the
/// others. Null comes before every value.
fn behind(terms: &[Term], values: Vec<Value>) -> Predicate {
    let mut rest: Option<Predicate> = None;
    for (term, value) in terms.iter().zip(values).rev() {
        let column = || Expression::Column(column_ref(term.column));
        let is_null = value.is_null();
        let further = match (is_null, term.descending) {
            (true, false) => Some(Predicate::IsNull { expression: column(), negated: true }),
            (true, true) => None,
            (false, descending) => {
                let operator =
                    if descending { CompareOperator::Less } else { CompareOperator::Greater };
                let beyond =
                    Predicate::Compare(column(), operator, Expression::Value(value.clone()));
                Some(if descending && term.column.nullable {
                    Predicate::Or(vec![
                        beyond,
                        Predicate::IsNull { expression: column(), negated: false },
                    ])
                } else {
                    beyond
                })
            }
        };
        let equal_and_rest = rest.map(|rest| {
            let equal =
                Predicate::Compare(column(), CompareOperator::Equal, Expression::Value(value));
            Predicate::And(vec![equal, rest])
        });
        rest = Some(Predicate::Or(further.into_iter().chain(equal_and_rest).collect()));
    }
    rest.unwrap_or(Predicate::Constant(true))
}

fn column_ref(column: &'static Column) -> eloquent_core::statement::ColumnRef {
    eloquent_core::statement::ColumnRef {
        source: Source(0),
        name: column.name.clone(),
        ty: Some(column.ty),
    }
}

fn encode<M: Model>(definition: &'static ModelDef, terms: &[Term], last: &M) -> Result<String> {
    let value = |term: &Term| {
        let value = last.value_of(term.position)?;
        // a double has no exact JSON text for all values: its bits have
        match value {
            Value::F64(double) => Ok(JsonValue::from(double.to_bits())),
            Value::Bytes(bytes) => Ok(JsonValue::from(URL_SAFE_NO_PAD.encode(bytes))),
            other => other.as_ref().to_json(),
        }
    };
    let values = terms.iter().map(|term| {
        value(term).map_err(|m: Mismatch| {
            definition.locate(m.into_encode_error().with_column(term.column.name.clone()))
        })
    });
    let text = JsonValue::from(values.collect::<Result<Vec<_>>>()?).to_string();
    let print = fingerprint(definition, terms, &text);
    Ok(URL_SAFE_NO_PAD.encode(format!("{print:016x}{text}")))
}

fn decode(definition: &'static ModelDef, terms: &[Term], cursor: &str) -> Option<Vec<Value>> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (print, text) = text.split_at_checked(16)?;
    if u64::from_str_radix(print, 16).ok()? != fingerprint(definition, terms, text) {
        return None;
    }
    let JsonValue::Array(values) = serde_json::from_str(text).ok()? else {
        return None;
    };
    if values.len() != terms.len() {
        return None;
    }
    terms.iter().zip(values).map(|(term, json)| value_of(term.column, &json)).collect()
}

/// Whether a cursor can hold values of this type: those that [`value_of`] reads.
fn is_kept(ty: ColumnType) -> bool {
    !matches!(ty, ColumnType::Json | ColumnType::Array | ColumnType::Document)
}

/// The value of a column from its form in a cursor.
fn value_of(column: &Column, json: &JsonValue) -> Option<Value> {
    fn typed<T: ColumnValue>(value: ValueRef<'_>) -> Option<Value> {
        T::from_value(value).ok()?.into_value().ok()
    }
    if json.is_null() {
        return column.nullable.then_some(Value::Null);
    }
    let text = || json.as_str().map(ValueRef::Text);
    match column.ty {
        ColumnType::Bool => json.as_bool().map(Value::Bool),
        ColumnType::F32 | ColumnType::F64 => Some(Value::F64(f64::from_bits(json.as_u64()?))),
        ColumnType::Decimal { .. } => typed::<Decimal>(text()?),
        ColumnType::Text | ColumnType::String { .. } => typed::<String>(text()?),
        ColumnType::Bytes => Some(Value::Bytes(URL_SAFE_NO_PAD.decode(json.as_str()?).ok()?)),
        ColumnType::Uuid => typed::<Uuid>(text()?),
        ColumnType::Date => typed::<NaiveDate>(text()?),
        ColumnType::Time => typed::<NaiveTime>(text()?),
        ColumnType::DateTime => typed::<NaiveDateTime>(text()?),
        ColumnType::Timestamp => typed::<DateTime<Utc>>(text()?),
        ColumnType::ObjectId => typed::<ObjectId>(text()?),
        ty if ty.integer_range().is_some() => match json.as_i64() {
            Some(number) => Some(Value::I64(number)),
            None => json.as_u64().map(Value::U64),
        },
        _ => None,
    }
}

/// Ties a cursor to its table and order, and shows when it was changed by accident.
fn fingerprint(definition: &ModelDef, terms: &[Term], text: &str) -> u64 {
    let mut print = Fnv(0xcbf2_9ce4_8422_2325);
    print.write(definition.table.as_bytes());
    for term in terms {
        print.write(&[0xff, u8::from(term.descending)]);
        print.write(term.column.name.as_bytes());
    }
    print.write(&[0xff]);
    print.write(text.as_bytes());
    print.finish()
}

/// FNV-1a: the same on every machine and in every version, as a cursor outlives the process.
struct Fnv(u64);

impl std::hash::Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
