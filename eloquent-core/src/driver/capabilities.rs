//! What a database can do.

/// The two ways of keeping data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// Rows in tables.
    Relational,
    /// Documents in collections.
    Document,
}

/// What a database can do. Each field is read by Eloquent and has a case in the conformance suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Rows or documents.
    pub family: Family,
    /// Whether there are transactions.
    pub transactions: bool,
    /// Whether a transaction can be rolled back in part.
    pub savepoints: bool,
    /// Whether a write can give back the rows that it wrote.
    pub returning: bool,
    /// Whether an insert says unasked which number the database gave its last row.
    pub last_insert_id: bool,
    /// Whether an insert can update a row that exists already.
    pub upsert: bool,
    /// Whether tables can be joined.
    pub joins: bool,
    /// Whether a select can lock rows.
    pub row_locks: bool,
    /// How many values one statement can bind.
    pub max_binds: usize,
    /// How many rows an insert takes at best; more are sent in several statements.
    pub insert_rows: usize,
}

impl Capabilities {
    /// The least that a driver of this family has: no optional ability, no limit on binds.
    pub const fn minimal(family: Family) -> Self {
        Capabilities {
            family,
            transactions: false,
            savepoints: false,
            returning: false,
            last_insert_id: false,
            upsert: false,
            joins: false,
            row_locks: false,
            max_binds: usize::MAX,
            insert_rows: 1000,
        }
    }
}
