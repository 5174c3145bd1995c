//! What is said of types that no column can hold.

use syn::{DeriveInput, parse_quote};

fn mistakes(input: DeriveInput) -> Vec<String> {
    let error = super::derive(&input).map(|_| ()).unwrap_err();
    error.into_iter().map(|error| error.to_string()).collect()
}

#[test]
fn enums() {
    assert_eq!(
        mistakes(parse_quote! { enum Never {} }),
        ["`Never` has no variants, so no column can hold it"]
    );
    assert_eq!(
        mistakes(parse_quote! { enum Answer { Yes, #[column(rename = "yes")] Sure } }),
        [
            "`Yes` and `Sure` are both stored as `yes`: give one of them `#[column(rename = \"..\")]`"
        ]
    );
    assert_eq!(
        mistakes(parse_quote! { #[column(integer)] enum Big { Huge = 18446744073709551615 } }),
        ["this does not fit a column of 64 bits"]
    );
    assert_eq!(
        mistakes(parse_quote! { enum Answer { #[column(rename_all = "camelCase")] Yes } }),
        ["`column` does not know `rename_all` here; it belongs on the enum"]
    );
}

#[test]
fn structs() {
    let expected = "a column can hold a newtype such as `struct Address(i64);`; for a struct of several fields, use `Json<Address>`";
    assert_eq!(mistakes(parse_quote! { struct Address { city: String } }), [expected]);
    assert_eq!(mistakes(parse_quote! { struct Address(String, String); }), [expected]);
    assert_eq!(mistakes(parse_quote! { struct Address; }), [expected]);
    assert_eq!(
        mistakes(parse_quote! { #[column(integer)] struct Id(i64); }),
        ["a newtype is stored as what it wraps: remove this"]
    );
    assert_eq!(
        mistakes(parse_quote! { struct Name(Option<String>); }),
        ["null is for the field to allow: wrap `String` here, and make the field `Option<Name>`"]
    );
}
