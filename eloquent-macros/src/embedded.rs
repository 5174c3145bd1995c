//! `#[derive(Embedded)]`: structs inside of rows.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, DeriveInput, Expr, Field};

use crate::attribute::{Grammar, Item, Known};
use crate::errors::Errors;
use crate::input;
use crate::naming::Case;
use crate::types;

const ON_STRUCT: &[Known] = &[("rename_all", "rename_all = \"camelCase\"")];
const ON_FIELD: &[Known] = &[
    ("rename", "rename = \"name\""),
    ("json", "json"),
    ("default", "default` or `default = expression"),
];

const STRUCT: Grammar =
    Grammar { attribute: "embedded", known: ON_STRUCT, elsewhere: (ON_FIELD, "on a field") };
const FIELD: Grammar =
    Grammar { attribute: "embedded", known: ON_FIELD, elsewhere: (ON_STRUCT, "on the struct") };

struct EmbeddedField<'a> {
    ident: &'a Ident,
    field: &'a Field,
    docs: Vec<&'a Attribute>,
    name: String,
    json: bool,
    default: Option<Option<Box<Expr>>>,
}

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let fields = input::named_fields(input, "an embedded struct")?;
    let mut errors = Errors::default();
    input::no_generics(input, "an embedded struct", &mut errors);
    let mut case = None;
    for item in STRUCT.read(&input.attrs, &mut errors) {
        case = errors.ok(item.text().and_then(|text| Case::parse(&text)));
    }
    if fields.is_empty() {
        errors.add(input.ident.span(), "an embedded struct has at least one field");
    }
    let mut parsed: Vec<EmbeddedField<'_>> = Vec::with_capacity(fields.len());
    for field in fields {
        let Some(one) = parse_field(field, case, &mut errors) else { continue };
        if let Some(other) = parsed.iter().find(|other| other.name == one.name) {
            let (other, name) = (other.ident.unraw(), one.ident.unraw());
            errors.add(
                one.ident.span(),
                format!("`{other}` and `{name}` are both kept as `{}`: give one of them `#[embedded(rename = \"..\")]`", one.name),
            );
        }
        parsed.push(one);
    }
    errors.finish(expand(input, &parsed))
}

fn parse_field<'a>(
    field: &'a Field,
    case: Option<Case>,
    errors: &mut Errors,
) -> Option<EmbeddedField<'a>> {
    let ident = field.ident.as_ref()?;
    let name = ident.unraw().to_string();
    let mut parsed = EmbeddedField {
        ident,
        field,
        docs: field.attrs.iter().filter(|a| a.path().is_ident("doc")).collect(),
        name: case.map_or(name.clone(), |case| case.apply(&name)),
        json: false,
        default: None,
    };
    for item in FIELD.read(&field.attrs, errors) {
        let result = parse_entry(&mut parsed, item);
        errors.ok(result);
    }
    if !parsed.json {
        errors.extend(field.ty.span(), types::mistaken(&field.ty));
    }
    Some(parsed)
}

fn parse_entry(field: &mut EmbeddedField<'_>, item: Item) -> syn::Result<()> {
    match item.name.as_str() {
        "rename" => {
            let text = item.text()?;
            field.name = text.value();
            let is_odd = |c: char| matches!(c, '.' | '$' | '"' | '\'' | '\\') || c.is_control();
            if field.name.contains(is_odd) {
                let message = "the name of a field has none of `.`, `$`, `\"`, `'`, `\\` in it: databases take them for more than a name";
                return Err(syn::Error::new(text.span(), message));
            }
        }
        "json" => {
            item.flag()?;
            field.json = true;
        }
        _ => field.default = Some(item.expression()?.map(Box::new)),
    }
    Ok(())
}

fn expand(input: &DeriveInput, fields: &[EmbeddedField<'_>]) -> TokenStream {
    let ident = &input.ident;
    let paths = format_ident!("{}Paths", ident.unraw(), span = ident.span());
    let value = value(ident, fields);
    let vis = &input.vis;
    let names = fields.iter().map(|field| &field.name);
    let declared = fields.iter().map(|field| {
        let (name, docs, handle) = (field.ident, docs(field), handle(field));
        code!(#docs #vis #name: #handle)
    });
    let handles = fields.iter().enumerate().map(|(position, field)| {
        let name = field.ident;
        code! {
            #name: ::eloquent::__private::Handle::of::<
                ::eloquent::__private::Within<W, Self, #position>,
            >(place)
        }
    });
    let doc = format!("The fields of [`{}`], as closures of queries see them.", ident.unraw());
    code! {
        #value
        #[automatically_derived]
        impl ::eloquent::__private::Element for #ident {}
        #[automatically_derived]
        impl ::eloquent::__private::Embedded for #ident {
            type Paths<F: ::eloquent::__private::Family> = #paths<F>;
            const FIELDS: &'static [&'static ::core::primitive::str] = &[#(#names),*];
            fn paths<W: ::eloquent::__private::Way, F: ::eloquent::__private::Family>(
                place: ::eloquent::__private::Place,
            ) -> #paths<F> {
                #paths { #(#handles),* }
            }
        }
        #[doc = #doc]
        #[allow(dead_code, missing_debug_implementations, private_interfaces)]
        #vis struct #paths<F: ::eloquent::__private::Family> { #(#declared),* }
        #[automatically_derived]
        impl<F: ::eloquent::__private::Family> ::core::clone::Clone for #paths<F> {
            fn clone(&self) -> Self {
                *self
            }
        }
        #[automatically_derived]
        impl<F: ::eloquent::__private::Family> ::core::marker::Copy for #paths<F> {}
    }
}

/// How the struct becomes a value and is read from one.
fn value(ident: &Ident, fields: &[EmbeddedField<'_>]) -> TokenStream {
    let writes = fields.iter().map(|field| {
        let (name, kept, write) = (field.ident, &field.name, method(field, "write"));
        code!(fields.push(#kept, #write(&self.#name))?;)
    });
    let reads = fields.iter().map(|field| {
        let (name, read) = (field.ident, read(field));
        code!(#name: #read)
    });
    code! {
        #[automatically_derived]
        impl ::eloquent::__private::ColumnValue for #ident {
            type Plain = Self;
            type Inside = Self;
            const TYPE: ::eloquent::__private::ColumnType = ::eloquent::__private::ColumnType::Document;
            fn into_value(self) -> ::eloquent::__private::Written {
                ::eloquent::__private::ColumnValue::to_value(&self)
            }
            fn to_value(&self) -> ::eloquent::__private::Written {
                let mut fields = <::eloquent::__private::FieldsOut as ::core::default::Default>::default();
                #(#writes)*
                ::core::result::Result::Ok(fields.finish())
            }
            fn from_value(value: ::eloquent::__private::ValueRef<'_>) -> ::eloquent::__private::Read<Self> {
                let fields = ::eloquent::__private::FieldsIn::of(value)?;
                ::core::result::Result::Ok(#ident { #(#reads),* })
            }
        }
    }
}

fn read(field: &EmbeddedField<'_>) -> TokenStream {
    let (kept, ty) = (&field.name, &field.field.ty);
    let Some(default) = &field.default else {
        let find = method(field, "find");
        return code!(#find(&fields, #kept)?);
    };
    let default = match default {
        None => quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default()),
        Some(expression) => {
            let convert = quote_spanned! {expression.span()=>
                <_ as ::eloquent::__private::IntoColumn<#ty>>::into_column
            };
            code!(#convert(#expression))
        }
    };
    let find_or = method(field, "find_or");
    code!(#find_or(&fields, #kept, || #default)?)
}

/// An item of the implementation of `Field`, or of `JsonField`.
fn method(field: &EmbeddedField<'_>, name: &str) -> TokenStream {
    let ty = &field.field.ty;
    let name = Ident::new(name, proc_macro2::Span::mixed_site());
    if field.json {
        let (inner, stored) = (types::option_inner(ty).unwrap_or(ty), stored_type(field));
        return quote_spanned! {inner.span()=>
            <#inner as ::eloquent::__private::JsonField<#ty, #stored>>::#name
        };
    }
    quote_spanned!(ty.span()=> <#ty as ::eloquent::__private::Field>::#name)
}

fn stored_type(field: &EmbeddedField<'_>) -> TokenStream {
    let ty = &field.field.ty;
    match (field.json, types::option_inner(ty)) {
        (true, Some(inner)) => {
            code!(::core::option::Option<::eloquent::__private::Json<#inner>>)
        }
        (true, None) => code!(::eloquent::__private::Json<#ty>),
        (false, _) => code!(#ty),
    }
}

/// What closures see of the field.
fn handle(field: &EmbeddedField<'_>) -> TokenStream {
    if field.json {
        let stored = stored_type(field);
        return code!(::eloquent::__private::Col<#stored, F>);
    }
    types::handle(&field.field.ty, &code!(F))
}

fn docs(field: &EmbeddedField<'_>) -> TokenStream {
    if field.docs.is_empty() {
        let doc = format!("The field `{}`.", field.ident.unraw());
        return code!(#[doc = #doc]);
    }
    let docs = &field.docs;
    code!(#(#docs)*)
}

#[cfg(test)]
mod tests {
    use syn::{DeriveInput, parse_quote};

    fn mistakes(input: DeriveInput) -> Vec<String> {
        let error = super::derive(&input).map(|_| ()).unwrap_err();
        error.into_iter().map(|error| error.to_string()).collect()
    }

    #[test]
    fn what_is_not_embedded() {
        assert_eq!(
            mistakes(parse_quote! { enum Shape { Circle, Square } }),
            [
                "an embedded struct is a struct with named fields, and `Shape` is an enum: write `struct Shape { .. }`"
            ]
        );
        assert_eq!(
            mistakes(parse_quote! { struct Nothing {} }),
            ["an embedded struct has at least one field"]
        );
        assert_eq!(
            mistakes(parse_quote! {
                struct Address { city: String, #[embedded(rename = "city")] town: String }
            }),
            [
                "`city` and `town` are both kept as `city`: give one of them `#[embedded(rename = \"..\")]`"
            ]
        );
        for name in ["a.b", "$gt", "it's", "say \"x\""] {
            let found = mistakes(parse_quote! { struct A { #[embedded(rename = #name)] b: i64 } });
            assert!(found[0].starts_with("the name of a field has none of"), "{found:?}");
        }
    }
}
