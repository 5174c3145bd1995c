//! Questions with one answer, and groups.

use eloquent::ErrorKind;
use eloquent::prelude::*;

use super::Orm;
use super::models::{Item, Person, items, people};
use crate::case::{Outcome, cases, or_lacking};

cases![Orm:
    counts, whether_there_is_one, sums_and_means, least_and_greatest, of_no_rows, of_computed_values,
    counts_of_a_part, groups, groups_that_are_wanted, clauses_that_make_no_sense,
];

async fn counts(_: Orm) -> Outcome {
    people().await?;
    assert_eq!(Person::query().count().await?, 4);
    assert_eq!(Person::query().filter(|p| p.active).order_by(|p| p.age.asc()).count().await?, 3);
    assert_eq!(Person::query().filter(|p| p.age.lt(0)).count().await?, 0);
    Ok(())
}

async fn whether_there_is_one(_: Orm) -> Outcome {
    people().await?;
    assert!(Person::query().exists().await?);
    assert!(Person::query().filter(|p| p.nick.eq("al")).exists().await?);
    assert!(!Person::query().filter(|p| p.nick.eq("x")).exists().await?);
    assert!(!Person::query().limit(0).exists().await?);
    assert!(!Person::query().offset(4).exists().await?);
    Ok(())
}

async fn sums_and_means(_: Orm) -> Outcome {
    people().await?;
    assert_eq!(or_lacking(Person::query().sum(|p| p.age).await)?, Some(234));
    assert_eq!(Person::query().avg(|p| p.age).await?, Some(58.5));
    assert_eq!(Person::query().sum(|p| p.balance).await?, Some(Decimal::new(2_150, 2)));
    let mean = Person::query().avg(|p| p.balance).await?;
    assert_eq!(mean, Some(Decimal::new(5_375, 3)));
    Ok(())
}

async fn least_and_greatest(_: Orm) -> Outcome {
    people().await?;
    assert_eq!(or_lacking(Person::query().min(|p| p.age).await)?, Some(36));
    assert_eq!(Person::query().max(|p| p.name).await?.as_deref(), Some("grace"));
    assert_eq!(Person::query().max(|p| p.nick).await?.as_deref(), Some("ewd"));
    assert_eq!(Person::query().max(|p| p.balance).await?, Some(Decimal::new(1_250, 2)));
    assert!(Person::query().max(|p| p.born).await?.is_some());
    Ok(())
}

async fn of_no_rows(_: Orm) -> Outcome {
    people().await?;
    let nobody = || Person::query().filter(|p| p.age.lt(0));
    assert_eq!(nobody().count().await?, 0);
    assert_eq!(or_lacking(nobody().sum(|p| p.age).await)?, None);
    assert_eq!(nobody().avg(|p| p.balance).await?, None);
    assert_eq!(nobody().min(|p| p.name).await?, None);
    assert_eq!(nobody().max(|p| p.created_at).await?, None);
    Ok(())
}

async fn of_computed_values(_: Orm) -> Outcome {
    people().await?;
    assert_eq!(or_lacking(Person::query().sum(|p| p.age * 2).await)?, Some(468));
    assert_eq!(Person::query().max(|p| p.age - 100).await?, Some(-15));
    Ok(())
}

/// What is counted is what the query gives.
async fn counts_of_a_part(_: Orm) -> Outcome {
    people().await?;
    assert_eq!(or_lacking(Person::query().limit(2).count().await)?, 2);
    assert_eq!(Person::query().offset(3).count().await?, 1);
    assert_eq!(Person::query().limit(10).offset(1).count().await?, 3);
    assert_eq!(Person::query().distinct().count().await?, 4);
    assert_eq!(Person::query().group_by(|p| p.active).count().await?, 2);
    Ok(())
}

async fn groups(_: Orm) -> Outcome {
    items(0..10).await?;
    let groups = Item::query().group_by(|i| i.rank).order_by(|i| i.rank.asc());
    let rows = or_lacking(groups.clone().select(|i| (i.rank, count(), i.id.sum())).await)?;
    assert_eq!(rows, [(None, 3, Some(15)), (Some(0), 4, Some(18)), (Some(1), 3, Some(12))]);
    let rows = groups.select(|i| (i.id.min(), i.id.max(), i.rank.count())).await?;
    assert_eq!(rows, [(Some(2), Some(8), 0), (Some(0), Some(9), 4), (Some(1), Some(7), 3)]);
    let all =
        Item::query().select(|i| (count(), i.rank.count_distinct(), i.id.avg())).sole().await?;
    assert_eq!(all, (10, 2, Some(4.5)));
    Ok(())
}

async fn groups_that_are_wanted(_: Orm) -> Outcome {
    items(0..10).await?;
    let groups = Item::query().group_by(|i| i.rank).having(|_| count().gt(3));
    assert_eq!(or_lacking(groups.pluck(|i| i.rank).await)?, [Some(0)]);
    Ok(())
}

async fn clauses_that_make_no_sense(_: Orm) -> Outcome {
    people().await?;
    let queries = [
        Person::query().limit(1),
        Person::query().offset(1),
        Person::query().distinct(),
        Person::query().group_by(|p| p.age),
    ];
    for query in queries {
        let error = query.sum(|p| p.age).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.model()),
            (ErrorKind::InvalidInput, Some("Person")),
            "{error}"
        );
    }
    Ok(())
}
