//! Where a typed column is: a column of a table, or a place inside of one.

use eloquent_core::Name;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{ColumnRef, Expression, Path, Root, Source};

use crate::model::Embedded;

/// A step of a path, known at compile time.
#[doc(hidden)]
#[derive(Debug)]
pub struct Step {
    before: Option<&'static Step>,
    name: &'static str,
}

/// A path that is known at compile time, as a type: what a field of an embedded struct is inside of.
#[doc(hidden)]
pub trait Way: 'static {
    /// The last step.
    const STEP: Option<&'static Step>;
}

/// No step.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Top {}

impl Way for Top {
    const STEP: Option<&'static Step> = None;
}

/// A step further: into the field number `N` of the struct `E`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Within<W, E, const N: usize>(std::marker::PhantomData<fn() -> (W, E)>);

impl<W: Way, E: Embedded, const N: usize> Within<W, E, N> {
    const HERE: &'static Step = &Step { before: W::STEP, name: E::FIELDS[N] };
}

impl<W: Way, E: Embedded, const N: usize> Way for Within<W, E, N> {
    const STEP: Option<&'static Step> = Some(Self::HERE);
}

/// Where a typed column is.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Place {
    source: Source,
    base: Base,
    step: Option<&'static Step>,
}

#[derive(Debug, Clone, Copy)]
enum Base {
    Column(&'static Column),
    Element(u16),
}

impl Place {
    /// A column of a table.
    pub const fn column(source: Source, column: &'static Column) -> Self {
        Place { source, base: Base::Column(column), step: None }
    }

    /// The element that a condition on the elements of this list looks at, and its number.
    pub(crate) fn element(list: Place) -> (Self, u16) {
        let number = match list.base {
            Base::Column(_) => 0,
            Base::Element(number) => number.saturating_add(1),
        };
        (Place { source: list.source, base: Base::Element(number), step: None }, number)
    }

    /// The end of a path that begins here.
    pub(crate) fn at<W: Way>(self) -> Self {
        Place { step: W::STEP, ..self }
    }

    pub(crate) fn source(self) -> Source {
        self.source
    }

    /// The name for people.
    pub(crate) fn shown(self) -> String {
        let base = match self.base {
            Base::Column(column) => column.name.clone(),
            Base::Element(_) => "element".into(),
        };
        let fields = self.fields();
        std::iter::once(base).chain(fields).collect::<Vec<_>>().join(".")
    }

    /// The names that lead to it from where it begins.
    pub(crate) fn fields(self) -> Vec<Name> {
        let mut fields = Vec::new();
        let mut step = self.step;
        while let Some(one) = step {
            fields.push(Name::Borrowed(one.name));
            step = one.before;
        }
        fields.reverse();
        fields
    }

    /// The column that it is, or is inside of; `None` for an element of a list.
    pub(crate) fn column_ref(self) -> Option<ColumnRef> {
        match self.base {
            Base::Column(column) => Some(reference(self.source, column)),
            Base::Element(_) => None,
        }
    }

    /// What it yields, as a value of this type.
    pub(crate) fn expression(self, ty: ColumnType) -> Expression {
        let root = match self.base {
            Base::Element(number) => Root::Element(number),
            Base::Column(column) => {
                let column = reference(self.source, column);
                if self.step.is_none() {
                    return Expression::Column(column);
                }
                Root::Column(column)
            }
        };
        Expression::Path(Box::new(Path { root, fields: self.fields(), ty: Some(ty) }))
    }
}

fn reference(source: Source, column: &Column) -> ColumnRef {
    ColumnRef { source, name: column.name.clone(), ty: Some(column.ty) }
}
