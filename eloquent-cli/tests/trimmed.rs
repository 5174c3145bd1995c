//! What holds with any drivers, and with none: `cargo test -p eloquent-cli --no-default-features`.

#![allow(clippy::unwrap_used)] // in a test it is a failure

use std::process::{Command, Output};

const OURS: &[&str] = &["mongo", "mssql", "mysql", "pg", "sqlite"];

fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_eloquent"))
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .output()
        .unwrap()
}

/// The names of the drivers that are linked.
fn linked() -> Vec<String> {
    let output = run(&["drivers", "--json"]);
    assert!(output.status.success());
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let drivers = document["drivers"].as_array().unwrap();
    drivers.iter().map(|driver| driver["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_features_decide_what_is_linked() {
    let features = [
        ("mongo", cfg!(feature = "mongo")),
        ("mysql", cfg!(feature = "mysql")),
        ("pg", cfg!(feature = "pg")),
        ("sqlite", cfg!(feature = "sqlite")),
    ];
    let expected: Vec<&str> =
        features.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| *name).collect();
    assert_eq!(linked(), expected);
    if expected.is_empty() {
        let output = run(&["drivers"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("no driver is part of this program"), "{text}");
        assert!(text.contains("cargo feature"), "{text}");
    }
    for command in ["about", "env:check"] {
        assert_eq!(run(&[command]).status.code(), Some(0), "{command}");
    }
}

#[test]
fn a_driver_that_is_left_out_names_its_feature() {
    let linked = linked();
    for name in OURS.iter().filter(|name| !linked.iter().any(|linked| linked == *name)) {
        let output = run(&["db:ping", &format!("--{name}")]);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(&format!("cargo feature `{name}`")), "{text}");
    }
}

/// In a folder that holds a `.env` and the files, and nothing else.
#[cfg(feature = "sqlite")]
#[test]
fn files_are_migrated_and_undone() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(".env", "APP_ENV=local\nDB_CONNECTION=sqlite\nSQLITE_PATH=app.sqlite\n");
    let up = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);";
    write("migrations/sqlite/20260101090000_create_users.up.sql", up);
    write("migrations/sqlite/20260101090000_create_users.down.sql", "DROP TABLE users;");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eloquent"));
        let output =
            command.args(arguments).current_dir(folder.path()).env_clear().output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let has_table = || run(&["db:show"]).lines().any(|line| line.trim().starts_with("users "));
    run(&["migrate:run"]);
    assert!(has_table());
    assert!(run(&["db:table", "users"]).contains("name"));
    run(&["migrate:rollback"]);
    assert!(!has_table());
}
