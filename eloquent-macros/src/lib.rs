//! The derives of Eloquent. Use them through the `eloquent` crate, which exports them beside the
//! traits of the same names.
//!
//! The code that they generate is a thin shell: lists of columns, and one line for each field. It
//! names nothing but `::eloquent`, so that an application needs no other dependency.

/// Code whose local variables are out of reach of the application's own expressions.
macro_rules! code {
    ($($code:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($code)*)
    };
}

mod attribute;
mod column_value;
mod embedded;
mod errors;
mod input;
mod model;
mod naming;
mod suggest;
mod types;
mod view;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct the row of a table.
///
/// ```
/// use eloquent::prelude::*;
///
/// #[derive(Model, Debug, Clone)]
/// #[model(connection = "mysql")]
/// pub struct Invoice {
///     pub id: i64, // the key, numbered by the database
///     #[model(length = 20, unique)]
///     pub number: String,
///     #[model(decimal(10, 2))]
///     pub total: Decimal,
///     #[model(default = "open")]
///     pub state: String,
///     pub note: Option<String>,
///     pub created_at: DateTime<Utc>, // kept by Eloquent, and so is `updated_at`
/// }
///
/// let draft = new!(Invoice { number: "2026-1", total: Decimal::TEN });
/// ```
///
/// The struct has named fields and no parameters. Beside the implementation of `Model` it gets two
/// companions: `InvoiceColumns`, which closures of queries are handed, and `InvoiceDraft`, which `new!`
/// fills, with a method for each field.
///
/// # On the struct
///
/// | `#[model(..)]` | means |
/// |---|---|
/// | `table = "users"` | the table or collection. Otherwise the plural of the name in snake case: `User` → `users`, `OrderLine` → `order_lines`, `Category` → `categories`, `Box` → `boxes`, `Person` → `people`, `Child` → `children`; any other irregular plural must be written |
/// | `connection = "mysql"` | the connection that the model is pinned to |
/// | `document` | the model lives in collections, not in tables |
/// | `portable` | the model lives in either, and can do what both can |
/// | `rename_all = "camelCase"` | how the columns are written: `PascalCase`, `camelCase`, `snake_case` or `SCREAMING_SNAKE_CASE`. Otherwise as the fields are |
/// | `timestamps = false` | fields called `created_at` and `updated_at` are like any other |
///
/// # On a field
///
/// | `#[model(..)]` | means |
/// |---|---|
/// | `key` | the field is the key. When several are, the key is a tuple of them in this order. When none is, the field called `id` is the key |
/// | `auto` | the database numbers this key: for newtypes of integers. Plain integers are numbered without it |
/// | `auto = false` | the application gives this key |
/// | `uuid` | a UUID of version 7 is made for this key: for newtypes of `Uuid`. A plain `Uuid` is made without it |
/// | `column = "TrackId"` | the name of the column |
/// | `length = 255` | text of at most so many characters |
/// | `decimal(10, 2)` | an exact decimal of up to 10 digits, 2 of them behind the point |
/// | `column_type = I32` | another variant of `ColumnType` than the field's type has by itself |
/// | `json` | any type that serde knows, stored as JSON; `None` is null |
/// | `default` | a draft may leave the field out, which is then `Default::default()` |
/// | `default = 18` | … which is then this expression, evaluated for each row |
/// | `database_default` | … which the database then fills |
/// | `unique` | no two rows share a value |
/// | `index` | the column has an index |
/// | `created_at`, `updated_at` | Eloquent keeps the time of creation or of the last update here. Fields of that name are kept without it, if they hold a time (`DateTime`, `NaiveDateTime`, or an `Option` of one) |
///
/// A draft has to give all other fields, except those of type `Option`.
///
/// # Keys
///
/// A key is never an `Option`: a row that is yet to be created is a draft, not a model.
///
/// | the key is | new keys |
/// |---|---|
/// | one integer, or marked `auto` | are made by the database |
/// | one `ObjectId` | are made by Eloquent, unless the draft gives one |
/// | marked `database_default` | are made by the database |
/// | one `Uuid`, or marked `uuid` | are made by Eloquent, unless the draft gives one |
/// | text, a newtype, marked `auto = false` or `default` | are given by the draft |
/// | several fields | are given by the draft |
///
/// A newtype that is a key needs `#[derive(ColumnValue, Clone, Debug)]`.
#[proc_macro_derive(Model, attributes(model))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    model::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a struct the row of a projection.
///
/// ```
/// use eloquent::prelude::*;
///
/// #[derive(Model)]
/// struct Track {
///     id: i64,
///     name: String,
///     genre_id: i64,
///     milliseconds: i64,
/// }
///
/// #[derive(View, Debug)]
/// #[view(of = Track)]
/// struct Genre {
///     #[view(from = genre_id)]
///     id: i64,
///     #[view(count)]
///     tracks: i64,
///     #[view(max = milliseconds)]
///     longest: Option<i64>,
/// }
///
/// let genres = Track::query().group_by(|t| t.genre_id).view::<Genre>();
/// ```
///
/// The struct has 1 to 16 named fields and no parameters. Without `of` it is read by position from
/// whatever yields columns of these types.
///
/// | `#[view(..)]` | means |
/// |---|---|
/// | `of = Track`, on the struct | the fields are those of this model, of the same names and types |
/// | `from = genre_id` | the field of the model has this name |
/// | `count` | the number of rows, as an `i64` |
/// | `count = field` | the number of values that are not null, as an `i64` |
/// | `sum = field`, `avg = field`, `min = field`, `max = field` | what the function of this name yields: an `Option`, because there may be no rows |
/// | `column = "name"` | the name of the column, where the names of columns matter |
#[proc_macro_derive(View, attributes(view))]
pub fn derive_view(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    view::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Lets a struct be kept inside of a row: a document inside of a document, or JSON in a column of a table.
///
/// ```
/// use eloquent::prelude::*;
///
/// #[derive(Embedded, Debug, Clone, PartialEq)]
/// struct Address {
///     street: Option<String>,
///     city: String,
///     location: Location,
///     #[embedded(default)]
///     tags: Vec<String>,
/// }
///
/// #[derive(Embedded, Debug, Clone, PartialEq)]
/// struct Location {
///     lat: f64,
///     lon: f64,
/// }
///
/// #[derive(Model, Debug)]
/// #[model(portable)]
/// struct User {
///     id: Uuid,
///     address: Address,
///     former: Vec<Address>,
/// }
///
/// let northern = User::query().filter(|u| u.address.location.lat.gt(60.0));
/// ```
///
/// The struct has named fields and no parameters. A field is of any type that a column can hold: scalars,
/// enums and newtypes with `#[derive(ColumnValue)]`, lists, `Json`, other embedded structs, and an `Option`
/// of one of these. The struct gets a companion, `AddressPaths`, which closures of queries see.
///
/// | `#[embedded(..)]` | means |
/// |---|---|
/// | `rename_all = ".."`, on the struct | how the names of the fields are written: `PascalCase`, `camelCase`, `snake_case` or `SCREAMING_SNAKE_CASE`. Otherwise as they are |
/// | `rename = ".."`, on a field | the name of this field where it is kept |
/// | `json`, on a field | any type that serde knows |
/// | `default`, `default = 18`, on a field | what the field is where it is missing in what is read. Without it, only an `Option` may be missing |
#[proc_macro_derive(Embedded, attributes(embedded))]
pub fn derive_embedded(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    embedded::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Lets a column hold an enum without data, or a newtype.
///
/// ```
/// use eloquent::prelude::*;
///
/// #[derive(ColumnValue, Debug, Clone, Copy, PartialEq)]
/// enum Status {
///     Open,      // stored as "open"
///     InReview,  // stored as "in_review"
///     #[column(rename = "closed")]
///     Done,      // stored as "closed"
/// }
///
/// #[derive(ColumnValue, Debug, Clone, Copy, PartialEq)]
/// #[column(integer)]
/// enum Priority {
///     Low = 1,
///     High = 5,
/// }
///
/// #[derive(ColumnValue, Debug, Clone, Copy, PartialEq)]
/// struct UserId(i64); // stored as the integer
/// ```
///
/// An enum is stored as text of up to 255 characters. A stored value that is no variant is an error
/// when it is read; the error does not show the value.
///
/// | `#[column(..)]` | means |
/// |---|---|
/// | `rename_all = ".."`, on an enum | how the stored names are written: `PascalCase`, `camelCase`, `snake_case` (as without it) or `SCREAMING_SNAKE_CASE` |
/// | `rename = ".."`, on a variant | the stored name of this variant |
/// | `integer`, on an enum | stored as an integer of 64 bits: the number of the variant, which counts on from the one before if it is not written |
#[proc_macro_derive(ColumnValue, attributes(column))]
pub fn derive_column_value(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    column_value::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
