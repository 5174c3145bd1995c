//! The numbers that the server gives new rows.
//!
//! In its answer to an insert it tells the number of the first row, unless the table has no column that
//! it numbers: then a default or a trigger may give one. So the table is looked at once for each insert,
//! and where the answer would not tell, MariaDB is asked to give the number back.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use eloquent_core::sql::{Compiled, quote_identifier};
use sqlx::mysql::{MySqlArguments, MySqlRow};
use sqlx::{AssertSqlSafe, Row as _};

use crate::client::{Client, Done, Outcome};
use crate::connection::Shared;
use crate::error::{is_fatal, plain};
use crate::flavour::Flavour;

/// Set in the mark of an insert whose answer tells the number.
const TOLD: u32 = 1 << 9;
/// Set in the mark of an insert that is given no number, as far as is known.
const NONE: u32 = 1 << 10;

/// What is known of the number of the last row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Number {
    /// The answer tells it.
    Told,
    /// There is none.
    None,
    /// It is to be given back, from this column.
    GivenBack(String),
}

/// What is known already.
pub(crate) fn known(statement: &Compiled) -> Option<Number> {
    let mark = statement.mark().load(Ordering::Relaxed);
    match (mark & TOLD, mark & NONE) {
        (0, 0) => None,
        (0, _) => Some(Number::None),
        _ => Some(Number::Told),
    }
}

/// Looks at the table of an insert. Where there is no such table the insert will say so.
pub(crate) async fn look_up(
    client: &mut Client,
    statement: &Compiled,
) -> Result<Number, sqlx::Error> {
    const COLUMNS: &str = "SELECT COLUMN_NAME, EXTRA LIKE '%auto_increment%', \
        DATA_TYPE LIKE '%int' FROM information_schema.COLUMNS \
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? \
        AND (COLUMN_KEY = 'PRI' OR EXTRA LIKE '%auto_increment%')";
    let Some(table) = statement.table() else { return Ok(Number::None) };
    let rows = sqlx::query(COLUMNS).bind(&**table).fetch_all(&mut client.connection).await?;
    let is = |row: &MySqlRow, at| row.try_get_unchecked::<i64, _>(at).is_ok_and(|is| is != 0);
    let name = |row: &MySqlRow| row.try_get_unchecked::<String, _>(0).unwrap_or_default();
    let given = |name: &str| {
        let mut columns = (0..).map_while(|bind| statement.column_of(bind));
        columns.any(|column| column.eq_ignore_ascii_case(name))
    };
    let number = match (rows.iter().find(|row| is(row, 1)), &*rows) {
        (Some(numbered), _) if given(&name(numbered)) => Number::None,
        (Some(_), _) => Number::Told,
        (None, [key])
            if is(key, 2) && !given(&name(key)) && client.server.flavour == Flavour::MariaDb =>
        {
            return Ok(Number::GivenBack(name(key)));
        }
        (None, []) => return Ok(Number::Told),
        (None, _) => Number::None,
    };
    let mark = if number == Number::Told { TOLD } else { NONE };
    statement.mark().fetch_or(mark, Ordering::Relaxed);
    Ok(number)
}

/// Inserts rows and reads their numbers: how many rows there are, and the last number.
pub(crate) async fn insert(
    client: &mut Client,
    shared: &Shared,
    statement: &Compiled,
    column: &str,
    arguments: MySqlArguments,
) -> Result<(u64, Option<i64>), sqlx::Error> {
    let column = quote_identifier(shared.dialect, column).unwrap_or_default();
    let sql = AssertSqlSafe(format!("{} RETURNING {column}", statement.sql()));
    let rows = sqlx::query_with(sql, arguments).fetch_all(&mut client.connection).await?;
    let last = rows.last().and_then(|row| row.try_get::<i64, _>(0).ok());
    Ok((rows.len() as u64, last))
}

/// Whether the numbers of one insert into this table follow each other.
///
/// That they do is promised for rows that are spelled out, also when others insert at the same time. A
/// trigger could give other numbers, and is seen by those only who may create one. The table is read
/// in the same statement, so that nobody changes it before the transaction has ended.
pub(crate) async fn ids_follow(mut client: Client, shared: Arc<Shared>, table: String) -> Done {
    match follow(&mut client, &shared, &table).await {
        Ok(truth) => {
            if truth {
                client.step = 1;
            }
            Done::with(client, Ok(Outcome::Truth(truth)))
        }
        // no such table, or it may not be read
        Err(cause) if !is_fatal(&cause) => Done::with(client, Ok(Outcome::Truth(false))),
        Err(cause) => {
            let error = plain(&cause);
            Done::failed(client, &cause, error)
        }
    }
}

async fn follow(client: &mut Client, shared: &Shared, table: &str) -> Result<bool, sqlx::Error> {
    let Ok(name) = quote_identifier(shared.dialect, table) else { return Ok(false) };
    if is_in_cluster(client).await? {
        return Ok(false);
    }
    let question = client.questions.entry(table.to_owned());
    let flavour = client.server.flavour;
    let sql = question.or_insert_with(|| question_of(&name, flavour).into()).clone();
    client.make_room(&sql).await?;
    let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
    // none of them in the name
    for _ in 0..question_of("", flavour).matches('?').count() {
        query = query.bind(table);
    }
    let row = query.fetch_one(&mut client.connection).await?;
    Ok(row.try_get_unchecked::<i64, _>(0).is_ok_and(|truth| truth == 1))
}

/// The members of a cluster change how far apart the numbers are.
async fn is_in_cluster(client: &mut Client) -> Result<bool, sqlx::Error> {
    if let Some(known) = client.in_cluster {
        return Ok(known);
    }
    let row = sqlx::raw_sql("SHOW VARIABLES LIKE 'wsrep_on'")
        .fetch_optional(&mut client.connection)
        .await?;
    let is = row.and_then(|row| row.try_get_unchecked::<String, _>(1).ok());
    let is = is.is_some_and(|value| value.eq_ignore_ascii_case("ON") || value == "1");
    client.in_cluster = Some(is);
    Ok(is)
}

/// Asks with the table's name in the place of each placeholder.
fn question_of(name: &str, flavour: Flavour) -> String {
    const PLAIN: &str = "EXISTS (SELECT 1 FROM information_schema.TABLES \
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND TABLE_TYPE = 'BASE TABLE' \
        AND ENGINE = 'InnoDB' AND CREATE_OPTIONS NOT LIKE '%partitioned%')";
    const TRIGGERED: &str = "EXISTS (SELECT 1 FROM information_schema.TRIGGERS \
        WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_OBJECT_SCHEMA = DATABASE() \
        AND EVENT_OBJECT_TABLE = ?)";
    const RIGHTS: &str = "(SELECT CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', \
        LENGTH(CURRENT_USER()) - LENGTH(REPLACE(CURRENT_USER(), '@', ''))), '''@''', \
        SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')) IN (\
        SELECT GRANTEE FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'TRIGGER' \
        UNION ALL SELECT GRANTEE FROM information_schema.SCHEMA_PRIVILEGES \
        WHERE PRIVILEGE_TYPE = 'TRIGGER' AND DATABASE() LIKE TABLE_SCHEMA \
        UNION ALL SELECT GRANTEE FROM information_schema.TABLE_PRIVILEGES \
        WHERE PRIVILEGE_TYPE = 'TRIGGER' AND TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?)";
    let rights = match flavour {
        Flavour::MariaDb => RIGHTS,
        // there is no other way to learn the numbers
        Flavour::MySql => "TRUE",
    };
    format!(
        "SELECT (SELECT 1 FROM {name} LIMIT 0) IS NULL AND @@auto_increment_increment = 1 \
         AND {PLAIN} AND NOT {TRIGGERED} AND {rights}"
    )
}
