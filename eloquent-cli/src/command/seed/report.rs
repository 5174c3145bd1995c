//! What came of seeding, connection by connection.

use eloquent::Error;
use eloquent::seeding::{SeedOutcome, Seeded, Skipped};
use serde_json::{Value, json};

use super::migrate;
use super::migrate::report::{milliseconds, time};
use crate::output::{Page, Part, Report, Table, per_second};

/// What came of one connection.
pub(super) struct Answer {
    pub(super) connection: String,
    /// What came of its migrations, if they were run.
    pub(super) migrated: Option<migrate::Answer>,
    pub(super) told: Told,
}

pub(super) enum Told {
    Ran(SeedOutcome),
    /// What is missing before it can be seeded.
    Checked(Vec<String>),
    /// No seeder is for it.
    Unfit(Vec<Skipped>),
    /// Its migrations failed.
    Unreached,
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

impl Answer {
    pub(super) fn new(connection: String, told: Told) -> Self {
        Answer { connection, migrated: None, told }
    }

    pub(super) fn error(&self) -> Option<&Error> {
        match &self.told {
            Told::Ran(outcome) => outcome.error.as_ref(),
            Told::Failed(error) => Some(error),
            Told::Unreached => self.migrated.as_ref().and_then(migrate::Answer::error),
            Told::Checked(_) | Told::Unfit(_) => None,
        }
    }

    fn part(&self) -> Part {
        let is_unfit = matches!(&self.told, Told::Checked(faults) if !faults.is_empty());
        Part::of(&self.connection, self.error(), self.known()).unfit(is_unfit)
    }

    fn show(&self, page: &mut Page) {
        let name = &self.connection;
        if let Some(migrated) = &self.migrated {
            migrated.show(page);
        }
        match &self.told {
            Told::Ran(outcome) => {
                page.title(&format!("{name}: {}", summary(outcome)));
                page.table(table(outcome));
                if outcome.done.iter().any(|one| !one.in_transaction) {
                    page.line("  this database has no transactions: what fails stays in part");
                }
            }
            Told::Checked(faults) if faults.is_empty() => {
                page.title(&format!("{name}: ready to be seeded"));
            }
            Told::Checked(faults) => {
                page.title(&format!("{name}: not ready to be seeded"));
                for fault in faults {
                    page.line(&format!("  {fault}"));
                }
            }
            Told::Unfit(skipped) => {
                page.title(&format!("{name}: no seeder is for it"));
                page.table(left_out(skipped));
            }
            Told::Unreached => page.title(&format!("{name}: not seeded")),
            Told::Failed(_) => page.title(&format!("{name}: failed")),
        }
    }

    fn known(&self) -> Value {
        let mut document = json!({});
        if let Some(migrated) = &self.migrated {
            document["migrated"] = migrated.part().json();
        }
        match &self.told {
            Told::Ran(outcome) => {
                document["seeded"] = outcome.done.iter().map(seeded_json).collect();
                document["skipped"] = outcome.skipped.iter().map(skipped_json).collect();
            }
            Told::Checked(faults) => document["missing"] = json!(faults),
            Told::Unfit(skipped) => {
                document["skipped"] = skipped.iter().map(skipped_json).collect();
            }
            Told::Unreached | Told::Failed(_) => {}
        }
        document
    }
}

fn summary(outcome: &SeedOutcome) -> String {
    let rows: u64 = outcome.done.iter().map(|one| one.rows).sum();
    let elapsed = outcome.done.iter().map(|one| one.elapsed).sum();
    let failed = if outcome.error.is_some() { "failed, " } else { "" };
    let (count, rate) = (outcome.done.len(), per_second(rows, elapsed));
    let seeders = if count == 1 { "seeder" } else { "seeders" };
    format!("{failed}{count} {seeders}, {rows} rows in {} ({rate} rows/s)", time(elapsed))
}

fn table(outcome: &SeedOutcome) -> Table {
    let mut table = Table::new(&["STATE", "SEEDER", "ROWS", "TIME", ""]).indented();
    for one in &outcome.done {
        table.row(["ok", &one.name, &one.rows.to_string(), &time(one.elapsed), ""]);
    }
    for one in &outcome.skipped {
        table.row(["skipped", &one.name, "", "", &one.why]);
    }
    table
}

fn left_out(skipped: &[Skipped]) -> Table {
    let mut table = Table::new(&["STATE", "SEEDER", ""]).indented();
    for one in skipped {
        table.row(["skipped", &one.name, &one.why]);
    }
    table
}

fn seeded_json(one: &Seeded) -> Value {
    json!({
        "name": one.name,
        "rows": one.rows,
        "elapsed_ms": milliseconds(one.elapsed),
        "rows_per_second": per_second(one.rows, one.elapsed),
        "in_transaction": one.in_transaction,
    })
}

fn skipped_json(one: &Skipped) -> Value {
    json!({ "name": one.name, "why": one.why })
}
