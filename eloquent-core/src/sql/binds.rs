//! What a statement binds.

use std::borrow::Cow;
use std::cell::Cell;

use crate::value::{Value, ValueRef};

/// A list that has grown beyond this many values is given back.
const LARGEST_LIST: usize = 1024;

thread_local! {
    /// An empty list, kept for its room.
    static LIST: Cell<Vec<ValueRef<'static>>> = const { Cell::new(Vec::new()) };
}

/// An empty list in the place of another one.
fn emptied<'new>(mut list: Vec<ValueRef<'_>>) -> Vec<ValueRef<'new>> {
    list.clear();
    // the standard library collects into the room of the list that is taken apart
    list.into_iter().map(|_| ValueRef::Null).collect()
}

/// The bound values of a statement, in the order of its placeholders.
///
/// Nearly all of them are borrowed from the statement. A [`Dialect`](super::Dialect) may send one in
/// another form than it has there (a long list as one JSON array); such a value is owned here.
#[derive(Debug, Clone)]
pub struct Binds<'s> {
    values: Vec<ValueRef<'s>>,
    /// The values that are owned, with their places. A place holds null in `values`.
    derived: Vec<(usize, Value)>,
}

impl Default for Binds<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Binds<'_> {
    fn drop(&mut self) {
        if self.values.capacity() <= LARGEST_LIST {
            let list = emptied(std::mem::take(&mut self.values));
            // a thread that ends has no list any more
            let _ = LIST.try_with(|place| place.set(list));
        }
    }
}

impl<'s> Binds<'s> {
    /// No values.
    pub fn new() -> Self {
        let list = LIST.try_with(Cell::take).unwrap_or_default();
        Binds { values: emptied(list), derived: Vec::new() }
    }

    /// The number of values.
    #[inline]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing is bound.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values. Nothing is copied unless one of them was derived.
    #[inline]
    pub fn values(&self) -> Cow<'_, [ValueRef<'_>]> {
        if self.derived.is_empty() {
            return Cow::Borrowed(&self.values);
        }
        let mut values: Vec<ValueRef<'_>> = self.values.clone();
        for (place, value) in &self.derived {
            if let Some(slot) = values.get_mut(*place) {
                *slot = value.as_ref();
            }
        }
        Cow::Owned(values)
    }

    pub(super) fn reserve(&mut self, values: usize) {
        self.values.reserve(values);
    }

    pub(super) fn extend(&mut self, values: &'s [Value]) {
        self.values.extend(values.iter().map(Value::as_ref));
    }

    #[inline]
    pub(super) fn push(&mut self, value: ValueRef<'s>) {
        self.values.push(value);
    }

    pub(super) fn derive(&mut self, value: Value) {
        self.derived.push((self.values.len(), value));
        self.values.push(ValueRef::Null);
    }

    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.derived.clear();
    }

    /// Puts the values into the order in which the text asks for them.
    pub(super) fn reorder(&mut self, order: &[usize]) {
        let place = |old: usize| order.iter().position(|from| *from == old).unwrap_or(old);
        let values = order.iter().filter_map(|from| self.values.get(*from).copied()).collect();
        self.values = values;
        for (old, _) in &mut self.derived {
            *old = place(*old);
        }
    }
}
