//! What can be seen of a field's type without resolving it.

use proc_macro2::TokenStream;
use syn::{GenericArgument, Path, PathArguments, Type};

/// What a type is, as far as its name tells.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Kind {
    Integer,
    Text,
    Uuid,
    ObjectId,
    Timestamp,
    Decimal,
    /// Another type that is known.
    Other,
    /// A type of the application, or an alias.
    Unknown,
}

/// The kind of a type; that of `T` for an `Option<T>`.
pub(crate) fn kind(ty: &Type) -> Kind {
    let ty = option_inner(ty).unwrap_or(ty);
    let Some(segment) = path(ty).and_then(|path| path.segments.last()) else {
        return Kind::Other;
    };
    match segment.ident.to_string().as_str() {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => Kind::Integer,
        "String" => Kind::Text,
        "Uuid" => Kind::Uuid,
        "ObjectId" => Kind::ObjectId,
        "DateTime" | "NaiveDateTime" => Kind::Timestamp,
        "Decimal" => Kind::Decimal,
        "bool" | "f32" | "f64" | "NaiveDate" | "NaiveTime" | "Vec" | "Json" | "Document" => {
            Kind::Other
        }
        _ => Kind::Unknown,
    }
}

/// What is wrong with a type that newcomers take for one of a column, and what to write.
pub(crate) fn mistaken(ty: &Type) -> Option<String> {
    let ty = option_inner(ty).unwrap_or(ty);
    let (found, instead) = match ty {
        Type::Reference(reference) if is_named(&reference.elem, &["str"]) => ("&str", "String"),
        Type::Reference(_) => return Some("a row owns its data: remove the reference".into()),
        _ if is_named(ty, &["usize"]) => ("usize", "i64"),
        _ if is_named(ty, &["isize"]) => ("isize", "i64"),
        _ if is_named(ty, &["char"]) => ("char", "String"),
        _ => return None,
    };
    Some(format!("`{found}` cannot be stored in a column: write `{instead}`"))
}

/// What closures see of a field of this type, in a model of this family: a column, unless its type may
/// have fields itself.
pub(crate) fn handle(ty: &Type, family: &TokenStream) -> TokenStream {
    if is_opaque(ty) {
        return code!(::eloquent::__private::Col<#ty, #family>);
    }
    let nested = code!({
        use ::eloquent::__private::Flat as _;
        ::eloquent::__private::Look::<#ty>::NESTED
    });
    code!(::eloquent::__private::Seen<#ty, #nested, #family>)
}

/// Whether the type is seen to be one that no path leads into.
fn is_opaque(ty: &Type) -> bool {
    let ty = option_inner(ty).unwrap_or(ty);
    const NAMES: [&str; 7] = ["bool", "f32", "f64", "NaiveDate", "NaiveTime", "Json", "Vec"];
    !matches!(kind(ty), Kind::Other | Kind::Unknown) || is_named(ty, &NAMES)
}

/// The `T` of an `Option<T>`.
pub(crate) fn option_inner(ty: &Type) -> Option<&Type> {
    let segment = path(ty)?.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(inner) if segment.ident == "Option" => Some(inner),
        _ => None,
    }
}

/// Whether the type has one of these names.
pub(crate) fn is_named(ty: &Type, names: &[&str]) -> bool {
    let last = path(ty).and_then(|path| path.segments.last());
    last.is_some_and(|segment| names.iter().any(|name| segment.ident == name))
}

fn path(ty: &Type) -> Option<&Path> {
    match ty {
        Type::Path(path) => Some(&path.path),
        Type::Group(group) => path(&group.elem),
        Type::Paren(paren) => path(&paren.elem),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn kinds_look_through_paths_and_options() {
        assert_eq!(kind(&parse_quote!(i64)), Kind::Integer);
        assert_eq!(kind(&parse_quote!(std::string::String)), Kind::Text);
        assert_eq!(kind(&parse_quote!(Option<DateTime<Utc>>)), Kind::Timestamp);
        assert_eq!(kind(&parse_quote!(Email)), Kind::Unknown);
        assert_eq!(kind(&parse_quote!([u8; 4])), Kind::Other);
    }

    #[test]
    fn options_are_seen() {
        assert!(option_inner(&parse_quote!(Option<i64>)).is_some());
        assert!(option_inner(&parse_quote!(std::option::Option<i64>)).is_some());
        assert!(option_inner(&parse_quote!(Vec<i64>)).is_none());
    }
}
