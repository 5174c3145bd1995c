//! What the dialect needs and SQLite lacks: an order for decimals kept as text, and arithmetic that is
//! exact or fails.
//!
//! | name | what it does |
//! |---|---|
//! | collation `eloquent_decimal` | orders text by the decimal in it; other text comes last |
//! | `eloquent_add`, `eloquent_sub`, `eloquent_mul`, `eloquent_div` | combine two integers or decimals |
//! | `eloquent_decimal_sum`, `eloquent_decimal_avg` | sum and mean over the rows of a group |
//! | `like` | in place of SQLite's own, which ends at a NUL |
//!
//! All are deterministic and innocuous, so that indexes, checks and generated columns may use them
//! under an untrusted schema.

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::Value;
use rusqlite::{Connection, Error, Result};

use crate::decimal::{self, Exact, Number, Refusal};
use crate::error::OWN_PREFIX;

/// Registers all of them on a connection.
pub(crate) fn register(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_collation(c"eloquent_decimal", decimal::compare)?;
    let operators: [(_, Operator); 4] = [
        (c"eloquent_add", Number::add),
        (c"eloquent_sub", Number::subtract),
        (c"eloquent_mul", Number::multiply),
        (c"eloquent_div", Number::divide),
    ];
    for (name, operator) in operators {
        connection
            .create_scalar_function(name, 2, flags, move |context| combine(context, operator))?;
    }
    crate::like::register(connection, flags)?;
    connection.create_aggregate_function(c"eloquent_decimal_sum", 1, flags, Mean(false))?;
    connection.create_aggregate_function(c"eloquent_decimal_avg", 1, flags, Mean(true))
}

type Operator = fn(Number, Number) -> std::result::Result<Number, Refusal>;

fn combine(context: &Context<'_>, operator: Operator) -> Result<Value> {
    let left = Number::read(context.get_raw(0)).map_err(refuse)?;
    let right = Number::read(context.get_raw(1)).map_err(refuse)?;
    match left.zip(right) {
        None => Ok(Value::Null),
        Some((left, right)) => operator(left, right).map(Number::into_value).map_err(refuse),
    }
}

/// The sum, divided by the number of values if so asked.
struct Mean(bool);

#[derive(Default)]
struct Total {
    whole: i128,
    behind: i128,
    count: u64,
}

impl Total {
    /// Counts a number in, unless even the parts of the sum are too long.
    fn add(&mut self, number: Number) -> Option<()> {
        let (whole, behind) = number.exact().split();
        self.whole = self.whole.checked_add(whole)?;
        self.behind = self.behind.checked_add(behind)?;
        self.count += 1;
        Some(())
    }
}

impl Aggregate<Total, Value> for Mean {
    fn init(&self, _: &mut Context<'_>) -> Result<Total> {
        Ok(Total::default())
    }

    fn step(&self, context: &mut Context<'_>, total: &mut Total) -> Result<()> {
        if let Some(number) = Number::read(context.get_raw(0)).map_err(refuse)? {
            total.add(number).ok_or_else(|| refuse(TOO_LONG))?;
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, total: Option<Total>) -> Result<Value> {
        let Some(total) = total.filter(|total| total.count > 0) else { return Ok(Value::Null) };
        let sum = Exact::join(total.whole, total.behind).and_then(Exact::into_decimal);
        let sum = sum.ok_or_else(|| refuse(TOO_LONG))?;
        let result = match self.0 {
            true => decimal::quotient(sum, total.count.into()).map_err(refuse)?,
            false => sum,
        };
        Ok(Value::Text(decimal::canonical(result)))
    }
}

const TOO_LONG: Refusal = "the sum has more digits than a decimal holds";

fn refuse(reason: Refusal) -> Error {
    Error::UserFunctionError(format!("{OWN_PREFIX}{reason}").into())
}

#[cfg(test)]
mod tests {
    use eloquent_core::ErrorKind;

    use super::*;

    fn connection() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        connection
    }

    fn text(sql: &str) -> Option<String> {
        connection().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn the_collation_orders_and_equates_by_value() {
        let connection = connection();
        connection
            .execute_batch(
                "CREATE TABLE t (d TEXT COLLATE eloquent_decimal UNIQUE);
                 INSERT INTO t VALUES ('10'), ('9.5'), ('-3')",
            )
            .unwrap();
        let ordered: Vec<String> = connection
            .prepare("SELECT d FROM t ORDER BY d")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_>>()
            .unwrap();
        assert_eq!(ordered, ["-3", "9.5", "10"]);
        let above: i64 = connection
            .query_row("SELECT count(*) FROM t WHERE d > '9.50'", [], |r| r.get(0))
            .unwrap();
        assert_eq!(above, 1);
        assert!(connection.execute_batch("INSERT INTO t VALUES ('10.00')").is_err());
        let most: String = connection.query_row("SELECT max(d) FROM t", [], |r| r.get(0)).unwrap();
        assert_eq!(most, "10");
    }

    #[test]
    fn arithmetic_is_exact_and_null_spreads() {
        assert_eq!(text("SELECT eloquent_add('0.1', '0.2')").as_deref(), Some("0.3"));
        assert_eq!(text("SELECT eloquent_mul('1.50', 2)").as_deref(), Some("3"));
        assert_eq!(text("SELECT eloquent_sub('1', NULL)"), None);
        let kept: i64 = connection()
            .query_row("SELECT eloquent_add(9223372036854775806, 1)", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, i64::MAX);
    }

    #[test]
    fn refusals_become_encode_errors() {
        for sql in [
            "SELECT eloquent_add(9223372036854775807, 1)",
            "SELECT eloquent_div(1, 0)",
            "SELECT eloquent_add('ten', 1)",
            "SELECT eloquent_decimal_sum(column1) FROM (VALUES ('1'), ('ten'))",
        ] {
            let error = connection().query_row(sql, [], |row| row.get::<_, Value>(0)).unwrap_err();
            let error = crate::error::translate(&error);
            assert_eq!(error.kind(), ErrorKind::Encode, "{sql}: {error}");
            assert!(!error.message().contains("ten"));
        }
    }

    #[test]
    fn aggregates_skip_nulls_and_are_null_of_nothing() {
        let rows = "FROM (VALUES ('0.1'), (NULL), ('0.2'), (3))";
        assert_eq!(
            text(&format!("SELECT eloquent_decimal_sum(column1) {rows}")).as_deref(),
            Some("3.3")
        );
        assert_eq!(
            text(&format!("SELECT eloquent_decimal_avg(column1) {rows}")).as_deref(),
            Some("1.1")
        );
        assert_eq!(text("SELECT eloquent_decimal_sum(1) WHERE 0"), None);
        let long = "FROM (VALUES ('79228162514264337593543950335'), ('0.0000000000000000000000000001'), \
                    ('-79228162514264337593543950335'))";
        let sum = text(&format!("SELECT eloquent_decimal_sum(column1) {long}"));
        assert_eq!(sum.as_deref(), Some("0.0000000000000000000000000001"));
        assert_eq!(text("SELECT eloquent_decimal_avg(NULL)"), None);
    }

    #[test]
    fn an_untrusted_schema_may_use_them() {
        let connection = connection();
        connection
            .set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)
            .unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (a INT, b INT AS (eloquent_add(a, 1)) STORED, CHECK (eloquent_mul(a, 2) < 10));
                 CREATE INDEX i ON t (eloquent_mul(a, 2));
                 INSERT INTO t (a) VALUES (1)",
            )
            .unwrap();
    }
}
