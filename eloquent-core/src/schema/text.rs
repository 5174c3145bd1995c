//! Text in the language of the database, as a part of a schema.

use crate::Name;

/// Text in the language of the database that becomes a part of its schema: a condition, an expression,
/// the query of a view. Nothing is bound to it, so a `?` is only a question mark.
///
/// It is a `&'static str` or comes from [`SchemaText::trusted`], so that input of a user does not become
/// text by accident.
///
/// ```
/// use eloquent_core::schema::SchemaText;
///
/// assert_eq!(SchemaText::new("price > 0").as_str(), "price > 0");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaText(Name);

impl SchemaText {
    /// Text that is part of the program.
    pub const fn new(text: &'static str) -> Self {
        SchemaText(Name::Borrowed(text))
    }

    /// Text made at run time. The caller vouches that no part of it comes from outside the program.
    pub fn trusted(text: impl Into<String>) -> Self {
        SchemaText(Name::Owned(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for SchemaText {
    fn from(text: &'static str) -> Self {
        SchemaText::new(text)
    }
}
