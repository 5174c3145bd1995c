//! What can be heard of statements.

use std::sync::{Arc, Mutex};

use eloquent::ErrorKind;
use eloquent::prelude::*;

use super::models::{Item, Person, items, people, person};
use super::{Orm, verbs};
use crate::case::{Outcome, cases};

cases![Orm:
    statements_are_kept_in_order[RELATIONAL], transactions_are_kept[RELATIONAL, SAVEPOINTS],
    no_value_is_kept, listeners_hear_of_each, the_text_can_be_had, the_plan_can_be_had,
];

async fn statements_are_kept_in_order(cx: Orm) -> Outcome {
    items(0..3).await?;
    assert_eq!(cx.db.query_log(), [""; 0], "nothing is kept unasked");
    cx.db.enable_query_log();
    let mut item = Item::find(1).or_fail().await?;
    item.update(|i| i.label = "new".into()).await?;
    Item::query().count().await?;
    item.delete().await?;
    Item::create(new!(Item { id: 1, label: "x" })).await?;
    let log = cx.db.query_log();
    assert_eq!(verbs(&log), ["select", "update", "select", "delete", "insert"]);
    assert!(log.iter().all(|text| text.contains("suite_items")), "{log:?}");
    assert_eq!(cx.db.query_log(), [""; 0], "what was given out is not kept");
    Ok(())
}

async fn transactions_are_kept(cx: Orm) -> Outcome {
    items([]).await?;
    cx.db.enable_query_log();
    Db::transaction(async {
        Db::transaction(async { Item::query().count().await }).await?;
        let undone: eloquent::Result<()> =
            Db::transaction(async { Err(eloquent::Error::invalid("undone")) }).await;
        assert!(undone.is_err());
        Ok::<(), eloquent::Error>(())
    })
    .await?;
    let log = cx.db.query_log();
    let steps: Vec<&str> =
        log.iter().map(String::as_str).filter(|text| !text.starts_with("SELECT")).collect();
    let expected = [
        "BEGIN",
        "SAVEPOINT 1",
        "RELEASE SAVEPOINT 1",
        "SAVEPOINT 1",
        "ROLLBACK TO SAVEPOINT 1",
        "COMMIT",
    ];
    assert_eq!(steps, expected);
    Ok(())
}

async fn no_value_is_kept(cx: Orm) -> Outcome {
    people().await?;
    cx.db.enable_query_log();
    let canary = "canary-9d2e";
    let heard = Arc::new(Mutex::new(String::new()));
    let writer = heard.clone();
    cx.db.on_query(move |event| writer.lock().expect("no panic").push_str(&format!("{event:?}")));
    Person::create(person(canary, 1)).await?;
    let found = Person::query().filter(|p| p.name.eq(canary)).sole().await?;
    Person::query().filter(|p| p.name.eq(canary)).update(|p| p.nick.set(canary)).await?;
    let error = Person::create(person(canary, 1)).await.unwrap_err();
    found.delete().await?;
    let log = cx.db.query_log();
    assert!(log.len() >= 5 && !log.iter().any(|text| text.contains(canary)), "{log:?}");
    assert!(!heard.lock().expect("no panic").contains(canary));
    assert!(!format!("{error} {error:?}").contains(canary), "{error}");
    Ok(())
}

async fn listeners_hear_of_each(cx: Orm) -> Outcome {
    people().await?;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let writer = heard.clone();
    let connection = cx.db.default_connection().to_owned();
    cx.db.on_query(move |event| {
        assert_eq!(event.connection, connection);
        let kind = event.error.map(eloquent::Error::kind);
        writer.lock().expect("no panic").push((event.rows, kind));
    });
    Person::all().await?;
    Person::query().filter(|p| p.age.gt(80)).update(|p| p.age.set(80)).await?;
    assert!(Person::create(person("ada", 1)).await.is_err());
    let heard = std::mem::take(&mut *heard.lock().expect("no panic"));
    assert_eq!(heard, [(4, None), (1, None), (0, Some(ErrorKind::UniqueViolation))]);
    Ok(())
}

async fn the_text_can_be_had(cx: Orm) -> Outcome {
    people().await?;
    cx.db.enable_query_log();
    let query = Person::query().filter(|p| p.name.eq("canary")).order_by(|p| p.age.desc());
    let text = query.clone().to_sql().await?;
    assert!(text.contains("suite_people") && !text.contains("canary"), "{text}");
    let part = query.clone().select(|p| p.name).to_sql().await?;
    assert!(part.contains("suite_people"), "{part}");
    assert_eq!(cx.db.query_log(), [""; 0], "nothing was sent");
    query.await?;
    assert_eq!(cx.db.query_log(), [text]);
    Ok(())
}

async fn the_plan_can_be_had(_: Orm) -> Outcome {
    people().await?;
    let query = Person::query().filter(|p| p.name.eq("canary"));
    let plans = [query.clone().explain().await, query.select(|p| p.name).explain().await];
    for plan in plans {
        match plan {
            Ok(plan) => assert!(!plan.is_empty() && !plan.contains("canary"), "{plan}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}"),
        }
    }
    Ok(())
}
