//! Transactions and savepoints.

use eloquent_core::driver::TransactionOptions;
use eloquent_core::{ErrorKind, Result};

use crate::checkpoint;
use crate::config::Inline;
use crate::engine::{Engine, Fault};
use crate::error::error;

/// The rows up to which a transaction ends on the calling task: few enough to be in the cache still.
const LIGHT: u64 = 256;

/// A transaction that is open.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    pub(crate) read_only: bool,
    /// Whether anything was written.
    wrote: bool,
    /// The rows that were written on the calling task.
    rows: u64,
    /// Whether something was written whose size is not known.
    heavy: bool,
    /// Whether all that is written until the next step belongs to one insert, of which nothing stays when
    /// one of its statements fails.
    pub(crate) one_insert: bool,
}

impl Transaction {
    pub(crate) fn note_write(&mut self, rows: u64, heavy: bool) {
        self.wrote = true;
        self.rows = self.rows.saturating_add(rows);
        self.heavy |= heavy;
    }
}

/// A step of a transaction. The depth 0 is the transaction, n the n-th savepoint in it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Control {
    Begin(u32, TransactionOptions),
    Commit(u32),
    Rollback(u32),
}

impl Engine {
    /// Takes a step.
    ///
    /// # Errors
    /// When it is busy, nothing has happened.
    pub(crate) fn control(&mut self, control: Control) -> Result<(), Fault> {
        if let Some(open) = &mut self.transaction {
            open.one_insert = false;
        }
        let result = match control {
            Control::Begin(0, options) => self.begin(options),
            Control::Begin(depth, _) => self.savepoint(&format!("SAVEPOINT eloquent_{depth}")),
            Control::Commit(0) => self.commit(),
            Control::Commit(depth) => self.savepoint(&format!("RELEASE eloquent_{depth}")),
            Control::Rollback(0) => self.rollback(),
            Control::Rollback(depth) => self.rollback_to(depth),
        };
        if self.transaction.is_none() {
            self.shared.gate.released();
        }
        result
    }

    /// Whether a step may be taken on the calling task.
    pub(crate) fn may_control_here(&self, control: Control, policy: Inline) -> bool {
        let light = match &self.transaction {
            None => true,
            Some(open) => !open.heavy && open.rows <= LIGHT,
        };
        let wrote = self.transaction.as_ref().is_some_and(|open| open.wrote);
        policy >= Inline::Reads
            && match control {
                Control::Begin(..) => true,
                Control::Commit(0) if wrote => {
                    policy >= Inline::Writes
                        && self.facts.fast_commit
                        && light
                        && !self.starts_log()
                }
                Control::Commit(_) => true,
                Control::Rollback(_) => light,
            }
    }

    /// Whether the next commit starts the log over and so waits for the disk; says so once.
    pub(crate) fn starts_log(&self) -> bool {
        self.shared.log.take_restarted()
    }

    /// A transaction that may write takes the lock at once: taken later it would fail, without any
    /// waiting, when another one has written in between.
    fn begin(&mut self, options: TransactionOptions) -> Result<(), Fault> {
        if self.transaction.is_some() {
            return Err(error(ErrorKind::InvalidInput, "a transaction is open already").into());
        }
        let reads = options.read_only || self.facts.read_only;
        self.execute(if reads { "BEGIN DEFERRED" } else { "BEGIN IMMEDIATE" })?;
        self.transaction = Some(Transaction { read_only: options.read_only, ..Default::default() });
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Fault> {
        self.check_open()?;
        if let Err(fault) = self.check_transaction() {
            self.transaction = None;
            return Err(fault);
        }
        self.execute("COMMIT")?;
        self.pages = self.pages.max(checkpoint::take_pages());
        self.transaction = None;
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), Fault> {
        if !self.connection.is_autocommit() {
            self.execute("ROLLBACK")?;
        }
        self.transaction = None;
        Ok(())
    }

    fn savepoint(&mut self, sql: &str) -> Result<(), Fault> {
        self.check_open()?;
        self.check_transaction()?;
        self.execute(sql)
    }

    /// A rolled back savepoint stays on the stack, so it is released as well.
    fn rollback_to(&mut self, depth: u32) -> Result<(), Fault> {
        self.check_open()?;
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.execute(&format!("ROLLBACK TO eloquent_{depth}"))?;
        self.execute(&format!("RELEASE eloquent_{depth}"))
    }

    fn check_open(&self) -> Result<(), Fault> {
        match &self.transaction {
            Some(_) => Ok(()),
            None => Err(error(ErrorKind::InvalidInput, "no transaction is open").into()),
        }
    }

    fn execute(&self, sql: &str) -> Result<(), Fault> {
        self.connection.prepare_cached(sql)?.raw_execute()?;
        Ok(())
    }
}
