//! Conditions of every kind, as closures.

use eloquent::prelude::*;
use eloquent::query::IntoExpr;
use eloquent::value::NaiveDate;
use eloquent::{ErrorKind, Result};

use super::Orm;
use super::models::{Item, Person, items, people};
use crate::case::{Outcome, cases, or_lacking};

cases![Orm:
    comparisons, nulls, lists, ranges, texts, a_users_text_is_no_pattern, connectives,
    decimals_and_dates, orders, names_chosen_at_run_time, computed_conditions,
    too_deep_is_an_error, a_wrong_family_is_refused,
];

/// The names for which a condition holds, in their order.
async fn names<E: IntoExpr<bool>>(
    condition: impl FnOnce(<Person as Model>::Columns) -> E,
) -> Result<Vec<String>> {
    let query = Person::query().filter(condition).order_by(|p| p.name.asc());
    Ok(query.await?.into_iter().map(|person| person.name).collect())
}

async fn comparisons(_: Orm) -> Outcome {
    people().await?;
    assert_eq!(names(|p| p.age.eq(41)).await?, ["alan"]);
    assert_eq!(names(|p| p.age.ne(41)).await?, ["ada", "edsger", "grace"]);
    assert_eq!(names(|p| p.age.lt(41)).await?, ["ada"]);
    assert_eq!(names(|p| p.age.le(41)).await?, ["ada", "alan"]);
    assert_eq!(names(|p| p.age.gt(41)).await?, ["edsger", "grace"]);
    assert_eq!(names(|p| p.age.ge(72)).await?, ["edsger", "grace"]);
    assert_eq!(names(|p| p.name.gt("b")).await?, ["edsger", "grace"]);
    assert_eq!(names(|p| p.active).await?, ["ada", "edsger", "grace"]);
    assert_eq!(names(|p| !p.active).await?, ["alan"]);
    assert_eq!(names(|p| p.active.eq(false)).await?, ["alan"]);
    let email = String::from("ada@example.org");
    assert_eq!(names(|p| p.email.eq(&email)).await?, ["ada"]);
    Ok(())
}

async fn nulls(_: Orm) -> Outcome {
    people().await?;
    assert_eq!(names(|p| p.nick.is_null()).await?, ["ada", "grace"]);
    assert_eq!(names(|p| p.nick.is_not_null()).await?, ["alan", "edsger"]);
    assert_eq!(names(|p| p.nick.eq(None)).await?, ["ada", "grace"]);
    assert_eq!(names(|p| p.nick.ne(None)).await?, ["alan", "edsger"]);
    assert_eq!(names(|p| p.nick.eq("al")).await?, ["alan"]);
    // a null is neither equal to a value nor different from it
    assert_eq!(names(|p| p.nick.ne("al")).await?, ["edsger"]);
    assert_eq!(names(|p| !p.nick.eq("al")).await?, ["edsger"]);
    Ok(())
}

async fn lists(_: Orm) -> Outcome {
    people().await?;
    assert_eq!(names(|p| p.age.is_in([36, 72, 1])).await?, ["ada", "edsger"]);
    assert_eq!(names(|p| p.name.is_in(["ada", "alan"])).await?, ["ada", "alan"]);
    assert_eq!(names(|p| p.age.not_in([36, 72])).await?, ["alan", "grace"]);
    assert_eq!(names(|p| p.nick.is_in(["al"])).await?, ["alan"]);
    assert_eq!(names(|p| p.nick.not_in(["al"])).await?, ["edsger"]);
    assert_eq!(names(|p| p.age.is_in(Vec::<i64>::new())).await?, [""; 0]);
    assert_eq!(names(|p| p.age.not_in(Vec::<i64>::new())).await?.len(), 4);
    let many = names(|p| p.age.is_in(0..40_000)).await?;
    assert_eq!(many.len(), 4);
    Ok(())
}

async fn ranges(_: Orm) -> Outcome {
    people().await?;
    assert_eq!(names(|p| p.age.between(36, 41)).await?, ["ada", "alan"]);
    assert_eq!(names(|p| p.age.between(41, 36)).await?, [""; 0]);
    assert_eq!(names(|p| p.age.not_between(36, 41)).await?, ["edsger", "grace"]);
    Ok(())
}

async fn texts(_: Orm) -> Outcome {
    people().await?;
    assert_eq!(names(|p| p.name.like("a%")).await?, ["ada", "alan"]);
    assert_eq!(names(|p| p.name.like("_da")).await?, ["ada"]);
    assert_eq!(names(|p| p.name.not_like("a%")).await?, ["edsger", "grace"]);
    assert_eq!(names(|p| p.name.contains("ra")).await?, ["grace"]);
    assert_eq!(names(|p| p.name.starts_with("ed")).await?, ["edsger"]);
    assert_eq!(names(|p| p.name.ends_with("e")).await?, ["grace"]);
    assert_eq!(names(|p| p.nick.starts_with("e")).await?, ["edsger"]);
    Ok(())
}

async fn a_users_text_is_no_pattern(_: Orm) -> Outcome {
    items([]).await?;
    let labels = ["50%", "a_b", "a\\b", "[a]", "x'y", "plain", "%", "_"];
    Item::insert_many((0..).zip(labels).map(|(id, label)| new!(Item { id, label }))).await?;
    for label in labels {
        let found = Item::query().filter(|i| i.label.contains(label)).await?;
        assert!(found.iter().all(|item| item.label.contains(label)), "{label}: {found:?}");
        let expected = labels.iter().filter(|other| other.contains(label)).count();
        assert_eq!(found.len(), expected, "{label}");
        let starts = Item::query().filter(|i| i.label.starts_with(label)).count().await?;
        assert_eq!(
            usize::try_from(starts),
            Ok(labels.iter().filter(|o| o.starts_with(label)).count())
        );
        let ends = Item::query().filter(|i| i.label.ends_with(label)).count().await?;
        assert_eq!(usize::try_from(ends), Ok(labels.iter().filter(|o| o.ends_with(label)).count()));
    }
    Ok(())
}

async fn connectives(_: Orm) -> Outcome {
    people().await?;
    let old_or_named = names(|p| p.age.gt(80).or(p.nick.is_not_null())).await?;
    assert_eq!(old_or_named, ["alan", "edsger", "grace"]);
    assert_eq!(names(|p| p.active.and(p.age.gt(40))).await?, ["edsger", "grace"]);
    let mixed = names(|p| (p.age.lt(40).or(p.age.gt(80))).and(!p.name.eq("ada"))).await?;
    assert_eq!(mixed, ["grace"]);
    assert_eq!(names(|p| !(p.active.and(p.age.gt(40)))).await?, ["ada", "alan"]);
    let many = (0..500).fold(None::<eloquent::query::Expr<bool>>, |any, age| {
        let one = |p: <Person as Model>::Columns| p.age.eq(age);
        let column = one(Person::columns(Default::default()));
        Some(match any {
            Some(any) => any.or(column),
            None => column,
        })
    });
    assert_eq!(names(|_| many.expect("conditions")).await?.len(), 4);
    Ok(())
}

async fn decimals_and_dates(_: Orm) -> Outcome {
    people().await?;
    // as text, 9.00 would be more than 12.50
    assert_eq!(names(|p| p.balance.gt(Decimal::new(95, 1))).await?, ["alan"]);
    assert_eq!(names(|p| p.balance.eq(Decimal::new(125, 1))).await?, ["alan"]);
    assert_eq!(names(|p| p.balance.between(Decimal::ONE, Decimal::TEN)).await?, ["edsger"]);
    let day = NaiveDate::from_ymd_opt(1912, 6, 23).expect("a date");
    assert_eq!(names(|p| p.born.eq(day)).await?, ["alan"]);
    let past = DateTime::<Utc>::from_timestamp(0, 0).expect("a time");
    assert_eq!(names(|p| p.created_at.gt(past)).await?.len(), 4);
    Ok(())
}

async fn orders(_: Orm) -> Outcome {
    people().await?;
    let order = |text| async move {
        let query = Person::query().order_by_str(text)?;
        Ok::<_, eloquent::Error>(
            query.await?.into_iter().map(|person| person.name).collect::<Vec<_>>(),
        )
    };
    assert_eq!(order("age").await?, ["ada", "alan", "edsger", "grace"]);
    assert_eq!(order("age desc").await?, ["grace", "edsger", "alan", "ada"]);
    assert_eq!(order("active, name DESC").await?, ["alan", "grace", "edsger", "ada"]);
    let several = Person::query().order_by(|p| (p.active.asc(), p.name.desc()));
    assert_eq!(several.clone().first().or_fail().await?.name, "alan");
    let by_age = several.unordered().order_by(|p| p.age.asc());
    assert_eq!(by_age.first().or_fail().await?.name, "ada");
    let by_balance = Person::query().order_by(|p| (p.balance.desc(), p.name.asc()));
    assert_eq!(by_balance.await?[0].name, "alan");
    let hostile =
        ["", "id; drop", "missing", "age sideways", "age desc, ", "age desc 2", "id\0", "1"];
    for text in hostile {
        let error = Person::query().order_by_str(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text:?}: {error}");
    }
    Ok(())
}

async fn names_chosen_at_run_time(_: Orm) -> Outcome {
    people().await?;
    let column = Person::column::<String>("name")?;
    assert_eq!(names(|_| column.starts_with("a")).await?, ["ada", "alan"]);
    let age = Person::column::<i64>("age")?;
    assert_eq!(names(|_| age.gt(80)).await?, ["grace"]);
    for name in ["missing", "name; --", "suite_people.name", ""] {
        let error = Person::column::<String>(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("email")), "{error}");
    }
    let error = Person::column::<i64>("name").unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::InvalidInput, Some("name")), "{error}");
    Ok(())
}

async fn computed_conditions(_: Orm) -> Outcome {
    people().await?;
    assert_eq!(or_lacking(names(|p| (p.age + 9).eq(50)).await)?, ["alan"]);
    assert_eq!(names(|p| (p.age * 2 - 1).gt(p.age + 70)).await?, ["edsger", "grace"]);
    assert_eq!(names(|p| p.nick.eq(p.name)).await?, [""; 0]);
    Ok(())
}

/// Not a stack overflow.
async fn too_deep_is_an_error(_: Orm) -> Outcome {
    people().await?;
    let deep = (0..10_000).fold(None::<eloquent::query::Expr<bool>>, |inner, _| {
        Some(match inner {
            Some(inner) => !inner,
            None => Person::columns(Default::default()).age.eq(1),
        })
    });
    let error = names(|_| deep.expect("a condition")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    Ok(())
}

#[derive(Model, Debug)]
#[model(table = "suite_tables_only")]
struct TableRow {
    id: i64,
}

#[derive(Model, Debug)]
#[model(document, table = "suite_documents_only")]
struct Document {
    #[model(key, auto = false)]
    id: i64,
}

async fn a_wrong_family_is_refused(cx: Orm) -> Outcome {
    use crate::case::Bench;
    let error = match cx.capabilities().family {
        eloquent::Family::Relational => Document::query().get().await.map(drop).unwrap_err(),
        _ => TableRow::query().get().await.map(drop).unwrap_err(),
    };
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(error.model().is_some() && error.connection().is_some(), "{error}");
    let _ = (Document { id: 1 }.id, TableRow { id: 1 }.id);
    Ok(())
}
