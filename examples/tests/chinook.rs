//! The Chinook database on every database: what was asked of one is answered by all of them in the same way.

#![allow(clippy::expect_used)] // in a test it is the message of a failure

use std::process::{Child, Command, Stdio};

/// The program, which is built together with this test, with the data on this connection.
fn start(connection: &str, folder: &std::path::Path) -> Child {
    let test = std::env::current_exe().expect("a test is a file");
    let target = test.ancestors().nth(2).expect("it lies in a folder of the target folder");
    let program = target.join("examples").join("chinook");
    assert!(program.exists(), "build the examples as well: cargo test -p eloquent-examples");
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/chinook/data/ChinookData.json");
    let mut command = Command::new(program);
    command.args([data, connection]).current_dir(folder);
    command.env_remove("DB_CONNECTION").env_remove("ELOQUENT_TEST");
    command.env("SQLITE_PATH", folder.join("chinook.sqlite"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// What the program says behind its first line, which names the connection, and but for who answers a
/// second time.
fn said(connection: &str, program: Child) -> String {
    let output = program.wait_with_output().expect("the program ends");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{connection}: {said}{errors}");
    let (_, said) = said.split_once('\n').expect("it says more than one line");
    said.lines()
        .map(|line| match line.split_once("Eloquent ") {
            Some((title, _)) => format!("{}\n", title.trim_end()),
            None => format!("{line}\n"),
        })
        .collect()
}

#[test]
fn all_databases_give_the_same_answers() {
    for variable in ["PG_HOST", "DB_HOST", "MONGO_URI"] {
        let hint = "is not set: run this with scripts/test or scripts/with-servers";
        assert!(std::env::var_os(variable).is_some(), "{variable} {hint}");
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let programs =
        ["sqlite", "pg", "mysql", "mongo"].map(|name| (name, start(name, folder.path())));
    let said = programs.map(|(name, program)| (name, said(name, program)));
    for (name, other) in &said[1..] {
        assert_eq!(*other, said[0].1, "{name} beside {}", said[0].0);
    }
    // known from elsewhere, so that they are not only all wrong in the same way
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = said[0].1.lines().map(words).collect();
    for known in [
        "13295 rows",
        "Iron Maiden 213 213",
        "USA 523.06 523.06",
        "1 Music 3290 3290",
        "Rock (1297 tracks) 283.910 s 283.910 s",
        "tracks on 36 pages 3503 3503",
        "All answers are the same.",
    ] {
        assert!(lines.iter().any(|line| line == known), "`{known}` is not in\n{}", said[0].1);
    }
}
