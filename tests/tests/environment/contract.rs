//! What each variable leads to.

use eloquent::environment::{Role, Source};
use eloquent::prelude::*;
use eloquent::{ErrorKind, Result};

use crate::hosted::{HOSTED, environment, file, folder, registry};

#[derive(Model, Debug)]
struct Note {
    id: i64,
    text: String,
}

#[derive(Model, Debug)]
#[model(connection = "hosted")]
struct Pinned {
    id: i64,
}

fn get(variables: &[(&str, &str)], connection: &str, key: &str) -> Option<String> {
    let config = environment(variables).config(&registry(), connection).expect("it is fine");
    config.get(key).map(str::to_owned)
}

const APP: &[(&str, &str)] =
    &[("HO_HOST", "db"), ("HO_PORT", "7001"), ("HO_USER", "ada"), ("HO_NAME", "app")];

fn with<'v>(more: &[(&'v str, &'v str)]) -> Vec<(&'v str, &'v str)> {
    APP.iter().chain(more).copied().collect()
}

#[test]
fn a_twin_takes_what_it_lacks_but_never_the_database() {
    let variables = with(&[("HO_TEST_NAME", "tests"), ("HO_TEST_USER", "tester")]);
    let of = |key| get(&variables, "hosted_test", key);
    assert_eq!(of("host").as_deref(), Some("db"));
    assert_eq!(of("port").as_deref(), Some("7001"));
    assert_eq!(of("user").as_deref(), Some("tester"));
    assert_eq!(of("name").as_deref(), Some("tests"));
    assert_eq!(get(&variables, "hosted", "user").as_deref(), Some("ada"));
}

#[test]
fn a_role_goes_first() {
    let variables = with(&[("HO_MIGRATION_USER", "owner"), ("HO_TEST_NAME", "tests")]);
    let migration = |name: &str| {
        let environment = environment(&variables).with_role(Role::Migration);
        let config = environment.config(&registry(), name).expect("it is fine");
        config.get("user").map(str::to_owned)
    };
    assert_eq!(migration("hosted").as_deref(), Some("owner"));
    assert_eq!(get(&variables, "hosted", "user").as_deref(), Some("ada"));
    let named = with(&[("HO_MIGRATION_USER", "owner"), ("ELOQUENT_DB_ROLE", "migration")]);
    assert_eq!(get(&named, "hosted", "user").as_deref(), Some("owner"));
}

#[test]
fn a_url_stands_for_the_settings() {
    let variables = [("HO_URL", "hosted://ada:p%40ss@[::1]:7002/app?ssl_mode=off")];
    let of = |key| get(&variables, "hosted", key);
    assert_eq!((of("host").as_deref(), of("port").as_deref()), (Some("::1"), Some("7002")));
    assert_eq!((of("password").as_deref(), of("name").as_deref()), (Some("p@ss"), Some("app")));
    assert_eq!(of("ssl_mode").as_deref(), Some("off"));
}

#[test]
fn the_report_says_where_each_setting_comes_from() {
    let variables = with(&[("HO_PASSWORD", "canary"), ("HO_TEST_NAME", "tests")]);
    let reports = environment(&variables).report(&registry());
    let twin = reports.iter().find(|report| report.name() == "hosted_test").expect("it is there");
    assert_eq!((twin.twin_of(), twin.is_configured()), (Some("hosted"), true));
    let of = |key: &str| twin.settings().iter().find(|setting| setting.key() == key);
    assert!(matches!(of("host").expect("a setting").source(), Source::Fallback(_)));
    assert!(matches!(of("name").expect("a setting").source(), Source::Variable(_)));
    assert!(matches!(of("ssl_mode").expect("a setting").source(), Source::Default));
    assert!(matches!(of("folder").expect("a setting").source(), Source::Missing));
    assert_eq!(of("password").expect("a setting").value(), None);
    assert!(!format!("{reports:?}").contains("canary"));
    let sqlite = reports.iter().find(|report| report.name() == "sqlite").expect("it is linked");
    assert!(!sqlite.is_configured() && !sqlite.problems().is_empty());
}

#[tokio::test]
async fn many_connections_are_open_in_one_process() -> Result<()> {
    let folder = folder();
    let (here, path) = (folder.display().to_string(), file(&folder, "app", "notes"));
    let variables = [
        ("DB_CONNECTION", "sqlite"),
        ("SQLITE_PATH", path.as_str()),
        ("HO_HOST", "db"),
        ("HO_NAME", "app"),
        ("HO_FOLDER", here.as_str()),
    ];
    let db = Db::builder().environment(environment(&variables)).driver(HOSTED).build()?;
    assert_eq!(db.default_connection(), "sqlite");
    assert_eq!(db.connection_names().collect::<Vec<_>>(), ["hosted", "sqlite"]);
    db.scope(async {
        Note::create_table().await?;
        Pinned::create_table().await?;
        Note::create(new!(Note { text: "a" })).await?;
        Pinned::create(new!(Pinned {})).await?;
        let (notes, pinned) = tokio::join!(Note::query().count(), Pinned::query().count());
        assert_eq!((notes?, pinned?), (1, 1));
        assert!(Note::query().on("hosted").count().await.is_err(), "its table is elsewhere");
        Result::Ok(())
    })
    .await?;
    assert!(std::fs::exists(file(&folder, "db", "app")).expect("a folder"));
    db.close().await?;
    let error = db.connection("hosted").expect_err("it is closed");
    assert_eq!(error.kind(), ErrorKind::Connect);
    Ok(())
}

#[tokio::test]
async fn in_test_mode_every_name_leads_to_a_twin() -> Result<()> {
    let folder = folder();
    let (here, path) = (folder.display().to_string(), file(&folder, "t", "notes"));
    let variables = [
        ("DB_CONNECTION", "hosted"),
        ("DB_TEST_CONNECTION", "sqlite_test"),
        ("SQLITE_TEST_PATH", path.as_str()),
        ("HO_HOST", "db"),
        ("HO_NAME", "app"),
        ("HO_TEST_NAME", "tests"),
        ("HO_FOLDER", here.as_str()),
    ];
    let environment = environment(&variables).test_mode(true);
    let db = Db::builder().environment(environment).driver(HOSTED).build()?;
    assert!(db.is_test());
    assert_eq!(db.default_connection(), "sqlite_test");
    assert_eq!(db.connection("hosted")?.name(), "hosted_test");
    assert_eq!(db.connection("hosted_test")?.name(), "hosted_test");
    db.scope(async {
        Pinned::create_table().await?;
        Note::create_table().await
    })
    .await?;
    assert!(std::fs::exists(file(&folder, "db", "tests")).expect("a folder"));
    assert!(!std::fs::exists(file(&folder, "db", "app")).expect("a folder"));
    Ok(())
}

#[tokio::test]
async fn a_default_is_missed_only_where_it_is_needed() -> Result<()> {
    let folder = folder();
    let here = folder.display().to_string();
    let variables = [("HO_HOST", "db"), ("HO_NAME", "app"), ("HO_FOLDER", here.as_str())];
    let db = Db::builder().environment(environment(&variables)).driver(HOSTED).build()?;
    assert_eq!(db.default_connection(), "");
    db.scope(async {
        Pinned::create_table().await?;
        assert_eq!(Pinned::query().count().await?, 0);
        let error = Note::query().count().await.expect_err("there is no default");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("DB_CONNECTION"), "{error}");
        assert!(error.to_string().contains("hosted"), "{error}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_failed_open_is_tried_again() -> Result<()> {
    let folder = folder();
    let here = folder.join("later").display().to_string();
    let variables = [("HO_HOST", "db"), ("HO_NAME", "app"), ("HO_FOLDER", here.as_str())];
    let db = Db::builder().environment(environment(&variables)).driver(HOSTED).build()?;
    let connection = db.connection("hosted")?;
    assert!(connection.ping().await.is_err(), "the folder is not there");
    std::fs::create_dir_all(&here).expect("a folder");
    connection.ping().await
}

#[tokio::test]
async fn a_twin_is_held_apart_from_what_is_added_in_code() -> Result<()> {
    let folder = folder();
    let path = file(&folder, "db", "app");
    let url = format!("sqlite:{path}");
    let refused = |error: eloquent::Error| {
        let text = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Config, "{text}");
        assert!(text.contains("`sqlite_test`") && text.contains("`sqlite`"), "{text}");
    };
    // the application's in code, the twin in the environment
    let variables = [("SQLITE_TEST_PATH", path.as_str()), ("DB_TEST_CONNECTION", "sqlite_test")];
    let environment_of = || environment(&variables).test_mode(true);
    let db = Db::builder().url("sqlite", &url).environment(environment_of()).build()?;
    refused(db.connection("sqlite").expect_err("it is the application's"));
    // the other way round, and both in code
    let app = environment(&[("SQLITE_PATH", path.as_str())]).test_mode(true);
    refused(Db::builder().url("sqlite_test", &url).environment(app).build().expect_err("the same"));
    let both = Db::builder().url("sqlite", &url).url("sqlite_test", &url);
    refused(both.environment(environment(&[])).build().expect_err("the same"));
    // one that is apart
    let other = format!("sqlite:{}", file(&folder, "db", "other"));
    let db = Db::builder().url("sqlite", &other).environment(environment_of()).build()?;
    assert_eq!(db.connection("sqlite")?.name(), "sqlite_test");
    Ok(())
}

#[test]
fn what_is_wrong_with_the_application_does_not_configure_its_twin() {
    let reports = environment(&[("HO_URL", "hosted:no")]).report(&registry());
    let configured = reports.iter().filter(|report| report.is_configured());
    assert_eq!(configured.map(|report| report.name()).collect::<Vec<_>>(), ["hosted"]);
    assert!(reports.iter().all(|report| !report.problems().is_empty()));
}
