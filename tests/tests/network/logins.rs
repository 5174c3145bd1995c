//! Servers that do not let one in, and what they have to show themselves.

use std::collections::BTreeMap;
use std::env;
use std::time::{Duration, Instant};

use eloquent::prelude::*;
use eloquent::{ConnectionConfig, Error, ErrorKind, RawSql, Result};

use crate::ground::options;
use crate::server::{Instance, Kind};

on_servers!(
    a_wrong_password,
    a_database_that_is_not_there,
    each_reason_is_told_apart,
    certificates,
    as_many_as_the_server_takes
);

async fn refused(config: ConnectionConfig) -> Result<Error> {
    let db = Db::builder().connection(config).pool(options()).build()?;
    let error = db.connection("main")?.ping().await.expect_err("the server lets nobody in");
    let status = db.connection("main")?.status();
    assert_eq!((status.in_use, status.idle), (0, 0));
    Ok(error)
}

async fn a_wrong_password(kind: &'static Kind) -> Result<()> {
    let secret = "a-canary";
    let config = kind.config("main").set("name", kind.database()).set("password", secret);
    let error = refused(config).await?;
    assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
    assert_eq!(error.connection(), Some("main"));
    assert!(!format!("{error} {error:?}").contains(secret), "{error}");
    Ok(())
}

async fn a_database_that_is_not_there(kind: &'static Kind) -> Result<()> {
    let error = refused(kind.config("main").set("name", "nowhere_at_all")).await?;
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    Ok(())
}

/// Nobody has to guess why, and nobody waits for long.
async fn each_reason_is_told_apart(kind: &'static Kind) -> Result<()> {
    let instance = Instance::new(kind).await;
    let config = instance.config(kind).set("name", Instance::DATABASE);
    let admin = Db::builder().connection(config.clone()).pool(options()).build()?;
    for text in kind.limited_user("stranger", 9) {
        Db::raw(RawSql::trusted(text)).on(&admin).execute().await?;
    }
    Db::raw("CREATE TABLE secrets (id INT)").on(&admin).execute().await?;
    let mut told = BTreeMap::new();
    let cases = [
        ("a wrong password", config.clone().set("password", "a-canary"), ErrorKind::Permission),
        ("no database", config.clone().set("name", "nowhere_at_all"), ErrorKind::Connect),
        ("no such host", config.clone().set("host", "nowhere.invalid"), ErrorKind::Connect),
        ("nobody listens", config.clone().set("port", "1"), ErrorKind::Connect),
    ];
    for (reason, config, kind) in cases {
        let began = Instant::now();
        let error = refused(config).await?;
        assert_eq!(error.kind(), kind, "{reason}: {error}");
        assert!(began.elapsed() < Duration::from_secs(10), "{reason}: {:?}", began.elapsed());
        assert!(!format!("{error} {error:?}").contains("a-canary"), "{error}");
        told.insert(error.message().to_owned(), reason);
    }
    // it may come in, and may not read
    let limited = config.set("user", "stranger").set("password", "stranger");
    let db = Db::builder().connection(limited).pool(options()).build()?;
    let revoke = kind.forbid("stranger", "secrets");
    for text in revoke {
        Db::raw(RawSql::trusted(text)).on(&admin).execute().await?;
    }
    let error = Db::raw("SELECT id FROM secrets").on(&db).rows().await.expect_err("not its table");
    assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
    told.insert(error.message().to_owned(), "no rights");
    assert_eq!(told.len(), 5, "{told:?}");
    Ok(())
}

async fn certificates(kind: &'static Kind) -> Result<()> {
    let instance = Instance::new(kind).await;
    let authority = env::var("ELOQUENT_TEST_CA").expect("the authority of the servers");
    let config = |host: &str, mode: &str| {
        instance
            .config(kind)
            .set("host", host)
            .set("name", Instance::DATABASE)
            .set("ssl_mode", mode)
    };
    let trusting = |host: &str, mode: &str| config(host, mode).set("ssl_root_cert", &authority);
    for config in [
        trusting("127.0.0.1", "verify-full"),
        trusting("localhost", "verify-full"),
        trusting("127.0.0.1", "verify-ca"),
        config("127.0.0.1", "require"),
    ] {
        let db = Db::builder().connection(config).pool(options()).build()?;
        db.connection("main")?.ping().await?;
    }
    // nobody who is known has signed it
    for mode in ["verify-full", "verify-ca"] {
        let error = refused(config("localhost", mode)).await?;
        assert!(matches!(error.kind(), ErrorKind::Connect | ErrorKind::Config), "{mode}: {error}");
    }
    let error =
        refused(config("localhost", "verify-full").set("ssl_root_cert", "/nowhere")).await?;
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    // a certificate that anybody may look at, but not trust
    for (name, refusing) in
        [("elsewhere", &["verify-full"][..]), ("expired", &["verify-full", "verify-ca"])]
    {
        instance.show_certificate(name).await;
        for mode in ["require", "verify-ca", "verify-full"] {
            let config = match mode {
                "require" => config("localhost", mode),
                _ => trusting("localhost", mode),
            };
            if refusing.contains(&mode) {
                let error = refused(config).await?;
                assert_eq!(error.kind(), ErrorKind::Connect, "{name}, {mode}: {error}");
                assert!(error.to_string().contains("certificate"), "{name}, {mode}: {error}");
            } else {
                let db = Db::builder().connection(config).pool(options()).build()?;
                db.connection("main")?.ping().await?;
            }
        }
    }
    Ok(())
}

async fn as_many_as_the_server_takes(kind: &'static Kind) -> Result<()> {
    let instance = Instance::new(kind).await;
    let config = instance.config(kind).set("name", Instance::DATABASE);
    let admin = Db::builder().connection(config.clone()).pool(options()).build()?;
    for text in kind.limited_user("few", 2) {
        Db::raw(RawSql::trusted(text)).on(&admin).execute().await?;
    }
    let config = config.set("user", "few").set("password", "few");
    let db = Db::builder().connection(config).pool(options()).build()?;
    let held = [db.begin().await?, db.begin().await?];
    let error = db.begin().await.expect_err("there are as many as there may be");
    assert_eq!(error.kind(), ErrorKind::Full, "{error}");
    assert_eq!(db.connection("main")?.status().in_use, 2, "the permit is back");
    for transaction in held {
        transaction.rollback().await?;
    }
    db.begin().await?.rollback().await
}
