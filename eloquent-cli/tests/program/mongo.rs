//! Documents: reached by their own flag, left out where all connections are meant.

use crate::run::Place;

/// A place whose environment tells of a database of documents and its twin, beside SQLite.
fn place() -> Place {
    let hint = "MONGO_URI is not set: run this with scripts/test or scripts/with-servers";
    let uri = std::env::var("MONGO_URI").expect(hint);
    Place::with_sqlite()
        .set("MONGO_URI", &uri)
        .set("MONGO_DB", "cli_app")
        .set("MONGO_TEST_DB", "cli_app_test")
}

/// The same with a server that is not there.
fn without_server() -> Place {
    Place::with_sqlite()
        .set("MONGO_URI", "mongodb://app:canary-7f3a@127.0.0.1:1/?authSource=admin")
        .set("MONGO_DB", "cli_app")
        .set("MONGO_SERVER_SELECTION_TIMEOUT_MS", "300")
}

#[test]
fn documents_answer_to_their_own_flag() {
    let place = place();
    for (line, name) in [
        ("db:ping --mongo", "ok mongo mongo cli_app MongoDB"),
        ("db:ping --connection mongo", "ok mongo mongo cli_app MongoDB"),
        ("db:ping --mongo --test", "ok mongo_test mongo cli_app_test MongoDB"),
        ("db:ping --connection mongo_test", "ok mongo_test mongo cli_app_test MongoDB"),
    ] {
        let said = place.run(line);
        said.expect(0, &[name]);
        assert_eq!((said.stdout.lines().count(), said.stderr.as_str()), (2, ""), "{line}");
    }
    let (code, document) = place.json("db:ping --mongo --test");
    let answer = &document["connections"][0];
    assert_eq!((code, &answer["name"]), (0, &"mongo_test".into()));
    assert_eq!((&answer["driver"], &answer["database"]), (&"mongo".into(), &"cli_app_test".into()));
    let place = place.set("ELOQUENT_TEST", "1");
    place.run("db:ping --mongo").expect(0, &["ok mongo_test"]);
    let place = place.set("DB_TEST_CONNECTION", "mongo_test");
    place.run("db:ping").expect(0, &["ok mongo_test"]);
}

#[test]
fn all_connections_are_the_relational_ones() {
    let place = place();
    for (line, name) in [
        ("db:ping --all-connections", "ok sqlite sqlite app.sqlite"),
        ("db:ping --all-connections --test", "ok sqlite_test sqlite test.sqlite"),
    ] {
        let said = place.run(line);
        said.expect(0, &[name]);
        assert!(!said.stdout.contains("mongo") && said.stdout.lines().count() == 2, "{said:?}");
    }
    // documents alone are none of them
    let alone = Place::new().set("MONGO_URI", "mongodb://127.0.0.1:1/").set("MONGO_DB", "a");
    let said = alone.run("db:ping --all-connections");
    said.expect(1, &[]).complains(&["no relational connection is configured"]);
    place
        .run("db:ping --mongo --all-connections")
        .expect(2, &[])
        .complains(&["cannot be used with"]);
}

#[test]
fn a_server_that_is_not_there_is_told_without_its_login() {
    let place = without_server();
    let said = place.run("db:ping --mongo");
    said.expect(1, &["failed mongo mongo cli_app"]);
    said.complains(&["error[connect]", "connection `mongo`", "hint:"]);
    assert!(!format!("{said:?}").contains("canary"), "{said:?}");
    let (code, document) = place.json("db:ping --mongo");
    assert_eq!((code, &document["connections"][0]["error"]["code"]), (1, &"connect".into()));
    assert!(!document.to_string().contains("canary"));
}

#[test]
fn a_twin_has_a_database_of_its_own() {
    let place = without_server();
    place
        .run("db:ping --mongo --test")
        .expect(1, &["failed mongo_test"])
        .complains(&["MONGO_TEST_DB"]);
    let same = place.set("MONGO_TEST_DB", "cli_app");
    let said = same.run("db:ping --mongo --test");
    said.expect(1, &["failed mongo_test"]).complains(&["error[config]", "same database"]);
}

#[test]
fn settings_are_checked_and_told() {
    let place = without_server().set("MONGO_TEST_DB", "cli_test").set("MONGO_MAX_CONNECTIONS", "7");
    let said = place.run("env:check");
    said.expect(
        0,
        &[
            "ok mongo runtime",
            "ok mongo_test runtime twin of mongo",
            "uri (never shown) MONGO_URI, the process",
            "db cli_app MONGO_DB, the process",
            "db cli_test MONGO_TEST_DB, the process",
            "max_connections (set) MONGO_MAX_CONNECTIONS, the process (of the application)",
        ],
    );
    assert!(!said.stdout.contains("canary"), "{said:?}");
    let wrong = Place::new().set("MONGO_URI", "mongo:/canary").set("MONGO_DB", "a");
    let said = wrong.run("env:check");
    said.expect(1, &["failed mongo"]).complains(&["error[", "connection `mongo`"]);
    assert!(!format!("{said:?}").contains("canary"), "{said:?}");
    // documents may be the default
    let default = without_server().set("DB_CONNECTION", "mongo");
    default.run("env:check").expect(0, &["ok mongo runtime the default"]);
}

#[test]
fn the_driver_is_listed_with_all_that_can_be_set() {
    let place = Place::new();
    let rows = [
        "mongo document eloquent-mongo",
        "mongo, mongo_test",
        "MONGO_URI the servers",
        "MONGO_DB the database",
        "MONGO_MAX_CONNECTIONS 100 how many connections the client keeps to a server",
    ];
    place.run("drivers").expect(0, &rows);
    let (_, document) = place.json("drivers");
    let mongo = &document["drivers"][0];
    assert_eq!(mongo["connections"], serde_json::json!(["mongo", "mongo_test"]));
    let settings = mongo["settings"].as_array().expect("a list");
    let secret = |key: &str| {
        let setting = settings.iter().find(|setting| setting["key"] == key);
        setting.map(|setting| setting["secret"] == true)
    };
    assert_eq!((secret("uri"), secret("password")), (Some(true), Some(true)));
    assert_eq!((secret("db"), secret("max_connections")), (Some(false), Some(false)));
}
