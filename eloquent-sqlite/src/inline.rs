//! Which statements run on the calling task.

use std::sync::atomic::Ordering;

use eloquent_core::sql::{Compiled, Cost};

use crate::config::Inline;
use crate::engine::Engine;
use crate::verb::Verb;

/// How often a read goes to the worker whose sink wants to wait.
const SKIP: u32 = 64;

/// Whether a statement may be tried on the calling task, as far as can be told without preparing it.
pub(crate) fn admits(policy: Inline, statement: &Compiled, engine: &Engine) -> bool {
    let admitted = match statement.cost() {
        Cost::Read => policy >= Inline::Reads,
        Cost::Unknown => policy >= Inline::Reads && Verb::of(statement.sql()) == Verb::Query,
        Cost::BoundedWrite => policy >= Inline::Writes && engine.facts().fast_commit,
        Cost::Scan => false,
    };
    // Asked last, since asking counts.
    admitted && !skipped(statement) && !(is_commit(statement, engine) && engine.starts_log())
}

/// The same once it is prepared: only a write that is short by its form may write.
pub(crate) fn may_run_here(statement: &Compiled, verb: Verb, reads: bool) -> bool {
    match statement.cost() {
        Cost::BoundedWrite => true,
        Cost::Read => reads,
        Cost::Unknown => reads && verb == Verb::Query,
        Cost::Scan => false,
    }
}

/// The mark of a statement: in its lowest byte how often it is still to be kept off the calling task,
/// above how often in a row it took too long there.
const LEFT: u32 = 0xff;
const ONCE_SLOW: u32 = LEFT + 1;

/// Keeps a statement off the calling task for a while.
pub(crate) fn skip(statement: &Compiled) {
    statement.mark().store(SKIP, Ordering::Relaxed);
}

/// Notes how a statement fared on the calling task. The first slow time
/// changes nothing, for it tells more of other programs that wanted the processor or the disk than of
/// the statement. From the second one in a row on it is kept off 2, 4, 8 times and up to 64.
pub(crate) fn note(statement: &Compiled, slow: bool) {
    let mark = statement.mark();
    let before = mark.load(Ordering::Relaxed);
    if slow {
        let times = (before / ONCE_SLOW + 1).min(7);
        let left = if times > 1 { 1 << (times - 1) } else { 0 };
        mark.store(times * ONCE_SLOW + left, Ordering::Relaxed);
    } else if before != 0 {
        mark.store(0, Ordering::Relaxed);
    }
}

/// Whether the statement is to be kept off this time.
fn skipped(statement: &Compiled) -> bool {
    let mark = statement.mark();
    let one_less = |left: u32| (left & LEFT > 0).then(|| left - 1);
    // One load for nearly every statement; a count that is off by one harms nobody.
    mark.load(Ordering::Relaxed) & LEFT > 0
        && mark.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
}

/// Whether the statement commits what it writes.
fn is_commit(statement: &Compiled, engine: &Engine) -> bool {
    statement.cost() == Cost::BoundedWrite && !engine.in_transaction()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept_off(statement: &Compiled) -> usize {
        (0..1000).take_while(|_| skipped(statement)).count()
    }

    #[test]
    fn the_first_slow_time_is_forgiven_and_further_ones_count_double() {
        let statement = Compiled::raw("UPDATE t SET a = 1");
        note(&statement, true);
        assert_eq!(kept_off(&statement), 0);
        for expected in [2, 4, 8, 16, 32, 64, 64] {
            note(&statement, true);
            assert_eq!(kept_off(&statement), expected);
        }
        note(&statement, false);
        note(&statement, true);
        assert_eq!(kept_off(&statement), 0);
    }

    #[test]
    fn a_read_that_ran_out_of_its_budget_is_kept_off_for_a_while() {
        let statement = Compiled::raw("SELECT 1");
        skip(&statement);
        assert_eq!(kept_off(&statement), 64);
    }
}
