//! Settings and URLs: what is wrong with them is told, and what stands in them is not.

use eloquent::{ConnectionConfig, Db, ErrorKind};

use crate::fixture::{CANARY, Folder, file, refused_at_once};

fn url(url: &str) -> eloquent::Result<Db> {
    Db::builder().url("main", url).build()
}

/// The error of a URL, whether it is seen at once or when the database is opened.
async fn refusal(text: &str) -> crate::fixture::Refusal {
    let outcome = match url(text) {
        Ok(db) => db.connection("main").unwrap().ping().await,
        Err(error) => Err(error),
    };
    let refusal = refused_at_once(outcome, ErrorKind::Config);
    assert_eq!(refusal.0.connection(), Some("main"), "{}", refusal.0);
    refusal
}

#[tokio::test]
async fn a_wrong_url_is_refused_without_showing_it() {
    let urls = [
        "sqlite:",
        "sqlite://",
        "sqlite:?mode=ro",
        "sqlite:canary-7f3a%zz",
        "sqlite:canary-7f3a%",
        "sqlite:canary-7f3a%f",
        "sqlite:canary-7f3a%ff",
        "sqlite:canary-7f3a%00.db",
        "sqlite:x?canary-7f3a",
        "sqlite:x?sslmod=canary-7f3a",
        "sqlite:x?path=canary-7f3a",
        "sqlite:x?mode=canary-7f3a",
        "sqlite:x?MODE=ro&x=canary-7f3a",
        "sqlite:x?mode=ro&mode=canary-7f3a",
        "sqlite:x?mode=ro#canary-7f3a",
        "sqlite:x?mode=ro;canary-7f3a",
        "sqlite:x?mode=%zcanary-7f3a",
        "sqlite:x?busy_timeout_ms=-1",
        "sqlite:x?busy_timeout_ms=canary-7f3a",
        "sqlite:x?busy_timeout_ms=99999999999999999999",
        "sqlite:x?busy_timeout_ms=1.5",
        "sqlite:x?journal=off",
        "sqlite:x?synchronous=canary-7f3a",
        "sqlite:x?statement_cache=-1",
        "sqlite:x?inline=canary-7f3a",
        "sqlite:x?=canary-7f3a",
        "sqlite:x?canary-7f3a=1",
        "sqlite::canary-7f3a:",
        "sqlite:file:canary-7f3a?mode=ro",
        "sqlite:file:canary-7f3a",
        "sqlite:x?password=canary-7f3a",
        "sqlite:x?mode=ro?canary-7f3a",
    ];
    for text in urls {
        let refusal = refusal(text).await;
        assert_eq!(refusal.0.driver(), Some("sqlite"), "{text}: {}", refusal.0);
    }
}

#[tokio::test]
async fn what_is_no_url_of_a_driver_is_refused_without_showing_it() {
    for text in ["", ":", "canary-7f3a", "/canary-7f3a/app.sqlite", "://canary-7f3a"] {
        let error = url(text).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Config | ErrorKind::DriverNotFound),
            "{text}: {error}"
        );
        assert!(!format!("{error} {error:?}").contains(CANARY), "{error}");
    }
    for text in ["sqlight:app?password=canary-7f3a", "postgrez://u:canary-7f3a@h/d"] {
        let refusal = refused_at_once(url(text), ErrorKind::DriverNotFound);
        refusal.says("sqlite");
    }
    let error = Db::connect("nope://u:canary-7f3a@host/db").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DriverNotFound);
    assert!(!format!("{error} {error:?}").contains(CANARY), "{error}");
}

#[tokio::test]
async fn wrong_settings_are_refused_without_showing_them() {
    let config = || ConnectionConfig::new("main", "sqlite").set("path", "x.db");
    let configs = [
        ConnectionConfig::new("main", "sqlite"),
        ConnectionConfig::new("main", "sqlite").set("path", ""),
        ConnectionConfig::new("main", "sqlite").set("path", "canary-7f3a\0"),
        ConnectionConfig::new("main", "sqlite").set("path", "file:canary-7f3a"),
        config().set("mode", CANARY),
        config().set("sslmod", CANARY),
        config().set("Mode", CANARY),
        config().set("busy_timeout_ms", CANARY),
        config().set("password", CANARY),
    ];
    for config in configs {
        let shown = format!("{config:?}");
        assert!(!shown.contains(CANARY), "{shown}");
        let outcome = match Db::builder().connection(config).build() {
            Ok(db) => db.connection("main").unwrap().ping().await,
            Err(error) => Err(error),
        };
        let error = refused_at_once(outcome, ErrorKind::Config).0;
        assert_eq!((error.connection(), error.driver()), (Some("main"), Some("sqlite")), "{error}");
    }
}

#[tokio::test]
async fn wrong_sets_of_connections_are_refused() {
    let memory = "sqlite::memory:";
    refused_at_once(Db::builder().build(), ErrorKind::Config);
    let twice = Db::builder().url("a", memory).url("a", memory).build();
    refused_at_once(twice, ErrorKind::Config).says("`a`");
    let missing = Db::builder().url("a", memory).default_connection("b").build();
    refused_at_once(missing, ErrorKind::ConnectionUnknown).says("`b`").says("are: a");
    let unknown = Db::builder().connection(ConnectionConfig::new("a", "nope")).build();
    refused_at_once(unknown, ErrorKind::DriverNotFound).says("nope");
}

#[tokio::test]
async fn nothing_shows_where_a_database_is() {
    let folder = Folder::new();
    let path = folder.at(CANARY);
    let text = format!("sqlite:{}?busy_timeout_ms=4321", path.display());
    let builder = Db::builder().url("main", &text);
    let mut shown = format!("{builder:?}");
    let db = builder.build().unwrap();
    let connection = db.connection("main").unwrap();
    connection.ping().await.unwrap();
    shown += &format!("{db:?} {connection:?} {:?}", connection.status());
    assert!(!shown.contains(CANARY) && !shown.contains("4321"), "{shown}");
}

#[tokio::test]
async fn an_encoded_path_is_the_path_that_it_stands_for() {
    let folder = Folder::new();
    let names = [
        ("a%20b.db", "a b.db"),
        ("what%3F.db", "what?.db"),
        ("50%25.db", "50%.db"),
        ("%C3%9C🦀.db", "Ü🦀.db"),
        ("h%23sh.db", "h#sh.db"),
        ("a&b=c.db", "a&b=c.db"),
        ("plus+plus.db", "plus+plus.db"),
        ("quote'\".db", "quote'\".db"),
        ("semi;colon.db", "semi;colon.db"),
    ];
    for (encoded, name) in names {
        let db = url(&format!("sqlite:{}/{encoded}?mode=rwc", folder.path().display())).unwrap();
        db.connection("main").unwrap().ping().await.unwrap();
        assert!(folder.at(name).is_file(), "{name}");
        db.close().await.unwrap();
    }
    let databases = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(databases, names.len(), "there is nothing else");
}

#[tokio::test]
async fn an_option_holds_however_it_is_spelled() {
    let folder = Folder::new();
    let path = folder.at("app.db");
    file(&path, &[]).connection("main").unwrap().ping().await.unwrap();
    for text in ["?mode=%72o", "?&mode=ro&", "?busy_timeout_ms=5&mode=ro"] {
        let db = url(&format!("sqlite:{}{text}", path.display())).unwrap();
        let made = Db::raw("CREATE TABLE t (a INT)").on(&db).execute().await;
        refused_at_once(made, ErrorKind::ReadOnly);
    }
}
