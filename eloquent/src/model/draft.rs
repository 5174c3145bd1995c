//! Rows to be created.

use eloquent_core::Error;
use eloquent_core::value::{ColumnValue, Value};

use super::Model;

/// A row to be created, with the fields that have been given so far. Implemented by
/// `#[derive(Model)]`; made by [`new!`](crate::new) or [`Model::Draft`]'s `Default`.
pub trait Draft: Default + Send + 'static {
    /// The model.
    type Model: Model<Draft = Self>;

    /// Gives the values out, in the order of the columns.
    fn into_values(self, values: &mut DraftValues);
}

/// The values of a draft; `None` where nothing was given. One buffer serves many drafts.
#[derive(Debug, Default)]
pub struct DraftValues {
    pub(super) values: Vec<Option<Value>>,
    error: Option<Error>,
}

impl DraftValues {
    /// Takes the values of a draft, in place of those before.
    pub(super) fn take<D: Draft>(&mut self, draft: D) -> Result<(), Error> {
        let definition = D::Model::definition();
        self.values.clear();
        self.values.reserve_exact(definition.columns.len());
        draft.into_values(self);
        match self.error.take() {
            None => Ok(()),
            Some(error) => {
                let column = &definition.columns[self.values.len() - 1];
                Err(definition.locate(error.with_column(column.name.clone())))
            }
        }
    }

    /// The value of the next column.
    pub fn push<T: ColumnValue>(&mut self, field: Option<T>) {
        if self.error.is_some() {
            return;
        }
        match field.map(T::into_value).transpose() {
            Ok(value) => self.values.push(value),
            Err(mismatch) => {
                self.values.push(None);
                self.error = Some(mismatch.into_encode_error());
            }
        }
    }

    /// The value of the next column, or its default.
    pub fn push_or<T: ColumnValue>(&mut self, field: Option<T>, default: impl FnOnce() -> T) {
        self.push(Some(field.unwrap_or_else(default)));
    }
}

/// Stops the compilation when a draft lacks a required field, or gives a field twice.
#[doc(hidden)]
#[track_caller] // so that the error shows the call and nothing else
pub const fn check_draft(required: &[(&str, &str)], given: &[&str]) {
    let mut i = 0;
    while i < required.len() {
        if count(required[i].0, given) == 0 {
            #[allow(clippy::panic)] // in a constant: it is a compile error, not a panic
            {
                panic!("{}", required[i].1)
            }
        }
        i += 1;
    }
    let mut i = 0;
    while i < given.len() {
        assert!(count(given[i], given) == 1, "a field is given twice");
        i += 1;
    }
}

const fn count(name: &str, names: &[&str]) -> usize {
    let mut found = 0;
    let mut i = 0;
    while i < names.len() {
        if same(name.as_bytes(), names[i].as_bytes()) {
            found += 1;
        }
        i += 1;
    }
    found
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// A draft of a model: `new!(User { name: "Ada", email })`. A required field that is missing, and a
/// field that the model does not have, do not compile.
///
/// Field values are converted as in comparisons: a `&str` for a `String`, a plain value for an
/// `Option`.
#[macro_export]
macro_rules! new {
    ($model:ty { $($field:ident $(: $value:expr)?),* $(,)? }) => {{
        const _: () = $crate::model::check_draft(
            <$model as $crate::Model>::REQUIRED,
            &[$(stringify!($field)),*],
        );
        #[allow(unused_mut)] // a draft without fields
        let mut draft = <<$model as $crate::Model>::Draft as ::core::default::Default>::default();
        $(
            draft.$field = ::core::option::Option::Some(
                $crate::model::IntoColumn::into_column($crate::__field!($field $($value)?)),
            );
        )*
        draft
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __field {
    ($field:ident) => {
        $field
    };
    ($field:ident $value:expr) => {
        $value
    };
}
