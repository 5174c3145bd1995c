//! The client itself, and commands.

use eloquent::mongo::bson::doc;
use eloquent::mongo::{client, database, run_command};
use eloquent::prelude::*;
use eloquent::{ErrorKind, Result};

use crate::ground::{Ground, Order};

#[tokio::test]
async fn the_client_is_that_of_the_connection() -> Result<()> {
    let ground = Ground::new().await?;
    ground.fill().await?;
    let handle = database(&ground.connection).await?;
    assert_eq!(Some(handle.name()), ground.config.get("db"));
    let orders = handle.collection::<eloquent::mongo::bson::Document>("orders");
    let ada = doc! { "customer": "ada" };
    assert_eq!(orders.count_documents(ada.clone()).await.expect("a count"), 2);
    orders.delete_many(ada).await.expect("a deletion");
    assert_eq!(Order::query().on(&ground.db).count().await?, 2);
    let names = client(&ground.connection).await?.list_database_names().await.expect("names");
    assert!(names.iter().any(|name| name == handle.name()));
    ground.finish().await
}

#[tokio::test]
async fn commands_are_run_and_their_errors_explained() -> Result<()> {
    let ground = Ground::new().await?;
    ground.fill().await?;
    let reply = run_command(&ground.connection, doc! { "count": "orders" }).await?;
    assert_eq!(reply.get_i32("n").ok(), Some(4));
    let command = doc! { "nonsense": 1 };
    let error = run_command(&ground.connection, command).await.unwrap_err();
    assert_eq!((error.driver(), error.connection()), (Some("mongo"), Some("shop")), "{error}");
    ground.finish().await
}

#[tokio::test]
async fn another_driver_has_no_such_client() -> Result<()> {
    let sql = Db::builder().url("app", "sqlite::memory:").build()?;
    let app = sql.connection("app")?;
    for error in [
        database(&app).await.map(drop).unwrap_err(),
        client(&app).await.map(drop).unwrap_err(),
        run_command(&app, doc! { "ping": 1 }).await.map(drop).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert_eq!((error.connection(), error.driver()), (Some("app"), Some("sqlite")), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("mongo")), "{error}");
    }
    Ok(())
}
