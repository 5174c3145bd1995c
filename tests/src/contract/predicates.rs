//! Which rows a condition holds for.

use eloquent_core::driver::Session;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{
    ColumnRef, CompareOperator, Expression, Insert, Predicate, Projection, Select,
};
use eloquent_core::value::{Decimal, NaiveDate, Uuid, Value};
use eloquent_core::{Name, Result};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::select as one_of;

use super::reference::{Row, holds};
use super::values::samples;
use super::{Contract, col, execute, query};
use crate::case::{Outcome, cases};

cases![Contract:
    comparisons_of_every_type, null_is_asked_for, lists, long_lists, ranges, patterns,
    user_text_in_a_pattern, connectives, long_and_deep_conditions, random_conditions,
    a_condition_its_opposite_and_the_unknown[RELATIONAL],
];

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
fn domain(column: &str) -> Vec<Value> {
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

const COMPARED: [&str; 8] = ["n", "t", "p", "f", "b", "d", "s", "u"];

fn column(name: &'static str) -> ColumnRef {
    let column = COLUMNS.iter().find(|column| column.name == name).expect("a column");
    col(name, column.ty)
}

fn expression(name: &'static str) -> Expression {
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

struct Things<'s> {
    session: &'s mut dyn Session,
    table: Name,
    rows: Vec<Row>,
}

impl<'s> Things<'s> {
    async fn new(cx: &Contract, session: &'s mut dyn Session) -> Result<Self> {
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

    async fn ids(&mut self, filter: Vec<Predicate>) -> Result<Vec<i64>> {
        let mut read =
            Select::new(self.table.clone(), Projection::Expressions(vec![expression("id")]));
        read.filter = filter;
        let mut ids = query(self.session, read).await?.column::<i64>(0)?;
        ids.sort_unstable();
        Ok(ids)
    }

    /// Asserts that the database gives the rows that the reference gives, and says how many.
    async fn check(&mut self, predicate: Predicate) -> Result<usize> {
        let held = self.rows.iter().filter(|row| holds(&predicate, row) == Some(true));
        let ids: Vec<i64> = held.map(|row| row["id"].clone()).map(number).collect();
        assert_eq!(self.ids(vec![predicate.clone()]).await?, ids, "{predicate:?}");
        Ok(ids.len())
    }
}

fn number(value: Value) -> i64 {
    match value {
        Value::I64(number) => number,
        other => panic!("no number: {other:?}"),
    }
}

const OPERATORS: [CompareOperator; 6] = [
    CompareOperator::Equal,
    CompareOperator::NotEqual,
    CompareOperator::Less,
    CompareOperator::LessOrEqual,
    CompareOperator::Greater,
    CompareOperator::GreaterOrEqual,
];

async fn comparisons_of_every_type(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let mut things = Things::new(&cx, &mut *session).await?;
    for name in COMPARED {
        for operator in OPERATORS {
            for value in domain(name) {
                let value = Expression::Value(value);
                things.check(Predicate::Compare(expression(name), operator, value)).await?;
            }
        }
    }
    things.check(Predicate::IsTrue(expression("b"))).await?;
    Ok(())
}

/// A comparison with a bound null asks whether there is a value.
async fn null_is_asked_for(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let mut things = Things::new(&cx, &mut *session).await?;
    for name in COMPARED {
        let mut found = 0;
        for operator in [CompareOperator::Equal, CompareOperator::NotEqual] {
            let null = Expression::Value(Value::Null);
            found += things.check(Predicate::Compare(expression(name), operator, null)).await?;
        }
        assert_eq!(found, things.rows.len());
        for negated in [false, true] {
            things.check(Predicate::IsNull { expression: expression(name), negated }).await?;
        }
    }
    Ok(())
}

async fn lists(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let mut things = Things::new(&cx, &mut *session).await?;
    for name in COMPARED {
        let domain = domain(name);
        for values in [&domain[..0], &domain[..1], &domain[1..], &domain[..]] {
            for negated in [false, true] {
                let (expression, values) = (expression(name), values.to_vec());
                things.check(Predicate::In { expression, values, negated }).await?;
            }
        }
    }
    Ok(())
}

async fn long_lists(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let mut things = Things::new(&cx, &mut *session).await?;
    let most = i64::try_from(cx.connection().capabilities().max_binds).unwrap_or(i64::MAX);
    for length in [10, 1_000, 1_001, most.min(50_000)] {
        let numbers = (0..length).map(|n| Value::I64(n - 9)).collect();
        let texts = (0..length).map(|n| Value::Text(format!("a{n}"))).chain(domain("t"));
        let texts = texts.take(usize::try_from(length).expect("a length")).collect();
        for (name, values) in [("n", numbers), ("t", texts)] {
            things
                .check(Predicate::In { expression: expression(name), values, negated: false })
                .await?;
        }
    }
    Ok(())
}

async fn ranges(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let mut things = Things::new(&cx, &mut *session).await?;
    for name in COMPARED {
        let domain = domain(name);
        let (first, last) = (&domain[0], &domain[domain.len() - 1]);
        let middle = &domain[domain.len() / 2];
        for (low, high) in [(first, middle), (middle, last), (first, last), (last, first)] {
            let (low, high) = (Expression::Value(low.clone()), Expression::Value(high.clone()));
            for negated in [false, true] {
                let (low, high) = (low.clone(), high.clone());
                let expression = expression(name);
                things.check(Predicate::Between { expression, low, high, negated }).await?;
            }
        }
    }
    Ok(())
}

async fn patterns(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let mut things = Things::new(&cx, &mut *session).await?;
    let patterns =
        ["", "%", "_", "a", "a%", "%b", "a_b", "a\\_b", "a\\%b", "a\\\\b", "%\\%%", "%x%", "__"];
    for pattern in patterns {
        for negated in [false, true] {
            let pattern = Value::Text(pattern.to_owned());
            things.check(Predicate::Like { expression: expression("t"), pattern, negated }).await?;
        }
    }
    Ok(())
}

/// Text with every character that means something in some database's patterns, escaped as Eloquent
/// escapes it, is found as it is.
async fn user_text_in_a_pattern(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = super::values::holder(&cx, session, ColumnType::Text).await?;
    let texts =
        ["50%", "a_b", "a\\b", "[a]", "a*b", "^a$", "a?b", "a.b", "{a}", "(a)", "a|b", "#a"];
    let rows = (0..).zip(texts).map(|(id, text)| [Value::I64(id), Value::Text(text.to_owned())]);
    execute(session, super::insert(&table, ["id", "v"], rows)).await?;
    let v = || Expression::Column(col("v", ColumnType::Text));
    for (id, text) in (0_i64..).zip(texts) {
        let mut pattern = String::from("%");
        for c in text.chars() {
            if matches!(c, '%' | '_' | '\\' | '[') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        let pattern = Value::Text(pattern + "%");
        let mut read = super::select(&table, &[col("id", ColumnType::I64)]);
        read.filter = vec![Predicate::Like { expression: v(), pattern, negated: false }];
        assert_eq!(query(session, read).await?.column::<i64>(0)?, [id], "{text}");
    }
    Ok(())
}

fn is_10() -> Predicate {
    super::equal(column("n"), 10_i64)
}

async fn connectives(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let mut things = Things::new(&cx, &mut *session).await?;
    let is_true = || Predicate::IsTrue(expression("b"));
    let not = |predicate| Predicate::Not(Box::new(predicate));
    for truth in [true, false] {
        things.check(Predicate::Constant(truth)).await?;
        things.check(not(Predicate::Constant(truth))).await?;
    }
    things.check(Predicate::And(vec![])).await?;
    things.check(Predicate::Or(vec![])).await?;
    things.check(not(Predicate::Or(vec![]))).await?;
    things.check(Predicate::And(vec![is_10(), is_true()])).await?;
    things.check(Predicate::Or(vec![is_10(), is_true()])).await?;
    // neither holds for a null, and so neither does its opposite
    things.check(not(is_10())).await?;
    things.check(not(not(is_10()))).await?;
    things.check(not(Predicate::And(vec![is_10(), is_true()]))).await?;
    things.check(not(Predicate::Or(vec![is_10(), is_true()]))).await?;
    let nested = Predicate::Or(vec![Predicate::And(vec![is_10(), not(is_true())]), is_true()]);
    things.check(Predicate::And(vec![nested, not(is_10())])).await?;
    // several filters all hold
    let both = things.ids(vec![is_10(), is_true()]).await?;
    assert_eq!(both, things.ids(vec![Predicate::And(vec![is_10(), is_true()])]).await?);
    Ok(())
}

async fn long_and_deep_conditions(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let mut things = Things::new(&cx, &mut *session).await?;
    let any = (0..2_000).map(|n| super::equal(column("n"), i64::from(n))).collect();
    things.check(Predicate::Or(any)).await?;
    let all =
        (0..2_000).map(|n| super::compare(column("n"), CompareOperator::NotEqual, n + 100_i64));
    things.check(Predicate::And(all.collect())).await?;
    // as deep as the query builder lets conditions be
    let deep = (0..126).fold(is_10(), |inner, level| match level % 2 {
        0 => Predicate::Or(vec![inner, super::equal(column("n"), i64::from(level))]),
        _ => Predicate::And(vec![
            inner,
            Predicate::IsNull { expression: expression("n"), negated: true },
        ]),
    });
    things.check(deep).await?;
    Ok(())
}

/// Random conditions over the table.
fn conditions() -> BoxedStrategy<Predicate> {
    fn value(name: &str) -> impl Strategy<Value = Expression> + use<> {
        one_of(domain(name)).prop_map(Expression::Value)
    }
    let compare = |name| {
        (one_of(OPERATORS.to_vec()), value(name)).prop_map(move |(operator, value)| {
            Predicate::Compare(expression(name), operator, value)
        })
    };
    let leaf = one_of(COMPARED.to_vec()).prop_flat_map(move |name| {
        let list = (proptest::sample::subsequence(domain(name), 0..domain(name).len()), any::<bool>());
        let list = list.prop_map(move |(values, negated)| Predicate::In {
            expression: expression(name),
            values,
            negated,
        });
        let range = (value(name), value(name), any::<bool>()).prop_map(move |(low, high, negated)| {
            Predicate::Between { expression: expression(name), low, high, negated }
        });
        let null = any::<bool>().prop_map(move |negated| Predicate::IsNull {
            expression: expression(name),
            negated,
        });
        let like = (one_of(vec!["a%", "%b", "a\\_b", "_"]), any::<bool>());
        let like = like.prop_map(|(pattern, negated)| Predicate::Like {
            expression: expression("t"),
            pattern: Value::Text(pattern.to_owned()),
            negated,
        });
        let truth = Just(Predicate::IsTrue(expression("b")));
        let constant = any::<bool>().prop_map(Predicate::Constant);
        prop_oneof![5 => compare(name), 2 => list, 2 => range, 2 => null, 1 => like, 1 => truth, 1 => constant]
    });
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = || proptest::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            list().prop_map(Predicate::And),
            list().prop_map(Predicate::Or),
            inner.clone().prop_map(|inner| Predicate::Not(Box::new(inner))),
        ]
    })
    .boxed()
}

async fn random_conditions(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let mut things = Things::new(&cx, &mut *session).await?;
    let mut some = 0;
    for predicate in samples(conditions(), 300) {
        let found = things.check(predicate).await?;
        some += usize::from((1..things.rows.len()).contains(&found));
    }
    assert!(some > 100, "most conditions tell rows apart: {some} of 300");
    Ok(())
}

/// Each row is held by a condition, its opposite, or neither because it is unknown.
async fn a_condition_its_opposite_and_the_unknown(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let mut things = Things::new(&cx, &mut *session).await?;
    for predicate in samples(conditions(), 100) {
        let opposite = Predicate::Not(Box::new(predicate.clone()));
        let as_value = Expression::Predicate(Box::new(predicate.clone()));
        let unknown = Predicate::IsNull { expression: as_value, negated: false };
        let mut all = Vec::new();
        for part in [predicate.clone(), opposite, unknown] {
            all.extend(things.ids(vec![part]).await?);
        }
        all.sort_unstable();
        assert_eq!(all, (0..40).collect::<Vec<i64>>(), "{predicate:?}");
    }
    Ok(())
}
