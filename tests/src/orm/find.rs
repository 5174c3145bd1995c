//! Finding rows by key, and single rows.

use eloquent::ErrorKind;
use eloquent::prelude::*;

use super::Orm;
use super::models::{Item, Person, Seat, empty, items, people, person};
use crate::case::{Outcome, cases};

cases![Orm:
    by_key, by_many_keys, by_a_key_of_two_columns, the_first, the_only_one, queries_are_used_again,
    clauses_if_there_is_a_value, scopes_are_functions, rows_are_read_again,
];

async fn by_key(_: Orm) -> Outcome {
    let people = people().await?;
    assert_eq!(Person::find(people[1].id).await?.as_ref(), Some(&people[1]));
    let nobody = Uuid::from_u128(1);
    assert_eq!(Person::find(nobody).await?, None);
    let error = Person::find(nobody).or_fail().await.unwrap_err();
    let found = (error.kind(), error.model(), error.table());
    assert_eq!(found, (ErrorKind::NotFound, Some("Person"), Some("suite_people")), "{error}");
    Ok(())
}

async fn by_many_keys(_: Orm) -> Outcome {
    items(0..20).await?;
    let mut found = Item::find_many([3, 99, 7, 3]).await?;
    found.sort_by_key(|item| item.id);
    assert_eq!(found.iter().map(|item| item.id).collect::<Vec<_>>(), [3, 7]);
    assert_eq!(Item::find_many(Vec::<i64>::new()).await?, []);
    let all = Item::find_many(0..10_000).order_by(|i| i.id.desc()).limit(2).await?;
    assert_eq!(all.iter().map(|item| item.id).collect::<Vec<_>>(), [19, 18]);
    Ok(())
}

async fn by_a_key_of_two_columns(_: Orm) -> Outcome {
    empty::<Seat>().await?;
    let seat = |line, place: &str| new!(Seat { line, place });
    let keys = Seat::insert_many([seat(1, "a"), seat(1, "b"), seat(2, "a")]).await?;
    assert_eq!(keys[1], (1, "b".to_owned()));
    let mut found = Seat::find((1, "b".to_owned())).or_fail().await?;
    found.update(|seat| seat.guest = Some("ada".to_owned())).await?;
    assert_eq!(Seat::query().filter(|s| s.guest.is_not_null()).count().await?, 1);
    let many = Seat::find_many([(2, "a".to_owned()), (1, "a".to_owned()), (9, "z".to_owned())]);
    assert_eq!(many.count().await?, 2);
    found.delete().await?;
    assert_eq!(Seat::find((1, "b".to_owned())).await?, None);
    assert_eq!(Seat::query().count().await?, 2);
    Ok(())
}

async fn the_first(_: Orm) -> Outcome {
    people().await?;
    let oldest = Person::query().order_by(|p| p.age.desc());
    assert_eq!(oldest.clone().first().or_fail().await?.name, "grace");
    assert_eq!(oldest.offset(1).first().or_fail().await?.name, "edsger");
    let nobody = Person::query().filter(|p| p.age.gt(100)).first();
    assert_eq!(nobody.await?, None);
    let error = Person::query().filter(|p| p.age.gt(100)).first().or_fail().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    Ok(())
}

async fn the_only_one(_: Orm) -> Outcome {
    people().await?;
    assert_eq!(Person::query().filter(|p| p.age.eq(36)).sole().await?.name, "ada");
    let error = Person::query().filter(|p| p.age.eq(0)).sole().await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::NotFound, Some("Person")), "{error}");
    let error = Person::query().sole().await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::NotUnique, Some("Person")), "{error}");
    Ok(())
}

async fn queries_are_used_again(_: Orm) -> Outcome {
    people().await?;
    let adults = Person::query().filter(|p| p.age.ge(41));
    let named = adults.clone().filter(|p| p.nick.is_not_null()).order_by(|p| p.name.asc());
    for _ in 0..3 {
        assert_eq!(adults.clone().count().await?, 3);
        let names: Vec<String> = named.clone().pluck(|p| p.name).await?;
        assert_eq!(names, ["alan", "edsger"]);
    }
    Ok(())
}

async fn clauses_if_there_is_a_value(_: Orm) -> Outcome {
    people().await?;
    let search = |min: Option<i64>, name: Option<&str>| {
        Person::query()
            .when(min, |query, min| query.filter(|p| p.age.ge(min)))
            .when(name, |query, name| query.filter(|p| p.name.eq(name)))
    };
    assert_eq!(search(None, None).count().await?, 4);
    assert_eq!(search(Some(50), None).count().await?, 2);
    assert_eq!(search(Some(50), Some("ada")).count().await?, 0);
    Ok(())
}

async fn scopes_are_functions(_: Orm) -> Outcome {
    fn active(query: Query<Person>) -> Query<Person> {
        query.filter(|p| p.active)
    }
    people().await?;
    assert_eq!(Person::query().scope(active).filter(|p| p.age.gt(40)).count().await?, 2);
    Ok(())
}

async fn rows_are_read_again(cx: Orm) -> Outcome {
    let mut people = people().await?;
    let ada = &mut people[0];
    Person::query().filter(|p| p.name.eq("ada")).update(|p| p.age.set(37)).await?;
    assert_eq!(ada.age, 36);
    ada.refresh().await?;
    assert_eq!(ada.age, 37);
    ada.refresh_on(&cx.db).await?;
    Person::query().filter(|p| p.name.eq("ada")).delete().await?;
    let before = ada.clone();
    let error = ada.refresh().await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::Stale, Some("Person")), "{error}");
    assert_eq!(*ada, before, "a row that is gone leaves the struct as it was");
    Person::create(person("ada", 1)).await?;
    Ok(())
}
