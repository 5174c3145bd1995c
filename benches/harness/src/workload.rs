//! What is timed.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Tasks in [`Workload::FindConcurrent`].
pub const TASKS: usize = 16;
/// Sessions those tasks share.
pub const SESSIONS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub enum Workload {
    SelectOne,
    Select100,
    Select10000,
    Stream10000,
    Join,
    Find,
    FindConcurrent,
    Update,
    InsertOne,
    Insert100,
    Insert10000,
    Transaction,
}

impl Workload {
    pub const ALL: [Self; 12] = [
        Self::SelectOne,
        Self::Select100,
        Self::Select10000,
        Self::Stream10000,
        Self::Join,
        Self::Find,
        Self::FindConcurrent,
        Self::Update,
        Self::InsertOne,
        Self::Insert100,
        Self::Insert10000,
        Self::Transaction,
    ];

    pub fn label(self) -> &'static str {
        match self {
            Self::SelectOne => "select 1",
            Self::Select100 => "select 100",
            Self::Select10000 => "select 10,000",
            Self::Stream10000 => "stream 10,000",
            Self::Join => "join 1,000 x 10, filter, order",
            Self::Find => "find by key",
            Self::FindConcurrent => "find by key, 16 tasks, 8 sessions",
            Self::Update => "update 1",
            Self::InsertOne => "insert 1",
            Self::Insert100 => "insert 100",
            Self::Insert10000 => "insert 10,000",
            Self::Transaction => "transaction: find, update",
        }
    }

    /// Whether the file must be put back to its first state afterwards.
    pub fn writes(self) -> bool {
        matches!(
            self,
            Self::Update
                | Self::InsertOne
                | Self::Insert100
                | Self::Insert10000
                | Self::Transaction
        )
    }

    /// Operations in one iteration.
    pub fn operations(self) -> u32 {
        match self {
            Self::FindConcurrent => TASKS as u32,
            _ => 1,
        }
    }

    /// Iterations that keep a write from growing the table out of proportion.
    pub fn most_iterations(self) -> u32 {
        match self {
            Self::InsertOne => 2_000,
            Self::Insert100 => 50,
            Self::Insert10000 => 1,
            _ => u32::MAX,
        }
    }
}
