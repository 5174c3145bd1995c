//! What all derives ask of the item that they stand on.

use syn::{Data, DataEnum, DeriveInput, Field, Fields};

use crate::errors::Errors;

/// Refuses type and lifetime parameters.
pub(crate) fn no_generics(input: &DeriveInput, what: &str, errors: &mut Errors) {
    if let Some(parameter) = input.generics.params.first() {
        let message = format!("{what} cannot be generic: name its types and own its data");
        errors.add(syn::spanned::Spanned::span(parameter), message);
    }
}

/// The fields of a struct that names them; anything else is refused, as `what` would not be.
pub(crate) fn named_fields<'a>(input: &'a DeriveInput, what: &str) -> syn::Result<Vec<&'a Field>> {
    let found = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Ok(fields.named.iter().collect()),
            Fields::Unnamed(_) => "a tuple struct",
            Fields::Unit => "a struct without fields",
        },
        Data::Enum(_) => "an enum",
        Data::Union(_) => "a union",
    };
    let name = &input.ident;
    let message = format!(
        "{what} is a struct with named fields, and `{name}` is {found}: write `struct {name} {{ .. }}`"
    );
    Err(syn::Error::new(name.span(), message))
}

/// Refuses an enum whose variants hold data.
pub(crate) fn without_data(data: &DataEnum, errors: &mut Errors) {
    for variant in data.variants.iter().filter(|v| !matches!(v.fields, Fields::Unit)) {
        let name = &variant.ident;
        errors.add(
            name.span(),
            format!("`{name}` holds data, which a column cannot: take the data out, or store the enum as JSON with `Json<..>`"),
        );
    }
}
