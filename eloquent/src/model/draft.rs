//! Rows to be created.

use eloquent_core::schema::Column;
use eloquent_core::value::{ColumnValue, DateTime, Utc, Uuid, Value};
use eloquent_core::{Error, ErrorKind, Name, Result};

use super::batch::{PIECE, Piece, empty_list};
use super::{KeySource, Model, ModelDef, now, object_id, timestamp};

/// A row to be created, with the fields that have been given so far. Implemented by
/// `#[derive(Model)]`; made by [`new!`](crate::new) or [`Model::Draft`]'s `Default`.
pub trait Draft: Default + Send + 'static {
    /// The model.
    type Model: Model<Draft = Self>;

    /// Gives the values out, in the order of the columns.
    fn into_values(self, values: &mut DraftValues);
}

/// Where drafts put their values, checked as they come in. What a draft leaves out and Eloquent knows
/// (keys, times) is filled in.
pub struct DraftValues {
    definition: &'static ModelDef,
    pieces: Vec<Piece>,
    /// The piece at hand, with the values of the row at hand behind those of its rows.
    piece: Piece,
    /// How many columns of the piece the row at hand has given, in their order.
    matched: usize,
    /// The positions of the columns that the row at hand gives, once they are others than the piece's.
    own: Option<Vec<usize>>,
    /// The column that comes next.
    position: usize,
    /// One moment for all rows.
    now: Option<DateTime<Utc>>,
    error: Option<Error>,
}

impl DraftValues {
    pub(super) fn new(definition: &'static ModelDef) -> Self {
        DraftValues {
            definition,
            pieces: Vec::new(),
            piece: Piece::default(),
            matched: 0,
            own: None,
            position: 0,
            now: None,
            error: None,
        }
    }

    /// Before the values of a draft; so many are expected to follow it.
    #[inline] // once per row, as `finish`
    pub(super) fn start(&mut self, follow: usize) {
        if self.piece.rows == PIECE {
            self.next_piece();
        }
        if self.piece.rows == 0 {
            self.make_room(follow);
        }
        self.matched = 0;
        self.own = None;
        self.position = 0;
    }

    fn make_room(&mut self, follow: usize) {
        if self.piece.values.capacity() == 0 {
            self.piece.values = empty_list();
        }
        let width = self.definition.columns.len();
        self.piece.values.reserve(width.saturating_mul(follow.saturating_add(1).min(PIECE)));
    }

    /// After the values of a draft.
    ///
    /// # Errors
    /// What was wrong with them.
    #[inline]
    pub(super) fn finish(&mut self) -> Result<()> {
        if let Some(error) = self.error.take() {
            return Err(self.definition.locate(error));
        }
        if self.own.is_some() || self.matched < self.piece.given.len() {
            self.begin_other();
        }
        self.piece.rows += 1;
        Ok(())
    }

    /// Moves the row at hand, which gives other columns than those before it, to a piece of its own.
    fn begin_other(&mut self) {
        let given = self.own.take();
        let given = given.unwrap_or_else(|| self.piece.given[..self.matched].to_vec());
        if self.piece.rows > 0 {
            let row = self.piece.values.len() - given.len();
            let values = self.piece.values.split_off(row);
            self.next_piece();
            self.piece.values.extend(values);
        }
        self.piece.given = given;
    }

    /// Puts the piece at hand away, if it has rows, and begins another with the same columns.
    fn next_piece(&mut self) {
        let given = self.piece.given.clone();
        let piece = std::mem::replace(&mut self.piece, Piece { given, ..Piece::default() });
        if piece.rows > 0 {
            self.pieces.push(piece);
        }
    }

    pub(super) fn into_pieces(mut self) -> Vec<Piece> {
        self.next_piece();
        self.pieces
    }

    /// The value of the next column.
    pub fn push<T: ColumnValue>(&mut self, field: Option<T>) {
        match field {
            None => self.leave_out(),
            Some(field) => match field.into_value() {
                Ok(value) => self.put(value),
                Err(mismatch) => self.refuse(mismatch.into_encode_error()),
            },
        }
    }

    /// The value of the next column, or its default.
    pub fn push_or<T: ColumnValue>(&mut self, field: Option<T>, default: impl FnOnce() -> T) {
        self.push(Some(field.unwrap_or_else(default)));
    }

    #[inline(always)] // once per column of each row: made where it is to lie
    fn put(&mut self, value: Value) {
        if let Some(column) = self.definition.columns.get(self.position) {
            if let Err(error) = column.check(&value) {
                return self.refuse(error);
            }
            self.piece.values.push(value);
            self.note_given();
        }
        self.position += 1;
    }

    #[inline]
    fn note_given(&mut self) {
        let next = self.piece.given.get(self.matched);
        if self.own.is_none() && next == Some(&self.position) {
            self.matched += 1;
        } else {
            self.note_other();
        }
    }

    /// The row at hand gives other columns than those before it.
    fn note_other(&mut self) {
        let own = self.own.get_or_insert_with(|| {
            let mut own = Vec::with_capacity(self.definition.columns.len());
            own.extend_from_slice(&self.piece.given[..self.matched]);
            own
        });
        own.push(self.position);
    }

    #[inline]
    fn leave_out(&mut self) {
        match self.definition.columns.get(self.position) {
            Some(column) if !column.auto_increment => self.stand_in(column),
            _ => self.position += 1,
        }
    }

    fn stand_in(&mut self, column: &'static Column) {
        match self.missing(self.position, column) {
            Ok(Some(value)) => self.put(value),
            Ok(None) => self.position += 1,
            Err(error) => self.refuse(error),
        }
    }

    /// Keeps the first error of the row.
    #[cold]
    fn refuse(&mut self, error: Error) {
        let column = self.definition.columns.get(self.position);
        let name = column.map_or_else(Name::default, |column| column.name.clone());
        self.error.get_or_insert_with(|| error.with_column(name));
        self.position += 1;
    }

    /// What stands in for a field that was not given; `None` where the database does.
    fn missing(&mut self, position: usize, column: &Column) -> Result<Option<Value>> {
        let definition = self.definition;
        if definition.key.contains(&position) {
            match definition.key_source {
                KeySource::Uuid => return Ok(Some(Value::Uuid(Uuid::now_v7()))),
                KeySource::ObjectId => return Ok(Some(Value::ObjectId(object_id::new()))),
                _ => {}
            }
        }
        if [definition.created_at, definition.updated_at].contains(&Some(position)) {
            return Ok(Some(timestamp(column, *self.now.get_or_insert_with(now))));
        }
        if column.database_default {
            return Ok(None);
        }
        // said, not left out: every row of an insert has the same columns
        if column.nullable {
            return Ok(Some(Value::Null));
        }
        Err(Error::new(ErrorKind::NotNullViolation, "the field was not given"))
    }
}

impl std::fmt::Debug for DraftValues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DraftValues").field("model", &self.definition.name).finish_non_exhaustive()
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
