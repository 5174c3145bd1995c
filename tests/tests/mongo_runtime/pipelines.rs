//! Pipelines, read into models and views.

use eloquent::mongo::bson::doc;
use eloquent::mongo::{literal, pipeline, value};
use eloquent::prelude::*;
use eloquent::{ErrorKind, Result};

use crate::ground::{Ground, Order};

#[derive(View, Debug, PartialEq)]
struct PerCustomer {
    customer: String,
    cents: i64,
    mean: f64,
}

#[derive(View, Debug, PartialEq)]
struct OfDay {
    day: eloquent::value::NaiveDate,
    share: Decimal,
}

#[tokio::test]
async fn rows_become_models() -> Result<()> {
    let ground = Ground::new().await?;
    ground.fill().await?;
    let stages = pipeline([
        doc! { "$match": { "cents": { "$gte": value(500)? } } },
        doc! { "$sort": { "_id": -1 } },
    ]);
    let orders = Order::aggregate(stages.clone()).on(&ground.db).await?;
    assert_eq!(orders.iter().map(|order| order.id).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(orders[0], Order::find(3).on(&ground.db).or_fail().await?);
    let mut rows = Order::aggregate(stages).on(&ground.db).stream();
    let mut streamed = Vec::new();
    while let Some(order) = rows.next().await.transpose()? {
        streamed.push(order);
    }
    assert_eq!(streamed, orders);
    ground.finish().await
}

#[tokio::test]
async fn rows_become_views_with_the_types_of_their_fields() -> Result<()> {
    let ground = Ground::new().await?;
    ground.fill().await?;
    let stages = pipeline([
        doc! { "$match": { "customer": { "$in": [value("ada")?, value("grace")?] } } },
        doc! { "$group": {
            "_id": "$customer", "cents": { "$sum": "$cents" }, "mean": { "$avg": "$cents" },
        } },
        doc! { "$set": { "customer": "$_id" } },
        doc! { "$sort": { "_id": 1 } },
    ]);
    let customers = Order::aggregate(stages).view::<PerCustomer>().on(&ground.db).await?;
    let expected = [("ada", 1200, 600.0), ("grace", 900, 900.0)];
    let expected = expected.map(|(customer, cents, mean)| PerCustomer {
        customer: customer.into(),
        cents,
        mean,
    });
    assert_eq!(customers, expected);
    let day = eloquent::value::NaiveDate::from_ymd_opt(2026, 2, 3).expect("a day");
    let share: Decimal = "0.25".parse().expect("a number");
    let stages = pipeline([
        doc! { "$limit": 1 },
        doc! { "$project": { "_id": 0, "day": literal(day)?, "share": literal(share)? } },
    ]);
    let days = Order::aggregate(stages).view::<OfDay>().on(&ground.db).await?;
    assert_eq!(days, [OfDay { day, share }]);
    ground.finish().await
}

/// Text of others is nothing but text: in a filter, and in an expression.
#[tokio::test]
async fn values_stay_values() -> Result<()> {
    let ground = Ground::new().await?;
    ground.fill().await?;
    let hostile = "$cents";
    let stages = pipeline([doc! { "$match": { "customer": value(hostile)? } }]);
    let found = Order::aggregate(stages).on(&ground.db).await?;
    assert_eq!(found.iter().map(|order| order.id).collect::<Vec<_>>(), [4]);
    let equal = doc! { "$eq": ["$customer", literal(hostile)?] };
    let stages = pipeline([doc! { "$match": { "$expr": equal } }]);
    let found = Order::aggregate(stages).on(&ground.db).await?;
    assert_eq!(found.iter().map(|order| order.id).collect::<Vec<_>>(), [4]);
    ground.finish().await
}

#[tokio::test]
async fn a_pipeline_is_part_of_its_transaction() -> Result<()> {
    let ground = Ground::new().await?;
    ground.fill().await?;
    let all = || Order::aggregate(pipeline([doc! { "$match": {} }]));
    let transaction = ground.db.begin().await?;
    Order::create(crate::ground::order(5, "alan", 1)).on(&transaction).await?;
    assert_eq!(all().on(&transaction).await?.len(), 5);
    assert_eq!(all().on(&ground.db).await?.len(), 4);
    transaction.rollback().await?;
    assert_eq!(all().on(&ground.db).await?.len(), 4);
    ground.finish().await
}

#[tokio::test]
async fn a_pipeline_may_write() -> Result<()> {
    let ground = Ground::new().await?;
    ground.fill().await?;
    let stages = pipeline([
        doc! { "$match": { "customer": "ada" } },
        doc! { "$set": { "cents": 0_i64 } },
        doc! { "$merge": { "into": "orders", "whenMatched": "replace" } },
    ]);
    assert_eq!(Order::aggregate(stages).on(&ground.db).await?, []);
    assert_eq!(Order::query().on(&ground.db).filter(|o| o.cents.eq(0)).count().await?, 2);
    ground.finish().await
}

#[tokio::test]
async fn it_is_shown_and_explained_without_values() -> Result<()> {
    let ground = Ground::new().await?;
    ground.fill().await?;
    let stages = pipeline([
        doc! { "$match": { "customer": value("canary")? } },
        doc! { "$sort": { "cents": -1 } },
    ]);
    let text = Order::aggregate(stages.clone()).on(&ground.db).to_sql().await?;
    assert_eq!(
        text,
        r#"{"aggregate":"orders","pipeline":[{"$match":{"customer":"?"}},{"$sort":{"cents":-1}}],"cursor":{}}"#
    );
    ground.db.enable_query_log();
    Order::aggregate(stages.clone()).on(&ground.db).await?;
    assert_eq!(ground.db.query_log(), [text]);
    let plan = Order::aggregate(stages).on(&ground.db).explain().await?;
    assert!(plan.contains("\"stage\"") && !plan.contains("canary"), "{plan}");
    ground.finish().await
}

#[tokio::test]
async fn what_cannot_be_is_an_error_that_names_it() -> Result<()> {
    let ground = Ground::new().await?;
    ground.fill().await?;
    let stages = pipeline([doc! { "$nonsense": {} }]);
    let error = Order::aggregate(stages).on(&ground.db).await.unwrap_err();
    assert_eq!((error.driver(), error.table()), (Some("mongo"), Some("orders")), "{error}");
    let stages = pipeline([doc! { "$project": { "customer": 1 } }]);
    let error = Order::aggregate(stages).on(&ground.db).await.unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::Decode, Some("cents")), "{error}");
    // of another driver, and on another database
    let foreign = eloquent_core::statement::Stages::new("memory", 1, true);
    let error = Order::aggregate(foreign).on(&ground.db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    #[derive(Model, Debug)]
    #[model(portable)]
    struct Thing {
        #[model(key, auto = false)]
        #[allow(dead_code)]
        id: i64,
    }
    let sql = Db::connect("sqlite::memory:").await?;
    Thing::create_table().on(&sql).await?;
    let stages = pipeline([doc! { "$match": {} }]);
    let error = Thing::aggregate(stages.clone()).on(&sql).await.unwrap_err();
    assert_eq!((error.kind(), error.driver()), (ErrorKind::Unsupported, Some("sqlite")), "{error}");
    assert!(error.hint().is_some(), "{error}");
    assert!(Thing::aggregate(stages).on(&sql).to_sql().await.is_err());
    ground.finish().await
}
