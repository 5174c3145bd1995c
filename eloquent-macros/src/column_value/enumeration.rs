//! Enums without data: stored as text or as an integer.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::{DataEnum, DeriveInput, Expr, ExprLit, Ident, Lit, LitStr, Variant};

use crate::attribute::{Grammar, Known};
use crate::errors::Errors;
use crate::input;
use crate::naming::Case;

/// How long the column of an enum's text is; longer names are refused.
const LENGTH: u32 = 255;

const ON_ENUM: &[Known] =
    &[("integer", "integer"), ("rename_all", "rename_all = \"SCREAMING_SNAKE_CASE\"")];
const ON_VARIANT: &[Known] = &[("rename", "rename = \"name\"")];

const ENUM: Grammar =
    Grammar { attribute: "column", known: ON_ENUM, elsewhere: (ON_VARIANT, "on a variant") };
const VARIANT: Grammar =
    Grammar { attribute: "column", known: ON_VARIANT, elsewhere: (ON_ENUM, "on the enum") };

/// How an enum is stored.
enum Form {
    Text(Vec<String>),
    Integer,
}

pub(super) fn derive(input: &DeriveInput, data: &DataEnum) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    input::no_generics(input, "a type of a column", &mut errors);
    input::without_data(data, &mut errors);
    if data.variants.is_empty() {
        let name = &input.ident;
        errors.add(name.span(), format!("`{name}` has no variants, so no column can hold it"));
    }
    let form = form(input, data, &mut errors);
    let idents: Vec<&Ident> = data.variants.iter().map(|variant| &variant.ident).collect();
    let body = match form {
        Form::Text(names) => text(&input.ident, &idents, &names),
        Form::Integer => integer(&input.ident, &idents),
    };
    let ident = &input.ident;
    errors.finish(code! {
        #[automatically_derived]
        impl ::eloquent::__private::ColumnValue for #ident {
            type Plain = Self;
            type Inside = ::eloquent::__private::Opaque;
            fn into_value(self) -> ::eloquent::__private::Written {
                ::eloquent::__private::ColumnValue::to_value(&self)
            }
            #body
        }
        #[automatically_derived]
        impl ::eloquent::__private::Element for #ident {}
    })
}

fn form(input: &DeriveInput, data: &DataEnum, errors: &mut Errors) -> Form {
    let (mut case, mut integer) = (None, false);
    for item in ENUM.read(&input.attrs, errors) {
        let result = match item.name.as_str() {
            "integer" => item.flag().map(|()| integer = true),
            _ => item.text().and_then(|text| Case::parse(&text)).map(|given| case = Some(given)),
        };
        errors.ok(result);
        if integer && case.is_some() {
            errors.push(item.error("an enum is stored by name or as an integer: remove this"));
        }
    }
    if integer {
        data.variants.iter().for_each(|variant| check_integer(variant, errors));
        return Form::Integer;
    }
    let mut names: Vec<String> = Vec::with_capacity(data.variants.len());
    for variant in &data.variants {
        let name = stored_name(variant, case.unwrap_or(Case::Snake), errors);
        if let Some(earlier) = names.iter().position(|other| *other == name) {
            let (ident, other) = (&variant.ident, &data.variants[earlier].ident);
            errors.add(
                ident.span(),
                format!("`{other}` and `{ident}` are both stored as `{name}`: give one of them `#[column(rename = \"..\")]`"),
            );
        }
        names.push(name);
    }
    Form::Text(names)
}

fn stored_name(variant: &Variant, case: Case, errors: &mut Errors) -> String {
    let mut renamed: Option<LitStr> = None;
    for item in VARIANT.read(&variant.attrs, errors) {
        renamed = errors.ok(item.text());
    }
    let name =
        renamed.map_or_else(|| case.apply(&variant.ident.unraw().to_string()), |text| text.value());
    if name.chars().count() > LENGTH as usize {
        let message = format!("the stored name is longer than {LENGTH} characters");
        errors.add(variant.ident.span(), message);
    }
    name
}

/// Whatever is wrong beyond this, the compiler says by itself.
fn check_integer(variant: &Variant, errors: &mut Errors) {
    for item in VARIANT.read(&variant.attrs, errors) {
        errors.push(item.error("an enum that is stored as an integer has no stored names"));
    }
    if let Some((_, Expr::Lit(ExprLit { lit: Lit::Int(number), .. }))) = &variant.discriminant
        && number.base10_parse::<i64>().is_err()
    {
        errors.add(number.span(), "this does not fit a column of 64 bits");
    }
}

fn text(ident: &Ident, variants: &[&Ident], names: &[String]) -> TokenStream {
    let expected = unknown(ident, names.join(", "));
    code! {
        const TYPE: ::eloquent::__private::ColumnType = ::eloquent::__private::ColumnType::String { length: #LENGTH };
        fn to_value(&self) -> ::eloquent::__private::Written {
            ::eloquent::__private::text(match self { #(#ident::#variants => #names),* })
        }
        fn from_value(value: ::eloquent::__private::ValueRef<'_>) -> ::eloquent::__private::Read<Self> {
            match value {
                #(::eloquent::__private::ValueRef::Text(#names) => ::core::result::Result::Ok(#ident::#variants),)*
                other => ::eloquent::__private::unknown_name(#expected, other),
            }
        }
    }
}

fn integer(ident: &Ident, variants: &[&Ident]) -> TokenStream {
    let names = variants.iter().map(|variant| variant.unraw().to_string()).collect::<Vec<_>>();
    let expected = unknown(ident, names.join(", "));
    code! {
        const TYPE: ::eloquent::__private::ColumnType = ::eloquent::__private::ColumnType::I64;
        fn to_value(&self) -> ::eloquent::__private::Written {
            ::eloquent::__private::integer(match self { #(#ident::#variants => #ident::#variants as ::core::primitive::i64),* })
        }
        fn from_value(value: ::eloquent::__private::ValueRef<'_>) -> ::eloquent::__private::Read<Self> {
            match ::eloquent::__private::read_integer(value)? {
                #(number if number == #ident::#variants as ::core::primitive::i64 => ::core::result::Result::Ok(#ident::#variants),)*
                _ => ::eloquent::__private::unknown_number(#expected),
            }
        }
    }
}

/// The message for a stored value that is none of the variants; it does not show the value.
fn unknown(ident: &Ident, known: String) -> String {
    format!("the stored value is no {} (known: {known})", ident.unraw())
}
