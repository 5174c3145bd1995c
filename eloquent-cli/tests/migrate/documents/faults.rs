//! What goes wrong in the middle, and how it goes on.

use std::fs;

use super::ground::{Ground, has, lines, many};
use crate::ground::{eventually, said, signal};

const A: &str = "20260101000000_a";

fn five(first: &str, third: &str) -> String {
    lines(&[
        "{\"create\": \"t1\"}",
        first,
        third,
        "{\"create\": \"t4\"}",
        "{\"insert\": \"t1\", \"documents\": [{\"_id\": 5}]}",
    ])
}

#[test]
fn mongo_a_failing_command_is_recorded_and_gone_on_from() {
    let ground = Ground::new("failing");
    let first = "{\"insert\": \"t1\", \"documents\": [{\"_id\": 1}]}";
    // all of a command or nothing: the first document of the one that fails is not written
    let clash =
        "{\"insert\": \"t1\", \"documents\": [{\"_id\": 2}, {\"_id\": 1, \"word\": \"secret\"}]}";
    let path = ground.migration(A, &five(first, clash), "");
    let failed = ground.run("migrate:run");
    failed.expect(1, &["step 3 of 5, line 3", "{\"insert\"", A]);
    assert!(!failed.stderr.contains("secret"), "{}", failed.stderr);
    assert_eq!((ground.count("t1"), ground.states()), (1, vec!["interrupted".to_owned()]));
    ground.run("migrate:status").expect(0, &["behind step 2 of 5", "stopped by"]);
    ground.run("migrate:rollback").expect(6, &["was interrupted while it ran"]);
    let third = "{\"insert\": \"t1\", \"documents\": [{\"_id\": 3}]}";
    fs::write(&path, five(&first.replace('1', "7"), third)).unwrap();
    ground.run("migrate:run").expect(5, &["the first 2 steps have changed"]);
    fs::write(&path, five(first, third)).unwrap();
    ground.run("migrate:run").expect(0, &["went on behind step 2"]);
    assert_eq!((ground.count("t1"), ground.states()), (3, vec!["applied".to_owned()]));
    assert!(has(&ground, "t4"));
}

#[test]
fn mongo_undoing_fails_and_goes_on() {
    let ground = Ground::new("undoing");
    let up = lines(&["{\"create\": \"t1\"}", "{\"create\": \"t2\"}", "{\"create\": \"t3\"}"]);
    let down = |second: &str| format!("{{\"drop\": \"t1\"}}\n{second}\n{{\"drop\": \"t3\"}}");
    ground.migration(A, &up, &down("{\"dropIndexes\": \"t2\", \"index\": \"nothing\"}"));
    ground.run("migrate:run").expect(0, &[]);
    ground.run("migrate:rollback").expect(1, &["step 2 of 3", "there is no such index"]);
    assert!(!has(&ground, "t1"));
    assert_eq!(ground.states(), ["reverting"]);
    ground.run("migrate:run").expect(6, &["migrate:rollback"]);
    ground.migration(A, &up, &down("{\"drop\": \"t2\"}"));
    ground.run("migrate:rollback").expect(0, &["1 undone"]);
    assert_eq!(ground.states(), ["pending"]);
    assert!(!has(&ground, "t2") && !has(&ground, "t3"));
}

#[test]
fn mongo_asked_to_stop() {
    let ground = Ground::new("stopped");
    many(&ground, A, 150);
    let child = ground.start("migrate:run");
    eventually("the first step", || ground.count("t0") > 0);
    signal(&child, "TERM");
    said(child).expect(6, &["migration_interrupted", A]);
    assert_eq!(ground.states(), ["interrupted"]);
    assert!(ground.count("t0") < 150);
    assert_eq!(ground.count("eloquent_migration_lock"), 0, "the lease is given back");
    ground.run("migrate:run").expect(0, &["1 applied", "went on behind step"]);
    assert_eq!(ground.count("t0"), 150);
}

#[test]
fn mongo_what_cannot_be_known_is_asked() {
    let ground = Ground::new("asked");
    many(&ground, A, 100);
    let mut child = ground.start("migrate:run");
    eventually("the first step", || ground.count("t0") > 0);
    child.kill().unwrap();
    child.wait().unwrap();
    let next = ground.run("migrate:run --wait 20");
    // a kill may also fall between two steps
    if next.code != 0 {
        next.expect(6, &["interrupted at step", "of 101", "migrate:resolve", "--retry", "--skip"]);
        let place = next.stderr.split("at step ").nth(1).unwrap_or_default();
        let step: u64 = place.split(' ').next().unwrap_or_default().parse().expect("a number");
        // the first step makes the collection
        let way = if ground.count("t0") == step - 1 { "--skip" } else { "--retry" };
        ground.run(&format!("migrate:resolve {A} {way} --why looked")).expect(0, &["settled"]);
        ground.run("migrate:run").expect(0, &["went on behind step"]);
    }
    assert_eq!(ground.states(), ["applied"]);
    assert_eq!(ground.count("t0"), 100);
}
