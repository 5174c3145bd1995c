//! Parts of rows: tuples, single values, views.

use eloquent::ErrorKind;
use eloquent::prelude::*;

use super::Orm;
use super::models::{NameAndAge, Person, people};
use crate::case::{Outcome, cases, or_lacking};

cases![Orm:
    tuples, single_columns, views, views_of_any_columns, whole_models_in_tuples, expressions,
    distinct_values, the_first_and_the_only, a_wrong_type_names_the_column, limits,
];

async fn tuples(cx: Orm) -> Outcome {
    people().await?;
    let query = Person::query().filter(|p| p.nick.is_not_null()).order_by(|p| p.name.asc());
    let rows: Vec<(String, i64, Option<String>)> =
        query.clone().select(|p| (p.name, p.age, p.nick)).await?;
    let expected = [("alan", 41, "al"), ("edsger", 72, "ewd")];
    assert_eq!(rows, expected.map(|(n, a, k)| (n.to_owned(), a, Some(k.to_owned()))));
    let selected = query.select(|p| (p.age, p.balance)).on(&cx.db);
    assert_eq!(selected.clone().get().await?, selected.await?);
    Ok(())
}

async fn single_columns(_: Orm) -> Outcome {
    people().await?;
    let names = Person::query().order_by(|p| p.age.asc()).pluck(|p| p.name).await?;
    assert_eq!(names, ["ada", "alan", "edsger", "grace"]);
    let nicks = Person::query().order_by(|p| p.age.asc()).pluck(|p| p.nick).await?;
    assert_eq!(nicks.into_iter().flatten().collect::<Vec<_>>(), ["al", "ewd"]);
    let pairs = Person::query().order_by(|p| p.age.asc()).limit(1).pluck(|p| (p.age, p.active));
    assert_eq!(pairs.await?, [(36, true)]);
    Ok(())
}

async fn views(_: Orm) -> Outcome {
    people().await?;
    let query = Person::query().order_by(|p| p.age.desc());
    let oldest = query.clone().view::<NameAndAge>().first().await?;
    assert_eq!(oldest, Some(NameAndAge { name: "grace".to_owned(), age: 85 }));
    assert_eq!(query.view::<NameAndAge>().await?.len(), 4);
    Ok(())
}

async fn views_of_any_columns(_: Orm) -> Outcome {
    people().await?;
    let query = Person::query().filter(|p| p.name.eq("alan"));
    let alan: NameAndAge = query.select_as(|p| (p.email, p.age)).sole().await?;
    assert_eq!(alan, NameAndAge { name: "alan@example.org".to_owned(), age: 41 });
    Ok(())
}

async fn whole_models_in_tuples(_: Orm) -> Outcome {
    let people = people().await?;
    let query = Person::query().filter(|p| p.name.eq("ada"));
    let (age, ada) = query.select(|p| (p.age, p)).sole().await?;
    assert_eq!((age, ada), (36, people[0].clone()));
    Ok(())
}

async fn expressions(_: Orm) -> Outcome {
    people().await?;
    let query = Person::query().filter(|p| p.name.eq("alan"));
    let selected = query.clone().select(|p| (p.age + 1, p.balance * Decimal::TWO)).sole().await;
    assert_eq!(or_lacking(selected)?, (42, Decimal::new(25, 0)));
    let flags = query.select(|p| (p.age.gt(40), p.nick.is_null(), p.nick.eq("x"))).sole().await?;
    assert_eq!(flags, (true, false, false));
    Ok(())
}

async fn distinct_values(_: Orm) -> Outcome {
    people().await?;
    let flags = Person::query().order_by(|p| p.active.asc()).distinct().pluck(|p| p.active);
    assert_eq!(or_lacking(flags.await)?, [false, true]);
    Ok(())
}

async fn the_first_and_the_only(_: Orm) -> Outcome {
    people().await?;
    let names = || Person::query().order_by(|p| p.name.desc()).select(|p| p.name);
    assert_eq!(names().first().await?.as_deref(), Some("grace"));
    assert_eq!(names().sole().await.unwrap_err().kind(), ErrorKind::NotUnique);
    let nobody = || Person::query().filter(|p| p.age.lt(0)).select(|p| p.name);
    assert_eq!(nobody().first().await?, None);
    assert_eq!(nobody().sole().await.unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

/// A person who has to have a nickname.
#[derive(Model, Debug)]
#[model(portable, table = "suite_people")]
struct Named {
    id: Uuid,
    nick: String,
}

/// A null is not taken for a value.
async fn a_wrong_type_names_the_column(_: Orm) -> Outcome {
    people().await?;
    let error = Named::query().get().await.unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::Decode, Some("nick")), "{error}");
    assert_eq!(error.model(), Some("Named"), "{error}");
    let named = Named::query().filter(|n| n.nick.is_not_null()).order_by(|n| n.nick.asc()).await?;
    assert_eq!(named.iter().map(|n| n.nick.as_str()).collect::<Vec<_>>(), ["al", "ewd"]);
    assert!(named.iter().all(|n| !n.id.is_nil()));
    Ok(())
}

async fn limits(_: Orm) -> Outcome {
    people().await?;
    let query = Person::query().order_by(|p| p.name.asc());
    let slice = query.clone().limit(2).offset(1).pluck(|p| p.name).await?;
    assert_eq!(slice, ["alan", "edsger"]);
    assert_eq!(query.clone().limit(0).await?, []);
    assert_eq!(query.clone().offset(3).await?.len(), 1);
    assert_eq!(query.offset(99).await?, []);
    Ok(())
}
