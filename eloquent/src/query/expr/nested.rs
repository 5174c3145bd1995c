//! Embedded structs in closures of queries.

use std::fmt;
use std::ops::Deref;

use eloquent_core::Result;
use eloquent_core::row::RowReader;
use eloquent_core::statement::Expression;
use eloquent_core::value::{ColumnValue, Opaque};

use super::{Col, Expr, Operand, Place, Way};
use crate::model::{Embedded, Family, Relational};
use crate::query::Selection;

/// A column, or a place inside of one, that holds the embedded struct `E`: as `T`, which is `E` or an
/// `Option` of it. It has the fields of the struct, and can be selected, set and looked at as a whole.
///
/// ```
/// # use eloquent::prelude::*;
/// # #[derive(Embedded, Debug, Clone)] struct Address { city: String }
/// # #[derive(Model, Debug)] #[model(portable)] struct User { id: Uuid, address: Option<Address> }
/// let in_paris = User::query().filter(|u| u.address.city.eq("Paris"));
/// let nowhere = User::query().filter(|u| u.address.is_null());
/// ```
pub struct Nested<T, E: Embedded, F: Family = Relational> {
    pub(super) whole: Col<T, F>,
    paths: E::Paths<F>,
}

impl<T, E: Embedded, F: Family> Clone for Nested<T, E, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, E: Embedded, F: Family> Copy for Nested<T, E, F> {}

impl<T, E: Embedded, F: Family> fmt::Debug for Nested<T, E, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Nested").field(&self.whole).finish()
    }
}

impl<T, E: Embedded, F: Family> Deref for Nested<T, E, F> {
    type Target = E::Paths<F>;

    fn deref(&self) -> &Self::Target {
        &self.paths
    }
}

impl<T: ColumnValue, E: Embedded, F: Family> Nested<T, E, F> {
    /// The whole, as a column.
    pub fn whole(self) -> Col<T, F> {
        self.whole
    }

    /// Which table of the statement it belongs to.
    pub fn source(self) -> eloquent_core::statement::Source {
        self.whole.source()
    }
}

impl<T: ColumnValue, E: Embedded, F: Family> Operand<T> for Nested<T, E, F> {
    fn operand(self) -> Expr<T> {
        self.whole.operand()
    }
}

impl<T: ColumnValue, E: Embedded, F: Family> Selection for Nested<T, E, F> {
    type Output = T;

    fn give(self, out: &mut Vec<Expression>) {
        self.whole.give(out);
    }

    fn read(row: &mut RowReader<'_>) -> Result<T> {
        row.read()
    }
}

/// What closures of queries see of a field: a [`Col`] or a [`Nested`].
#[doc(hidden)]
pub trait Handle: Copy + Send + Sync + 'static {
    /// That, at the end of a path.
    fn of<W: Way>(place: Place) -> Self;
}

impl<T: 'static, F: Family> Handle for Col<T, F> {
    fn of<W: Way>(place: Place) -> Self {
        Col::at(place.at::<W>())
    }
}

impl<T: 'static, E: Embedded, F: Family> Handle for Nested<T, E, F> {
    fn of<W: Way>(place: Place) -> Self {
        Nested { whole: Col::at(place.at::<W>()), paths: E::paths::<W, F>(place) }
    }
}

/// What closures of queries see of a field of type `T`: its fields if it is embedded, else a column.
#[doc(hidden)]
pub trait Handles<T> {
    /// That.
    type Handle<F: Family>: Handle;
}

impl<T: ColumnValue> Handles<T> for Opaque {
    type Handle<F: Family> = Col<T, F>;
}

impl<T: ColumnValue, E: Embedded> Handles<T> for E {
    type Handle<F: Family> = Nested<T, E, F>;
}
