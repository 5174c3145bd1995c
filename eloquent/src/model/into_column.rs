//! What may be written where a field's value is expected.

/// A value that can stand for a field of type `T`: `T` itself, a reference to it, a `&str` for a
/// `String`, and a plain value for an `Option`.
///
/// No number is converted: an integer literal takes the type of the field.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: Option<i32> }
/// # fn example() {
/// let ada = new!(User { name: "Ada", age: 36 }); // a `&str` for the `String`, an `i32` for the `Option`
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand for a field of type `{T}`",
    label = "expected a `{T}`",
    note = "fields are strongly typed: convert the value, or change the type of the field"
)]
pub trait IntoColumn<T> {
    /// The field's value.
    fn into_column(self) -> T;
}

#[diagnostic::do_not_recommend]
impl<T> IntoColumn<T> for T {
    fn into_column(self) -> T {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone> IntoColumn<T> for &T {
    fn into_column(self) -> T {
        self.clone()
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoColumn<Option<T>> for T {
    fn into_column(self) -> Option<T> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone> IntoColumn<Option<T>> for &T {
    fn into_column(self) -> Option<T> {
        Some(self.clone())
    }
}

#[diagnostic::do_not_recommend]
impl IntoColumn<String> for &str {
    fn into_column(self) -> String {
        self.to_owned()
    }
}

#[diagnostic::do_not_recommend]
impl IntoColumn<Option<String>> for &str {
    fn into_column(self) -> Option<String> {
        Some(self.to_owned())
    }
}
