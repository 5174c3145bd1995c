//! The row that matches, or a new one.

use eloquent_core::{ErrorKind, Result};

use super::{Create, Model};
use crate::database::Target;
use crate::query::{BoxFuture, Query};

/// The row that matches; a new one when there is none. Made by [`Model::first_or_create`].
#[must_use = "nothing is written until it is awaited"]
pub struct FirstOrCreate<M: Model> {
    query: Query<M>,
    draft: M::Draft,
    target: Option<Target>,
}

impl<M: Model> FirstOrCreate<M> {
    pub(super) fn new(query: Query<M>, draft: M::Draft) -> Self {
        FirstOrCreate { query, draft, target: None }
    }

    /// Looks for it, and adds it, elsewhere; see [`Query::on`].
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.target = Some(target.into());
        self
    }

    async fn run(self) -> Result<M> {
        let mut query = self.query;
        let mut create = Create::new(self.draft);
        if let Some(target) = self.target {
            query = query.on(target.clone());
            create = create.on(target);
        }
        if let Some(found) = query.clone().first().await? {
            return Ok(found);
        }
        match create.await {
            // somebody else was faster
            Err(error) if error.kind() == ErrorKind::UniqueViolation => {
                query.first().await.ok().flatten().ok_or(error)
            }
            created => created,
        }
    }
}

impl<M: Model> IntoFuture for FirstOrCreate<M> {
    type Output = Result<M>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<M: Model> std::fmt::Debug for FirstOrCreate<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstOrCreate")
            .field("model", &M::definition().name)
            .finish_non_exhaustive()
    }
}
