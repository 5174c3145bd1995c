//! Inserts of many rows: one list for each column in place of one bind for each value. The server reads
//! and plans them faster, and one statement serves every number of rows.

use std::error::Error as StdError;
use std::fmt;
use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use bytes::{BufMut as _, BytesMut};
use eloquent_core::sql::Compiled;
use eloquent_core::value::{Mismatch, ValueRef};
use tokio_postgres::types::{Format, IsNull, ToSql, Type};

use crate::encode::{Unbound, is_binary, put_element, takes_text};
use crate::form::{Form, Scalar};
use crate::prepared::Prepared;

/// Fewer rows are spelled out.
const FEWEST: usize = 64;
/// In the mark of a statement: it cannot be done so. Else the mark is where its text goes on behind the
/// rows.
const NEVER: u32 = u32::MAX;

/// An insert, taken apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bulk<'s> {
    statement: &'s Compiled,
    /// What stands in front of the rows.
    head: &'s str,
    /// What stands behind them.
    tail: &'s str,
    columns: usize,
}

impl<'s> Bulk<'s> {
    /// Takes a statement apart, if it is an insert of many rows and nothing else is bound in it.
    pub(crate) fn of(statement: &'s Compiled, binds: usize) -> Option<Self> {
        let rows = statement.rows().filter(|rows| *rows >= FEWEST)?;
        let mark = statement.mark().load(Ordering::Relaxed);
        if mark == NEVER || !binds.is_multiple_of(rows) {
            return None;
        }
        let sql = statement.sql();
        let columns = binds / rows;
        let (head, spelled) = sql.split_at_checked(rows_of(sql)?)?;
        let tail = match usize::try_from(mark) {
            Ok(end) if end > 0 => sql.get(end..)?,
            _ => match behind_rows(spelled, binds, columns) {
                Some(tail) => {
                    let end = u32::try_from(sql.len() - tail.len()).unwrap_or(NEVER);
                    statement.mark().store(end, Ordering::Relaxed);
                    tail
                }
                None => {
                    statement.mark().store(NEVER, Ordering::Relaxed);
                    return None;
                }
            },
        };
        Some(Bulk { statement, head, tail, columns })
    }

    /// Does not try it again.
    pub(crate) fn give_up(&self) {
        self.statement.mark().store(NEVER, Ordering::Relaxed);
    }

    pub(crate) fn head(&self) -> &'s str {
        self.head
    }

    pub(crate) fn tail(&self) -> &'s str {
        self.tail
    }

    /// What it is kept under. No other statement reads like this.
    pub(crate) fn key(&self) -> String {
        format!("{}UNNEST{}", self.head, self.tail)
    }

    /// The insert of a single row, by which the server tells the types of the columns.
    pub(crate) fn of_one_row(&self) -> String {
        let mut sql = String::from(self.head);
        for column in 1..=self.columns {
            // writing to a `String` cannot fail
            let _ = write!(sql, "{}${column}", if column == 1 { "VALUES (" } else { ", " });
        }
        sql.push(')');
        sql.push_str(self.tail);
        sql
    }

    /// The insert of all rows, for columns of these types; none when there is a type that has no lists of
    /// single values.
    pub(crate) fn of_lists(&self, one: &Prepared) -> Option<String> {
        let mut sql = String::from(self.head);
        for (index, (form, ty)) in one.binds.iter().zip(one.statement.params()).enumerate() {
            if !matches!(form, Form::Scalar(scalar) if is_sent(*scalar)) {
                return None;
            }
            let quoted = |name: &str| name.replace('"', "\"\"");
            let start = if index == 0 { "SELECT * FROM unnest(" } else { ", " };
            let (schema, name) = (quoted(ty.schema()), quoted(ty.name()));
            let _ = write!(sql, "{start}${}::\"{schema}\".\"{name}\"[]", index + 1);
        }
        sql.push(')');
        sql.push_str(self.tail);
        Some(sql)
    }

    /// The values by columns; none when one of them is only taken as text.
    pub(crate) fn lists<'b>(
        &self,
        prepared: &Prepared,
        binds: &'b [ValueRef<'b>],
    ) -> Option<Vec<List<'b>>> {
        let lists = prepared.binds.iter().enumerate().map(|(first, form)| match form {
            Form::Array { element, oid } => {
                Some(List { binds, first, step: self.columns, element: *element, oid: *oid })
            }
            _ => None,
        });
        let lists: Vec<_> = lists.collect::<Option<_>>()?;
        lists.iter().all(List::is_binary).then_some(lists)
    }
}

/// Whether values of a type are sent as themselves, and not as text.
fn is_sent(scalar: Scalar) -> bool {
    use Scalar::{Bit, Inet, Interval, Macaddr, Other, Timetz, Void};
    !matches!(scalar, Bit | Inet | Interval | Macaddr | Other | Timetz | Void)
}

/// Where the rows of an insert begin, names in quotes aside.
fn rows_of(sql: &str) -> Option<usize> {
    const ROWS: &str = " VALUES ";
    let mut is_quoted = false;
    let at = sql.bytes().enumerate().position(|(at, byte)| {
        is_quoted ^= byte == b'"';
        !is_quoted && byte == b' ' && sql.as_bytes()[at..].starts_with(ROWS.as_bytes())
    })?;
    // behind the blank
    Some(at + 1)
}

/// What follows the rows, if they hold their binds in order and nothing else.
fn behind_rows(sql: &str, binds: usize, columns: usize) -> Option<&str> {
    let mut rest = sql.strip_prefix("VALUES ")?;
    let mut number = String::new();
    for index in 0..binds {
        let (first, last) = (index % columns == 0, index % columns == columns - 1);
        rest = match (index, first) {
            (0, _) => rest.strip_prefix("($")?,
            (_, true) => rest.strip_prefix(", ($")?,
            (_, false) => rest.strip_prefix(", $")?,
        };
        number.clear();
        let _ = write!(number, "{}", index + 1); // writing to a `String` cannot fail
        rest = rest.strip_prefix(number.as_str())?;
        if last {
            rest = rest.strip_prefix(')')?;
        }
    }
    Some(rest)
}

/// The values of a column.
pub(crate) struct List<'b> {
    binds: &'b [ValueRef<'b>],
    first: usize,
    /// How many values there are in a row.
    step: usize,
    element: Scalar,
    oid: u32,
}

/// The client library may print what it sends.
impl fmt::Debug for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}

impl List<'_> {
    /// The values, each with its number among the binds.
    fn values(&self) -> impl Iterator<Item = (usize, ValueRef<'_>)> {
        let rows = self.binds.get(self.first..).unwrap_or_default().chunks(self.step);
        let numbers = (self.first..).step_by(self.step);
        numbers.zip(rows.filter_map(|row| row.first().copied()))
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.binds.len() / self.step
    }

    /// The number of the type of the values.
    pub(crate) fn oid(&self) -> u32 {
        self.oid
    }

    /// Writes the value of a row behind its length.
    ///
    /// # Errors
    /// When the server has no exact form for it.
    pub(crate) fn put(&self, row: usize, out: &mut BytesMut) -> Result<(), Mismatch> {
        let value = self.binds.get(row * self.step + self.first).copied();
        put_element(value.unwrap_or(ValueRef::Null), self.element, out)
    }

    fn is_binary(&self) -> bool {
        takes_text(self.element) || self.values().all(|(_, value)| is_binary(value, self.element))
    }
}

impl ToSql for List<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        let too_long = || Unbound { index: 0, why: Mismatch::because("there are too many rows") };
        let rows = i32::try_from(self.len()).map_err(|_| too_long())?;
        let has_null = self.values().any(|(_, value)| matches!(value, ValueRef::Null));
        out.put_i32(1); // dimensions
        out.put_i32(has_null.into());
        out.put_u32(self.oid);
        out.put_i32(rows);
        out.put_i32(1); // the number of the first element
        for (index, value) in self.values() {
            put_element(value, self.element, out).map_err(|why| Unbound { index, why })?;
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.to_sql(ty, out)
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Binary
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_behind_names() {
        let at = |sql: &str| rows_of(sql).map(|at| sql[at..].to_owned());
        let rest = "VALUES ($1), ($2)";
        for head in [
            r#"INSERT INTO "t" ("a") "#,
            r#"INSERT INTO "a VALUES ""( VALUES " (" VALUES ") "#,
            r#"INSERT INTO "ü" ("a") "#,
        ] {
            assert_eq!(at(&format!("{head}{rest}")).as_deref(), Some(rest));
        }
        assert_eq!(at(r#"INSERT INTO "t" DEFAULT VALUES"#), None);
    }

    #[test]
    fn rows_hold_their_binds_and_nothing_else() {
        let tail = " RETURNING \"id\"";
        let sql = format!("VALUES ($1, $2), ($3, $4){tail}");
        assert_eq!(behind_rows(&sql, 4, 2), Some(tail));
        for sql in ["VALUES ($1, $2), ($3)", "VALUES ($1, $3), ($2, $4)", "VALUES ($1, 1)", ""] {
            assert_eq!(behind_rows(sql, 4, 2), None, "{sql}");
        }
    }
}
