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
///
/// A parameter of the methods that need it (`F: RowLocks`): there, the compiler says the least about it.
#[diagnostic::on_unimplemented(
    message = "a document model has no row locks: use a transaction, which fails when another one writes \
               the same documents",
    label = "documents are not locked"
)]
pub trait RowLocks: Family {}

#[diagnostic::do_not_recommend]
impl RowLocks for Relational {}

#[diagnostic::do_not_recommend]
impl RowLocks for Portable {}

/// The families that may live in collections: all but [`Relational`]. A database without them refuses what
/// needs them. A parameter of methods as [`RowLocks`] is.
#[diagnostic::on_unimplemented(
    message = "this model lives in tables, which have no pipelines and are not watched: write queries or \
               `Db::raw`, or make it a `#[model(document)]`",
    label = "for models that live in collections"
)]
pub trait Collections: Family {}

#[diagnostic::do_not_recommend]
impl Collections for Documents {}

#[diagnostic::do_not_recommend]
impl Collections for Portable {}

/// The families whose models one statement can ask together with models of `F`: tables are joined with
/// tables, collections with collections, and portable models with both.
#[diagnostic::on_unimplemented(
    message = "models that live in tables and models that live in collections are not joined: query each \
               of them and put the rows together in the program",
    label = "lives in another family of databases than the model of the query"
)]
pub trait JoinedWith<F>: Family {}

#[diagnostic::do_not_recommend]
impl JoinedWith<Relational> for Relational {}

#[diagnostic::do_not_recommend]
impl JoinedWith<Portable> for Relational {}

#[diagnostic::do_not_recommend]
impl JoinedWith<Documents> for Documents {}

#[diagnostic::do_not_recommend]
impl JoinedWith<Portable> for Documents {}

#[diagnostic::do_not_recommend]
impl<F: Family> JoinedWith<F> for Portable {}
