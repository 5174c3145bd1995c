//! Newtypes: stored as what they wrap.

use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::{DataStruct, DeriveInput, Field, Fields};

use crate::attribute::Grammar;
use crate::errors::Errors;
use crate::input;
use crate::types::{self, Kind};

const NOTHING: Grammar = Grammar { attribute: "column", known: &[], elsewhere: (&[], "") };

pub(super) fn derive(input: &DeriveInput, data: &DataStruct) -> syn::Result<TokenStream> {
    let field = only_field(input, data)?;
    let mut errors = Errors::default();
    input::no_generics(input, "a type of a column", &mut errors);
    for attribute in input.attrs.iter().filter(|a| a.path().is_ident(NOTHING.attribute)) {
        errors.add(attribute.span(), "a newtype is stored as what it wraps: remove this");
    }
    if let Some(inner) = types::option_inner(&field.ty) {
        let inner = quote::ToTokens::to_token_stream(inner);
        errors.add(
            field.ty.span(),
            format!(
                "null is for the field to allow: wrap `{inner}` here, and make the field `Option<{}>`",
                input.ident
            ),
        );
    }
    errors.finish(expand(input, field))
}

fn only_field<'a>(input: &DeriveInput, data: &'a DataStruct) -> syn::Result<&'a Field> {
    match &data.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Ok(&fields.unnamed[0]),
        _ => {
            let name = &input.ident;
            let message = format!(
                "a column can hold a newtype such as `struct {name}(i64);`; for a struct of several fields, use `Json<{name}>`"
            );
            Err(syn::Error::new(name.span(), message))
        }
    }
}

fn expand(input: &DeriveInput, field: &Field) -> TokenStream {
    let (ident, inner) = (&input.ident, &field.ty);
    let element = is_element(field).then(|| {
        code! {
            #[automatically_derived]
            impl ::eloquent::__private::Element for #ident {}
        }
    });
    code! {
        #[automatically_derived]
        impl ::eloquent::__private::ColumnValue for #ident {
            type Plain = Self;
            type Inside = ::eloquent::__private::Opaque;
            const TYPE: ::eloquent::__private::ColumnType = <#inner as ::eloquent::__private::ColumnValue>::TYPE;
            fn into_value(self) -> ::eloquent::__private::Written {
                <#inner as ::eloquent::__private::ColumnValue>::into_value(self.0)
            }
            fn to_value(&self) -> ::eloquent::__private::Written {
                <#inner as ::eloquent::__private::ColumnValue>::to_value(&self.0)
            }
            fn from_value(value: ::eloquent::__private::ValueRef<'_>) -> ::eloquent::__private::Read<Self> {
                ::core::result::Result::map(<#inner as ::eloquent::__private::ColumnValue>::from_value(value), Self)
            }
        }
        #element
    }
}

/// Whether a column can hold a list of it: known for the types that are seen to be scalars.
fn is_element(field: &Field) -> bool {
    match types::kind(&field.ty) {
        Kind::Integer => !types::is_named(&field.ty, &["i8", "u8", "u16"]),
        Kind::Text | Kind::Uuid | Kind::ObjectId | Kind::Timestamp | Kind::Decimal => true,
        Kind::Other => types::is_named(&field.ty, &["bool", "f64", "NaiveDate", "NaiveTime"]),
        Kind::Unknown => false,
    }
}
