//! Several at the same time, with a lease for a lock.

use std::time::{Duration, Instant};

use super::ground::{Ground, lines, many};
use crate::ground::{eventually, said, signal};

const A: &str = "20260101000000_a";

fn is_begun(ground: &Ground) -> bool {
    ground.count("t0") > 0
}

#[test]
fn mongo_several_at_once_run_each_step_once() {
    let ground = Ground::new("at_once");
    for (name, table) in [(A, "ta"), ("20260102000000_b", "tb")] {
        let up = lines(&[
            &format!("{{\"create\": \"{table}\"}}"),
            &format!("{{\"insert\": \"{table}\", \"documents\": [{{}}]}}"),
        ]);
        ground.migration(name, &up, "");
    }
    for processes in [2, 8] {
        let children: Vec<_> = (0..processes).map(|_| ground.start("migrate:run")).collect();
        let all: Vec<_> = children.into_iter().map(said).collect();
        for one in &all {
            one.expect(0, &[]);
        }
        let applied: usize = all.iter().map(|one| one.stdout.matches("  applied ").count()).sum();
        assert_eq!(applied, 2, "each once: {all:?}");
        assert_eq!((ground.count("ta"), ground.count("tb")), (1, 1));
        ground.clear();
    }
}

#[test]
fn mongo_a_lease_names_its_holder_and_ends_with_it() {
    let ground = Ground::new("lease");
    many(&ground, A, 500);
    let mut child = ground.start("migrate:run");
    eventually("the first step", || is_begun(&ground));
    let began = Instant::now();
    let refused = ground.run("migrate:run --wait 1");
    refused.expect(4, &["migration_locked", "another migrator has the database", "ada, process"]);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    ground.run("migrate:unlock").expect(4, &["the lease is alive", "ada, process"]);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut unlocked = String::new();
    eventually("the lease ends", || {
        let said = ground.run("migrate:unlock");
        unlocked = said.stdout;
        said.code == 0
    });
    assert!(unlocked.contains("the lease of ada, process"), "{unlocked}");
    ground.run("migrate:unlock").expect(0, &["there is no lease to remove"]);
}

/// Who sleeps past the end of the lease finds that somebody else has gone on, and does nothing more.
#[test]
fn mongo_who_sleeps_past_the_end_is_fenced() {
    let ground = Ground::new("fenced");
    many(&ground, A, 300);
    let child = ground.start("migrate:run");
    eventually("the first step", || is_begun(&ground));
    signal(&child, "STOP");
    let next = ground.run("migrate:run --wait 20");
    if next.code != 0 {
        // it slept in the middle of a step, of which nobody knows
        next.expect(6, &["interrupted at step"]);
        ground.run(&format!("migrate:resolve {A} --applied")).expect(0, &["settled"]);
    }
    let before = (ground.count("t0"), ground.states());
    signal(&child, "CONT");
    let woken = said(child);
    woken.expect(4, &["migration_locked"]);
    let after = (ground.count("t0"), ground.states());
    // a command that was under way when it fell asleep may still take effect: not one more
    assert!(after.0 <= before.0 + 1, "{before:?} {after:?}");
    assert_eq!(after.1, before.1);
}
