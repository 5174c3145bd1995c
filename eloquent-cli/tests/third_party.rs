//! A program of a project's own, with a driver from another crate.

#![allow(clippy::unwrap_used)] // in a test it is a failure

use eloquent::Environment;
use eloquent_cli::{Cli, Console};

/// Runs a command in an environment of these variables: exit code, output, errors.
async fn run(variables: &[(&str, &str)], line: &str) -> (u8, String, String) {
    let environment: Environment = variables.iter().copied().collect();
    let cli = Cli::new().environment(environment).driver(eloquent_example_memory::DRIVER);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = Console::new(&mut stdout, &mut stderr).width(120);
    let code = cli.run_with(line.split_whitespace(), &mut console).await;
    (code, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn it_is_listed_as_any_other() {
    let (code, out, _) = run(&[], "eloquent drivers").await;
    assert_eq!(code, 0);
    assert!(out.contains("memory  document    eloquent-example-memory"), "{out}");
    assert!(out.contains("memory, memory_test"), "{out}");
}

#[tokio::test]
async fn it_brings_its_own_flag() {
    let (code, out, err) = run(&[], "eloquent db:ping --memory").await;
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("ok     memory"), "{out}");
    let (_, out, _) = run(&[], "eloquent db:ping --help").await;
    assert!(out.contains("--memory"), "{out}");
    let (code, ..) = run(&[], "eloquent db:ping --memory --connection memory").await;
    assert_eq!(code, 2);
    let (code, out, _) = run(&[("DB_CONNECTION", "memory")], "eloquent db:ping").await;
    assert_eq!(code, 0, "{out}");
}

#[tokio::test]
async fn all_connections_leave_documents_out() {
    let (code, _, err) = run(&[], "eloquent db:ping --all-connections").await;
    assert_eq!(code, 1);
    assert!(err.contains("no relational connection is configured"), "{err}");
}

#[test]
fn its_debug_text_shows_no_value() {
    let environment: Environment = [("PG_PASSWORD", "c4nary")].into_iter().collect();
    let text = format!("{:?}", Cli::new().environment(environment));
    assert!(!text.contains("c4nary"), "{text}");
}
