//! `eloquent db:ping`.

use crate::run::Place;

#[test]
fn the_default_connection_answers() {
    let place = Place::with_sqlite();
    let said = place.run("db:ping");
    said.expect(0, &["STATE CONNECTION DRIVER DATABASE", "ok sqlite sqlite app.sqlite"]);
    assert_eq!((said.stdout.lines().count(), said.stderr.as_str()), (2, ""));
    let (code, document) = place.json("db:ping");
    let answer = &document["connections"][0];
    assert_eq!((code, &document["ok"], &answer["ok"]), (0, &true.into(), &true.into()));
    assert_eq!((&answer["name"], &answer["database"]), (&"sqlite".into(), &"app.sqlite".into()));
    assert!(answer["server_version"].as_str().is_some_and(|v| v.starts_with("SQLite 3.")));
    assert!(answer["elapsed_ms"].as_f64().is_some_and(|elapsed| elapsed > 0.0));
    assert!(answer["error"].is_null());
}

#[test]
fn targets_lead_to_one_connection() {
    let place = Place::with_sqlite();
    for (line, name) in [
        ("db:ping --sqlite", "ok sqlite "),
        ("db:ping --connection sqlite", "ok sqlite "),
        ("db:ping --connection sqlite_test", "ok sqlite_test "),
        ("db:ping --test", "ok sqlite_test "),
        ("db:ping --sqlite --test", "ok sqlite_test "),
        ("db:ping --connection sqlite --test", "ok sqlite_test "),
        ("db:ping --connection sqlite_test --test", "ok sqlite_test "),
        ("db:ping --all-connections", "ok sqlite "),
        ("db:ping --all-connections --test", "ok sqlite_test "),
    ] {
        let said = place.run(line);
        said.expect(0, &[name]);
        assert_eq!(said.stdout.lines().count(), 2, "{line}");
    }
    // nothing but what was asked for has been opened
    let place = Place::with_sqlite();
    place.run("db:ping --test").expect(0, &[]);
    assert!(place.path().join("test.sqlite").exists() && !place.path().join("app.sqlite").exists());
}

#[test]
fn test_mode_leads_to_twins() {
    let place = Place::with_sqlite().set("ELOQUENT_TEST", "1");
    place.run("db:ping").expect(0, &["ok sqlite_test"]);
    place.run("db:ping --sqlite").expect(0, &["ok sqlite_test"]);
}

#[test]
fn a_target_needs_no_default() {
    let place = Place::new().set("SQLITE_PATH", "a.sqlite").set("DB_CONNECTION", "a,b");
    place.run("db:ping --sqlite").expect(0, &["ok sqlite"]);
    place.run("db:ping").expect(1, &[]).complains(&["names more than one connection"]);
    let place = Place::new().set("SQLITE_PATH", "a.sqlite");
    place.run("db:ping --sqlite").expect(0, &["ok sqlite"]);
    place.run("db:ping").expect(1, &[]).complains(&["no default", "hint: set `DB_CONNECTION`"]);
}

#[test]
fn what_cannot_be_opened_has_failed() {
    let place = Place::with_sqlite().set("SQLITE_PATH", "no/such/folder/a.sqlite");
    let said = place.run("db:ping");
    said.expect(1, &["failed sqlite sqlite no/such/folder/a.sqlite"]);
    said.complains(&["error[connect]:", "connection `sqlite`"]);
    let (code, document) = place.json("db:ping");
    assert_eq!((code, &document["ok"]), (1, &false.into()));
    assert_eq!(document["connections"][0]["error"]["code"], "connect");
}

#[test]
fn one_failure_hides_no_other() {
    let place = Place::with_sqlite()
        .set("PG_HOST", "127.0.0.1")
        .set("PG_PORT", "1")
        .set("PG_USER", "app")
        .set("PG_NAME", "shop")
        .set("DB_HOST", "127.0.0.1")
        .set("DB_PORT", "1")
        .set("DB_NAME", "shop");
    let said = place.run("db:ping --all-connections");
    said.expect(1, &["failed mysql mysql shop", "failed pg pg shop", "ok sqlite sqlite"]);
    said.complains(&["connection `mysql`", "connection `pg`"]);
    let place = place.set("PG_PORT", "x");
    place.run("db:ping --all-connections").expect(1, &["failed pg", "ok sqlite"]);
}

#[test]
fn all_needs_at_least_one() {
    Place::new().run("db:ping --all-connections").expect(1, &[]).complains(&["is configured"]);
    let place = Place::new().set("SQLITE_PATH", "a.sqlite");
    place.run("db:ping --all-connections --test").expect(1, &[]).complains(&["twin"]);
}

#[test]
fn one_target_at_a_time() {
    let place = Place::with_sqlite();
    for line in [
        "db:ping --sqlite --pg",
        "db:ping --sqlite --connection pg",
        "db:ping --connection pg --all-connections",
        "db:ping --all-connections --sqlite",
        "db:ping --sqlite --mongo",
    ] {
        place.run(line).expect(2, &[]).complains(&["cannot be used with"]);
    }
    place.run("db:ping --connection sqlite --connection pg").expect(2, &[]);
    place.run("db:ping --connection").expect(2, &[]);
    let (code, document) = place.json("db:ping --sqlite --pg");
    assert_eq!((code, &document["error"]["code"]), (2, &"usage".into()));
}

#[test]
fn a_driver_that_is_not_linked_names_its_feature() {
    let place = Place::with_sqlite();
    for line in ["db:ping --mssql", "db:ping --mssql --test", "db:ping --connection mssql_test"] {
        place.run(line).expect(2, &[]).complains(&[
            "error[driver_not_found]: the driver `mssql` is not part of this program",
            "hint: build it with the cargo feature `mssql` of `eloquent-cli`",
        ]);
    }
    place.run("db:ping --connection mssql").expect(2, &[]).complains(&["feature `mssql`"]);
    place
        .run("db:ping --connection reports")
        .expect(2, &[])
        .complains(&["error[connection_unknown]: there is no connection `reports`", "sqlite_test"]);
    let (code, document) = place.json("db:ping --mssql");
    assert_eq!((code, &document["error"]["code"]), (2, &"driver_not_found".into()));
}
