//! Which rows a condition holds for.

use eloquent_core::schema::ColumnType;
use eloquent_core::statement::{CompareOperator, Expression, Predicate};
use eloquent_core::value::Value;

use super::things::{COMPARED, OPERATORS, Things, column, domain, expression};
use super::{Contract, col, execute, query};
use crate::case::{Outcome, cases};

cases![Contract:
    comparisons_of_every_type, null_is_asked_for, lists, long_lists, ranges, patterns,
    user_text_in_a_pattern, connectives, long_and_deep_conditions,
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
