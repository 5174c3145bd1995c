//! Reading rows.

use super::{Expression, Predicate, Source};
use crate::Name;
use crate::schema::Column;

/// Reads rows. The clauses hold in the order of SQL: from, joins, filter, group, having, distinct,
/// order, offset, limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// What each row of the result holds.
    pub projection: Projection,
    /// Whether equal rows of the result are given once.
    pub distinct: bool,
    /// Where rows come from.
    pub from: From,
    /// What they are combined with.
    pub joins: Vec<Join>,
    /// Which are wanted: all of these hold.
    pub filter: Vec<Predicate>,
    /// What they are grouped by.
    pub group_by: Vec<Expression>,
    /// Which groups are wanted: all of these hold.
    pub having: Vec<Predicate>,
    /// In which order.
    pub order_by: Vec<Order>,
    /// How many at most.
    pub limit: Option<u64>,
    /// How many are passed over first.
    pub offset: Option<u64>,
    /// How rows are locked until the end of the transaction.
    pub lock: Option<Lock>,
}

impl Select {
    /// All rows of a table, as source 0.
    pub fn new(table: impl Into<Name>, projection: Projection) -> Self {
        Select {
            projection,
            distinct: false,
            from: From::Table { name: table.into(), source: Source(0) },
            joins: Vec::new(),
            filter: Vec::new(),
            group_by: Vec::new(),
            having: Vec::new(),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            lock: None,
        }
    }
}

/// What each row of a result holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Projection {
    /// These columns of source 0: what a model has, known to the program.
    Columns(&'static [Column]),
    /// Any expressions.
    Expressions(Vec<Expression>),
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum From {
    /// A table or collection.
    Table {
        /// Its name.
        name: Name,
        /// How the statement refers to it.
        source: Source,
    },
    /// The result of another select.
    Select {
        /// That select.
        select: Box<Select>,
        /// How the statement refers to it.
        source: Source,
    },
}

impl From {
    /// The table in the end.
    pub fn table(&self) -> Option<&str> {
        match self {
            From::Table { name, .. } => Some(name),
            From::Select { select, .. } => select.from.table(),
        }
    }
}

/// A further table.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// Which rows are kept.
    pub kind: JoinKind,
    /// The table.
    pub table: Name,
    /// How the statement refers to it.
    pub source: Source,
    /// Which rows belong together; a cross join has none.
    pub on: Option<Predicate>,
}

/// Which rows a join keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// Those with a match.
    Inner,
    /// All of the left side.
    Left,
    /// All of the right side.
    Right,
    /// Each with each.
    Cross,
}

/// A term of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// By what.
    pub expression: Expression,
    /// From the greatest down.
    pub descending: bool,
}

/// How rows are locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lock {
    /// Against what.
    pub mode: LockMode,
    /// What happens when another transaction holds one.
    pub wait: LockWait,
}

/// Against what rows are locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockMode {
    /// Against writes and other locks.
    Update,
    /// Against writes.
    Share,
}

/// What happens when another transaction holds a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockWait {
    /// Wait for it.
    Wait,
    /// Fail at once.
    NoWait,
    /// Leave the row out.
    SkipLocked,
}
