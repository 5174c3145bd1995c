//! Families of models, as types: what a model can do depends on where it lives.

use super::ModelFamily;

/// The family of a model, as a type. [`Model::Family`](super::Model::Family) names one of the three.
pub trait Family: Copy + std::fmt::Debug + Send + Sync + 'static {
    /// The same as a value.
    const FAMILY: ModelFamily;
}

/// Models that live in tables.
#[derive(Debug, Clone, Copy)]
pub enum Relational {}

/// Models that live in collections: `#[model(document)]`. What documents alone can do is found for columns
/// of this family.
#[derive(Debug, Clone, Copy)]
pub enum Documents {}

/// Models that live in either: `#[model(portable)]`.
#[derive(Debug, Clone, Copy)]
pub enum Portable {}

impl Family for Relational {
    const FAMILY: ModelFamily = ModelFamily::Relational;
}

impl Family for Documents {
    const FAMILY: ModelFamily = ModelFamily::Document;
}

impl Family for Portable {
    const FAMILY: ModelFamily = ModelFamily::Portable;
}

/// The families that can lock rows: all but [`Documents`]. A database without row locks refuses them.
#[diagnostic::on_unimplemented(
    message = "a document model has no row locks",
    label = "documents are not locked",
    note = "use a transaction, which fails when another one writes the same documents"
)]
pub trait RowLocks: Family {}

impl RowLocks for Relational {}
impl RowLocks for Portable {}
