//! The statements that a session keeps prepared.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use eloquent_core::sql::TextHasher;
use eloquent_core::value::ValueRef;
use tokio_postgres::types::Type;
use tokio_postgres::{Column, Statement};

use crate::form::Form;

/// Text longer than this is prepared each time: it is rarely met twice and would crowd out others.
const LONGEST: usize = 16 * 1024;

/// A statement that the server knows by a number, and how to speak with it.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) statement: Statement,
    /// What it binds.
    pub(crate) binds: Box<[Form]>,
    /// What its rows hold.
    pub(crate) columns: Box<[Form]>,
    /// The binds of raw text that the server has taken for text, because nothing said what they are.
    guessed: Box<[usize]>,
}

impl Prepared {
    pub(crate) fn new(statement: Statement) -> Self {
        let binds = statement.params().iter().map(|ty| Form::of(ty, -1)).collect();
        let columns = forms(statement.columns());
        Prepared { statement, binds, columns, guessed: Box::default() }
    }

    /// The binds that are taken for text.
    pub(crate) fn texts(&self) -> Box<[usize]> {
        let texts = self.binds.iter().enumerate().filter(|(_, form)| form.is_text());
        texts.map(|(index, _)| index).collect()
    }

    /// The same, with what is known of the binds from the time before they were given types.
    pub(crate) fn guessing(self, guessed: Box<[usize]>) -> Self {
        Prepared { guessed, ..self }
    }

    /// Whether the types of some binds depend on their values.
    pub(crate) fn guesses(&self) -> bool {
        !self.guessed.is_empty()
    }

    /// The binds that are taken for text when nobody says what they are.
    pub(crate) fn guessed(&self) -> &[usize] {
        &self.guessed
    }

    /// The types to prepare raw text with, for these values to be what they are and not text; none when
    /// it is prepared with them.
    pub(crate) fn own_types(&self, binds: &[ValueRef<'_>]) -> Option<Vec<Type>> {
        let params = self.statement.params();
        let mut types = vec![Type::UNKNOWN; params.len()];
        let mut differs = false;
        for index in self.guessed() {
            let own = binds.get(*index).map_or(Type::UNKNOWN, |value| own_type(*value));
            differs |= match (own == Type::UNKNOWN, params.get(*index)) {
                (true, Some(known)) => {
                    *known != Type::TEXT && !matches!(binds.get(*index), Some(ValueRef::Null))
                }
                (false, Some(known)) => *known != own,
                (_, None) => false,
            };
            if let Some(ty) = types.get_mut(*index) {
                *ty = own;
            }
        }
        differs.then_some(types)
    }
}

/// The type of a value that is not text; unknown is for the server to find.
fn own_type(value: ValueRef<'_>) -> Type {
    match value {
        ValueRef::Bool(_) => Type::BOOL,
        ValueRef::I64(_) => Type::INT8,
        ValueRef::U64(_) | ValueRef::Decimal(_) => Type::NUMERIC,
        ValueRef::F64(_) => Type::FLOAT8,
        ValueRef::Bytes(_) => Type::BYTEA,
        ValueRef::Uuid(_) => Type::UUID,
        ValueRef::Date(_) => Type::DATE,
        ValueRef::Time(_) => Type::TIME,
        ValueRef::DateTime(_) => Type::TIMESTAMP,
        ValueRef::Timestamp(_) => Type::TIMESTAMPTZ,
        ValueRef::Json(_) | ValueRef::Array(_) => Type::JSONB,
        ValueRef::Document(_) => Type::JSON,
        _ => Type::UNKNOWN,
    }
}

/// The forms of the columns of a result.
pub(crate) fn forms(columns: &[Column]) -> Box<[Form]> {
    columns.iter().map(|column| Form::of(column.type_(), column.type_modifier())).collect()
}

/// The statements of a session by their text. When it is full, the one that was not used for the longest
/// time makes room.
#[derive(Debug)]
pub(crate) struct Statements {
    known: HashMap<Box<str>, (Arc<Prepared>, u64), BuildHasherDefault<TextHasher>>,
    capacity: usize,
    /// Counts the uses.
    clock: u64,
}

impl Statements {
    pub(crate) fn new(capacity: usize) -> Self {
        Statements { known: HashMap::default(), capacity, clock: 0 }
    }

    pub(crate) fn get(&mut self, sql: &str) -> Option<Arc<Prepared>> {
        let (prepared, used) = self.known.get_mut(sql)?;
        self.clock += 1;
        *used = self.clock;
        Some(prepared.clone())
    }

    /// Keeps a statement. Dropping one tells the server.
    pub(crate) fn keep(&mut self, sql: &str, prepared: &Arc<Prepared>) {
        if self.capacity == 0 || sql.len() > LONGEST {
            return;
        }
        if self.known.len() >= self.capacity && !self.known.contains_key(sql) {
            let oldest = self.known.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(oldest) = oldest.map(|(sql, _)| sql.clone()) {
                self.known.remove(&oldest);
            }
        }
        self.clock += 1;
        self.known.insert(sql.into(), (prepared.clone(), self.clock));
    }

    pub(crate) fn forget(&mut self, sql: &str) {
        self.known.remove(sql);
    }
}
