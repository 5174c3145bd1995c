//! Indexes.

use std::time::Duration;

use super::SchemaText;
use crate::Name;

/// An index over columns or expressions of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Index {
    /// Its name.
    pub name: Name,
    /// The table.
    pub table: Name,
    /// What it is over, in order.
    pub columns: Vec<IndexPart>,
    /// Whether no two rows may share the values.
    pub unique: bool,
    /// Whether an existing index of that name is left alone.
    pub if_not_exists: bool,
    /// Which rows it holds: those that meet the condition.
    pub filter: Option<SchemaText>,
    /// What it is made for.
    pub kind: IndexKind,
    /// Whether it leaves documents out that have none of its fields. Only of documents.
    pub sparse: bool,
    /// How long after the moment in its column the database removes a document. Only of documents.
    pub expires_after: Option<Duration>,
}

/// What an index is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum IndexKind {
    /// Finding and ordering values.
    #[default]
    Plain,
    /// Finding words in text. Only of documents.
    Text,
    /// Finding places and shapes on the globe. Only of documents.
    Geo,
}

impl Index {
    /// What of it only databases of documents have.
    pub(crate) fn of_documents(&self) -> Option<&'static str> {
        match self.kind {
            IndexKind::Text => Some("an index of the words of a text"),
            IndexKind::Geo => Some("an index of places"),
            IndexKind::Plain if self.sparse => Some("a sparse index"),
            IndexKind::Plain if self.expires_after.is_some() => {
                Some("an index by which rows are removed after a time")
            }
            IndexKind::Plain => None,
        }
    }
}

/// What an index is over.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum IndexPart {
    /// A column.
    Column(Name),
    /// An expression over columns of the row.
    Expression(SchemaText),
}

impl IndexPart {
    /// The name of the column, unless it is an expression.
    pub fn column(&self) -> Option<&Name> {
        match self {
            IndexPart::Column(name) => Some(name),
            IndexPart::Expression(_) => None,
        }
    }
}

impl From<Name> for IndexPart {
    fn from(name: Name) -> Self {
        IndexPart::Column(name)
    }
}

impl From<&'static str> for IndexPart {
    fn from(name: &'static str) -> Self {
        IndexPart::Column(name.into())
    }
}

impl From<String> for IndexPart {
    fn from(name: String) -> Self {
        IndexPart::Column(name.into())
    }
}

/// The name of an index or constraint that has none of its own: made of what it is, its table and its
/// columns, and where that is longer than `longest` bytes, of its start and a number made of all of it.
///
/// ```
/// use eloquent_core::schema::conventional_name;
///
/// assert_eq!(conventional_name("idx", "users", &["team_id"], 63), "idx_users_team_id");
/// assert_eq!(conventional_name("idx", "users", &["a".repeat(80)], 63).len(), 63);
/// ```
pub fn conventional_name<C: AsRef<str>>(
    what: &str,
    table: &str,
    columns: &[C],
    longest: usize,
) -> String {
    let columns: Vec<&str> = columns.iter().map(AsRef::as_ref).collect();
    shorten_name(format!("{what}_{table}_{}", columns.join("_")), longest)
}

/// Makes a name that is too long for the database fit: its start and a number made of all of it.
pub fn shorten_name(name: String, longest: usize) -> String {
    if name.len() <= longest {
        return name;
    }
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut kept = longest.saturating_sub(17);
    while !name.is_char_boundary(kept) {
        kept -= 1;
    }
    format!("{}_{hash:016x}", &name[..kept])
}
