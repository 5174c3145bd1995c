//! What SQL databases have in common: the compiler from [statements](crate::statement) to text, and
//! the short road to a driver.
//!
//! A SQL driver implements [`SqlSession`], which takes text and bound values, and [`Dialect`], whose
//! defaults are standard SQL. The [`Session`](crate::driver::Session) comes with them.
//!
//! ```text
//! Statement ── shape ──▶ bytes + Binds ── StatementCache ──▶ Compiled (text, cost, columns of binds)
//!                                             │ on a miss
//!                                             └── compiler ── Dialect hooks ──▶ text
//! ```

mod binds;
mod cache;
mod change;
mod compiled;
mod compiler;
mod dialect;
mod expression;
mod hash;
mod inside;
mod inspect;
mod parts;
mod predicate;
mod rows;
mod schema;
mod script;
mod select;
mod session;
mod shape;
mod standard;
#[cfg(test)]
mod tests;
mod turns;
mod write;

pub use binds::Binds;
pub use cache::StatementCache;
pub use compiled::{Compiled, Cost};
pub use compiler::quote_identifier;
pub use dialect::Dialect;
pub use hash::TextHasher;
pub use inspect::{read_constants, read_foreign_keys, read_indexes, read_tables};
pub use parts::{
    AggregateCall, ArithmeticCall, ColumnParts, ConflictParts, DeleteParts, IndexParts,
    InsertParts, Operand, OperandKind, PackedList, Page, PathCall, PathChanges, PathStep,
    TableParts, UpdateParts, WriteKind,
};
pub use rows::query_rows;
pub use schema::{
    Place, alter, alter_known, column_index, create_index, define_check, define_column,
    define_foreign_key, schema_text,
};
pub use script::ScriptSyntax;
pub use session::SqlSession;
pub use standard::{no_moment, pattern_of_nothing, standard_literal};
