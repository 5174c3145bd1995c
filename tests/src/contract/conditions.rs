//! Random conditions, against a reference and against themselves.

use eloquent_core::statement::{Expression, Predicate};
use eloquent_core::value::Value;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::select as one_of;

use super::Contract;
use super::things::{COMPARED, OPERATORS, Things, domain, expression};
use super::values::samples;
use crate::case::{Outcome, cases};

cases![Contract: random_conditions, a_condition_its_opposite_and_the_unknown[RELATIONAL]];

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
