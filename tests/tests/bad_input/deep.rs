//! Conditions of any length and depth: answered, or refused before they could overflow a stack.

use eloquent::ErrorKind;
use eloquent::prelude::*;
use eloquent::query::Expr;

use crate::fixture::{rows, within};

#[derive(Model, Debug, PartialEq)]
#[model(portable)]
struct Leaf {
    #[model(key, auto = false)]
    id: i64,
    on: bool,
}

async fn with_leaves() {
    let drafts = (0..50).map(|id| new!(Leaf { id, on: id % 2 == 0 }));
    Leaf::insert_many(drafts).await.unwrap();
}

/// Either the number of rows, or an error that says that it is too deep.
fn answered_or_too_deep(outcome: eloquent::Result<u64>, expected: u64) {
    match outcome {
        Ok(count) => assert_eq!(count, expected),
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Encode), "{error}");
            let text = error.to_string();
            assert!(text.contains("deep") || text.contains("binds"), "{text}");
            assert_eq!((error.connection(), error.model()), (Some("main"), Some("Leaf")), "{text}");
        }
    }
}

async fn count(condition: impl FnOnce(LeafColumns) -> Expr<bool>) -> eloquent::Result<u64> {
    Leaf::query().filter(condition).count().await
}

#[tokio::test]
async fn long_chains_are_answered() {
    within::<Leaf>(async || {
        with_leaves().await;
        for length in [50, 51, 1_001, 10_000] {
            let any = count(|l| (1..length).fold(l.id.eq(0), |any, id| any.or(l.id.eq(id)))).await;
            assert_eq!(any.unwrap(), 50, "{length}");
            let none =
                count(|l| (1..length).fold(l.id.ne(0), |all, id| all.and(l.id.ne(id)))).await;
            assert_eq!(none.unwrap(), 0, "{length}");
            let few = count(|l| {
                let start = l.id.eq(3).or(l.id.eq(7));
                (1..length).fold(start, |any, id| any.or(l.id.eq(-id).and(l.on)))
            });
            assert_eq!(few.await.unwrap(), 2, "{length}");
        }
    })
    .await;
}

#[tokio::test]
async fn many_filters_all_count() {
    within::<Leaf>(async || {
        with_leaves().await;
        let all = (0..10_000).fold(Leaf::query(), |query, id| query.filter(|l| l.id.ne(id + 40)));
        assert_eq!(all.count().await.unwrap(), 40);
        let delete = (0..2_000).fold(Leaf::query(), |query, id| query.filter(|l| l.id.ne(id + 1)));
        assert_eq!(delete.delete().await.unwrap(), 1);
        assert_eq!(rows::<Leaf>().await, 49);
    })
    .await;
}

#[tokio::test]
async fn a_chain_that_binds_too_much_is_refused() {
    within::<Leaf>(async || {
        with_leaves().await;
        let chain = count(|l| (1..40_000).fold(l.id.eq(0), |any, id| any.or(l.id.eq(id)))).await;
        answered_or_too_deep(chain, 50);
    })
    .await;
}

#[tokio::test]
async fn chains_built_from_the_other_end_are_answered_or_refused() {
    within::<Leaf>(async || {
        with_leaves().await;
        for length in [100, 1_001, 10_000] {
            let any = count(|l| (1..length).fold(l.id.eq(0), |any, id| l.id.eq(id).or(any))).await;
            answered_or_too_deep(any, 50);
        }
    })
    .await;
}

#[tokio::test]
async fn nested_negations_are_answered_or_refused() {
    within::<Leaf>(async || {
        with_leaves().await;
        for levels in [1, 2, 99, 100, 127, 128, 129, 1_000, 10_000] {
            let inner = |l: LeafColumns| (0..levels).fold(l.id.eq(3), |inner, _| !inner);
            let expected = if levels % 2 == 0 { 1 } else { 49 };
            answered_or_too_deep(count(inner).await, expected);
        }
        assert_eq!(count(|l| !!!!l.on).await.unwrap(), 25);
    })
    .await;
}

#[tokio::test]
async fn nested_groups_are_answered_or_refused() {
    within::<Leaf>(async || {
        with_leaves().await;
        for levels in [10, 40, 130, 1_000, 10_000] {
            let groups = |l: LeafColumns| {
                (0..levels).fold(l.id.eq(3), |inner, level| match level % 2 {
                    0 => inner.or(l.id.lt(0)),
                    _ => inner.and(l.id.ge(0)),
                })
            };
            answered_or_too_deep(count(groups).await, 1);
        }
    })
    .await;
}

#[tokio::test]
async fn a_condition_that_is_too_deep_writes_nothing() {
    within::<Leaf>(async || {
        with_leaves().await;
        let deep = |l: LeafColumns| (0..10_001).fold(l.id.eq(3), |inner, _| !inner);
        let _ = Leaf::query().filter(deep).update(|l| l.on.set(true)).await;
        let on = Leaf::query().filter(|l| l.on).count().await.unwrap();
        assert!(on == 25 || on == 50, "all of them or none, not {on}");
        let also = |l: LeafColumns| deep(l).and(l.id.lt(0));
        assert!(matches!(Leaf::query().filter(also).delete().await, Err(_) | Ok(0)));
        assert_eq!(rows::<Leaf>().await, 50);
    })
    .await;
}

#[tokio::test]
async fn deep_arithmetic_is_answered_or_refused() {
    within::<Leaf>(async || {
        with_leaves().await;
        for terms in [10_i64, 60, 127, 500, 5_000] {
            let sum = |l: LeafColumns| (1..terms).fold(l.id + 1, |sum, _| sum + 1);
            answered_or_too_deep(count(|l| sum(l).eq(terms)).await, 1);
            let on_the_right =
                |l: LeafColumns| (1..terms).fold(l.id + 1, |sum, _| raw::<i64>("1") + sum);
            answered_or_too_deep(count(|l| on_the_right(l).eq(terms)).await, 1);
        }
    })
    .await;
}

#[tokio::test]
async fn keys_of_many_rows_are_looked_up() {
    within::<Leaf>(async || {
        with_leaves().await;
        let found = Leaf::find_many((0..50).chain(-5_000..0).chain(0..50)).await.unwrap();
        assert_eq!(found.len(), 50, "a row is given once");
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        long_chains_are_answered
        many_filters_all_count
        a_chain_that_binds_too_much_is_refused
        chains_built_from_the_other_end_are_answered_or_refused
        nested_negations_are_answered_or_refused
        nested_groups_are_answered_or_refused
        a_condition_that_is_too_deep_writes_nothing
        deep_arithmetic_is_answered_or_refused
        keys_of_many_rows_are_looked_up
    ;
    mysql:
        long_chains_are_answered
        many_filters_all_count
        a_chain_that_binds_too_much_is_refused
        chains_built_from_the_other_end_are_answered_or_refused
        nested_negations_are_answered_or_refused
        nested_groups_are_answered_or_refused
        a_condition_that_is_too_deep_writes_nothing
        deep_arithmetic_is_answered_or_refused
        keys_of_many_rows_are_looked_up
    ;
    mongo:
        long_chains_are_answered
        many_filters_all_count
        a_chain_that_binds_too_much_is_refused
        chains_built_from_the_other_end_are_answered_or_refused
        nested_negations_are_answered_or_refused
        nested_groups_are_answered_or_refused
        a_condition_that_is_too_deep_writes_nothing
        keys_of_many_rows_are_looked_up
    ;
}
