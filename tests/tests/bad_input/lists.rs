//! Lists: empty ones, and those longer than a statement can bind.

use eloquent::ErrorKind;
use eloquent::RawSql;
use eloquent::prelude::*;

use crate::fixture::{refused, rows, within};

#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable)]
struct Item {
    #[model(key, auto = false)]
    id: i64,
    code: Option<String>,
    token: Option<Uuid>,
    weight: Option<f64>,
}

const MANY: i64 = 70_000;

fn token(number: i64) -> Uuid {
    Uuid::from_u128(u128::from(number.unsigned_abs()) << 64 | 7)
}

/// Rows of the keys 0, 10, 20 … below `end`.
async fn with_tens(end: i64) {
    let drafts = (0..end)
        .step_by(10)
        .map(|id| new!(Item { id, code: format!("c'{id}\\"), token: token(id), weight: 0.5 }));
    Item::insert_many(drafts).await.unwrap();
}

#[tokio::test]
async fn an_empty_list_holds_nothing_and_excludes_nothing() {
    within::<Item>(async || {
        with_tens(30).await;
        Item::create(new!(Item { id: 1 })).await.unwrap();
        let none: [String; 0] = [];
        let count = async |query: Query<Item>| query.count().await.unwrap();
        assert_eq!(count(Item::query().filter(|i| i.code.is_in(&none))).await, 0);
        // Also where the column is null.
        assert_eq!(count(Item::query().filter(|i| i.code.not_in(&none))).await, 4);
        assert_eq!(count(Item::query().filter(|i| !i.code.is_in(&none))).await, 4);
        assert_eq!(count(Item::query().filter(|i| !i.code.not_in(&none))).await, 0);
        assert_eq!(count(Item::query().filter(|i| i.code.is_in(&none).or(i.id.eq(1)))).await, 1);
        assert_eq!(count(Item::query().filter(|i| i.code.not_in(&none).and(i.id.eq(1)))).await, 1);
        assert!(!Item::query().filter(|i| i.code.is_in(&none)).exists().await.unwrap());
        let grouped = Item::query().group_by(|i| i.code).having(|_| count_is_in_nothing());
        assert_eq!(grouped.select(|i| i.code).await.unwrap().len(), 0);
        assert_eq!(Item::find_many([0_i64; 0]).await.unwrap(), []);
        let update = Item::query().filter(|i| i.code.is_in(&none)).update(|i| i.code.set("x"));
        assert_eq!(update.await.unwrap(), 0);
        assert_eq!(Item::query().filter(|i| i.code.is_in(&none)).delete().await.unwrap(), 0);
        assert_eq!(rows::<Item>().await, 4);
    })
    .await;
}

fn count_is_in_nothing() -> eloquent::query::Expr<bool> {
    count().is_in([0_i64; 0])
}

#[tokio::test]
async fn lists_longer_than_a_statement_can_bind_are_looked_through() {
    within::<Item>(async || {
        with_tens(2_000).await;
        let texts = || (0..MANY).map(|id| format!("c'{id}\\"));
        let tokens = || (0..MANY).map(token);
        let count = async |query: Query<Item>| query.count().await.unwrap();
        assert_eq!(count(Item::query().filter(|i| i.id.is_in(1..MANY))).await, 199);
        assert_eq!(count(Item::query().filter(|i| i.id.not_in(1..MANY))).await, 1);
        assert_eq!(count(Item::query().filter(|i| i.code.is_in(texts().skip(1)))).await, 199);
        assert_eq!(count(Item::query().filter(|i| i.code.not_in(texts().skip(1)))).await, 1);
        assert_eq!(count(Item::query().filter(|i| i.token.is_in(tokens().skip(1)))).await, 199);
        assert_eq!(count(Item::query().filter(|i| i.token.not_in(tokens().skip(1)))).await, 1);
        let three = Item::query()
            .filter(|i| i.id.is_in(0..MANY))
            .filter(|i| i.code.is_in(texts()))
            .filter(|i| i.token.not_in(tokens().skip(11)));
        assert_eq!(count(three).await, 2);
        assert_eq!(Item::find_many(0..MANY).await.unwrap().len(), 200);
        let limited =
            Item::query().filter(|i| i.id.is_in(0..MANY)).order_by(|i| i.id.desc()).limit(2);
        assert_eq!(limited.pluck(|i| i.id).await.unwrap(), [1_990, 1_980]);
        let page = Item::query().filter(|i| i.id.is_in(0..MANY)).paginate(20, 10).await.unwrap();
        assert_eq!((page.total, page.items.len()), (200, 10));
    })
    .await;
}

#[tokio::test]
async fn a_write_by_a_long_list_writes_exactly_those_rows() {
    within::<Item>(async || {
        with_tens(200).await;
        let some = || Item::query().filter(|i| i.id.is_in(100..MANY));
        assert_eq!(some().update(|i| i.code.set("far")).await.unwrap(), 10);
        assert_eq!(Item::query().filter(|i| i.code.eq("far")).count().await.unwrap(), 10);
        assert_eq!(some().delete().await.unwrap(), 10);
        assert_eq!(Item::query().filter(|i| i.id.not_in(50..MANY)).delete().await.unwrap(), 5);
        assert_eq!(
            Item::query().order_by(|i| i.id.asc()).pluck(|i| i.id).await.unwrap(),
            [50, 60, 70, 80, 90]
        );
    })
    .await;
}

#[tokio::test]
async fn doubles_in_a_list_are_found_to_the_last_bit() {
    within::<Item>(async || {
        with_tens(10).await;
        Item::create(new!(Item { id: 1, weight: 0.1 + 0.2 })).await.unwrap();
        let weights = |number: u32| (0..number).map(|i| f64::from(i) / 7.0).chain([0.1 + 0.2]);
        let found = Item::query().filter(|i| i.weight.is_in(weights(5_000)));
        assert_eq!(found.sole().await.unwrap().id, 1);
    })
    .await;
}

/// A list that cannot be sent as one value is never cut.
#[tokio::test]
async fn a_list_that_no_statement_can_bind_is_whole_or_refused() {
    within::<Item>(async || {
        Item::create(new!(Item { id: 1, weight: 0.5 })).await.unwrap();
        let most = Db::current().unwrap().capabilities().await.unwrap().max_binds;
        let weights =
            |count: usize| std::iter::repeat_n(7.5, count - 1).chain([0.5]).collect::<Vec<f64>>();
        let full = Item::query().filter(|i| i.weight.is_in(weights(most)));
        assert_eq!(full.pluck(|i| i.id).await.unwrap(), [1]);
        match Item::query().filter(|i| i.weight.is_in(weights(most + 1))).count().await {
            Ok(found) => assert_eq!(found, 1),
            Err(error) => {
                let refusal = refused(Err::<(), _>(error), ErrorKind::InvalidInput);
                refusal.of::<Item>().says(&most.to_string());
            }
        }
        let delete = Item::query().filter(|i| i.weight.not_in(weights(2 * most))).delete();
        assert!(delete.await.is_err() || rows::<Item>().await == 1);
        assert_eq!(rows::<Item>().await, 1);
    })
    .await;
}

#[tokio::test]
async fn null_in_a_list_cannot_hide_rows() {
    within::<Item>(async || {
        with_tens(30).await;
        let id = Item::column::<Option<i64>>("id").unwrap();
        // `NOT IN (1, NULL)` holds for no row: neither may it be asked for, nor come about.
        let list = Item::query().filter(|_| raw::<Option<i64>>("id").not_in([1]));
        assert_eq!(list.count().await.unwrap(), 3);
        assert_eq!(Item::query().filter(|_| id.eq(None)).count().await.unwrap(), 0);
        assert_eq!(Item::query().filter(|_| id.ne(None)).count().await.unwrap(), 3);
        let range = Item::query().filter(|_| id.between(None, Some(5)));
        refused(range.count().await, ErrorKind::InvalidInput).of::<Item>().column("id");
        let less = Item::query().filter(|_| id.lt(None)).delete();
        refused(less.await, ErrorKind::InvalidInput).of::<Item>().column("id");
        assert_eq!(rows::<Item>().await, 3);
    })
    .await;
}

#[tokio::test]
async fn inserts_around_the_limits_of_a_statement_add_every_row_once() {
    within::<Item>(async || {
        let capabilities = Db::current().unwrap().capabilities().await.unwrap();
        let limit = capabilities.insert_rows.min(capabilities.max_binds / 4);
        for count in [limit - 1, limit, limit + 1, 2 * limit, 2 * limit + 1, 3_333] {
            let count = i64::try_from(count).unwrap();
            let drafts = || (0..count).map(|id| new!(Item { id, code: format!("{id}") }));
            let keys = Item::insert_many(drafts()).await.unwrap();
            assert!(keys.into_iter().eq(0..count), "{count}");
            let sum = Item::query().sum(|i| i.id).await.unwrap();
            assert_eq!(sum, Some(count * (count - 1) / 2));
            let upserted = Item::upsert(drafts()).unique_by(|i| i.id).await.unwrap();
            assert_eq!(i64::try_from(upserted), Ok(count));
            assert_eq!(i64::try_from(rows::<Item>().await), Ok(count));
            Item::delete_all().await.unwrap();
            assert_eq!(i64::try_from(Item::create_many(drafts()).await.unwrap().len()), Ok(count));
            Item::delete_all().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_batch_that_fails_at_its_end_adds_nothing() {
    within::<Item>(async || {
        Item::create(new!(Item { id: -1 })).await.unwrap();
        let capabilities = Db::current().unwrap().capabilities().await.unwrap();
        let limit = i64::try_from(capabilities.insert_rows).unwrap();
        for last in [limit - 1, limit, 2 * limit, 2 * limit + 1] {
            let drafts = || (0..last).chain([-1]).map(|id| new!(Item { id, code: "x" }));
            refused(Item::insert_many(drafts()).await, ErrorKind::UniqueViolation)
                .of::<Item>()
                .column("id");
            refused(Item::create_many(drafts()).await, ErrorKind::UniqueViolation).of::<Item>();
            assert_eq!(rows::<Item>().await, 1, "{last}");
        }
        // The transaction around goes on without the batch.
        Db::transaction(async {
            Item::create(new!(Item { id: -2 })).await?;
            let batch = (0..2 * limit).chain([-1]).map(|id| new!(Item { id }));
            refused(Item::insert_many(batch).await, ErrorKind::UniqueViolation).of::<Item>();
            Item::create(new!(Item { id: -3 })).await?;
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(
            Item::query().order_by(|i| i.id.asc()).pluck(|i| i.id).await.unwrap(),
            [-3, -2, -1]
        );
    })
    .await;
}

#[tokio::test]
async fn rows_that_give_different_columns_keep_their_order() {
    within::<Item>(async || {
        let drafts = (0..500).map(|id| match id % 3 {
            0 => new!(Item { id, code: "only" }),
            1 => new!(Item { id, token: token(id) }),
            _ => new!(Item { id, weight: 1.5, code: "both" }),
        });
        let made = Item::create_many(drafts).await.unwrap();
        assert!(made.iter().map(|item| item.id).eq(0..500));
        assert_eq!(Item::query().order_by(|i| i.id.asc()).await.unwrap(), made);
        assert_eq!(Item::insert_many([]).await.unwrap(), [0_i64; 0]);
        assert_eq!(Item::create_many([]).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn raw_text_binds_up_to_the_limit() {
    within::<Item>(async || {
        let most = Db::current().unwrap().capabilities().await.unwrap().max_binds;
        let sum_of = |count: usize| {
            let marks = vec!["?"; count].join(",");
            let sql = RawSql::trusted(format!("SELECT 7 IN ({marks})"));
            (1..count).fold(Db::raw(sql).bind(7_i64), |query, _| query.bind(1_i64))
        };
        assert_eq!(sum_of(most - 1).scalar::<bool>().await.unwrap(), Some(true));
        assert_eq!(sum_of(most).scalar::<bool>().await.unwrap(), Some(true));
        refused(sum_of(most + 1).scalar::<bool>().await, ErrorKind::InvalidInput);
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        an_empty_list_holds_nothing_and_excludes_nothing
        lists_longer_than_a_statement_can_bind_are_looked_through
        a_write_by_a_long_list_writes_exactly_those_rows
        doubles_in_a_list_are_found_to_the_last_bit
        a_list_that_no_statement_can_bind_is_whole_or_refused
        null_in_a_list_cannot_hide_rows
        inserts_around_the_limits_of_a_statement_add_every_row_once
        a_batch_that_fails_at_its_end_adds_nothing
        rows_that_give_different_columns_keep_their_order
        raw_text_binds_up_to_the_limit
    ;
    mysql:
        an_empty_list_holds_nothing_and_excludes_nothing
        a_write_by_a_long_list_writes_exactly_those_rows
        doubles_in_a_list_are_found_to_the_last_bit
        a_list_that_no_statement_can_bind_is_whole_or_refused
        null_in_a_list_cannot_hide_rows
        inserts_around_the_limits_of_a_statement_add_every_row_once
        a_batch_that_fails_at_its_end_adds_nothing
        rows_that_give_different_columns_keep_their_order
        raw_text_binds_up_to_the_limit
    ;
    mongo:
        an_empty_list_holds_nothing_and_excludes_nothing
        a_write_by_a_long_list_writes_exactly_those_rows
        rows_that_give_different_columns_keep_their_order
    ;
}
