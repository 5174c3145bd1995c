//! Help, the version, mistakes, and the commands that only tell.

use crate::run::Place;

#[test]
fn help_is_there_for_all() {
    let place = Place::new();
    place.run("--help").expect(0, &["env:check Check", "db:ping Open", "Exit codes: 0 done"]);
    place.run("--version").expect(0, &[&format!("eloquent {}", env!("CARGO_PKG_VERSION"))]);
    let said = place.run("db:ping --help");
    said.expect(
        0,
        &["--pg The connection `pg`", "--mysql", "--mongo", "--sqlite", "--all-connections"],
    );
    assert!(!said.stdout.contains("--mssql"), "only what works is offered");
    place.run("").expect(2, &[]).complains(&["Usage: eloquent"]);
}

#[test]
fn a_misspelt_command_is_guessed() {
    let place = Place::new();
    for (wrong, right) in [
        ("db:pin", "db:ping"),
        ("migrate:rnu", "migrate:run"),
        ("db:sed", "db:seed"),
        ("db:seed:frsh", "db:seed:fresh"),
        ("doctr", "doctor"),
    ] {
        let said = place.run(wrong);
        said.expect(2, &[]).complains(&[right]);
        // the one that was meant, of many that begin alike
        let guesses = said.stderr.lines().filter(|line| line.contains("tip:")).collect::<String>();
        assert_eq!(guesses.matches(':').count(), 2 + right.matches(':').count(), "{guesses}");
    }
    let (code, document) = place.json("env:chek");
    assert_eq!((code, &document["error"]["code"]), (2, &"usage".into()));
    assert!(document["error"]["hint"].as_str().is_some_and(|hint| hint.contains("env:check")));
    place.run("drivers --jsn").expect(2, &[]).complains(&["--json"]);
    place.run("drivers --color sometimes").expect(2, &[]);
}

#[test]
fn drivers_are_listed_with_all_that_can_be_set() {
    let place = Place::new();
    let said = place.run("drivers");
    said.expect(
        0,
        &[
            "DRIVER FAMILY PACKAGE CONNECTIONS",
            "pg relational eloquent-pg",
            "pg, pg_test",
            "DB_PASSWORD with what (never shown)",
            "SQLITE_BUSY_TIMEOUT_MS 5000 how long to wait for a lock",
        ],
    );
    let (code, document) = place.json("drivers");
    let drivers = document["drivers"].as_array().expect("a list");
    assert_eq!((code, drivers.len()), (0, 4));
    assert_eq!((&drivers[0]["name"], &drivers[0]["family"]), (&"mongo".into(), &"document".into()));
    assert_eq!(drivers[1]["name"], "mysql");
    assert_eq!(drivers[1]["connections"], serde_json::json!(["mysql", "mysql_test"]));
    let settings = drivers[1]["settings"].as_array().expect("a list");
    let password = settings.iter().find(|s| s["key"] == "password").expect("it has one");
    assert_eq!(password["variable"], "DB_PASSWORD");
    assert_eq!((&password["secret"], &password["default"]), (&true.into(), &().into()));
}

#[test]
fn drivers_are_listed_whatever_the_environment_is() {
    Place::with_env("not a line").run("drivers").expect(0, &["sqlite relational"]);
}

#[test]
fn about_tells_what_was_found() {
    let place = Place::with_sqlite().set("ELOQUENT_TEST", "yes");
    place.run("about").expect(
        0,
        &[
            &format!("eloquent {}", env!("CARGO_PKG_VERSION")),
            "sqlite (DB_CONNECTION, .env:1)",
            "sqlite_test (DB_TEST_CONNECTION, .env:2)",
            "test mode on (ELOQUENT_TEST, the process)",
            "role runtime (ELOQUENT_DB_ROLE, not set)",
            ".env",
        ],
    );
    let (code, document) = place.json("about");
    assert_eq!((code, &document["test_mode"]), (0, &true.into()));
    assert_eq!(document["default_connection"], "sqlite");
    assert_eq!(document["platform"]["os"], std::env::consts::OS);
    assert!(document["file"].as_str().is_some_and(|file| file.ends_with(".env")));
    Place::new().run("about").expect(0, &["file none", "default none"]);
    let wrong = Place::new().set("DB_CONNECTION", "nonsense");
    wrong.run("about").expect(1, &["default wrong"]).complains(&["nonsense"]);
}
