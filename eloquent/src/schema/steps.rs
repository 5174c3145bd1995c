//! Whoever makes changes in place of an executor: a migration, which records each.

use std::fmt;

use eloquent_core::Result;
use eloquent_core::async_trait;
use eloquent_core::schema::SchemaChange;

use crate::database::Executor;

/// What makes the changes of a [`Schema`](super::Schema), one by one.
#[async_trait]
pub(crate) trait Steps: fmt::Debug + Send + Sync {
    /// Makes a change.
    async fn alter(&self, change: &SchemaChange) -> Result<()>;

    /// Where the schema is looked at.
    fn executor(&self) -> Executor;
}
