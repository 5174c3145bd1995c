//! What the generated code of the derives names. No part of the public interface.

use eloquent_core::value::Mismatch;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use eloquent_core::Result;
pub use eloquent_core::row::RowReader;
pub use eloquent_core::schema::{Column, ColumnType};
pub use eloquent_core::statement::Source;
pub use eloquent_core::value::{
    ColumnValue, DateTime, Element, Json, Opaque, Utc, Value, ValueRef,
};

pub use crate::model::{
    Columns, Documents, Draft, DraftValues, Embedded, Family, FieldsIn, FieldsOut, FromRow,
    IntoColumn, KeySource, Model, ModelDef, ModelFamily, Portable, Relational, TimestampField,
    View, ViewColumns, ViewOf,
};
pub use crate::query::{
    Col, Expr, Handle, Handles, Nested, Operand, Place, Top, Way, Within, count,
};

/// What becomes of a Rust value that is written.
pub type Written = std::result::Result<Value, Mismatch>;

/// What becomes of a stored value that is read.
pub type Read<T> = std::result::Result<T, Mismatch>;

/// A field of a model or view: any [`ColumnValue`], with what generated code does with it. All of it is
/// behind one trait, so that a type that is none is reported once, where it stands.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a column",
    label = "not a column type",
    note = "add `#[derive(ColumnValue)]` to an enum or a newtype, `#[derive(Embedded)]` to a struct; for other data, use `Json<{Self}>`"
)]
pub trait Field: Sized {
    /// The column that it gets, unless its attributes say otherwise.
    const SHAPE: Shape;

    /// Reads the next column of a row.
    ///
    /// # Errors
    /// When the value does not fit.
    fn read(row: &mut RowReader<'_>) -> Result<Self>;

    /// Reads a field of an embedded struct.
    ///
    /// # Errors
    /// When it is missing and not an `Option`, or does not fit.
    fn find(fields: &FieldsIn<'_>, name: &'static str) -> Read<Self>;

    /// Reads a field of an embedded struct, or takes its default where it is missing.
    ///
    /// # Errors
    /// When it does not fit.
    fn find_or(
        fields: &FieldsIn<'_>,
        name: &'static str,
        default: impl FnOnce() -> Self,
    ) -> Read<Self>;

    /// The value to bind.
    ///
    /// # Errors
    /// When the value has no stored form.
    fn write(&self) -> Written;

    /// Gives a draft's value out.
    fn push(field: Option<Self>, values: &mut DraftValues);

    /// Gives a draft's value or its default out.
    fn push_or(field: Option<Self>, values: &mut DraftValues, default: impl FnOnce() -> Self);
}

#[diagnostic::do_not_recommend]
impl<T: ColumnValue> Field for T {
    const SHAPE: Shape = Shape { ty: T::TYPE, nullable: T::NULLABLE };

    fn read(row: &mut RowReader<'_>) -> Result<Self> {
        row.read()
    }

    fn find(fields: &FieldsIn<'_>, name: &'static str) -> Read<Self> {
        fields.read(name)
    }

    fn find_or(
        fields: &FieldsIn<'_>,
        name: &'static str,
        default: impl FnOnce() -> Self,
    ) -> Read<Self> {
        fields.read_or(name, default)
    }

    fn write(&self) -> Written {
        self.to_value()
    }

    fn push(field: Option<Self>, values: &mut DraftValues) {
        values.push(field);
    }

    fn push_or(field: Option<Self>, values: &mut DraftValues, default: impl FnOnce() -> Self) {
        values.push_or(field, default);
    }
}

/// What closures of queries see of a field of type `T`, which is [`Nested`] if `NESTED`, else [`Col`]. The
/// columns of a model name this and no bound, so that a type that is no column type is reported where it
/// is stored, and not again wherever the columns are named.
pub type Seen<T, const NESTED: bool, F> = <Choice<NESTED> as Choose<T, F>>::Handle;

/// Chooses what closures see.
#[derive(Debug)]
pub struct Choice<const NESTED: bool>;

/// What is chosen for a field of type `T`.
pub trait Choose<T, F> {
    /// That.
    type Handle: Handle;
}

impl<T: 'static, F: Family> Choose<T, F> for Choice<false> {
    type Handle = Col<T, F>;
}

impl<T: ColumnValue<Inside: Embedded>, F: Family> Choose<T, F> for Choice<true> {
    type Handle = Nested<T, T::Inside, F>;
}

/// Answers whether `T` has fields that closures see: `Look::<T>::NESTED` is the constant below where `T` is
/// embedded, and that of [`Flat`] for any other type.
#[derive(Debug)]
pub struct Look<T>(std::marker::PhantomData<T>);

impl<T: ColumnValue<Inside: Embedded>> Look<T> {
    /// It has.
    pub const NESTED: bool = true;
}

/// The answer of [`Look`] for types without such fields.
pub trait Flat {
    /// It has none.
    const NESTED: bool = false;
}

impl<T> Flat for Look<T> {}

/// A type whose field is marked `json`, with what [`Field`] has. `F` is the type of the field, this one
/// or an `Option` of it, and `S` what the column holds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as JSON",
    label = "serde does not know this type",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to it"
)]
pub trait JsonField<F, S>: Sized {
    /// The column that the field gets.
    const SHAPE: Shape;

    /// Reads the next column of a row.
    ///
    /// # Errors
    /// When the value does not fit.
    fn read(row: &mut RowReader<'_>) -> Result<F>;

    /// Reads a field of an embedded struct.
    ///
    /// # Errors
    /// When it is missing and not an `Option`, or does not fit.
    fn find(fields: &FieldsIn<'_>, name: &'static str) -> Read<F>;

    /// Reads a field of an embedded struct, or takes its default where it is missing.
    ///
    /// # Errors
    /// When it does not fit.
    fn find_or(fields: &FieldsIn<'_>, name: &'static str, default: impl FnOnce() -> F) -> Read<F>;

    /// The value to bind.
    ///
    /// # Errors
    /// When the value has no JSON form.
    fn write(field: &F) -> Written;

    /// Gives a draft's value out.
    fn push(field: Option<F>, values: &mut DraftValues);

    /// Gives a draft's value or its default out.
    fn push_or(field: Option<F>, values: &mut DraftValues, default: impl FnOnce() -> F);
}

macro_rules! json_fields {
    ($($field:ty, $stored:ty: $wrap:expr, $unwrap:expr, $write:expr;)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> JsonField<$field, $stored> for T {
            const SHAPE: Shape = <$stored as Field>::SHAPE;

            fn read(row: &mut RowReader<'_>) -> Result<$field> {
                row.read().map($unwrap)
            }

            fn find(fields: &FieldsIn<'_>, name: &'static str) -> Read<$field> {
                fields.read(name).map($unwrap)
            }

            fn find_or(
                fields: &FieldsIn<'_>,
                name: &'static str,
                default: impl FnOnce() -> $field,
            ) -> Read<$field> {
                fields.read_or(name, || $wrap(default())).map($unwrap)
            }

            fn write(field: &$field) -> Written {
                $write(field)
            }

            fn push(field: Option<$field>, values: &mut DraftValues) {
                values.push(field.map($wrap));
            }

            fn push_or(
                field: Option<$field>,
                values: &mut DraftValues,
                default: impl FnOnce() -> $field,
            ) {
                values.push(Some($wrap(field.unwrap_or_else(default))));
            }
        }
    )+};
}

json_fields! {
    T, Json<T>: Json, |json: Json<T>| json.0, write_json;
    Option<T>, Option<Json<T>>:
        |field: Option<T>| field.map(Json),
        |stored: Option<Json<T>>| stored.map(|json| json.0),
        |field: &Option<T>| field.as_ref().map_or(Ok(Value::Null), write_json);
}

fn write_json<T: Serialize>(value: &T) -> Written {
    let json = serde_json::to_value(value)
        .map_err(|_| Mismatch::because("the value has no JSON form (map keys must be text)"))?;
    Ok(Value::Json(Box::new(json)))
}

/// What a type says of its column.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    ty: ColumnType,
    nullable: bool,
}

/// The column of a field.
pub const fn column(name: &'static str, shape: Shape) -> Column {
    Column::new(name, shape.ty).nullable(shape.nullable)
}

/// The column of a field whose type is given by name.
pub const fn typed_column(name: &'static str, shape: Shape, ty: ColumnType) -> Column {
    Column::new(name, ty).nullable(shape.nullable)
}

/// The column of a field with a `length`; on a field that is no text, it stops the compilation.
#[track_caller]
pub const fn text_column(name: &'static str, shape: Shape, length: u32) -> Column {
    assert!(
        matches!(shape.ty, ColumnType::Text | ColumnType::String { .. }),
        "`length` is for text, and the field's type is stored as something else: remove it"
    );
    typed_column(name, shape, ColumnType::String { length })
}

/// The column of a field with `decimal(..)`; on a field that is no decimal, it stops the compilation.
#[track_caller]
pub const fn decimal_column(name: &'static str, shape: Shape, precision: u8, scale: u8) -> Column {
    assert!(
        shape.ty.is_decimal(),
        "`decimal` is for exact decimals, and the field's type is stored as something else: remove it"
    );
    typed_column(name, shape, ColumnType::Decimal { precision, scale })
}

/// The names of a model's columns.
pub fn column_names(definition: &'static ModelDef) -> Vec<&'static str> {
    definition.columns.iter().map(|column| &*column.name).collect()
}

/// The answer to a position behind the last column.
#[cold]
pub fn no_column(position: usize) -> Written {
    Err(Mismatch::because(format!("the model has no column at position {position}")))
}

/// A variant's name, as it is stored.
pub fn text(name: &'static str) -> Written {
    Ok(Value::Text(name.to_owned()))
}

/// A variant's number, as it is stored.
pub fn integer(number: i64) -> Written {
    Ok(Value::I64(number))
}

/// A variant's stored number.
pub fn read_integer(value: ValueRef<'_>) -> Read<i64> {
    i64::from_value(value)
}

/// The answer to stored text that is no variant's name, and to what is no text.
#[cold]
pub fn unknown_name<T>(message: &'static str, found: ValueRef<'_>) -> Read<T> {
    Err(match found {
        ValueRef::Text(_) => Mismatch::because(message),
        other => Mismatch::wrong_type("text", other),
    })
}

/// The answer to a stored number that is no variant's.
#[cold]
pub fn unknown_number<T>(message: &'static str) -> Read<T> {
    Err(Mismatch::because(message))
}

/// What can fill a view's field of type `T`.
#[diagnostic::on_unimplemented(
    message = "a view's field of type `{T}` cannot hold a `{Self}`",
    label = "must be the type of what it holds",
    note = "change the field's type; `sum`, `avg`, `min` and `max` yield an `Option`, for no rows"
)]
pub trait ViewSource<T> {
    /// Adds it to the view's columns.
    fn give(self, out: &mut ViewColumns);
}

macro_rules! view_sources {
    ($({$($family:tt)*} $source:ty => $field:ty, $push:ident;)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: ColumnValue, $($family)*> ViewSource<$field> for $source {
            fn give(self, out: &mut ViewColumns) {
                out.$push(self);
            }
        }
    )+};
}

view_sources! {
    {F} Col<T, F> => T, column;
    {F} Col<T, F> => Option<T>, column;
    {} Expr<T> => T, expression;
    {} Expr<T> => Option<T>, expression;
}

#[diagnostic::do_not_recommend]
impl<T: ColumnValue, E: Embedded, F: Family> ViewSource<T> for Nested<T, E, F> {
    fn give(self, out: &mut ViewColumns) {
        out.column(self.whole());
    }
}
