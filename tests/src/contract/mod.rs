//! The contract between Eloquent and a driver, case by case. Only what [`eloquent_core::driver`]
//! promises is used: sessions, statements, sinks.

mod altering;
mod ask;
mod cancellation;
mod conditions;
mod crud;
mod errors;
mod expressions;
mod migrating;
mod options;
mod predicates;
mod reference;
mod returning;
mod schema;
mod schema_changes;
mod schema_constraints;
mod schema_features;
mod schema_inspection;
mod selects;
mod sinks;
mod streams;
mod text;
mod things;
mod transactions;
mod upserts;
mod values;
mod writes;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use eloquent_core::driver::{Capabilities, Connection, Session};
use eloquent_core::schema::{Column, SchemaChange, TableDefinition};
use eloquent_core::{Name, Result};

use crate::Target;
use crate::case::{Bench, Case};

pub use ask::{
    Ask, Rows, assign, col, compare, delete, equal, execute, fetch, insert, is_null, query,
    refuses, select, update, value,
};
pub use sinks::Collect;

/// The cases by module.
pub(crate) const MODULES: &[(&str, &[Case<Contract>])] = &[
    ("values", values::CASES),
    ("text", text::CASES),
    ("crud", crud::CASES),
    ("returning", returning::CASES),
    ("writes", writes::CASES),
    ("upserts", upserts::CASES),
    ("selects", selects::CASES),
    ("expressions", expressions::CASES),
    ("predicates", predicates::CASES),
    ("conditions", conditions::CASES),
    ("transactions", transactions::CASES),
    ("options", options::CASES),
    ("schema", schema::CASES),
    ("schema_changes", schema_changes::CASES),
    ("schema_constraints", schema_constraints::CASES),
    ("schema_features", schema_features::CASES),
    ("schema_inspection", schema_inspection::CASES),
    ("migrating", migrating::CASES),
    ("errors", errors::CASES),
    ("streams", streams::CASES),
    ("cancellation", cancellation::CASES),
];

/// What a case of the contract runs on: one connection, and the tables that it made there.
#[derive(Debug, Clone)]
pub struct Contract(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    connection: Arc<dyn Connection>,
    tables: Mutex<Vec<Name>>,
}

impl Contract {
    /// A case on this connection.
    pub fn new(connection: Arc<dyn Connection>) -> Self {
        Contract(Arc::new(Inner { connection, tables: Mutex::default() }))
    }

    /// The connection.
    pub fn connection(&self) -> &Arc<dyn Connection> {
        &self.0.connection
    }

    /// A new session.
    ///
    /// # Errors
    /// What the driver reports.
    pub async fn session(&self) -> Result<Box<dyn Session>> {
        self.0.connection.session().await
    }

    /// A name that no other case uses, in this process or another. What is called so is dropped at the
    /// end of the case.
    pub fn name(&self, what: &str) -> Name {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = Name::from(format!("t{}_{number}_{what}", std::process::id()));
        self.0.tables.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
        name
    }

    /// Creates a table of these columns, the first of which is the key.
    ///
    /// # Errors
    /// What the driver reports.
    pub async fn table(&self, session: &mut dyn Session, columns: &[Column]) -> Result<Name> {
        self.keyed_table(session, columns, &[&columns[0].name]).await
    }

    /// Creates a table of these columns with this key.
    ///
    /// # Errors
    /// What the driver reports.
    pub async fn keyed_table(
        &self,
        session: &mut dyn Session,
        columns: &[Column],
        key: &[&str],
    ) -> Result<Name> {
        let name = self.name("cases");
        let table = TableDefinition {
            name: name.clone(),
            columns: columns.to_vec(),
            key: key.iter().map(|column| Name::from((*column).to_owned())).collect(),
            indexes: Vec::new(),
            if_not_exists: false,
            ..Default::default()
        };
        session.alter(&SchemaChange::CreateTable(table)).await?;
        Ok(name)
    }
}

impl Bench for Contract {
    const SUITE: &'static str = "contract";

    async fn open(target: &Target) -> Result<Self> {
        let (driver, config) = target.resolve()?;
        Ok(Contract::new(driver.connect(&config).await?))
    }

    fn capabilities(&self) -> Capabilities {
        self.0.connection.capabilities()
    }

    async fn close(self) -> Result<()> {
        let tables =
            std::mem::take(&mut *self.0.tables.lock().unwrap_or_else(PoisonError::into_inner));
        let mut session = self.session().await?;
        // the newest first: it may refer to an older one
        for table in tables.into_iter().rev() {
            session.alter(&SchemaChange::DropTable { table, if_exists: true }).await?;
        }
        drop(session);
        self.0.connection.close().await
    }
}

#[cfg(test)]
mod tests {
    use eloquent_core::driver::Family;

    use super::*;

    /// Every capability has a case for its presence and one for its absence.
    #[test]
    fn every_capability_is_looked_at() {
        let none = Capabilities::minimal(Family::Relational);
        let mut all = none;
        (all.transactions, all.savepoints, all.returning) = (true, true, true);
        all.returning_updates = true;
        (all.last_insert_id, all.upsert, all.joins, all.row_locks) = (true, true, true, true);
        (all.partial_indexes, all.expression_indexes, all.comments) = (true, true, true);
        (all.arrays, all.virtual_columns, all.transactional_ddl) = (true, true, true);
        (all.named_locks, all.single_writer) = (true, true);
        let needs = || MODULES.iter().flat_map(|(_, cases)| *cases).flat_map(Case::needs);
        type Switch = fn(&mut Capabilities);
        let switches: [Switch; 18] = [
            |c| c.transactions = !c.transactions,
            |c| c.savepoints = !c.savepoints,
            |c| c.returning = !c.returning,
            |c| c.returning_updates = !c.returning_updates,
            |c| c.last_insert_id = !c.last_insert_id,
            |c| c.upsert = !c.upsert,
            |c| c.joins = !c.joins,
            |c| c.row_locks = !c.row_locks,
            |c| c.partial_indexes = !c.partial_indexes,
            |c| c.expression_indexes = !c.expression_indexes,
            |c| c.comments = !c.comments,
            |c| c.arrays = !c.arrays,
            |c| c.virtual_columns = !c.virtual_columns,
            |c| c.transactional_ddl = !c.transactional_ddl,
            |c| c.named_locks = !c.named_locks,
            |c| c.single_writer = !c.single_writer,
            |c| c.family = Family::Document,
            |c| c.max_binds = 100,
        ];
        for (number, switch) in switches.into_iter().enumerate() {
            for from in [none, all] {
                let mut to = from;
                switch(&mut to);
                let branches =
                    needs().filter(|need| (need.holds)(&from) != (need.holds)(&to)).count();
                assert!(branches > 0, "no case asks for capability {number}");
            }
        }
    }
}
