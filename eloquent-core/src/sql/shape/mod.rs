//! The shape of a statement: everything that its text depends on and no value, as bytes to look the
//! text up by. The same walk lists the binds.
//!
//! Each part starts with a tag, and lists and names carry their length, so that two statements have
//! equal bytes only when they have equal text.

mod bytes;
mod expression;
mod statement;

use super::Dialect;
use super::binds::Binds;
use super::parts::PackedList;
use crate::statement::Statement;
use crate::value::Value;
use crate::{Error, Result};

/// How deep predicates, expressions and selects may stand in each other.
const DEPTH: usize = 200;
/// Lists up to this length are sent value by value.
const SHORT_LIST: usize = 64;

/// Whether lists are filled up, so that lists of several lengths share a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Padding {
    /// To a power of two, further on to what the dialect says.
    Padded,
    /// Not: the statement would bind too much.
    Exact,
}

/// How a list is sent.
#[derive(Debug)]
pub(super) enum ListForm {
    /// It is empty.
    Empty,
    /// So many values one by one, the last of them repeated.
    Each(usize),
    /// As one value.
    Packed(PackedList),
}

impl ListForm {
    pub(super) fn of(dialect: &dyn Dialect, values: &[Value], padding: Padding) -> Result<Self> {
        let count = values.len();
        if count == 0 {
            return Ok(ListForm::Empty);
        }
        if count > SHORT_LIST
            && let Some(list) = dialect.pack_list(values)?
        {
            return Ok(ListForm::Packed(list));
        }
        Ok(ListForm::Each(match padding {
            Padding::Exact => count,
            Padding::Padded if count <= SHORT_LIST => count.next_power_of_two(),
            Padding::Padded => dialect.list_length(count),
        }))
    }
}

/// Writes the shape of a statement into `key` and its values into `binds`.
pub(super) fn write<'s>(
    dialect: &dyn Dialect,
    statement: &'s Statement,
    key: &mut Vec<u8>,
    binds: &mut Binds<'s>,
) -> Result<Padding> {
    let most = dialect.capabilities().max_binds;
    for padding in [Padding::Padded, Padding::Exact] {
        key.clear();
        binds.clear();
        Shape { dialect, key, binds, padding, depth: 0 }.statement(statement)?;
        if binds.len() <= most {
            return Ok(padding);
        }
    }
    let bound = binds.len();
    Err(Error::invalid(format!(
        "the statement binds {bound} values; this database takes {most} at once"
    )))
}

/// What a part of a shape is. One set of numbers for all kinds of parts.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Tag {
    Absent,
    Select,
    Insert,
    Update,
    Delete,
    Columns,
    Expressions,
    Table,
    Column,
    Value,
    Arithmetic,
    Aggregate,
    Excluded,
    Truth,
    Raw,
    Constant,
    IsTrue,
    Compare,
    EmptyList,
    List,
    PackedList,
    Between,
    IsNull,
    Like,
    And,
    Or,
    Not,
    Ignore,
    Bound,
    Path,
    Changed,
}

struct Shape<'k, 's> {
    dialect: &'k dyn Dialect,
    key: &'k mut Vec<u8>,
    binds: &'k mut Binds<'s>,
    padding: Padding,
    depth: usize,
}

impl Shape<'_, '_> {
    fn deeper(&mut self, walk: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.depth == DEPTH {
            return Err(Error::invalid(format!(
                "predicates and expressions stand in each other more than {DEPTH} levels deep"
            )));
        }
        self.depth += 1;
        let result = walk(self);
        self.depth -= 1;
        result
    }
}
