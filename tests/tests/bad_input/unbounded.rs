//! Writes that would concern every row, or that say more than a write can do.

use eloquent::ErrorKind;
use eloquent::prelude::*;
use eloquent_core::statement::{Assignment, Source};

use crate::fixture::{refused, refused_at_once, rows, within};

#[derive(Model, Debug, Clone, PartialEq)]
struct Task {
    id: i64,
    name: String,
    #[model(default)]
    points: i64,
    #[model(default)]
    done: bool,
}

#[derive(Model, Debug)]
struct Person {
    id: i64,
    nick: String,
}

const NOBODY: [i64; 0] = [];

/// Three rows, which no test of this file may touch.
async fn untouched(test: impl AsyncFnOnce()) {
    within::<Task>(async || {
        Person::create_table().await.unwrap();
        let drafts = ["a", "b", "c"].map(|name| new!(Task { name, points: 1 }));
        let before = Task::create_many(drafts).await.unwrap();
        test().await;
        let after = Task::query().order_by(|t| t.id.asc()).await.unwrap();
        assert_eq!(after, before);
    })
    .await;
}

#[tokio::test]
async fn a_write_without_a_filter_is_refused() {
    untouched(async || {
        let unbounded = |outcome| {
            let refusal = refused(outcome, ErrorKind::UnboundedWrite).of::<Task>();
            refusal.says("_all(..)");
        };
        unbounded(Task::query().delete().await);
        unbounded(Task::query().update(|t| t.done.set(true)).await);
        unbounded(Task::query().increment(|t| t.points, 1).await);
        unbounded(Task::query().decrement(|t| t.points, 1).await);
        unbounded(Task::all().delete().await);
    })
    .await;
}

#[tokio::test]
async fn a_filter_that_filters_nothing_is_none() {
    untouched(async || {
        let refuse = async |query: Query<Task>| {
            refused(query.clone().delete().await, ErrorKind::UnboundedWrite).of::<Task>();
            let update = query.update(|t| t.done.set(true)).await;
            refused(update, ErrorKind::UnboundedWrite).of::<Task>();
        };
        let all = Task::query;
        refuse(all().filter(|_| true)).await;
        refuse(all().filter(|t| t.id.not_in(NOBODY))).await;
        refuse(all().filter(|t| !t.id.is_in(NOBODY))).await;
        refuse(all().filter(|t| !!t.id.not_in(NOBODY))).await;
        refuse(all().filter(|t| t.id.eq(1).or(true))).await;
        refuse(all().filter(|t| t.id.not_in(NOBODY).and(true))).await;
        refuse(all().filter(|t| t.id.not_in(NOBODY)).filter(|_| true)).await;
        refuse(all().filter(|t| !(t.id.is_in(NOBODY).and(t.id.eq(1))))).await;
        refuse(all().when(None::<i64>, |query, id| query.filter(|t| t.id.eq(id)))).await;
        refuse(all().scope(|query| query)).await;
    })
    .await;
}

#[tokio::test]
async fn a_filter_that_holds_for_no_row_writes_nothing() {
    untouched(async || {
        let all = Task::query;
        assert_eq!(all().filter(|_| false).delete().await.unwrap(), 0);
        assert_eq!(all().filter(|t| t.id.is_in(NOBODY)).delete().await.unwrap(), 0);
        assert_eq!(all().filter(|t| t.id.is_in(NOBODY).and(true)).delete().await.unwrap(), 0);
        let found = Task::find_many(NOBODY);
        assert_eq!(found.delete().await.unwrap(), 0);
        assert_eq!(all().filter(|_| false).increment(|t| t.points, 5).await.unwrap(), 0);
    })
    .await;
}

/// Left out, each of these clauses would make the write concern other rows than it says.
#[tokio::test]
async fn clauses_that_a_write_cannot_follow_are_refused() {
    untouched(async || {
        let some = || Task::query().filter(|t| t.id.gt(0));
        let wrong = [
            ("limit", some().limit(1)),
            ("limit of 0", some().limit(0)),
            ("offset", some().offset(1)),
            ("order", some().order_by(|t| t.id.desc())),
            ("distinct", some().distinct()),
            ("group", some().group_by(|t| t.done)),
            ("lock", some().lock_for_update()),
            ("order by text", some().order_by_str("id desc").unwrap()),
        ];
        for (clause, query) in wrong {
            let refusal = |outcome| refused(outcome, ErrorKind::InvalidInput).of::<Task>();
            refusal(query.clone().delete().await).says("delete");
            refusal(query.clone().update(|t| t.done.set(true)).await).says("update");
            let more = query.increment(|t| t.points, 1).await;
            assert!(more.is_err(), "{clause}");
        }
        let grouped = some().having(|_| count().gt(0)).delete();
        refused(grouped.await, ErrorKind::InvalidInput).of::<Task>();
    })
    .await;
}

#[tokio::test]
async fn an_update_of_nothing_or_of_one_column_twice_is_refused() {
    untouched(async || {
        let one = || Task::query().filter(|t| t.id.eq(1));
        let nothing = one().update(|_| Vec::<Assignment>::new());
        refused(nothing.await, ErrorKind::InvalidInput).of::<Task>();
        let nothing = Task::update_all(|_| Vec::<Assignment>::new());
        refused(nothing.await, ErrorKind::InvalidInput).of::<Task>();
        let twice = one().update(|t| (t.points.set(5), t.points.set(6)));
        refused(twice.await, ErrorKind::InvalidInput).of::<Task>().column("points");
    })
    .await;
}

#[tokio::test]
async fn null_does_not_get_into_a_column_without_it() {
    untouched(async || {
        let one = || Task::query().filter(|t| t.id.eq(1));
        let null = one().update(|t| t.name.set(raw::<String>("NULL")));
        refused(null.await, ErrorKind::NotNullViolation).of::<Task>().column("name");
        let sum = one().update(|t| t.points.set(t.points + raw::<i64>("NULL")));
        refused(sum.await, ErrorKind::NotNullViolation).of::<Task>().column("points");
    })
    .await;
}

#[tokio::test]
async fn columns_of_another_table_do_not_get_in() {
    untouched(async || {
        let person = Person::columns(Source(1));
        let one = || Task::query().filter(|t| t.id.eq(1));
        let refuse = |outcome| refused::<u64>(outcome, ErrorKind::InvalidInput).of::<Task>();
        refuse(Task::query().filter(|_| person.id.gt(0)).delete().await).column("id");
        refuse(Task::query().filter(|_| person.id.gt(0)).count().await).column("id");
        refuse(one().update(|_| person.nick.set("x")).await).says("`nick`");
        refuse(one().update(|t| t.name.set(person.nick)).await).column("nick");
        // Said to be of this table, it is a column that this table lacks.
        let mistaken = Person::columns(Source(0));
        refuse(one().update(|_| mistaken.nick.set("x")).await).says("`nick`");
        refuse(Task::query().filter(|_| mistaken.nick.ne("x")).delete().await).column("nick");
        refuse(Task::query().filter(|_| mistaken.nick.ne("x")).count().await).column("nick");
    })
    .await;
}

#[tokio::test]
async fn every_row_is_written_only_when_it_is_said() {
    within::<Task>(async || {
        Task::insert_many(["a", "b"].map(|name| new!(Task { name }))).await.unwrap();
        assert_eq!(Task::update_all(|t| t.points.set(t.points + 2)).await.unwrap(), 2);
        assert_eq!(Task::query().sum(|t| t.points).await.unwrap(), Some(4));
        assert_eq!(Task::delete_all().await.unwrap(), 2);
        assert_eq!(rows::<Task>().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_refused_write_ends_no_transaction() {
    untouched(async || {
        let outcome = Db::transaction(async {
            Task::query().filter(|t| t.id.eq(1)).update(|t| t.done.set(true)).await?;
            refused(Task::query().delete().await, ErrorKind::UnboundedWrite).of::<Task>();
            refused(Task::query().limit(1).delete().await, ErrorKind::InvalidInput).of::<Task>();
            assert!(Task::find(1).or_fail().await?.done, "the transaction is still there");
            Err::<(), _>(eloquent::Error::invalid("undo"))
        });
        refused_at_once(outcome.await, ErrorKind::InvalidInput).says("undo");
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        a_write_without_a_filter_is_refused
        a_filter_that_filters_nothing_is_none
        a_filter_that_holds_for_no_row_writes_nothing
        clauses_that_a_write_cannot_follow_are_refused
        an_update_of_nothing_or_of_one_column_twice_is_refused
        null_does_not_get_into_a_column_without_it
        columns_of_another_table_do_not_get_in
        every_row_is_written_only_when_it_is_said
        a_refused_write_ends_no_transaction
    ;
    mysql:
        a_write_without_a_filter_is_refused
        a_filter_that_filters_nothing_is_none
        a_filter_that_holds_for_no_row_writes_nothing
        clauses_that_a_write_cannot_follow_are_refused
        an_update_of_nothing_or_of_one_column_twice_is_refused
        null_does_not_get_into_a_column_without_it
        columns_of_another_table_do_not_get_in
        every_row_is_written_only_when_it_is_said
        a_refused_write_ends_no_transaction
    ;
}
