//! What goes wrong in the middle, and how it goes on.

use std::fs;

use crate::ground::{Ground, Kind, eventually, said, signal};

const A: &str = "20260101000000_a";

crate::on_each! {
    a_failing_statement, killed_in_the_middle, asked_to_stop, undoing_fails_and_goes_on,
    a_step_takes_no_longer_than_it_may,
}

fn has(ground: &Ground, table: &str) -> bool {
    ground.tables().iter().any(|name| name == table)
}

fn a_failing_statement(ground: &Ground) {
    let five = |third: &str| {
        format!(
            "CREATE TABLE t1 (id INT);\nINSERT INTO t1 VALUES (1);\n{third};\n\
             CREATE TABLE t4 (id INT);\nINSERT INTO t1 VALUES (5);"
        )
    };
    let path = ground.migration(A, &five("INSERT INTO nothing VALUES ('secret')"), "");
    let failed = ground.run("migrate:run");
    failed.expect(1, &["step 3 of 5, line 3", "INSERT INTO nothing", A]);
    // what is done, and what goes on with the rest
    let hint =
        "steps 1 to 2 are done and written down: correct what follows, and `migrate:run` goes on";
    assert_eq!(failed.stderr.contains(hint), !ground.kind.is_whole(), "{failed:?}");
    assert!(!failed.stderr.contains("secret"), "{}", failed.stderr);
    assert_eq!(has(ground, "t1"), !ground.kind.is_whole());
    if !ground.kind.is_whole() {
        assert_eq!(ground.states(), ["interrupted"]);
        ground.run("migrate:status").expect(0, &["behind step 2 of 5", "stopped by"]);
        ground.run("migrate:rollback").expect(6, &["was interrupted while it ran"]);
        // what ran stays as it was
        let other = five("INSERT INTO t1 VALUES (3)").replace("VALUES (1)", "VALUES (7)");
        fs::write(&path, other).unwrap();
        ground.run("migrate:run").expect(5, &["the first 2 steps have changed"]);
    }
    fs::write(&path, five("INSERT INTO t1 VALUES (3)")).unwrap();
    let went_on = if ground.kind.is_whole() { "1 applied" } else { "went on behind step 2" };
    ground.run("migrate:run").expect(0, &[went_on]);
    assert_eq!(ground.number("SELECT COUNT(*) FROM t1"), 3);
    assert_eq!(ground.states(), ["applied"]);
    ground.run("migrate:run").expect(0, &["nothing to do"]);
}

/// A statement that takes long.
fn slow(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => {
            "INSERT INTO t1 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
             WHERE i < 2000000000) SELECT max(i) FROM n"
        }
        Kind::Pg => "INSERT INTO t1 SELECT 9 FROM pg_sleep(60)",
        Kind::Mysql => "INSERT INTO t1 SELECT SLEEP(60)",
    }
}

fn killed_in_the_middle(ground: &Ground) {
    let with =
        |second: &str| format!("CREATE TABLE t1 (id INT);\n{second};\nINSERT INTO t1 VALUES (3);");
    let path = ground.migration(A, &with(slow(ground.kind)), "");
    let mut child = ground.start("migrate:run");
    eventually("the migration is at work", || ground.is_at_work());
    child.kill().unwrap();
    child.wait().unwrap();
    fs::write(&path, with("INSERT INTO t1 VALUES (2)")).unwrap();
    ground.run("migrate:run --wait 20").expect(0, &["1 applied"]);
    assert_eq!(ground.states(), ["applied"]);
    assert_eq!(ground.number("SELECT COUNT(*) FROM t1"), 2);
}

fn asked_to_stop(ground: &Ground) {
    let text =
        format!("CREATE TABLE t1 (id INT);\n{};\nINSERT INTO t1 VALUES (3);", slow(ground.kind));
    let text = text.replace("SLEEP(60)", "SLEEP(6)");
    ground.migration("20251231000000_before", "CREATE TABLE t0 (id INT);", "");
    let path = ground.migration(A, &text, "");
    let child = ground.start("migrate:run");
    eventually("the second migration is at work", || has(ground, "t0") && ground.is_at_work());
    signal(&child, "INT");
    let stopped = said(child);
    stopped.expect(6, &["migration_interrupted", A, "1 applied"]);
    assert_eq!(has(ground, "t1"), !ground.kind.is_whole());
    let state = if ground.kind.is_whole() { "pending" } else { "interrupted" };
    assert_eq!(ground.states(), ["applied", state]);
    if ground.kind.is_whole() {
        fs::write(&path, "CREATE TABLE t1 (id INT);").unwrap();
    }
    ground.run("migrate:run").expect(0, &["1 applied"]);
    assert_eq!(ground.states(), ["applied", "applied"]);
}

fn undoing_fails_and_goes_on(ground: &Ground) {
    let down = |second: &str| format!("DROP TABLE t1;\n{second};\nDROP TABLE t3;");
    let up = "CREATE TABLE t1 (id INT); CREATE TABLE t2 (id INT); CREATE TABLE t3 (id INT);";
    ground.migration(A, up, &down("DROP TABLE nothing"));
    ground.run("migrate:run").expect(0, &[]);
    let failed = ground.run("migrate:rollback");
    failed.expect(1, &["step 2 of 3"]);
    let hint =
        "step 1 is done and written down: correct what follows, and `migrate:rollback` goes on";
    assert_eq!(failed.stderr.contains(hint), !ground.kind.is_whole(), "{failed:?}");
    assert_eq!(has(ground, "t1"), ground.kind.is_whole());
    if !ground.kind.is_whole() {
        assert_eq!(ground.states(), ["reverting"]);
        ground.run("migrate:run").expect(6, &["migrate:rollback"]);
    }
    ground.migration(A, up, &down("DROP TABLE t2"));
    ground.run("migrate:rollback").expect(0, &["1 undone"]);
    assert_eq!(ground.states(), ["pending"]);
    assert_eq!(ground.tables(), ["eloquent_migrations"]);
}

/// Where a change of the schema is no part of a transaction, it cannot be known what became of one that
/// was cut off.
#[test]
fn mysql_what_cannot_be_known_is_asked() {
    let ground = Ground::new(Kind::Mysql, "x::faults", "asked");
    let text = "CREATE TABLE t1 (id INT);\nCREATE TABLE t2 AS SELECT SLEEP(6) AS slept;\n\
                CREATE TABLE t3 (id INT);";
    ground.migration(A, text, "");
    let mut child = ground.start("migrate:run");
    eventually("the second step is at work", || ground.is_at_work());
    child.kill().unwrap();
    child.wait().unwrap();
    ground
        .run("migrate:run --wait 20")
        .expect(6, &["interrupted at step 2 of 3", "migrate:resolve", "--retry", "--skip"]);
    ground.run("migrate:status").expect(0, &["interrupted", "at step 2 of 3"]);
    let way = if has(&ground, "t2") { "--skip" } else { "--retry" };
    ground.run(&format!("migrate:resolve {A} {way} --why looked")).expect(0, &["settled"]);
    ground.run("migrate:run").expect(0, &["went on behind step"]);
    assert_eq!(ground.states(), ["applied"]);
    assert!(has(&ground, "t2") && has(&ground, "t3"));
}

fn a_step_takes_no_longer_than_it_may(ground: &Ground) {
    let with =
        |second: &str| format!("CREATE TABLE t1 (id INT);\n{second};\nINSERT INTO t1 VALUES (3);");
    let path = ground.migration(A, &with(slow(ground.kind)), "");
    let began = std::time::Instant::now();
    let failed = ground.run("migrate:run --step-timeout 1");
    failed
        .expect(1, &["error[timeout]", "step 2 of 3, line 2", "longer than 1 s", "--step-timeout"]);
    assert!(began.elapsed().as_secs() < 30, "it would have taken a minute");
    // the server does not go on with it either
    eventually("it is cancelled", || !ground.is_at_work());
    assert_eq!(has(ground, "t1"), !ground.kind.is_whole());
    if ground.kind == Kind::Mysql {
        assert_eq!(ground.number("SELECT COUNT(*) FROM t1"), 0);
        // of a change to the schema nobody knows whether it took effect
        fs::write(&path, with("CREATE TABLE t2 AS SELECT SLEEP(60) AS n")).unwrap();
        ground.run("migrate:run --step-timeout 1").expect(1, &["error[timeout]"]);
        eventually("it is cancelled", || !ground.is_at_work());
        let asks = ground.run("migrate:run");
        asks.expect(6, &["interrupted at step 2 of 3", "--retry", "--skip"]);
        assert!(!has(ground, "t2"));
        ground.run(&format!("migrate:resolve {A} --retry")).expect(0, &["settled"]);
    }
    fs::write(&path, with("INSERT INTO t1 VALUES (2)")).unwrap();
    ground.run("migrate:run --step-timeout 60").expect(0, &["1 applied"]);
    assert_eq!(ground.number("SELECT COUNT(*) FROM t1"), 2);
    ground.run("migrate:run --step-timeout 0").expect(2, &["--step-timeout"]);
}
