//! `#[derive(Model)]`: [parse] reads the attributes, [check] decides what they mean, [expand] writes
//! the code.

mod check;
mod expand;
mod parse;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::DeriveInput;

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let declared = parse::parse(input)?;
    let model = check::check(declared)?;
    Ok(expand::expand(&model))
}
