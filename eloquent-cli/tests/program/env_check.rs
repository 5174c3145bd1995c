//! `eloquent env:check`.

use crate::run::Place;

#[test]
fn complete_settings_are_fine() {
    let place = Place::with_env(
        "DB_CONNECTION=pg\nDB_TEST_CONNECTION=pg_test\n\
         PG_HOST=db.example\nPG_USER=app\nPG_PASSWORD=secret-canary\nPG_NAME=shop\n\
         PG_TEST_NAME=shop_test\n",
    );
    let said = place.run("env:check");
    said.expect(
        0,
        &[
            "DB_CONNECTION pg .env:1",
            "DB_TEST_CONNECTION pg_test .env:2",
            "ELOQUENT_TEST off not set",
            "ok pg runtime the default",
            "ok pg_test runtime twin of pg",
            "not configured mysql",
            "host db.example PG_HOST, .env:3",
            "password (never shown) PG_PASSWORD, .env:5",
            "name shop_test PG_TEST_NAME, .env:7",
            "host db.example PG_HOST, .env:3 (of the application)",
        ],
    );
    assert_eq!(said.stderr, "");
}

#[test]
fn what_the_process_has_wins_and_is_told() {
    let place = Place::with_sqlite().set("SQLITE_PATH", "other.sqlite");
    place.run("env:check").expect(0, &["path other.sqlite SQLITE_PATH, the process"]);
}

#[test]
fn a_url_is_named_and_not_shown() {
    let place = Place::with_env("DB_CONNECTION=pg\nPG_URL=postgres://app:canary@db.example/shop\n");
    let said = place.run("env:check");
    said.expect(0, &["host db.example PG_URL, .env:2 (URL)", "password (never shown) PG_URL"]);
    assert!(!said.stdout.contains("canary"));
}

#[test]
fn what_is_missing_is_said() {
    let place = Place::with_env("DB_CONNECTION=pg\nPG_HOST=localhost\n");
    place
        .run("env:check")
        .expect(1, &["failed pg", "name missing: PG_NAME", "not configured pg_test"])
        .complains(&["error[config]: `PG_NAME` is not set (connection `pg`)", "hint: set it"]);
}

#[test]
fn nothing_at_all_is_no_error() {
    let place = Place::new();
    let said = place.run("env:check");
    said.expect(0, &["file: none", "not configured sqlite", "DB_CONNECTION not set"]);
}

#[test]
fn a_default_has_to_be_configured() {
    let place = Place::new().set("DB_CONNECTION", "sqlite");
    place
        .run("env:check")
        .expect(1, &["DB_CONNECTION sqlite the process", "failed sqlite"])
        .complains(&["`SQLITE_PATH` is not set"]);
}

#[test]
fn one_selector_takes_one_name() {
    let place = Place::new().set("DB_CONNECTION", "mysql,pg");
    place
        .run("env:check")
        .expect(1, &["DB_CONNECTION wrong the process"])
        .complains(&["`DB_CONNECTION` (the process) names more than one connection", "hint:"]);
}

#[test]
fn tests_never_get_the_data_of_the_application() {
    let place = Place::with_sqlite().set("SQLITE_TEST_PATH", "./app.sqlite");
    place
        .run("env:check")
        .expect(1, &["ok sqlite", "failed sqlite_test"])
        .complains(&["same database", "connection `sqlite_test`"]);
    let place = Place::with_sqlite().set("DB_TEST_CONNECTION", "sqlite");
    place.run("env:check").expect(1, &["DB_TEST_CONNECTION wrong"]).complains(&["`sqlite_test`"]);
}

#[test]
fn wrong_settings_are_errors_of_their_connection() {
    let place = Place::with_sqlite().set("PG_NAME", "shop").set("PG_PORT", "canary");
    let said = place.run("env:check");
    said.expect(1, &["ok sqlite", "failed pg"]).complains(&["PG_PORT", "connection `pg`"]);
    assert!(!said.stderr.contains("canary"));
}

#[test]
fn keys_that_are_ignored_are_told_with_the_reason() {
    let place = Place::with_sqlite().set("DB_MYSQL_CONNECTION", "mysql").set("SQLITE_PTAH", "x");
    place.run("env:check").expect(
        0,
        &[
            "`DB_MYSQL_CONNECTION` (the process) is not read: `DB_CONNECTION` names the one default",
            "`SQLITE_PTAH` (the process) is not read; did you mean `SQLITE_PATH`?",
        ],
    );
}

#[test]
fn test_mode_and_role_are_told() {
    let place = Place::with_env(
        "DB_CONNECTION=pg\nPG_HOST=h\nPG_USER=app\nPG_NAME=shop\nPG_MIGRATION_USER=owner\n\
         DB_TEST_CONNECTION=sqlite_test\nSQLITE_TEST_PATH=test.sqlite\n",
    )
    .set("ELOQUENT_TEST", "1")
    .set("ELOQUENT_DB_ROLE", "migration");
    place.run("env:check").expect(
        0,
        &[
            "ELOQUENT_TEST on the process",
            "ELOQUENT_DB_ROLE migration the process",
            "ok sqlite_test migration the default, twin of sqlite",
            "user (set) PG_MIGRATION_USER, .env:5",
        ],
    );
    for (variable, value) in [("ELOQUENT_TEST", "perhaps"), ("ELOQUENT_DB_ROLE", "boss")] {
        let place = Place::with_sqlite().set(variable, value);
        let said = place.run("env:check");
        said.expect(1, &[&format!("{variable} wrong the process")]);
        assert_eq!(said.stderr.matches("error[").count(), 1, "each is told once: {said:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_names_the_line() {
    let place = Place::with_env("SQLITE_PATH=a\n!canary\n");
    let said = place.run("env:check");
    said.expect(1, &[]).complains(&["error[config]", ".env:2"]);
    assert!(!said.stderr.contains("canary"));
    place.run("env:check --env-file nowhere.env").expect(1, &[]).complains(&["nowhere.env"]);
}

#[test]
fn another_file_can_be_named() {
    let place = Place::with_sqlite();
    place.write("other.env", "DB_CONNECTION=sqlite\nSQLITE_PATH=other.sqlite\n");
    place
        .run("env:check --env-file other.env")
        .expect(0, &["file: other.env", "path other.sqlite SQLITE_PATH, other.env:2"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_everybody_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::with_sqlite();
    assert!(!place.run("env:check").stdout.contains("warning"));
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(place.path().join(".env"), open).expect("permissions can be set");
    place.run("env:check").expect(0, &["warning: every user of this machine can read"]);
    let (code, document) = place.json("env:check");
    assert_eq!((code, document["warnings"].as_array().map(Vec::len)), (0, Some(1)));
}

/// What git says of itself, or nothing where it is not installed.
fn git(place: &Place, arguments: &[&str]) -> Option<String> {
    let mut git = std::process::Command::new("git");
    git.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]);
    let output =
        git.args(arguments).current_dir(place.path()).env_remove("GIT_DIR").output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).ok()
}

#[test]
fn a_file_that_git_keeps_is_a_warning() {
    const WARNING: &str = "tracked by git";
    let place = Place::with_sqlite();
    if git(&place, &["--version"]).is_none() {
        return;
    }
    assert!(!place.run("env:check").stdout.contains(WARNING), "there is no repository");
    git(&place, &["init", "--quiet"]);
    assert!(!place.run("env:check").stdout.contains(WARNING), "it is not in the repository");
    git(&place, &["add", "--force", ".env"]);
    place.run("env:check").expect(0, &["warning:", WARNING]);
    let said = place.run("env:check");
    let line = said.stdout.lines().find(|line| line.contains(WARNING));
    assert!(line.is_some_and(|line| line.contains("git rm --cached")), "{said:?}");
    let (code, document) = place.json("env:check");
    assert_eq!((code, document["warnings"].as_array().map(Vec::len)), (0, Some(1)));
    // the file is another one, or it is not named as it is spelt
    place.write("other.env", "SQLITE_PATH=x\n");
    assert!(!place.run("env:check --env-file other.env").stdout.contains(WARNING));
    place.write("*.env", "SQLITE_PATH=x\n");
    assert!(!place.run("env:check --env-file *.env").stdout.contains(WARNING));
    // what the settings of a repository name is not run
    let hook = place.path().join("hook");
    place.write("hook", "#!/bin/sh\ntouch ran\n");
    git(&place, &["config", "core.fsmonitor", &hook.display().to_string()]);
    place.run("env:check").expect(0, &[WARNING]);
    assert!(!place.path().join("ran").exists());
    git(&place, &["-c", "core.fsmonitor=false", "rm", "--quiet", "--cached", ".env"]);
    assert!(!place.run("env:check").stdout.contains(WARNING));
}

#[test]
fn without_git_there_is_no_such_warning_and_no_error() {
    let place = Place::with_sqlite().set("PATH", "/nowhere");
    std::fs::create_dir(place.path().join(".git")).expect("a folder can be made");
    let said = place.run("env:check");
    said.expect(0, &["ok sqlite"]);
    assert!(!said.stdout.contains("warning") && said.stderr.is_empty(), "{said:?}");
}

#[test]
fn programs_get_all_of_it() {
    let place = Place::with_env(
        "DB_CONNECTION=pg\nPG_HOST=h\nPG_USER=a\nPG_PASSWORD=canary\nPG_NAME=shop\n",
    )
    .set("DB_MYSQL_CONNECTION", "mysql");
    let (code, document) = place.json("env:check");
    assert_eq!((code, &document["ok"]), (0, &true.into()));
    assert_eq!(document["selectors"][0]["variable"], "DB_CONNECTION");
    assert_eq!(document["selectors"][0]["value"], "pg");
    assert_eq!(document["selectors"][0]["origin"], ".env:1");
    let connections = document["connections"].as_array().expect("a list");
    let names: Vec<_> = connections.iter().filter_map(|c| c["name"].as_str()).collect();
    let drivers = ["mongo", "mysql", "pg", "sqlite"];
    assert_eq!(names, drivers.map(|name| [name.to_owned(), format!("{name}_test")]).concat());
    let pg = &connections[4];
    assert_eq!((&pg["state"], &pg["default"]), (&"ok".into(), &true.into()));
    let settings = pg["settings"].as_array().expect("a list");
    let password = settings.iter().find(|s| s["key"] == "password").expect("it has one");
    assert_eq!(password["source"], "variable");
    assert_eq!((&password["secret"], &password["value"]), (&true.into(), &().into()));
    assert_eq!(document["notes"][0]["suggestion"], "DB_CONNECTION");

    let (code, document) = Place::new().set("DB_CONNECTION", "pg").json("env:check");
    assert_eq!((code, &document["ok"]), (1, &false.into()));
    assert_eq!(document["connections"][4]["problems"][0]["code"], "config");
}
