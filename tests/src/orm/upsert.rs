//! Adding rows, or changing those that exist already.

use eloquent::ErrorKind;
use eloquent::prelude::*;

use super::Orm;
use super::models::{Item, Person, empty, people, person};
use crate::case::{Bench, Outcome, cases};

cases![Orm:
    new_and_old_rows[UPSERT], named_columns_are_changed[UPSERT], old_rows_are_left[UPSERT],
    the_unique_columns_are_named, more_than_one_statement_takes[UPSERT], upserts_are_refused[NO_UPSERT],
];

async fn new_and_old_rows(_: Orm) -> Outcome {
    let people = people().await?;
    let drafts = [person("ada", 99).nick("new"), person("barbara", 50)];
    Person::upsert(drafts).unique_by(|p| p.email).await?;
    assert_eq!(Person::query().count().await?, 5);
    let ada = Person::query().filter(|p| p.name.eq("ada")).sole().await?;
    assert_eq!((ada.age, ada.nick.as_deref()), (99, Some("new")));
    assert_eq!(
        (ada.id, ada.created_at),
        (people[0].id, people[0].created_at),
        "the row is the old one"
    );
    assert!(ada.updated_at >= people[0].updated_at);
    Ok(())
}

async fn named_columns_are_changed(_: Orm) -> Outcome {
    people().await?;
    let ada = person("ada", 99).nick("new").active(false);
    Person::upsert([ada]).unique_by(|p| p.email).update(|p| (p.nick, p.active)).await?;
    let ada = Person::query().filter(|p| p.name.eq("ada")).sole().await?;
    assert_eq!((ada.age, ada.nick.as_deref(), ada.active), (36, Some("new"), false));
    Ok(())
}

async fn old_rows_are_left(cx: Orm) -> Outcome {
    people().await?;
    let drafts = [person("ada", 99), person("barbara", 50)];
    let written = Person::upsert(drafts).unique_by(|p| p.email).ignore().on(&cx.db).await?;
    assert_eq!(written, 1);
    assert_eq!(Person::query().filter(|p| p.name.eq("ada")).sole().await?.age, 36);
    Ok(())
}

async fn the_unique_columns_are_named(cx: Orm) -> Outcome {
    people().await?;
    cx.db.enable_query_log();
    cx.db.query_log();
    let error = Person::upsert([person("ada", 1)]).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidInput, Some("Person")), "{error}");
    assert!(error.hint().is_some(), "{error}");
    assert_eq!(cx.db.query_log(), [""; 0]);
    Ok(())
}

async fn more_than_one_statement_takes(cx: Orm) -> Outcome {
    empty::<Item>().await?;
    let capabilities = cx.capabilities();
    let most = capabilities.insert_rows.min(capabilities.max_binds / 3).min(1_000);
    let many = i64::try_from(most).expect("a number") * 2 + 1;
    let drafts = |label: &'static str| (0..many).map(move |id| new!(Item { id, label }));
    Item::upsert(drafts("old")).unique_by(|i| i.id).await?;
    Item::upsert(drafts("new").chain([new!(Item { id: -1, label: "new" })]))
        .unique_by(|i| i.id)
        .await?;
    let new = Item::query().filter(|i| i.label.eq("new")).count().await?;
    assert_eq!(new, many.unsigned_abs() + 1);
    Ok(())
}

async fn upserts_are_refused(cx: Orm) -> Outcome {
    people().await?;
    cx.db.enable_query_log();
    cx.db.query_log();
    let error = Person::upsert([person("ada", 1)]).unique_by(|p| p.email).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::Unsupported, Some("Person")), "{error}");
    assert!(error.driver().is_some(), "{error}");
    assert_eq!(cx.db.query_log(), [""; 0]);
    Ok(())
}
