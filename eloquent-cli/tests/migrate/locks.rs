//! Several at the same time.

use std::time::{Duration, Instant};

use crate::ground::{Ground, Kind, said};

crate::on_each! { two_at_once, eight_at_once, a_busy_lock_names_its_holder }

/// How often a cold start is tried; more with `ELOQUENT_TEST_ROUNDS`.
fn rounds() -> usize {
    std::env::var("ELOQUENT_TEST_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(2)
}

fn at_once(ground: &Ground, processes: usize) {
    for (name, table) in [("20260101000000_a", "ta"), ("20260102000000_b", "tb")] {
        // a second run of it would fail, or leave two rows
        let up = format!("CREATE TABLE {table} (id INT);\nINSERT INTO {table} VALUES (1);");
        ground.migration(name, &up, &format!("DROP TABLE {table};"));
    }
    for _ in 0..rounds() {
        let children: Vec<_> = (0..processes).map(|_| ground.start("migrate:run")).collect();
        let all: Vec<_> = children.into_iter().map(said).collect();
        for one in &all {
            one.expect(0, &[]);
        }
        let applied: usize = all.iter().map(|one| one.stdout.matches("  applied ").count()).sum();
        assert_eq!(applied, 2, "each once: {all:?}");
        for table in ["ta", "tb"] {
            assert_eq!(ground.number(&format!("SELECT COUNT(*) FROM {table}")), 1);
        }
        let drop = ["DROP TABLE ta", "DROP TABLE tb", "DROP TABLE eloquent_migrations"];
        ground.execute(&drop);
    }
}

fn two_at_once(ground: &Ground) {
    at_once(ground, 2);
}

fn eight_at_once(ground: &Ground) {
    at_once(ground, 8);
}

fn a_busy_lock_names_its_holder(ground: &Ground) {
    let slow = match ground.kind {
        Kind::Sqlite => {
            "CREATE TABLE t1 AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
             WHERE i < 2000000000) SELECT max(i) FROM n;"
        }
        Kind::Pg => "SELECT pg_sleep(60);",
        Kind::Mysql => "SELECT SLEEP(60);",
    };
    ground.migration("20260101000000_a", slow, "");
    let mut child = ground.start("migrate:run");
    std::thread::sleep(Duration::from_millis(1200));
    let began = Instant::now();
    let refused = ground.run("migrate:run --wait 1");
    refused.expect(4, &["migration_locked", "after 1.0s of waiting"]);
    if ground.kind != Kind::Sqlite {
        refused
            .expect(4, &["another migrator has the database", "session ", "of the server, user"]);
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // the lock goes with the process
    ground.migration("20260101000000_a", "CREATE TABLE t1 (id INT);", "");
    let began = Instant::now();
    ground.run("migrate:run --wait 5").expect(0, &["1 applied"]);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
