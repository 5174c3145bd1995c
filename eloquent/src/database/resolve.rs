//! Finding where a query runs.

use std::sync::Arc;

use eloquent_core::{Error, Result};

use super::scope::{self, Found};
use super::target::{Connection, Joined, Place, Target};
use super::{Db, Executor, check_family};
use crate::model::ModelDef;

impl Executor {
    /// Finds where a query runs: `on(..)`, else the model's connection, else the default; the
    /// transaction in scope, if it is of that connection.
    pub(crate) fn resolve(
        target: Option<Target>,
        definition: Option<&ModelDef>,
    ) -> Result<Executor> {
        let pinned = definition.and_then(|definition| definition.connection);
        let is_named = target.is_some();
        let connection = match target.map(|target| target.0) {
            Some(Place::Transaction(tx)) => {
                return Executor::Transaction(tx).checked(definition);
            }
            Some(Place::Joined(joined)) => return Self::resolve_joined(*joined, definition),
            Some(Place::Connection(connection)) => connection,
            Some(Place::Db(db)) => {
                let pool = db.pool(pinned)?;
                Connection::new(db, pool)
            }
            Some(Place::Name(name)) => Db::current()?.connection(&name)?,
            None => {
                let db = Db::current()?;
                let pool = db.pool(pinned).map_err(|error| match definition {
                    Some(definition) => definition.locate(error),
                    None => error,
                })?;
                Connection::new(db, pool)
            }
        };
        let executor = match scope::transaction_of(connection.pool()) {
            Found::Of(tx) => {
                tx.allows(connection.concerns())?;
                Executor::Transaction(tx)
            }
            Found::Other(pool) if !is_named => Executor::Connection(connection, Some(pool)),
            Found::Pretence(pretence) => Executor::Pretence(connection, pretence),
            Found::Other(_) | Found::None => Executor::Connection(connection, None),
        };
        executor.checked(definition)
    }

    /// The same for a query of several models. Who names the connection has said where all of them are.
    fn resolve_joined(joined: Joined, definition: Option<&ModelDef>) -> Result<Executor> {
        let is_said = !matches!(&joined.on, None | Some(Target(Place::Db(_))));
        let mut executor = Executor::resolve(joined.on, definition)?;
        for other in joined.models {
            executor = executor.checked(Some(other))?;
            let connection = executor.connection();
            if is_said {
                continue;
            }
            let home = connection.db().pool(other.connection).map_err(|e| other.locate(e))?;
            if !Arc::ptr_eq(&home, connection.pool()) {
                return Err(apart(connection, other, home.name()));
            }
        }
        Ok(executor)
    }

    fn checked(self, definition: Option<&ModelDef>) -> Result<Self> {
        let pool = self.connection().pool();
        match definition.map_or(Ok(()), |definition| check_family(definition, pool.family())) {
            Ok(()) => Ok(self),
            Err(error) => Err(pool.locate(error)),
        }
    }
}

fn apart(connection: &Connection, other: &ModelDef, home: &str) -> Error {
    let here = connection.name();
    let message = format!("the query runs on `{here}`, and `{}` is on `{home}`", other.name);
    connection.pool().locate(Error::invalid(message)).with_hint(format!(
        "one statement asks one connection: query each model where it is and put the rows together in the \
         program, or say with `.on(..)` where the tables of both are; `{}` is the table that is joined",
        other.table
    ))
}

/// Adds to an error that came up before anything was sent where it would have been sent to.
pub(crate) fn at_target(
    target: Option<&Target>,
    definition: &'static ModelDef,
) -> impl FnOnce(Error) -> Error {
    move |error| match Executor::resolve(target.cloned(), Some(definition)) {
        Ok(executor) => executor.connection().pool().locate(error),
        Err(_) => error,
    }
}
