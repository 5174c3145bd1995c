//! Inserts of very many rows: `COPY` in place of `INSERT`, which costs the server half as much.
//!
//! It is used where nobody can tell the difference: for plain tables without triggers, rules or row
//! security, and where keys are wanted only if they come from a sequence that gave all of them in one go.
//! That is looked at before and after, in a transaction that is undone if it does not hold.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use eloquent_core::Result;
use eloquent_core::row::{Row, no_column};
use eloquent_core::sql::Compiled;
use eloquent_core::value::ValueRef;
use futures_sink::Sink as _;
use tokio_postgres::types::Type;

use crate::bulk::{Bulk, List};
use crate::open::Opened;
use crate::prepared::Prepared;
use crate::session::PgSession;

/// Fewer rows are not worth the further questions.
pub(crate) const FEWEST: usize = 500;
/// So many inserts go the other way after others have used the same sequence at the same time.
pub(crate) const SHY: u32 = 32;
/// Rows are handed to the client library in pieces of about this size.
const PIECE: usize = 64 * 1024;
/// What rows in binary form begin with: a signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What they end with.
const TRAILER: i16 = -1;

/// Whether a table is plain and its columns have these types; and the last value of the sequence behind
/// the key, if each of its values is used once and in order.
const FACTS: &str = "\
    SELECT c.relkind = 'r' AND NOT c.relhasrules AND NOT c.relrowsecurity \
           AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) \
           AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attidentity = 'a') \
           AND $4 = (SELECT array_agg(a.atttypid ORDER BY n.place) \
                     FROM unnest($3) WITH ORDINALITY AS n (name, place) \
                     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = n.name), \
           CASE WHEN has_sequence_privilege(s.seqrelid, 'USAGE') \
                THEN coalesce(pg_sequence_last_value(s.seqrelid), s.seqstart - 1) END \
    FROM pg_class c \
    LEFT JOIN pg_attribute k ON k.attrelid = c.oid AND k.attname = $2 \
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = k.attnum \
    LEFT JOIN pg_sequence s ON s.seqrelid = pg_get_serial_sequence($1, k.attname)::regclass \
         AND k.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) \
         AND s.seqincrement = 1 AND s.seqcache = 1 AND NOT s.seqcycle \
         AND (k.attidentity = 'd' OR pg_get_expr(d.adbin, d.adrelid) = \
              'nextval(' || quote_literal(s.seqrelid::regclass::text) || '::regclass)') \
    WHERE c.oid = $1::regclass";

/// Where rows go.
struct Target<'s> {
    /// The table, quoted.
    table: &'s str,
    /// The table and its columns, quoted.
    place: &'s str,
    /// The names of the columns.
    columns: Vec<&'s str>,
    /// The numbers of their types.
    types: Vec<u32>,
    /// The column whose values are wanted back.
    key: Option<String>,
}

/// Rows that were copied.
pub(crate) struct Copied {
    rows: u64,
    /// If keys are wanted, their column and the first; the others follow.
    keys: Option<(String, i64)>,
}

/// A row that holds a key.
pub(crate) struct KeyRow<'c> {
    column: &'c str,
    key: i64,
}

impl Copied {
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The keys that are wanted.
    pub(crate) fn keys(&self) -> Vec<KeyRow<'_>> {
        let Some((column, first)) = &self.keys else { return Vec::new() };
        (*first..).zip(0..self.rows).map(|(key, _)| KeyRow { column, key }).collect()
    }
}

impl Row for KeyRow<'_> {
    fn len(&self) -> usize {
        1
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        if index == 0 { Ok(ValueRef::I64(self.key)) } else { Err(no_column(index)) }
    }

    fn name(&self, index: usize) -> Option<&str> {
        (index == 0).then_some(self.column)
    }
}

impl<'s> Target<'s> {
    fn of(bulk: &Bulk<'s>, lists: &[List<'_>], statement: &'s Compiled) -> Option<Self> {
        let place = bulk.head().strip_prefix("INSERT INTO ")?;
        let table = &place[..behind_table(place)?];
        let key = match bulk.tail().strip_prefix(" RETURNING ") {
            Some(returned) => Some(name(returned)?),
            None if bulk.tail().is_empty() => None,
            None => return None,
        };
        let columns =
            (0..lists.len()).map(|column| statement.column_of(column).map(|name| &**name));
        let types = lists.iter().map(List::oid).collect();
        Some(Target { table, place, columns: columns.collect::<Option<_>>()?, types, key })
    }

    fn copy(&self) -> String {
        format!("COPY {}FROM STDIN (FORMAT binary)", self.place)
    }
}

/// The end of the quoted name, or of the two, at the start of `"a"."b" (…`.
fn behind_table(place: &str) -> Option<usize> {
    let mut is_quoted = false;
    place.bytes().position(|byte| {
        is_quoted ^= byte == b'"';
        !is_quoted && byte == b' '
    })
}

/// The name in `"a"`, if there is nothing else.
fn name(quoted: &str) -> Option<String> {
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let name = inner.replace("\"\"", "\"");
    (name.replace('"', "\"\"") == inner).then_some(name)
}

/// The rows in binary form; none when the server has no form for a value.
fn encode(lists: &[List<'_>]) -> Option<Vec<Bytes>> {
    let columns = i16::try_from(lists.len()).ok()?;
    let rows = lists.first()?.len();
    let mut pieces = Vec::new();
    let mut piece = BytesMut::with_capacity(2 * PIECE);
    piece.put_slice(HEADER);
    for row in 0..rows {
        piece.put_i16(columns);
        for list in lists {
            list.put(row, &mut piece).ok()?;
        }
        if piece.len() >= PIECE {
            pieces.push(piece.split().freeze());
            piece.reserve(2 * PIECE);
        }
    }
    piece.put_i16(TRAILER);
    pieces.push(piece.freeze());
    Some(pieces)
}

impl PgSession {
    /// Copies rows; none when that would not be the same as inserting them, and nothing has changed.
    pub(crate) async fn copy(
        &mut self,
        bulk: &Bulk<'_>,
        lists: &[List<'_>],
        statement: &Compiled,
    ) -> Result<Option<Copied>, tokio_postgres::Error> {
        if self.shy > 0 {
            self.shy -= 1;
            return Ok(None);
        }
        let Some(target) = Target::of(bulk, lists, statement) else { return Ok(None) };
        let Some(pieces) = encode(lists) else { return Ok(None) };
        let [begin, end, undo] = match self.is_in_transaction() {
            false => ["BEGIN", "COMMIT", "ROLLBACK"],
            true => [
                "SAVEPOINT eloquent_copy",
                "RELEASE SAVEPOINT eloquent_copy",
                "ROLLBACK TO SAVEPOINT eloquent_copy; RELEASE SAVEPOINT eloquent_copy",
            ],
        };
        self.send(begin).await?;
        match self.copy_within(&target, pieces).await {
            Ok(Some(copied)) => {
                self.send(end).await?;
                Ok(Some(copied))
            }
            Ok(None) => {
                self.shy = SHY;
                self.undo(undo).await?;
                Ok(None)
            }
            Err(cause) => {
                // the server may not know it any more
                self.statements.forget(&target.copy());
                if !self.is_in_transaction() {
                    // what went wrong first is what counts
                    let _ = self.send(undo).await;
                }
                Err(cause)
            }
        }
    }

    async fn copy_within(
        &mut self,
        target: &Target<'_>,
        pieces: Vec<Bytes>,
    ) -> Result<Option<Copied>, tokio_postgres::Error> {
        let Some(before) = self.facts(target).await? else { return Ok(None) };
        let copy = self.prepared_copy(target).await?;
        self.in_flight = true;
        let Opened { client, line, .. } = &self.opened;
        let step = async {
            let mut sink = pin!(client.copy_in::<_, Bytes>(&copy.statement).await?);
            for piece in pieces {
                poll_fn(|cx| sink.as_mut().poll_ready(cx)).await?;
                sink.as_mut().start_send(piece)?;
            }
            sink.finish().await
        };
        let outcome = line.run(pin!(step)).await;
        let rows = self.end(outcome)?;
        // Exactly so many values were given since, and each row has got one: they are those of the rows.
        // What was looked at before cannot change any more, since the table is locked.
        let Some(after) = self.facts(target).await? else { return Ok(None) };
        let given = after.zip(before).and_then(|(after, before)| after.checked_sub(before));
        let keys = match (&target.key, before, given.map(u64::try_from)) {
            (None, ..) => None,
            (Some(key), Some(before), Some(Ok(given))) if given == rows => {
                Some((key.clone(), before + 1))
            }
            _ => return Ok(None),
        };
        Ok(Some(Copied { rows, keys }))
    }

    /// The last value of the sequence behind the key; nothing at all when the rows cannot be copied.
    async fn facts(
        &mut self,
        target: &Target<'_>,
    ) -> Result<Option<Option<i64>>, tokio_postgres::Error> {
        let facts = match self.statements.get(FACTS) {
            Some(facts) => facts,
            None => {
                let types = [Type::TEXT, Type::TEXT, Type::TEXT_ARRAY, Type::OID_ARRAY];
                let facts = Arc::new(self.prepare(FACTS, &types).await?);
                self.statements.keep(FACTS, &facts);
                facts
            }
        };
        self.in_flight = true;
        let Opened { client, line, .. } = &self.opened;
        let Target { table, columns, types, key, .. } = target;
        let step =
            async { client.query_opt(&facts.statement, &[table, key, columns, types]).await };
        let outcome = line.run(pin!(step)).await;
        let row = match self.end(outcome) {
            // the server does not know the statement any more, or none of what it asks
            Err(cause) if cause.as_db_error().is_some() => {
                self.statements.forget(FACTS);
                return Ok(None);
            }
            row => row?,
        };
        let Some(row) = row else { return Ok(None) };
        let is_plain = row.try_get::<_, Option<bool>>(0)?.unwrap_or(false);
        let last: Option<i64> = row.try_get(1)?;
        Ok((is_plain && (target.key.is_none() || last.is_some())).then_some(last))
    }

    async fn prepared_copy(
        &mut self,
        target: &Target<'_>,
    ) -> Result<Arc<Prepared>, tokio_postgres::Error> {
        let sql = target.copy();
        if let Some(known) = self.statements.get(&sql) {
            return Ok(known);
        }
        let prepared = Arc::new(self.prepare(&sql, &[]).await?);
        self.statements.keep(&sql, &prepared);
        Ok(prepared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_out_of_their_quotes() {
        assert_eq!(name(r#""a""#).as_deref(), Some("a"));
        assert_eq!(name(r#""a""b""#).as_deref(), Some("a\"b"));
        for other in ["a", r#""a", "b""#, r#""a" || 'b"#, r#""a" || "b""#, "\""] {
            assert_eq!(name(other), None, "{other}");
        }
    }

    #[test]
    fn tables_end_before_their_columns() {
        let table = |place: &str| behind_table(place).map(|end| place[..end].to_owned());
        assert_eq!(table(r#""s"."a b" ("c") "#).as_deref(), Some(r#""s"."a b""#));
        assert_eq!(table(r#""a"" b" ("c") "#).as_deref(), Some(r#""a"" b""#));
        assert_eq!(table(r#""a""#), None);
    }
}
