//! `#[derive(View)]`.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DeriveInput, Field, Ident, Path};

use crate::attribute::{Grammar, Item, Known};
use crate::errors::Errors;
use crate::input;
use crate::types;

/// More columns make a row of their own type worthwhile.
const MAX_FIELDS: usize = 16;

const ON_STRUCT: &[Known] = &[("of", "of = Model")];
const ON_FIELD: &[Known] = &[
    ("from", "from = field"),
    ("count", "count` or `count = field"),
    ("sum", "sum = field"),
    ("avg", "avg = field"),
    ("min", "min = field"),
    ("max", "max = field"),
    ("column", "column = \"name\""),
];

const STRUCT: Grammar =
    Grammar { attribute: "view", known: ON_STRUCT, elsewhere: (ON_FIELD, "on a field") };
const FIELD: Grammar =
    Grammar { attribute: "view", known: ON_FIELD, elsewhere: (ON_STRUCT, "on the struct") };

struct View<'a> {
    ident: &'a Ident,
    of: Option<Path>,
    fields: Vec<ViewField<'a>>,
}

struct ViewField<'a> {
    field: &'a Field,
    ident: &'a Ident,
    column: String,
    source: Source,
}

/// Where a field's value comes from.
enum Source {
    /// The model's field of the same name.
    SameName,
    /// Another field of the model.
    Field(Ident),
    /// The number of rows.
    CountRows,
    /// A function over a field, by its name.
    Aggregate(&'static str, Ident),
}

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let view = parse(input)?;
    let (from_row, projection) = (from_row(&view), view.of.as_ref().map(|of| project(&view, of)));
    Ok(code!(#from_row #projection))
}

fn parse(input: &DeriveInput) -> syn::Result<View<'_>> {
    let fields = input::named_fields(input, "a view")?;
    let mut errors = Errors::default();
    input::no_generics(input, "a view", &mut errors);
    let mut of = None;
    for item in STRUCT.read(&input.attrs, &mut errors) {
        of = errors.ok(item.path());
    }
    if fields.is_empty() || fields.len() > MAX_FIELDS {
        let message = format!(
            "a view has 1 to {MAX_FIELDS} fields, and `{}` has {}",
            input.ident,
            fields.len()
        );
        errors.add(input.ident.span(), message);
    }
    let is_of = of.is_some();
    let fields =
        fields.into_iter().filter_map(|field| parse_field(field, is_of, &mut errors)).collect();
    errors.finish(View { ident: &input.ident, of, fields })
}

fn parse_field<'a>(field: &'a Field, of: bool, errors: &mut Errors) -> Option<ViewField<'a>> {
    let ident = field.ident.as_ref()?;
    let mut parsed =
        ViewField { field, ident, column: ident.unraw().to_string(), source: Source::SameName };
    for item in FIELD.read(&field.attrs, errors) {
        let result = match item.name.as_str() {
            "column" => item.text().map(|text| parsed.column = text.value()),
            _ => parse_source(&item, of, &parsed.source).map(|source| parsed.source = source),
        };
        errors.ok(result);
    }
    errors.extend(field.ty.span(), types::mistaken(&field.ty));
    Some(parsed)
}

fn parse_source(item: &Item, of: bool, before: &Source) -> syn::Result<Source> {
    if !of {
        let message = format!("`{}` needs a model: add `#[view(of = Model)]`", item.name);
        return Err(item.error(message));
    }
    if !matches!(before, Source::SameName) {
        return Err(item.error("a field has one source: keep `from` or one function"));
    }
    Ok(match item.name.as_str() {
        "from" => Source::Field(item.ident()?),
        "count" => match item.optional_ident()? {
            Some(field) => Source::Aggregate("count", field),
            None => Source::CountRows,
        },
        "sum" => Source::Aggregate("sum", item.ident()?),
        "avg" => Source::Aggregate("avg", item.ident()?),
        "min" => Source::Aggregate("min", item.ident()?),
        _ => Source::Aggregate("max", item.ident()?),
    })
}

fn from_row(view: &View<'_>) -> TokenStream {
    let ident = view.ident;
    let columns = view.fields.iter().map(|field| &field.column);
    let types = view.fields.iter().map(|field| &field.field.ty);
    let reads = view.fields.iter().map(|field| {
        let (name, ty) = (field.ident, &field.field.ty);
        let read = quote_spanned!(ty.span()=> <#ty as ::eloquent::__private::Field>::read);
        code!(#name: #read(row)?)
    });
    code! {
        #[automatically_derived]
        impl ::eloquent::__private::FromRow for #ident {
            fn column_names() -> ::std::vec::Vec<&'static ::core::primitive::str> {
                ::std::vec::Vec::from([#(#columns),*])
            }
            fn from_row(row: &mut ::eloquent::__private::RowReader<'_>) -> ::eloquent::__private::Result<Self> {
                ::core::result::Result::Ok(#ident { #(#reads),* })
            }
        }
        #[automatically_derived]
        impl ::eloquent::__private::View for #ident {
            type Row = (#(#types,)*);
        }
    }
}

/// A mistake in the model's name is reported there, and one in a field's type at that type.
fn project(view: &View<'_>, of: &Path) -> TokenStream {
    let ident = view.ident;
    let columns = Ident::new("columns", of.span());
    let out = Ident::new("out", of.span());
    let pushes = view.fields.iter().map(|field| {
        let ty = &field.field.ty;
        let source = source(field, &columns);
        quote_spanned! {ty.span()=>
            <_ as ::eloquent::__private::ViewSource<#ty>>::give(#source, #out);
        }
    });
    quote_spanned! {of.span()=>
        #[automatically_derived]
        #[diagnostic::do_not_recommend] // a view of another model is no help
        impl ::eloquent::__private::ViewOf<#of> for #ident {
            type Columns = <#of as ::eloquent::__private::Model>::Columns;
            fn project(#columns: Self::Columns, #out: &mut ::eloquent::__private::ViewColumns) {
                #(#pushes)*
            }
        }
    }
}

/// The column or function that fills a field.
fn source(field: &ViewField<'_>, columns: &Ident) -> TokenStream {
    match &field.source {
        Source::SameName => {
            let name = field.ident;
            code!(#columns.#name)
        }
        Source::Field(name) => code!(#columns.#name),
        Source::CountRows => code!(::eloquent::__private::count()),
        Source::Aggregate(function, name) => {
            let here = Span::mixed_site().located_at(name.span());
            let function = Ident::new(function, here);
            quote_spanned!(here=> ::eloquent::__private::Operand::#function(#columns.#name))
        }
    }
}
