//! Joins and locks: what only some databases do.

use eloquent::ErrorKind;
use eloquent::prelude::*;

use super::Orm;
use super::models::{Person, Pet, empty, people};
use crate::case::{Outcome, cases};

cases![Orm:
    matching_rows[JOINS], rows_without_a_match[JOINS], each_with_each[JOINS], a_table_twice[JOINS],
    groups_over_joins[JOINS], models_of_a_join[JOINS], joins_are_refused[NO_JOINS],
    locks_are_refused[NO_ROW_LOCKS], locks_are_taken[ROW_LOCKS, TRANSACTIONS],
];

/// Ada has two pets and Grace one; one pet belongs to nobody.
async fn pets() -> eloquent::Result<Vec<Person>> {
    let people = people().await?;
    empty::<Pet>().await?;
    let pet = |owner, name: &str| new!(Pet { owner, name });
    let (ada, grace) = (people[0].id, people[1].id);
    let pets = [pet(ada, "cat"), pet(ada, "dog"), pet(grace, "bug"), pet(Uuid::nil(), "stray")];
    Pet::insert_many(pets).await?;
    Ok(people)
}

fn pair(person: &str, pet: &str) -> (String, String) {
    (person.to_owned(), pet.to_owned())
}

async fn matching_rows(_: Orm) -> Outcome {
    pets().await?;
    let rows = Person::query()
        .join::<Pet, _>(|(person, pet)| pet.owner.eq(person.id))
        .filter(|(_, pet)| pet.name.ne("dog"))
        .order_by(|(person, pet)| (person.name.desc(), pet.name.asc()))
        .select(|(person, pet)| (person.name, pet.name))
        .await?;
    assert_eq!(rows, [pair("grace", "bug"), pair("ada", "cat")]);
    Ok(())
}

async fn rows_without_a_match(_: Orm) -> Outcome {
    pets().await?;
    let left = Person::query()
        .left_join::<Pet, _>(|(person, pet)| pet.owner.eq(person.id))
        .filter(|(_, pet)| pet.id.optional().is_null())
        .order_by(|(person, _)| person.name.asc())
        .select(|(person, pet)| (person.name, pet.name.optional()))
        .await?;
    assert_eq!(left, [("alan".to_owned(), None), ("edsger".to_owned(), None)]);
    let right = Person::query()
        .right_join::<Pet, _>(|(person, pet)| pet.owner.eq(person.id))
        .order_by(|(_, pet)| pet.name.asc())
        .select(|(person, pet)| (person.name.optional(), pet.name))
        .await?;
    assert_eq!(right[3], (None, "stray".to_owned()));
    assert_eq!(right.len(), 4);
    // a column that is null there is an error to read as a value, and says which
    let error = Person::query()
        .left_join::<Pet, _>(|(person, pet)| pet.owner.eq(person.id))
        .select(|(_, pet)| pet.name)
        .get()
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::Decode, Some("name")), "{error}");
    Ok(())
}

async fn each_with_each(_: Orm) -> Outcome {
    pets().await?;
    assert_eq!(Person::query().cross_join::<Pet>().count().await?, 16);
    let same = Person::query().cross_join::<Pet>().filter(|(person, pet)| pet.owner.eq(person.id));
    assert_eq!(same.count().await?, 3);
    Ok(())
}

async fn a_table_twice(_: Orm) -> Outcome {
    people().await?;
    let older = Person::query()
        .join::<Person, _>(|(younger, older)| older.age.gt(younger.age))
        .filter(|(younger, _)| younger.name.eq("alan"))
        .order_by(|(_, older)| older.age.asc())
        .select(|(younger, older)| (younger.name, older.name))
        .await?;
    assert_eq!(older, [pair("alan", "edsger"), pair("alan", "grace")]);
    Ok(())
}

async fn groups_over_joins(_: Orm) -> Outcome {
    pets().await?;
    let counts = Person::query()
        .left_join::<Pet, _>(|(person, pet)| pet.owner.eq(person.id))
        .group_by(|(person, _)| person.name)
        .order_by(|(person, _)| person.name.asc())
        .select(|(person, pet)| (person.name, pet.id.count()))
        .await?;
    let expected = [("ada", 2), ("alan", 0), ("edsger", 0), ("grace", 1)];
    assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)));
    Ok(())
}

/// A join does not change what the rows of a query are.
async fn models_of_a_join(_: Orm) -> Outcome {
    let people = pets().await?;
    let owners = Person::query()
        .join::<Pet, _>(|(person, pet)| pet.owner.eq(person.id))
        .filter(|(_, pet)| pet.name.eq("bug"));
    assert_eq!(owners.clone().sole().await?, people[1]);
    let (person, pet) = owners.select(|(person, pet)| (person, pet)).sole().await?;
    assert_eq!((person, pet.name.as_str()), (people[1].clone(), "bug"));
    Ok(())
}

async fn joins_are_refused(cx: Orm) -> Outcome {
    pets().await?;
    cx.db.enable_query_log();
    cx.db.query_log();
    let error = Person::query()
        .join::<Pet, _>(|(person, pet)| pet.owner.eq(person.id))
        .get()
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::Unsupported, Some("Person")), "{error}");
    assert!(error.driver().is_some(), "{error}");
    Ok(())
}

async fn locks_are_refused(_: Orm) -> Outcome {
    people().await?;
    for query in [Person::query().lock_for_update(), Person::query().lock_for_share()] {
        for query in [query.clone(), query.clone().no_wait(), query.skip_locked()] {
            let error = query.get().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        }
    }
    Ok(())
}

async fn locks_are_taken(cx: Orm) -> Outcome {
    people().await?;
    let ada = || Person::query().filter(|p| p.name.eq("ada"));
    let (first, second) = (cx.db.begin().await?, cx.db.begin().await?);
    assert_eq!(ada().lock_for_update().on(&first).get().await?.len(), 1);
    assert_eq!(ada().lock_for_update().skip_locked().on(&second).get().await?.len(), 0);
    let error = ada().lock_for_share().no_wait().on(&second).get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    second.rollback().await?;
    first.commit().await?;
    assert_eq!(ada().lock_for_share().no_wait().get().await?.len(), 1);
    Ok(())
}
