//! Adding rows.

use eloquent::prelude::*;
use eloquent::{ErrorKind, RawSql};

use super::Orm;
use super::models::{Item, Note, Person, empty, people, person};
use crate::case::{Bench, Outcome, cases};

cases![Orm:
    a_row_comes_back_as_it_is_stored, keys_are_made_or_given, times_are_kept,
    what_does_not_fit_is_not_sent, a_missing_field_is_named, errors_say_where,
    many_rows_come_back_in_order, no_rows_are_no_statement, all_of_them_or_none,
    as_many_statements_as_it_takes, a_late_failure_undoes_all[TRANSACTIONS],
    the_database_numbers_rows[RELATIONAL], many_numbered_rows[RELATIONAL],
];

async fn a_row_comes_back_as_it_is_stored(_: Orm) -> Outcome {
    empty::<Person>().await?;
    let draft = person("ada", 36).nick("countess").balance(Decimal::new(-105, 2));
    let ada = Person::create(draft).await?;
    assert_eq!((ada.name.as_str(), ada.age, ada.nick.as_deref()), ("ada", 36, Some("countess")));
    assert!(ada.active, "a default");
    assert_eq!(Person::find(ada.id).or_fail().await?, ada);
    assert_eq!(Person::all().await?, [ada]);
    Ok(())
}

async fn keys_are_made_or_given(_: Orm) -> Outcome {
    empty::<Person>().await?;
    let ada = Person::create(person("ada", 36)).await?;
    let grace = Person::create(person("grace", 85)).await?;
    assert!(ada.id < grace.id, "keys follow time");
    let id = Uuid::from_u128(7);
    let alan = Person::create(person("alan", 41).id(id)).await?;
    assert_eq!((alan.id, Person::find(id).or_fail().await?.name), (id, "alan".to_owned()));
    Ok(())
}

async fn times_are_kept(_: Orm) -> Outcome {
    empty::<Person>().await?;
    let ada = Person::create(person("ada", 36)).await?;
    assert_eq!(ada.created_at, ada.updated_at);
    let then = DateTime::<Utc>::from_timestamp(1_000_000_000, 0).expect("a time");
    let old = Person::create(person("old", 1).created_at(then)).await?;
    assert_eq!(Person::find(old.id).or_fail().await?.created_at, then);
    assert!(old.updated_at > then);
    Ok(())
}

/// The same error everywhere, before anything is sent.
async fn what_does_not_fit_is_not_sent(cx: Orm) -> Outcome {
    empty::<Person>().await?;
    cx.db.enable_query_log();
    cx.db.query_log();
    let error = Person::create(person(&"x".repeat(51), 1)).await.unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::Encode, Some("name")), "{error}");
    assert_eq!((error.model(), error.table()), (Some("Person"), Some("suite_people")));
    let too_fine = person("ada", 1).balance(Decimal::new(1_005, 3));
    let error = Person::create_many([person("grace", 1), too_fine]).await.unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::Encode, Some("balance")), "{error}");
    assert_eq!(cx.db.query_log(), [""; 0]);
    assert_eq!(Person::query().count().await?, 0);
    Ok(())
}

async fn a_missing_field_is_named(_: Orm) -> Outcome {
    empty::<Person>().await?;
    let draft = <Person as Model>::Draft::default().name("ada").age(36);
    let error = Person::create(draft).await.unwrap_err();
    let expected = (ErrorKind::NotNullViolation, Some("email"), Some("Person"));
    assert_eq!((error.kind(), error.column(), error.model()), expected, "{error}");
    Ok(())
}

async fn errors_say_where(cx: Orm) -> Outcome {
    people().await?;
    let error = Person::create(person("ada", 1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    assert_eq!((error.model(), error.table()), (Some("Person"), Some("suite_people")), "{error}");
    let connection = cx.db.connection(cx.db.default_connection())?;
    assert_eq!(error.connection(), Some(connection.name()), "{error}");
    // that of a wrapped driver is called after it
    assert!(
        error.driver().is_some_and(|driver| connection.driver().starts_with(driver)),
        "{error}"
    );
    assert!(!error.to_string().contains("ada@"), "{error}");
    Ok(())
}

async fn many_rows_come_back_in_order(_: Orm) -> Outcome {
    empty::<Person>().await?;
    let names: Vec<String> = (0..30).map(|n| format!("p{}", (n * 7) % 30)).collect();
    let people = Person::create_many(names.iter().map(|name| person(name, 1))).await?;
    let created: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(created, names);
    for person in people {
        assert_eq!(Person::find(person.id).or_fail().await?, person);
    }
    empty::<Item>().await?;
    let ids = (0..30).map(|n| (n * 11) % 30).collect::<Vec<i64>>();
    let item = |id: &i64| new!(Item { id: *id, label: "x" });
    assert_eq!(Item::insert_many(ids.iter().map(item)).await?, ids);
    Ok(())
}

async fn no_rows_are_no_statement(cx: Orm) -> Outcome {
    empty::<Person>().await?;
    cx.db.enable_query_log();
    cx.db.query_log();
    assert_eq!(Person::create_many([]).await?, []);
    assert!(Person::insert_many([]).await?.is_empty());
    assert_eq!(cx.db.query_log(), [""; 0]);
    Ok(())
}

async fn all_of_them_or_none(_: Orm) -> Outcome {
    people().await?;
    let drafts = || [person("new", 1), person("newer", 2), person("ada", 3)];
    let error = Person::create_many(drafts()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    assert!(Person::insert_many(drafts()).await.is_err());
    assert_eq!(Person::query().count().await?, 4);
    Ok(())
}

/// How many items one statement takes.
fn most(cx: &Orm) -> i64 {
    let capabilities = cx.capabilities();
    let most = capabilities.insert_rows.min(capabilities.max_binds / 3).min(10_000);
    i64::try_from(most).expect("a number")
}

async fn as_many_statements_as_it_takes(cx: Orm) -> Outcome {
    let most = most(&cx);
    for count in [1, most - 1, most, most + 1, 2 * most + 1] {
        empty::<Item>().await?;
        let keys = Item::insert_many((0..count).map(|id| new!(Item { id, label: "x" }))).await?;
        assert!(keys.into_iter().eq(0..count), "{count}");
        assert_eq!(Item::query().count().await?, count.unsigned_abs());
        Item::delete_all().await?;
        let items = Item::create_many((0..count).map(|id| new!(Item { id, label: "x" }))).await?;
        assert!(items.into_iter().map(|item| item.id).eq(0..count), "{count}");
    }
    Ok(())
}

async fn a_late_failure_undoes_all(cx: Orm) -> Outcome {
    empty::<Item>().await?;
    let ids = (0..2 * most(&cx) + 1).chain([0]);
    let error = Item::insert_many(ids.map(|id| new!(Item { id, label: "x" }))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    assert_eq!(Item::query().count().await?, 0);
    // the same inside a transaction, which goes on
    if cx.capabilities().savepoints {
        let ids = || (0..2 * most(&cx) + 1).chain([0]);
        Db::transaction(async {
            Item::create(new!(Item { id: -1, label: "kept" })).await?;
            let drafts = ids().map(|id| new!(Item { id, label: "x" }));
            assert!(Item::insert_many(drafts).await.is_err());
            Ok::<(), eloquent::Error>(())
        })
        .await?;
        assert_eq!(Item::query().pluck(|i| i.id).await?, [-1]);
    }
    Ok(())
}

async fn the_database_numbers_rows(cx: Orm) -> Outcome {
    empty::<Note>().await?;
    let capabilities = cx.capabilities();
    if !capabilities.returning && !capabilities.last_insert_id {
        let error = Note::create(new!(Note { title: "first" })).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.model()),
            (ErrorKind::Unsupported, Some("Note")),
            "{error}"
        );
        let given = Note::create(new!(Note { title: "given" }).id(100)).await?;
        assert_eq!(Note::all().await?, [given]);
        return Ok(());
    }
    let first = Note::create(new!(Note { title: "first" })).await?;
    let second = Note::create(new!(Note { title: "second", stars: 5 })).await?;
    assert!(first.id < second.id);
    assert_eq!(Note::find(second.id).or_fail().await?, second);
    let given = Note::create(new!(Note { title: "given" }).id(100)).await?;
    assert_eq!(Note::find(100).or_fail().await?, given);
    let count = Db::raw(RawSql::new("SELECT COUNT(*) FROM suite_notes")).scalar::<i64>().await?;
    assert_eq!(count, Some(3));
    Ok(())
}

async fn many_numbered_rows(cx: Orm) -> Outcome {
    empty::<Note>().await?;
    let title = |n: i64| format!("note {}", (n * 7) % 30);
    let drafts = || (0..30).map(|n| new!(Note { title: title(n) }));
    let capabilities = cx.capabilities();
    let created = Note::create_many(drafts()).await;
    let known = capabilities.returning || capabilities.last_insert_id;
    if !known {
        assert_eq!(created.unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(Note::query().count().await?, 0);
        return Ok(());
    }
    let notes = created?;
    assert_eq!(notes.len(), 30);
    for (n, note) in (0..).zip(&notes) {
        assert_eq!(note.title, title(n));
        assert_eq!(Note::find(note.id).or_fail().await?, *note);
    }
    Note::delete_all().await?;
    let keys = Note::insert_many(drafts()).await?;
    for (n, key) in (0..).zip(keys) {
        assert_eq!(Note::find(key).or_fail().await?.title, title(n));
    }
    Ok(())
}
