//! What came of the migrations, connection by connection.

use std::path::PathBuf;
use std::time::Duration;

use eloquent::Error;
use eloquent::migration::{Direction, Done, MigrationStatus, Outcome, Pretended};
use serde_json::{Value, json};

use crate::output::{Page, Part, Report, Table};

/// What came of one connection.
pub(in crate::command) struct Answer {
    pub(super) connection: String,
    pub(super) told: Told,
}

pub(super) enum Told {
    Ran(Outcome),
    Pretended(Vec<Pretended>),
    Status(Vec<MigrationStatus>),
    Settled(String),
    /// It has no migrations.
    None(PathBuf),
    Failed(Error),
}

/// All of them.
pub(super) fn of(answers: Vec<Answer>) -> Report {
    let mut page = Page::default();
    for answer in &answers {
        answer.show(&mut page);
    }
    Report::of_parts(page, answers.iter().map(Answer::part).collect())
}

impl Told {
    pub(super) fn error(&self) -> Option<&Error> {
        match self {
            Told::Ran(outcome) => outcome.error.as_ref(),
            Told::Failed(error) => Some(error),
            _ => None,
        }
    }
}

impl Answer {
    pub(in crate::command) fn error(&self) -> Option<&Error> {
        self.told.error()
    }

    pub(in crate::command) fn show(&self, page: &mut Page) {
        let name = &self.connection;
        match &self.told {
            Told::Ran(outcome) => {
                page.title(&format!("{name}: {}", summary(outcome)));
                page.table(done(&outcome.done));
            }
            Told::Pretended(shown) if shown.is_empty() => {
                page.title(&format!("{name}: nothing to do"));
            }
            Told::Pretended(shown) => {
                page.title(&format!("{name}: would send"));
                for migration in shown {
                    page.line(&format!("-- {} ({})", migration.name, way(migration.direction)));
                    for statement in &migration.statements {
                        for line in format!("{statement};").lines() {
                            page.line(line);
                        }
                    }
                }
            }
            Told::Status(all) if all.is_empty() => page.title(&format!("{name}: no migrations")),
            Told::Status(all) => {
                page.title(&format!("{name}: {}", counts(all)));
                page.table(status(all));
                for one in all {
                    for (what, text) in [("stopped by", &one.problem), ("settled", &one.note)] {
                        if let Some(text) = text {
                            page.line(&format!("  {}: {what}: {text}", one.name));
                        }
                    }
                }
            }
            Told::Settled(text) => page.title(&format!("{name}: {text}")),
            Told::None(directory) => {
                page.title(&format!("{name}: no migrations, {} is not there", directory.display()));
            }
            Told::Failed(_) => page.title(&format!("{name}: failed")),
        }
    }

    pub(in crate::command) fn part(&self) -> Part {
        Part::of(&self.connection, self.error(), self.known())
    }

    /// What came of it, for programs.
    fn known(&self) -> Value {
        match &self.told {
            Told::Ran(outcome) => json!({ "done": listed(&outcome.done, done_json) }),
            Told::Pretended(shown) => json!({ "would_send": listed(shown, pretended_json) }),
            Told::Status(all) => json!({ "migrations": listed(all, status_json) }),
            Told::Settled(text) => json!({ "settled": text }),
            Told::None(_) | Told::Failed(_) => json!({}),
        }
    }
}

fn listed<T>(all: &[T], json: fn(&T) -> Value) -> Vec<Value> {
    all.iter().map(json).collect()
}

fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "up",
        Direction::Down => "down",
    }
}

fn count(done: &[Done], direction: Direction) -> usize {
    done.iter().filter(|one| one.direction == direction).count()
}

fn summary(outcome: &Outcome) -> String {
    let (up, down) = (count(&outcome.done, Direction::Up), count(&outcome.done, Direction::Down));
    let mut parts = Vec::new();
    if outcome.error.is_some() {
        parts.push("failed".to_owned());
    }
    if down > 0 {
        parts.push(format!("{down} undone"));
    }
    if up > 0 {
        parts.push(format!("{up} applied"));
    }
    if outcome.done.is_empty() {
        return parts.pop().unwrap_or_else(|| "nothing to do".to_owned());
    }
    let elapsed = outcome.done.iter().map(|one| one.elapsed).sum();
    format!("{} in {}", parts.join(", "), time(elapsed))
}

fn done(done: &[Done]) -> Table {
    let mut table = Table::new(&["STATE", "MIGRATION", "BATCH", "TIME", ""]).indented();
    for one in done {
        let state = if one.direction == Direction::Up { "applied" } else { "undone" };
        let resumed = match one.resumed_behind {
            0 => String::new(),
            step => format!("went on behind step {step}"),
        };
        table.row([state, &one.name, &one.batch.to_string(), &time(one.elapsed), &resumed]);
    }
    table
}

fn counts(all: &[MigrationStatus]) -> String {
    let mut parts: Vec<(&str, usize)> = Vec::new();
    for state in all.iter().map(|one| one.state.name()) {
        match parts.iter_mut().find(|(known, _)| *known == state) {
            Some((_, count)) => *count += 1,
            None => parts.push((state, 1)),
        }
    }
    let parts: Vec<String> =
        parts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    parts.join(", ")
}

fn status(all: &[MigrationStatus]) -> Table {
    let mut table = Table::new(&["STATE", "MIGRATION", "BATCH", "APPLIED", "TIME"]).indented();
    for one in all {
        let at = one.applied_at.map(|at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
        table.row([
            one.state.name(),
            &one.name,
            &one.batch.map(|batch| batch.to_string()).unwrap_or_default(),
            &one.place.clone().or(at).unwrap_or_default(),
            &one.duration.map(time).unwrap_or_default(),
        ]);
    }
    table
}

pub(in crate::command) fn time(elapsed: Duration) -> String {
    match elapsed.as_secs_f64() {
        seconds if seconds < 10.0 => format!("{:.1} ms", seconds * 1000.0),
        seconds => format!("{seconds:.1} s"),
    }
}

pub(in crate::command) fn milliseconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

fn done_json(one: &Done) -> Value {
    json!({
        "name": one.name,
        "direction": way(one.direction),
        "batch": one.batch,
        "resumed_behind": one.resumed_behind,
        "elapsed_ms": milliseconds(one.elapsed),
    })
}

fn pretended_json(one: &Pretended) -> Value {
    json!({
        "name": one.name,
        "direction": way(one.direction),
        "statements": one.statements,
    })
}

fn status_json(one: &MigrationStatus) -> Value {
    json!({
        "name": one.name,
        "state": one.state.name(),
        "batch": one.batch,
        "applied_at": one.applied_at.map(|at| at.to_rfc3339()),
        "elapsed_ms": one.duration.map(milliseconds),
        "place": one.place,
        "problem": one.problem,
        "note": one.note,
    })
}
