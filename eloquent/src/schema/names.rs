//! Names as they are written in calls.

use eloquent_core::Name;
use eloquent_core::schema::conventional_name;

/// The longest name that is made for an index or a constraint: as long as every database takes it.
const LONGEST: usize = 63;

/// One name, or several: `"a"`, `["a", "b"]`, or a `Vec`.
pub trait IntoNames {
    /// The names in order.
    fn into_names(self) -> Vec<Name>;
}

impl IntoNames for &'static str {
    fn into_names(self) -> Vec<Name> {
        vec![self.into()]
    }
}

impl IntoNames for String {
    fn into_names(self) -> Vec<Name> {
        vec![self.into()]
    }
}

impl<N: Into<Name>, const COUNT: usize> IntoNames for [N; COUNT] {
    fn into_names(self) -> Vec<Name> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<N: Into<Name>> IntoNames for Vec<N> {
    fn into_names(self) -> Vec<Name> {
        self.into_iter().map(Into::into).collect()
    }
}

/// An index or a constraint: by its name (`"idx_users_email"`), or by the columns that its name was made
/// of (`["email"]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// By its name.
    Name(Name),
    /// By its columns.
    Columns(Vec<Name>),
}

impl Named {
    pub(super) fn resolve(self, what: &str, table: &str) -> Name {
        match self {
            Named::Name(name) => name,
            Named::Columns(columns) => conventional(what, table, &columns),
        }
    }
}

impl From<&'static str> for Named {
    fn from(name: &'static str) -> Self {
        Named::Name(name.into())
    }
}

impl From<String> for Named {
    fn from(name: String) -> Self {
        Named::Name(name.into())
    }
}

impl<N: Into<Name>, const COUNT: usize> From<[N; COUNT]> for Named {
    fn from(columns: [N; COUNT]) -> Self {
        Named::Columns(columns.into_names())
    }
}

/// The name of what has none of its own.
pub(super) fn conventional(what: &str, table: &str, columns: &[Name]) -> Name {
    conventional_name(what, table, columns, LONGEST).into()
}
