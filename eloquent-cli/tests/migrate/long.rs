//! Runs that are long when they are asked to be: `ELOQUENT_TEST_ROUNDS` cold starts of sixteen processes
//! (one without it), and `ELOQUENT_TEST_KILLS` kills at a random moment (few without it) for each database.

use std::process::Child;
use std::time::{Duration, Instant};

use crate::documents::ground::Ground as Documents;
use crate::ground::{Ground, Said, said};

crate::on_each! { sixteen_at_once, killed_at_any_moment }

const NAME: &str = "20260101000000_many";
const TABLES: usize = 8;

/// What is asked of tables and of collections.
trait Subject {
    fn migration(&self, name: &str, up: &str, down: &str);
    fn start(&self, line: &str) -> Child;
    fn has(&self, table: &str) -> bool;
    fn count(&self, table: &str) -> u64;
    /// The texts that make a table, write a row, and drop the table.
    fn texts(&self, table: &str) -> [String; 3];

    fn run(&self, line: &str) -> Said {
        said(self.start(line))
    }
}

impl Subject for Ground {
    fn migration(&self, name: &str, up: &str, down: &str) {
        Ground::migration(self, name, up, down);
    }

    fn start(&self, line: &str) -> Child {
        Ground::start(self, line)
    }

    fn has(&self, table: &str) -> bool {
        self.tables().iter().any(|known| known == table)
    }

    fn count(&self, table: &str) -> u64 {
        self.number(&format!("SELECT COUNT(*) FROM {table}")).unsigned_abs()
    }

    fn texts(&self, table: &str) -> [String; 3] {
        [
            format!("CREATE TABLE {table} (id INT);"),
            format!("INSERT INTO {table} VALUES (1);"),
            format!("DROP TABLE {table};"),
        ]
    }
}

impl Subject for Documents {
    fn migration(&self, name: &str, up: &str, down: &str) {
        Documents::migration(self, name, up, down);
    }

    fn start(&self, line: &str) -> Child {
        Documents::start(self, line)
    }

    fn has(&self, table: &str) -> bool {
        crate::documents::ground::has(self, table)
    }

    fn count(&self, table: &str) -> u64 {
        Documents::count(self, table)
    }

    fn texts(&self, table: &str) -> [String; 3] {
        [
            format!("{{\"create\": \"{table}\"}}"),
            format!("{{\"insert\": \"{table}\", \"documents\": [{{\"n\": 1}}]}}"),
            format!("{{\"drop\": \"{table}\"}}"),
        ]
    }
}

fn number(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A migration of two steps for each table, and its way back.
fn write(subject: &dyn Subject) {
    let tables: Vec<String> = (0..TABLES).map(|n| format!("k{n}")).collect();
    let texts: Vec<[String; 3]> = tables.iter().map(|table| subject.texts(table)).collect();
    let up: Vec<String> = texts.iter().flat_map(|[make, row, _]| [make, row]).cloned().collect();
    let down: Vec<String> = texts.iter().map(|[.., drop]| drop.clone()).collect();
    subject.migration(NAME, &up.join("\n"), &down.join("\n"));
}

fn check(subject: &dyn Subject, moment: &str) {
    for n in 0..TABLES {
        assert_eq!(subject.count(&format!("k{n}")), 1, "k{n}, {moment}");
    }
}

fn cold_starts(subject: &dyn Subject) {
    write(subject);
    for round in 0..number("ELOQUENT_TEST_ROUNDS", 1) {
        let children: Vec<_> = (0..16).map(|_| subject.start("migrate:run")).collect();
        let all: Vec<_> = children.into_iter().map(said).collect();
        for one in &all {
            one.expect(0, &[]);
        }
        let applied: usize = all.iter().map(|one| one.stdout.matches("  applied ").count()).sum();
        assert_eq!(applied, 1, "round {round}: {all:?}");
        check(subject, &format!("round {round}"));
        subject.run("migrate:reset").expect(0, &["1 undone"]);
    }
}

/// Numbers that look like chance, and come again with the same start.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound.max(1)
    }
}

fn kills(subject: &dyn Subject, few: usize) {
    write(subject);
    let began = Instant::now();
    subject.run("migrate:run").expect(0, &[]);
    let whole = u64::try_from(began.elapsed().as_millis()).unwrap();
    subject.run("migrate:reset").expect(0, &[]);
    let seed = u64::from(std::process::id()) | 1;
    let mut chance = Chance(seed);
    for round in 0..number("ELOQUENT_TEST_KILLS", few) {
        let pause = chance.below(whole);
        let moment = format!("round {round} of seed {seed}, after {pause} ms of {whole}");
        let mut child = subject.start("migrate:run");
        std::thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
        // the lock is free; what the server itself still does is told, and waited for
        let mut next = subject.run("migrate:run --wait 2");
        if next.code == 4 {
            next.expect(4, &["of the server"]);
            next = subject.run("migrate:run --wait 90");
        }
        if next.code != 0 {
            next.expect(6, &["interrupted at step", "of 16", "migrate:resolve"]);
            let place = next.stderr.split("at step ").nth(1).unwrap_or_default();
            let step: usize =
                place.split(' ').next().unwrap_or_default().parse().expect("a number");
            let table = format!("k{}", (step - 1) / 2);
            let is_done = match step % 2 {
                1 => subject.has(&table),
                _ => subject.count(&table) == 1,
            };
            let way = if is_done { "--skip" } else { "--retry" };
            subject.run(&format!("migrate:resolve {NAME} {way}")).expect(0, &["settled"]);
            // in front of the first step there is nothing that it could go on from
            let is_anew = step == 1 && !is_done;
            let told = if is_anew { "1 applied" } else { "went on behind step" };
            subject.run("migrate:run").expect(0, &[told]);
        }
        check(subject, &moment);
        subject.run("migrate:reset").expect(0, &["1 undone"]);
    }
}

fn sixteen_at_once(ground: &Ground) {
    cold_starts(ground);
}

fn killed_at_any_moment(ground: &Ground) {
    kills(ground, 4);
}

#[test]
fn mongo_sixteen_at_once() {
    cold_starts(&Documents::new("sixteen"));
}

#[test]
fn mongo_killed_at_any_moment() {
    // the server keeps what the transaction of a dead one holds for a minute
    kills(&Documents::new("killed"), 1);
}
