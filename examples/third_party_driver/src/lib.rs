//! A complete driver in a crate of its own: documents, in memory for as long as the connection lives.
//!
//! A driver opens connections, a connection opens sessions, a session answers statements, which are
//! data. This one walks over them; what it does not do, it refuses before it does anything. The module
//! `database` stands for what a real driver has at the other end of its wire.

mod database;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use eloquent_core::config::{ConnectionConfig, Setting};
use eloquent_core::driver::{Affected, Capabilities, Connection, Driver, Family, Fetched, Session};
use eloquent_core::row::{Flow, RowSink};
use eloquent_core::schema::{SchemaChange, TableDefinition};
use eloquent_core::statement::{Delete, Insert, Predicate, Statement, Update};
use eloquent_core::value::Document;
use eloquent_core::{Error, ErrorKind, Name, Result, async_trait, driver::TransactionOptions};

use database::{Found, find, holds, is_plain, read, refuse_clashes};

/// The driver. Registered, it is found by its name.
#[derive(Debug)]
pub struct MemoryDriver;

eloquent_core::register_driver!(MemoryDriver);

#[async_trait]
impl Driver for MemoryDriver {
    fn name(&self) -> &'static str {
        "memory"
    }
    fn family(&self) -> Family {
        Family::Document
    }
    fn settings(&self) -> &'static [Setting] {
        &[]
    }
    fn parse_url(&self, _: &str, _: &mut ConnectionConfig) -> Result<()> {
        Ok(())
    }
    async fn connect(&self, _: &ConnectionConfig) -> Result<Arc<dyn Connection>> {
        Ok(Arc::new(Memory::default()))
    }
}

type Collections = BTreeMap<Name, (TableDefinition, Vec<Document>)>;

/// A connection. Its sessions are clones of it and share the collections.
#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<Collections>>);

#[async_trait]
impl Connection for Memory {
    fn capabilities(&self) -> Capabilities {
        Capabilities::minimal(Family::Document)
    }
    async fn session(&self) -> Result<Box<dyn Session>> {
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl Session for Memory {
    async fn fetch(
        &mut self,
        statement: &Statement,
        mut sink: Box<dyn RowSink>,
    ) -> Result<Fetched> {
        let (rows, found) = self.run(statement)?;
        for document in found {
            match sink.row(&document)? {
                Flow::Continue => {}
                Flow::Flush => std::future::poll_fn(|cx| sink.poll_flush(cx)).await?,
                Flow::Stop => break,
            }
        }
        Ok(Fetched { affected: Affected { rows: rows as u64, last_id: None }, sink })
    }
    async fn alter(&mut self, change: &SchemaChange) -> Result<()> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (clash, fine) = match change {
            SchemaChange::CreateTable(table) if table.indexes.is_empty() => {
                let clash = all.contains_key(&table.name);
                all.entry(table.name.clone()).or_insert((table.clone(), Vec::new()));
                (clash, table.if_not_exists)
            }
            SchemaChange::DropTable { table, if_exists } => {
                (all.remove(table).is_none(), *if_exists)
            }
            _ => return Err(unsupported("an index of its own")),
        };
        let error = Error::invalid("the collection exists already, or is not there to be dropped");
        if clash && !fine { Err(error) } else { Ok(()) }
    }
    async fn begin(&mut self, _: u32, _: TransactionOptions) -> Result<()> {
        Err(unsupported("a transaction"))
    }
    async fn commit(&mut self, _: u32) -> Result<()> {
        Err(unsupported("a transaction"))
    }
    async fn rollback(&mut self, _: u32) -> Result<()> {
        Err(unsupported("a transaction"))
    }
    async fn settle(&mut self) -> Result<()> {
        Ok(())
    }
    async fn reset(&mut self) -> Result<()> {
        Ok(())
    }
    fn render(&self, statement: &Statement) -> Result<String> {
        refuse(statement)?;
        Ok(format!("a statement about `{}`", statement.table().unwrap_or_default()))
    }
}

pub(crate) fn unsupported(feature: &str) -> Error {
    Error::unsupported(feature, "memory")
}

/// Refuses what this driver does not do, and what none may.
fn refuse(statement: &Statement) -> Result<()> {
    match statement {
        Statement::Update(Update { all: false, filter, .. })
        | Statement::Delete(Delete { all: false, filter, .. })
            if filter.iter().all(Predicate::is_always_true) =>
        {
            Err(Error::new(ErrorKind::UnboundedWrite, "the write has no filter"))
        }
        Statement::Insert(Insert { columns, values, .. })
            if values.is_empty() || !values.len().is_multiple_of(columns.len()) =>
        {
            Err(Error::invalid("the insert does not give each document its values"))
        }
        Statement::Insert(Insert { conflict: None, returning: None, .. })
        | Statement::Update(Update { returning: None, .. })
        | Statement::Delete(Delete { returning: None, .. }) => Ok(()),
        Statement::Select(select) if is_plain(select) => Ok(()),
        _ => Err(unsupported("the statement")),
    }
}

impl Memory {
    /// Answers a statement: how many documents it concerns, and what it gives. A write works on a copy,
    /// which takes the place of the documents once it has been checked as a whole.
    fn run(&self, statement: &Statement) -> Result<(usize, Vec<Found>)> {
        refuse(statement)?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = statement.table().unwrap_or_default();
        let missing = || Error::invalid("there is no such collection").with_table(name.to_owned());
        let (table, documents) = all.get_mut(name).ok_or_else(missing)?;
        let (mut rows, mut copy) = (0, Vec::new());
        for document in &*documents {
            let mut changed = document.clone();
            match statement {
                Statement::Update(update) if holds(&update.filter, document)? => {
                    for assignment in &update.assignments {
                        changed.set(&*assignment.column.name, read(&assignment.value, document)?);
                    }
                    rows += 1;
                    copy.push(changed);
                }
                Statement::Delete(delete) if holds(&delete.filter, document)? => rows += 1,
                _ => copy.push(changed),
            }
        }
        match statement {
            Statement::Select(select) => {
                return find(select, copy).map(|found| (found.len(), found));
            }
            Statement::Insert(insert) => {
                let names = insert.columns.iter().map(|name| name.to_string());
                for values in insert.values.chunks(insert.columns.len()) {
                    copy.push(names.clone().zip(values.iter().cloned()).collect());
                }
                rows = insert.rows();
            }
            _ => {}
        }
        refuse_clashes(table, &copy)?;
        *documents = copy;
        Ok((rows, Vec::new()))
    }
}
