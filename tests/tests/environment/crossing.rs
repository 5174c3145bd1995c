//! Transactions of one connection, and writes to another.

use eloquent::prelude::*;
use eloquent::{Error, ErrorKind, Result};

#[derive(Model, Debug)]
struct Here {
    id: i64,
}

#[derive(Model, Debug)]
#[model(connection = "other")]
struct There {
    id: i64,
}

async fn two() -> Result<Db> {
    let db =
        Db::builder().url("main", "sqlite::memory:").url("other", "sqlite::memory:").build()?;
    Here::create_table().on(&db).await?;
    There::create_table().on("other").into_future_in(&db).await?;
    Ok(db)
}

/// Awaits in the scope of a database.
trait InScope: IntoFuture + Sized {
    fn into_future_in(self, db: &Db) -> impl Future<Output = Self::Output> {
        db.scope(self.into_future())
    }
}

impl<T: IntoFuture> InScope for T {}

fn is_refused<T: std::fmt::Debug>(outcome: Result<T>) {
    let error = outcome.expect_err("it is outside of the transaction");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    let text = error.to_string();
    assert!(text.contains("`other`") && text.contains("`main`") && text.contains(".on("), "{text}");
}

#[tokio::test]
async fn a_write_elsewhere_inside_a_transaction_is_refused() -> Result<()> {
    let db = two().await?;
    db.scope(async {
        Db::transaction(async {
            Here::create(new!(Here {})).await?;
            is_refused(There::create(new!(There {})).await);
            is_refused(There::insert_many([new!(There {}), new!(There {})]).await);
            is_refused(There::query().filter(|t| t.id.eq(1)).delete().await);
            is_refused(There::delete_all().await);
            assert_eq!(There::query().count().await?, 0, "reads are fine");
            Ok(())
        })
        .await?;
        assert_eq!(Here::query().count().await?, 1);
        There::create(new!(There {})).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn saying_so_makes_it_fine() -> Result<()> {
    let db = two().await?;
    db.scope(async {
        let undone: Result<()> = Db::transaction(async {
            Here::create(new!(Here {})).await?;
            There::create(new!(There {})).on("other").await?;
            Err(Error::invalid("undone"))
        })
        .await;
        assert!(undone.is_err());
        assert_eq!((Here::query().count().await?, There::query().count().await?), (0, 1));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn each_connection_has_a_transaction_of_its_own() -> Result<()> {
    let db = two().await?;
    db.scope(async {
        Db::transaction(async {
            Here::create(new!(Here {})).await?;
            let inner: Result<()> = Db::transaction(async {
                There::create(new!(There {})).await?;
                // part of the outer transaction, which is still open
                Here::create(new!(Here {})).await?;
                Err(Error::invalid("undone"))
            })
            .on("other")
            .await;
            assert!(inner.is_err());
            assert_eq!((Here::query().count().await?, There::query().count().await?), (2, 0));
            Ok(())
        })
        .await?;
        assert_eq!(Here::query().count().await?, 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn models_of_two_connections_are_not_joined() -> Result<()> {
    let db = two().await?;
    let here = || Here::query().join::<There, _>(|(h, t)| h.id.eq(t.id));
    is_refused(here().into_future_in(&db).await);
    is_refused(here().on(&db).await);
    is_refused(Here::query().on(&db).join::<There, _>(|(h, t)| h.id.eq(t.id)).count().await);
    is_refused(here().select(|(_, t)| t.id).on(&db).first().await);
    let first = async { There::query().cross_join::<Here>().stream().next().await.transpose() };
    is_refused(db.scope(first).await);
    let transaction = db.begin().await?;
    is_refused(transaction.scope(async { here().await }).await);
    Ok(())
}

#[tokio::test]
async fn who_says_where_both_are_has_them_joined() -> Result<()> {
    let db = two().await?;
    There::create_table().on(&db.connection("main")?).await?;
    let main = db.connection("main")?;
    for id in [1, 2] {
        Here::create(new!(Here { id })).on(&main).await?;
    }
    There::create(new!(There { id: 2 })).on(&main).await?;
    let both = Here::query().join::<There, _>(|(h, t)| h.id.eq(t.id)).on(&main);
    assert_eq!(both.clone().select(|(h, _)| h.id).await?, [2]);
    assert_eq!(both.on("main").count().into_future_in(&db).await?, 1);
    Ok(())
}

#[tokio::test]
async fn models_pinned_to_one_connection_are_joined() -> Result<()> {
    #[derive(Model, Debug)]
    #[model(connection = "other", table = "theres")]
    struct Also {
        id: i64,
    }
    let db = two().await?;
    let also = There::query().join::<Also, _>(|(t, a)| t.id.eq(a.id));
    assert_eq!(also.on(&db).count().await?, 0);
    Ok(())
}
