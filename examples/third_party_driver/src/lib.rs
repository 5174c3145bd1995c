//! A complete driver in a crate of its own: documents, in memory for as long as the connection lives.
//!
//! A driver opens connections, a connection opens sessions, a session answers statements, which are
//! data. What is special about this one is its database, which is a list: what a statement means for
//! documents at hand, `eloquent_core` knows. A real driver translates the statement in `run` to what
//! its client takes. What a driver does not do, it refuses before it does anything.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::{Affected, Capabilities, Connection, Driver, Family, Fetched, Session};
use eloquent_core::row::{OwnedRow, RowSink};
use eloquent_core::schema::{Column, SchemaChange, TableDefinition};
use eloquent_core::statement::Statement;
use eloquent_core::value::{Document, Value};
use eloquent_core::{Error, ErrorKind, Name, Result, async_trait};

const NAME: &str = "memory";

/// The driver. Registered, it is found by its name.
#[derive(Debug)]
pub struct MemoryDriver;

eloquent_core::register_driver!(MemoryDriver);

#[async_trait]
impl Driver for MemoryDriver {
    fn name(&self) -> &'static str {
        NAME
    }

    fn family(&self) -> Family {
        Family::Document
    }

    /// `memory:` or, for the reader, `memory:NAME`: each connection is a database of its own.
    fn parse_url(&self, _name: &str, _config: &mut ConnectionConfig) -> Result<()> {
        Ok(())
    }

    async fn connect(&self, _config: &ConnectionConfig) -> Result<Arc<dyn Connection>> {
        Ok(Arc::new(Memory::default()))
    }
}

/// A connection. Its sessions are clones of it and share the collections.
#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<BTreeMap<Name, Collection>>>);

#[async_trait]
impl Connection for Memory {
    fn capabilities(&self) -> Capabilities {
        Capabilities::minimal(Family::Document)
    }

    async fn session(&self) -> Result<Box<dyn Session>> {
        Ok(Box::new(self.clone()))
    }
}

/// Without transactions there is nothing to begin, to settle or to reset.
#[async_trait]
impl Session for Memory {
    async fn fetch(
        &mut self,
        statement: &Statement,
        mut sink: Box<dyn RowSink>,
    ) -> Result<Fetched> {
        let affected = match self.run(statement)? {
            Answer::Rows(rows) => sink.show(&rows).await?,
            Answer::Written(documents) => documents as u64,
        };
        Ok(Fetched { affected: Affected { rows: affected, last_id: None }, sink })
    }

    async fn alter(&mut self, change: &SchemaChange) -> Result<()> {
        let mut collections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match change {
            SchemaChange::CreateTable(table) if is_plain(table) => {
                if collections.contains_key(&table.name) {
                    let error = Error::invalid("the collection exists already");
                    let error = error.with_table(table.name.clone());
                    return if table.if_not_exists { Ok(()) } else { Err(error) };
                }
                let (table, documents) = (table.clone(), Vec::new());
                collections.insert(table.name.clone(), Collection { table, documents });
                Ok(())
            }
            SchemaChange::DropTable { table, if_exists } => match collections.remove(table) {
                None if !if_exists => Err(missing(table)),
                _ => Ok(()),
            },
            _ => Err(Error::unsupported("a change to the schema beyond plain tables", NAME)),
        }
    }

    fn render(&self, statement: &Statement) -> Result<String> {
        self.check(statement)?;
        Ok(format!("a statement about `{}`", statement.table().unwrap_or_default()))
    }
}

/// What a statement gives: the rows of a read, or how many documents a write concerned.
enum Answer {
    Rows(Vec<OwnedRow>),
    Written(usize),
}

impl Memory {
    /// Refuses what this driver does not do, and what none may.
    fn check(&self, statement: &Statement) -> Result<()> {
        match statement {
            Statement::Raw(_) => Err(Error::unsupported("text in another language", NAME)),
            _ => self.capabilities().check(statement, NAME),
        }
    }

    /// Answers a statement. A write works on a copy, which takes the place of the documents once it has
    /// been checked as a whole.
    fn run(&self, statement: &Statement) -> Result<Answer> {
        self.check(statement)?;
        let mut collections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Statement::Select(select) = statement {
            let documents = |name: &str| match collections.get(name) {
                Some(collection) => Ok(&collection.documents[..]),
                None => Err(missing(name)),
            };
            return select.evaluate(&documents).map(Answer::Rows);
        }
        let name = statement.table().unwrap_or_default();
        let collection = collections.get_mut(name).ok_or_else(|| missing(name))?;
        let mut copy = collection.documents.clone();
        let written = match statement {
            Statement::Insert(insert) => {
                copy.extend(insert.documents()?);
                insert.rows()
            }
            Statement::Update(update) => update.apply(&mut copy)?,
            Statement::Delete(delete) => delete.apply(&mut copy)?,
            _ => return Err(Error::unsupported("the statement", NAME)),
        };
        collection.refuse_clashes(&copy)?;
        collection.documents = copy;
        Ok(Answer::Written(written))
    }
}

/// Whether a table has nothing that this driver would have to look after.
fn is_plain(table: &TableDefinition) -> bool {
    let filled = |column: &Column| column.default.is_some() || column.generated.is_some();
    let further = table.indexes.len() + table.foreign_keys.len() + table.checks.len();
    further == 0 && !table.columns.iter().any(filled)
}

fn missing(name: &str) -> Error {
    Error::invalid("there is no such collection").with_table(name.to_owned())
}

#[derive(Debug)]
struct Collection {
    table: TableDefinition,
    documents: Vec<Document>,
}

impl Collection {
    /// Refuses documents of which two share a value, or values, that are unique here.
    fn refuse_clashes(&self, documents: &[Document]) -> Result<()> {
        let unique = self.table.columns.iter().filter(|column| column.unique);
        let unique = unique.map(|column| std::slice::from_ref(&column.name));
        for names in unique.chain([&self.table.key[..]]) {
            let mut taken = HashSet::new();
            for document in documents {
                let values: Vec<_> = names.iter().map(|name| document.get(name)).collect();
                let absent = values.iter().any(|value| value.is_none_or(Value::is_null));
                if !absent && !taken.insert(format!("{values:?}")) {
                    let error =
                        Error::new(ErrorKind::UniqueViolation, "the value is taken already");
                    let error = error.with_table(self.table.name.clone());
                    return Err(error.with_column(names[0].clone()));
                }
            }
        }
        Ok(())
    }
}
