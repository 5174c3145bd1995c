//! Logins at real servers: with the secret as the right password, and as a wrong one.

use eloquent::prelude::*;
use eloquent::{ConnectionConfig, PoolOptions, RawSql, Result};
use eloquent_conformance::proxy::{Cut, Proxy};
use eloquent_conformance::server::Server;
use eloquent_conformance::wrapper::Wrapper;

use crate::capture::{CANARY, CODED, Captured};

#[derive(Model, Debug)]
struct Note {
    id: i64,
    text: String,
}

pub(crate) async fn capture(captured: &mut Captured) -> Result<()> {
    for server in [Server::Pg, Server::Mysql] {
        let database = format!("canary_{}", std::process::id());
        server.make(&database).await?;
        refused(captured, server, &database).await;
        accepted(captured, server, &database).await?;
        server.remove(&database).await?;
    }
    Ok(())
}

fn config(server: Server, database: &str) -> ConnectionConfig {
    server.reach(ConnectionConfig::new("main", server.driver()), database)
}

/// Logins that fail, each in a way of its own.
async fn refused(captured: &mut Captured, server: Server, database: &str) {
    let wrong = config(server, database).set("password", CANARY);
    let configs = [
        wrong.clone(),
        wrong.clone().set("user", "nobody"),
        wrong.clone().set("name", "no_such_database"),
        wrong.clone().set("ssl_mode", "verify-full"),
        wrong.clone().set("ssl_mode", "require"),
        wrong.clone().set("host", "no-such-host.invalid"),
        wrong.clone().set("port", "1"),
        // speaks another protocol
        wrong
            .clone()
            .set("port", port_of(if server == Server::Pg { Server::Mysql } else { Server::Pg })),
    ];
    for config in configs {
        let mut options = PoolOptions::default();
        options.connect_timeout = std::time::Duration::from_secs(5);
        let db = Db::builder().connection(config).pool(options).build();
        let db = db.expect("the settings are fine as far as can be seen");
        captured.refused("Db::begin", db.begin().await);
        captured.refused("Db::raw", Db::raw("SELECT 1").on(&db).rows().await);
        captured
            .refused("Db::capabilities", db.connection("main").expect("it is there").ping().await);
        captured.debug("Db", &db);
    }
    let url = server.url(database);
    let (before, after) = url.split_once("//").expect("a URL");
    let (_, place) = after.split_once('@').expect("a URL with a login");
    for secret in [CANARY, CODED] {
        let outcome = Db::connect(&format!("{before}//nobody:{secret}@{place}")).await;
        captured.refused("Db::connect", outcome);
    }
}

fn port_of(server: Server) -> String {
    config(server, "x").get("port").expect("the port of the server").to_owned()
}

/// A session whose password is the secret, and what becomes of it.
async fn accepted(captured: &mut Captured, server: Server, database: &str) -> Result<()> {
    let user = format!("canary_{}", std::process::id());
    let direct = Db::builder().connection(config(server, database)).build()?;
    let texts = match server {
        Server::Pg => [
            format!("CREATE ROLE {user} LOGIN PASSWORD '{CANARY}'"),
            format!("GRANT ALL ON SCHEMA public TO {user}"),
            format!("DROP OWNED BY {user}"),
            format!("DROP ROLE {user}"),
        ],
        // the other one of the list that is gone through
        _ => [
            format!("CREATE USER {user}@'%' IDENTIFIED BY '{CANARY}'"),
            format!("GRANT ALL ON {database}.* TO {user}@'%'"),
            format!("REVOKE ALL ON {database}.* FROM {user}@'%'"),
            format!("DROP USER {user}@'%'"),
        ],
    };
    // the text of a statement is logged: those with the password are not for the log
    for text in &texts[..2] {
        unheard(&direct, text).await?;
    }
    let proxy = Proxy::to(format!("127.0.0.1:{}", port_of(server))).await.expect("a port");
    let config = config(server, database)
        .set("host", "127.0.0.1")
        .set("port", proxy.port().to_string())
        .set("user", &user)
        .set("password", CANARY);
    let db = Db::builder().connection(config.clone()).replica(config.clone()).build()?;
    Note::create_table().on(&db).await?;
    Note::create(new!(Note { text: "x" })).on(&db).await?;
    let transaction = db.begin().await?;
    let connection = db.connection("main")?;
    captured.debug("Db", &db);
    captured.debug("Connection", &connection);
    captured.debug("PoolStatus", &connection.status());
    captured.debug("Transaction", &transaction);
    captured.debug("Capabilities", &connection.capabilities().await?);
    captured.debug("server_version", &connection.server_version().await?);
    proxy.cut(Cut::at_text("COMMIT"));
    captured.refused("Transaction::commit", transaction.commit().await);
    proxy.cut(Cut::at_request(1));
    captured.refused("Db::raw", Db::raw("SELECT 1").on(&db).rows().await);
    proxy.refuse().await;
    proxy.disconnect(eloquent_conformance::proxy::End::Reset);
    captured.refused("Db::begin", db.begin().await);
    let wrapper = Wrapper::around(server.driver())?;
    captured.debug("Wrapper", &wrapper);
    db.close().await?;
    captured.refused("after Db::close", db.begin().await);
    captured.debug("Db", &db);
    for text in &texts[2..] {
        unheard(&direct, text).await?;
    }
    direct.close().await
}

/// Runs a statement of the test itself; what is logged of it does not count.
async fn unheard(db: &Db, text: &str) -> Result<()> {
    crate::capture::unheard(Db::raw(RawSql::trusted(text.to_owned())).on(db).execute())
        .await
        .map(drop)
}
