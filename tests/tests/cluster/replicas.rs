//! A server that takes writes, and others that follow it.

use eloquent::prelude::*;
use eloquent::{ErrorKind, Result};
use eloquent_conformance::proxy::{End, Proxy};

use crate::ground::{addresses, config, create_database, eventually, instance, open};

crate::tests!["replicas": they_follow_and_take_no_writes, one_takes_over];

#[derive(Model, Debug, Clone, PartialEq)]
struct Note {
    #[model(key, auto = false)]
    id: i64,
    text: String,
}

async fn they_follow_and_take_no_writes() -> Result<()> {
    let primary = &addresses("ELOQUENT_TEST_PG_PRIMARY")[0];
    create_database("pg", primary, "cluster_replicas").await?;
    let db = open(config("pg", primary, "cluster_replicas"), 2)?;
    Note::create_table().on(&db).await?;
    Note::create(new!(Note { id: 1, text: "x" })).on(&db).await?;
    let replicas = addresses("ELOQUENT_TEST_PG_REPLICAS");
    assert_eq!(replicas.len(), 2);
    for address in replicas {
        let replica = open(config("pg", &address, "cluster_replicas"), 2)?;
        eventually("the row comes", async || {
            Note::query().on(&replica).count().await.is_ok_and(|count| count == 1)
        })
        .await;
        let error = Note::create(new!(Note { id: 2, text: "y" })).on(&replica).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
        let transaction = replica.begin().await?;
        assert_eq!(Note::query().on(&transaction).count().await?, 1);
        transaction.commit().await?;
    }
    Ok(())
}

/// The server is killed, a replica is promoted, and the application goes on through the same address.
async fn one_takes_over() -> Result<()> {
    let primary = instance(&["new", "postgres"]).await;
    let replica = instance(&["new", "postgres", &primary]).await;
    let (first, second) = (format!("127.0.0.1:{primary}"), format!("127.0.0.1:{replica}"));
    let proxy = Proxy::to(&first).await.expect("a port");
    let db = open(config("pg", &format!("127.0.0.1:{}", proxy.port()), "eloquent"), 4)?;
    Note::create_table().on(&db).await?;
    for id in 0..20 {
        Note::create(new!(Note { id, text: "x" })).on(&db).await?;
    }
    let follower = open(config("pg", &second, "eloquent"), 1)?;
    eventually("the replica has followed", async || {
        Note::query().on(&follower).count().await.is_ok_and(|count| count == 20)
    })
    .await;
    instance(&["kill", &primary]).await;
    proxy.redirect(&second);
    proxy.disconnect(End::Reset);
    let error = Note::create(new!(Note { id: 20, text: "x" })).on(&db).await;
    assert!(error.is_err(), "not promoted yet");
    let promoted = Db::raw("SELECT pg_promote()").on(&follower).scalar::<bool>().await?;
    assert_eq!(promoted, Some(true));
    let mut id = 100;
    eventually("writes work again", async || {
        id += 1;
        Note::create(new!(Note { id, text: "y" })).on(&db).await.is_ok()
    })
    .await;
    assert_eq!(Note::query().filter(|n| n.id.lt(20)).on(&db).count().await?, 20);
    drop((db, follower));
    instance(&["drop", &replica]).await;
    instance(&["drop", &primary]).await;
    Ok(())
}
