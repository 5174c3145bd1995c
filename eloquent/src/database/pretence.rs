//! Pretending: what would be written is noted down and not sent.

use std::sync::{Arc, Mutex, PoisonError};

use eloquent_core::driver::Affected;
use eloquent_core::schema::SchemaChange;
use eloquent_core::statement::Statement;
use eloquent_core::{Error, ErrorKind, Result};

use super::scope;
use super::target::Connection;

/// What would have been sent.
#[derive(Debug, Default)]
pub(crate) struct Pretence(Mutex<Vec<String>>);

impl Pretence {
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
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text.into());
    }

    pub(super) async fn note_statement(
        &self,
        connection: &Connection,
        statement: &Statement,
    ) -> Result<Affected> {
        let mut lease = connection.pool().acquire().await?;
        let text = lease.session()?.render(statement);
        self.note(text.map_err(|error| connection.pool().locate(error))?);
        Ok(Affected::default())
    }

    pub(super) async fn note_change(
        &self,
        connection: &Connection,
        change: &SchemaChange,
    ) -> Result<()> {
        let mut lease = connection.pool().acquire().await?;
        let texts = lease.session()?.render_change(change);
        for text in texts.map_err(|error| connection.pool().locate(error))? {
            self.note(text);
        }
        Ok(())
    }
}

/// The error of what cannot be shown without being done.
pub(super) fn refused() -> Error {
    let message = "what reads rows, or begins a transaction, cannot be shown without running it";
    Error::new(ErrorKind::Unsupported, message)
}
