//! Changing and removing single rows.

use eloquent::ErrorKind;
use eloquent::prelude::*;
use eloquent_core::driver::Family;

use super::models::{Item, Person, items, people, person};
use super::{Orm, verbs};
use crate::cancellation::{Moment, poll_times};
use crate::case::{Bench, Outcome, cases};

cases![Orm:
    only_the_difference_is_written, no_difference_is_no_statement, the_time_is_kept,
    a_failure_restores_the_struct, a_drop_restores_the_struct, a_row_that_is_gone_is_stale,
    the_key_stays, what_does_not_fit_restores_the_struct, a_row_is_removed, others_are_untouched,
    null_and_back,
];

async fn only_the_difference_is_written(cx: Orm) -> Outcome {
    let mut people = people().await?;
    cx.db.enable_query_log();
    cx.db.query_log();
    assert!(people[0].update(|p| p.name = "augusta".into()).await?);
    let log = cx.db.query_log();
    assert_eq!(log.len(), 1, "{log:?}");
    if cx.capabilities().family == Family::Relational {
        assert!(log[0].contains("name") && log[0].contains("updated_at"), "{log:?}");
        assert!(!log[0].contains("age") && !log[0].contains("email"), "{log:?}");
    }
    // so a change that somebody else made to another column is kept
    Person::query().filter(|p| p.name.eq("augusta")).update(|p| p.age.set(99)).await?;
    assert!(people[0].update(|p| p.nick = Some("ada".into())).await?);
    let stored = Person::find(people[0].id).or_fail().await?;
    assert_eq!((stored.age, stored.nick.as_deref()), (99, Some("ada")));
    assert_eq!(people[0].age, 36, "the struct is as it was read, with its changes");
    Ok(())
}

async fn no_difference_is_no_statement(cx: Orm) -> Outcome {
    let mut people = people().await?;
    cx.db.enable_query_log();
    cx.db.query_log();
    let before = people[0].clone();
    assert!(!people[0].update(|_| {}).await?);
    assert!(!people[0].update(|p| p.name = "ada".into()).await?);
    assert!(!people[0].update(|p| p.updated_at = before.updated_at).await?);
    assert_eq!(cx.db.query_log(), [""; 0]);
    assert_eq!(people[0], before);
    Ok(())
}

async fn the_time_is_kept(_: Orm) -> Outcome {
    let mut people = people().await?;
    let before = people[0].clone();
    people[0].update(|p| p.age += 1).await?;
    assert!(people[0].updated_at >= before.updated_at);
    assert_eq!(people[0].created_at, before.created_at);
    assert_eq!(Person::find(before.id).or_fail().await?, people[0]);
    let then = DateTime::<Utc>::from_timestamp(1_000_000_000, 0).expect("a time");
    people[0].update(|p| p.updated_at = then).await?;
    assert_eq!(Person::find(before.id).or_fail().await?.updated_at, then, "one's own time stays");
    Ok(())
}

async fn a_failure_restores_the_struct(_: Orm) -> Outcome {
    let mut people = people().await?;
    let before = people[0].clone();
    let error = people[0]
        .update(|p| {
            p.email = "grace@example.org".into();
            p.age = 1;
        })
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.model()),
        (ErrorKind::UniqueViolation, Some("Person")),
        "{error}"
    );
    assert_eq!(people[0], before);
    assert_eq!(Person::find(before.id).or_fail().await?, before);
    Ok(())
}

async fn a_drop_restores_the_struct(_: Orm) -> Outcome {
    let mut people = people().await?;
    let before = people[0].clone();
    drop(people[0].update(|p| p.age = 1));
    assert_eq!(people[0], before);
    let update = people[0].update(|p| p.age = 1).into_future();
    assert!(poll_times(0, Moment::Waiting, update).await.is_none());
    assert_eq!(people[0], before);
    assert_eq!(Person::find(before.id).or_fail().await?, before);
    Ok(())
}

async fn a_row_that_is_gone_is_stale(_: Orm) -> Outcome {
    let mut people = people().await?;
    Person::query().filter(|p| p.name.eq("ada")).delete().await?;
    let before = people[0].clone();
    let error = people[0].update(|p| p.age = 1).await.unwrap_err();
    let found = (error.kind(), error.model(), error.table());
    assert_eq!(found, (ErrorKind::Stale, Some("Person"), Some("suite_people")), "{error}");
    assert_eq!(people[0], before);
    let error = people.remove(0).delete().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    Ok(())
}

async fn the_key_stays(cx: Orm) -> Outcome {
    items(0..3).await?;
    cx.db.enable_query_log();
    let mut item = Item::find(1).or_fail().await?;
    cx.db.query_log();
    let error = item.update(|i| i.id = 7).await.unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::InvalidInput, Some("id")), "{error}");
    assert_eq!(item.id, 1);
    assert_eq!(cx.db.query_log(), [""; 0]);
    Ok(())
}

async fn what_does_not_fit_restores_the_struct(cx: Orm) -> Outcome {
    let mut people = people().await?;
    cx.db.enable_query_log();
    cx.db.query_log();
    let before = people[0].clone();
    let error = people[0].update(|p| p.name = "x".repeat(51)).await.unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::Encode, Some("name")), "{error}");
    assert_eq!(people[0], before);
    assert_eq!(cx.db.query_log(), [""; 0]);
    Ok(())
}

async fn a_row_is_removed(cx: Orm) -> Outcome {
    let mut people = people().await?;
    cx.db.enable_query_log();
    cx.db.query_log();
    people.remove(0).delete().await?;
    let log = cx.db.query_log();
    if cx.capabilities().family == Family::Relational {
        assert_eq!(verbs(&log), ["delete"]);
    }
    assert_eq!(Person::query().count().await?, 3);
    people.remove(0).delete().on(&cx.db).await?;
    assert_eq!(Person::query().count().await?, 2);
    Ok(())
}

async fn others_are_untouched(cx: Orm) -> Outcome {
    let mut people = people().await?;
    people[1].update(|p| p.age = 1).on(&cx.db).await?;
    for person in people {
        assert_eq!(Person::find(person.id).or_fail().await?, person);
    }
    Ok(())
}

async fn null_and_back(_: Orm) -> Outcome {
    super::models::empty::<Person>().await?;
    let mut ada = Person::create(person("ada", 36)).await?;
    for nick in [Some("countess".to_owned()), None, Some(String::new())] {
        assert!(ada.update(|p| p.nick = nick.clone()).await?);
        assert_eq!(Person::find(ada.id).or_fail().await?.nick, nick);
    }
    Ok(())
}
