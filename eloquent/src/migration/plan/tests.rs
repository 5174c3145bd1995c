use eloquent_core::async_trait;
use eloquent_core::value::{DateTime, Utc};

use super::*;
use crate::migration::{Migration, MigrationContext};

struct Named(&'static str, bool);

#[async_trait]
impl Migration for Named {
    fn name(&self) -> &str {
        self.0
    }

    async fn up(&self, _: &MigrationContext) -> Result<()> {
        Ok(())
    }

    async fn down(&self, _: &MigrationContext) -> Result<()> {
        Ok(())
    }

    fn is_reversible(&self) -> bool {
        self.1
    }
}

fn known(names: &[&'static str]) -> Migrations {
    names.iter().fold(Migrations::new(), |all, name| all.add(Named(name, !name.ends_with('!'))))
}

fn record(name: &str, batch: i64, state: State) -> Record {
    Record {
        name: name.to_owned(),
        batch,
        state,
        checksum: None,
        started_at: DateTime::<Utc>::UNIX_EPOCH,
        finished_at: None,
        duration_ms: None,
        steps: 5,
        steps_done: 2,
        step_begun: 0,
        progress: None,
        session: None,
        run: "r".to_owned(),
        problem: None,
        note: None,
    }
}

fn applied(names: &[(&str, i64)]) -> Vec<Record> {
    names.iter().map(|(name, batch)| record(name, *batch, State::Applied)).collect()
}

fn up_all(known: &Migrations, records: &[Record]) -> Result<Vec<String>> {
    up(known, records, &Reach::All, Leave::default())
}

#[test]
fn what_has_not_run_runs_in_order() {
    let known = known(&["c", "a", "b"]);
    assert_eq!(up_all(&known, &[]).unwrap(), ["a", "b", "c"]);
    assert_eq!(up_all(&known, &applied(&[("a", 1)])).unwrap(), ["b", "c"]);
    let reach = |reach| up(&known, &[], &reach, Leave::default());
    assert_eq!(reach(Reach::Steps(2)).unwrap(), ["a", "b"]);
    assert_eq!(reach(Reach::To("b".to_owned())).unwrap(), ["a", "b"]);
    assert!(reach(Reach::To("x".to_owned())).unwrap_err().message().contains("no migration `x`"));
}

#[test]
fn what_comes_late_or_is_missing_is_drift() {
    let late = up_all(&known(&["a", "b"]), &applied(&[("b", 1)])).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::MigrationDrift);
    assert!(late.message().contains(": a"), "{late}");
    let missing = up_all(&known(&["a"]), &applied(&[("a", 1), ("b", 1)])).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::MigrationDrift);
    let leave = Leave { missing: true, out_of_order: true };
    let records = applied(&[("b", 1), ("x", 1)]);
    assert_eq!(up(&known(&["a", "b"]), &records, &Reach::All, leave).unwrap(), ["a"]);
}

#[test]
fn what_was_interrupted_goes_on_the_same_way() {
    let known = known(&["a", "b"]);
    let mut records = applied(&[("a", 1)]);
    records.push(record("b", 2, State::Applying));
    assert_eq!(up_all(&known, &records).unwrap(), ["b"]);
    let error = down(&known, &records, &Rollback::LastBatch).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MigrationInterrupted);
    assert!(error.message().contains("behind step 2 of 5"), "{error}");
    records[1].state = State::Reverting;
    assert_eq!(up_all(&known, &records).unwrap_err().kind(), ErrorKind::MigrationInterrupted);
    assert_eq!(down(&known, &records, &Rollback::LastBatch).unwrap(), ["b"]);
    assert_eq!(down(&known, &records, &Rollback::Steps(2)).unwrap(), ["b", "a"]);
}

#[test]
fn what_is_undone_is_chosen_exactly() {
    let known = known(&["a", "b", "c", "d"]);
    let records = applied(&[("a", 1), ("b", 1), ("c", 2), ("d", 2)]);
    let down = |what| down(&known, &records, &what);
    assert_eq!(down(Rollback::LastBatch).unwrap(), ["d", "c"]);
    assert_eq!(down(Rollback::Batch(1)).unwrap(), ["b", "a"]);
    assert_eq!(down(Rollback::Steps(3)).unwrap(), ["d", "c", "b"]);
    assert_eq!(down(Rollback::To("b".to_owned())).unwrap(), ["d", "c"]);
    assert_eq!(down(Rollback::All).unwrap(), ["d", "c", "b", "a"]);
    assert!(down(Rollback::Batch(3)).is_err() && down(Rollback::To("x".to_owned())).is_err());
}

#[test]
fn what_cannot_be_undone_is_told_before_anything_is() {
    let known = known(&["a", "b!", "c"]);
    let records = applied(&[("a", 1), ("b!", 1), ("c", 1)]);
    let error = down(&known, &records, &Rollback::All).unwrap_err();
    assert!(error.message().contains("cannot be undone: b!"), "{error}");
    assert_eq!(down(&known, &records, &Rollback::Steps(1)).unwrap(), ["c"]);
    let error = down(&super::super::Migrations::new(), &records, &Rollback::All).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MigrationDrift);
}
