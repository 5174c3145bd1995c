//! Changing and removing many rows.

use eloquent::ErrorKind;
use eloquent::prelude::*;

use super::Orm;
use super::models::{Item, Person, items, people};
use crate::case::{Outcome, cases, or_lacking};

cases![Orm:
    rows_are_changed, rows_are_counted_up_and_down, computed_values, every_row, rows_are_removed,
    a_filter_is_wanted, other_clauses_are_refused, what_does_not_fit_is_not_sent,
    counting_up_loses_nothing, the_text_has_no_values,
];

async fn rows_are_changed(_: Orm) -> Outcome {
    let people = people().await?;
    let changed = Person::query()
        .filter(|p| p.age.gt(40))
        .filter(|p| p.active)
        .update(|p| (p.active.set(false), p.nick.set("old")))
        .await?;
    assert_eq!(changed, 2);
    let old = Person::query().filter(|p| p.nick.eq("old")).order_by(|p| p.name.asc()).await?;
    assert_eq!(old.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["edsger", "grace"]);
    assert!(old.iter().all(|p| !p.active && p.updated_at >= people[0].updated_at));
    let none = Person::query().filter(|p| p.age.gt(200)).update(|p| p.age.set(1)).await?;
    assert_eq!(none, 0);
    let cleared = Person::query().filter(|p| p.nick.eq("old")).update(|p| p.nick.set(None)).await?;
    assert_eq!(cleared, 2);
    let touched = Person::find(people[0].id).or_fail().await?;
    assert_eq!(touched, people[0], "the others are as they were");
    Ok(())
}

async fn rows_are_counted_up_and_down(_: Orm) -> Outcome {
    people().await?;
    let ada = || Person::query().filter(|p| p.name.eq("ada"));
    assert_eq!(or_lacking(ada().increment(|p| p.age, 5).await)?, 1);
    assert_eq!(ada().sole().await?.age, 41);
    assert_eq!(ada().decrement(|p| p.age, 1).await?, 1);
    ada().increment(|p| p.balance, Decimal::new(25, 2)).await?;
    ada().increment(|p| p.balance, Decimal::new(10, 2)).await?;
    let ada = ada().sole().await?;
    assert_eq!((ada.age, ada.balance), (40, Decimal::new(35, 2)));
    Ok(())
}

async fn computed_values(_: Orm) -> Outcome {
    items(0..4).await?;
    let doubled = Item::query().filter(|i| i.rank.is_not_null());
    or_lacking(doubled.update(|i| i.rank.set(i.id * 2)).await)?;
    let ranks = Item::query().order_by(|i| i.id.asc()).pluck(|i| i.rank).await?;
    assert_eq!(ranks, [Some(0), Some(2), None, Some(6)]);
    Ok(())
}

async fn every_row(cx: Orm) -> Outcome {
    people().await?;
    assert_eq!(Person::update_all(|p| p.age.set(1)).await?, 4);
    assert_eq!(Person::query().filter(|p| p.age.eq(1)).count().await?, 4);
    assert_eq!(Person::delete_all().on(&cx.db).await?, 4);
    assert_eq!(Person::query().count().await?, 0);
    assert_eq!(Person::delete_all().await?, 0);
    Ok(())
}

async fn rows_are_removed(_: Orm) -> Outcome {
    people().await?;
    assert_eq!(Person::query().filter(|p| p.age.lt(50)).delete().await?, 2);
    assert_eq!(Person::query().filter(|p| p.age.lt(50)).delete().await?, 0);
    assert_eq!(Person::query().count().await?, 2);
    Ok(())
}

/// Also where the filters come to nothing.
async fn a_filter_is_wanted(cx: Orm) -> Outcome {
    people().await?;
    cx.db.enable_query_log();
    cx.db.query_log();
    let nothing = None::<i64>;
    let queries = [
        Person::query(),
        Person::query().when(nothing, |query, age| query.filter(|p| p.age.eq(age))),
        Person::query().filter(|p| p.age.not_in(Vec::<i64>::new())),
        Person::query().filter(|_| true),
        Person::query().filter(|p| p.age.eq(1).or(true)),
    ];
    for query in queries {
        let error = query.clone().delete().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnboundedWrite, "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("delete_all")), "{error}");
        let error = query.update(|p| p.age.set(1)).await.unwrap_err();
        assert_eq!((error.kind(), error.model()), (ErrorKind::UnboundedWrite, Some("Person")));
    }
    assert_eq!(cx.db.query_log(), [""; 0]);
    Ok(())
}

/// A limit that is passed over in silence would remove more than was meant.
async fn other_clauses_are_refused(cx: Orm) -> Outcome {
    people().await?;
    cx.db.enable_query_log();
    cx.db.query_log();
    let some = || Person::query().filter(|p| p.age.gt(1));
    let queries = [
        some().limit(1),
        some().offset(1),
        some().order_by(|p| p.age.asc()),
        some().distinct(),
        some().group_by(|p| p.age),
        some().lock_for_update(),
    ];
    for query in queries {
        let error = query.clone().delete().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let error = query.update(|p| p.age.set(1)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    assert!(some().update(|_| Vec::new()).await.is_err(), "an update of nothing");
    assert_eq!(cx.db.query_log(), [""; 0]);
    Ok(())
}

async fn what_does_not_fit_is_not_sent(cx: Orm) -> Outcome {
    people().await?;
    cx.db.enable_query_log();
    cx.db.query_log();
    let long = "x".repeat(51);
    let update = Person::query().filter(|p| p.age.gt(1)).update(|p| p.name.set(long));
    let error = update.await.unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::Encode, Some("name")), "{error}");
    assert_eq!(cx.db.query_log(), [""; 0]);
    Ok(())
}

/// Many at the same time, each in one statement.
async fn counting_up_loses_nothing(_: Orm) -> Outcome {
    items(0..1).await?;
    let counter = || Item::query().filter(|i| i.id.eq(0));
    counter().update(|i| i.rank.set(0)).await?;
    or_lacking(counter().increment(|i| i.rank, 0).await)?;
    let mut tasks = Vec::new();
    for _ in 0..8 {
        tasks.push(Db::spawn(async move {
            for _ in 0..10 {
                counter().increment(|i| i.rank, 1).await?;
            }
            Ok::<(), eloquent::Error>(())
        }));
    }
    for task in tasks {
        task.await.expect("no panic")?;
    }
    assert_eq!(counter().sole().await?.rank, Some(80));
    Ok(())
}

async fn the_text_has_no_values(_: Orm) -> Outcome {
    people().await?;
    let canary = "canary-2b1d";
    let some = || Person::query().filter(|p| p.name.eq(canary));
    let texts = [
        some().to_sql().await?,
        some().delete().to_sql().await?,
        some().update(|p| p.nick.set(canary)).to_sql().await?,
    ];
    for text in texts {
        assert!(!text.contains(canary) && text.contains("suite_people"), "{text}");
    }
    assert_eq!(Person::query().count().await?, 4);
    Ok(())
}
