//! What rows of a table have to meet: foreign keys and checks.

use super::SchemaText;
use crate::Name;

/// A foreign key: the values of these columns are those of a row of another table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForeignKey {
    /// Its name.
    pub name: Name,
    /// The columns.
    pub columns: Vec<Name>,
    /// The table that is referred to.
    pub foreign_table: Name,
    /// The columns there, as many.
    pub foreign_columns: Vec<Name>,
    /// What happens to the row when the one that it refers to is removed.
    pub on_delete: ForeignAction,
    /// What happens to the row when the key of the one that it refers to changes.
    pub on_update: ForeignAction,
    /// Whether it is looked at when the transaction commits, and not at each statement.
    pub deferred: bool,
}

/// What happens to a row when the one that it refers to goes or changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ForeignAction {
    /// It is refused, at the end of the statement or of the transaction.
    #[default]
    NoAction,
    /// It is refused at once.
    Restrict,
    /// The row goes, or changes, as well.
    Cascade,
    /// The columns become null.
    SetNull,
    /// The columns get their defaults.
    SetDefault,
}

impl ForeignAction {
    /// The words for it in SQL.
    pub const fn words(self) -> &'static str {
        match self {
            ForeignAction::NoAction => "NO ACTION",
            ForeignAction::Restrict => "RESTRICT",
            ForeignAction::Cascade => "CASCADE",
            ForeignAction::SetNull => "SET NULL",
            ForeignAction::SetDefault => "SET DEFAULT",
        }
    }

    /// The action of these words, in any case; what is not known counts as none.
    pub fn of_words(words: &str) -> Self {
        use ForeignAction::{Cascade, NoAction, Restrict, SetDefault, SetNull};
        let known = [Restrict, Cascade, SetNull, SetDefault];
        let of = |action: &ForeignAction| action.words().eq_ignore_ascii_case(words.trim());
        known.into_iter().find(of).unwrap_or(NoAction)
    }
}

/// A condition that every row meets.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Its name.
    pub name: Name,
    /// The condition.
    pub condition: SchemaText,
}
