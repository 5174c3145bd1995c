//! Raw text in the language of the database, with bound values.

use crate::Name;
use crate::value::Value;

/// Text in the language of the database. `?` stands for a bound value, `??` for a question mark;
/// inside strings, quoted names and comments both are left alone.
///
/// The text is a `&'static str` or comes from [`RawSql::trusted`], so that input of a user does not
/// become text by accident.
///
/// ```
/// use eloquent_core::statement::RawSql;
///
/// let raw = RawSql::new("length(name) > ?").bind(3_i64);
/// assert_eq!(raw.text(), "length(name) > ?");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RawSql {
    text: Name,
    binds: Vec<Value>,
    mismatch: Option<crate::value::Mismatch>,
}

/// A part of raw text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawSegment<'a> {
    /// Text to copy.
    Text(&'a str),
    /// The place of the next bound value.
    Bind,
}

impl RawSql {
    /// Text that is part of the program.
    pub fn new(text: &'static str) -> Self {
        RawSql { text: Name::Borrowed(text), binds: Vec::new(), mismatch: None }
    }

    /// Text made at run time. The caller vouches that no part of it comes from outside the program.
    pub fn trusted(text: impl Into<String>) -> Self {
        RawSql { text: Name::Owned(text.into()), binds: Vec::new(), mismatch: None }
    }

    /// Binds the value of the next `?`.
    #[must_use]
    pub fn bind(mut self, value: impl crate::value::ColumnValue) -> Self {
        match value.into_value() {
            Ok(value) => self.binds.push(value),
            Err(mismatch) => self.mismatch = Some(mismatch),
        }
        self
    }

    /// The text with its question marks.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bound values in order.
    pub fn binds(&self) -> &[Value] {
        &self.binds
    }

    /// Why a value could not be bound, if one could not. A driver refuses the statement with it.
    pub fn mismatch(&self) -> Option<&crate::value::Mismatch> {
        self.mismatch.as_ref()
    }
}
