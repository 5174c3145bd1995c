//! Scripts: text of several statements, taken apart.

/// A statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptPart {
    /// Its text, without what ends it.
    pub text: String,
    /// The line on which it begins, counted from 1.
    pub line: usize,
    /// What it means for the transaction around it.
    pub effect: Effect,
}

/// What a statement means for the transaction around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// It is a part of it.
    Plain,
    /// It is not a part of it: the database commits before and after.
    Commits,
    /// The database refuses it there, or does nothing in silence.
    Outside,
    /// It begins or ends transactions, or changes what the statements behind it mean. Whoever runs the
    /// script sees to that.
    Refused(&'static str),
}
