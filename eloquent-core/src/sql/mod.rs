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
mod compiled;
mod compiler;
mod dialect;
mod expression;
mod parts;
mod predicate;
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
pub use parts::{
    AggregateCall, ArithmeticCall, ConflictParts, DeleteParts, IndexParts, InsertParts, Operand,
    OperandKind, PackedList, Page, TableParts, UpdateParts, WriteKind,
};
pub use schema::alter;
pub use script::ScriptSyntax;
pub use session::SqlSession;
pub use standard::pattern_of_nothing;
