//! Statements in the language of the database.

use eloquent::prelude::*;
use eloquent::{ErrorKind, RawSql, Result};

use super::Orm;
use super::models::{NameAndAge, Person, people};
use crate::case::{Outcome, cases};

cases![Orm:
    models_by_the_names_of_columns[RELATIONAL], views_and_values[RELATIONAL], rows_of_any_shape[RELATIONAL],
    writes[RELATIONAL], in_transactions[RELATIONAL, TRANSACTIONS], mistakes_are_named[RELATIONAL],
    raw_conditions_and_values[RELATIONAL], values_are_bound[RELATIONAL],
];

async fn models_by_the_names_of_columns(cx: Orm) -> Outcome {
    let people = people().await?;
    let found: Vec<Person> =
        Db::raw("SELECT * FROM suite_people WHERE age > ? ORDER BY age").bind(70).fetch().await?;
    assert_eq!(found, [people[3].clone(), people[1].clone()]);
    // in another order, and with a column more
    let text = "SELECT updated_at, 1 AS further, created_at, born, balance, active, nick, age, name, \
                email, id FROM suite_people WHERE name = ?";
    let found: Vec<Person> = Db::raw(text).bind("ada".to_owned()).on(&cx.db).fetch().await?;
    assert_eq!(found, people[..1]);
    Ok(())
}

async fn views_and_values(_: Orm) -> Outcome {
    people().await?;
    let text = "SELECT age + 1 AS age, name FROM suite_people WHERE name = 'ada'";
    let found: Vec<NameAndAge> = Db::raw(text).fetch().await?;
    assert_eq!(found, [NameAndAge { name: "ada".to_owned(), age: 37 }]);
    let most = Db::raw("SELECT MAX(age) FROM suite_people").scalar::<i64>().await?;
    assert_eq!(most, Some(85));
    let none = Db::raw("SELECT age FROM suite_people WHERE age < 0").scalar::<i64>().await?;
    assert_eq!(none, None);
    let null = Db::raw("SELECT MAX(age) FROM suite_people WHERE age < 0");
    assert_eq!(null.scalar::<Option<i64>>().await?, Some(None));
    Ok(())
}

async fn rows_of_any_shape(_: Orm) -> Outcome {
    people().await?;
    let text =
        "SELECT active, COUNT(*) AS number FROM suite_people GROUP BY active ORDER BY active";
    let rows = Db::raw(text).rows().await?;
    assert_eq!(rows[0].names(), ["active", "number"]);
    let counts: Vec<(bool, i64)> = rows
        .iter()
        .map(|row| Ok((row.read("active")?, row.read("number")?)))
        .collect::<Result<_>>()?;
    assert_eq!(counts, [(false, 1), (true, 3)]);
    let error = rows[0].read::<i64>("missing").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    Ok(())
}

async fn writes(_: Orm) -> Outcome {
    people().await?;
    let update = Db::raw("UPDATE suite_people SET age = ? WHERE age > ?").bind(1).bind(70);
    assert_eq!(update.execute().await?, 2);
    assert_eq!(Person::query().filter(|p| p.age.eq(1)).count().await?, 2);
    Ok(())
}

async fn in_transactions(cx: Orm) -> Outcome {
    people().await?;
    let delete = || Db::raw("DELETE FROM suite_people");
    let outcome: Result<()> = Db::transaction(async {
        assert_eq!(delete().execute().await?, 4);
        Err(eloquent::Error::invalid("undone"))
    })
    .await;
    assert!(outcome.is_err());
    let transaction = cx.db.begin().await?;
    assert_eq!(delete().on(&transaction).execute().await?, 4);
    transaction.rollback().await?;
    assert_eq!(Person::query().count().await?, 4);
    Ok(())
}

async fn mistakes_are_named(_: Orm) -> Outcome {
    people().await?;
    let lacking = Db::raw("SELECT name FROM suite_people").fetch::<NameAndAge>().await.unwrap_err();
    assert_eq!((lacking.kind(), lacking.column()), (ErrorKind::Decode, Some("age")), "{lacking}");
    let wrong = Db::raw("SELECT name AS age, name FROM suite_people").fetch::<NameAndAge>();
    let wrong = wrong.await.unwrap_err();
    assert_eq!((wrong.kind(), wrong.column()), (ErrorKind::Decode, Some("age")), "{wrong}");
    for raw in [
        Db::raw("SELECT name FROM suite_people WHERE age = ?"),
        Db::raw("SELECT name FROM suite_people").bind(1),
        Db::raw("DELETE FROM suite_people; DELETE FROM suite_people"),
        Db::raw("SELECT name FROM suite_people WHERE age = :age").bind(1),
        Db::raw(""),
    ] {
        let error = raw.clone().rows().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.connection().is_some() && error.driver().is_some(), "{error}");
        assert!(raw.execute().await.is_err());
    }
    assert_eq!(Person::query().count().await?, 4);
    Ok(())
}

async fn raw_conditions_and_values(_: Orm) -> Outcome {
    people().await?;
    let long = Person::query()
        .filter(|p| raw::<bool>(RawSql::new("LENGTH(name) > ?").bind(4)).and(p.active));
    let mut names = long.pluck(|p| p.name).await?;
    names.sort_unstable();
    assert_eq!(names, ["edsger", "grace"]);
    let query = Person::query().order_by(|p| p.name.asc()).limit(1);
    let rows = query.select(|p| (p.name, raw::<i64>("age * 2"))).await?;
    assert_eq!(rows, [("ada".to_owned(), 72)]);
    Ok(())
}

async fn values_are_bound(_: Orm) -> Outcome {
    people().await?;
    let hostile = "x' OR '1'='1";
    let found = Db::raw("SELECT name FROM suite_people WHERE name = ?").bind(hostile.to_owned());
    assert_eq!(found.rows().await?.len(), 0);
    let marks = Db::raw("SELECT '?' AS mark, name FROM suite_people WHERE name = ? -- ?");
    assert_eq!(marks.bind("ada".to_owned()).rows().await?[0].read::<String>("mark")?, "?");
    Ok(())
}
