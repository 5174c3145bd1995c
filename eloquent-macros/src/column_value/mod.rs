//! `#[derive(ColumnValue)]`.

mod enumeration;
mod newtype;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput};

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    match &input.data {
        Data::Enum(data) => enumeration::derive(input, data),
        Data::Struct(data) => newtype::derive(input, data),
        Data::Union(_) => Err(syn::Error::new(
            input.ident.span(),
            "a column can hold an enum without data or a newtype, but no union",
        )),
    }
}
