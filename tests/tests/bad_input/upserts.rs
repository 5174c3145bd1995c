//! Upserts: what decides, what is changed, and what is wrong with either.

use eloquent::ErrorKind;
use eloquent::prelude::*;

use crate::fixture::{execute, refused, rows, within};

#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable)]
struct Stock {
    id: i64,
    #[model(unique, length = 50)]
    sku: String,
    #[model(default)]
    count: i64,
    note: Option<String>,
}

async fn one() -> Stock {
    Stock::create(new!(Stock { sku: "a", count: 1, note: "n" })).await.unwrap()
}

#[tokio::test]
async fn an_upsert_has_to_say_what_decides() {
    within::<Stock>(async || {
        let before = one().await;
        let silent = Stock::upsert([new!(Stock { sku: "a", count: 2 })]);
        refused(silent.await, ErrorKind::InvalidInput).of::<Stock>().says("unique_by");
        let ignoring = Stock::upsert([new!(Stock { sku: "b" })]).ignore();
        refused(ignoring.await, ErrorKind::InvalidInput).of::<Stock>();
        assert_eq!(Stock::all().await.unwrap(), [before]);
    })
    .await;
}

#[tokio::test]
async fn columns_without_a_unique_index_cannot_decide() {
    within::<Stock>(async || {
        let before = one().await;
        let draft = || [new!(Stock { sku: "b", count: 1 })];
        let wrong = Stock::upsert(draft()).unique_by(|s| s.count);
        refused(wrong.await, ErrorKind::InvalidInput).of::<Stock>().says("unique").says("count");
        let wrong = Stock::upsert(draft()).unique_by(|s| (s.sku, s.count)).ignore();
        refused(wrong.await, ErrorKind::InvalidInput).of::<Stock>().says("unique").says("count");
        assert_eq!(Stock::all().await.unwrap(), [before]);
    })
    .await;
}

#[tokio::test]
async fn an_index_over_several_columns_decides() {
    within::<Stock>(async || {
        one().await;
        execute(["CREATE UNIQUE INDEX of_two ON stocks (sku, count)"]).await;
        let right = Stock::upsert([new!(Stock { sku: "a", count: 1, note: "m" })]);
        right.unique_by(|s| (s.sku, s.count)).await.unwrap();
        assert_eq!(Stock::all().await.unwrap()[0].note.as_deref(), Some("m"));
    })
    .await;
}

/// Left out, it would make other rows decide than are named.
#[tokio::test]
async fn an_expression_cannot_decide() {
    within::<Stock>(async || {
        let before = one().await;
        let draft = || [new!(Stock { sku: "a", count: 5 })];
        let wrong = Stock::upsert(draft()).unique_by(|s| s.count + 1);
        refused(wrong.await, ErrorKind::InvalidInput).of::<Stock>();
        let wrong = Stock::upsert(draft()).unique_by(|s| (s.sku, s.count + 1));
        refused(wrong.await, ErrorKind::InvalidInput).of::<Stock>();
        assert_eq!(Stock::all().await.unwrap(), [before]);
    })
    .await;
}

/// Left out, it would make an update of nothing.
#[tokio::test]
async fn an_expression_is_no_column_to_change() {
    within::<Stock>(async || {
        let before = one().await;
        let draft = || Stock::upsert([new!(Stock { sku: "a", count: 5 })]).unique_by(|s| s.sku);
        refused(draft().update(|s| s.count + 1).await, ErrorKind::InvalidInput).of::<Stock>();
        let both = draft().update(|s| (s.note, s.count + 1));
        refused(both.await, ErrorKind::InvalidInput).of::<Stock>();
        assert_eq!(Stock::all().await.unwrap(), [before]);
    })
    .await;
}

#[tokio::test]
async fn a_column_that_no_row_gives_cannot_be_changed() {
    within::<Stock>(async || {
        let before = one().await;
        let draft = Stock::upsert([new!(Stock { sku: "a", count: 5 })]).unique_by(|s| s.sku);
        let refusal = refused(draft.update(|s| s.id).await, ErrorKind::InvalidInput);
        refusal.of::<Stock>().column("id");
        assert_eq!(Stock::all().await.unwrap(), [before]);
    })
    .await;
}

#[tokio::test]
async fn an_upsert_of_no_rows_writes_nothing() {
    within::<Stock>(async || {
        let before = one().await;
        assert_eq!(Stock::upsert([]).unique_by(|s| s.sku).await.unwrap(), 0);
        assert_eq!(Stock::upsert([]).unique_by(|s| s.sku).ignore().await.unwrap(), 0);
        assert_eq!(Stock::all().await.unwrap(), [before]);
    })
    .await;
}

#[tokio::test]
async fn only_the_named_columns_are_changed() {
    within::<Stock>(async || {
        let before = one().await;
        let draft =
            || Stock::upsert([new!(Stock { sku: "a", count: 5, note: "x" })]).unique_by(|s| s.sku);
        draft().update(|s| s.note).await.unwrap();
        let found = Stock::find(before.id).or_fail().await.unwrap();
        assert_eq!((found.count, found.note.as_deref()), (1, Some("x")));
        assert_eq!(draft().ignore().await.unwrap(), 0);
        draft().await.unwrap();
        let found = Stock::find(before.id).or_fail().await.unwrap();
        assert_eq!((found.id, found.count), (before.id, 5));
    })
    .await;
}

#[tokio::test]
async fn rows_that_clash_elsewhere_are_an_error_and_nothing_is_written() {
    within::<Stock>(async || {
        let before = one().await;
        let drafts = || {
            let fine = (0..250).map(|i| new!(Stock { id: 100 + i, sku: format!("s{i}") }));
            fine.chain([new!(Stock { id: 999, sku: "a" })])
        };
        let by_id = Stock::upsert(drafts()).unique_by(|s| s.id);
        refused(by_id.await, ErrorKind::UniqueViolation).of::<Stock>().column("sku");
        let ignoring = Stock::upsert(drafts()).unique_by(|s| s.id).ignore();
        refused(ignoring.await, ErrorKind::UniqueViolation).of::<Stock>().column("sku");
        assert_eq!(Stock::all().await.unwrap(), [before]);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_row_in_the_middle_stops_all() {
    within::<Stock>(async || {
        let before = one().await;
        let drafts = || {
            (0..250).map(|i| match i {
                240 => <Stock as Model>::Draft::default().count(7),
                _ => new!(Stock { sku: format!("s{i}") }),
            })
        };
        let upsert = Stock::upsert(drafts()).unique_by(|s| s.sku);
        refused(upsert.await, ErrorKind::NotNullViolation).of::<Stock>().column("sku");
        assert_eq!(Stock::all().await.unwrap(), [before]);
    })
    .await;
}

#[tokio::test]
async fn the_same_row_twice_in_one_upsert_is_one_row() {
    within::<Stock>(async || {
        let drafts = (0..300).map(|i| new!(Stock { sku: format!("s{}", i % 3), count: i }));
        Stock::upsert(drafts).unique_by(|s| s.sku).await.unwrap();
        assert_eq!(rows::<Stock>().await, 3);
        let counts = Stock::query().order_by(|s| s.sku.asc()).pluck(|s| s.count).await.unwrap();
        assert_eq!(counts, [297, 298, 299]);
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        an_upsert_has_to_say_what_decides
        columns_without_a_unique_index_cannot_decide
        an_index_over_several_columns_decides
        an_expression_cannot_decide
        an_expression_is_no_column_to_change
        a_column_that_no_row_gives_cannot_be_changed
        an_upsert_of_no_rows_writes_nothing
        only_the_named_columns_are_changed
        rows_that_clash_elsewhere_are_an_error_and_nothing_is_written
        a_wrong_row_in_the_middle_stops_all
    ;
    mysql:
        an_upsert_has_to_say_what_decides
        columns_without_a_unique_index_cannot_decide
        an_index_over_several_columns_decides
        an_expression_cannot_decide
        an_expression_is_no_column_to_change
        a_column_that_no_row_gives_cannot_be_changed
        an_upsert_of_no_rows_writes_nothing
        only_the_named_columns_are_changed
        a_wrong_row_in_the_middle_stops_all
        the_same_row_twice_in_one_upsert_is_one_row
    ;
}
