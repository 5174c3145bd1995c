//! Writes the code of a model.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::types;

use super::check::{KeySource, Model};
use super::parse::{DeclaredField, DefaultValue, Family, Storage};

/// The code of a model.
pub(super) fn expand(model: &Model) -> TokenStream {
    let names = Names {
        model: &model.declared.ident,
        columns: derived(&model.declared.ident, "Columns"),
        draft: derived(&model.declared.ident, "Draft"),
    };
    let columns = columns(model, &names);
    let draft = draft(model, &names);
    let from_row = from_row(model, &names);
    let implementation = implementation(model, &names);
    code!(#from_row #implementation #columns #draft)
}

struct Names<'a> {
    model: &'a Ident,
    columns: Ident,
    draft: Ident,
}

fn derived(model: &Ident, suffix: &str) -> Ident {
    format_ident!("{}{suffix}", model.unraw(), span = model.span())
}

fn from_row(model: &Model, names: &Names<'_>) -> TokenStream {
    let ident = names.model;
    let reads = model.declared.fields.iter().map(|field| {
        let (name, read) = (&field.ident, method(field, "read"));
        code!(#name: #read(row)?)
    });
    code! {
        #[automatically_derived]
        impl ::eloquent::__private::FromRow for #ident {
            fn column_names() -> ::std::vec::Vec<&'static ::core::primitive::str> {
                ::eloquent::__private::column_names(<Self as ::eloquent::__private::Model>::definition())
            }
            fn from_row(row: &mut ::eloquent::__private::RowReader<'_>) -> ::eloquent::__private::Result<Self> {
                ::core::result::Result::Ok(#ident { #(#reads),* })
            }
        }
    }
}

fn implementation(model: &Model, names: &Names<'_>) -> TokenStream {
    let Names { model: ident, columns, draft } = names;
    let fields = &model.declared.fields;
    let cols = fields.iter().enumerate().map(|(position, field)| {
        let name = &field.ident;
        code! {
            #name: ::eloquent::__private::Handle::of::<::eloquent::__private::Top>(
                ::eloquent::__private::Place::column(source, &columns[#position]),
            )
        }
    });
    let field_names = fields.iter().map(|field| field.ident.to_string());
    let required = required(model);
    let definition = definition(model);
    let kind = kind(model);
    let values = fields.iter().enumerate().map(|(position, field)| {
        let (name, write) = (&field.ident, method(field, "write"));
        code!(#position => #write(&self.#name))
    });
    let (key_type, key) = key(model);
    let touch = model.updated_at.map(|position| {
        let name = &fields[position].ident;
        code!(self.#name = ::eloquent::__private::TimestampField::at(now);)
    });
    let now = if touch.is_some() { code!(now) } else { code!(_) };
    code! {
        #[automatically_derived]
        impl ::eloquent::__private::Model for #ident {
            type Family = ::eloquent::__private::#kind;
            type Columns = #columns;
            type Key = #key_type;
            type Draft = #draft;
            const REQUIRED: &'static [(&'static ::core::primitive::str, &'static ::core::primitive::str)] = &[#(#required),*];
            const FIELDS: &'static [&'static ::core::primitive::str] = &[#(#field_names),*];
            fn definition() -> &'static ::eloquent::__private::ModelDef {
                static DEFINITION: ::eloquent::__private::ModelDef = #definition;
                &DEFINITION
            }
            fn columns(source: ::eloquent::__private::Source) -> #columns {
                let columns = <Self as ::eloquent::__private::Model>::definition().columns;
                #columns { #(#cols),* }
            }
            fn value_of(&self, column: ::core::primitive::usize) -> ::eloquent::__private::Written {
                match column {
                    #(#values,)*
                    _ => ::eloquent::__private::no_column(column),
                }
            }
            fn key(&self) -> Self::Key {
                #key
            }
            fn touch(&mut self, #now: ::eloquent::__private::DateTime<::eloquent::__private::Utc>) {
                #touch
            }
        }
    }
}

/// The fields that a draft has to give, with the message for when it does not.
fn required(model: &Model) -> impl Iterator<Item = TokenStream> {
    let required = model.declared.fields.iter().enumerate();
    required.filter(|(position, _)| model.is_required(*position)).map(|(_, field)| {
        let (given, name) = (field.ident.to_string(), field.name());
        let message = format!(
            "{}: the required field `{name}` is missing (give it, or give the field `#[model(default)]`)",
            model.declared.ident.unraw()
        );
        code!((#given, #message))
    })
}

fn definition(model: &Model) -> TokenStream {
    let declared = &model.declared;
    let name = declared.ident.unraw().to_string();
    let table = &declared.table;
    let connection = optional(declared.connection.as_ref());
    let family = match declared.family {
        Family::Relational => code!(Relational),
        Family::Document => code!(Document),
        Family::Portable => code!(Portable),
    };
    let columns = declared.fields.iter().enumerate().map(|(position, field)| {
        let column = column(field);
        let numbered = model.is_numbered(position).then(|| code!(.auto_increment()));
        code!(#column #numbered)
    });
    let key = &model.key;
    let key_source = match model.key_source {
        KeySource::Database => code!(Database),
        KeySource::Uuid => code!(Uuid),
        KeySource::ObjectId => code!(ObjectId),
        KeySource::Given => code!(Given),
    };
    let created_at = optional(model.created_at);
    let updated_at = optional(model.updated_at);
    code! {
        ::eloquent::__private::ModelDef {
            name: #name,
            table: #table,
            connection: #connection,
            family: ::eloquent::__private::ModelFamily::#family,
            columns: &[#(#columns),*],
            key: &[#(#key),*],
            key_source: ::eloquent::__private::KeySource::#key_source,
            created_at: #created_at,
            updated_at: #updated_at,
        }
    }
}

/// The family, as a type.
fn kind(model: &Model) -> TokenStream {
    match model.declared.family {
        Family::Relational => code!(Relational),
        Family::Document => code!(Documents),
        Family::Portable => code!(Portable),
    }
}

/// What closures see of a field.
fn handle(field: &DeclaredField, kind: &TokenStream) -> TokenStream {
    let family = code!(::eloquent::__private::#kind);
    match field.storage {
        Storage::Json(_) => {
            let stored = stored_type(field);
            code!(::eloquent::__private::Col<#stored, #family>)
        }
        _ => types::handle(&field.ty, &family),
    }
}

fn optional(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => code!(::core::option::Option::Some(#value)),
        None => code!(::core::option::Option::None),
    }
}

fn column(field: &DeclaredField) -> TokenStream {
    let (name, shape) = (&field.column, method(field, "SHAPE"));
    let column = match &field.storage {
        Storage::OfType | Storage::Json(_) => {
            code!(::eloquent::__private::column(#name, #shape))
        }
        Storage::Length(length, span) => quote_spanned! {*span=>
            ::eloquent::__private::text_column(#name, #shape, #length)
        },
        Storage::Decimal(precision, scale, span) => quote_spanned! {*span=>
            ::eloquent::__private::decimal_column(#name, #shape, #precision, #scale)
        },
        Storage::Named(ty) => code! {
            ::eloquent::__private::typed_column(#name, #shape, ::eloquent::__private::ColumnType::#ty)
        },
    };
    let unique = field.marks.unique.map(|_| code!(.unique()));
    let index = field.marks.index.map(|_| code!(.index()));
    let default = field.marks.database_default.map(|_| code!(.database_default()));
    code!(#column #unique #index #default)
}

/// The type of the key, and its value: a tuple when there are several fields.
fn key(model: &Model) -> (TokenStream, TokenStream) {
    let fields = model.key.iter().map(|position| &model.declared.fields[*position]);
    let (types, values): (Vec<_>, Vec<_>) = fields
        .map(|field| {
            let (name, ty) = (&field.ident, &field.ty);
            let clone = quote_spanned!(field.ty_span()=> <#ty as ::core::clone::Clone>::clone);
            (ty, code!(#clone(&self.#name)))
        })
        .unzip();
    match types.as_slice() {
        [single] => (code!(#single), code!(#(#values)*)),
        _ => (code!((#(#types),*)), code!((#(#values),*))),
    }
}

fn columns(model: &Model, names: &Names<'_>) -> TokenStream {
    let Names { model: ident, columns, .. } = names;
    let vis = &model.declared.vis;
    let kind = kind(model);
    let fields = model.declared.fields.iter().map(|field| {
        let (name, handle, docs) = (&field.ident, handle(field, &kind), docs(field));
        code!(#docs #vis #name: #handle)
    });
    let first = model.declared.fields.first().map(|field| &field.ident);
    let doc = format!("The columns of [`{}`].", ident.unraw());
    code! {
        #[doc = #doc]
        #[allow(dead_code, missing_debug_implementations, private_interfaces)]
        #vis struct #columns { #(#fields),* }
        #[automatically_derived]
        impl ::core::clone::Clone for #columns {
            fn clone(&self) -> Self {
                *self
            }
        }
        #[automatically_derived]
        impl ::core::marker::Copy for #columns {}
        #[automatically_derived]
        impl ::eloquent::__private::Columns for #columns {
            type Model = #ident;
            fn source(&self) -> ::eloquent::__private::Source {
                self.#first.source()
            }
        }
    }
}

fn draft(model: &Model, names: &Names<'_>) -> TokenStream {
    let Names { model: ident, draft, .. } = names;
    let vis = &model.declared.vis;
    let fields = model.declared.fields.iter().map(|field| {
        let (name, ty, docs) = (&field.ident, &field.ty, docs(field));
        code!(#docs #vis #name: ::core::option::Option<#ty>)
    });
    let setters = model.declared.fields.iter().map(|field| setter(field, vis));
    let pushes = model.declared.fields.iter().map(push);
    let doc = format!("A row of [`{}`] to be created.", ident.unraw());
    code! {
        #[doc = #doc]
        #[allow(dead_code, missing_debug_implementations)]
        #[derive(::core::default::Default)]
        #[must_use]
        #vis struct #draft { #(#fields),* }
        #[allow(dead_code, private_interfaces)]
        #[automatically_derived]
        impl #draft { #(#setters)* }
        #[automatically_derived]
        impl ::eloquent::__private::Draft for #draft {
            type Model = #ident;
            fn into_values(self, values: &mut ::eloquent::__private::DraftValues) {
                #(#pushes)*
            }
        }
    }
}

fn setter(field: &DeclaredField, vis: &syn::Visibility) -> TokenStream {
    let (name, ty, docs) = (&field.ident, &field.ty, docs(field));
    code! {
        #docs
        #vis fn #name(mut self, value: impl ::eloquent::__private::IntoColumn<#ty>) -> Self {
            self.#name = ::core::option::Option::Some(::eloquent::__private::IntoColumn::into_column(value));
            self
        }
    }
}

fn push(field: &DeclaredField) -> TokenStream {
    let name = &field.ident;
    let Some(default) = &field.default else {
        let push = method(field, "push");
        return code!(#push(self.#name, values););
    };
    let (push_or, default) = (method(field, "push_or"), default_value(field, default));
    code!(#push_or(self.#name, values, || #default);)
}

/// A mistake in the type is reported at the expression, or at the type that has no default.
fn default_value(field: &DeclaredField, default: &DefaultValue) -> TokenStream {
    let ty = &field.ty;
    match default {
        DefaultValue::OfType => {
            quote_spanned!(field.ty_span()=> <#ty as ::core::default::Default>::default())
        }
        DefaultValue::Expression(expression) => {
            let convert = quote_spanned! {expression.span()=>
                <_ as ::eloquent::__private::IntoColumn<#ty>>::into_column
            };
            code!(#convert(#expression))
        }
    }
}

/// An item of the implementation of `Field`, or of `JsonField`; a type without one is reported where it
/// stands.
fn method(field: &DeclaredField, name: &str) -> TokenStream {
    let (ty, name) = (&field.ty, Ident::new(name, Span::mixed_site()));
    match field.storage {
        Storage::Json(_) => {
            let (inner, stored) = (types::option_inner(ty).unwrap_or(ty), stored_type(field));
            quote_spanned! {inner.span()=>
                <#inner as ::eloquent::__private::JsonField<#ty, #stored>>::#name
            }
        }
        _ => quote_spanned!(ty.span()=> <#ty as ::eloquent::__private::Field>::#name),
    }
}

/// The type that the column holds: JSON is wrapped.
fn stored_type(field: &DeclaredField) -> TokenStream {
    let ty = &field.ty;
    match (&field.storage, types::option_inner(ty)) {
        (Storage::Json(_), Some(inner)) => {
            code!(::core::option::Option<::eloquent::__private::Json<#inner>>)
        }
        (Storage::Json(_), None) => code!(::eloquent::__private::Json<#ty>),
        _ => code!(#ty),
    }
}

/// The documentation of the field, for the column and the setter that stand for it.
fn docs(field: &DeclaredField) -> TokenStream {
    let docs = &field.docs;
    if docs.is_empty() {
        let doc = format!("The field `{}`.", field.name());
        return code!(#[doc = #doc]);
    }
    code!(#(#docs)*)
}
