//! The derives of Eloquent.

/// Code whose local variables are out of reach of the application's own expressions.
macro_rules! code {
    ($($code:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($code)*)
    };
}

mod attribute;
mod column_value;
mod errors;
mod input;
mod model;
mod naming;
mod suggest;
mod types;
mod view;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

#[proc_macro_derive(Model, attributes(model))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    model::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

#[proc_macro_derive(View, attributes(view))]
pub fn derive_view(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    view::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

#[proc_macro_derive(ColumnValue, attributes(column))]
pub fn derive_column_value(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    column_value::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
