//! Pretending: what would be written is noted down and not sent.

use std::sync::{Arc, Mutex, PoisonError};

use eloquent_core::driver::Affected;
use eloquent_core::schema::{SchemaChange, TableInfo, TableSummary};
use eloquent_core::statement::Statement;
use eloquent_core::{Error, ErrorKind, Result};

use super::apart::Apart;
use super::scope;
use super::target::Connection;

/// What would have been sent.
#[derive(Debug)]
pub(crate) struct Pretence {
    noted: Mutex<Vec<String>>,
    /// A session that makes nothing.
    reader: Arc<tokio::sync::Mutex<Apart>>,
}

impl Pretence {
    pub(crate) fn new(reader: Arc<tokio::sync::Mutex<Apart>>) -> Self {
        Pretence { noted: Mutex::default(), reader }
    }

    /// Runs a future in whose scope nothing is written.
    pub(crate) async fn scope<F: Future>(
        self: &Arc<Self>,
        on: &Connection,
        future: F,
    ) -> F::Output {
        scope::with_pretence(on.db().clone(), self.clone(), future).await
    }

    /// The texts so far.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.noted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn note(&self, text: impl Into<String>) {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).push(text.into());
    }

    pub(super) async fn note_statement(&self, statement: &Statement) -> Result<Affected> {
        let text = self.reader.lock().await.render(statement)?;
        self.note(text);
        Ok(Affected::default())
    }

    pub(super) async fn note_change(&self, change: &SchemaChange) -> Result<()> {
        for text in self.reader.lock().await.render_change(change)? {
            self.note(text);
        }
        Ok(())
    }

    pub(super) async fn inspect_tables(&self) -> Result<Vec<TableSummary>> {
        self.reader.lock().await.inspect_tables().await
    }

    pub(super) async fn inspect_table(&self, name: &str) -> Result<Option<TableInfo>> {
        self.reader.lock().await.inspect_table(name).await
    }
}

/// The error of what cannot be shown without being done.
pub(super) fn refused() -> Error {
    let message = "what reads rows, or begins a transaction, cannot be shown without running it";
    Error::new(ErrorKind::Unsupported, message)
}
