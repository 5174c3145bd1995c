//! What `mixed_runtime` says, and what it leaves alone.

#![allow(clippy::expect_used, clippy::panic)] // in a test it is the message of a failure

use std::process::{Command, Output};

/// The program, which is built together with this test, with these variables beside those of the process.
fn run(variables: &[(&str, &str)]) -> Output {
    let test = std::env::current_exe().expect("a test is a file");
    let target = test.ancestors().nth(2).expect("it lies in a folder of the target folder");
    let program = target.join("examples").join("mixed_runtime");
    assert!(program.exists(), "build the examples as well: cargo test -p eloquent-examples");
    for variable in ["DB_HOST", "MONGO_URI"] {
        let hint = "is not set: run this with scripts/test or scripts/with-servers";
        assert!(std::env::var_os(variable).is_some(), "{variable} {hint}");
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut command = Command::new(program);
    command.current_dir(folder.path()).env_remove("DB_CONNECTION").env_remove("ELOQUENT_TEST");
    command.envs(variables.iter().copied()).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
}

/// The databases are shared, so one run follows the other.
#[test]
fn both_connections_work_side_by_side_and_tests_touch_their_twins_only() {
    let output = run(&[]);
    let (said, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{said}{errors}");
    let counts = |title: &str, rows: [u64; 4]| {
        let [mysql, mysql_test, mongo, mongo_test] = rows;
        format!(
            "{title}\nmysql {mysql}\nmysql_test {mysql_test}\nmongo {mongo}\nmongo_test {mongo_test}\n"
        )
    };
    let parts = [
        counts("Rows before", [0, 0, 0, 0]),
        "The application: `User` on `mysql`, `GeoLocation` on `mongo`\n".to_owned(),
        "8 users, and place 7, were written and read at the same time\n".to_owned(),
        "a write to `mongo` inside a transaction of `mysql` would not be part of it".to_owned(),
        "committed: 1 user called Ada\nmongo 10 statements\nmysql 13 statements\n".to_owned(),
        counts("Rows after it", [8, 0, 8, 0]),
        "The same in test mode: `User` on `mysql_test`\n".to_owned(),
        "inside a transaction of `mysql_test` would not be part of it".to_owned(),
        // no statement went to the application's connections
        "committed: 1 user called Ada\nmongo_test 10 statements\nmysql_test 13 statements\n"
            .to_owned(),
        counts("Rows after it", [8, 6, 8, 7]),
        "Test mode has changed nothing of the application.\n".to_owned(),
    ];
    let mut rest = said.as_str();
    for part in parts {
        let found = rest.split_once(&part).map(|(_, after)| after);
        rest = found.unwrap_or_else(|| panic!("`{part}` does not follow in\n{said}"));
    }

    // a selector that names no connection is an error, not some other database
    let wrong = run(&[("DB_TEST_CONNECTION", "nonsense")]);
    let errors = text(&wrong.stderr);
    assert!(!wrong.status.success() && errors.contains("DB_TEST_CONNECTION"), "{errors}");

    // tests that would reach the application's documents are refused before anything is opened
    let shared = std::env::var("MONGO_DB").expect("it is set together with MONGO_URI");
    let same = run(&[("MONGO_TEST_DB", &shared)]);
    let (said, errors) = (text(&same.stdout), text(&same.stderr));
    assert!(!same.status.success() && said.is_empty(), "{said}");
    assert!(errors.contains("MONGO_TEST_DB") && errors.contains("same database"), "{errors}");
    let without = run(&[("MONGO_TEST_DB", ""), ("MONGO_TEST_URI", "")]);
    let errors = text(&without.stderr);
    assert!(!without.status.success() && errors.contains("MONGO_TEST_"), "{errors}");
}
