//! A table with a column of each type that is compared, for conditions of all kinds.

use eloquent_core::driver::Session;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{
    ColumnRef, CompareOperator, Expression, Insert, Predicate, Projection, Select,
};
use eloquent_core::value::{Decimal, NaiveDate, Uuid, Value};
use eloquent_core::{Name, Result};

use super::reference::{Row, holds};
use super::{Contract, col, execute, query};

const COLUMNS: &[Column] = &[
    Column::new("id", ColumnType::I64),
    Column::new("n", ColumnType::I64).nullable(true),
    Column::new("t", ColumnType::Text).nullable(true),
    Column::new("p", ColumnType::Decimal { precision: 10, scale: 2 }).nullable(true),
    Column::new("f", ColumnType::F64).nullable(true),
    Column::new("b", ColumnType::Bool).nullable(true),
    Column::new("d", ColumnType::Date).nullable(true),
    Column::new("s", ColumnType::Timestamp).nullable(true),
    Column::new("u", ColumnType::Uuid).nullable(true),
];

/// The values that a column holds and is compared with, in their order.
pub(super) fn domain(column: &str) -> Vec<Value> {
    let day = |day| NaiveDate::from_ymd_opt(2024, 2, day).expect("a date");
    match column {
        "n" => [-10, -9, 0, 2, 10, 100].map(Value::I64).to_vec(),
        "t" => ["", "a", "ab", "a%b", "a\\b", "a_b", "axb", "b"]
            .map(|text| Value::Text(text.to_owned()))
            .to_vec(),
        // as text, 10 would come before 9
        "p" => [-100, -99, 0, 5, 900, 1000]
            .map(|cents| Value::Decimal(Decimal::new(cents, 2)))
            .to_vec(),
        "f" => [-1.5, 0.0, 0.1, 2.0, 10.0].map(Value::F64).to_vec(),
        "b" => [false, true].map(Value::Bool).to_vec(),
        "d" => [1, 9, 10, 29].map(|n| Value::Date(day(n))).to_vec(),
        "s" => [(1, 0), (1, 500), (9, 0)]
            .map(|(n, milli)| {
                let time = day(n).and_hms_milli_opt(12, 0, 0, milli).expect("a time");
                Value::Timestamp(time.and_utc())
            })
            .to_vec(),
        "u" => [0, 1, u128::MAX].map(|n| Value::Uuid(Uuid::from_u128(n))).to_vec(),
        other => panic!("no column {other}"),
    }
}

pub(super) const COMPARED: [&str; 8] = ["n", "t", "p", "f", "b", "d", "s", "u"];

pub(super) fn column(name: &'static str) -> ColumnRef {
    let column = COLUMNS.iter().find(|column| column.name == name).expect("a column");
    col(name, column.ty)
}

pub(super) fn expression(name: &'static str) -> Expression {
    Expression::Column(column(name))
}

/// Rows with every value of each column, and nulls.
fn rows() -> Vec<Row> {
    let row = |id: i64| {
        let values = COMPARED.into_iter().zip(3_i64..).map(move |(name, prime)| {
            let domain = domain(name);
            let at = usize::try_from(id * prime + id / 7).expect("a position") % (domain.len() + 1);
            (name, domain.get(at).cloned().unwrap_or(Value::Null))
        });
        values.chain([("id", Value::I64(id))]).collect()
    };
    (0..40).map(row).collect()
}

pub(super) struct Things<'s> {
    pub(super) session: &'s mut dyn Session,
    table: Name,
    pub(super) rows: Vec<Row>,
}

impl<'s> Things<'s> {
    pub(super) async fn new(cx: &Contract, session: &'s mut dyn Session) -> Result<Self> {
        let table = cx.table(session, COLUMNS).await?;
        let rows = rows();
        let values = |row: &Row| COLUMNS.iter().map(|c| row[&*c.name].clone()).collect::<Vec<_>>();
        let insert = Insert {
            table: table.clone(),
            columns: COLUMNS.iter().map(|column| column.name.clone()).collect(),
            values: rows.iter().flat_map(values).collect(),
            conflict: None,
            returning: None,
        };
        execute(session, insert).await?;
        Ok(Things { session, table, rows })
    }

    /// The numbers of the rows for which all of these hold.
    pub(super) async fn ids(&mut self, filter: Vec<Predicate>) -> Result<Vec<i64>> {
        let mut read =
            Select::new(self.table.clone(), Projection::Expressions(vec![expression("id")]));
        read.filter = filter;
        let mut ids = query(self.session, read).await?.column::<i64>(0)?;
        ids.sort_unstable();
        Ok(ids)
    }

    /// Asserts that the database gives the rows that the reference gives, and says how many.
    pub(super) async fn check(&mut self, predicate: Predicate) -> Result<usize> {
        let held = self.rows.iter().filter(|row| holds(&predicate, row) == Some(true));
        let ids: Vec<i64> = held.map(|row| row["id"].clone()).map(number).collect();
        assert_eq!(self.ids(vec![predicate.clone()]).await?, ids, "{predicate:?}");
        Ok(ids.len())
    }
}

pub(super) fn number(value: Value) -> i64 {
    match value {
        Value::I64(number) => number,
        other => panic!("no number: {other:?}"),
    }
}

pub(super) const OPERATORS: [CompareOperator; 6] = [
    CompareOperator::Equal,
    CompareOperator::NotEqual,
    CompareOperator::Less,
    CompareOperator::LessOrEqual,
    CompareOperator::Greater,
    CompareOperator::GreaterOrEqual,
];
