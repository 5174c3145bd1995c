//! Compiled statements, kept by their shape.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::binds::Binds;
use super::compiled::Compiled;
use super::hash::TextHasher;
use super::{Dialect, compiler, shape};
use crate::statement::{From, Statement};
use crate::{Error, Name, Result};

/// How many shapes a cache keeps unless told otherwise.
const SHAPES: usize = 1024;
/// A shape longer than this is compiled each time: it is rarely met twice and would crowd out others.
const LONGEST_SHAPE: usize = 16 * 1024;
/// A buffer for shapes that has grown beyond this is given back.
const LARGEST_BUFFER: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Compiled statements, found by shape: statements that differ only in bound values share one.
///
/// The shape is compared in full, so that no two statements are ever taken for each other. A cache
/// serves one dialect. It is bounded: when it is full, the shapes that were not used since the last
/// time make room, and while all of them are in use, further ones are compiled each time.
#[derive(Debug)]
pub struct StatementCache {
    shapes: RwLock<HashMap<Box<[u8]>, Entry, BuildHasherDefault<TextHasher>>>,
    capacity: usize,
}

#[derive(Debug)]
struct Entry {
    compiled: Arc<Compiled>,
    used: AtomicBool,
}

impl Default for StatementCache {
    fn default() -> Self {
        StatementCache::with_capacity(SHAPES)
    }
}

impl StatementCache {
    /// A cache that keeps at most as many shapes.
    pub fn with_capacity(capacity: usize) -> Self {
        StatementCache { shapes: RwLock::default(), capacity }
    }

    /// How many shapes are kept.
    pub fn len(&self) -> usize {
        self.shapes.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nothing was compiled yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Finds or compiles the text of a statement and lists its binds.
    ///
    /// # Errors
    /// What the dialect lacks, and what is wrong with the statement. `binds` is then of no use.
    pub fn compile<'s>(
        &self,
        dialect: &'static dyn Dialect,
        statement: &'s Statement,
        binds: &mut Binds<'s>,
    ) -> Result<Arc<Compiled>> {
        let mut key = BUFFER.take();
        let result = self.find_or_compile(dialect, statement, binds, &mut key);
        if key.capacity() <= LARGEST_BUFFER {
            BUFFER.set(key);
        }
        result.map_err(|error| place(error, dialect, statement))
    }

    fn find_or_compile<'s>(
        &self,
        dialect: &'static dyn Dialect,
        statement: &'s Statement,
        binds: &mut Binds<'s>,
        key: &mut Vec<u8>,
    ) -> Result<Arc<Compiled>> {
        let padding = shape::write(dialect, statement, key, binds)?;
        let compiled = match self.find(key) {
            Some(compiled) => compiled,
            None => {
                let finished = compiler::compile(dialect, statement, padding, binds.len())?;
                self.keep(key, Arc::new(Compiled::new(finished, table(statement))))
            }
        };
        if let Some(order) = compiled.order() {
            binds.reorder(order);
        }
        Ok(compiled)
    }

    fn find(&self, key: &[u8]) -> Option<Arc<Compiled>> {
        let shapes = self.shapes.read().unwrap_or_else(PoisonError::into_inner);
        let entry = shapes.get(key)?;
        // Written only once between two sweeps, so that readers do not fight for the line.
        if !entry.used.load(Ordering::Relaxed) {
            entry.used.store(true, Ordering::Relaxed);
        }
        Some(Arc::clone(&entry.compiled))
    }

    /// Keeps a statement, or gives back the one that was kept in the meantime.
    fn keep(&self, key: &[u8], compiled: Arc<Compiled>) -> Arc<Compiled> {
        if key.len() > LONGEST_SHAPE {
            return compiled;
        }
        let mut shapes = self.shapes.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = shapes.get(key) {
            return Arc::clone(&entry.compiled);
        }
        if shapes.len() >= self.capacity {
            shapes.retain(|_, entry| entry.used.swap(false, Ordering::Relaxed));
        }
        if shapes.len() < self.capacity {
            let entry = Entry { compiled: Arc::clone(&compiled), used: AtomicBool::new(false) };
            shapes.insert(key.into(), entry);
        }
        compiled
    }
}

fn table(statement: &Statement) -> Option<Name> {
    fn of(from: &From) -> &Name {
        match from {
            From::Table { name, .. } => name,
            From::Select { select, .. } => of(&select.from),
        }
    }
    match statement {
        Statement::Select(select) => Some(of(&select.from).clone()),
        Statement::Insert(insert) => Some(insert.table.clone()),
        Statement::Update(update) => Some(update.table.clone()),
        Statement::Delete(delete) => Some(delete.table.clone()),
        Statement::Pipeline(pipeline) => Some(pipeline.table.clone()),
        Statement::Raw(_) => None,
    }
}

#[cold]
fn place(error: Error, dialect: &dyn Dialect, statement: &Statement) -> Error {
    let error = error.with_driver(dialect.driver());
    match table(statement) {
        Some(table) => error.with_table(table),
        None => error,
    }
}
