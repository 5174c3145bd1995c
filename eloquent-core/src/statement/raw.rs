//! Raw text in the language of the database, with bound values.

use super::scan;
use crate::value::{ColumnValue, Mismatch, Value};
use crate::{Name, Result};

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
#[derive(Clone, PartialEq)]
pub struct RawSql {
    text: Name,
    binds: Vec<Value>,
    mismatch: Option<Mismatch>,
}

/// A part of raw text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawSegment<'a> {
    /// Text to copy.
    Text(&'a str),
    /// The place of the next bound value.
    Bind,
}

/// Raw text, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RawScan<'a> {
    /// The parts, without a `;` at the end and what stands behind it.
    pub segments: Vec<RawSegment<'a>>,
    /// Whether there is nothing but blanks and comments.
    pub is_blank: bool,
    /// Whether a `;` ended the text.
    pub ends_statement: bool,
    /// Whether the last part ends in a comment that would swallow what is written behind it.
    pub ends_in_comment: bool,
}

/// What can be bound to raw text: the value of a column, or borrowed text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound to raw text",
    label = "not the value of a column",
    note = "bind a value of a type that a column can hold, or a `&str`"
)]
pub trait IntoBind {
    /// The value to bind.
    ///
    /// # Errors
    /// When it has no stored form.
    fn into_bind(self) -> Result<Value, Mismatch>;
}

impl<T: ColumnValue> IntoBind for T {
    fn into_bind(self) -> Result<Value, Mismatch> {
        self.into_value()
    }
}

impl IntoBind for &str {
    fn into_bind(self) -> Result<Value, Mismatch> {
        Ok(Value::Text(self.to_owned()))
    }
}

impl IntoBind for Option<&str> {
    fn into_bind(self) -> Result<Value, Mismatch> {
        self.map_or(Ok(Value::Null), IntoBind::into_bind)
    }
}

/// Shows the text, and how many values are bound to it.
impl std::fmt::Debug for RawSql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawSql")
            .field("text", &self.text)
            .field("binds", &self.binds.len())
            .finish()
    }
}

impl From<&'static str> for RawSql {
    fn from(text: &'static str) -> Self {
        RawSql::new(text)
    }
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
    pub fn bind(mut self, value: impl IntoBind) -> Self {
        match value.into_bind() {
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
    pub fn mismatch(&self) -> Option<&Mismatch> {
        self.mismatch.as_ref()
    }

    /// The text in parts, with a [`RawSegment::Bind`] for each bound value.
    ///
    /// # Errors
    /// As [`scan`](Self::scan).
    pub fn segments(&self) -> Result<Vec<RawSegment<'_>>> {
        Ok(self.scan(false)?.segments)
    }

    /// Takes the text apart: strings (with `''`), quoted names, comments (also nested), the dollar
    /// quotes of PostgreSQL and its `::` are known. `backslash_escapes` says whether `\'` stays inside
    /// a string.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`](crate::ErrorKind) when a value could not be bound;
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind) when `?` and bound values differ in number, when
    /// the text has placeholders of another style (`$1`, `:name`, `@p1`, `?1`), more than one
    /// statement, an end inside a string or comment, parentheses that do not match, or a NUL character.
    pub fn scan(&self, backslash_escapes: bool) -> Result<RawScan<'_>> {
        if let Some(mismatch) = &self.mismatch {
            return Err(mismatch.clone().into_encode_error());
        }
        scan::scan(&self.text, self.binds.len(), backslash_escapes)
    }
}
