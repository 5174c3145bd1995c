//! Several at the same time.

use std::time::{Duration, Instant};

use eloquent::{Db, Error};

use crate::ground::{Ground, Kind, eventually, said};

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
    eventually("the migration is at work", || ground.is_at_work());
    let began = Instant::now();
    let refused = ground.run("migrate:run --wait 1");
    refused.expect(4, &["migration_locked", "after 1.0s of waiting"]);
    if ground.kind != Kind::Sqlite {
        refused
            .expect(4, &["another migrator has the database", "session ", "of the server, user"]);
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // the lock goes with the process
    ground.migration("20260101000000_a", "CREATE TABLE t1 (id INT);", "");
    ground.run("migrate:run --wait 10").expect(0, &["1 applied"]);
}

/// Whoever reads a table for long is not queued behind: the change gives up soon, and can be run again.
fn a_table_that_is_in_use(ground: &Ground) {
    ground.migration("20260101000000_a", "CREATE TABLE ta (id INT);", "");
    ground.run("migrate:run").expect(0, &[]);
    let name = "20260102000000_b";
    let up = "CREATE TABLE tb (id INT);\nALTER TABLE ta ADD COLUMN n INT;";
    ground.migration(name, up, "");
    ground.opened(async |db| {
        let reads = async {
            Db::raw("SELECT COUNT(*) FROM ta").scalar::<i64>().await?;
            let refused = ground.run("migrate:run");
            refused.expect(1, &["error[busy]", name, "step 2 of 2, line 2", "lock"]);
            Ok::<_, Error>(())
        };
        Db::transaction(reads).on(&db).await.expect("it reads");
    });
    let tables = ground.tables();
    assert_eq!(tables.contains(&"tb".to_owned()), !ground.kind.is_whole(), "{tables:?}");
    ground.run("migrate:run").expect(0, &["1 applied"]);
    assert_eq!(ground.number("SELECT COUNT(n) FROM ta"), 0);
}

#[test]
fn pg_a_table_that_is_in_use_is_not_waited_for_long() {
    a_table_that_is_in_use(&Ground::new(Kind::Pg, "x::locks", "in_use"));
}

#[test]
fn mysql_a_table_that_is_in_use_is_not_waited_for_long() {
    a_table_that_is_in_use(&Ground::new(Kind::Mysql, "x::locks", "in_use"));
}
