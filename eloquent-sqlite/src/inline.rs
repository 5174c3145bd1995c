//! Which statements run on the calling task.

use std::sync::atomic::Ordering;

use eloquent_core::sql::{Compiled, Cost};

use crate::config::Inline;
use crate::engine::Engine;
use crate::verb::Verb;

/// How often a statement goes to the worker after it took too long on the calling task.
const SKIP: u32 = 64;
/// The same for a write: it is short by its form, so that the disk or another program was to blame.
const SKIP_WRITE: u32 = 8;

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

/// Set in the mark of a statement that took too long the last time.
const SLOW_BEFORE: u32 = 1 << 31;

/// Keeps a statement off the calling task for a while.
pub(crate) fn skip(statement: &Compiled) {
    statement.mark().store(SKIP, Ordering::Relaxed);
}

/// Notes how a statement fared on the calling task. Only the second slow one in a row keeps it off: a single
/// one tells more of other programs that wanted the processor than of the statement.
pub(crate) fn note(statement: &Compiled, slow: bool) {
    let mark = statement.mark();
    match (slow, mark.load(Ordering::Relaxed)) {
        (true, SLOW_BEFORE) => mark.store(SKIP_WRITE, Ordering::Relaxed),
        (true, _) => mark.store(SLOW_BEFORE, Ordering::Relaxed),
        (false, SLOW_BEFORE) => mark.store(0, Ordering::Relaxed),
        (false, _) => {}
    }
}

/// Whether the statement is to be kept off this time.
fn skipped(statement: &Compiled) -> bool {
    let mark = statement.mark();
    // One load for nearly every statement; a count that is off by one harms nobody.
    let left = mark.load(Ordering::Relaxed);
    left > 0
        && left != SLOW_BEFORE
        && mark
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .is_ok()
}

/// Whether the statement commits what it writes.
fn is_commit(statement: &Compiled, engine: &Engine) -> bool {
    statement.cost() == Cost::BoundedWrite && !engine.in_transaction()
}
