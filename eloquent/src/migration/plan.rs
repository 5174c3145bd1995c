//! Which migrations are to run, and what speaks against it. No I/O.

use eloquent_core::{Error, ErrorKind, Result};

use super::migrations::Migrations;
use super::migrator::{Reach, Rollback};
use super::outcome::MigrationState;
use super::tracker::{Record, State};

/// What is let pass.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leave {
    pub(super) missing: bool,
    pub(super) out_of_order: bool,
}

/// The migrations to apply, in order.
pub(super) fn up(
    known: &Migrations,
    records: &[Record],
    reach: &Reach,
    leave: Leave,
) -> Result<Vec<String>> {
    check_drift(known, records, leave)?;
    if let Some(record) = records.iter().find(|record| record.state == State::Reverting) {
        let message =
            format!("`{}` was interrupted while it was undone, {}", record.name, record.place());
        return Err(interrupted(message).with_hint(format!(
            "`migrate:rollback` goes on with it; `migrate:resolve {}` settles it",
            record.name
        )));
    }
    let mut pending = pending(known, records);
    let late: Vec<&str> =
        pending.iter().filter(|name| is_late(name, records)).map(String::as_str).collect();
    if !late.is_empty() && !leave.out_of_order {
        let message = format!("later migrations have run before: {}", late.join(", "));
        return Err(drift(message).with_hint(
            "give them a later stamp, or allow it with `--allow-out-of-order` if their order does not \
             matter",
        ));
    }
    match reach {
        Reach::All => {}
        Reach::Steps(most) => pending.truncate(*most),
        Reach::To(last) => {
            let Some(position) = pending.iter().position(|name| name == last) else {
                return Err(not_a_target(known, records, last));
            };
            pending.truncate(position + 1);
        }
    }
    Ok(pending)
}

fn pending(known: &Migrations, records: &[Record]) -> Vec<String> {
    let has_run = |name: &str| {
        records.iter().any(|record| record.name == name && record.state != State::Applying)
    };
    known.names().filter(|name| !has_run(name)).map(str::to_owned).collect()
}

/// Whether a migration without a record comes before one that has run.
fn is_late(name: &str, records: &[Record]) -> bool {
    let last =
        records.iter().filter(|record| record.state == State::Applied).map(|r| &r.name).max();
    last.is_some_and(|last| name < last.as_str())
        && !records.iter().any(|record| record.name == name)
}

fn not_a_target(known: &Migrations, records: &[Record], name: &str) -> Error {
    if records.iter().any(|record| record.name == name) {
        return Error::invalid(format!("`{name}` has run already"));
    }
    let near: Vec<&str> = known.names().filter(|known| known.contains(name)).collect();
    let error = Error::invalid(format!("there is no migration `{name}`"));
    match near.as_slice() {
        [] => error.with_hint("`migrate:status` lists them; a target is the whole name"),
        near => error.with_hint(format!("did you mean {}?", near.join(" or "))),
    }
}

/// The migrations to undo, in order.
pub(super) fn down(known: &Migrations, records: &[Record], what: &Rollback) -> Result<Vec<String>> {
    if let Some(record) = records.iter().find(|record| record.state == State::Applying) {
        let message = format!("`{}` was interrupted while it ran, {}", record.name, record.place());
        return Err(interrupted(message).with_hint(format!(
            "`migrate:run` goes on with it; `migrate:resolve {}` settles it",
            record.name
        )));
    }
    let mut applied: Vec<&Record> = records.iter().collect();
    // what was begun comes first
    applied.sort_by(|a, b| {
        let key = |record: &Record| (record.state == State::Reverting, record.batch);
        key(b).cmp(&key(a)).then_with(|| b.name.cmp(&a.name))
    });
    let begun = applied.iter().filter(|record| record.state == State::Reverting).count();
    let last = applied.iter().map(|record| record.batch).max().unwrap_or_default();
    let mut chosen: Vec<&Record> = match what {
        Rollback::LastBatch if begun > 0 => applied[..begun].to_vec(),
        Rollback::LastBatch => applied.into_iter().filter(|r| r.batch == last).collect(),
        Rollback::Batch(batch) => {
            let of_it: Vec<_> = applied.into_iter().filter(|r| r.batch == *batch).collect();
            if of_it.is_empty() {
                return Err(Error::invalid(format!("there is no batch {batch}"))
                    .with_hint("`migrate:status` shows the batch of each migration"));
            }
            of_it
        }
        Rollback::Steps(most) => applied.into_iter().take(*most).collect(),
        Rollback::To(name) => {
            let Some(position) = applied.iter().position(|record| record.name == *name) else {
                return Err(Error::invalid(format!("`{name}` has not run"))
                    .with_hint("name the migration that is to stay as the last one"));
            };
            applied[..position].to_vec()
        }
        Rollback::All => applied,
    };
    chosen.dedup_by(|a, b| a.name == b.name);
    let names = |filter: &dyn Fn(&str) -> bool| {
        let names = chosen.iter().map(|record| record.name.as_str());
        names.filter(|name| filter(name)).collect::<Vec<_>>()
    };
    let gone = names(&|name| known.get(name).is_none());
    if !gone.is_empty() {
        let message = format!("what would undo these is not known: {}", gone.join(", "));
        return Err(drift(message).with_hint("bring their files back"));
    }
    let stuck =
        names(&|name| known.get(name).is_some_and(|known| !known.migration().is_reversible()));
    if !stuck.is_empty() {
        let message = format!("these cannot be undone: {}", stuck.join(", "));
        return Err(Error::invalid(message)
            .with_hint("write their `.down` files, or choose what to undo so that they stay"));
    }
    Ok(chosen.into_iter().map(|record| record.name.clone()).collect())
}

/// Refuses files that are others than those that ran.
fn check_drift(known: &Migrations, records: &[Record], leave: Leave) -> Result<()> {
    let mut faults = Vec::new();
    for record in records {
        match known.get(&record.name) {
            None if !leave.missing => {
                faults.push(format!("`{}` has run and is not known any more", record.name));
            }
            Some(now) => {
                if let Some((then, now)) = changed(record, now.checksum()) {
                    let ran = record.finished_at.unwrap_or(record.started_at);
                    faults.push(format!(
                        "`{}` has changed since it ran at {}: its checksum was {then} and is {now}",
                        record.name,
                        ran.format("%Y-%m-%d %H:%M:%S UTC")
                    ));
                }
            }
            None => {}
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(drift(faults.join("; ")).with_hint(
        "bring the files back as they were and write a new migration; if it is meant, \
         `migrate:resolve NAME --applied` takes the file as it is now",
    ))
}

/// Both checksums, when they differ.
pub(super) fn changed<'c>(record: &'c Record, now: Option<&'c str>) -> Option<(&'c str, &'c str)> {
    let then = record.checksum.as_deref()?;
    let now = now?;
    (record.state == State::Applied && then != now).then_some((then, now))
}

/// Where a migration stands.
pub(super) fn state(
    name: &str,
    known: &Migrations,
    record: Option<&Record>,
    records: &[Record],
) -> MigrationState {
    match (record, known.get(name)) {
        (Some(record), _) if record.state == State::Applying => MigrationState::Interrupted,
        (Some(record), _) if record.state == State::Reverting => MigrationState::Reverting,
        (Some(_), None) => MigrationState::Missing,
        (Some(record), Some(known)) if changed(record, known.checksum()).is_some() => {
            MigrationState::Changed
        }
        (Some(_), Some(_)) => MigrationState::Applied,
        (None, _) if is_late(name, records) => MigrationState::Late,
        (None, _) => MigrationState::Pending,
    }
}

pub(super) fn drift(message: String) -> Error {
    Error::new(ErrorKind::MigrationDrift, message)
}

fn interrupted(message: String) -> Error {
    Error::new(ErrorKind::MigrationInterrupted, message)
}

#[cfg(test)]
mod tests;
